"""Check bytes and words of framed protocols: XOR LRC, CRC-16/KERMIT and CRC-16/ARC."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import xor
from typing import Final

#: Polynomials as they are used from the lowest bit on.
_KERMIT: Final = 0x8408
_ARC: Final = 0xA001


def _table(polynomial: int) -> tuple[int, ...]:
    rows: list[int] = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ polynomial if crc & 1 else crc >> 1
        rows.append(crc)
    return tuple(rows)


_KERMIT_TABLE: Final = _table(_KERMIT)
_ARC_TABLE: Final = _table(_ARC)


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
    return _crc(_KERMIT_TABLE, data, initial)


def crc16_arc(data: Iterable[int], initial: int = 0) -> int:
    """CRC-16/ARC: polynomial 0x8005 reflected, begins with 0.

    Args:
        data: what it covers.
        initial: the result for what stands before ``data``.
    """
    return _crc(_ARC_TABLE, data, initial)


def _crc(table: tuple[int, ...], data: Iterable[int], crc: int) -> int:
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc
