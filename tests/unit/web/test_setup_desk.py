"""Who may set a gateway up, and in which order it is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.ids import BranchId
from gateway.model.money import EUR
from gateway.program.templates import TemplateName, programme_of
from simulators.clock import VirtualClock
from web_admin.setup.desk import (
    CLAIM_MS,
    WRONG_CODES_MAX,
    WRONG_CODES_WINDOW_MS,
    Claim,
    Desk,
)
from web_admin.setup.draft import Draft, OwnerDraft, ProgrammeDraft, ShopDraft
from web_admin.setup.steps import Step, first_open, may_open, steps_for

CODE = "the one-time code"
OWNER = OwnerDraft(login="owner", display_name="Mina", password="three green frogs")
SHOP = ShopDraft(
    name="Café",
    branch=BranchId("main"),
    colour="#aa5500",
    currency=EUR,
    money_unit=MoneyUnit.CURRENCY,
    time_zone="UTC",
)
RULES = ProgrammeDraft(
    template=TemplateName.ONE_PERCENT, programme=programme_of(TemplateName.ONE_PERCENT, EUR)
)


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that only moves when it is told to."""
    return VirtualClock(unix_ms=1_795_420_000_000)


@pytest.fixture
def desk(clock: VirtualClock) -> Desk:
    """A desk with nobody at it."""
    return Desk(clock)


def claim(desk: Desk, code: str = CODE, held: str | None = None, *, over: bool = False) -> str:
    """Take a place at the desk that is to be had."""
    what, secret = desk.claim(code, CODE, held, take_over=over)
    assert what is Claim.GRANTED
    assert secret is not None
    return secret


def test_the_code_gives_a_place(desk: Desk) -> None:
    """Whoever shows it may speak; whoever shows something else, or a secret of their own, not."""
    assert desk.claim("guess", CODE, None, take_over=False) == (Claim.WRONG, None)
    secret = claim(desk)
    assert desk.draft_of(secret) == Draft()
    assert desk.draft_of("guess") is None
    assert desk.draft_of(None) is None
    assert desk.change("guess", lambda old: replace(old, owner=OWNER)) is None
    assert desk.draft_of(secret) == Draft()


def test_without_a_code_nobody_gets_in(desk: Desk) -> None:
    """Once there is an owner there is no code, and no text stands for it."""
    assert desk.claim("", None, None, take_over=True) == (Claim.WRONG, None)


def test_a_second_browser_is_told_and_may_take_over(desk: Desk) -> None:
    """It is not let in beside the first; taking over keeps what was said and ends the first."""
    first = claim(desk)
    desk.change(first, lambda old: replace(old, language=Language.FA))
    assert desk.claim(CODE, CODE, None, take_over=False) == (Claim.TAKEN, None)
    second = claim(desk, over=True)
    assert desk.draft_of(first) is None
    assert desk.draft_of(second) == Draft(language=Language.FA)


def test_the_same_browser_may_show_the_code_again(desk: Desk) -> None:
    """Opening the printed address twice is no second browser."""
    first = claim(desk)
    desk.change(first, lambda old: replace(old, owner=OWNER))
    again = claim(desk, held=first)
    assert desk.draft_of(again) == Draft(owner=OWNER)


def test_what_was_typed_does_not_wait_for_ever(desk: Desk, clock: VirtualClock) -> None:
    """After a long absence the place is free and the password forgotten."""
    secret = claim(desk)
    desk.change(secret, lambda old: replace(old, owner=OWNER))
    clock.advance(CLAIM_MS)
    assert desk.draft_of(secret) == Draft(owner=OWNER)
    clock.advance(CLAIM_MS + 1)
    assert desk.draft_of(secret) is None
    assert desk.draft_of(claim(desk)) == Draft()


def test_guessing_is_slow(desk: Desk, clock: VirtualClock) -> None:
    """After some wrong codes even the right one waits, and a minute later it is good again."""
    for _ in range(WRONG_CODES_MAX):
        assert desk.claim("guess", CODE, None, take_over=False) == (Claim.WRONG, None)
    assert desk.claim(CODE, CODE, None, take_over=False) == (Claim.TOO_OFTEN, None)
    clock.advance(WRONG_CODES_WINDOW_MS)
    claim(desk)


def test_a_gateway_is_made_once_at_a_time(desk: Desk) -> None:
    """A second press while the first still works is turned away."""
    assert desk.begin_finishing()
    assert not desk.begin_finishing()
    desk.end_finishing()
    assert desk.begin_finishing()


def test_nothing_prints_the_password() -> None:
    """Not even a log of the whole draft."""
    assert "frogs" not in repr(Draft(owner=OWNER))


def test_the_steps_open_one_after_the_other() -> None:
    """Each answer opens the next step and closes none before it."""
    draft = Draft()
    order = steps_for(has_house=False)
    assert order == tuple(Step)
    answers = ({"language": Language.EN}, {"owner": OWNER}, {"shop": SHOP}, {"rules": RULES})
    for at, answer in enumerate(answers):
        assert first_open(draft, has_house=False) is order[at]
        assert [step for step in order if may_open(step, draft, has_house=False)] == list(
            order[: at + 1]
        )
        draft = replace(draft, **answer)  # type: ignore[arg-type]  # each is a field of a draft
    assert first_open(draft, has_house=False) is Step.COUNTER
    assert not may_open(Step.TAP, draft, has_house=False)


def test_a_gateway_from_the_command_line_is_asked_for_less() -> None:
    """Its rules and its broker are there, so only owner and look remain."""
    assert steps_for(has_house=True) == (Step.LANGUAGE, Step.OWNER, Step.SHOP)
    said = Draft(language=Language.EN, owner=OWNER)
    assert first_open(said, has_house=True) is Step.SHOP
    assert first_open(replace(said, shop=SHOP, rules=RULES), has_house=True) is Step.SHOP
    assert not may_open(Step.PROGRAMME, replace(said, shop=SHOP), has_house=True)
