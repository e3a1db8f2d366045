"""The pure executor: each step asks the rule engine, and keeps books of its own.

It is an oracle beside the ledger: it shares the rule engine with the gateway and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from gateway.errors import ValueRangeError
from gateway.model.outcome import Reason
from gateway.program.nightly import night_of
from simulators.scenario import steps, steps_desk
from simulators.scenario.clock import ScenarioClock
from simulators.scenario.port import Answer, Moment, ScenarioShop, State
from simulators.scenario.pure import (
    counter,
    currencies,
    desk,
    households,
    returning,
    stored_money,
    visits,
)
from simulators.scenario.pure.books import Books, Card, Member, member_id_of
from simulators.scenario.pure.knowledge import update_tier
from simulators.scenario.pure.night import run_nights
from simulators.scenario.pure.views import state_of
from simulators.scenario.story import Scenario

S = TypeVar("S", bound=steps.Step)


class PureShop(ScenarioShop):
    """A shop that is nothing but values.

    Args:
        scenario: its rules are in force from the beginning of time, its members are enrolled.
    """

    def __init__(self, scenario: Scenario) -> None:
        settings = scenario.programme.rules.settings
        opened_ms = ScenarioClock(scenario).moment(steps_desk.Look(), "", "").at_ms
        self._books = Books(
            programmes=(scenario.programme,), last_night=night_of(settings, opened_ms)
        )
        for person in scenario.members:
            self._books.members[person.name] = Member(
                name=person.name,
                id=member_id_of(person.name),
                joined_on=person.joined_on or scenario.start.date(),
                dates=person.dates,
                segments=person.segments,
            )
            for card in person.held_cards:
                self._books.cards[card] = Card(member=person.name)

    def enrol(self, step: steps.Enrol, moment: Moment) -> Answer:
        """Make a card a new member's."""
        return self._do(desk.enrol, step, moment)

    def price(self, step: steps.Price, moment: Moment) -> Answer:
        """Ask the offers."""
        return self._do(counter.price, step, moment)

    def sale(self, step: steps.Sale, moment: Moment) -> Answer:
        """Play a whole visit."""
        return self._do(visits.sale, step, moment)

    def reserve(self, step: steps.Reserve, moment: Moment) -> Answer:
        """Set something aside."""
        return self._do(counter.reserve, step, moment)

    def redeem(self, step: steps.Redeem, moment: Moment) -> Answer:
        """Set something aside and use it."""
        return self._do(counter.redeem, step, moment)

    def post(self, step: steps.Post, moment: Moment) -> Answer:
        """Use a reservation."""
        return self._do(counter.post, step, moment)

    def void(self, step: steps.Void, moment: Moment) -> Answer:
        """Give a reservation up."""
        return self._do(counter.void, step, moment)

    def refund(self, step: steps.Refund, moment: Moment) -> Answer:
        """Take goods or money back."""
        return self._do(returning.refund, step, moment)

    def spend_credit(self, step: steps.SpendCredit, moment: Moment) -> Answer:
        """Pay with stored credit."""
        return self._do(counter.spend_credit, step, moment)

    def top_up(self, step: steps.TopUp, moment: Moment) -> Answer:
        """Pay stored credit in."""
        return self._do(stored_money.top_up, step, moment)

    def gift_issue(self, step: steps.GiftIssue, moment: Moment) -> Answer:
        """Issue gift cards."""
        return self._do(stored_money.gift_issue, step, moment)

    def gift_load(self, step: steps.GiftLoad, moment: Moment) -> Answer:
        """Add money to a gift card."""
        return self._do(stored_money.gift_load, step, moment)

    def gift_spend(self, step: steps.GiftSpend, moment: Moment) -> Answer:
        """Pay with a gift card."""
        return self._do(counter.gift_spend, step, moment)

    def gift_block(self, step: steps_desk.GiftBlock, moment: Moment) -> Answer:
        """Block a gift card, or set it free."""
        return self._do(stored_money.gift_block, step, moment)

    def transfer(self, step: steps_desk.Transfer, moment: Moment) -> Answer:
        """Move stored credit between members."""
        return self._do(desk.transfer, step, moment)

    def adjust(self, step: steps_desk.Adjust, moment: Moment) -> Answer:
        """Give or take points or credit."""
        return self._do(desk.adjust, step, moment)

    def grant(self, step: steps_desk.Grant, moment: Moment) -> Answer:
        """Give coupons."""
        return self._do(desk.grant, step, moment)

    def event(self, step: steps_desk.Event, moment: Moment) -> Answer:
        """Earn for something that is no purchase."""
        return self._do(desk.event, step, moment)

    def referrer(self, step: steps_desk.Referrer, moment: Moment) -> Answer:
        """Write down who brought a member."""
        return self._do(desk.referrer, step, moment)

    def segments(self, step: steps_desk.Segments, moment: Moment) -> Answer:
        """Put a member into groups."""
        return self._do(desk.segments, step, moment)

    def household_found(self, step: steps_desk.HouseholdFound, moment: Moment) -> Answer:
        """Found a household."""
        return self._do(households.found, step, moment)

    def household_invite(self, step: steps_desk.HouseholdInvite, moment: Moment) -> Answer:
        """Invite a member."""
        return self._do(households.invite, step, moment)

    def household_join(self, step: steps_desk.HouseholdJoin, moment: Moment) -> Answer:
        """Join the household that invited."""
        return self._do(households.join, step, moment)

    def household_leave(self, step: steps_desk.HouseholdLeave, moment: Moment) -> Answer:
        """Leave the household."""
        return self._do(households.leave, step, moment)

    def block_card(self, step: steps_desk.BlockCard, moment: Moment) -> Answer:
        """Block a card, or set it free."""
        return self._do(desk.block_card, step, moment)

    def replace_card(self, step: steps_desk.ReplaceCard, moment: Moment) -> Answer:
        """Let a new card take an old one's place."""
        return self._do(desk.replace_card, step, moment)

    def publish(self, step: steps_desk.Publish, moment: Moment) -> Answer:
        """Let a new version of the rules hold from now on."""
        programme = replace(step.programme, effective_from_ms=moment.at_ms)
        counter.free_expired_holds(self._books, moment.at_ms)
        currencies.publish(self._books, programme)
        return Answer()

    def nightly(self, step: steps_desk.Nightly, moment: Moment) -> Answer:
        """Do the nightly run."""
        del step
        counter.free_expired_holds(self._books, moment.at_ms)
        return run_nights(self._books, moment)

    def power_cut(self, step: steps_desk.PowerCut, moment: Moment) -> Answer:
        """Nothing: values lose no power."""
        del step, moment
        return Answer()

    def look(self, moment: Moment) -> State:
        """Say what everybody has."""
        counter.free_expired_holds(self._books, moment.at_ms)
        return state_of(self._books, moment.at_ms)

    def close(self) -> None:
        """Nothing is held."""

    def _do(self, what: Callable[[Books, S, Moment], Answer], step: S, moment: Moment) -> Answer:
        """Do a step once; what is refused leaves no trace but its answer."""
        known = self._books.answers.get(moment.id)
        if known is not None:
            return known
        counter.free_expired_holds(self._books, moment.at_ms)
        changed = self._books.copy()
        try:
            answer = currencies.in_its_currency(changed, what, step, moment)
        except KeyError as error:
            raise ValueRangeError(f"nobody knows {error.args[0]!r}") from error
        if answer.refused is Reason.NONE:
            _find_levels(self._books, changed, moment)
            self._books = changed
        self._books.answers[moment.id] = answer
        return answer


def _find_levels(before: Books, after: Books, moment: Moment) -> None:
    """Find the levels anew of those members whose points or purchases a step has changed."""
    wallets = {
        owner
        for (owner, unit), wallet in after.wallets.items()
        if before.wallets.get((owner, unit)) != wallet
    }
    buyers = {
        brought.member
        for name, record in after.sales.items()
        if before.sales.get(name) != record
        for brought in record.brought
    }
    for name in after.members:
        is_new = name not in before.members
        if is_new or name in buyers or after.owner_of(name) in wallets:
            update_tier(after, name, moment)
