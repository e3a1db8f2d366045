"""One conversation with one card, in a thread of its own that may be left behind.

A card that hangs blocks ``SCardTransmit`` for ever: there is no timeout, and ``SCardCancel`` says
success and does nothing. So the thread and its context are given up together by whoever watches
the time, and end by themselves when the card leaves or the daemon dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread

import structlog

from gateway.readers.actions import Begin, Failed
from gateway.readers.cards.dialogue import CardProblem, ProfileReader
from gateway.readers.cards.selection import CardReading, identify, recheck
from gateway.readers.drive import drive
from gateway.readers.errors import (
    CardRefusedError,
    CardRemovedError,
    CardTimeoutError,
    ReaderUnavailableError,
)
from gateway.readers.pcsc_calls import PcscCard, PcscContext
from gateway.readers.reader import CardTrouble


class PcscConversation(Thread):
    """Find out who the card in a reader is.

    Args:
        begin: what to do, from ``Presence``.
        profiles: the ordered profile list.
        finished: takes the conversation's number and result, once, from this thread.
    """

    def __init__(
        self,
        begin: Begin,
        profiles: Sequence[ProfileReader],
        finished: Callable[[int, CardReading | Failed], None],
    ) -> None:
        super().__init__(name=f"mohr-card-{begin.conversation}", daemon=True)
        self._begin = begin
        self._profiles = profiles
        self._finished = finished

    def run(self) -> None:
        """Converse and report."""
        try:
            result: CardReading | Failed = self._converse()
        except CardRemovedError as error:
            result = _failed(CardTrouble.REMOVED_EARLY, error, passing=True)
        except (CardTimeoutError, ReaderUnavailableError) as error:
            result = _failed(CardTrouble.NO_ANSWER, error, passing=True)
        except CardRefusedError as error:
            result = _failed(CardTrouble.NOT_SUPPORTED, error, passing=False)
        except Exception as error:  # noqa: BLE001 - a profile of another package may raise anything
            structlog.get_logger("mohr.readers.pcsc").exception("a card profile failed")
            result = _failed(CardTrouble.NOT_SUPPORTED, error, passing=False)
        self._finished(self._begin.conversation, result)

    def _converse(self) -> CardReading:
        context = PcscContext()
        try:
            card = context.connect(self._begin.reader)
            try:
                return self._read(card)
            finally:
                card.disconnect()
        finally:
            context.release()

    def _read(self, card: PcscCard) -> CardReading:
        card.begin()
        if self._begin.uid_only:
            return drive(recheck(), card.transmit)
        return drive(identify(card.answer_to_reset(), self._profiles), card.transmit)


def _failed(trouble: CardTrouble, error: Exception, *, passing: bool) -> Failed:
    return Failed(problem=CardProblem(trouble=trouble, detail=str(error)), passing=passing)
