"""The lines that travel through ``sim-socket``'s door, and what is said of a tap.

A line is a card's UID in hexadecimal, which is answered by ``tapped``, or one JSON object, which is
answered by another::

    {"card": "clone"}                           a named card (simulators.cards.named)
    {"file": "/tmp/tray/04a1.card"}             a card that lies in a file (simulators.cards.tray)
    {"scan": ";9900001?"}                       what a scanner sends, ASCII
    {"card": "slow", "radio": true}             any of them, in the time that the radio takes

    {"tapped": true, "said": ["ntag424, authenticated, counter 101"], "air_ms": 96}

``said`` is what the reader told the terminal; empty for a second look at the same card. ``air_ms``
is how long the conversation takes by radio, whether it took it or not; null for a scan. Whatever is
wrong is answered by ``not tapped:`` and the reason, as a plain line.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from gateway.errors import WireError
from gateway.model.checks import check_text
from gateway.readers.reader import CardSeen, CardUnreadable, ReaderEvent, ReceiptScanned

LINE_BYTES_MAX: Final = 8_192
_TEXT_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class TapOrder:
    """What is to be shown: one of the first three.

    Attributes:
        card: a named card.
        file: a card's file.
        scan: what a scanner sends.
        radio: whether the radio's time passes.

    Raises:
        ValueRangeError: if a text has a control character or is too long.
    """

    card: str = ""
    file: str = ""
    scan: str = ""
    radio: bool = False

    def __post_init__(self) -> None:
        for name in ("card", "file", "scan"):
            check_text(name, getattr(self, name), 0, _TEXT_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class TapReport:
    """What came of it.

    Attributes:
        said: what the reader told, in order.
        air_ms: the radio's time; None where there is no radio.
    """

    said: tuple[str, ...]
    air_ms: int | None


def order_of(text: str) -> TapOrder:
    """What a person means: a named card, or the path of a card's file."""
    if text.endswith(".card"):
        return TapOrder(file=str(Path(text).absolute()))
    return TapOrder(card=text)


def encode_order(order: TapOrder) -> bytes:
    """Write an order as its line."""
    said = {name: value for name, value in asdict(order).items() if value}
    return json.dumps(said).encode() + b"\n"


def decode_order(line: bytes) -> TapOrder:
    """Read an order's line.

    Raises:
        WireError: if it is none.
        ValueRangeError: as ``TapOrder``.
    """
    try:
        said = json.loads(line)
    except ValueError as error:
        raise WireError(f"this is no line of JSON: {error}") from error
    if not isinstance(said, dict) or not set(said) <= {"card", "file", "scan", "radio"}:
        raise WireError('a line may say "card", "file", "scan" and "radio"')
    radio = said.pop("radio", False)
    if len(said) != 1 or type(radio) is not bool or not all(_is_text(one) for one in said.values()):
        raise WireError('a line says one of "card", "file" and "scan", and "radio" true or false')
    return TapOrder(**said, radio=radio)


def encode_report(report: TapReport) -> str:
    """Write a report as its line."""
    return json.dumps({"tapped": True, "said": report.said, "air_ms": report.air_ms})


def decode_report(line: str) -> TapReport | None:
    """Read a report's line; None for any other line."""
    try:
        said = json.loads(line)
        return TapReport(said=tuple(map(str, said["said"])), air_ms=said["air_ms"])
    except (ValueError, KeyError, TypeError):
        return None


def words_of_events(events: list[ReaderEvent]) -> tuple[str, ...]:
    """What a reader told of one tap, for people; comings and goings are left out."""
    return tuple(words for event in events for words in (_words(event),) if words is not None)


def _words(event: ReaderEvent) -> str | None:
    if isinstance(event, CardSeen):
        counter = "" if event.tap.counter is None else f", counter {event.tap.counter}"
        return f"{event.tap.profile}, {event.tap.assurance}{counter}"
    if isinstance(event, CardUnreadable):
        return f"refused, {event.trouble}: {event.detail}"
    if isinstance(event, ReceiptScanned):
        return "a receipt's code"
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
