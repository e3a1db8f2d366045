"""A terminal across a redenomination: what it counts in, and amounts in both currencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, seal
from gateway.crypto.sealed_box import AgreementKey, card_key_info, seal_box
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.money import IRR, Currency
from gateway.model.programme import Programme
from gateway.model.rules.succession import Succession
from gateway.wire.configuration import encode_configuration
from simulators.clock import VirtualClock
from simulators.dialogue import Dialogue
from terminal_agent.customer_display.picture import picture_of
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.session.memory import SessionSettings
from terminal_agent.session.view import MemberView, Screen, View
from terminal_agent.standing import Standing, StandingPorts
from terminal_agent.texts.catalogue import load_texts
from terminal_agent.texts.words import words_of

TERMINAL = TerminalId("lane-1")
START_MS = 1_800_000_000_000
DAY_MS = 86_400_000
IRT = Currency(code="IRT", exponent=2)
RATE = Succession(currency=IRR, old_units_per_unit=10_000)
RIALS = Programme(
    name="shop",
    version=1,
    effective_from_ms=0,
    currency=IRR,
    earn_points=1,
    earn_per_minor=10_000,
    redeem_points=1,
    redeem_value_minor=1_000,
)
TOMANS = replace(RIALS, version=2, effective_from_ms=START_MS + DAY_MS, currency=IRT, succeeds=RATE)
LATER = replace(TOMANS, version=3, effective_from_ms=START_MS + 2 * DAY_MS, succeeds=None)


class Lane:
    """What a terminal stands under, with a gateway that says one thing once."""

    def __init__(self, journal: Journal, identity: TerminalIdentity, *, follows: bool) -> None:
        """Take three versions over, two of which are still to come."""
        signer = FileSigner.generate()
        self.clock = VirtualClock(unix_ms=START_MS, synchronised_at_ms=START_MS)
        self.standing = Standing(
            StandingPorts(
                identity=identity,
                gateway=PublicKey.from_cose_key(signer.public_key),
                journal=journal,
                clock=self.clock,
                currency=IRR,
                waits=SessionSettings(),
                follows=follows,
            )
        )
        configuration = Configuration(
            terminal=TERMINAL,
            version=1,
            issued_at_ms=START_MS,
            branch=BranchId("b1"),
            programmes=(RIALS, TOMANS, LATER),
            card_key_box=seal_box(
                bytes(32), identity.agreement.public_bytes, card_key_info(TERMINAL)
            ),
        )
        sealed = seal(encode_configuration(configuration), SealType.CONFIGURATION, signer)
        assert self.standing.take(sealed)


@pytest.fixture(params=[True, False], ids=["keyed", "paper"])
def follows(request: pytest.FixtureRequest) -> bool:
    """Whether a terminal follows by itself."""
    return bool(request.param)


@pytest.fixture
def lane(tmp_path: Path, follows: bool) -> Iterator[Lane]:  # noqa: FBT001 - a fixture's value
    """A terminal that was told of the change beforehand, and hears nothing more."""
    identity = TerminalIdentity(
        terminal=TERMINAL,
        epoch=1,
        signer=FileSigner.generate(),
        agreement=AgreementKey.generate(),
    )
    settings = JournalSettings(
        terminal=TERMINAL, epoch=1, public_key=identity.public_key, reserve_bytes=1_024
    )
    with Journal.open(tmp_path / "journal.sqlite3", settings=settings) as journal:
        yield Lane(journal, identity, follows=follows)


def test_a_terminal_changes_over_at_the_moment(lane: Lane, *, follows: bool) -> None:
    """Without a till whose paper it reads it follows offline; with one it goes on as set up."""
    before = lane.standing.rules()
    assert (before.currency, before.programme, before.before) == (IRR, RIALS, None)
    lane.clock.advance(DAY_MS)
    now, basis = lane.standing.rules(), lane.standing.basis()
    if follows:
        assert (now.currency, now.programme, now.before) == (IRT, TOMANS, RATE)
        assert (basis.currency, basis.version) == (IRT, 2)
        lane.clock.advance(DAY_MS)
        assert (lane.standing.rules().programme, lane.standing.rules().before) == (LATER, None)
    else:
        assert (now.currency, now.programme, now.before) == (IRR, None, None)
        assert (basis.currency, basis.version) == (IRR, 0)


VIEW = View(
    screen=Screen.CARD,
    balance_points=12,
    member=MemberView(credit_minor=1_250),
    currency=IRT,
    before=RATE,
)


@pytest.mark.parametrize(
    ("language", "unit", "text"),
    [
        (Language.EN, MoneyUnit.TOMAN, "12.50 IRT (12,500 tomans)"),
        (Language.EN, MoneyUnit.CURRENCY, "12.50 IRT (125,000 rials)"),
        (Language.FA, MoneyUnit.TOMAN, "۱۲٫۵۰ IRT (۱۲٬۵۰۰ تومان)"),
        (Language.FA, MoneyUnit.CURRENCY, "۱۲٫۵۰ IRT (۱۲۵٬۰۰۰ ریال)"),
    ],
)
def test_amounts_stand_in_both_currencies(language: Language, unit: MoneyUnit, text: str) -> None:
    """The new amount comes first and the old one behind it, as rials or as tomans."""
    texts = load_texts(language)
    assert texts.money(1_250, IRT, unit, RATE) == text
    assert any(text in line for line in words_of(VIEW, texts, unit))
    (credit,) = [one for one in picture_of(VIEW, texts, unit).facts if "IRT" in one.value]
    assert text in credit.value


def test_the_large_figure_has_the_old_one_beneath() -> None:
    """What is written large is the new amount alone; what it was stands small with it."""
    view = View(screen=Screen.TOPPED_UP, load_minor=1_250, currency=IRT, before=RATE)
    hero = picture_of(view, load_texts(Language.EN), MoneyUnit.CURRENCY).hero
    assert hero is not None
    assert (hero.value, hero.unit) == ("12.50 IRT", "125,000 rials")


def test_one_currency_is_shown_alone() -> None:
    """Rules that do not name the one before show no second amount."""
    alone = replace(VIEW, before=None)
    texts = load_texts(Language.EN)
    assert not any("(" in line for line in words_of(alone, texts, MoneyUnit.CURRENCY))


def test_a_sale_stays_in_the_currency_that_it_was_told_in() -> None:
    """The change comes between reservation and close: both are sealed as they were meant."""
    counter = Dialogue(RIALS)
    counter.member()
    counter.offer(90_000)
    counter.use(Instrument.POINTS, 10)
    assert counter.reserved[-1].currency == IRR
    counter.grant(10, 1_000)
    counter.programme = TOMANS
    counter.offer(90_000)
    assert (counter.view.currency, counter.view.before, counter.view.points) == (IRR, None, None)
    counter.close(90_000)
    assert counter.accepted.currency == IRR
    after = Dialogue(TOMANS)
    after.member()
    after.offer(90)
    after.close(90)
    assert after.accepted.currency == IRT
