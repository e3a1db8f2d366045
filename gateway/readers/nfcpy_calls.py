"""The few calls of nfcpy that are needed. The only module that imports ``nfc``.

Of its tag classes only the ISO-DEP block layer is used: they classify tags by timeouts of 10 ms,
and the dialogues know better what they want. Every exchange has a deadline, because a card may ask
for more time for ever. nfcpy raises what it likes for bytes that it did not expect (IndexError,
AssertionError); all of it becomes one of our faults here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from gateway.clock import Clock
from gateway.readers.cards.uid import is_random
from gateway.readers.errors import (
    CardRemovedError,
    CardTimeoutError,
    DriverMissingError,
    ReaderUnavailableError,
)
from gateway.readers.front_end import CardFront, PseudoReader, Said, answer_to_reset

try:
    import nfc
    import nfc.clf
    import nfc.clf.device
    import nfc.clf.transport
    from nfc.tag.tt4 import IsoDepInitiator, Type4TagCommandError
except OSError as missing:
    # libusb is loaded while nfcpy is imported.
    raise ImportError(f"nfcpy cannot load libusb ({missing})") from missing

#: How long a card may take for one command, waiting time extensions and repetitions included.
CARD_DEADLINE_MS: Final = 900
#: How often a card must be missed before it is gone: one unheard request is no departure.
_MISSES_MAX: Final = 2
_FRAME_TIMEOUT_S: Final = 0.05
_RATS_TIMEOUT_S: Final = 0.03

_SAK_ISO_DEP: Final = 0x20
#: Frame sizes by FSCI, and the frame waiting time by FWI (ISO/IEC 14443-4, 5.2).
_FRAME_BYTES: Final = (16, 24, 32, 40, 48, 64, 96, 128, 256)
_FWI_DEFAULT: Final = 4
_CARRIER_HZ: Final = 13.56e6

# It logs every frame, card numbers included, and each attempt to reach an absent device.
logging.getLogger("nfc").setLevel(logging.CRITICAL)


def usb_readers() -> tuple[str, ...]:
    """The USB devices that nfcpy has a driver for, by path.

    Raises:
        ReaderUnavailableError: if USB cannot be searched.
    """
    with _told_as_lost("searching USB"):
        found = nfc.clf.transport.USB.find("usb") or []
        known = nfc.clf.device.usb_device_map
        return tuple(f"usb:{bus:03}:{at:03}" for vid, pid, bus, at in found if (vid, pid) in known)


class NfcpyDevice:
    """An open device, with at most one card activated. One thread speaks to it.

    Args:
        path: as nfcpy writes it: ``usb``, ``usb:054c:06c3``, ``tty:USB0:pn532``, ``udp:host:port``.
        clock: measures deadlines.

    Raises:
        ReaderUnavailableError: if it cannot be opened.
    """

    def __init__(self, path: str, clock: Clock) -> None:
        self._clock = clock
        with _told_as_lost(f"opening {path}"):
            self._frontend = nfc.ContactlessFrontend(path)
        device = self._frontend.device
        self.driver = f"nfcpy {type(device).__module__.rpartition('.')[2]}"
        self.chip = str(device.chipset_name)
        self.detail = " ".join(filter(None, (device.vendor_name, device.product_name)))
        self._front: CardFront | None = None
        self._pseudo: PseudoReader | None = None
        self._blocks: Any = None
        self._fresh = False
        self._misses = 0
        self._deadline_ms = 0

    def close(self) -> None:
        """See ``CardDevice``."""
        with _told_as_lost("closing"):
            self._frontend.close()

    def card(self) -> bytes | None:
        """See ``CardDevice``."""
        self._deadline_ms = self._clock.monotonic_ms() + CARD_DEADLINE_MS
        before = self._front
        if before is not None and self._still_answers():
            return answer_to_reset(before)
        found = self._sense()
        if found is None:
            self._misses += 1
            if before is None or self._misses >= _MISSES_MAX:
                self._forget()
                return None
            return answer_to_reset(before)
        if before is not None and found.uid != before.uid:
            # One left and one came: show the gap that nobody looked into.
            self._forget()
            return None
        if before is None:
            self._front, self._pseudo = found, PseudoReader(self, found)
        assert self._front is not None, "kept or just found"
        return answer_to_reset(self._front)

    def transmit(self, command: bytes) -> bytes:
        """See ``CardDevice``."""
        if self._pseudo is None:
            raise CardRemovedError("there is no card")
        self._deadline_ms = self._clock.monotonic_ms() + CARD_DEADLINE_MS
        try:
            return self._pseudo.transmit(command)
        except (CardTimeoutError, CardRemovedError):
            self._blocks = None
            raise

    def select(self) -> CardFront:
        """See ``FrontEnd``."""
        found = self._front if self._fresh else self._sense()
        self._fresh = False
        if found is None:
            self._misses = _MISSES_MAX
            raise CardRemovedError("the card left")
        if not found.sak & _SAK_ISO_DEP:
            return found
        return self._blame(self._activate(found))

    def apdu(self, command: bytes) -> bytes:
        """See ``FrontEnd``."""
        if self._blocks is None:
            self.select()
        return self._blame(lambda: bytes(self._blocks.exchange(command)))

    def frame(self, frame: bytes) -> Said:
        """See ``FrontEnd``."""
        try:
            said = bytes(self.exchange(frame, _FRAME_TIMEOUT_S))
        except nfc.clf.CommunicationError:
            return None
        # Four bits come as a byte; no frame of these cards is that short.
        return said[0] & 0x0F if len(said) == 1 else said or None

    def exchange(self, data: bytes, timeout: float) -> bytearray:
        """What the block layer calls: one frame, within the command's deadline.

        Raises:
            CardTimeoutError: if the deadline has passed.
            ReaderUnavailableError: if the device went away.
        """
        left_s = (self._deadline_ms - self._clock.monotonic_ms()) / 1000
        if left_s <= 0:
            raise CardTimeoutError("the card takes too long")
        with _told_as_lost("speaking to the card"):
            answer: bytearray = self._frontend.exchange(bytearray(data), min(timeout, left_s))
            return answer

    def _sense(self) -> CardFront | None:
        self._blocks = None
        self._fresh = False
        with _told_as_lost("looking for a card"):
            target = self._frontend.sense(nfc.clf.RemoteTarget("106A"))
        if target is None or not target.sdd_res or not target.sel_res:
            return None
        self._misses = 0
        self._fresh = True
        sak = target.sel_res[0]
        return CardFront(
            uid=bytes(target.sdd_res),
            sak=sak,
            atqa=int.from_bytes(target.sens_res, "little"),
            iso_dep=bool(sak & _SAK_ISO_DEP),
        )

    def _activate(self, found: CardFront) -> Callable[[], CardFront]:
        def rats() -> CardFront:
            frame_bytes_max = self._frontend.max_recv_data_size
            command = b"\xe0\x80" if frame_bytes_max >= _FRAME_BYTES[8] else b"\xe0\x70"
            ats = _AnswerToSelect(bytes(self.exchange(command, _RATS_TIMEOUT_S)))
            frame_bytes = min(ats.frame_bytes, self._frontend.max_send_data_size)
            self._blocks = IsoDepInitiator(self, frame_bytes, ats.waiting_time_s)
            return CardFront(
                uid=found.uid,
                sak=found.sak,
                atqa=found.atqa,
                iso_dep=True,
                historical=ats.historical,
            )

        return rats

    def _still_answers(self) -> bool:
        """Ask an activated ISO/IEC 14443-4 card for its last block again, which changes nothing.

        Only a card with a random UID is asked so: selecting it anew would make it another card.
        """
        if self._blocks is None or self._front is None or not is_random(self._front.uid):
            return False
        try:
            self._blocks.exchange(None)
        except (nfc.clf.CommunicationError, CardTimeoutError):
            return False
        return True

    def _blame(self, speak: Callable[[], _Spoken]) -> _Spoken:
        """Speak in blocks; of a card that fell silent, find out whether it is still there."""
        try:
            return speak()
        except (nfc.clf.CommunicationError, Type4TagCommandError, IndexError) as error:
            known = None if self._front is None else self._front.uid
            # Twice: one unheard request is no departure.
            found = self._sense() or self._sense()
            self._fresh = False
            if found is not None and found.uid == known:
                raise CardTimeoutError(f"the card does not answer: {error}") from error
            self._misses = _MISSES_MAX
            raise CardRemovedError(f"the card left: {error}") from error

    def _forget(self) -> None:
        self._front = self._pseudo = self._blocks = None
        self._fresh = False
        self._misses = 0


_Spoken = TypeVar("_Spoken")


class _AnswerToSelect:
    """ATS (ISO/IEC 14443-4, 5.2): TL, T0, then TA, TB, TC as T0 says, then historical bytes."""

    def __init__(self, raw: bytes) -> None:
        """Read it; IndexError where it is cut short."""
        format_byte = raw[1] if raw[0] > 1 else 0x02
        position = 2
        waiting = _FWI_DEFAULT
        for bit in (0x10, 0x20, 0x40):
            if not format_byte & bit:
                continue
            if bit == 0x20:
                waiting = raw[position] >> 4
            position += 1
        self.frame_bytes = _FRAME_BYTES[min(format_byte & 0x0F, 8)]
        waiting = _FWI_DEFAULT if waiting > 14 else waiting
        self.waiting_time_s = 4096 / _CARRIER_HZ * 2**waiting
        self.historical = raw[position : raw[0]]


@contextmanager
def _told_as_lost(doing: str) -> Iterator[None]:
    """Turn whatever nfcpy raises, but for what a card does, into a lost reader."""
    try:
        yield
    except (nfc.clf.CommunicationError, CardTimeoutError, DriverMissingError):
        raise
    except Exception as error:
        raise ReaderUnavailableError(f"{doing}: {str(error) or type(error).__name__}") from error
