"""One conversation with one card, in a thread of its own that may be left behind.

A card that hangs blocks ``SCardTransmit`` for ever: there is no timeout, and ``SCardCancel`` says
success and does nothing. So the thread and its context are given up together by whoever watches
the time, and end by themselves when the card leaves or the daemon dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread

from gateway.readers.actions import Begin, Failed
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.selection import CardReading, identify, recheck
from gateway.readers.conversation import result_of
from gateway.readers.drive import drive
from gateway.readers.native import frame_style
from gateway.readers.pcsc_calls import PcscCard, PcscContext


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
        self._finished(self._begin.conversation, result_of(self._converse))

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
        frames = frame_style(self._begin.reader)
        return drive(identify(card.answer_to_reset(), self._profiles, frames), card.transmit)
