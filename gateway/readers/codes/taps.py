"""From scans to what the agent is told: one tap for one card, however often it is read.

A scanner on a stand reads a code again and again while it is held there, so what comes back within
``debounce_ms`` of the last look is the same tap, also when the code has changed meanwhile. A scan
has no length: the card that was seen is gone at once, so each event about one is followed by
``CardGone``. The code of a receipt is no card.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.model.card import CardProfile, Tap
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.codes.judge import CodeJudge, ReceiptCode
from gateway.readers.codes.scan_line import Scan
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderEvent,
    ReceiptScanned,
)

_Found = CardIdentity | CardProblem | ReceiptCode
_Key = tuple[CardProfile, bytes] | CardTrouble | ReceiptCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something was read: Unix time for people, monotonic time for waits, in milliseconds."""

    unix_ms: int
    monotonic_ms: int


class ScanTaps:
    """Turns scans into events. Not thread-safe: one owner calls it."""

    def __init__(
        self, reader: str, settings: CodeSettings, *, organisation: bytes | None, debounce_ms: int
    ) -> None:
        """Begin with nothing seen.

        Args:
            reader: the reader's name in the events.
            settings: what counts.
            organisation: whose members count; None takes any.
            debounce_ms: the same card, or the same trouble, within this time is the same tap.
        """
        self._reader = reader
        self._judge = CodeJudge(settings, organisation)
        self._debounce_ms = debounce_ms
        self._last: _Key | None = None
        self._last_ms = 0

    def take(self, scans: Iterable[Scan], now: Moment) -> list[ReaderEvent]:
        """Say what has been seen, in order."""
        events: list[ReaderEvent] = []
        for scan in scans:
            event = self._event(scan, now)
            if event is not None:
                events.append(event)
            if isinstance(event, CardSeen | CardUnreadable):
                events.append(CardGone(reader=self._reader))
        return events

    def _event(self, scan: Scan, now: Moment) -> ReaderEvent | None:
        found = self._judge.identify(scan, now.unix_ms)
        if isinstance(found, CardIdentity) and not self._is_recent(found, now):
            found = self._judge.admit(found, now.unix_ms)
        known = self._is_recent(found, now)
        # What is read on and on stays one tap for as long as it is there.
        self._last, self._last_ms = _key(found), now.monotonic_ms
        if known:
            return None
        if isinstance(found, ReceiptCode):
            return ReceiptScanned(reader=self._reader, code=found.text)
        if isinstance(found, CardProblem):
            return CardUnreadable(reader=self._reader, trouble=found.trouble, detail=found.detail)
        return CardSeen(tap=self._tap(found, now))

    def _is_recent(self, found: _Found, now: Moment) -> bool:
        return _key(found) == self._last and now.monotonic_ms - self._last_ms < self._debounce_ms

    def _tap(self, identity: CardIdentity, now: Moment) -> Tap:
        return Tap(
            reader=self._reader,
            profile=identity.profile,
            identity=identity.identity,
            assurance=identity.assurance,
            seen_at_ms=now.unix_ms,
            counter=identity.counter,
            proof=identity.proof,
        )


def _key(found: _Found) -> _Key:
    match found:
        case CardProblem(trouble=trouble):
            return trouble
        case CardIdentity(profile=profile, identity=identity):
            return (profile, identity)
        case ReceiptCode():
            return found
