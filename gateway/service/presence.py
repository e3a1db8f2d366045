"""Who says that it is here, and how it is: unsealed hints for people, on which nothing depends.

A terminal's birth and its will carry the same session number. The broker publishes a will late,
often after the terminal is back under a new session; such a will must not make it look gone
(Sparkplug solves the same with ``bdSeq``).
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from gateway.model.checks import I63_MAX
from gateway.model.ids import TerminalId
from gateway.office.terminal_hint import TerminalHint

HINT_BYTES_MAX: Final = 1_024
_SESSION: Final = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_VERSION: Final = re.compile(r"[0-9A-Za-z.+_-]{1,32}", re.ASCII)
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_PART_STATES: Final = frozenset({"up", "down", "none", "starting"})
_CLOCK_STATES: Final = frozenset({"synchronised", "guessed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HintDetails:
    """What a state message said beside being here or not; see ``TerminalHint`` for the fields."""

    version: str | None = None
    reader: str | None = None
    till: str | None = None
    pending: int | None = None
    rejected: int | None = None
    unread_receipts: int | None = None
    clock: str | None = None
    configuration_version: int | None = None
    programme_version: int | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateHint:
    """What one state message said."""

    terminal: TerminalId
    session: str
    online: bool
    details: HintDetails = HintDetails()


def parse_hint(terminal: TerminalId, payload: bytes) -> StateHint | None:
    """Read a state message.

    Args:
        terminal: whose topic it came on.
        payload: ``{"session": "<hex>", "online": true|false}`` and any of the members that
            ``HintDetails`` has. Unknown members are ignored, so that a newer agent may say more,
            and so is a known one whose value makes no sense.

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
    sensible = {
        name: said[name] for name, fits in _FITS.items() if name in said and fits(said[name])
    }
    return StateHint(
        terminal=terminal, session=session, online=online, details=HintDetails(**sensible)
    )


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


def _one_of(names: frozenset[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and value in names


def _is_count(value: Any) -> bool:  # noqa: ANN401 - whatever JSON held
    return type(value) is int and 0 <= value <= I63_MAX


_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "version": _matching(_VERSION),
    "reader": _one_of(_PART_STATES),
    "till": _one_of(_PART_STATES),
    "pending": _is_count,
    "rejected": _is_count,
    "unread_receipts": _is_count,
    "clock": _one_of(_CLOCK_STATES),
    "configuration_version": _is_count,
    "programme_version": _is_count,
    "stopped": _matching(_CODE),
}


@dataclass(frozen=True, slots=True)
class _Believed:
    session: str
    hint: TerminalHint


class Presence:
    """The last believed hint of each terminal. Hints come on one thread; any may read them."""

    def __init__(self) -> None:
        self._believed: dict[TerminalId, _Believed] = {}
        self._lock = threading.Lock()

    def note(self, said: StateHint, now_ms: int) -> bool:
        """Take a hint into account.

        Args:
            said: the hint.
            now_ms: Unix time in milliseconds at which it came.

        Returns:
            whether it was believed: not where it is the late will of an older session.
        """
        with self._lock:
            current = self._believed.get(said.terminal)
            if current is not None and not said.online and said.session != current.session:
                return False
            if current is None or said.online:
                hint = TerminalHint(online=said.online, heard_at_ms=now_ms, **asdict(said.details))
            else:
                # A will says nothing but that it is one: how the terminal was is still worth
                # knowing when somebody looks for it.
                hint = replace(current.hint, online=False, heard_at_ms=now_ms)
            self._believed[said.terminal] = _Believed(said.session, hint)
            return True

    def is_online(self, terminal: TerminalId) -> bool:
        """Whether the terminal says that it is here. Never a reason to forget or refuse."""
        with self._lock:
            believed = self._believed.get(terminal)
        return believed is not None and believed.hint.online

    def hints(self) -> Mapping[TerminalId, TerminalHint]:
        """What every terminal said last, as it stands now. May be called from any thread."""
        with self._lock:
            return {terminal: one.hint for terminal, one in self._believed.items()}

    @property
    def online_count(self) -> int:
        """How many terminals say that they are here."""
        with self._lock:
            return sum(one.hint.online for one in self._believed.values())
