"""What a DESFire card signs at a commit: the Transaction MAC input (TMI).

The card collects every read and write since the transaction began, in plain, each part filled up
with zeros to whole blocks (MF2DL(H)x0 data sheet, 10.3.4). Who knows what an operation did can
write down the same bytes and check the card's signature with
``gateway.crypto.cards.transaction_mac``.
"""

from __future__ import annotations

from gateway.crypto.cards.blocks import pad_zeros
from gateway.readers.cards.desfire_commands import data_header
from gateway.readers.cards.desfire_layout import HISTORY_FILE, PURSE_FILE
from gateway.readers.cards.desfire_value import CardIntent
from gateway.readers.cards.desfire_wire import Instruction


def value_input(instruction: Instruction, file_number: int, value: int) -> bytes:
    """The part of GetValue, Credit or Debit."""
    number = value.to_bytes(4, "little", signed=True)
    return pad_zeros(bytes((instruction, file_number)) + number)


def data_input(instruction: Instruction, file_number: int, offset: int, data: bytes) -> bytes:
    """The part of ReadData or WriteData."""
    header = bytes((instruction,)) + data_header(file_number, offset, len(data))
    return pad_zeros(header) + pad_zeros(data)


def operation_input(intent: CardIntent) -> bytes:
    """All that one purse operation of ours does between ``open_purse`` and ``commit``."""
    changes = Instruction.CREDIT if intent.amount > 0 else Instruction.DEBIT
    return b"".join(
        (
            data_input(Instruction.READ_DATA, HISTORY_FILE, 0, intent.history_before.to_bytes()),
            value_input(Instruction.GET_VALUE, PURSE_FILE, intent.value_before),
            data_input(Instruction.WRITE_DATA, HISTORY_FILE, 0, intent.history_after.to_bytes()),
            value_input(changes, PURSE_FILE, abs(intent.amount)),
        )
    )
