"""Commands of MIFARE DESFire EV1, EV2 and EV3, as pure generators over one conversation.

Each yields command APDUs, is sent their answers, and returns a value, or raises what
``desfire_card.run`` raises: ``DesfireRefusedError`` with the card's native status, or
``AnswerNotGenuineError``.

Numbers travel LSB first. Sources: MF2DL(H)x0 data sheet, section 11; AN12343; the EV1 transcripts
that the tests replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import CryptoError
from gateway.model.checks import check_bytes, check_int
from gateway.readers.cards.desfire_card import DesfireCard, Steps, expect, run, send_checked
from gateway.readers.cards.desfire_session import KeyChange, NativeCommand
from gateway.readers.cards.desfire_wire import (
    DesfireStatus,
    Instruction,
    send_frame,
)
from gateway.readers.errors import AnswerNotGenuineError

UID_BYTES: Final = 7
SIGNATURE_BYTES: Final = 56
VALUE_MIN: Final = -(2**31)
VALUE_MAX: Final = 2**31 - 1

_VERSION_BYTES: Final = 28
_LENGTH_MAX: Final = 0xFFFFFF
_TRANSACTION_MAC_BYTES: Final = 12
#: CommitTransaction's option: answer with the Transaction MAC.
_WITH_MAC: Final = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVersion:
    """GetVersion (MF2DL(H)x0, 11.5.3), as far as anybody asks.

    Attributes:
        hardware_type: 01 for DESFire, 08 for DESFire Light; high digits for form factors.
        hardware_major: 01 EV1, 12 EV2, 33 EV3.
        storage_size: the size code; 1A is 8 KiB.
        uid: the real UID; zeros where the card shows a random one.
        batch: five bytes, batch and fab.
        week: of production, as binary-coded decimals.
        year: of production, as binary-coded decimals.
    """

    hardware_type: int
    hardware_major: int
    storage_size: int
    uid: bytes
    batch: bytes
    week: int
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionMac:
    """What CommitTransaction answers where the application holds a Transaction MAC file.

    Attributes:
        counter: TMC, the number of the transaction that was just committed.
        value: TMV, eight bytes that only the card and the application's owner can make.
    """

    counter: int
    value: bytes


def get_version(card: DesfireCard) -> Steps[CardVersion]:
    """Ask what the card is. Raises as ``run``."""
    command = NativeCommand(instruction=Instruction.GET_VERSION, answer_bytes=_VERSION_BYTES)
    raw = yield from run(card, command)
    return CardVersion(
        hardware_type=raw[1],
        hardware_major=raw[3],
        storage_size=raw[5],
        uid=raw[14:21],
        batch=raw[21:26],
        week=raw[26],
        year=raw[27],
    )


def read_signature() -> Steps[bytes]:
    """Ask for NXP's signature over the UID, 56 bytes, before any authentication (EV2 and later).

    It says who made the chip that had this UID; copied to another card it says the same.

    Raises:
        DesfireRefusedError: if the card has none (EV1).
        AnswerNotGenuineError: if the answer has another length.
        CardRefusedError: as ``send_frame``.
    """
    answer = yield from send_frame(Instruction.READ_SIGNATURE, b"\x00")
    signature = expect(answer, Instruction.READ_SIGNATURE, DesfireStatus.SIGNATURE_OK)
    if len(signature) != SIGNATURE_BYTES:
        raise AnswerNotGenuineError(f"a signature of {len(signature)} bytes")
    return signature


def get_key_version(card: DesfireCard, key_number: int) -> Steps[int]:
    """Ask which version of a key the selected application holds. Raises as ``run``.

    Before an authentication nothing proves the answer: it may choose a key, never replace one.
    """
    check_int("key_number", key_number, 0, 0x0F)
    command = NativeCommand(
        instruction=Instruction.GET_KEY_VERSION, header=bytes((key_number,)), answer_bytes=1
    )
    return (yield from run(card, command))[0]


def get_card_uid(card: DesfireCard) -> Steps[bytes]:
    """Ask an authenticated card for its real UID, enciphered. Raises as ``run``."""
    command = NativeCommand(
        instruction=Instruction.GET_CARD_UID, mode=CommMode.FULL, answer_bytes=UID_BYTES
    )
    return (yield from run(card, command))


def change_key(card: DesfireCard, change: KeyChange) -> Steps[None]:
    """Replace a key of the selected application.

    Journal the intent before, in a place that holds both keys: where the answer is lost, only
    authentication with the new and then the old key says what the card holds.

    Raises:
        DesfireRefusedError, AnswerNotGenuineError, CardRefusedError: as ``run``. Changing the
            key that the session stands on ends the session, and that answer carries no MAC.
    """
    try:
        body, awaiting = card.session.protect_key_change(change)
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error
    answer = yield from send_checked(card, Instruction.CHANGE_KEY, body)
    if change.old_key is None:
        return
    try:
        _, card.session = awaiting.open(
            NativeCommand(instruction=Instruction.CHANGE_KEY), answer.data
        )
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error


def format_picc(card: DesfireCard) -> Steps[None]:
    """Delete all applications, authenticated with the card's master key. Raises as ``run``."""
    yield from run(card, NativeCommand(instruction=Instruction.FORMAT_PICC))


def read_data(
    card: DesfireCard, file_number: int, offset: int, count: int, mode: CommMode
) -> Steps[bytes]:
    """Read ``count`` bytes (at least one) of a standard or backup file. Raises as ``run``."""
    check_int("count", count, 1, _LENGTH_MAX)
    command = NativeCommand(
        instruction=Instruction.READ_DATA,
        header=data_header(file_number, offset, count),
        mode=mode,
        answer_bytes=count,
    )
    return (yield from run(card, command))


def write_data(
    card: DesfireCard, file_number: int, offset: int, data: bytes, mode: CommMode
) -> Steps[None]:
    """Write into a file; a backup file shows it after the commit only. Raises as ``run``."""
    check_bytes("data", data, 1, _LENGTH_MAX)
    command = NativeCommand(
        instruction=Instruction.WRITE_DATA,
        header=data_header(file_number, offset, len(data)),
        data=data,
        mode=mode,
    )
    yield from run(card, command)


def data_header(file_number: int, offset: int, count: int) -> bytes:
    """File number, offset and length, as ReadData and WriteData begin."""
    check_int("file_number", file_number, 0, 0x1F)
    check_int("offset", offset, 0, _LENGTH_MAX)
    return bytes((file_number,)) + offset.to_bytes(3, "little") + count.to_bytes(3, "little")


def get_value(card: DesfireCard, file_number: int, mode: CommMode) -> Steps[int]:
    """Read a value file: what the last commit left. Raises as ``run``."""
    command = NativeCommand(
        instruction=Instruction.GET_VALUE,
        header=bytes((file_number,)),
        mode=mode,
        answer_bytes=4,
    )
    return int.from_bytes((yield from run(card, command)), "little", signed=True)


def credit(card: DesfireCard, file_number: int, amount: int, mode: CommMode) -> Steps[None]:
    """Add to a value file; nothing happens before the commit. Raises as ``run``."""
    yield from _change_value(card, Instruction.CREDIT, file_number, amount, mode)


def debit(card: DesfireCard, file_number: int, amount: int, mode: CommMode) -> Steps[None]:
    """Take from a value file; nothing happens before the commit. Raises as ``run``."""
    yield from _change_value(card, Instruction.DEBIT, file_number, amount, mode)


def _change_value(
    card: DesfireCard, instruction: Instruction, file_number: int, amount: int, mode: CommMode
) -> Steps[None]:
    check_int("amount", amount, 1, VALUE_MAX)
    command = NativeCommand(
        instruction=instruction,
        header=bytes((file_number,)),
        data=amount.to_bytes(4, "little"),
        mode=mode,
    )
    yield from run(card, command)


def commit_transaction(card: DesfireCard) -> Steps[None]:
    """Make all open changes of the application real, all at once. Raises as ``run``.

    Where the answer is lost or false, nobody knows whether it happened.
    """
    yield from run(card, NativeCommand(instruction=Instruction.COMMIT_TRANSACTION))


def commit_with_mac(card: DesfireCard) -> Steps[TransactionMac]:
    """Commit in an application with a Transaction MAC file (EV2 and later). Raises as ``run``."""
    command = NativeCommand(
        instruction=Instruction.COMMIT_TRANSACTION,
        header=_WITH_MAC,
        answer_bytes=_TRANSACTION_MAC_BYTES,
    )
    raw = yield from run(card, command)
    return TransactionMac(counter=int.from_bytes(raw[:4], "little"), value=raw[4:])


def abort_transaction(card: DesfireCard) -> Steps[None]:
    """Drop all open changes of the application. Raises as ``run``."""
    yield from run(card, NativeCommand(instruction=Instruction.ABORT_TRANSACTION))
