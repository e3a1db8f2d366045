"""What every reader backend is told. A backend ignores what does not apply to its device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.model.checks import check_bytes, check_int, check_text
from gateway.readers.cards.membership import ORGANISATION_BYTES
from gateway.readers.codes.settings import CodeSettings

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """Settings of one lane's reader.

    Attributes:
        reader_name: part of the reader's name; readers without it are left alone. A driver's list
            comes in no useful order, so a lane is bound by name. Empty takes every reader.
        organisation: the 8 bytes whose NDEF membership records count, None for any single one.
        debounce_ms: a card that comes back within this time of leaving is still the same tap.
        answer_timeout_ms: a conversation with a card that takes longer is given up.
        recheck_after_ms: the UID is read once more this long after a tap, because a card swapped
            within the driver's polling interval (400 ms in pcscd) raises no event; 0 never.
        legacy_classic: take the UID of a MIFARE Classic for an identity. Anybody can copy such a
            card, so it is for cards that a shop gave out long ago, and with caps on what they earn.
        codes: what scanners and stripe readers are told beside.

    Raises:
        ValueRangeError: if a setting is outside its range.
    """

    reader_name: str = ""
    organisation: bytes | None = None
    debounce_ms: int = 1_500
    answer_timeout_ms: int = 2_000
    recheck_after_ms: int = 700
    legacy_classic: bool = False
    codes: CodeSettings = CodeSettings()

    def __post_init__(self) -> None:
        check_text("reader_name", self.reader_name, 0, 128)
        if self.organisation is not None:
            check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_int("debounce_ms", self.debounce_ms, 0, MINUTE_MS)
        check_int("answer_timeout_ms", self.answer_timeout_ms, 1, MINUTE_MS)
        check_int("recheck_after_ms", self.recheck_after_ms, 0, MINUTE_MS)

    @property
    def lane(self) -> str:
        """What to call the reader before one is found."""
        return self.reader_name or "any reader"
