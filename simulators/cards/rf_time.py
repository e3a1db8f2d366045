"""How long a conversation takes over the air at 106 kbit/s. Pure: bytes in, microseconds out.

The numbers were measured on recordings of real cards and readers (the traces that come with the
Proxmark3 client), save the byte, which follows from the standard: nine bits (ISO/IEC 14443-3, 6.2)
of 128 carrier periods each. The spread around each mean stands beside it.

Not modelled: bit errors and what repeats them, a card's plea for more time (WTX), the writing of
EEPROM, the differences between readers of one kind, and the interval at which pcscd looks (400 ms).
"""

from __future__ import annotations

from typing import Final

from gateway.errors import WireError
from gateway.readers.apdu import CommandApdu
from gateway.readers.cards.storage import READ_BYTES
from gateway.readers.cards.traits import CardKind, traits_of
from gateway.readers.native_carrier import carried_frame, carry_answer

#: A byte with its parity bit: 9 x 9.44.
BYTE_US: Final = 84.96
#: Start and end of a frame.
FRAME_US: Final = 10
CRC_BYTES: Final = 2

#: Wait of a memory card before it answers; 77 to 92.
LAYER_3_DELAY_US: Final = 85
#: The same of a card with ISO/IEC 14443-4 that selects or reads; 770 to 1,250.
LAYER_4_DELAY_US: Final = 1_000
#: The same where the card computes AES; 1,430 to 1,490.
AES_DELAY_US: Final = 1_460
#: REQA to SAK with a UID of 7 bytes; 4,700 to 5,400.
SELECTION_US: Final = 5_050
#: The same with RATS and PPS.
SELECTION_LAYER_4_US: Final = 8_500
#: What reader, cable and program take between two commands; 7,600 to 15,500 with a PC/SC reader.
HOST_GAP_US: Final = 11_550
#: A card that leaves is given up after two repeated blocks.
GONE_US: Final = 415_000

#: The longest frame of a card that says no more than it must, and what goes around its payload.
BLOCK_BYTES: Final = 64
_BLOCK_FRAME_BYTES: Final = 3
_ACKNOWLEDGEMENT_BYTES: Final = 3
_READER_CLASS: Final = 0xFF
_READ, _UPDATE = 0xB0, 0xD6
_READ_FRAME_BYTES: Final = 2
_WRITE_FRAME_BYTES: Final = 6
#: Frames and native commands behind which a card computes: AUTHENTICATE and what continues it.
_COMPUTING: Final = frozenset({0x1A, 0x71, 0x77, 0xAA, 0xAF})


def frame_us(air_bytes: int) -> int:
    """One frame's time.

    Args:
        air_bytes: its bytes with the CRC; 0 for no frame at all.
    """
    return round(BYTE_US * air_bytes) + FRAME_US if air_bytes else 0


def selection_us(atr: bytes) -> int:
    """From the first request until the card is ready for commands.

    Args:
        atr: the answer to reset that the reader makes up; says what kind of card it is.
    """
    return SELECTION_LAYER_4_US if _has_layer_4(atr) else SELECTION_US


def exchange_us(atr: bytes, command: bytes, answer: bytes) -> int:
    """One command and its answer on the air, without what the host takes.

    Args:
        atr: as in ``selection_us``.
        command: as the reader gets it, pseudo-APDUs of PC/SC part 3 included.
        answer: what the reader gives back, status word included.

    Returns:
        0 for what the reader answers by itself, such as the UID.
    """
    try:
        parsed = CommandApdu.from_bytes(command)
    except WireError:
        return 0
    if parsed.cla == _READER_CLASS:
        return _layer_3_us(parsed, answer)
    delay_us = AES_DELAY_US if parsed.ins in _COMPUTING else LAYER_4_DELAY_US
    return _blocks_us(len(command)) + delay_us + _blocks_us(len(answer)) if _has_layer_4(atr) else 0


def _has_layer_4(atr: bytes) -> bool:
    return traits_of(atr, None).kind is CardKind.ISO_14443_4


def _blocks_us(payload_bytes: int) -> int:
    """A message in as many blocks as it needs, each but the last acknowledged."""
    room = BLOCK_BYTES - _BLOCK_FRAME_BYTES
    more, last = divmod(max(payload_bytes - 1, 0), room)
    chained = more * (frame_us(BLOCK_BYTES) + frame_us(_ACKNOWLEDGEMENT_BYTES))
    return chained + frame_us(last + 1 + _BLOCK_FRAME_BYTES)


def _layer_3_us(command: CommandApdu, answer: bytes) -> int:
    carried = carried_frame(command)
    if carried is not None:
        if carried.frame is None:
            return SELECTION_US if carried.selects else 0
        said = max(len(answer) - len(carry_answer(carried.style, b"").to_bytes()), 0)
        computing = bool(carried.frame) and carried.frame[0] in _COMPUTING
        delay_us = AES_DELAY_US if computing else LAYER_3_DELAY_US
        return _frames_us(len(carried.frame), said, delay_us)
    if command.ins == _READ:
        return _frames_us(_READ_FRAME_BYTES, READ_BYTES, LAYER_3_DELAY_US)
    if command.ins == _UPDATE:
        return _frames_us(_WRITE_FRAME_BYTES, 0, LAYER_3_DELAY_US)
    return 0


def _frames_us(sent_bytes: int, said_bytes: int, delay_us: int) -> int:
    answer_us = frame_us(said_bytes + CRC_BYTES) if said_bytes else FRAME_US
    return frame_us(sent_bytes + CRC_BYTES) + delay_us + answer_us
