"""``mohr reader test``: one guided tap, and everything an integrator wants to know about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from queue import Empty, Queue
from typing import Final

from gateway.clock import Clock
from gateway.errors import MohrError
from gateway.readers.cards.keys import CardKeys
from gateway.readers.described import Described, Describing, ReaderDescription
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardUnreadable,
    Reader,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.registry import load_backend, reader_profiles
from gateway.readers.settings import ReaderSettings
from gateway.readers.trace import Traced, TracedCard, TracedExchange, traced_profiles

#: How long a reader may take to be ready: opening a slow device, or finding a daemon.
READY_S: Final = 15.0

Say = Callable[[str, dict[str, str | int | None]], None]


class ReaderTestFailedError(MohrError):
    """A step of the test did not come about; the message says which and what to look at."""


class ReaderTest:
    """One test of one reader.

    Args:
        backend: see ``backend_names``.
        settings: which reader.
        clock: measures each command.
        say: takes each result, by its name.
        keys: the card keys that are at hand; None reads no card that needs one.
    """

    def __init__(
        self,
        backend: str,
        settings: ReaderSettings,
        clock: Clock,
        say: Say,
        keys: CardKeys | None = None,
    ) -> None:
        self._say = say
        self._events: Queue[ReaderEvent] = Queue()
        self._traced: Queue[Traced] = Queue()
        self._backend = load_backend(backend)
        profiles = reader_profiles(settings, keys)
        self._reader: Reader = self._backend(
            settings,
            clock=clock,
            profiles=traced_profiles(profiles, self._traced.put, clock.monotonic_ms),
        )

    def run(self, patience_s: float, name_of: Callable[[bytes], str]) -> None:
        """Guide one tap.

        Args:
            patience_s: how long each movement of the hand is waited for.
            name_of: says an identity as it may be shown.

        Raises:
            ReaderTestFailedError: if a step did not come about.
            ReaderError: if the backend cannot work on this machine.
        """
        self._reader.start(self._events.put)
        try:
            self._describe(self._until_ready())
            self._say("step", {"do": "hold one card to the reader, and keep it there"})
            self._read(patience_s, name_of)
            self._say("step", {"do": "take the card away"})
            self._expect(CardGone, patience_s, "the reader never said that the card left")
            self._say("passed", {})
        finally:
            self._reader.stop()

    def _until_ready(self) -> str:
        while True:
            event = self._next(READY_S, "the reader is not ready")
            if isinstance(event, ReaderStateChanged) and event.state is ReaderState.READY:
                return event.reader
            if isinstance(event, ReaderStateChanged):
                self._say("waiting", {"state": event.state.value, "detail": event.detail})

    def _describe(self, reader: str) -> None:
        found = self._description(reader) or ReaderDescription(reader=reader, driver="")
        self._say("reader", asdict(found))

    def _description(self, reader: str) -> ReaderDescription | None:
        if isinstance(self._reader, Described):
            return self._reader.description
        if isinstance(self._backend, Describing):
            described = self._backend.describe_readers()
            return next((one for one in described if one.reader == reader), None)
        return None

    def _read(self, patience_s: float, name_of: Callable[[bytes], str]) -> None:
        event = self._next(patience_s, "no card was seen")
        self._show_trace()
        match event:
            case CardSeen(tap=tap):
                self._say(
                    "card",
                    {
                        "profile": tap.profile.value,
                        "identity": name_of(tap.identity),
                        "assurance": tap.assurance.value,
                    },
                )
            case CardUnreadable(trouble=trouble, detail=detail):
                self._say("unreadable", {"trouble": trouble.value, "detail": detail})
            case _:
                raise ReaderTestFailedError(f"the reader went away: {event}")

    def _show_trace(self) -> None:
        while True:
            try:
                traced = self._traced.get_nowait()
            except Empty:
                return
            match traced:
                case TracedCard():
                    self._say("shows", asdict(traced))
                case TracedExchange():
                    self._say("apdu", asdict(traced))

    def _expect(self, kind: type[ReaderEvent], patience_s: float, otherwise: str) -> None:
        event = self._next(patience_s, otherwise)
        if not isinstance(event, kind):
            raise ReaderTestFailedError(f"{otherwise}; it said {event}")

    def _next(self, patience_s: float, otherwise: str) -> ReaderEvent:
        try:
            return self._events.get(timeout=patience_s)
        except Empty:
            raise ReaderTestFailedError(f"{otherwise} within {patience_s:g} s") from None


def as_json(name: str, fields: dict[str, str | int | None]) -> str:
    """One object a line."""
    return json.dumps({"event": name, **fields}, ensure_ascii=False)


def as_text(name: str, fields: dict[str, str | int | None]) -> str:
    """A line for a person."""
    match name:
        case "step":
            return f"→ {fields['do']}"
        case "apdu":
            head = f"  {fields['profile']:<16}{fields['elapsed_ms']:>4} ms  "
            return f"{head}{fields['command']} → {fields['answer']}"
        case _:
            said = "  ".join(f"{key}={value}" for key, value in fields.items() if value != "")
            return f"{name:<12}{said}".rstrip()
