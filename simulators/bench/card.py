"""``mohr bench card``: our own time for a tap, beside the bare round trips of the same bytes.

The cards are virtual: they compute as real ones do, and take none of the time that radio and a
card's chip take. Behind pcscd (with vpcd) that is everything between the order to read a card and
its identity, the daemon and both processes' sockets included; in process it is the computing of
both ends alone. The bare cost is the same commands, recorded and sent by a loop to a card that
plays its answers back.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.model.card import CardProfile
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.selection import own_profiles
from simulators.bench.card_taps import (
    PcscLane,
    PlaybackCard,
    in_process_us,
    record,
)
from simulators.bench.figures import BenchResult, Figure
from simulators.bench.statistics import median, percentile
from simulators.card import VirtualCard
from simulators.cards.desfire_state import Generation
from simulators.cards.named_states import desfire, ntag424, uid_card, ultralight_aes
from simulators.cards.sim_keys import ORGANISATION, simulator_keys, terminal_keys
from simulators.cards.tray import card_of
from simulators.pcscd import PcscDaemon

_OURS: Final = "Bench"
_BARE: Final = "Bare"
_GET_UID: Final = bytes.fromhex("ffca000000")
_TAPS: Final = 1_000
_TAPS_QUICK: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of card.

    Attributes:
        name: what its figures begin with.
        profile: which profile must know it.
        make: makes a new one, issued with the simulator's keys.
    """

    name: str
    profile: CardProfile
    make: Callable[[], VirtualCard]


_UID: Final = _Kind(name="uid", profile=CardProfile.UID, make=lambda: uid_card(1))
_NTAG424: Final = _Kind(
    name="ntag424", profile=CardProfile.NTAG424, make=lambda: card_of(ntag424(16))
)
_DESFIRE: Final = _Kind(
    name="desfire",
    profile=CardProfile.DESFIRE,
    make=lambda: card_of(desfire(20, Generation.EV3)),
)
_ULTRALIGHT_AES: Final = _Kind(
    name="ultralight_aes",
    profile=CardProfile.ULTRALIGHT_AES,
    make=lambda: card_of(ultralight_aes(22)),
)

#: Through the daemon, and in process.
_BEHIND_PCSCD: Final = (_UID, _NTAG424)
_IN_PROCESS: Final = (_NTAG424, _DESFIRE, _ULTRALIGHT_AES)

_MEANING: Final = (
    "a tap is one conversation: a thread, a connection, the dialogue, letting go; the card lies",
    "  on the reader already, because the daemon looks for cards only three times a second",
    "raw: the same commands over a connection of their own, answered by a card that plays back",
    "share: what of a tap its raw round trips are; the rest is cryptography of both ends and us",
    "in process: the dialogue and the simulated card in one loop, without daemon and sockets",
    "no time of radio or of a card's chip is in any figure",
)


def bench_card(*, quick: bool) -> BenchResult:
    """Tap one card of each kind, again and again.

    Args:
        quick: a few taps only.

    Returns:
        percentiles of a tap through pcscd, of the bare round trips, and of the computing alone.
    """
    taps = _TAPS_QUICK if quick else _TAPS
    profiles = _profiles()
    return BenchResult(
        bench="card",
        figures=(
            *_through_pcscd(profiles, taps),
            *(_alone(kind, profiles, taps) for kind in _IN_PROCESS),
            *(_apdus(kind, profiles) for kind in dict.fromkeys((*_BEHIND_PCSCD, *_IN_PROCESS))),
        ),
        lines=(f"{taps} taps of each kind of card", *_MEANING),
    )


def _profiles() -> tuple[ProfileReader, ...]:
    """The profiles of a terminal that holds what terminals may hold."""
    keys = terminal_keys(simulator_keys())
    return own_profiles(ORGANISATION, keys=keys, random_bytes=secrets.token_bytes)


def _through_pcscd(profiles: Sequence[ProfileReader], taps: int) -> tuple[Figure, ...]:
    with tempfile.TemporaryDirectory(prefix="mohr-bench-") as folder:
        daemon = PcscDaemon(Path(folder), (_OURS, _BARE))
        try:
            daemon.start()
            ours, bare = (
                PcscLane(daemon.slot(lane), PcscDaemon.reader_name(lane)) for lane in (_OURS, _BARE)
            )
            figures = [*_round_trip(bare, taps)]
            for kind in _BEHIND_PCSCD:
                figures += _behind_pcscd(kind, profiles, ours, bare, taps)
        finally:
            daemon.close()
    return tuple(figures)


def _round_trip(lane: PcscLane, taps: int) -> tuple[Figure, ...]:
    with lane.laid(_UID.make()):
        took_ms = lane.round_trips_ms(_GET_UID, 5 * taps)
    return (
        Figure("apdu_round_trip_ms_p50", median(took_ms), "one command and its answer, connected"),
        Figure("apdu_round_trip_ms_p99", percentile(took_ms, 99)),
    )


def _behind_pcscd(
    kind: _Kind, profiles: Sequence[ProfileReader], ours: PcscLane, bare: PcscLane, taps: int
) -> tuple[Figure, ...]:
    heard = record(kind.make(), profiles, kind.profile)
    commands = [command for command, _ in heard.said]
    ours_ms, bare_ms = [], []
    # In turns, so that what else the machine does falls on both alike.
    with (
        ours.laid(kind.make()),
        bare.laid(PlaybackCard(heard.atr, heard.said)),
    ):
        for _ in range(taps):
            ours_ms.append(ours.tap_ms(profiles, kind.profile))
            bare_ms.append(bare.bare_ms(commands))
    share = median(bare_ms) / median(ours_ms)
    return (
        Figure(f"{kind.name}_ms_p50", median(ours_ms)),
        Figure(f"{kind.name}_ms_p99", percentile(ours_ms, 99)),
        Figure(f"{kind.name}_raw_ms_p50", median(bare_ms), "the same commands, bare"),
        Figure(f"{kind.name}_raw_ms_p99", percentile(bare_ms, 99)),
        Figure(f"{kind.name}_share_of_raw", share, "the raw commands' part of a tap, at p50"),
    )


def _alone(kind: _Kind, profiles: Sequence[ProfileReader], taps: int) -> Figure:
    card = kind.make()
    took_us = [in_process_us(card, profiles) for _ in range(taps)]
    return Figure(f"{kind.name}_in_process_us_p50", median(took_us), "both ends' computing")


def _apdus(kind: _Kind, profiles: Sequence[ProfileReader]) -> Figure:
    heard = record(kind.make(), profiles, kind.profile)
    return Figure(f"{kind.name}_apdus", len(heard.said), "commands in one tap")
