"""The live page: the same rows with and without a stream, and nobody else's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.ledger.kinds import JournalKind
from gateway.model.authorisation import AuthKind
from gateway.model.ids import TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.transaction import Kind
from gateway.office.profile import CheckedProfile
from gateway.office.roles import Role
from gateway.queries.sealed_row import SealStatus
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.live.names import short_name
from web_admin.live.words import (
    badge_of_seal,
    badge_of_status,
    words_of_action,
    words_of_reason,
)

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}"


def _rows(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="tap-(\d+)"', page)]


def _text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def test_the_newest_rows_are_there_without_a_script(client_as: ClientAs) -> None:
    """The page holds the rows, newest first, and where the stream goes on."""
    page = _text(client_as(Role.OWNER), "/live")
    assert _rows(page) == [4, 3, 2, 1]
    assert 'data-after="4"' in page
    assert "0004" in page


def test_the_rows_alone_are_the_same_rows(client_as: ClientAs) -> None:
    """What a page without a stream asks for every ten seconds is the same table body."""
    client = client_as(Role.OWNER)
    assert _rows(_text(client, "/live/rows")) == _rows(_text(client, "/live"))


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CASHIER, Role.SUPPORT])
def test_a_branch_sees_its_own_rows(client_as: ClientAs, role: Role) -> None:
    """People of ``north`` see what happens in ``north``; the filter cannot widen that."""
    client = client_as(role)
    for path in ("/live", "/live/rows", "/live?terminal=till-2", "/live/rows?terminal=till-2"):
        found = _rows(_text(client, path))
        assert found == ([] if "till-2" in path else [4, 2, 1])
    assert "till-2" not in _text(client, "/live")


def test_filters_are_kept(client_as: ClientAs) -> None:
    """A terminal and an outcome narrow the rows, and the stream's address carries both."""
    page = _text(client_as(Role.OWNER), "/live?terminal=till-2&status=applied")
    assert _rows(page) == [3]
    assert 'data-stream="/live/stream?terminal=till-2&amp;status=applied"' in page
    assert _rows(_text(client_as(Role.OWNER), "/live?status=nonsense")) == [4, 3, 2, 1]


def test_hostile_texts_stay_texts(client_as: ClientAs, quiet: QuietHouse) -> None:
    """A receipt's number and a member's name cannot become markup, nor turn the line around."""
    till = SealedTerminal(TerminalId("till-3"), now_ms=quiet.clock.unix_ms())
    quiet.add_terminal(till, "north")
    quiet.transact(till, till.earn(card_evidence(1), sale_key(77), 100, receipt="<b>{{7*7}}\u202e"))
    owner = quiet.house.ledger.balance_of_card(card_evidence(1).token)
    assert owner is not None
    quiet.office.people.save(
        owner.member_id, owner.branch, CheckedProfile(name=HOSTILE), at_ms=quiet.clock.unix_ms()
    )
    page = _text(client_as(Role.OWNER), "/live")
    assert "<script>alert" not in page
    assert "<b>{{" not in page
    assert "&lt;b&gt;{{7*7}}" in page
    assert "\u202e" not in page


def test_names_are_for_those_who_may_see_members(client_as: ClientAs, quiet: QuietHouse) -> None:
    """A cashier sees a first name and an initial, an integrator only the pseudonym."""
    owner = quiet.house.ledger.balance_of_card(card_evidence(1).token)
    assert owner is not None
    quiet.office.people.save(
        owner.member_id,
        owner.branch,
        CheckedProfile(name="Ada Augusta Lovelace"),
        at_ms=quiet.clock.unix_ms(),
    )
    assert "Ada L." in _text(client_as(Role.CASHIER), "/live")
    page = _text(client_as(Role.INTEGRATOR), "/live")
    assert "Ada" not in page
    assert f"/members/{owner.member_id}" not in page
    assert owner.member_id[:8] in page


def test_a_stream_asks_for_a_login(app: Flask) -> None:
    """Without a session there is neither a stream nor rows."""
    client = app.test_client()
    assert client.get("/live/stream").status_code in (302, 401)
    assert client.get("/live/rows", headers={"HX-Request": "true"}).status_code == 401


def test_every_code_has_its_words(app: Flask) -> None:
    """No outcome, reason, action or seal is shown as a code."""
    with app.test_request_context():
        for reason in Reason:
            assert str(words_of_reason(reason))
        for status in Status:
            assert str(badge_of_status(status).text)
        for seal in SealStatus:
            assert str(badge_of_seal(seal).text)
        made = (JournalKind.EXPIRY, JournalKind.CARD, JournalKind.COMMAND, JournalKind.NIGHTLY)
        for action in (*Kind, *AuthKind, *made, "unreadable"):
            assert str(words_of_action(action))


@pytest.mark.parametrize(
    ("name", "short"),
    [("سارا احمدی", "سارا ا."), ("Ada Augusta Lovelace", "Ada L."), ("Ada", "Ada"), ("", "")],
)
def test_names_are_shortened(name: str, short: str) -> None:
    """A first name and an initial, in any script."""
    assert short_name(name) == short
