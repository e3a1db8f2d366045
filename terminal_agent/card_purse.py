"""One operation on a card's purse, from the tap to a certain outcome or an open intent.

The pure dialogues are ``gateway.readers.cards.desfire_value``; here they meet a card and the
journal, in the one order that survives a card torn away and a terminal switched off anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import ReaderError, ValueRangeError
from gateway.model.ids import CardToken
from gateway.readers.cards.desfire import CardAccess
from gateway.readers.cards.desfire_value import (
    CardIntent,
    OpenPurse,
    OperationOutcome,
    OperationResult,
    Purse,
    commit,
    given_up,
    open_purse,
    reconcile,
    stage,
)
from gateway.readers.drive import drive
from terminal_agent.card_journal import CardJournal

Transmit = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardInHand:
    """A card that is in front of the reader.

    Attributes:
        uid: its real UID, as the tap's identity says.
        token: what journals call it.
        transmit: sends one command and waits for its answer; raises ``ReaderError``.
    """

    uid: bytes
    token: CardToken
    transmit: Transmit


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseOrder:
    """What is to be done.

    Attributes:
        operation_id: 8 fresh random bytes.
        amount: added to the purse, or with a minus taken from it; never 0.
        ordered_at_ms: Unix time in milliseconds.
    """

    operation_id: bytes
    amount: int
    ordered_at_ms: int


class CardPurses:
    """The purses of all cards that come to one terminal.

    Args:
        access: card keys, VALUE among them, and random bytes.
        journal: where intents and outcomes are kept.
    """

    def __init__(self, access: CardAccess, journal: CardJournal) -> None:
        self._access = access
        self._journal = journal

    def look(self, card: CardInHand) -> Purse:
        """Read a purse, and settle what is open on this card.

        Raises:
            ReaderError: if the card left, hangs, refuses or is not genuine.
            JournalError: if the journal fails.
        """
        return self._open(card).purse

    def operate(self, card: CardInHand, order: PurseOrder) -> OperationOutcome:
        """Do one operation.

        Returns:
            DONE or NOT_DONE for good, or UNKNOWN: then the journal keeps the intent open, and
            the card's next ``look`` or ``operate`` settles it.

        Raises:
            ReaderError: if the purse could not even be opened; nothing was intended.
            JournalError: if the journal fails. Before the intent is written nothing happens; an
                outcome that could not be written leaves the intent open.
        """
        opened = self._open(card)
        try:
            intent = _intent(card, order, opened.purse)
        except ValueRangeError as error:
            return OperationOutcome(result=OperationResult.NOT_DONE, detail=str(error))
        self._journal.intend(intent)
        outcome = self._perform(card, opened, intent)
        self._journal.settle(intent.operation_id, outcome)
        return outcome

    def _open(self, card: CardInHand) -> OpenPurse:
        opened = drive(open_purse(self._access, card.uid), card.transmit)
        for intent in self._journal.open_intents(card.token):
            self._journal.settle(intent.operation_id, reconcile(opened.purse, intent))
        return opened

    def _perform(self, card: CardInHand, opened: OpenPurse, intent: CardIntent) -> OperationOutcome:
        try:
            outcome = drive(stage(opened, intent), card.transmit)
        except ReaderError as error:
            return given_up(opened, str(error))
        try:
            outcome = outcome or drive(commit(opened), card.transmit)
        except ReaderError as error:
            return OperationOutcome(result=OperationResult.UNKNOWN, detail=str(error))
        if outcome.result is not OperationResult.UNKNOWN:
            return outcome
        return self._confirm(card, intent, outcome)

    def _confirm(
        self, card: CardInHand, intent: CardIntent, outcome: OperationOutcome
    ) -> OperationOutcome:
        """Ask a card that is still there what became of what it answered strangely."""
        try:
            again = drive(open_purse(self._access, card.uid), card.transmit)
        except ReaderError:
            return outcome
        return reconcile(again.purse, intent)


def _intent(card: CardInHand, order: PurseOrder, purse: Purse) -> CardIntent:
    return CardIntent(
        operation_id=order.operation_id,
        card=card.token,
        amount=order.amount,
        value_before=purse.value,
        history_before=purse.history,
        intended_at_ms=order.ordered_at_ms,
    )
