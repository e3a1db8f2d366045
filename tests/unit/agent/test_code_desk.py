"""What a cashier does with a code on a customer's phone: the questions, the screen, and silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.model.authorisation import AuthKind
from gateway.model.outcome import Reason, Status
from simulators.given.agent_lane import Lane, opened_lane
from terminal_agent import commands
from terminal_agent.control import AnswerCode, read_command, write_command
from terminal_agent.session.memory import SessionSettings
from terminal_agent.session.view import Notice, Screen


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    """A configured lane with nobody there."""
    with opened_lane(tmp_path) as lane:
        yield lane


def test_a_code_is_asked_for_and_told_for_the_card_on_the_screen(lane: Lane) -> None:
    """Two sealed questions name the card; the second carries the digits, whoever typed them how."""
    lane.member()
    card = lane.requests()[-1].card
    assert card is not None
    assert lane.say(commands.Code()) is AnswerCode.ASKED
    asked = lane.requests()[-1]
    assert (asked.kind, asked.card) == (AuthKind.CHALLENGE, card)
    lane.answer()
    assert (lane.view.screen, lane.view.notice) == (Screen.CARD, Notice.CODE_SENT)
    assert lane.say(commands.Code(said=" ۰۱۲ ۳۴۵ ")) is AnswerCode.ASKED
    told = lane.requests()[-1]
    assert told.kind is AuthKind.PROVE
    assert told.card is not None
    assert (told.card.token, told.card.proof) == (card.token, b"012345")
    lane.answer()
    assert (lane.view.screen, lane.view.notice) == (Screen.CARD, Notice.CODE_RIGHT)


@pytest.mark.parametrize(
    "reason",
    [Reason.CODE_NOT_SENT, Reason.CODE_TOO_SOON, Reason.CODE_WRONG, Reason.CODE_ENDED],
)
def test_a_refusal_stands_beside_the_dialogue(lane: Lane, reason: Reason) -> None:
    """Why it did not work is said, and the visit goes on as it was."""
    lane.member()
    before = lane.view
    lane.say(commands.Code(said="123456"))
    lane.answer(status=Status.REFUSED, reason=reason)
    assert lane.view.reason is reason
    assert lane.view.screen is before.screen
    lane.clock.advance(60_000)
    lane.agent.tick()
    assert lane.view.reason is None


@pytest.mark.parametrize("typed", ["12", "send", "12345678901", "12a4", "-1234"])
def test_what_is_no_code_is_not_asked(lane: Lane, typed: str) -> None:
    """Nothing but digits goes to the gateway."""
    lane.member()
    before = len(lane.requests())
    assert lane.say(commands.Code(said=typed)) is AnswerCode.NO_CODE
    assert len(lane.requests()) == before


def test_a_code_is_about_a_card(lane: Lane) -> None:
    """Without one on the screen there is nobody to ask."""
    assert lane.say(commands.Code()) is AnswerCode.NO_CARD


def test_silence_is_told_once(lane: Lane) -> None:
    """Where no answer comes in time the screen says so, and a late one says nothing more."""
    lane.member()
    lane.say(commands.Code())
    seen = []
    for wait_ms in (SessionSettings().auth_wait_ms, SessionSettings().attention_ms):
        lane.clock.advance(wait_ms)
        lane.agent.tick()
        seen.append(lane.view.notice)
    lane.answer()
    assert [*seen, lane.view.notice] == [Notice.CODE_OFFLINE, None, None]


def test_a_code_stands_in_no_record() -> None:
    """It crosses the control socket and is seen in no ``repr``."""
    told = commands.Code(said="271828")
    assert "271828" not in repr(told)
    assert read_command(write_command(told)) == told
    assert read_command(write_command(commands.Code())) == commands.Code()
