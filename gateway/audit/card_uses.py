"""What cards counted, as an audit reckons it: whether each tap was made by one and the same card.

Whether a proof was made with a card's key cannot be said again once keys are retired. So a proof
that the gateway found false is taken as such, and a counter that it believed for a proof; what
follows from a believed counter is reckoned anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.audit.bench import Bench
from gateway.audit.books import Books
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardUseRow
from gateway.model.card import Assurance, CardEvidence, CardProfile, at_least
from gateway.model.ids import CardToken, TerminalId
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.transaction import ClockQuality, Kind, Transaction
from gateway.program.needs import needs_of

_EARNING: Final = frozenset({Kind.ENROL, Kind.EARN, Kind.EVENT, Kind.REVIEW})
#: As the gateway has them: how long one tap may tell of itself, and how far clocks may differ.
_ONE_TAP_MS: Final = 900_000
_CLOCKS_MS: Final = 1_000
#: The codes that phones show: how long one is shown, from when and until when a terminal takes it.
_CODE_MS: Final = 30_000
_CODE_EARLY_MS: Final = 10_000
_CODE_LATE_MS: Final = 70_000


@dataclass(frozen=True, slots=True)
class _Tap:
    card: CardEvidence
    counter: int
    terminal: TerminalId
    at_ms: int
    certain: bool


def objections(bench: Bench, transaction: Transaction, at_ms: int) -> Iterator[Reason]:
    """Every objection to a transaction's card that its envelope allows, the likeliest first."""
    card = transaction.card
    if card is None or transaction.kind not in _EARNING:
        yield Reason.NONE
        return
    if card.proof is not None and bench.row.reason is Reason.CARD_PROOF_WRONG:
        yield Reason.CARD_PROOF_WRONG
    certain = transaction.time.quality is ClockQuality.SYNCHRONISED
    tap = _tap(card, transaction.id.terminal, at_ms, certain=certain)
    if tap is not None and _believes(bench, tap):
        if _is_code_out_of_time(tap):
            yield Reason.CARD_PROOF_WRONG
            return
        if _is_copy(bench.books, tap):
            yield Reason.CARD_COPIED
            return
    rules = bench.rules_at(at_ms)
    wanted = Assurance.CLAIMED if rules is None else rules.rules.cards.earn_needs
    if transaction.kind is Kind.ENROL or at_least(card.assurance, wanted):
        yield Reason.NONE
        return
    yield Reason.CARD_TOO_WEAK
    if card.proof is not None:
        yield Reason.NONE


def request_objection(bench: Bench, card: CardEvidence | None, terminal: TerminalId) -> Reason:
    """Why a reservation that was granted ought not to have been, as far as its card goes."""
    if card is None:
        return Reason.NONE
    tap = _tap(card, terminal, bench.now_ms, certain=True)
    if tap is None or not _believes(bench, tap):
        return Reason.NONE
    if _is_code_out_of_time(tap):
        return Reason.CARD_PROOF_WRONG
    return Reason.CARD_COPIED if _is_copy(bench.books, tap) else Reason.NONE


def is_believed(bench: Bench, card: CardEvidence | None) -> bool:
    """Whether a reservation was granted to a card that by itself proves too little.

    No journal tells of the code that was sent to the phone of the card's owner, and told: it is
    believed that there was one, and counted.
    """
    rules = bench.rules_at(bench.now_ms)
    if card is None or rules is None:
        return False
    return card.proof is None and not at_least(card.assurance, rules.rules.cards.redeem_needs)


def worths(
    bench: Bench, rules: Programme, transaction: Transaction, at_ms: int
) -> tuple[Assurance | None, ...]:
    """What a transaction's card may have been worth to its gateway, the likeliest first.

    That is what its terminal says, or more with a proof that was found genuine: then its tap was
    kept. Rules that do not ask for it know nothing of it.
    """
    card = transaction.card
    if card is None or not needs_of(rules).card:
        return (None,)
    tap = _tap(card, transaction.id.terminal, at_ms, certain=True)
    if tap is None or card.proof is None or _is_code_out_of_time(tap):
        return (card.assurance,)
    if bench.stored.card_use(card.token, tap.counter) is None:
        return (card.assurance,)
    return tuple(dict.fromkeys((Assurance.AUTHENTICATED, card.assurance)))


def note_tap(bench: Bench, transaction: Transaction) -> None:
    """Keep what a transaction's card counted, where it is the first to tell of that tap."""
    card = transaction.card
    if card is None or bench.row.reason is Reason.CARD_PROOF_WRONG:
        return
    stored = None if card.counter is None else bench.stored.card_use(card.token, card.counter)
    moments = bench.moments(transaction.time)
    at_ms = stored.at_ms if stored is not None and stored.at_ms in moments else moments[0]
    certain = transaction.time.quality is ClockQuality.SYNCHRONISED
    tap = _tap(card, transaction.id.terminal, at_ms, certain=certain)
    if tap is None or not _is_active(bench.books, card.token) or not _believes(bench, tap):
        return
    if (card.token, tap.counter) not in bench.books.card_uses:
        _keep(bench.books, tap, bench.row.journal_index)


def _tap(card: CardEvidence, terminal: TerminalId, at_ms: int, *, certain: bool) -> _Tap | None:
    return None if card.counter is None else _Tap(card, card.counter, terminal, at_ms, certain)


def _keep(books: Books, tap: _Tap, index: int) -> None:
    token = tap.card.token
    books.card_uses[token, tap.counter] = CardUseRow(
        token=token,
        counter=tap.counter,
        terminal=tap.terminal,
        at_ms=tap.at_ms,
        certain=tap.certain,
        journal_index=index,
    )
    counters = books.counters_of.setdefault(token, [])
    counters.insert(bisect_left(counters, tap.counter), tap.counter)


def _is_active(books: Books, token: CardToken) -> bool:
    owned = books.cards.get(token)
    return owned is None or owned.state is CardState.ACTIVE


def _believes(bench: Bench, tap: _Tap) -> bool:
    if not _is_active(bench.books, tap.card.token):
        return False
    if tap.card.assurance is Assurance.AUTHENTICATED:
        return True
    known = bench.stored.card_use(tap.card.token, tap.counter)
    return tap.card.proof is not None and known is not None


def _is_code_out_of_time(tap: _Tap) -> bool:
    """Whether a phone showed its code at another time than the code says."""
    if tap.card.profile is not CardProfile.QR or not tap.certain:
        return False
    age_ms = tap.at_ms - tap.counter * _CODE_MS
    return not -_CODE_EARLY_MS <= age_ms < _CODE_LATE_MS + _ONE_TAP_MS


def _is_copy(books: Books, tap: _Tap) -> bool:
    """Whether a tap cannot be the card's that made the others."""
    token = tap.card.token
    if tap.card.profile is CardProfile.QR:
        # A picture of a phone: its code counts time, so only where it was shown says anything.
        shown = books.card_uses.get((token, tap.counter))
        return shown is not None and shown.terminal != tap.terminal
    counters = books.counters_of.get(token, [])
    at = bisect_left(counters, tap.counter)
    same = books.card_uses.get((token, tap.counter))
    if same is not None and (
        same.terminal != tap.terminal or abs(same.at_ms - tap.at_ms) > _ONE_TAP_MS
    ):
        return True
    following = counters[at + (same is not None) :][:1]
    if not following or not tap.certain:
        return False
    higher = books.card_uses[token, following[0]]
    return higher.certain and tap.at_ms > higher.at_ms + _CLOCKS_MS
