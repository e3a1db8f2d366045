"""What the gateway tells a terminal: its place, its rules, and the key that hides card names."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name
from gateway.model.ids import BranchId, TerminalId
from gateway.model.programme import Programme


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
    """

    terminal: TerminalId
    version: int
    issued_at_ms: int
    branch: BranchId
    programmes: tuple[Programme, ...]
    card_key_box: bytes

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("version", self.version, 1, I63_MAX)
        check_int("issued_at_ms", self.issued_at_ms, 0, I63_MAX)
        check_name("branch", self.branch)
        check_bytes("card_key_box", self.card_key_box, 48, 256)
