"""The few PC/SC calls that are needed, on raw ``smartcard.scard``, as one small object each.

Result codes become faults here and nowhere else. pyscard's own monitors and connections are not
used: a ``CardMonitor`` dies for good with the daemon (pyscard issues 82, 27, 128), and a
connection takes an empty answer with a result code of success for an answer.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Final

from smartcard import scard

from gateway.readers.errors import (
    CardRefusedError,
    CardRemovedError,
    CardTimeoutError,
    DriverMissingError,
    ReaderUnavailableError,
)

LIBRARY: Final = "libpcsclite.so.1"

#: Listed beside the readers to be woken when a reader comes or goes.
PLUG_AND_PLAY: Final = "\\\\?PnP?\\Notification"

#: IOCTL_SMARTCARD_VENDOR_IFD_EXCHANGE, which the ccid and acsccid drivers take for an escape.
_ESCAPE: Final = scard.SCARD_CTL_CODE(1)

E_NO_SERVICE: Final = 0x8010001D
_E_TIMEOUT: Final = 0x8010000A
_E_CANCELLED: Final = 0x80100002
_E_NO_READERS: Final = 0x8010002E
_E_UNKNOWN_READER: Final = 0x80100009
_E_SHARING_VIOLATION: Final = 0x8010000B
_W_REMOVED_CARD: Final = 0x80100069
_W_RESET_CARD: Final = 0x80100068
_W_UNRESPONSIVE: Final = 0x80100066
_W_UNPOWERED: Final = 0x80100067
_E_NO_SMARTCARD: Final = 0x8010000C
_E_NOT_TRANSACTED: Final = 0x80100016
_E_COMM_DATA_LOST: Final = 0x8010002F
_E_PROTO_MISMATCH: Final = 0x8010000F
_W_UNSUPPORTED_CARD: Final = 0x80100065

_REMOVED: Final = frozenset(
    {_W_REMOVED_CARD, _W_RESET_CARD, _E_NO_SMARTCARD, _E_NOT_TRANSACTED, _E_COMM_DATA_LOST}
)
_SILENT: Final = frozenset({_W_UNRESPONSIVE, _W_UNPOWERED})
_REFUSED: Final = frozenset({_E_PROTO_MISMATCH, _W_UNSUPPORTED_CARD})


def require_library(name: str = LIBRARY) -> None:
    """Make sure that the client library is there.

    pyscard loads it when it is used. Without it pyscard imports well, prints a line, and then
    every call says "service absent", which would make us wait for ever.

    Raises:
        DriverMissingError: naming the package to install.
    """
    try:
        ctypes.CDLL(name)
    except OSError as error:
        raise DriverMissingError(
            f"the pcsc reader needs {name}: install libpcsclite1 (and pcscd) with the system's "
            f"package manager, beside mohr[pcsc] ({error})"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStatus:
    """One reader's state flags, the event counter in the upper 16 bits."""

    reader: str
    flags: int

    @property
    def present(self) -> bool:
        """Whether a card is in the field, whoever may be using it."""
        return bool(self.flags & scard.SCARD_STATE_PRESENT)

    @property
    def known(self) -> bool:
        """Whether the daemon still has this reader."""
        return not self.flags & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_IGNORE)

    @property
    def event_count(self) -> int:
        """Insertions and removals so far, modulo 65,536."""
        return self.flags >> 16 & 0xFFFF

    @property
    def as_current(self) -> int:
        """The flags to hand in as "what I know" at the next call."""
        return self.flags & ~int(scard.SCARD_STATE_CHANGED)


def _fault(code: int, doing: str) -> Exception:
    message = f"{doing}: {scard.SCardGetErrorMessage(code).strip()} (0x{code:08X})"
    if code in _REMOVED:
        return CardRemovedError(message)
    if code in _SILENT:
        return CardTimeoutError(message)
    if code in _REFUSED:
        return CardRefusedError(message)
    if code == _E_SHARING_VIOLATION:
        return ReaderUnavailableError(f"{message}; another program holds the card")
    return ReaderUnavailableError(message)


def _check(result: int, doing: str) -> None:
    code = result & 0xFFFFFFFF
    if code != scard.SCARD_S_SUCCESS:
        raise _fault(code, doing)


class PcscContext:
    """A client connection to the daemon. Each thread has its own; only ``cancel`` may be shared.

    Raises:
        ReaderUnavailableError: if there is no daemon.
    """

    def __init__(self) -> None:
        result, self._handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(result, "connecting to pcscd")

    def release(self) -> None:
        """Let go. A dead daemon's answer to this says nothing new and is not looked at."""
        scard.SCardReleaseContext(self._handle)

    def cancel(self) -> None:
        """Wake ``status_change`` in another thread."""
        scard.SCardCancel(self._handle)

    def readers(self) -> tuple[str, ...]:
        """The names of all readers, in no useful order.

        Raises:
            ReaderUnavailableError: if the daemon went away.
        """
        result, names = scard.SCardListReaders(self._handle, [])
        if result & 0xFFFFFFFF == _E_NO_READERS:
            return ()
        _check(result, "listing readers")
        return tuple(names)

    def status_change(
        self, known: dict[str, int], timeout_ms: int
    ) -> tuple[ReaderStatus, ...] | None:
        """Wait for a reader's state to differ from what is known of it.

        Returns:
            The state of every reader asked for; None where nothing happened in time; nothing
            where the call was cancelled or a reader in ``known`` is gone: list them anew.

        Raises:
            ReaderUnavailableError: if the daemon went away.
        """
        result, states = scard.SCardGetStatusChange(self._handle, timeout_ms, list(known.items()))
        if result & 0xFFFFFFFF == _E_TIMEOUT:
            return None
        if result & 0xFFFFFFFF in {_E_CANCELLED, _E_UNKNOWN_READER}:
            return ()
        _check(result, "waiting for a card")
        return tuple(ReaderStatus(reader=name, flags=flags) for name, flags, _atr in states)

    def firmware(self, reader: str) -> str:
        """The version that a reader's driver gives for it (PC/SC part 3, A.1); empty where none.

        Asked without touching a card; a reader that another program keeps to itself says nothing.
        """
        result, direct, _protocol = scard.SCardConnect(
            self._handle, reader, scard.SCARD_SHARE_DIRECT, 0
        )
        if result & 0xFFFFFFFF != scard.SCARD_S_SUCCESS:
            return ""
        result, raw = scard.SCardGetAttrib(direct, scard.SCARD_ATTR_VENDOR_IFD_VERSION)
        scard.SCardDisconnect(direct, scard.SCARD_LEAVE_CARD)
        if result & 0xFFFFFFFF != scard.SCARD_S_SUCCESS or len(raw) != 4:
            return ""
        build = raw[0] | raw[1] << 8
        return f"{raw[3]}.{raw[2]}" + (f".{build}" if build else "")

    def escape(self, reader: str, commands: tuple[bytes, ...]) -> None:
        """Send commands to the reader itself, whatever card is in front of it.

        Raises:
            ReaderUnavailableError: if the reader is gone, kept by another program, or its driver
                lets no such command through (ccid: ``ifdDriverOptions`` 0x0001).
        """
        result, direct, _protocol = scard.SCardConnect(
            self._handle, reader, scard.SCARD_SHARE_DIRECT, 0
        )
        _check(result, "connecting to the reader")
        try:
            for command in commands:
                result, _answer = scard.SCardControl(direct, _ESCAPE, list(command))
                _check(result, "sending a command to the reader")
        finally:
            scard.SCardDisconnect(direct, scard.SCARD_LEAVE_CARD)

    def connect(self, reader: str) -> PcscCard:
        """Connect to the card in ``reader``, shared with other programs.

        Raises:
            CardRemovedError: if there is no card any more.
            CardTimeoutError: if the card does not answer.
            CardRefusedError: if it speaks no protocol known here.
            ReaderUnavailableError: if the reader or the daemon went away, or is held by others.
        """
        result, card, protocol = scard.SCardConnect(
            self._handle,
            reader,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        _check(result, "connecting to the card")
        return PcscCard(card, protocol)


class PcscCard:
    """A connected card."""

    def __init__(self, handle: Any, protocol: int) -> None:  # noqa: ANN401 - pyscard's own type
        self._handle = handle
        self._protocol = protocol

    def begin(self) -> None:
        """Keep other programs' commands out from between ours."""
        _check(scard.SCardBeginTransaction(self._handle), "beginning a transaction")

    def answer_to_reset(self) -> bytes:
        """The card's ATR, read on this connection and not remembered from an event."""
        result, _reader, _state, _protocol, atr = scard.SCardStatus(self._handle)
        _check(result, "asking for the ATR")
        return bytes(atr)

    def transmit(self, command: bytes) -> bytes:
        """Send a command and wait for the answer, without limit: there is no timeout to set.

        Raises:
            CardRemovedError: if the card left; what it did with the command is unknown.
        """
        result, answer = scard.SCardTransmit(self._handle, self._protocol, list(command))
        _check(result, "sending a command")
        # Empty with a result code of success: the card was torn away. ``drive`` refuses it.
        return bytes(answer)

    def disconnect(self) -> None:
        """End the transaction and leave the card powered: the next connection is then faster."""
        scard.SCardEndTransaction(self._handle, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(self._handle, scard.SCARD_LEAVE_CARD)
