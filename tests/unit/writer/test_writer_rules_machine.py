"""Any order of everything under rules: a state machine over the whole ledger, through the writer.

After every step the books hold all their invariants, and limits, coupons, standings and accounts
are what the sales and reservations that stand say (``simulators.rules_reckoning``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import ClassVar, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.ledger.kinds import WalletKind
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import CardRow, StandingRow, UsageRow, VoucherRow, WalletRow
from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardProfile
from gateway.model.ids import MemberId
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import CommandParts
from gateway.model.ledger_command import LedgerCommandKind as Desk
from gateway.model.outcome import Status
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.returns import RefundBasis, ReturnPolicy, UnknownOriginal
from gateway.model.rules.tiers import TierBasis
from gateway.writer.arrival import Arrival, AuthArrival, TransactionArrival
from simulators.given.rules_lanes import COMMAND_PARTS, Granted, Lane
from simulators.rules_of_everything import BASKETS, rules_of_everything
from simulators.rules_reckoning import misreckoned
from simulators.rules_shop import DAY_MS, RulesShop, club
from simulators.rules_till import card_named, line

STEPS: Final = 50
SOAK: Final = bool(os.environ.get("MOHR_SOAK"))
#: Some runs end before their last step, so there are more of them than it would take.
EXAMPLES: Final = 2_300 if SOAK else 24
STEPS_IN_ALL: Final = 100_000 if SOAK else 600
_CARDS: Final = ("ada", "bob", "eve")
_KEPT: Final[tuple[type[Row], ...]] = (
    JournalRow, WalletRow, LotRow, UsageRow, StandingRow, VoucherRow,
)  # fmt: skip
_HOW: Final = (
    "points", "points", "off", "cash", "wash", "coupon", "offers", "credit", "gift",
)  # fmt: skip
_ENDS: Final = ("wait", "post", "post", "part", "late", "void", "cancel")
_LANE = st.integers(0, 1)
_CARD = st.sampled_from(_CARDS)
_SALES: Final = {
    f"sale {number} of {kind}": basket for kind, basket in enumerate(BASKETS) for number in range(4)
}
_SALE = st.sampled_from(sorted(_SALES))


class RulesMachine(RuleBasedStateMachine):
    """Tills seal in order; what they sealed arrives in any order, repeatedly, or later.

    Attributes:
        checks: how often the books were looked at, in all runs.
    """

    checks: ClassVar[int] = 0

    @initialize(
        refund=st.sampled_from(RefundPolicy),
        unknown=st.sampled_from(UnknownCardPolicy),
        returns=st.builds(
            ReturnPolicy,
            basis=st.sampled_from(RefundBasis),
            unknown_original=st.just(UnknownOriginal.TAKE_BACK),
            only_pending=st.sampled_from([False, False, True]),
            grace_days=st.sampled_from([0, 2]),
        ),
        basis=st.sampled_from([TierBasis.BALANCE, TierBasis.SPEND, TierBasis.POINTS_EARNED]),
        lapsing=st.booleans(),
    )
    def open_shop(
        self,
        refund: RefundPolicy,
        unknown: UnknownCardPolicy,
        returns: ReturnPolicy,
        basis: TierBasis,
        *,
        lapsing: bool,
    ) -> None:
        """Begin with two tills, two members who have bought, and a gift card."""
        rules = rules_of_everything(returns, basis, lapsing=lapsing)
        self.programme = replace(club(rules, refund=refund), unknown_card=unknown)
        self.debts = refund is RefundPolicy.ALLOW_NEGATIVE
        self.exact = self.debts and not returns.only_pending
        self.shop = RulesShop(MemoryLedgerStore(), self.programme)
        self.lanes = [Lane(self.shop.till(f"till-{n}")) for n in range(2)]
        self.granted: list[Granted] = []
        self.asked: list[AuthArrival] = []
        self.sold: list[str] = []
        self.papers = 0
        lane = self.lanes[0]
        for card in _CARDS[:2]:
            lane.under_way += [lane.till.enrol(card), lane.till.load(card, 2_000)]
            lane.under_way.append(lane.till.sell(card, f"first of {card}", 20_000))
        lane.under_way.append(lane.till.load("gift-1", 5_000, Instrument.GIFT))
        self._flush(lane)

    # -- what tills seal ------------------------------------------------------------------------

    @rule(
        lane=_LANE,
        card=_CARD,
        sale=_SALE,
        used=st.lists(st.tuples(st.sampled_from(_HOW), st.sampled_from(_ENDS)), max_size=3),
        told=st.sampled_from(["now", "now", "late", ""]),
        back=st.sampled_from(["", "", "part", "all", "all"]),
    )
    def visit(
        self, lane: int, card: str, sale: str, used: list[tuple[str, str]], told: str, back: str
    ) -> None:
        """Use something on a sale, tell of it, bring it back; names of sales collide on purpose."""
        there, basket = self.lanes[lane], _SALES[sale]
        for how, then in used:
            self._reserve(there, (card, sale), how, then)
        if told:
            there.till.late_ms = 2 * DAY_MS if told == "late" else 0
            sealed = there.till.sell(card, sale, basket.total_minor, lines=basket.lines)
            there.till.late_ms = 0
            self._seal(lane, sealed)
        self.sold.append(sale)
        if back:
            self._flush(there)
            self._bring_back(lane, sale, "a" if back == "part" else "")

    @precondition(lambda self: self.sold)
    @rule(lane=_LANE, pick=st.integers(0, 4), what=st.sampled_from(["", "a", "b", "money", "all"]))
    def take_back(self, lane: int, pick: int, what: str) -> None:
        """Take a sale back, or a part of it: a piece of goods, or some money."""
        self._bring_back(lane, self.sold[-1 - pick % len(self.sold)], what)

    @rule(
        lane=_LANE,
        card=_CARD,
        what=st.sampled_from(["enrol", "unknown", "credit", "gift-1", "gift-2", "survey"]),
    )
    def do_something_small(self, lane: int, card: str, what: str) -> None:
        """Enrol, pay money in, answer a survey, bring back what nobody knows."""
        till = self.lanes[lane].till
        seals: dict[str, Callable[[], TransactionArrival]] = {
            "enrol": lambda: till.enrol(card),
            "unknown": lambda: till.take_back_from(card, self._paper(), 700),
            "credit": lambda: till.load(card, 701),
            "gift-1": lambda: till.load("gift-1", 3_001, Instrument.GIFT),
            "gift-2": lambda: till.load("gift-2", 501, Instrument.GIFT),
            "survey": lambda: till.event(card, "survey", "may"),
        }
        self._seal(lane, seals[what]())

    @precondition(lambda self: self.granted)
    @rule(pick=st.integers(0, 9), then=st.sampled_from(_ENDS))
    def settle_hold(self, pick: int, then: str) -> None:
        """End a reservation that was granted once, whatever became of it."""
        self._end(self.granted[-1 - pick % len(self.granted)], then)

    # -- the desk, the clock and the wire -------------------------------------------------------

    @rule(
        kind=st.sampled_from(sorted(COMMAND_PARTS)),
        card=_CARD,
        other=_CARD,
        amount=st.integers(-60, 90),
    )
    def ask_the_desk(self, kind: Desk, card: str, other: str, amount: int) -> None:
        """Do something by hand, twice: the second time changes nothing."""
        owners = {row.token: row.member_id for row in self.shop.rows(CardRow)}
        one, two = (owners.get(card_named(name).token) for name in (card, other))
        if one is None or two is None:
            return
        command = self.shop.made(kind, **self._parts(kind, (card, one), two, amount))
        first = self.shop.carry_out(command)
        before = self._state()
        again = self.shop.carry_out(command)
        refused = first.status is Status.REFUSED
        assert again.status is (Status.REFUSED if refused else Status.DUPLICATE)
        assert self._state() == before

    @rule(hours=st.sampled_from([0, 1, 13, 25, 80]))
    def let_time_pass(self, hours: int) -> None:
        """Free what has run out, and let the nights come that are due."""
        self.shop.later(hours=hours, ms=301_000)
        self.shop.tick()
        while self.shop.writer.night(self.shop.now_ms, 3).left:
            self.shop.check()

    @precondition(lambda self: self.programme.version < 4)
    @rule(earn_points=st.integers(0, 2))
    def publish(self, earn_points: int) -> None:
        """Another version counts from now on."""
        version = self.programme.version + 1
        self.programme = replace(self.programme, version=version, earn_points=earn_points)
        self.shop.publish(self.programme)

    @rule(lane=_LANE, order=st.randoms(use_true_random=False), most=st.sampled_from([1, 3, 9]))
    def deliver(self, lane: int, order: Random, most: int) -> None:
        """Deliver some of what is under way, in any order and some of it twice."""
        there = self.lanes[lane]
        some = there.under_way[:most]
        order.shuffle(some)
        self._apply(*some, *some[:1], *there.sent[-1:])
        if order.random() < 0.7:
            there.sent += some
            del there.under_way[:most]

    @rule()
    def repeat_everything(self) -> None:
        """Whatever was delivered before may come again at any time and changes nothing."""
        before = self._state()
        self._apply(*(one for lane in self.lanes for one in lane.sent))
        for asked in self.asked:
            self._apply(asked)
        self.shop.restart()
        assert self._state() == before

    # -- what must always hold ------------------------------------------------------------------

    @invariant()
    def the_books_say_what_stands(self) -> None:
        """Limits, coupons, standings and accounts are those of what stands; debts need leave."""
        if not hasattr(self, "shop"):
            return
        RulesMachine.checks += 1
        with self.shop.store.batch() as batch:
            wrong = misreckoned(batch, exact=self.exact)
            assert not wrong, wrong
            for wallet in batch.every(WalletRow):
                may_owe = self.debts and wallet.kind is not WalletKind.GIFT
                assert wallet.available >= 0 or may_owe, wallet

    @rule()
    def deliver_the_rest_backwards(self) -> None:
        """However late and in whatever order, every chain is settled to its end."""
        for lane in self.lanes:
            self._apply(*lane.sent[-3:], *reversed(lane.under_way))
            lane.sent += lane.under_way
            lane.under_way.clear()

    # -- parts ----------------------------------------------------------------------------------

    def _seal(self, lane: int, arrival: TransactionArrival) -> None:
        there = self.lanes[lane]
        there.under_way.append(arrival)
        if len(there.under_way) > 2:
            self._flush(there)

    def _flush(self, lane: Lane) -> None:
        self._apply(*lane.under_way)
        lane.sent += lane.under_way
        lane.under_way.clear()

    def _apply(self, *arrivals: Arrival) -> tuple[AuthAnswer, ...]:
        return self.shop.apply(*arrivals).answers if arrivals else ()

    def _bring_back(self, lane: int, sale: str, what: str) -> None:
        till = self.lanes[lane].till
        if not what:
            self._seal(lane, till.call_off(sale))
            return
        goods = {"a": (line("a", 300, sku="A"),), "b": (line("b", 400),)}.get(what, ())
        amount_minor = {"a": 300, "b": 400, "money": 333, "all": 1_000}[what]
        self._seal(lane, till.take_back(sale, self._paper(), amount_minor, goods))

    def _reserve(self, lane: Lane, named: tuple[str, str], how: str, then: str) -> None:
        """Ask for something, twice in one batch, and get one answer; mostly go on with it."""
        till, (card, sale) = lane.till, named
        card = "gift-1" if how == "gift" else card
        if how in ("points", "credit", "gift"):
            asked = till.reserve(card, sale, 90, Instrument(how))
        elif how == "offers":
            asked = till.reserve_offers(card, sale)
        else:
            reward = "off" if how == "coupon" else how
            asked = till.reserve_reward(card, sale, reward, coupon=how == "coupon")
        first, second = self._apply(asked, asked)
        assert first == second
        self.asked.append(asked)
        if first.status is Status.APPLIED:
            self.granted.append(Granted(lane, card, sale, first))
            self._end(self.granted[-1], then)

    def _end(self, held: Granted, then: str) -> None:
        lane, answer = held.lane, held.answer
        if then == "late":
            self.shop.later(ms=301_000)
            self.shop.tick()
        if then == "cancel":
            self._apply(lane.till.cancel(answer.request_id))
        elif then == "void":
            lane.under_way.append(lane.till.void(answer.request_id))
        elif then != "wait":
            part = (answer.points or 0) // 3 if then == "part" else None
            lane.under_way.append(
                lane.till.post(
                    held.card,
                    held.sale,
                    answer,
                    _SALES[held.sale].total_minor,
                    units=part,
                    amount_minor=part,
                )
            )
        if lane.under_way:
            self._flush(lane)

    def _paper(self) -> str:
        """Papers collide now and then."""
        self.papers += 1
        return f"paper {self.papers // 3 if self.papers % 3 == 0 else self.papers}"

    def _parts(
        self, kind: Desk, whose: tuple[str, MemberId], other: MemberId, amount: int
    ) -> CommandParts:
        card, member_id = whose
        gift, size = card_named("gift-1").token.hex(), max(amount, 1)
        vouchers = [row.voucher_id for row in self.shop.vouchers(card)] or [1]
        unit = Unit.CREDIT if amount % 2 else Unit.POINTS
        every: CommandParts = {
            "member_id": member_id,
            "other_member_id": other,
            "unit": unit,
            "amount": amount if kind is Desk.ADJUST else size,
            "token": card_named(card).token.hex() if kind is Desk.REPLACE_CARD else gift,
            "other_token": card_named(f"{card} {size}").token.hex(),
            "card_profile": CardProfile.UID.value,
            "last_four": "",
            "reward": "off",
            "quantity": size,
            "voucher": vouchers[amount % len(vouchers)],
        }
        return {name: every[name] for name in COMMAND_PARTS[kind]}  # type: ignore[literal-required,return-value]

    def _state(self) -> list[list[object]]:
        return [list(self.shop.rows(kind)) for kind in _KEPT]


@pytest.mark.timeout(0 if SOAK else 120)
def test_no_order_of_anything_breaks_the_books() -> None:
    """Everything that rules can be asked for, in any order, keeps every identity of the ledger."""
    RulesMachine.checks = 0
    run_state_machine_as_test(
        RulesMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert RulesMachine.checks >= STEPS_IN_ALL
