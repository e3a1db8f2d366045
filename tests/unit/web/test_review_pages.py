"""Receipts to check: drawn beside what is known of them, settled or dismissed once, by managers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.audit.auditor import audit
from gateway.ledger.kinds import ReviewState
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.ids import SaleKey, TerminalId
from gateway.model.review import EvidenceKind, Review, ReviewCandidate, ReviewReason
from gateway.office.roles import Role
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.pages.review_words import (
    badge_of_review,
    words_of_evidence,
    words_of_review_reason,
)

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

HOSTILE: Final = "<script>alert(1)</script>{{7*7}}"


class Till:
    """A till in a branch whose papers are not sure."""

    def __init__(self, quiet: QuietHouse, name: str = "till-8", branch: str = "north") -> None:
        self.quiet = quiet
        self.terminal = SealedTerminal(TerminalId(name), now_ms=quiet.clock.unix_ms())
        quiet.add_terminal(self.terminal, branch)

    def doubt(self, number: int, *, card: int | None = 1, **changes: object) -> str:
        """Tell of a paper with two totals; gives the address of its page."""
        parts: dict[str, Any] = {
            "key": sale_key(number),
            "profile": "shop",
            "profile_version": 3,
            "reasons": (ReviewReason.TOTALS_DIFFER,),
            "evidence": (EvidenceKind.LABEL,),
            "candidates": (
                ReviewCandidate(total_minor=1_200, key=sale_key(number)),
                ReviewCandidate(total_minor=2_100, key=SaleKey(number.to_bytes(16, "little"))),
            ),
            "paper": ("CORNER SHOP", "TOTAL      12,00", "جمع کل      ۲۱٫۰۰", HOSTILE),
        }
        evidence = None if card is None else card_evidence(card)
        sealed = self.terminal.doubt(Review(**(parts | changes)), evidence)
        self.quiet.transact(self.terminal, sealed)
        return f"/review/receipts/{self.row(number).first_index}"

    def row(self, number: int) -> ReviewRow:
        """How a paper stands."""
        with self.quiet.house.ledger.batch() as batch:
            return next(one for one in batch.every(ReviewRow) if one.sale_key == sale_key(number))


@pytest.fixture
def till(quiet: QuietHouse) -> Till:
    """A till in ``north``."""
    return Till(quiet)


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """The receipts on the list."""
    page = client.get(f"/review/receipts{query}").text
    return list(dict.fromkeys(re.findall(r"/review/receipts/\d+", page)))


def points(quiet: QuietHouse, card: int) -> int:
    """What a card's owner can spend."""
    balance = quiet.house.ledger.balance_of_card(card_evidence(card).token)
    return 0 if balance is None else balance.available


def command_on(page: str) -> str:
    """The id that a page's forms carry."""
    found = re.search(r'name="command" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_reason_evidence_or_state_lacks_words(app: Flask, language: str) -> None:
    """Each has words of its own in both languages, and none is shown as a code."""
    with app.test_request_context(headers={"Accept-Language": language}):
        for said in (
            [str(words_of_review_reason(one)) for one in ReviewReason],
            [str(words_of_evidence(one)) for one in EvidenceKind],
            [str(badge_of_review(one).text) for one in ReviewState],
        ):
            assert len(set(said)) == len(said)
            assert all(text.strip() for text in said)
            if language == "fa":
                assert all(re.search("[\u0600-\u06ff]", text) for text in said), said


def test_a_receipt_is_listed_counted_and_drawn(client_as: ClientAs, till: Till) -> None:
    """It stands on the list and in the side bar's count; its page draws the paper, harmless."""
    address = till.doubt(50)
    manager = client_as(Role.MANAGER)
    assert listed(manager) == [address]
    assert re.search(r"mohr-nav-count.*?</span>\s*1<", manager.get("/").text, re.DOTALL)
    page = manager.get(address).text
    assert "CORNER SHOP\n" in page
    assert "جمع کل      ۲۱٫۰۰\n" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "The paper names several totals." in page
    assert "A line calls it the total" in page


def test_a_total_that_is_chosen_gives_the_points_once(
    client_as: ClientAs, till: Till, quiet: QuietHouse
) -> None:
    """The button settles; the same form again changes nothing; a second form is refused."""
    address = till.doubt(50)
    manager, before = client_as(Role.MANAGER), points(quiet, 1)
    command = command_on(manager.get(address).text)
    sent = {"command": command, "total": "2100", "reason": "seen on paper"}
    answer = manager.post(f"{address}/settle", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert points(quiet, 1) == before + 21
    assert manager.post(f"{address}/settle", data=sent).status_code == 303
    again = manager.post(f"{address}/settle", data={"total": "1200"})
    assert again.status_code == 422
    assert "The receipt was decided before" in again.text
    assert points(quiet, 1) == before + 21
    page = manager.get(address).text
    assert "seen on paper" in page
    assert "manager-1" in page
    assert listed(manager) == []
    assert listed(manager, "?shown=decided") == listed(manager, "?shown=all") == [address]
    entry = quiet.office.trail.entries(limit=5)
    assert {one.action for one in entry} == {"ledger.settle_review"}
    with quiet.house.ledger.batch() as batch:
        assert audit(batch).findings == ()


@pytest.mark.parametrize(("typed", "gives"), [("34.50", 34), ("۳۴٫۵۰", 34)])
def test_another_total_can_be_typed(
    client_as: ClientAs, till: Till, quiet: QuietHouse, typed: str, gives: int
) -> None:
    """In either script; it need not be one that the terminal thought of."""
    address, before = till.doubt(50), points(quiet, 1)
    answer = client_as(Role.MANAGER).post(f"{address}/settle", data={"typed_total": typed})
    assert answer.status_code == 303
    assert points(quiet, 1) == before + gives


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"typed_total": ""},
        {"typed_total": "0"},
        {"typed_total": "-5"},
        {"typed_total": "much"},
        {"typed_total": "9" * 29},
        {"total": "1201"},
        {"total": "0"},
    ],
)
def test_what_is_no_total_settles_nothing(
    client_as: ClientAs, till: Till, quiet: QuietHouse, sent: dict[str, str]
) -> None:
    """A button that is not on the page, and a text that is no amount, are refused with a word."""
    address, before = till.doubt(50), points(quiet, 1)
    answer = client_as(Role.MANAGER).post(f"{address}/settle", data=sent)
    assert answer.status_code == 422
    assert "Choose one of the totals" in answer.text
    assert (points(quiet, 1), till.row(50).state) == (before, ReviewState.OPEN)


def test_dismissing_needs_a_reason_and_is_for_good(
    client_as: ClientAs, till: Till, quiet: QuietHouse
) -> None:
    """Without a reason nothing happens; with one it earns nothing, whoever settles later."""
    address, before = till.doubt(50), points(quiet, 1)
    manager = client_as(Role.MANAGER)
    assert manager.post(f"{address}/dismiss", data={"reason": " "}).status_code == 422
    assert till.row(50).state is ReviewState.OPEN
    done = manager.post(f"{address}/dismiss", data={"reason": "a test 4111 1111 1111 1111"})
    assert done.status_code == 303
    page = manager.get(address).text
    assert "Dismissed" in page
    assert "4111" not in page
    assert manager.post(f"{address}/settle", data={"total": "1200"}).status_code == 422
    assert points(quiet, 1) == before


def test_a_receipt_without_a_card_is_settled_for_a_member(
    client_as: ClientAs, till: Till, quiet: QuietHouse
) -> None:
    """Somebody says whose it is; whom nobody knows it is not settled for."""
    address = till.doubt(50, card=None)
    manager, before = client_as(Role.MANAGER), points(quiet, 2)
    wrong = manager.post(f"{address}/settle", data={"total": "1200", "member": "nobody at all"})
    assert wrong.status_code == 422
    assert "Nobody was found" in wrong.text
    assert 'value="nobody at all"' in wrong.text
    member = quiet.house.ledger.balance_of_card(card_evidence(2).token)
    assert member is not None
    sent = {"total": "1200", "member": member.member_id}
    assert manager.post(f"{address}/settle", data=sent).status_code == 303
    assert points(quiet, 2) == before + 12


def test_a_sale_that_earned_meanwhile_is_said_and_not_settled(
    client_as: ClientAs, till: Till, quiet: QuietHouse
) -> None:
    """The page warns, and the ledger refuses: the sale counts once."""
    address = till.doubt(50)
    till.quiet.transact(till.terminal, till.terminal.earn(card_evidence(1), sale_key(50), 1_200))
    before, manager = points(quiet, 1), client_as(Role.MANAGER)
    assert "recorded by itself meanwhile" in manager.get(address).text
    answer = manager.post(f"{address}/settle", data={"total": "1200"})
    assert answer.status_code == 422
    assert points(quiet, 1) == before


@pytest.mark.parametrize("role", list(Role))
def test_only_managers_and_owners_decide(client_as: ClientAs, till: Till, role: Role) -> None:
    """Support and auditors look; cashiers and integrators see nothing; a manager decides."""
    address = till.doubt(50)
    visitor = client_as(role)
    looks = role in (Role.OWNER, Role.MANAGER, Role.SUPPORT, Role.AUDITOR)
    decides = role in (Role.OWNER, Role.MANAGER)
    assert visitor.get("/review/receipts").status_code == (200 if looks else 403)
    assert visitor.get(address).status_code == (200 if looks else 403)
    if looks:
        assert ("/settle" in visitor.get(address).text) is decides
    assert ("/review/receipts" in visitor.get("/").text) is looks
    for action, sent in (("settle", {"total": "1200"}), ("dismiss", {"reason": "no"})):
        code = visitor.post(f"{address}/{action}", data=sent).status_code
        assert code in ((303, 422) if decides else (403,))
    assert (till.row(50).state is ReviewState.SETTLED) is decides


def test_another_branch_s_receipt_is_not_there(
    client_as: ClientAs, quiet: QuietHouse, till: Till
) -> None:
    """A manager of ``north`` neither lists, counts, opens nor decides what is ``south``'s."""
    address = Till(quiet, "till-9", "south").doubt(60)
    manager = client_as(Role.MANAGER)
    assert listed(manager, "?shown=all") == []
    assert "mohr-nav-count" not in manager.get("/").text
    assert manager.get(address).status_code == 404
    assert manager.post(f"{address}/settle", data={"total": "1200"}).status_code == 404
    assert listed(client_as(Role.OWNER)) == [address]
    assert till.doubt(61) in listed(client_as(Role.OWNER))


def test_a_long_list_comes_in_pages(client_as: ClientAs, till: Till) -> None:
    """Newest first, and every receipt on exactly one page."""
    made = [till.doubt(number, candidates=()) for number in range(100, 130)]
    owner = client_as(Role.OWNER)
    first = listed(owner)
    assert first == made[::-1][:25]
    (more,) = re.findall(
        r'href="(/review/receipts\?[^"]*before=\d+[^"]*)"', owner.get("/review/receipts").text
    )
    assert (
        listed(owner, more.replace("/review/receipts", "").replace("&amp;", "&")) == made[:5][::-1]
    )
    assert owner.get("/review/receipts?before=x&shown=y&branch=z").status_code == 200
