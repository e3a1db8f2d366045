"""What a card must show before anything is done in its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.ledger.kinds import CardState, JournalKind
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_members import CardUseRow
from gateway.model.authorisation import AuthKind, AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile, at_least
from gateway.model.ids import CardToken, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.transaction import ClockQuality, Kind
from gateway.writer.bench import Bench, Case
from gateway.writer.card_check import ProofVerdict
from gateway.writer.card_uses import copied
from gateway.writer.code_uses import in_time, shown_elsewhere
from gateway.writer.decision import AlarmKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What was found of a card.

    Attributes:
        reason: why nothing may be done in its name; NONE where all is well.
        alarm: what somebody must hear of, if anything.
        detail: the same in a sentence for the log.
        use: the tap to remember, where it is the first that tells of it.
        blocks: whether the card is to be blocked.
        once: what the alarm is raised once for; None raises it each time.
    """

    reason: Reason = Reason.NONE
    alarm: AlarmKind | None = None
    detail: str = ""
    use: CardUseRow | None = None
    blocks: bool = False
    once: tuple[CardToken, int] | None = None


_WELL: Final = Guarded()
#: What nobody has got anything for yet, and can be refused.
_EARNING: Final = frozenset({Kind.ENROL, Kind.EARN, Kind.EVENT, Kind.REVIEW})


def guard_transaction(bench: Bench, case: Case) -> Guarded:
    """Look at the card of a transaction.

    What was given or paid at the till already is booked whatever the card proves (ADR 4); then
    only the alarm is raised.
    """
    transaction = case.transaction
    card = transaction.card
    if card is None:
        return _WELL
    time = transaction.time
    found = _look(
        bench,
        card,
        terminal=transaction.id.terminal,
        at_ms=bench.happened_at_ms(time),
        certain=time.quality is ClockQuality.SYNCHRONISED,
    )
    if transaction.kind not in _EARNING:
        return replace(found, reason=Reason.NONE)
    if found.reason is Reason.NONE and transaction.kind is not Kind.ENROL:
        rules = bench.rules_for(time)
        if rules is not None and not _proves(
            bench, card, rules.rules.cards.earn_needs, bench.happened_at_ms(time)
        ):
            return replace(found, reason=Reason.CARD_TOO_WEAK)
    return found


def guard_request(bench: Bench, request: AuthRequest, rules: Programme | None) -> Guarded:
    """Look at the card of a question or a reservation; the tap is remembered by what follows."""
    card = request.card
    if card is None:
        return _WELL
    found = _look(bench, card, terminal=request.terminal, at_ms=bench.now_ms, certain=True)
    found = replace(found, use=None)
    if found.reason is not Reason.NONE or request.kind is not AuthKind.RESERVE or rules is None:
        return found
    told = bench.is_proven(card, request.terminal, bench.now_ms)
    # Whoever holds the phone of a card's owner is worth as much as the best of cards.
    if not told and not _proves(bench, card, rules.rules.cards.redeem_needs, bench.now_ms):
        return Guarded(reason=Reason.CARD_TOO_WEAK)
    return found


def worth_of(bench: Bench, card: CardEvidence, at_ms: int) -> Assurance:
    """What a card is worth once its proof was checked: a genuine one proves a secret key."""
    proves = _proves(bench, card, Assurance.AUTHENTICATED, at_ms)
    return Assurance.AUTHENTICATED if proves else card.assurance


def _proves(bench: Bench, card: CardEvidence, wanted: Assurance, at_ms: int) -> bool:
    if at_least(card.assurance, wanted):
        return True
    if card.profile is CardProfile.QR and not in_time(card.counter or 0, at_ms):
        # A guessed clock accuses nobody, and proves nothing either.
        return False
    return bench.check_card(card) is ProofVerdict.GENUINE


def _look(
    bench: Bench, card: CardEvidence, *, terminal: TerminalId, at_ms: int, certain: bool
) -> Guarded:
    owned = bench.book.cards.get(card.token)
    if card.counter is None or (owned is not None and owned.state is not CardState.ACTIVE):
        # A blocked card is refused for that; nothing more is learnt from it.
        return _WELL
    verdict = bench.check_card(card)
    if verdict is ProofVerdict.FALSE:
        return Guarded(
            reason=Reason.CARD_PROOF_WRONG,
            alarm=AlarmKind.CARD_PROOF_WRONG,
            detail=f"{_name(card.token)} showed a false proof at {terminal}",
        )
    if verdict is ProofVerdict.NONE and card.assurance is not Assurance.AUTHENTICATED:
        # Anybody can say any counter; believed, it would lock out the genuine card.
        return _WELL
    use = CardUseRow(
        token=card.token,
        counter=card.counter,
        terminal=terminal,
        at_ms=at_ms,
        certain=certain,
        journal_index=bench.book.next_index,
    )
    beside = bench.book.uses_beside(card.token, card.counter)
    if card.profile is CardProfile.QR:
        return _look_at_code(use, beside)
    known = any(other.counter == use.counter for other in beside)
    found = copied(use, beside)
    if found is None:
        return Guarded(use=None if known else use)
    other = found.other
    rules = bench.rules_now()
    return Guarded(
        reason=Reason.CARD_COPIED if found.refuses else Reason.NONE,
        alarm=AlarmKind.CARD_COPIED,
        detail=(
            f"{_name(card.token)} counted {use.counter} at {terminal} at {use.at_ms} and "
            f"{other.counter} at {other.terminal} at {other.at_ms} (Unix time in milliseconds)"
        ),
        use=None if known else use,
        blocks=found.sure
        and owned is not None
        and rules is not None
        and rules.rules.cards.block_copies,
    )


def _look_at_code(use: CardUseRow, beside: Sequence[CardUseRow]) -> Guarded:
    """Look at a changing code whose MAC is genuine; its counter is its time step."""
    code, once = f"{_name(use.token)}'s code of step {use.counter}", (use.token, use.counter)
    if use.certain and not in_time(use.counter, use.at_ms):
        return Guarded(
            reason=Reason.CARD_PROOF_WRONG,
            alarm=AlarmKind.CARD_PROOF_WRONG,
            detail=f"{code} came out of its time at {use.terminal} at {use.at_ms}",
            once=once,
        )
    other = shown_elsewhere(use, beside)
    if other is not None:
        return Guarded(
            reason=Reason.CARD_COPIED,
            alarm=AlarmKind.CARD_COPIED,
            detail=(
                f"{code} was shown at {use.terminal} at {use.at_ms} and at {other.terminal} at "
                f"{other.at_ms} (Unix time in milliseconds)"
            ),
            once=once,
        )
    known = any(other.counter == use.counter for other in beside)
    return Guarded(use=None if known else use)


def block_copied(bench: Bench, token: CardToken) -> None:
    """Block a card, with a journal row that says so."""
    book = bench.book
    card = book.cards.require(token)
    book.cards.replace(replace(card, state=CardState.BLOCKED))
    book.record(
        JournalRow(
            journal_index=book.next_index,
            recorded_at_ms=book.next_recorded_at_ms(bench.now_ms),
            judged_at_ms=bench.now_ms,
            kind=JournalKind.CARD,
            card_token=token,
            card_state=CardState.BLOCKED,
            status=Status.APPLIED,
            reason=Reason.NONE,
            member_id=card.member_id,
        )
    )


def _name(token: CardToken) -> str:
    return f"card {token.hex()[:12]}"
