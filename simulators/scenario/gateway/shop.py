"""The gateway executor: what scenarios tell is sealed, sent, judged, and read back from the ledger.

Nothing of the rules is reckoned here. Tills do what tills do: they add up goods, print what the
gateway granted, and seal it. What came of it is read from sealed receipts and answers and from the
ledger's rows, and the two must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from gateway.audit.auditor import audit
from gateway.model.ids import CardToken
from gateway.model.transaction import Kind
from simulators.scenario import steps, steps_desk
from simulators.scenario.gateway import counter, desk, money, returning, visits
from simulators.scenario.gateway.asking import Asking
from simulators.scenario.gateway.homes import Home, SqliteHome
from simulators.scenario.gateway.house import House
from simulators.scenario.gateway.names import card_of
from simulators.scenario.gateway.nights import run_nights
from simulators.scenario.gateway.opening import enrolments, learn_rules, open_room, starts_at_ms
from simulators.scenario.gateway.postbox import Sent
from simulators.scenario.gateway.service_race import ServiceRace
from simulators.scenario.gateway.talk import Message, Talk, Tell
from simulators.scenario.gateway.views import state_of
from simulators.scenario.gateway.wire import Wire
from simulators.scenario.port import Answer, Moment, Racer, ScenarioShop, ShopFaultError, State
from simulators.scenario.story import Scenario

S = TypeVar("S", bound=steps.Step)
_Make = Callable[..., Talk[Answer]]
_OPENING: Final = frozenset({Kind.ENROL, Kind.EARN, Kind.TOP_UP})


class Racing(StrEnum):
    """How several steps happen at once."""

    IN_TURN = "in turn"
    """One after the other, each in batches of its own."""
    TOGETHER = "in one batch"
    """What all of them say next is judged in one batch."""
    THREADS = "from threads"
    """Each lane is a thread of its own, and the gateway runs with its own threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Play:
    """A step that was played: what was sent, and what came of it."""

    sent: tuple[Sent, ...]
    answer: Answer


_TALKS: Final[dict[str, _Make]] = {
    "enrol": desk.enrol,
    "price": counter.price,
    "sale": visits.sale,
    "reserve": counter.reserve,
    "redeem": counter.redeem,
    "post": counter.post,
    "void": counter.void,
    "refund": returning.refund,
    "spend-credit": counter.spend_credit,
    "top-up": money.top_up,
    "gift-issue": money.gift_issue,
    "gift-load": money.gift_load,
    "gift-spend": counter.gift_spend,
    "gift-block": money.gift_block,
    "transfer": desk.transfer,
    "adjust": desk.adjust,
    "grant": desk.grant,
    "event": desk.event,
    "referrer": desk.referrer,
    "segments": desk.segments,
    "household-found": desk.household_found,
    "household-invite": desk.household_invite,
    "household-join": desk.household_join,
    "household-leave": desk.household_leave,
    "replace-card": desk.replace_card,
}
"""What is said in each kind of step."""
_OBJECTIONS_TOLD: Final = 5
"""One wrong row makes many others differ; the first ones tell."""


class GatewayShop(ScenarioShop):
    """A shop with a gateway.

    Args:
        scenario: its rules are in force from the beginning of time, its members are enrolled.
        home: where the ledger lives; a SQLite file in a temporary folder where it is left out.
        racing: how several steps happen at once.
        cuts: whether the gateway loses its power at every message.
        audited: whether the books are audited in the end.
    """

    def __init__(
        self,
        scenario: Scenario,
        home: Home | None = None,
        *,
        racing: Racing = Racing.IN_TURN,
        cuts: bool = False,
        audited: bool = True,
    ) -> None:
        self._house = House(home or SqliteHome())
        self._racing = racing
        self._cuts = cuts
        self._audited = audited
        self._plays: dict[str, _Play] = {}
        self._now_ms = 0
        self._room = open_room(scenario, self._house)
        self._wire = Wire(self._house, self._room.tills, cuts=cuts)
        self._asked = Asking(self._room, self._wire)
        self._enrol(scenario)

    # -- steps ----------------------------------------------------------------------------------
    def enrol(self, step: steps.Enrol, moment: Moment) -> Answer:
        """Make a card a new member's."""
        return self._play("enrol", step, moment)

    def price(self, step: steps.Price, moment: Moment) -> Answer:
        """Ask the offers."""
        return self._play("price", step, moment)

    def sale(self, step: steps.Sale, moment: Moment) -> Answer:
        """Play a whole visit."""
        return self._play("sale", step, moment)

    def reserve(self, step: steps.Reserve, moment: Moment) -> Answer:
        """Set something aside."""
        return self._play("reserve", step, moment)

    def redeem(self, step: steps.Redeem, moment: Moment) -> Answer:
        """Set something aside and use it."""
        return self._play("redeem", step, moment)

    def post(self, step: steps.Post, moment: Moment) -> Answer:
        """Use a reservation."""
        return self._play("post", step, moment)

    def void(self, step: steps.Void, moment: Moment) -> Answer:
        """Give a reservation up."""
        return self._play("void", step, moment)

    def refund(self, step: steps.Refund, moment: Moment) -> Answer:
        """Take goods or money back."""
        return self._play("refund", step, moment)

    def spend_credit(self, step: steps.SpendCredit, moment: Moment) -> Answer:
        """Pay with stored credit."""
        return self._play("spend-credit", step, moment)

    def top_up(self, step: steps.TopUp, moment: Moment) -> Answer:
        """Pay stored credit in."""
        return self._play("top-up", step, moment)

    def gift_issue(self, step: steps.GiftIssue, moment: Moment) -> Answer:
        """Issue gift cards."""
        return self._play("gift-issue", step, moment)

    def gift_load(self, step: steps.GiftLoad, moment: Moment) -> Answer:
        """Add money to a gift card."""
        return self._play("gift-load", step, moment)

    def gift_spend(self, step: steps.GiftSpend, moment: Moment) -> Answer:
        """Pay with a gift card."""
        return self._play("gift-spend", step, moment)

    def gift_block(self, step: steps_desk.GiftBlock, moment: Moment) -> Answer:
        """Block a gift card, or set it free."""
        return self._play("gift-block", step, moment)

    def transfer(self, step: steps_desk.Transfer, moment: Moment) -> Answer:
        """Move stored credit between members."""
        return self._play("transfer", step, moment)

    def adjust(self, step: steps_desk.Adjust, moment: Moment) -> Answer:
        """Give or take points or credit."""
        return self._play("adjust", step, moment)

    def grant(self, step: steps_desk.Grant, moment: Moment) -> Answer:
        """Give coupons."""
        return self._play("grant", step, moment)

    def event(self, step: steps_desk.Event, moment: Moment) -> Answer:
        """Earn for something that is no purchase."""
        return self._play("event", step, moment)

    def referrer(self, step: steps_desk.Referrer, moment: Moment) -> Answer:
        """Write down who brought a member."""
        return self._play("referrer", step, moment)

    def segments(self, step: steps_desk.Segments, moment: Moment) -> Answer:
        """Put a member into groups."""
        return self._play("segments", step, moment)

    def household_found(self, step: steps_desk.HouseholdFound, moment: Moment) -> Answer:
        """Found a household."""
        return self._play("household-found", step, moment)

    def household_invite(self, step: steps_desk.HouseholdInvite, moment: Moment) -> Answer:
        """Invite a member."""
        return self._play("household-invite", step, moment)

    def household_join(self, step: steps_desk.HouseholdJoin, moment: Moment) -> Answer:
        """Join the household that invited."""
        return self._play("household-join", step, moment)

    def household_leave(self, step: steps_desk.HouseholdLeave, moment: Moment) -> Answer:
        """Leave the household."""
        return self._play("household-leave", step, moment)

    def replace_card(self, step: steps_desk.ReplaceCard, moment: Moment) -> Answer:
        """Let a new card take an old one's place."""
        return self._play("replace-card", step, moment)

    def block_card(self, step: steps_desk.BlockCard, moment: Moment) -> Answer:
        """Block a card, or set it free."""
        self._let_time_pass(moment)
        token = card_of(step.card).token
        self._house.block_card(token, self._now_ms, blocked=step.blocked)
        return Answer()

    def publish(self, step: steps_desk.Publish, moment: Moment) -> Answer:
        """Let a new version of the rules hold from now on."""
        self._let_time_pass(moment)
        programme = replace(step.programme, effective_from_ms=moment.at_ms)
        self._house.add_programme(programme)
        learn_rules(self._room, programme, self._now_ms)
        return Answer()

    def nightly(self, step: steps_desk.Nightly, moment: Moment) -> Answer:
        """Do the nightly run."""
        del step
        self._let_time_pass(moment)
        return run_nights(self._house, self._now_ms, cuts=self._cuts)

    def power_cut(self, step: steps_desk.PowerCut, moment: Moment) -> Answer:
        """Lose power and start again; tills send again what was not settled."""
        del step
        self._house.cut()
        self._let_time_pass(moment)
        return Answer()

    # -- many at once -------------------------------------------------------------------------

    def race(self, racers: Sequence[Racer]) -> list[Answer]:
        """Do steps that happen at once, as this shop lets them race."""
        apart = any(racer.kind not in _TALKS for racer in racers)
        if self._racing is Racing.IN_TURN or apart:
            return super().race(racers)
        self._let_time_pass(racers[-1].moment)
        lanes = {racer.lane: self._lane(racers, racer.lane) for racer in racers}
        talks = list(lanes.values())
        if self._racing is Racing.TOGETHER:
            answers = self._together(talks)
        else:
            with ServiceRace(self._house, self._room.tills, self._now_ms) as race:
                answers = {place: one for lane in race.run(talks) for place, one in lane.items()}
        return [answers[place] for place in range(len(racers))]

    def _lane(self, racers: Sequence[Racer], lane: int) -> Talk[dict[int, Answer]]:
        """One lane's steps as one talk, by their places in the race."""
        answers = {}
        for place, racer in enumerate(racers):
            if racer.lane == lane:
                talk = _TALKS[racer.kind](self._room, racer.step, racer.moment)
                answers[place] = yield from talk
        return answers

    def _together(self, talks: list[Talk[dict[int, Answer]]]) -> dict[int, Answer]:
        """Let talks go on side by side: what each says next goes into one batch."""
        answers: dict[int, Answer] = {}
        waiting: list[tuple[Talk[dict[int, Answer]], Message]] = []

        def go_on(talk: Talk[dict[int, Answer]], heard: object) -> None:
            try:
                waiting.append((talk, talk.send(heard)))  # type: ignore[arg-type]
            except StopIteration as end:
                answers.update(end.value)

        for talk in talks:
            go_on(talk, None)
        while waiting:
            now, waiting = waiting, []
            sent = self._send([message for _, message in now])
            for (talk, _), one in zip(now, sent, strict=True):
                go_on(talk, one.heard)
        return answers

    # -- looking --------------------------------------------------------------------------------

    def look(self, moment: Moment) -> State:
        """Say what everybody has: the ledger, which a till's questions must be answered by."""
        self._let_time_pass(moment)
        room = self._room
        with self._house.store.batch() as batch:
            members = room.people.members(batch)
            programme = room.programmes[-1]
            state = state_of(batch, members, room.gift_cards, programme, self._now_ms)
        asked = tuple(self._asked.differences(state, moment, self._now_ms))
        return replace(state, faults=(*state.faults, *asked))

    def objections(self) -> tuple[str, ...]:
        """What the auditor finds wrong in the end."""
        if not self._audited:
            return ()
        with self._house.store.batch() as batch:
            report = audit(batch)
        told = [f"{one.where}: {one.what}" for one in report.findings[:_OBJECTIONS_TOLD]]
        more = report.found - len(told)
        return (*told, f"and {more} more findings") if more else tuple(told)

    def close(self) -> None:
        """Clear everything away."""
        self._house.close()

    # -- parts ----------------------------------------------------------------------------------

    def _play(self, kind: str, step: S, moment: Moment) -> Answer:
        """Play a step; one that was played already is sent again, byte for byte."""
        self._let_time_pass(moment)
        played = self._plays.get(moment.id)
        if played is not None:
            self._wire.again(played.sent, self._now_ms)
            return played.answer
        sent: list[Sent] = []
        talk = _TALKS[kind](self._room, step, moment)
        try:
            message = next(talk)
            while True:
                sent += self._send([message])
                heard = sent[-1].heard
                assert heard is not None, "what was sent was answered"
                message = talk.send(heard)
        except StopIteration as end:
            answer: Answer = end.value
        self._plays[moment.id] = _Play(sent=tuple(sent), answer=answer)
        return answer

    def _send(self, messages: Sequence[Message]) -> list[Sent]:
        cards = [_opening_card(message) for message in messages]
        newcomers = self._room.people.newcomers(
            self._house.store, [card for card in cards if card is not None]
        )
        self._house.pseudonyms.expect(newcomers)
        try:
            return self._wire.send(messages, self._now_ms)
        finally:
            self._house.pseudonyms.expect(())

    def _let_time_pass(self, moment: Moment) -> None:
        self._now_ms = max(self._now_ms, moment.at_ms)
        self._house.tick_until(self._now_ms)

    def _enrol(self, scenario: Scenario) -> None:
        """Enrol who is a member from the beginning, and begin with a night that is done."""
        room = self._room
        for step, moment, person in enrolments(scenario):
            self.enrol(step, moment)
            owner = room.owner(step.card)
            if owner is None:
                raise ShopFaultError(f"{person.name} was not enrolled")
            room.people.name(owner, person.name)
            self._house.days.note(owner, person.dates)
        started_ms = starts_at_ms(scenario)
        for _, moment, person in enrolments(scenario):
            at_start = replace(
                moment, id=f"groups of {person.name}", at_ms=started_ms, made_at_ms=started_ms
            )
            if person.segments:
                self.segments(
                    steps_desk.Segments(member=person.name, segments=person.segments), at_start
                )
        self._now_ms = max(self._now_ms, started_ms)
        run_nights(self._house, self._now_ms)


def _opening_card(message: Message) -> CardToken | None:
    """The card whose owner a message may make a member."""
    if not isinstance(message, Tell) or message.draft.kind not in _OPENING:
        return None
    return None if message.draft.card is None else message.draft.card.token
