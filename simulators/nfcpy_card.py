"""Virtual cards at the other end of nfcpy's UDP driver, in a process of their own.

The process listens as a type A card does (``clf.listen``) and answers what a reader sends. The
driver binds to all addresses and asks nobody who they are: use it on test machines only.

Not modelled, because UDP does not: the field, collisions, a card of another UID length than 4, 7
or 10 bytes, and bit errors. The driver waits a second for each request that nobody answers.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self

import nfc
import nfc.clf

from simulators.card import CardSilentError, CardTornError, VirtualCard
from simulators.front_end import bare_card, select_card, send_frame, shown_front
from simulators.iso_dep import IsoDepCard

#: Between two of them nobody listens. The reader asks again after a second: not just then.
_LISTEN_S: Final = 0.7
_EXCHANGE_S: Final = 0.1
_SWITCH_OFF: Final = "off"


class NfcpyCards:
    """The hand that holds cards to a UDP reader.

    Args:
        port: UDP port that the reader looks for cards at.
    """

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(port, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def put(self, card: VirtualCard) -> None:
        """Hold a copy of the card to the reader; one that is there leaves first."""
        self._tell(card)

    def take(self) -> None:
        """Take the card away."""
        self._tell(None)

    def close(self) -> None:
        """End the process."""
        self._ours.send(_SWITCH_OFF)
        self._process.join(timeout=10)
        self._process.close()
        self._ours.close()

    def _tell(self, card: VirtualCard | None) -> None:
        self._ours.send(card)
        # It is in the field, or out of it, when this comes.
        self._ours.recv()


class _Air:
    """The other process: whichever card is held, on the air."""

    def __init__(self, port: int, hand: Connection) -> None:
        self._frontend = nfc.ContactlessFrontend(f"udp:localhost:{port}")
        self._hand = hand
        self._card: VirtualCard | None = None
        self._hung = False
        self._changed = False

    def run(self) -> None:
        """Serve until switched off."""
        while self._look(None if self._card is None else 0):
            if self._card is not None:
                self._present(self._card)
        self._frontend.close()

    def _look(self, patience_s: float | None) -> bool:
        """Take what the hand does; False where it switches off."""
        if not self._hand.poll(patience_s):
            return True
        told = self._hand.recv()
        if told == _SWITCH_OFF:
            return False
        self._card, self._hung = told, False
        if told is not None:
            told.power_on()
        self._hand.send("done")
        return True

    def _present(self, card: VirtualCard) -> None:
        front = shown_front(card)
        target = nfc.clf.LocalTarget(
            "106A",
            sens_res=bytearray(front.atqa.to_bytes(2, "little")),
            sdd_res=bytearray(bare_card(card).uid),
            sel_res=bytearray((front.sak,)),
        )
        found = self._frontend.listen(target, _LISTEN_S)
        if found is None:
            return
        first = found.tt4_cmd or found.tt2_cmd
        try:
            self._answer_all(card, bytes(first or b""))
        except CardTornError:
            self._card = None
        except nfc.clf.CommunicationError:
            # The reader switched its field off; it may be back at once.
            return

    def _answer_all(self, card: VirtualCard, command: bytes) -> None:
        front = shown_front(card)
        blocks = IsoDepCard(card.transmit, front.historical)
        while not self._hand.poll(0):
            said = self._say(card, blocks, command) if command else b""
            try:
                heard = self._frontend.exchange(bytearray(said) if said else None, _EXCHANGE_S)
            except nfc.clf.TimeoutError:
                heard = None
            command = bytes(heard or b"")

    def _say(self, card: VirtualCard, blocks: IsoDepCard, command: bytes) -> bytes:
        if self._hung:
            return b""
        try:
            if command[0] == 0xE0:
                # Being selected is the card's first command.
                select_card(card)
            if shown_front(card).iso_dep:
                return blocks.answer(command)
            said = send_frame(card, command)
        except CardSilentError:
            self._hung = True
            return b""
        return bytes((said,)) if isinstance(said, int) else said or b""


def _serve(port: int, hand: Connection) -> None:
    _Air(port, hand).run()
