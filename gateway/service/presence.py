"""Who says that it is here: an unsealed hint for people, on which nothing of value depends.

A terminal's birth and its will carry the same session number. The broker publishes a will late,
often after the terminal is back under a new session; such a will must not make it look gone
(Sparkplug solves the same with ``bdSeq``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from gateway.model.ids import TerminalId

HINT_BYTES_MAX: Final = 256
_SESSION: Final = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateHint:
    """What one state message said."""

    terminal: TerminalId
    session: str
    online: bool


def parse_hint(terminal: TerminalId, payload: bytes) -> StateHint | None:
    """Read a state message.

    Args:
        terminal: whose topic it came on.
        payload: ``{"session": "<hex>", "online": true|false}``; unknown members are ignored, so
            that a newer agent may say more.

    Returns:
        the hint, or None for anything else; nobody is told, because anybody on the broker can
        send nonsense here.
    """
    if len(payload) > HINT_BYTES_MAX:
        return None
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    session, online = said.get("session"), said.get("online")
    if type(session) is not str or _SESSION.fullmatch(session) is None or type(online) is not bool:
        return None
    return StateHint(terminal=terminal, session=session, online=online)


class Presence:
    """The last believed hint of each terminal. Belongs to one thread."""

    def __init__(self) -> None:
        self._hints: dict[TerminalId, StateHint] = {}

    def note(self, hint: StateHint) -> bool:
        """Take a hint into account.

        Returns:
            whether it was believed: not where it is the late will of an older session.
        """
        current = self._hints.get(hint.terminal)
        if current is not None and not hint.online and hint.session != current.session:
            return False
        self._hints[hint.terminal] = hint
        return True

    def is_online(self, terminal: TerminalId) -> bool:
        """Whether the terminal says that it is here. Never a reason to forget or refuse."""
        hint = self._hints.get(terminal)
        return hint is not None and hint.online

    @property
    def online_count(self) -> int:
        """How many terminals say that they are here."""
        return sum(hint.online for hint in self._hints.values())
