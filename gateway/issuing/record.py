"""What the issuing journal keeps of a card and of what was done. No keys, and no UID in clear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, MemberId

NUMBER_BYTES_MAX: Final = 16


class CardStage(StrEnum):
    """How far a card has come."""

    BEGUN = "begun"
    """It has its number, and may hold some of our keys."""
    MADE = "made"
    """It was written and read back; the ledger does not know it yet."""
    ISSUED = "issued"
    REPLACED = "replaced"
    WIPED = "wiped"
    GIVEN_UP = "given_up"
    """It was lost before it was finished; its number is free again."""


#: A card in one of these has its number for itself.
LIVE: Final = (CardStage.BEGUN, CardStage.MADE, CardStage.ISSUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """One card.

    Attributes:
        chip: keyed hash of its UID, whatever profile it was issued in.
        profile: how terminals read it.
        token: its token in the ledger (``gateway.crypto.card_token``).
        number: the membership number on it, 1 to 16 bytes of text; no two live cards share one.
        key_version: of all its keys; 0 for a card without any.
        random_uid: whether it hides its UID.
        batch: what it was issued in; empty for a single card.
        member_id: whom the ledger is to bind it to; None for whoever enrols with it.
        replaces: the token of the card whose place it takes.
        command_id: of the ledger command that binds it, so that it is bound once.
        stage: how far it has come.
        counter: its read counter at the last reading, where it has one.
        begun_at_ms: Unix time in milliseconds.
        changed_at_ms: the same, of the last change.
    """

    chip: CardToken
    profile: CardProfile
    token: CardToken
    number: str
    key_version: int
    random_uid: bool = False
    batch: str = ""
    member_id: MemberId | None = None
    replaces: CardToken | None = None
    command_id: str
    stage: CardStage = CardStage.BEGUN
    counter: int | None = None
    begun_at_ms: int
    changed_at_ms: int

    def __post_init__(self) -> None:
        check_number(self.number)

    @property
    def live(self) -> bool:
        """Whether it has its number for itself."""
        return self.stage in LIVE


def check_number(number: str) -> None:
    """Refuse what cannot stand on a card as a membership number.

    Raises:
        ValueRangeError: if it has no or more than 16 bytes, or spaces or signs nobody can type.
    """
    size = len(number.encode())
    if not 1 <= size <= NUMBER_BYTES_MAX or not number.isprintable() or " " in number:
        raise ValueRangeError(
            f"a membership number has 1 to {NUMBER_BYTES_MAX} bytes without spaces: {number!r}"
        )


class DeskAction(StrEnum):
    """What is done at the desk."""

    ISSUE = "issue"
    VERIFY = "verify"
    BLOCK = "block"
    UNBLOCK = "unblock"
    REPLACE = "replace"
    REKEY = "rekey"
    WIPE = "wipe"
    GIVE_UP = "give_up"


class DeskResult(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The card left or the process ended in between; the next presentation settles it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which card, when, and what came of it.

    Attributes:
        at_ms: Unix time in milliseconds.
        actor: the account, or who has a shell on the machine.
        action: what.
        chip: the card, None where none was recognised.
        number: the membership number on it; empty where none is known.
        result: what came of it.
        detail: an English sentence; never a key or a UID.
    """

    at_ms: int
    actor: str
    action: DeskAction
    chip: CardToken | None
    number: str
    result: DeskResult
    detail: str = ""
