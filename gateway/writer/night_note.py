"""What a row of the nightly run keeps of itself, so that an auditor can do the same again.

The row's rules and its ``judged_at_ms``, which is the night's own moment, say the rest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.errors import ValueRangeError
from gateway.model.ids import WalletId
from gateway.model.plain import from_plain, to_canonical_json


class NightScope(StrEnum):
    """How much of ``gateway.program.nightly`` a row carries out."""

    MEMBER = "member"
    """All of it: on the points of a member, or of a household, with the member's or the founder's
    credit in the currency of the rules, and the levels of everybody whose points they are."""
    WALLET = "wallet"
    """What is due of one wallet begins and lapses; nothing is converted, and no level is judged."""
    LOT = "lot"
    """One lot begins or is closed of which nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightNote:
    """One row's part of a night.

    Attributes:
        night: which night.
        scope: how much of it.
        wallet_id: the wallet of points that a member or a household redeems from; otherwise the
            one wallet.
        lot_id: the emptied lot.
    """

    night: date
    scope: NightScope
    wallet_id: WalletId
    lot_id: int | None = None

    def __post_init__(self) -> None:
        if (self.lot_id is None) == (self.scope is NightScope.LOT):
            raise ValueRangeError("a lot belongs to a note on a lot, and only to it")


def encode_night_note(note: NightNote) -> bytes:
    """Write a note as the one JSON text that stands in the journal."""
    return to_canonical_json(note).encode()


def decode_night_note(data: bytes) -> NightNote:
    """Read a note.

    Raises:
        ValueRangeError: if it is none, or stands there in another form.
    """
    try:
        note = from_plain(NightNote, json.loads(data))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueRangeError("a note on a night is JSON text") from error
    if encode_night_note(note) != data:
        raise ValueRangeError("the note on a night is not in canonical form")
    return note
