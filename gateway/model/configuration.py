"""What the gateway tells a terminal: its place, its rules, and the key that hides card names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name
from gateway.model.deny_list import DenyList
from gateway.model.ids import BranchId, TerminalId
from gateway.model.programme import Programme

#: Both purposes that are shared, in every version that there can be, with room.
SHARED_KEYS_BOX_BYTES_MAX: Final = 10_240
ISSUERS_MAX: Final = 8
ISSUER_BYTES_MAX: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One terminal's sealed settings. A terminal takes a higher ``version`` and no other.

    Attributes:
        terminal: whom it is for.
        version: counts up per terminal.
        issued_at_ms: Unix time of issue in milliseconds.
        branch: where the terminal stands.
        programmes: the rules now in force and those that follow, by rising version.
        card_key_box: the programme's card key, encrypted to this terminal's agreement key
            (HPKE, RFC 9180; see ``gateway.crypto.sealed_box``).
        shared_keys_box: the card keys that the terminal may hold, encrypted likewise; see
            ``gateway.crypto.cards.shared_keys``. None where the programme has no cards with keys.
        issuers: COSE keys that may vouch for a signed membership record.
        deny_list: cards to be turned away; None where there is none.
    """

    terminal: TerminalId
    version: int
    issued_at_ms: int
    branch: BranchId
    programmes: tuple[Programme, ...]
    card_key_box: bytes
    shared_keys_box: bytes | None = None
    issuers: tuple[bytes, ...] = ()
    deny_list: DenyList | None = None

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("version", self.version, 1, I63_MAX)
        check_int("issued_at_ms", self.issued_at_ms, 0, I63_MAX)
        check_name("branch", self.branch)
        check_bytes("card_key_box", self.card_key_box, 48, 256)
        if self.shared_keys_box is not None:
            check_bytes("shared_keys_box", self.shared_keys_box, 48, SHARED_KEYS_BOX_BYTES_MAX)
        check_int("number of issuers", len(self.issuers), 0, ISSUERS_MAX)
        for issuer in self.issuers:
            check_bytes("issuer", issuer, 1, ISSUER_BYTES_MAX)
