"""Terminals: what fails is named, what is shown is one's own, and adding one is compared first."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from gateway.model.ids import BranchId, KeyId, TerminalId
from gateway.office.roles import Role
from gateway.office.terminal_hint import TerminalHint
from gateway.queries.terminals import TerminalChain, TerminalView
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal
from web_admin.fleet.state import Condition, Layer, Trouble, state_of
from web_admin.fleet.words import advice_on, badge_of_condition, words_of_layer

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.unit.web.conftest import ClientAs


def _view(*, missing: int = 0, quarantined: int = 0, clones: int = 0) -> TerminalView:
    chain = TerminalChain(
        epoch=1,
        key_id=KeyId(bytes(16)),
        watermark=5,
        highest_seq=5 + missing,
        waiting=0,
        settled_at_ms=1,
    )
    return TerminalView(
        terminal=TerminalId("till-1"),
        branch=BranchId("north"),
        added_at_ms=0,
        chains=(chain,),
        quarantined=quarantined,
        clones=clones,
    )


def _hint(**said: object) -> TerminalHint:
    well = {"version": "1", "reader": "up", "till": "up", "clock": "synchronised"}
    return TerminalHint(**{"online": True, "heard_at_ms": 1, **well, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hint", "view", "troubles"),
    [
        (_hint(), _view(), ()),
        (_hint(programme_version=3), _view(), ()),
        (None, _view(), (Trouble.UNHEARD,)),
        (_hint(online=False, reader="down"), _view(), (Trouble.OFFLINE,)),
        (_hint(reader="down"), _view(), (Trouble.READER_DOWN,)),
        (_hint(reader="none", till="starting"), _view(), ()),
        (_hint(till="down", clock="guessed"), _view(), (Trouble.TILL_DOWN, Trouble.CLOCK_GUESSED)),
        (_hint(stopped="journal_full"), _view(), (Trouble.JOURNAL_FULL,)),
        (_hint(stopped="journal_forked"), _view(), (Trouble.JOURNAL_FORKED,)),
        (_hint(stopped="something_new"), _view(), (Trouble.STOPPED,)),
        (_hint(stopped="offline"), _view(), (Trouble.OFFLINE,)),
        (_hint(programme_version=2), _view(), (Trouble.RULES_OLD,)),
        (_hint(unread_receipts=1), _view(), (Trouble.UNREAD_RECEIPTS,)),
        (_hint(), _view(missing=2), (Trouble.GAP,)),
        (_hint(), _view(quarantined=1), (Trouble.QUARANTINED,)),
        (_hint(), _view(quarantined=1, clones=1), (Trouble.CLONE,)),
        (
            _hint(reader="down"),
            _view(quarantined=2, clones=1),
            (Trouble.CLONE, Trouble.READER_DOWN, Trouble.QUARANTINED),
        ),
    ],
)
def test_the_layer_that_failed_is_named_worst_first(
    hint: TerminalHint | None, view: TerminalView, troubles: tuple[Trouble, ...]
) -> None:
    """Each fault is its own trouble, and what a person must see to first comes first."""
    assert state_of(view, hint, programme_version=3).troubles == troubles


def test_the_devices_of_an_absent_terminal_are_not_known() -> None:
    """What was true when it was last heard is not shown as if it were true now."""
    state = state_of(_view(), _hint(online=False), programme_version=3)
    assert state.layers[Layer.LINK] is Condition.BAD
    assert {state.layers[one] for one in (Layer.READER, Layer.TILL, Layer.CLOCK)} == {
        Condition.UNKNOWN
    }


@pytest.mark.parametrize(
    ("hint", "view", "condition"),
    [
        (_hint(), _view(), Condition.GOOD),
        (_hint(pending=3), _view(), Condition.GOOD),
        (None, _view(), Condition.UNKNOWN),
        (_hint(online=False), _view(), Condition.UNKNOWN),
        (_hint(online=False, pending=17), _view(), Condition.WARNING),
        (_hint(), _view(missing=1), Condition.WARNING),
        (None, _view(missing=1), Condition.WARNING),
    ],
)
def test_delivery_works_only_where_it_is_seen_to(
    hint: TerminalHint | None, view: TerminalView, condition: Condition
) -> None:
    """Of a terminal that is silent nobody says that its delivery works."""
    assert state_of(view, hint, programme_version=3).layers[Layer.DELIVERY] is condition


def test_every_state_has_its_words(app: Flask) -> None:
    """No layer, condition or trouble is shown as a code."""
    with app.test_request_context():
        for layer in Layer:
            assert str(words_of_layer(layer)[0])
        for condition in Condition:
            assert str(badge_of_condition(condition).text)
        for trouble in Trouble:
            assert str(advice_on(trouble).title)
            assert str(advice_on(trouble).text)


def test_a_terminals_page_says_what_to_do(client_as: ClientAs, quiet: QuietHouse) -> None:
    """A till line that is down is named with its remedy; what it told is there."""
    till = SealedTerminal(TerminalId("till-1"))
    said = {"session": "aa", "online": True, "version": "0.4.0", "till": "down", "pending": 17}
    quiet.hint(till, json.dumps(said).encode())
    page = client_as(Role.OWNER).get("/terminals/till-1").text
    assert "The terminal does not hear the till" in page
    assert "0.4.0" in page
    assert ">17<" in page
    assert "till-1" in client_as(Role.OWNER).get("/terminals").text


def _seen(client: FlaskClient, name: str) -> str:
    """Return one terminal's page without its own name and its form tokens (they hold the time)."""
    page = client.get(f"/terminals/{name}").text
    tokens = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    assert tokens, "the page should hold a form"
    for token in tokens:
        page = page.replace(token, "(token)")
    return page.replace(name, "(terminal)")


def test_another_branchs_terminal_is_not_there(client_as: ClientAs) -> None:
    """A manager of ``north`` finds the own terminal; the other is like one that does not exist."""
    manager = client_as(Role.MANAGER)
    assert manager.get("/terminals/till-1").status_code == 200
    assert manager.get("/terminals/till-2").status_code == 404
    assert _seen(manager, "till-2") == _seen(manager, "till-9")
    listed = manager.get("/terminals?branch=south").text
    assert "till-2" not in listed
    assert client_as(Role.CASHIER).get("/terminals").status_code == 403


@pytest.mark.parametrize("name", ["till-9", "..%2Fetc", "%00", "till-1' OR 1=1", "\u202etill-1"])
def test_a_name_that_is_none_is_404(client_as: ClientAs, name: str) -> None:
    """Whatever stands in the address, an unknown terminal is a plain 404."""
    assert client_as(Role.OWNER).get(f"/terminals/{name}").status_code == 404


def _new(name: str = "till-7", epoch: int = 1) -> SealedTerminal:
    return SealedTerminal(TerminalId(name), epoch=epoch)


def test_adding_shows_the_key_first_and_leaves_a_trace(
    client_as: ClientAs, quiet: QuietHouse
) -> None:
    """Nothing is registered before the keys were compared; then the trail says so."""
    till = _new()
    form = {"registration": till.registration.to_json(), "branch": " North "}
    owner = client_as(Role.OWNER)
    compared = owner.post("/terminals/add", data=form)
    assert compared.status_code == 200
    assert till.registration.key_id.hex() in compared.text
    assert owner.get("/terminals/till-7").status_code == 404
    added = owner.post("/terminals/add/confirmed", data=form)
    assert added.headers["Location"] == "/terminals/till-7"
    assert "north" in owner.get("/terminals/till-7").text
    entry = quiet.office.trail.entries(limit=1)[0]
    assert (entry.action, entry.subject) == ("terminal.add", "till-7")
    assert entry.after == {
        "epoch": 1,
        "branch": "north",
        "key": till.registration.key_id.hex(),
    }


def test_a_file_may_be_uploaded(client_as: ClientAs) -> None:
    """The file itself does what its text does; one that is no text, or endless, is refused."""
    text = _new().registration.to_json().encode()
    owner = client_as(Role.OWNER)
    for data, status in ((text, 200), (b"\xff\xfe\x00", 422), (b" " * 70_000, 422)):
        form = {"file": (io.BytesIO(data), "terminal.json"), "branch": "north"}
        assert owner.post("/terminals/add", data=form).status_code == status


@pytest.mark.parametrize(
    ("registration", "branch"),
    [
        ("", "north"),
        ("{}", "north"),
        ("<script>alert(1)</script>", "north"),
        (_new().registration.to_json().replace('"epoch": 1', '"epoch": 1, "epoch": 2'), "north"),
        (_new().registration.to_json(), ""),
        (_new().registration.to_json(), "شعبه"),
        (_new().registration.to_json(), "a" * 40),
        ("x" * 20_000, "north"),
    ],
)
def test_what_makes_no_sense_is_asked_for_again(
    client_as: ClientAs, registration: str, branch: str
) -> None:
    """A strict file and a strict branch, at both steps; nothing typed becomes markup."""
    owner = client_as(Role.OWNER)
    for path in ("/terminals/add", "/terminals/add/confirmed"):
        answer = owner.post(path, data={"registration": registration, "branch": branch})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
    assert owner.get("/terminals/till-7").status_code == 404


def test_nobody_takes_over_another_branchs_terminal(client_as: ClientAs, quiet: QuietHouse) -> None:
    """A manager can neither put a terminal elsewhere nor give another branch's one a new key."""
    manager = client_as(Role.MANAGER)
    elsewhere = {"registration": _new().registration.to_json(), "branch": "south"}
    theirs = {"registration": _new("till-2", epoch=2).registration.to_json(), "branch": "north"}
    for form in (elsewhere, theirs):
        for path in ("/terminals/add", "/terminals/add/confirmed"):
            assert manager.post(path, data=form).status_code == 422
    assert {row.terminal: row.epoch for row in quiet.store.terminals()} == {
        "till-1": 1,
        "till-2": 1,
    }
    mine = {"registration": _new().registration.to_json(), "branch": "north"}
    assert manager.post("/terminals/add/confirmed", data=mine).status_code == 302


def test_a_terminal_that_the_gateway_refuses_is_explained(client_as: ClientAs) -> None:
    """Another key under a known number is refused by the gateway, and the page says what to do."""
    form = {"registration": _new("till-1").registration.to_json(), "branch": "north"}
    answer = client_as(Role.OWNER).post("/terminals/add/confirmed", data=form)
    assert answer.status_code == 422
    assert "make a new key at the terminal" in answer.text


@pytest.mark.parametrize("role", [Role.CASHIER, Role.SUPPORT, Role.AUDITOR])
def test_only_some_may_add(client_as: ClientAs, role: Role) -> None:
    """Whoever may not manage terminals neither sees the form nor can send it."""
    client = client_as(role)
    assert client.get("/terminals/add").status_code == 403
    form = {"registration": _new().registration.to_json(), "branch": "north"}
    assert client.post("/terminals/add/confirmed", data=form).status_code == 403
