"""A day on a noisy line, at full speed: noise and receipts mixed, and what becomes of each."""

from __future__ import annotations

import gc
import os
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from simulators.receipts import ReceiptLanguage, render_receipt, seeded_receipts
from simulators.tills.sayings import profile_name, sayings
from terminal_agent.pos.framers.escpos import EscPosFramer
from terminal_agent.pos.framers.events import Abandoned, PeripheralSelect
from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.displays import DisplayMeaning, DisplayShown
from terminal_agent.pos.interpreters.events import NotASale, SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentSeen, PaymentStatus
from terminal_agent.pos.profile import Dialect
from terminal_agent.pos.profile_file import load_profile

SOAK = bool(os.environ.get("MOHR_SOAK"))
HOURS: Final = 24.0 if SOAK else 0.5
_HOUR_MS: Final = 3_600_000
#: 9,600 baud, ten bits a byte.
_BYTES_PER_MS: Final = 0.96
_CHUNK_BYTES: Final = 64
_NOISE_BYTES_MAX: Final = 3_000
_GAP_MS: Final = 2_000
#: Longer than any language waits for the rest of a message.
_SILENCE_MS: Final = 31_000


def held_bytes() -> int:
    """What Python holds now, without the freed tuples that CPython keeps to use again."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A stretch of bytes without a gap in it.

    Attributes:
        noise: random bytes, before the receipt; may be empty.
        paper: a receipt; may be empty.
        number: the receipt's.
        total_minor: the receipt's.
        quiet_ms: silence behind it.
    """

    noise: bytes
    paper: bytes
    number: str
    total_minor: int
    quiet_ms: int


def a_day(seed: int, hours: float, language: ReceiptLanguage) -> Iterator[Spoken]:
    """Noise and receipts until the hours are over, with and without silence between them."""
    chance = random.Random(seed)
    left_ms = hours * _HOUR_MS
    number = 0
    while left_ms > 0:
        number += 1
        receipt = seeded_receipts(seed * 1_000_000 + number, 1, language)[0]
        noise = chance.randbytes(chance.choice((0, chance.randrange(1, _NOISE_BYTES_MAX))))
        paper = b"" if chance.random() < 0.2 else render_receipt(receipt)
        spoken = Spoken(
            noise=noise,
            paper=paper,
            number=receipt.receipt_number,
            total_minor=receipt.total_minor,
            quiet_ms=chance.choice((_GAP_MS, 5 * _GAP_MS, 60_000)),
        )
        left_ms -= (len(noise) + len(paper)) / _BYTES_PER_MS + spoken.quiet_ms
        yield spoken


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the sales of a day."""

    found: int = 0
    swallowed: int = 0
    invented: int = 0


def totals(told: list[TillEvent]) -> set[int | None]:
    """Amounts of payments that were made, and of totals on a display that can be read."""
    return {
        *(
            event.amount_minor
            for event in told
            if isinstance(event, PaymentSeen) and event.status is PaymentStatus.APPROVED
        ),
        *(
            event.amount_minor
            for event in told
            if isinstance(event, DisplayShown)
            and event.meaning is DisplayMeaning.TOTAL
            and event.amount_minor is not None
        ),
    }


def trouble(counters: FramerCounters) -> int:
    """How often, and by how many bytes, the line was not understood."""
    return (
        counters.unknown
        + counters.bad_checks
        + counters.malformed
        + counters.skipped
        + counters.abandoned
    )


def swallows(noise: bytes) -> bool:
    """Whether what follows this noise at once is taken for its arguments, or sent elsewhere."""
    framer = EscPosFramer(idle_gap_ms=_GAP_MS)
    events = framer.feed(noise, 0) + framer.idle(_GAP_MS)
    deaf = False
    for event in events:
        if isinstance(event, PeripheralSelect):
            deaf = not event.printer
    return deaf or any(isinstance(event, Abandoned) for event in events)


@pytest.mark.timeout(3_000 if SOAK else 300)
@pytest.mark.parametrize("language", [ReceiptLanguage.GERMAN, ReceiptLanguage.PERSIAN])
def test_every_receipt_of_a_noisy_day_is_found_and_none_is_invented(
    language: ReceiptLanguage,
) -> None:
    """Receipts behind noise are sales unless a command swallowed them; memory stays as it was."""
    persian = language is ReceiptLanguage.PERSIAN
    listener = listener_of(load_profile("generic-escpos-irr" if persian else "generic-escpos-eur"))
    now_ms, found, swallowed, other = 0.0, 0, 0, 0
    held: list[int] = []
    tracemalloc.start()
    for at, spoken in enumerate(a_day(5, HOURS, language)):
        told: list[TillEvent] = []
        stream = spoken.noise + spoken.paper
        for start in range(0, len(stream), _CHUNK_BYTES):
            piece = stream[start : start + _CHUNK_BYTES]
            now_ms += len(piece) / _BYTES_PER_MS
            told += listener.feed(piece, int(now_ms))
        now_ms += spoken.quiet_ms
        told += listener.idle(int(now_ms))
        sales = [event.sale for event in told if isinstance(event, SaleClosed)]
        if sales:
            (sale,) = sales
            assert sale.total_minor == spoken.total_minor, "an amount that nobody rang up"
            # The noise's last command may have eaten the head of the paper, and its number.
            assert sale.receipt_number == spoken.number or swallows(spoken.noise)
            assert spoken.paper
            found += 1
        elif spoken.paper:
            assert swallows(spoken.noise), f"receipt {spoken.number} was lost behind {at} stretches"
            swallowed += 1
        other += sum(isinstance(event, NotASale) for event in told)
        if at % 100 == 50:
            held.append(held_bytes())
    tracemalloc.stop()
    counters = listener.counters
    assert found > 5 * swallowed
    assert counters.abandoned >= swallowed or counters.unknown > swallowed
    half = len(held) // 2
    assert max(held[half:]) < max(held[: max(1, half)]) + 100_000, "memory grows with the day"


#: Every language on a cable that is not paper.
OTHERS: Final = [
    dialect
    for dialect in Dialect
    if dialect not in (Dialect.ESCPOS, Dialect.STAR, Dialect.MOHR_LINES)
]


class Day:
    """A listener's day: bytes at the line's pace, and silences."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.now_ms = 0.0

    def hears(self, data: bytes, quiet_ms: int) -> list[TillEvent]:
        """What becomes known of bytes and of the silence behind them."""
        told: list[TillEvent] = []
        for start in range(0, len(data), _CHUNK_BYTES):
            piece = data[start : start + _CHUNK_BYTES]
            self.now_ms += len(piece) / _BYTES_PER_MS
            told += self._listener.feed(piece, int(self.now_ms))
        if quiet_ms:
            self.now_ms += quiet_ms
            told += self._listener.idle(int(self.now_ms))
        return told


@pytest.mark.timeout(3_000 if SOAK else 300)
@pytest.mark.parametrize("dialect", OTHERS)
def test_every_sale_of_a_noisy_day_is_found_and_none_is_invented(dialect: Dialect) -> None:
    """Behind a silence each sale is heard; one that noise swallowed is counted; none is made up."""
    listener = listener_of(load_profile(profile_name(dialect, ReceiptLanguage.GERMAN)))
    day, chance, tally = Day(listener), random.Random(7), Tally()
    held: list[int] = []
    tracemalloc.start()
    for at, saying in enumerate(sayings(dialect, 7, 10**9)):
        noise = chance.randbytes(chance.choice((0, chance.randrange(1, _NOISE_BYTES_MAX))))
        silent = chance.random() < 0.5
        before = trouble(listener.counters)
        told = day.hears(noise, _SILENCE_MS if silent else 0)
        heard = totals([*told, *day.hears(saying.data, _SILENCE_MS)])
        tally.invented += len(heard - {saying.amount_minor})
        if saying.amount_minor in heard:
            tally.found += 1
        else:
            assert noise, f"sale {at} was lost behind nothing"
            assert not silent, f"sale {at} was lost behind a silence"
            assert trouble(listener.counters) > before, f"sale {at} was swallowed uncounted"
            tally.swallowed += 1
        if at % 20 == 10:
            held.append(held_bytes())
        if day.now_ms > (HOURS if SOAK else 3.0) * _HOUR_MS:
            break
    tracemalloc.stop()
    assert tally.invented == 0
    assert tally.found > tally.swallowed
    half = len(held) // 2
    assert max(held[half:]) < max(held[:half]) + 100_000, "memory grows with the day"
