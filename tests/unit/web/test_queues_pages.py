"""The two queues: found, read as far as they can be read, decided, and written down."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import EnvelopeHash, HoldId, TerminalId
from gateway.model.outcome import Reason
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.model.transaction import Kind, Redemption, SaleReference
from gateway.office.decisions import NOTE_CHARACTERS_MAX, SubjectKind, Verdict
from gateway.office.roles import Role
from gateway.queries.quarantine import SuspectPlace
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.pages import queue_lists
from web_admin.pages.queue_lists import read_place, write_place
from web_admin.pages.queue_words import advice_on_reason, badge_of_verdict
from web_admin.pages.suspect_view import DUMP_BYTES_MAX, view_of

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

HOSTILE = "<script>alert(1)</script>{{7*7}}\u202eabc"


class Trouble:
    """A till that makes everything go wrong."""

    def __init__(self, quiet: QuietHouse) -> None:
        self.quiet = quiet
        self.till = SealedTerminal(TerminalId("till-3"), now_ms=quiet.clock.unix_ms())
        quiet.add_terminal(self.till, "north")

    def noise(self, data: bytes = b"noise", terminal: str = "till-3") -> None:
        """Send bytes that are no message."""
        self.quiet.transact(SealedTerminal(TerminalId(terminal)), data)

    def clone(self) -> None:
        """Let a copy of the till sell under a number that the till has used."""
        copy = replace(self.till)
        self.quiet.transact(self.till, self.till.earn(card_evidence(1), sale_key(80), 100))
        copy.previous_hash = EnvelopeHash(bytes(32))
        self.quiet.transact(self.till, copy.earn(card_evidence(2), sale_key(81), 200))

    def refuse_payment(self) -> None:
        """Let the till take money off for points that were never held."""
        gift = Redemption(hold_id=HoldId(bytes(16)), points=40, amount_minor=777)
        self.quiet.transact(
            self.till, self.till.redeem(card_evidence(1), sale_key(90), 4_321, gift)
        )

    def refuse_return(self, terminal: SealedTerminal | None = None) -> None:
        """Bring back goods that nobody knows."""
        till = terminal or self.till
        self.quiet.transact(till, till.refund(SaleReference(receipt_number="no-such")))

    def refuse_hostile_sale(self) -> None:
        """Let a second return carry a receipt whose lines are hostile."""
        lines = (SaleLine(label="<b>پنیر</b>{{7*7}}", quantity_milli=1_250, amount_minor=-5),)
        sale = Sale(
            key=sale_key(95),
            total_minor=900,
            source=SaleSource.RECEIPT,
            profile="test",
            lines=lines,
            receipt_number="<i>12</i>",
        )
        first = self.till._transaction(Kind.EARN, card=card_evidence(1), sale=sale)
        again = self.till._transaction(Kind.EARN, card=card_evidence(1), sale=sale)
        self.quiet.transact(self.till, first, again)


@pytest.fixture
def trouble(quiet: QuietHouse) -> Trouble:
    """A till in ``north`` that makes trouble."""
    return Trouble(quiet)


def _suspects(client: FlaskClient, query: str = "") -> list[str]:
    page = client.get(f"/quarantine{query}").text
    return list(dict.fromkeys(re.findall(r"/quarantine/[0-9a-f]{64}/\w+", page)))


def _items(client: FlaskClient, query: str = "") -> list[str]:
    return list(dict.fromkeys(re.findall(r"/review/\d+", client.get(f"/review{query}").text)))


# -- quarantine -----------------------------------------------------------------------------------


def test_clones_stand_first_and_loud(client_as: ClientAs, trouble: Trouble) -> None:
    """A sign of a clone is above everything else, and the page says so before its table."""
    trouble.clone()
    trouble.noise()
    owner = client_as(Role.OWNER)
    first, second = _suspects(owner)
    assert (first[-5:], second[-9:]) == ("clone", "malformed")
    assert "sign of a copied terminal" in owner.get("/quarantine").text
    page = owner.get(first).text
    assert "Stop the terminal" in page
    assert "Purchase" in page
    assert trouble.till.signer.key_id.hex() in page


def test_keeping_as_evidence_is_written_down(client_as: ClientAs, trouble: Trouble) -> None:
    """A decision leaves the open list, keeps who and why, and can be taken back."""
    trouble.noise()
    owner = client_as(Role.OWNER)
    (address,) = _suspects(owner)
    answer = owner.post(f"{address}/decide", data={"verdict": "kept", "note": "seen\nby me"})
    assert answer.headers["Location"] == address
    assert _suspects(owner) == []
    assert _suspects(owner, "?shown=decided") == _suspects(owner, "?shown=all") == [address]
    assert "seen by me" in owner.get(address).text
    entry = trouble.quiet.office.trail.entries(limit=1)[0]
    assert entry.action == "quarantine.decide"
    assert (entry.before, entry.after) == (
        {"verdict": None},
        {"verdict": "kept", "note": "seen by me"},
    )
    owner.post(f"{address}/decide", data={"verdict": "reopened", "note": ""})
    assert _suspects(owner) == [address]


def test_discarding_removes_it_and_is_written_down(client_as: ClientAs, trouble: Trouble) -> None:
    """Discarded bytes are gone from the ledger; the trail and the decisions remember them."""
    trouble.noise()
    owner = client_as(Role.OWNER)
    (address,) = _suspects(owner)
    assert owner.post(f"{address}/discard", data={"note": "noise"}).status_code == 302
    assert owner.get(address).status_code == 404
    assert owner.post(f"{address}/discard").status_code == 404
    assert trouble.quiet.house.ledger.quarantine() == ()
    entry = trouble.quiet.office.trail.entries(limit=1)[0]
    assert entry.action == "quarantine.discard"
    digest, reason = address.split("/")[2:]
    history = trouble.quiet.office.decisions.history(SubjectKind.QUARANTINE, f"{digest}:{reason}")
    assert [one.verdict for one in history] == [Verdict.DISCARDED]


def test_what_comes_again_after_it_was_discarded_is_open(
    client_as: ClientAs, trouble: Trouble
) -> None:
    """An old decision does not hide the same bytes when they come back."""
    trouble.noise()
    owner = client_as(Role.OWNER)
    (address,) = _suspects(owner)
    owner.post(f"{address}/discard")
    trouble.noise()
    assert _suspects(owner) == [address]


def test_quarantine_of_others_is_not_there(client_as: ClientAs, trouble: Trouble) -> None:
    """A manager of ``north`` neither lists, opens nor decides what claims to be of ``south``."""
    trouble.noise(b"theirs", "till-2")
    trouble.noise(b"nobody's", "stranger")
    owner, manager = client_as(Role.OWNER), client_as(Role.MANAGER)
    addresses = _suspects(owner)
    assert len(addresses) == 2
    assert _suspects(manager, "?shown=all") == []
    for address in addresses:
        assert manager.get(address).status_code == 404
        assert manager.post(f"{address}/decide", data={"verdict": "kept"}).status_code == 404
        assert manager.post(f"{address}/discard").status_code == 404
    assert len(trouble.quiet.house.ledger.quarantine()) == 2


def test_looking_is_not_deciding(client_as: ClientAs, trouble: Trouble) -> None:
    """Support and auditors see the queues and cannot decide; cashiers do not see them."""
    trouble.noise()
    trouble.refuse_return()
    for role in (Role.SUPPORT, Role.AUDITOR):
        client = client_as(role)
        (address,), (item,) = _suspects(client), _items(client)
        assert "verdict" not in client.get(address).text
        assert client.post(f"{address}/decide", data={"verdict": "kept"}).status_code == 403
        assert client.post(f"{address}/discard").status_code == 403
        assert client.post(f"{item}/decide", data={"verdict": "settled"}).status_code == 403
    for role in (Role.CASHIER, Role.INTEGRATOR):
        client = client_as(role)
        assert client.get("/quarantine").status_code == 403
        assert client.get("/review").status_code == 403


def test_pages_of_a_long_quarantine_follow_each_other(
    client_as: ClientAs, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following "next" shows everything once, whether open or decided, however short the pieces."""
    monkeypatch.setattr(queue_lists, "PAGE_ROWS", 3)
    monkeypatch.setattr(queue_lists, "_PIECE_ROWS", 4)
    for number in range(11):
        trouble.noise(f"noise {number}".encode())
    owner = client_as(Role.OWNER)
    for address in _walk(owner, "/quarantine?shown=all")[::2]:
        owner.post(f"{address}/decide", data={"verdict": "kept"})
    whole = set(_walk(owner, "/quarantine?shown=all"))
    parts = [_walk(owner, f"/quarantine?shown={part}") for part in ("open", "decided")]
    assert [len(part) for part in parts] == [5, 6]
    assert {*parts[0], *parts[1]} == whole
    assert len(whole) == 11


def _walk(client: FlaskClient, address: str) -> list[str]:
    found: list[str] = []
    seen = 0
    while address:
        seen += 1
        assert seen < 30
        page = client.get(address).text
        found += dict.fromkeys(re.findall(r"/quarantine/[0-9a-f]{64}/\w+", page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(found) == len(set(found))
    return found


@given(st.binary(max_size=400))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    """No bytes raise; the dump is bounded and says what it leaves out."""
    view = view_of(data)
    assert view.left_out_bytes == 0
    assert data[:16].hex(" ") in view.dump


def test_a_long_payload_is_cut() -> None:
    """A dump never grows with what was sent."""
    view = view_of(bytes(60_000))
    assert view.left_out_bytes == 60_000 - DUMP_BYTES_MAX
    assert len(view.dump.splitlines()) == DUMP_BYTES_MAX // 16


@given(
    st.builds(
        SuspectPlace,
        rank=st.integers(0, 9),
        last_seen_ms=st.integers(0, 10**14),
        payload_hash=st.binary(min_size=32, max_size=32),
        reason=st.sampled_from([one.value for one in Reason]),
    )
)
def test_a_place_survives_the_address(place: SuspectPlace) -> None:
    """What "next" carries is read back as it was."""
    assert read_place(write_place(place)) == place


@given(st.text(max_size=120))
def test_any_text_is_a_place_or_none(text: str) -> None:
    """Nothing in the address raises."""
    assert read_place(text) is None or text.count(".") == 3


# -- needs review ---------------------------------------------------------------------------------


def test_money_taken_off_for_nothing_is_loud(client_as: ClientAs, trouble: Trouble) -> None:
    """A refused payment with points says what the till took off, and what to do about it."""
    trouble.refuse_payment()
    owner = client_as(Role.OWNER)
    (address,) = _items(owner)
    assert _items(owner, "?kind=redeem") == _items(owner, "?kind=refused") == [address]
    assert _items(owner, "?kind=held") == []
    assert "The till took money off" in owner.get("/review").text
    page = owner.get(address).text
    assert "7.77" in page
    assert "43.21" in page
    assert "No points stood behind the discount" in page
    assert "The seal is intact" in page


def test_a_review_is_decided_and_written_down(client_as: ClientAs, trouble: Trouble) -> None:
    """Settled or left alone, it leaves the open list with who and why; it can be opened again."""
    trouble.refuse_return()
    manager = client_as(Role.MANAGER)
    (address,) = _items(manager)
    manager.post(f"{address}/decide", data={"verdict": "settled", "note": "«تسویه شد»"})
    assert _items(manager) == []
    assert _items(manager, "?shown=decided") == [address]
    assert "«تسویه شد»" in manager.get(address).text
    entry = trouble.quiet.office.trail.entries(limit=1)[0]
    assert (entry.action, entry.after) == (
        "review.decide",
        {"verdict": "settled", "note": "«تسویه شد»"},
    )
    manager.post(f"{address}/decide", data={"verdict": "reopened"})
    assert _items(manager) == [address]


def test_reviews_of_others_are_not_there(client_as: ClientAs, trouble: Trouble) -> None:
    """A manager of ``north`` neither lists, opens nor decides what happened in ``south``."""
    south = SealedTerminal(TerminalId("till-4"), now_ms=trouble.quiet.clock.unix_ms())
    trouble.quiet.add_terminal(south, "south")
    trouble.refuse_return(south)
    (address,) = _items(client_as(Role.OWNER))
    manager = client_as(Role.MANAGER)
    assert _items(manager, "?shown=all&branch=south") == []
    assert manager.get(address).status_code == 404
    assert manager.post(f"{address}/decide", data={"verdict": "settled"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "verdict", "note"),
    [
        ("/review/5/decide", "kept", ""),
        ("/review/5/decide", "nonsense", ""),
        ("/review/5/decide", "", ""),
        ("/review/5/decide", "settled", "x" * (NOTE_CHARACTERS_MAX + 1)),
        ("/review/5/decide", "settled", "a\x00b"),
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(
    client_as: ClientAs, trouble: Trouble, path: str, verdict: str, note: str
) -> None:
    """Only the verdicts of the queue are taken, with a note of a decent length."""
    trouble.refuse_return()
    answer = client_as(Role.OWNER).post(path, data={"verdict": verdict, "note": note})
    assert answer.status_code == 400
    assert trouble.quiet.office.decisions.history(SubjectKind.REVIEW, "5") == ()


@pytest.mark.parametrize(
    "path",
    [
        "/review/0",
        "/review/1",
        "/review/999999999999999999999",
        "/quarantine/zz/clone",
        f"/quarantine/{'0' * 64}/nonsense",
        f"/quarantine/{'0' * 64}/clone",
    ],
)
def test_what_is_not_there_is_404(client_as: ClientAs, path: str) -> None:
    """Neither an applied row nor a made-up address is a page."""
    assert client_as(Role.OWNER).get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?shown=x&kind=y&before=-1&terminal=<b>&branch='",
        "?before=99999999999999999999999",
        "?after=0.0.zz.clone",
        "?reason=none&after=....",
    ],
)
def test_a_query_that_makes_no_sense_is_a_page_all_the_same(
    client_as: ClientAs, query: str
) -> None:
    """Filters that mean nothing are left out; nothing raises."""
    owner = client_as(Role.OWNER)
    assert owner.get(f"/review{query}").status_code == 200
    assert owner.get(f"/quarantine{query}").status_code == 200


def test_hostile_texts_stay_texts(client_as: ClientAs, trouble: Trouble) -> None:
    """Receipts, notes and quarantined bytes cannot become markup, nor turn the line around."""
    trouble.refuse_hostile_sale()
    trouble.noise(HOSTILE.encode())
    owner = client_as(Role.OWNER)
    (item,), (suspect,) = _items(owner), _suspects(owner)
    owner.post(f"{item}/decide", data={"verdict": "settled", "note": HOSTILE})
    for page in (owner.get(item).text, owner.get(suspect).text):
        assert "<script>alert" not in page
        assert "<b>پنیر" not in page
        assert "<i>12" not in page
        assert "\u202e" not in page
        assert "{{7*7}}" in page
    assert "&lt;b&gt;پنیر" in owner.get(item).text
    assert "1.25" in owner.get(item).text


def test_every_code_has_its_advice(app: Flask) -> None:
    """Every reason says what to do, and every verdict has its word."""
    with app.test_request_context():
        for reason in Reason:
            assert str(advice_on_reason(reason))
        for verdict in Verdict:
            assert str(badge_of_verdict(verdict).text)
