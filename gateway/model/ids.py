"""Names and numbers that identify things, each its own type so that they cannot be mixed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NewType

from gateway.model.checks import I63_MAX, U32_MAX, check_int, check_name

TerminalId = NewType("TerminalId", str)
"""A box with a key. Machine name; also the MQTT client id and the certificate's common name."""

BranchId = NewType("BranchId", str)
"""A shop. A terminal belongs to exactly one branch."""

MemberId = NewType("MemberId", str)
"""A customer's random pseudonym: 32 lower-case hexadecimal digits. Says nothing about a person."""

WalletId = NewType("WalletId", str)
"""What keeps points or money: a member's points under the member's own pseudonym, everything else
under a name that ``gateway.ledger.accounts`` makes."""

HouseholdId = NewType("HouseholdId", str)
"""A household's random name: 32 lower-case hexadecimal digits."""

OperatorId = NewType("OperatorId", str)
"""A cashier's pseudonym, machine name."""

CardToken = NewType("CardToken", bytes)
"""HMAC-SHA-256(programme card key, profile ‖ identity): 32 bytes that stand for a card."""

HoldId = NewType("HoldId", bytes)
"""A reservation's id: the 16 random bytes of the request that made it."""

SaleKey = NewType("SaleKey", bytes)
"""16 bytes that name one sale at one branch; every transaction of that sale carries them."""

KeyId = NewType("KeyId", bytes)
"""First 16 bytes of the RFC 9679 COSE key thumbprint (SHA-256) of a public key."""

EnvelopeHash = NewType("EnvelopeHash", bytes)
"""SHA-256 over a whole sealed envelope: 32 bytes."""

BootId = NewType("BootId", bytes)
"""16 random bytes made at each start of the agent; monotonic offsets count within one boot."""

CARD_TOKEN_BYTES: Final = 32
HOLD_ID_BYTES: Final = 16
SALE_KEY_BYTES: Final = 16
KEY_ID_BYTES: Final = 16
HASH_BYTES: Final = 32
BOOT_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TransactionId:
    """(terminal, epoch, seq): made durable at the edge before anything is sent.

    Attributes:
        terminal: who made the transaction.
        epoch: counts the terminal's signing keys and journals from 1.
        seq: counts transactions within an epoch from 1 without gaps.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    terminal: TerminalId
    epoch: int
    seq: int

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("epoch", self.epoch, 1, U32_MAX)
        check_int("seq", self.seq, 1, I63_MAX)
