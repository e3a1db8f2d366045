"""Changing codes on phones: what a picture of one comes to, and that it harms nobody's card."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.audit.auditor import audit
from gateway.crypto.rotating_code import member_secret, rotating_mac
from gateway.intake.card_proof import CardProofs
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow, CardUseRow
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import CardToken
from gateway.model.outcome import Reason, Status
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.rules import Rules
from gateway.model.transaction import ClockQuality
from gateway.writer.code_uses import in_time
from gateway.writer.decision import Alarm, AlarmKind
from gateway.writer.told_once import TOLD_MAX, ToldOnce

if TYPE_CHECKING:
    from simulators.given.sealing_box import Box
    from tests.unit.writer.conftest import Shop

MASTER, CARD_KEY = bytes(range(32)), bytes(range(32, 64))
STEP_MS = 30_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
STRICT = CardPolicy(earn_needs=Assurance.AUTHENTICATED, redeem_needs=Assurance.AUTHENTICATED)


@pytest.fixture
def phones(bare_shop: Shop) -> Shop:
    """A shop that knows the codes of phones, and gives points to who proves something alone."""
    shop = bare_shop
    shop.store.add_programme(replace(shop.programme(), rules=Rules(cards=STRICT)))
    shop.check_card = CardProofs(None, CARD_KEY, MASTER)
    shop.restart()
    # Ada's card was given to her at a desk.
    shop.result(shop.box("desk").enrol(replace(shown(shop), counter=None, proof=None)))
    return shop


def shown(shop: Shop, *, ago_ms: int = 0) -> CardEvidence:
    """What a terminal tells of the code that Ada's phone shows, or showed a while ago."""
    token = shop.card("ada").token
    step = (shop.now_ms - ago_ms) // STEP_MS
    return CardEvidence(
        profile=CardProfile.QR,
        token=token,
        assurance=Assurance.IDENTIFIED,
        counter=step,
        proof=rotating_mac(member_secret(MASTER, token), step),
    )


def pass_time(shop: Shop, ms: int, *boxes: Box) -> None:
    """Let time pass, at the boxes too."""
    shop.now_ms += ms
    for box in boxes:
        box.now_ms = shop.now_ms


def card_row(shop: Shop) -> CardState:
    """Whether Ada's card may be used."""
    with shop.store.batch() as batch:
        return batch.rows(CardRow, [shop.card("ada").token])[0].state


def clean(shop: Shop) -> None:
    """The auditor comes to the same."""
    with shop.store.batch() as batch:
        assert audit(batch).findings == ()


def test_a_code_proves_the_phone(phones: Shop) -> None:
    """A question, a sale and a reservation with one code are one visit, and worth a proof."""
    box = phones.box("till-1")
    code = shown(phones)
    assert phones.ask(box.inquire(code)).status is Status.APPLIED
    pass_time(phones, 4 * MINUTE_MS, box)
    assert phones.result(box.earn(code, 1, 100_000)).status is Status.APPLIED
    pass_time(phones, MINUTE_MS, box)
    answer = phones.ask(box.reserve(code, 2, 100))
    assert answer.status is Status.APPLIED
    pass_time(phones, MINUTE_MS, box)
    assert phones.result(box.redeem(code, 2, answer)).status is Status.APPLIED
    clean(phones)


def test_a_screenshot_at_another_till_is_refused_and_blocks_nobody(phones: Shop) -> None:
    """One alarm names both tills, however often it is tried; the phone's next code is good."""
    north, south = phones.box("till-1"), phones.box("till-2")
    code = shown(phones)
    assert phones.result(north.earn(code, 1, 1_000)).status is Status.APPLIED
    pass_time(phones, 20_000, north, south)
    alarms: list[Alarm] = []
    asked = phones.apply(south.inquire(code))
    assert asked.answers[0].reason is Reason.CARD_COPIED
    alarms += asked.alarms
    assert phones.ask(south.reserve(code, 2, 10)).reason is Reason.CARD_COPIED
    for number in (3, 4):
        sale = south.earn(code, number, 1_000)
        decision = phones.apply(sale)
        assert phones.result_in(decision, sale).reason is Reason.CARD_COPIED
        alarms += decision.alarms
    assert [alarm.kind for alarm in alarms] == [AlarmKind.CARD_COPIED]
    assert all(name in alarms[0].detail for name in ("till-1", "till-2"))
    assert card_row(phones) is CardState.ACTIVE
    pass_time(phones, STEP_MS, north, south)
    assert phones.result(south.earn(shown(phones), 5, 1_000)).status is Status.APPLIED
    clean(phones)


def test_two_tills_in_one_batch_are_compared_too(phones: Shop) -> None:
    """Of one code at two tills in the same moment one earns, and its card is as it was."""
    north, south = phones.box("till-1"), phones.box("till-2")
    code = shown(phones)
    one, other = north.earn(code, 1, 1_000), south.earn(code, 2, 1_000)
    decision = phones.apply(one, other)
    assert phones.result_in(decision, one).status is Status.APPLIED
    assert phones.result_in(decision, other).reason is Reason.CARD_COPIED
    assert card_row(phones) is CardState.ACTIVE
    clean(phones)


def test_the_order_of_codes_says_nothing(phones: Shop) -> None:
    """Who scans here, then there, and pays there first, has no copied card."""
    north, south = phones.box("till-1"), phones.box("till-2")
    early = shown(phones)
    pass_time(phones, MINUTE_MS, north, south)
    assert phones.result(south.earn(shown(phones), 1, 1_000)).status is Status.APPLIED
    pass_time(phones, 3 * MINUTE_MS, north, south)
    assert phones.result(north.earn(early, 2, 1_000)).status is Status.APPLIED
    clean(phones)


@pytest.mark.parametrize("ago_ms", [HOUR_MS, -MINUTE_MS])
def test_a_code_out_of_its_time_is_refused(phones: Shop, ago_ms: int) -> None:
    """Where a till's time is believed, an old code and one of a time to come are worth nothing."""
    box = phones.box("till-1")
    code = shown(phones, ago_ms=ago_ms)
    sale = box.earn(code, 1, 1_000)
    decision = phones.apply(sale)
    assert phones.result_in(decision, sale).reason is Reason.CARD_PROOF_WRONG
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CARD_PROOF_WRONG]
    assert phones.ask(box.reserve(code, 2, 10)).reason is Reason.CARD_PROOF_WRONG
    assert card_row(phones) is CardState.ACTIVE
    clean(phones)


def test_an_offline_queue_is_judged_by_its_own_time(phones: Shop) -> None:
    """What was scanned in time earns whenever the till's news comes."""
    box = phones.box("till-1")
    sale = box.earn(shown(phones), 1, 1_000)
    pass_time(phones, 20 * HOUR_MS)
    assert phones.result(sale).status is Status.APPLIED
    clean(phones)


def test_a_guessed_clock_neither_accuses_nor_proves(phones: Shop) -> None:
    """Nobody knows when it was: the code names its member and proves nothing; twice is refused."""
    north, south = phones.box("till-1"), phones.box("till-2")
    north.quality = south.quality = ClockQuality.GUESSED
    code = shown(phones)
    sale, again = north.earn(code, 1, 1_000), south.earn(code, 2, 1_000)
    pass_time(phones, HOUR_MS)
    decision = phones.apply(sale)
    assert phones.result_in(decision, sale).reason is Reason.CARD_TOO_WEAK
    assert decision.alarms == ()
    assert phones.result(again).reason is Reason.CARD_COPIED
    assert phones.result(north.earn(shown(phones), 3, 1_000)).status is Status.APPLIED
    clean(phones)


def test_a_made_up_code_is_refused_and_not_kept(phones: Shop) -> None:
    """Without the secret nobody earns, and nobody takes a step away from the phone."""
    box = phones.box("till-1")
    code = shown(phones)
    forged = replace(code, proof=bytes(16))
    assert phones.result(box.earn(forged, 1, 1_000)).reason is Reason.CARD_PROOF_WRONG
    with phones.store.batch() as batch:
        assert list(batch.every(CardUseRow)) == []
    assert phones.result(phones.box("till-2").earn(code, 2, 1_000)).status is Status.APPLIED
    clean(phones)


@pytest.mark.parametrize(
    ("at_ms", "counts"),
    [
        (-10_001, False),
        (-10_000, True),
        (69_999 + 15 * MINUTE_MS, True),
        (70_000 + 15 * MINUTE_MS, False),
    ],
)
def test_a_step_counts_from_its_window_until_a_visit_is_over(at_ms: int, counts: bool) -> None:  # noqa: FBT001 - the expected answer
    """Ten seconds before it, for clocks; a quarter of an hour after it, for what was scanned."""
    assert in_time(1_000, 1_000 * STEP_MS + at_ms) is counts


def test_codes_told_of_do_not_fill_memory() -> None:
    """The oldest is forgotten, and told again should it ever come back."""
    told = ToldOnce()

    def alarm(step: int) -> Alarm:
        once = (CardToken(bytes(32)), step)
        return Alarm(kind=AlarmKind.CARD_COPIED, at_ms=0, detail="a copy", once=once)

    assert len(told.first(alarm(step) for step in range(TOLD_MAX + 1))) == TOLD_MAX + 1
    assert told.first([alarm(TOLD_MAX)]) == ()
    assert len(told.first([alarm(0)])) == 1
