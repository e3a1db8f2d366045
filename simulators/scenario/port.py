"""The port behind which scenarios are played, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import MohrError
from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from simulators.scenario import steps, steps_desk

NEVER = "never"
"""Stands for the last day of a lot that does not lapse."""


class NotSupportedError(MohrError):
    """An executor cannot do a step; the scenario is not run on it, and says nothing of it."""


class ShopFaultError(MohrError):
    """An executor did what it never may; the scenario cannot go on, and has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where and when a step happens.

    Attributes:
        id: names the transaction; the same id again is the same transaction, sent again.
        branch: where.
        terminal: at which till.
        at_ms: when it reaches the gateway, Unix time in milliseconds.
        made_at_ms: when the terminal made it.
    """

    id: str
    branch: str
    terminal: str
    at_ms: int
    made_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So much of something that has a name."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotPart:
    """Points or credit of one lot.

    Attributes:
        day: the last day on which they can be spent, ISO 8601, or ``never``; of what cannot be
            spent yet, the first.
        amount: how much.
    """

    day: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a step. What it did not do is left at nothing.

    Attributes:
        refused: why nothing happened.
        earned: points that were given, spendable or not yet.
        credit_earned: the same in stored credit.
        redeemed: points that were set aside or used.
        amount_minor: what they, or the credit, or the gift card, paid.
        discount_minor: what offers and rewards took off.
        total_minor: what the sale cost after that.
        due_minor: what was left to pay otherwise.
        clawed: points that a return took back.
        returned: points that it gave back.
        activated: points that became spendable by night.
        converted_minor: credit that points became by night.
        expired: points that lapsed.
        awards: points and credit by the rule that gave them.
        discounts: money off by the offer or reward that gave it.
        vouchers: coupons and benefits by the offer that gave them.
        held_out: offers that the member's lot kept from giving.
        tier: the level the sale was rated in.
        taken: the lots that were spent.
        closed: what was left in each lot that the night closed.
    """

    refused: Reason = Reason.NONE
    earned: int = 0
    credit_earned: int = 0
    redeemed: int = 0
    amount_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0
    due_minor: int = 0
    clawed: int = 0
    returned: int = 0
    activated: int = 0
    converted_minor: int = 0
    expired: int = 0
    awards: tuple[Part, ...] = ()
    discounts: tuple[Part, ...] = ()
    vouchers: tuple[Part, ...] = ()
    held_out: tuple[str, ...] = ()
    tier: str | None = None
    taken: tuple[LotPart, ...] = ()
    closed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Everything that ever moved in a wallet.

    Earned, returned, less spent, expired and clawed, and what came and went otherwise, is what is
    there: active and held and pending, less what is owed.
    """

    earned: int = 0
    returned: int = 0
    spent: int = 0
    expired: int = 0
    clawed: int = 0
    adjusted: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """One wallet.

    Attributes:
        owner: whose: a member, a household or a gift card.
        unit: what is in it.
        sums: all that moved.
        active: what can be spent.
        lapsed: what cannot be spent any more, and waits for the night to say so.
        held: what is set aside.
        pending: what cannot be spent yet.
        negative: what is owed.
    """

    owner: str
    unit: Unit
    sums: Sums
    active: int
    lapsed: int
    held: int
    pending: int
    negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """What a member has. In a household it is the household's.

    Attributes:
        name: the scenario's name.
        points: what can be spent; below zero where points are owed.
        pending: what cannot be spent yet.
        held: what is set aside.
        credit_minor: stored credit that can be spent.
        tier: the level.
        lots: spendable points, the next to be spent first.
        pending_lots: points that wait, by the day from which they can be spent.
        vouchers: coupons by the reward they are for, benefits by the offer that gave them.
    """

    name: str
    points: int
    pending: int
    held: int
    credit_minor: int
    tier: str | None
    lots: tuple[LotPart, ...]
    pending_lots: tuple[LotPart, ...]
    vouchers: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What everybody has.

    Attributes:
        members: who.
        gift_cards: what is left on each card.
        wallets: every wallet, for the ledger's identities.
        unbalanced: ledgers whose two sides differ, and by how much; never any.
        faults: what else is wrong with the books, in sentences; never any.
    """

    members: tuple[MemberView, ...]
    gift_cards: tuple[Part, ...]
    wallets: tuple[WalletView, ...]
    unbalanced: tuple[Part, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Racer:
    """A step of a race.

    Attributes:
        lane: counts the lanes from 0; a lane keeps its own order.
        kind: of the step, as files name it.
        step: what.
        moment: where and when.
    """

    lane: int
    kind: str
    step: steps.Step
    moment: Moment


class Stage(ABC):
    """Where a scenario is played.

    A refusal is an answer. An exception is a fault of the executor.
    """

    @abstractmethod
    def do(self, kind: str, step: steps.Step, moment: Moment) -> Answer:
        """Do a step by the name that files give its kind.

        Raises:
            NotSupportedError: if it cannot.
            ShopFaultError: if it did what it never may.
        """

    @abstractmethod
    def look(self, moment: Moment) -> State:
        """Say what everybody has."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and processes."""

    def race(self, racers: Sequence[Racer]) -> list[Answer]:
        """Do steps that happen at once, in an order that their lanes allow.

        An executor that can really do several at once does; others do one after the other.
        """
        return [self.do(racer.kind, racer.step, racer.moment) for racer in racers]

    def objections(self) -> tuple[str, ...]:
        """What an audit of everything that was played finds wrong; nothing where there is none."""
        return ()


class ScenarioShop(Stage):
    """A shop in which a scenario can be played: one method for each kind of step."""

    def do(self, kind: str, step: steps.Step, moment: Moment) -> Answer:
        """See ``Stage``."""
        answer: Answer = getattr(self, kind.replace("-", "_"))(step, moment)
        return answer

    @abstractmethod
    def enrol(self, step: steps.Enrol, moment: Moment) -> Answer:
        """Make a card a new member's."""

    @abstractmethod
    def price(self, step: steps.Price, moment: Moment) -> Answer:
        """Ask the offers; nothing changes."""

    @abstractmethod
    def sale(self, step: steps.Sale, moment: Moment) -> Answer:
        """Play a whole visit."""

    @abstractmethod
    def reserve(self, step: steps.Reserve, moment: Moment) -> Answer:
        """Set points aside."""

    @abstractmethod
    def redeem(self, step: steps.Redeem, moment: Moment) -> Answer:
        """Set points aside and use them."""

    @abstractmethod
    def post(self, step: steps.Post, moment: Moment) -> Answer:
        """Use a reservation."""

    @abstractmethod
    def void(self, step: steps.Void, moment: Moment) -> Answer:
        """Give a reservation up."""

    @abstractmethod
    def refund(self, step: steps.Refund, moment: Moment) -> Answer:
        """Take goods or money back."""

    @abstractmethod
    def spend_credit(self, step: steps.SpendCredit, moment: Moment) -> Answer:
        """Pay with stored credit."""

    @abstractmethod
    def top_up(self, step: steps.TopUp, moment: Moment) -> Answer:
        """Pay stored credit in."""

    @abstractmethod
    def gift_issue(self, step: steps.GiftIssue, moment: Moment) -> Answer:
        """Issue gift cards."""

    @abstractmethod
    def gift_load(self, step: steps.GiftLoad, moment: Moment) -> Answer:
        """Add money to a gift card."""

    @abstractmethod
    def gift_spend(self, step: steps.GiftSpend, moment: Moment) -> Answer:
        """Pay with a gift card."""

    @abstractmethod
    def gift_block(self, step: steps_desk.GiftBlock, moment: Moment) -> Answer:
        """Block a gift card, or set it free."""

    @abstractmethod
    def transfer(self, step: steps_desk.Transfer, moment: Moment) -> Answer:
        """Move stored credit between members."""

    @abstractmethod
    def adjust(self, step: steps_desk.Adjust, moment: Moment) -> Answer:
        """Give or take points or credit."""

    @abstractmethod
    def grant(self, step: steps_desk.Grant, moment: Moment) -> Answer:
        """Give coupons."""

    @abstractmethod
    def event(self, step: steps_desk.Event, moment: Moment) -> Answer:
        """Earn for something that is no purchase."""

    @abstractmethod
    def referrer(self, step: steps_desk.Referrer, moment: Moment) -> Answer:
        """Write down who brought a member."""

    @abstractmethod
    def segments(self, step: steps_desk.Segments, moment: Moment) -> Answer:
        """Put a member into groups."""

    @abstractmethod
    def household_found(self, step: steps_desk.HouseholdFound, moment: Moment) -> Answer:
        """Found a household."""

    @abstractmethod
    def household_invite(self, step: steps_desk.HouseholdInvite, moment: Moment) -> Answer:
        """Invite a member."""

    @abstractmethod
    def household_join(self, step: steps_desk.HouseholdJoin, moment: Moment) -> Answer:
        """Join the household that invited."""

    @abstractmethod
    def household_leave(self, step: steps_desk.HouseholdLeave, moment: Moment) -> Answer:
        """Leave the household."""

    @abstractmethod
    def block_card(self, step: steps_desk.BlockCard, moment: Moment) -> Answer:
        """Block a card, or set it free."""

    @abstractmethod
    def replace_card(self, step: steps_desk.ReplaceCard, moment: Moment) -> Answer:
        """Let a new card take an old one's place."""

    @abstractmethod
    def publish(self, step: steps_desk.Publish, moment: Moment) -> Answer:
        """Let a new version of the rules hold."""

    @abstractmethod
    def nightly(self, step: steps_desk.Nightly, moment: Moment) -> Answer:
        """Do the nightly run."""

    @abstractmethod
    def power_cut(self, step: steps_desk.PowerCut, moment: Moment) -> Answer:
        """Lose power and start again."""
