"""``mohr bench pos``: how fast a till's lines are read, and what one line may ever hold.

The bare cost beside the printer's framer is what any program must do to text: split it into lines
and decode them. The worst stream is random bytes, where nearly every byte may begin a command.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from simulators.bench.figures import BenchResult, Figure
from simulators.bench.statistics import median, percentile
from simulators.receipts import ReceiptLanguage, render_receipt, seeded_receipts
from terminal_agent.pos.framers.escpos import EscPosFramer
from terminal_agent.pos.interpreters.events import TotalSeen
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import Dialect, ShopProfile
from terminal_agent.pos.profile_file import load_profile, shipped_names

_CHUNK_BYTES: Final = 4_096
_MEGABYTE: Final = 1_000_000
_TEXT_BYTES: Final = 8 * _MEGABYTE
_RANDOM_BYTES: Final = 8 * _MEGABYTE
_EACH_BYTES: Final = _MEGABYTE
_OFFERS: Final = 1_000
_RUNS: Final = 5
#: How much less is measured where it must be quick.
_QUICK: Final = 40
_IRAN: Final = "generic-escpos-irr"

_MEANING: Final = (
    "processor time, one core; bytes come in pieces of 4 KiB, as a port reads them",
    "bare: the same bytes split into lines and decoded",
    "worst: the slowest dialect on random bytes, framer and interpreter together",
    "peak: the most that framer and interpreter of one line hold after any piece, whatever comes",
    "offer: the total's last byte comes alone; until the listener says the total",
)


def bench_pos(*, quick: bool) -> BenchResult:
    """Read receipts, noise and the worst that a line can say.

    Args:
        quick: a fortieth of the bytes.

    Returns:
        megabytes a second, memory held for one line, and the time from total to offer.
    """
    share = _QUICK if quick else 1
    text = _receipts(_TEXT_BYTES // share)
    noise = random.Random(7).randbytes(_RANDOM_BYTES // share)
    framed, bare = _fastest(lambda: _frame(text)), _fastest(lambda: _split(text))
    worst_name, worst = _slowest_dialect(_EACH_BYTES // share)
    offers_ms = list(_offers_ms(max(20, _OFFERS // share)))
    return BenchResult(
        bench="pos",
        figures=(
            Figure("escpos_mb_per_s", len(text) / framed / _MEGABYTE, "bar: 5"),
            Figure("escpos_over_bare", framed / bare, "framer over splitting and decoding"),
            Figure(
                "random_mb_per_s",
                len(noise) / _fastest(lambda: _frame(noise)) / _MEGABYTE,
                "bar: 1",
            ),
            Figure("worst_dialect_mb_per_s", worst, worst_name),
            Figure("peak_port_mb", max(_held_mb(share)), "bar: 1"),
            Figure("total_to_offer_ms_p50", median(offers_ms)),
            Figure("total_to_offer_ms_p99", percentile(offers_ms, 99), "bar: 5"),
        ),
        lines=(f"{len(text)} bytes of receipts, {len(noise)} random bytes", *_MEANING),
    )


def _receipts(length: int) -> bytes:
    papers = bytearray()
    for seed in range(1_000_000):
        for receipt in seeded_receipts(seed, 50):
            papers += render_receipt(receipt)
        if len(papers) >= length:
            break
    return bytes(papers[:length])


def _pieces(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), _CHUNK_BYTES):
        yield data[at : at + _CHUNK_BYTES]


def _frame(data: bytes) -> None:
    framer = EscPosFramer()
    for piece in _pieces(data):
        framer.feed(piece, 0)


def _split(data: bytes) -> None:
    for piece in _pieces(data):
        for line in piece.split(b"\n"):
            line.decode("cp858")


def _fastest(work: Callable[[], None]) -> float:
    """The least processor seconds of several runs: what else the machine does only adds."""

    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return min(once() for _ in range(_RUNS))


def _one_of_each_dialect() -> Iterable[ShopProfile]:
    profiles: dict[Dialect, ShopProfile] = {}
    for name in shipped_names():
        profile = load_profile(name)
        profiles.setdefault(profile.dialect, profile)
    return profiles.values()


def _slowest_dialect(length: int) -> tuple[str, float]:
    noise = random.Random(11).randbytes(length)
    rates = {}
    for profile in _one_of_each_dialect():
        listener = listener_of(profile)
        began = time.process_time()
        for piece in _pieces(noise):
            listener.feed(piece, 0)
            listener.feed(piece, 0, Direction.TO_TILL)
        rates[profile.dialect.value] = 2 * length / (time.process_time() - began) / _MEGABYTE
    slowest = min(rates, key=lambda name: rates[name])
    return slowest, rates[slowest]


def _nasty(length: int) -> Iterator[bytes]:
    """Streams that make a careless listener keep everything."""
    chance = random.Random(13)
    yield chance.randbytes(length)
    yield b"x" * length
    yield b"TOTAL 1,00\n" * (length // 11)
    yield b"\x1b*\x21\xff\xff" + bytes(length)
    yield b"\x1d8L\xff\xff\xff\x7f" + b"a" * length
    yield b"\x1d(k\xff\xff1P0" + b"7" * length
    yield b"\x1dkI\xff" * (length // 4)
    yield b"\x02" * length
    yield b"\x02" + b"9" * length
    yield b"\x10\x02" * (length // 2)
    yield b"\x1bQA" * (length // 3)
    yield b'{"' + b"[" * length
    yield bytes(chance.choice(b"0123456789 \n\x1b\x1d\x02\x03\x10") for _ in range(length))


def _held_mb(share: int) -> Iterator[float]:
    length = _EACH_BYTES // share
    streams = list(_nasty(length))
    for profile in _one_of_each_dialect():
        for stream in streams:
            tracemalloc.start()
            listener = listener_of(profile)
            most = 0
            for piece in _pieces(stream):
                listener.feed(piece, 0)
                most = max(most, tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
            yield most / _MEGABYTE


def _offers_ms(count: int) -> Iterator[float]:
    """From the byte that makes a total sure to the moment it is told, in milliseconds."""
    profile = load_profile(_IRAN)
    for receipt in seeded_receipts(3, count, ReceiptLanguage.PERSIAN):
        paper = render_receipt(receipt)
        at = _byte_of_total(profile, paper)
        if at is None:
            continue
        listener = listener_of(profile)
        listener.feed(paper[:at], 0)
        began = time.process_time()
        told = listener.feed(paper[at : at + 1], 0)
        took_s = time.process_time() - began
        assert any(isinstance(event, TotalSeen) for event in told)
        yield 1_000 * took_s


def _byte_of_total(profile: ShopProfile, paper: bytes) -> int | None:
    listener = listener_of(profile)
    for at in range(len(paper)):
        told = listener.feed(paper[at : at + 1], 0)
        if any(isinstance(event, TotalSeen) for event in told):
            return at
    return None
