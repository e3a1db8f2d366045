"""Put a virtual card into a vpcd reader, so that a real pcscd sees it.

vpcd (vsmartcard) is a pcscd driver that listens on a TCP port for its card. Both ways: a 2-byte
big-endian length, then the payload. A payload of one byte is control: 00 power off, 01 power on,
02 reset, 04 asks for the ATR; anything else is a command APDU.

vpcd listens on all addresses and asks nobody who they are: use it on test machines only.
"""

from __future__ import annotations

import socket
from threading import Lock, Thread
from typing import Final

from gateway.errors import MohrError
from simulators.card import CardSilentError, CardTornError, VirtualCard

_POWER_OFF: Final = 0x00
_POWER_ON: Final = 0x01
_RESET: Final = 0x02
_GET_ATR: Final = 0x04


class VpcdError(MohrError):
    """The vpcd reader cannot be reached or said something that is not its protocol."""


class VpcdSlot:
    """One vpcd reader's port, into which cards are put one after the other.

    Args:
        port: TCP port of the slot on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._threads: list[Thread] = []

    def insert(self, card: VirtualCard) -> None:
        """Put a card in; one that is there is taken out first. pcscd notices within 400 ms.

        Raises:
            VpcdError: if nobody listens at the port.
        """
        self.remove()
        try:
            link = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        except OSError as error:
            raise VpcdError(f"no vpcd reader listens on port {self._port}: {error}") from error
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        card.power_on()
        with self._lock:
            self._socket = link
        thread = Thread(target=self._serve, args=(link, card), name="vpcd-card", daemon=True)
        self._threads.append(thread)
        thread.start()

    def remove(self) -> None:
        """Take the card out, in the middle of a command if need be."""
        with self._lock:
            link, self._socket = self._socket, None
        if link is not None:
            _hang_up(link)
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads = [thread for thread in self._threads if thread.is_alive()]

    def _serve(self, link: socket.socket, card: VirtualCard) -> None:
        # A link left open by a dead handler would block the reader for ever, so it always closes.
        with link:
            try:
                while _serve_one(link, card):
                    pass
            except OSError:
                # The reader went away or the card was taken out: either way this is the end.
                return


def _serve_one(link: socket.socket, card: VirtualCard) -> bool:
    """Serve one message; say whether the card is still there."""
    head = _receive(link, 2)
    message = _receive(link, int.from_bytes(head)) if head else b""
    if not message:
        return False
    if len(message) == 1:
        _control(link, card, message[0])
        return True
    try:
        _send(link, card.transmit(message))
    except CardTornError:
        return False
    except CardSilentError:
        # Silent, but in the field: control messages would go unanswered too, until it leaves.
        return _stay_silent(link)
    return True


def _control(link: socket.socket, card: VirtualCard, code: int) -> None:
    if code in {_POWER_ON, _RESET}:
        card.power_on()
    elif code == _GET_ATR:
        _send(link, card.atr)
    elif code != _POWER_OFF:
        raise VpcdError(f"vpcd sent the unknown control code {code:#04x}")


def _stay_silent(link: socket.socket) -> bool:
    while _receive(link, 1):
        pass
    return False


def _send(link: socket.socket, payload: bytes) -> None:
    if not 0 < len(payload) <= 0xFFFF:
        raise VpcdError("a vpcd answer of no bytes would block the reader for ever")
    link.sendall(len(payload).to_bytes(2) + payload)


def _receive(link: socket.socket, count: int) -> bytes:
    """Receive exactly ``count`` bytes, or none at the end of the connection."""
    received = b""
    while len(received) < count:
        # vpcd sends the length and the payload apart; with delayed acknowledgements each command
        # would take 44 ms. The option does not last, so it is set before every call.
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = link.recv(count - len(received))
        if not part:
            return b""
        received += part
    return received


def _hang_up(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Already down from the other side; closing is the thread's work.
        return
