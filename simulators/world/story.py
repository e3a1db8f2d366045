"""Tells a world in words that a person can follow."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Final

from simulators.world.events import (
    Block,
    Cancel,
    ClockJump,
    DiskFull,
    DropLink,
    Enrol,
    Event,
    Kill,
    NewRules,
    Offline,
    Print,
    Reboot,
    Redeem,
    Refund,
    RegisterAgain,
    Stop,
    Tap,
    Total,
    Weather,
    WipeBroker,
)
from simulators.world.history import Line

_OPENING_S: Final = 8 * 3_600


def told(lines: Iterable[Line]) -> tuple[str, ...]:
    """Number the lines and give each its time of day."""
    return tuple(
        f"{number:3d}. {_clock(line.at_ms)} {line.who}: {line.text}"
        for number, line in enumerate(lines, 1)
    )


def _clock(at_ms: int) -> str:
    seconds, part_ms = divmod(at_ms, 1_000)
    seconds += _OPENING_S
    return f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{part_ms:03d}"


def _s(duration_ms: int) -> str:
    return f"{duration_ms / 1_000:g} s"


@singledispatch
def describe(event: Event) -> tuple[str, str]:
    """Say who does what.

    Args:
        event: any event of a script.

    Returns:
        who, and what, in words.
    """
    raise AssertionError(f"nobody describes {type(event).__name__}")


@describe.register
def _(event: Tap) -> tuple[str, str]:
    return event.who, f"customer {event.member + 1} shows the card"


@describe.register
def _(event: Total) -> tuple[str, str]:
    return event.who, f"the cashier keys in {event.total_minor / 100:.2f}"


@describe.register
def _(event: Redeem) -> tuple[str, str]:
    return event.who, "the cashier asks to pay with points"


@describe.register
def _(event: Cancel) -> tuple[str, str]:
    return event.who, "the cashier takes a step back"


@describe.register
def _(event: Enrol) -> tuple[str, str]:
    return event.who, "the cashier enrols the card"


@describe.register
def _(event: Print) -> tuple[str, str]:
    total = sum(item.amount_minor for item in event.items) / 100
    copy = "a copy of " if event.reprint else ""
    return event.who, f"the till prints {copy}receipt {event.number} over {total:.2f}"


@describe.register
def _(event: Refund) -> tuple[str, str]:
    return event.who, f"the cashier takes receipt {event.number} back"


@describe.register
def _(event: Block) -> tuple[str, str]:
    what = "blocks" if event.blocked else "unblocks"
    return "admin", f"{what} the card of customer {event.member + 1}"


@describe.register
def _(event: NewRules) -> tuple[str, str]:
    return "admin", f"adds rules with {event.earn_points} points, from {_s(event.lead_ms)} later on"


@describe.register
def _(event: RegisterAgain) -> tuple[str, str]:
    return "admin", f"registers {event.who} once more"


@describe.register
def _(event: Kill) -> tuple[str, str]:
    side = "after" if event.after else "before"
    boot = event.boot_calls
    again = "" if boot is None else f", and at call {boot} of its next start"
    return event.who, f"will die {side} its call {event.calls} from now{again}"


@describe.register
def _(event: Stop) -> tuple[str, str]:
    return event.who, f"is asked to stop for {_s(event.down_ms)}"


@describe.register
def _(event: Reboot) -> tuple[str, str]:
    clock = f", its clock then off by {_s(event.wall_jump_ms)}" if event.wall_jump_ms else ""
    return event.who, f"loses its power for {_s(event.down_ms)}{clock}"


@describe.register
def _(event: Weather) -> tuple[str, str]:
    plan = event.plan
    parts = [
        f"{name} {value:.0%}"
        for name, value in (
            ("loses", plan.lose),
            ("repeats", plan.repeat),
            ("reorders", plan.reorder),
            ("cuts", plan.disconnect),
        )
    ]
    return "broker", f"for {_s(event.for_ms)} {', '.join(parts)}, hops up to {plan.delay_max_ms} ms"


@describe.register
def _(event: DropLink) -> tuple[str, str]:
    return event.who, "its connection is cut"


@describe.register
def _(event: Offline) -> tuple[str, str]:
    return event.who, f"has no network for {_s(event.for_ms)}"


@describe.register
def _(event: WipeBroker) -> tuple[str, str]:
    return "broker", f"forgets everything and is away for {_s(event.outage_ms)}"


@describe.register
def _(event: ClockJump) -> tuple[str, str]:
    quality = "believed" if event.believed else "guessed"
    return event.who, f"its clock jumps by {_s(event.by_ms)} ({quality}) for {_s(event.for_ms)}"


@describe.register
def _(event: DiskFull) -> tuple[str, str]:
    room = f"{event.spare_pages} pages" if event.spare_pages else "no page"
    return event.who, f"its disk has room for {room} more, for {_s(event.for_ms)}"
