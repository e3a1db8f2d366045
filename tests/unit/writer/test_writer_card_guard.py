"""Cards that count their taps: what a copy of one comes to, online and from offline queues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow, CardUseRow
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.outcome import Reason, Status
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.rules import Rules
from gateway.model.transaction import ClockQuality
from gateway.writer.card_check import ProofVerdict
from gateway.writer.decision import AlarmKind

if TYPE_CHECKING:
    from tests.unit.writer.conftest import Shop

HOUR_MS = 3_600_000


def tapped(
    shop: Shop, counter: int | None, assurance: Assurance = Assurance.AUTHENTICATED
) -> CardEvidence:
    """One tap of Ada's card, which counts."""
    card = shop.card("ada")
    return replace(card, profile=CardProfile.NTAG424, assurance=assurance, counter=counter)


def state_of(shop: Shop) -> CardState:
    """Whether Ada's card may be used."""
    with shop.store.batch() as batch:
        return batch.rows(CardRow, [shop.card("ada").token])[0].state


def counted(shop: Shop) -> list[int]:
    """What the gateway keeps of Ada's card."""
    with shop.store.batch() as batch:
        return [row.counter for row in batch.every(CardUseRow)]


def audited(shop: Shop) -> None:
    """The auditor comes to the same."""
    with shop.store.batch() as batch:
        assert audit(batch).findings == ()


def rules(shop: Shop, policy: CardPolicy) -> None:
    """Let the shop's cards have to prove something."""
    shop.store.add_programme(replace(shop.programme(), rules=Rules(cards=policy)))


def test_a_copy_with_an_old_counter_is_refused_online(shop: Shop) -> None:
    """A lower counter later than a higher one gets neither an answer nor points, and an alarm."""
    north, south = shop.box("till-1"), shop.box("till-2")
    assert shop.result(north.earn(tapped(shop, 20), 1, 1_000)).status is Status.APPLIED
    shop.now_ms = south.now_ms = north.now_ms + HOUR_MS
    decision = shop.apply(south.inquire(tapped(shop, 12)))
    assert decision.answers[0].reason is Reason.CARD_COPIED
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CARD_COPIED]
    assert "till-1" in decision.alarms[0].detail
    assert "till-2" in decision.alarms[0].detail
    assert state_of(shop) is CardState.BLOCKED
    north.now_ms = shop.now_ms
    assert shop.ask(north.inquire(tapped(shop, 21))).reason is Reason.CARD_BLOCKED
    audited(shop)


@pytest.mark.parametrize(
    ("later_ms", "reason", "state"),
    [
        (500, Reason.NONE, CardState.ACTIVE),
        (3_000, Reason.CARD_COPIED, CardState.ACTIVE),
        (11_000, Reason.CARD_COPIED, CardState.BLOCKED),
    ],
)
def test_a_few_seconds_refuse_and_more_block(
    shop: Shop, later_ms: int, reason: Reason, state: CardState
) -> None:
    """Seconds out of order are not believed; only what no clock explains is held against a card."""
    north, south = shop.box("till-1"), shop.box("till-2")
    shop.result(north.earn(tapped(shop, 20), 1, 1_000))
    shop.now_ms = south.now_ms = north.now_ms + later_ms
    assert shop.ask(south.inquire(tapped(shop, 12))).reason is reason
    assert state_of(shop) is state
    if state is CardState.ACTIVE:
        assert shop.result(south.earn(tapped(shop, 12), 2, 1_000)).reason is reason
        assert state_of(shop) is CardState.ACTIVE
    audited(shop)


def test_a_copy_used_offline_is_caught_when_both_tell(shop: Shop) -> None:
    """One counter at two terminals is a copy whoever tells first, and the second earns nothing."""
    north, south = shop.box("till-1"), shop.box("till-2")
    first, second = north.earn(tapped(shop, 7), 1, 1_000), None
    south.now_ms += 2 * HOUR_MS
    second = south.earn(tapped(shop, 7), 2, 9_000)
    shop.now_ms += 5 * HOUR_MS
    assert shop.result(second).status is Status.APPLIED
    decision = shop.apply(first)
    result = shop.result_in(decision, first)
    assert (result.status, result.reason) == (Status.REFUSED, Reason.CARD_COPIED)
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CARD_COPIED]
    assert state_of(shop) is CardState.BLOCKED
    audited(shop)


def test_late_news_is_put_in_the_order_of_the_counter(shop: Shop) -> None:
    """A lower counter from an offline queue, told after a higher one, is nobody's copy."""
    north, south = shop.box("till-1"), shop.box("till-2")
    early = north.earn(tapped(shop, 5), 1, 1_000)
    shop.now_ms = south.now_ms = north.now_ms + HOUR_MS
    assert shop.result(south.earn(tapped(shop, 9), 2, 1_000)).status is Status.APPLIED
    shop.now_ms += HOUR_MS
    assert shop.result(early).status is Status.APPLIED
    assert counted(shop) == [5, 9]
    assert state_of(shop) is CardState.ACTIVE
    audited(shop)


def test_a_copy_that_was_believed_is_told_of_when_the_card_tells(shop: Shop) -> None:
    """Where the copy's lower counter was believed, the genuine tap earns and the alarm goes off."""
    north, south = shop.box("till-1"), shop.box("till-2")
    genuine = north.earn(tapped(shop, 20), 1, 1_000)
    shop.now_ms = south.now_ms = north.now_ms + HOUR_MS
    assert shop.result(south.earn(tapped(shop, 12), 2, 1_000)).status is Status.APPLIED
    decision = shop.apply(genuine)
    assert shop.result_in(decision, genuine).status is Status.APPLIED
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CARD_COPIED]
    assert state_of(shop) is CardState.BLOCKED
    audited(shop)


def test_one_tap_may_tell_of_itself_several_times(shop: Shop) -> None:
    """Question, sale and redemption of one tap carry one counter; an hour later it is a replay."""
    box = shop.box("till-1")
    card = tapped(shop, 3)
    shop.result(box.earn(card, 1, 100_000))
    assert shop.ask(box.inquire(card)).status is Status.APPLIED
    answer = shop.ask(box.reserve(card, 2, 100))
    assert answer.status is Status.APPLIED
    assert shop.result(box.redeem(card, 2, answer)).status is Status.APPLIED
    shop.now_ms = box.now_ms = box.now_ms + HOUR_MS
    assert shop.ask(box.inquire(card)).reason is Reason.CARD_COPIED
    audited(shop)


def test_a_guessed_clock_accuses_nobody(shop: Shop) -> None:
    """Without a time that is believed only the same counter twice counts as a copy."""
    north, south = shop.box("till-1"), shop.box("till-2")
    north.quality = ClockQuality.GUESSED
    shop.result(south.earn(tapped(shop, 9), 1, 1_000))
    shop.now_ms += HOUR_MS
    assert shop.result(north.earn(tapped(shop, 5), 2, 1_000)).status is Status.APPLIED
    assert shop.result(north.earn(tapped(shop, 9), 3, 1_000)).reason is Reason.CARD_COPIED
    audited(shop)


def test_a_counter_that_nothing_proves_is_not_kept(shop: Shop) -> None:
    """Whoever only says a high counter cannot lock the genuine card out."""
    box = shop.box("till-1")
    shop.result(box.earn(tapped(shop, 16_000_000, Assurance.IDENTIFIED), 1, 1_000))
    assert counted(shop) == []
    shop.now_ms = box.now_ms = box.now_ms + HOUR_MS
    assert shop.result(box.earn(tapped(shop, 4), 2, 1_000)).status is Status.APPLIED
    audited(shop)


def test_what_was_given_at_the_till_is_booked_all_the_same(shop: Shop) -> None:
    """A redemption that a copy got away with is honoured, and told of."""
    north, south = shop.box("till-1"), shop.box("till-2")
    shop.result(north.earn(tapped(shop, 3), 1, 100_000))
    answer = shop.ask(north.reserve(tapped(shop, 3), 2, 100))
    shop.now_ms = south.now_ms = north.now_ms + HOUR_MS
    shop.result(south.earn(tapped(shop, 8), 3, 1_000))
    north.now_ms = shop.now_ms + HOUR_MS
    shop.now_ms = north.now_ms
    decision = shop.apply(north.redeem(tapped(shop, 5), 2, answer))
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.CARD_COPIED]
    assert decision.receipts[0].results[0].status is Status.APPLIED
    audited(shop)


@pytest.mark.parametrize("verdict", list(ProofVerdict))
def test_a_proof_decides_what_a_card_is_worth(bare_shop: Shop, verdict: ProofVerdict) -> None:
    """A genuine proof lifts a card, a false one damns it, an unchecked one does nothing."""
    shop = bare_shop
    wants = CardPolicy(earn_needs=Assurance.AUTHENTICATED, redeem_needs=Assurance.AUTHENTICATED)
    rules(shop, wants)
    shop.check_card = lambda _card: verdict
    shop.restart()
    box = shop.box("till-1")
    card = replace(tapped(shop, 3, Assurance.SIGNED), proof=bytes(24))
    shop.result(box.enrol(tapped(shop, None)))
    decision = shop.apply(arrival := box.earn(card, 1, 1_000))
    expected = {
        ProofVerdict.NONE: (Status.REFUSED, Reason.CARD_TOO_WEAK, []),
        ProofVerdict.GENUINE: (Status.APPLIED, Reason.NONE, []),
        ProofVerdict.FALSE: (
            Status.REFUSED,
            Reason.CARD_PROOF_WRONG,
            [AlarmKind.CARD_PROOF_WRONG],
        ),
    }[verdict]
    result = shop.result_in(decision, arrival)
    alarms = [alarm.kind for alarm in decision.alarms]
    assert (result.status, result.reason, alarms) == expected
    assert counted(shop) == ([3] if verdict is ProofVerdict.GENUINE else [])
    audited(shop)


def test_spending_may_ask_for_more_than_earning(bare_shop: Shop) -> None:
    """A card that earns is refused its points back where the rules want a better one."""
    shop = bare_shop
    rules(shop, CardPolicy(redeem_needs=Assurance.AUTHENTICATED))
    box = shop.box("till-1")
    plain = shop.card("ada")
    assert shop.result(box.earn(plain, 1, 100_000)).status is Status.APPLIED
    assert shop.ask(box.reserve(plain, 2, 100)).reason is Reason.CARD_TOO_WEAK
    assert shop.ask(box.reserve(tapped(shop, 1), 2, 100)).status is Status.APPLIED
    audited(shop)


def test_a_shop_may_let_copies_go_on(bare_shop: Shop) -> None:
    """Where copies are not blocked, the alarm goes off and the card stays as it is."""
    shop = bare_shop
    rules(shop, CardPolicy(block_copies=False))
    north, south = shop.box("till-1"), shop.box("till-2")
    shop.result(north.earn(tapped(shop, 7), 1, 1_000))
    assert shop.result(south.earn(tapped(shop, 7), 2, 1_000)).reason is Reason.CARD_COPIED
    assert state_of(shop) is CardState.ACTIVE
    audited(shop)


def test_two_in_one_batch_are_compared_too(shop: Shop) -> None:
    """The compare is one with the commit: of two taps that race, one is refused."""
    north, south = shop.box("till-1"), shop.box("till-2")
    one, other = north.earn(tapped(shop, 7), 1, 1_000), south.earn(tapped(shop, 7), 2, 1_000)
    decision = shop.apply(one, other)
    assert shop.result_in(decision, one).status is Status.APPLIED
    assert shop.result_in(decision, other).reason is Reason.CARD_COPIED
    audited(shop)
