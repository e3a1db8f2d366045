"""What can happen in a scenario away from the counter: at the desk, by night, and by misfortune."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from simulators.scenario.steps import TIMES_MAX, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftBlock(Step):
    """A gift card is blocked, or set free again."""

    gift_card: str
    blocked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Step):
    """Stored credit moves from one member to another."""

    member: str
    to: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust(Step):
    """Somebody with the right to gives points or credit, or takes them with an amount below 0."""

    member: str
    amount: int
    unit: Unit = Unit.POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Step):
    """A member is given coupons for a reward."""

    member: str
    reward: str
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Step):
    """A member does something that is no purchase.

    Attributes:
        event: what, as the programme's rules call it.
        source: tells two of the same apart; the same again counts once. Each is another one
            where it is left out.
    """

    member: str
    event: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer(Step):
    """The desk writes down who brought a member."""

    member: str
    brought_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments(Step):
    """The desk says which groups a member is in."""

    member: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdFound(Step):
    """A member founds a household."""

    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdInvite(Step):
    """A founder invites somebody."""

    member: str
    invited: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdJoin(Step):
    """Whoever was invited joins."""

    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdLeave(Step):
    """A member leaves."""

    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCard(Step):
    """A card is blocked, or set free again."""

    card: str
    blocked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceCard(Step):
    """A new card names the member of an old one."""

    card: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Step):
    """A new version of the rules holds from now on."""

    programme: Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly(Step):
    """The nightly run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance(Step):
    """Time passes: so many days, or until ``at``."""

    days: int = 0

    def __post_init__(self) -> None:
        check_int("days", self.days, 0, 36_600)
        if (self.days == 0) == (self.at is None):
            raise ValueRangeError("say either days or at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Step):
    """Nothing happens; somebody looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCut(Step):
    """The gateway loses its power and starts again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Step):
    """One step reaches the gateway so many times: the same transaction, sent again."""

    times: int

    def __post_init__(self) -> None:
        check_int("times", self.times, 2, TIMES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Step):
    """Several steps happen so many times, each time anew."""

    times: int

    def __post_init__(self) -> None:
        check_int("times", self.times, 1, TIMES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Race(Step):
    """Several lanes of steps at once. What must come of it must do so in every order."""
