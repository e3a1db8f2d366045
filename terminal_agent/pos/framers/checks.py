"""Check bytes and words of framed protocols: XOR LRC and CRC-16/KERMIT."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import xor
from typing import Final

#: The polynomial as it is used from the lowest bit on.
_KERMIT: Final = 0x8408


def _table(polynomial: int) -> tuple[int, ...]:
    rows: list[int] = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ polynomial if crc & 1 else crc >> 1
        rows.append(crc)
    return tuple(rows)


_KERMIT_TABLE: Final = _table(_KERMIT)


def xor_lrc(data: Iterable[int], initial: int = 0) -> int:
    """All bytes exclusive-ored: the longitudinal check of STX/ETX protocols.

    Args:
        data: what it covers; that differs between protocols.
        initial: what it begins with: 0, or 0x7F (ECR17).
    """
    return reduce(xor, data, initial)


def crc16_kermit(data: Iterable[int], initial: int = 0) -> int:
    """CRC-16/KERMIT: polynomial 0x1021 reflected, begins with 0. The check of ZVT on serial lines.

    Args:
        data: what it covers.
        initial: the result for what stands before ``data``.
    """
    crc = initial
    for byte in data:
        crc = crc >> 8 ^ _KERMIT_TABLE[(crc ^ byte) & 0xFF]
    return crc
