"""Everything that may happen in a world, as values: who, when (``at_ms`` since it began), what.

An event says all that it needs, so that any of them can be left out and the others keep their
meaning. ``who`` names a process: a terminal, or the gateway.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import FaultPlan
from simulators.receipts import ReceiptItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What all events have."""

    at_ms: int


# -- customers and cashiers -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap(Happening):
    """A customer shows a card."""

    who: str
    member: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total(Happening):
    """The cashier keys the total in."""

    who: str
    total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem(Happening):
    """The cashier asks to pay with as many points as can be."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Happening):
    """The cashier takes one step back."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol(Happening):
    """The cashier makes the card present a member's."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Print(Happening):
    """The till prints a receipt. The same number, items and minute again are the same paper."""

    who: str
    number: int
    items: tuple[ReceiptItem, ...]
    minute: int
    reprint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Happening):
    """The cashier takes the sale with this receipt number back."""

    who: str
    number: int


# -- administrators -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Happening):
    """A card is blocked, or may be used again."""

    member: int
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRules(Happening):
    """The next version of the programme, effective ``lead_ms`` later by the gateway's clock."""

    lead_ms: int
    earn_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAgain(Happening):
    """A terminal is registered once more with the registration it has."""

    who: str


# -- processes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill(Happening):
    """A process dies at one of its next calls to the world outside.

    Attributes:
        who: which process.
        calls: it dies at this call from now on, counting from 1.
        after: whether the call takes effect before the process dies.
        down_ms: how long until it is started again.
        boot_calls: it also dies at this call of its next start; None: that start is left alone.
    """

    who: str
    calls: int
    after: bool
    down_ms: int
    boot_calls: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Happening):
    """A process is stopped in order, and started again later."""

    who: str
    down_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reboot(Happening):
    """A box loses its power: its process dies, its monotonic clock starts anew.

    Attributes:
        who: whose box.
        down_ms: how long until it is back.
        wall_jump_ms: what its clock, which has no battery, is off by then; a guess until...
        sync_after_ms: ...so much later, when it is set right; None: not before the end.
    """

    who: str
    down_ms: int
    wall_jump_ms: int
    sync_after_ms: int | None


# -- the network ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather(Happening):
    """The broker and the network misbehave for a while."""

    for_ms: int
    plan: FaultPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class DropLink(Happening):
    """One connection is cut."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline(Happening):
    """One process has no network for a while."""

    who: str
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WipeBroker(Happening):
    """The broker loses everything and stays away for a while."""

    outage_ms: int


# -- clocks and disks -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump(Happening):
    """A wall clock is set wrong.

    Attributes:
        who: whose.
        by_ms: forward or back.
        believed: whether the machine takes it for synchronised all the same.
        for_ms: how long until it is set right.
    """

    who: str
    by_ms: int
    believed: bool
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFull(Happening):
    """The database of a process may not grow by more than some pages for a while."""

    who: str
    spare_pages: int
    for_ms: int


Event = (
    Tap
    | Total
    | Redeem
    | Cancel
    | Enrol
    | Print
    | Refund
    | Block
    | NewRules
    | RegisterAgain
    | Kill
    | Stop
    | Reboot
    | Weather
    | DropLink
    | Offline
    | WipeBroker
    | ClockJump
    | DiskFull
)
