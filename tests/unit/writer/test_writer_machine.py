"""Any order of everything: a state machine that drives the writer and checks every invariant.

The machine keeps a simple model of its own, in which sales and holds are plain numbers, and the
ledger must agree with it; the books' invariants are checked after every step.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

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

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.ledger.kinds import HoldState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import HoldRow, LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.rows_sales import SaleRow
from gateway.ledger.store import LedgerStore
from gateway.model.outcome import Status
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.writer.arrival import Arrival, TransactionArrival

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.model.authorisation import AuthAnswer
    from simulators.given.sealing_box import Box
    from tests.unit.writer.conftest import Shop

_CARDS = ("ada", "bob", "eve")
_SALES = st.integers(1, 6)


@dataclass
class _Lane:
    """A box and what it sealed that has not arrived yet."""

    box: Box
    under_way: list[TransactionArrival] = field(default_factory=list)
    sent: list[TransactionArrival] = field(default_factory=list)


class WriterMachine(RuleBasedStateMachine):
    """Boxes seal in order; a pipe delivers in any order, repeatedly, or later."""

    shop_of: Callable[[LedgerStore, UnknownCardPolicy, RefundPolicy], Shop]
    signers = tuple(FileSigner.generate(Algorithm.ED25519) for _ in range(2))

    @initialize(unknown=st.sampled_from(UnknownCardPolicy), refund=st.sampled_from(RefundPolicy))
    def open_shop(self, unknown: UnknownCardPolicy, refund: RefundPolicy) -> None:
        """Begin with an empty ledger and two boxes."""
        self.shop = type(self).shop_of(MemoryLedgerStore(), unknown, refund)
        self.exact = refund is RefundPolicy.ALLOW_NEGATIVE
        boxes = (self.shop.box(f"till-{n}", signer=key) for n, key in enumerate(self.signers))
        self.lanes = [_Lane(box) for box in boxes]
        self.granted: list[tuple[_Lane, str, int, AuthAnswer]] = []
        self.delivered: list[Arrival] = []
        box = self.lanes[0].box
        opening = [self.shop.card("ada"), self.shop.card("bob")]
        for number, card in enumerate(opening, start=1):
            some = [box.enrol(card), box.earn(card, number, 20_000, str(number))]
            self.shop.apply(*some)
            self.lanes[0].sent += some

    @rule(lane=st.integers(0, 1), name=st.sampled_from(_CARDS))
    def enrol(self, lane: int, name: str) -> None:
        """Seal an enrolment."""
        self._seal(lane, self.lanes[lane].box.enrol(self.shop.card(name)))

    @rule(
        lane=st.integers(0, 1),
        name=st.sampled_from(_CARDS),
        number=_SALES,
        euros=st.integers(0, 300),
        receipt=st.sampled_from([None, "1", "2"]),
    )
    def earn(self, lane: int, name: str, number: int, euros: int, receipt: str | None) -> None:
        """Seal an earn; sale keys and receipt numbers collide on purpose."""
        box = self.lanes[lane].box
        self._seal(lane, box.earn(self.shop.card(name), number, 100 * euros, receipt))

    @rule(lane=st.integers(0, 1), number=_SALES)
    def refund(self, lane: int, number: int) -> None:
        """Seal a refund by key."""
        self._seal(lane, self.lanes[lane].box.refund(number))

    @rule(lane=st.integers(0, 1), receipt=st.sampled_from(["1", "2", "3"]))
    def refund_by_receipt(self, lane: int, receipt: str) -> None:
        """Seal a refund by receipt number."""
        self._seal(lane, self.lanes[lane].box.refund(receipt=receipt))

    @rule(
        lane=st.integers(0, 1),
        name=st.sampled_from(_CARDS),
        number=_SALES,
        points=st.sampled_from([10, 30, 70, 500]),
    )
    def reserve(self, lane: int, name: str, number: int, points: int) -> None:
        """Ask for points, twice in one batch, and get one answer."""
        self.lanes[lane].box.now_ms = self.shop.now_ms
        request = self.lanes[lane].box.reserve(self.shop.card(name), number, points)
        first, second = self.shop.apply(request, request).answers
        assert first == second
        self.delivered.append(request)
        if first.status is Status.APPLIED:
            self.granted.append((self.lanes[lane], name, number, first))

    @precondition(lambda self: self.granted)
    @rule(pick=st.randoms(use_true_random=False), how=st.sampled_from(["redeem", "void"]))
    def settle_hold(self, pick: Random, how: str) -> None:
        """Seal a redeem or void of a hold that was granted once, whatever became of it."""
        lane, name, number, answer = pick.choice(self.granted)
        if how == "redeem":
            lane.under_way.append(lane.box.redeem(self.shop.card(name), number, answer))
        else:
            lane.under_way.append(lane.box.void(answer.request_id))

    @rule(name=st.sampled_from(["ada", "bob"]), number=_SALES, points=st.sampled_from([30, 190]))
    def spend(self, name: str, number: int, points: int) -> None:
        """Reserve, redeem, and redeem again under another id: only the first may count."""
        lane = self.lanes[0]
        lane.box.now_ms = self.shop.now_ms
        card = self.shop.card(name)
        answer = self.shop.ask(lane.box.reserve(card, number, points))
        if answer.status is not Status.APPLIED:
            return
        lane.under_way += [lane.box.redeem(card, number, answer) for _ in range(2)]
        self.granted.append((lane, name, number, answer))
        self._flush(lane)

    @rule(lane=st.integers(0, 1))
    def catch_up(self, lane: int) -> None:
        """Deliver a lane's backlog."""
        self._flush(self.lanes[lane])

    @precondition(lambda self: self.granted)
    @rule(index=st.integers(0, 50))
    def cancel_hold(self, index: int) -> None:
        """Ask to cancel a hold, whatever became of it."""
        lane, _, _, answer = self.granted[index % len(self.granted)]
        lane.box.now_ms = self.shop.now_ms
        self.shop.apply(lane.box.cancel(answer.request_id))

    @rule(later_ms=st.sampled_from([0, 1_000, 400_000]))
    def let_time_pass(self, later_ms: int) -> None:
        """Free what expired."""
        self.shop.tick(later_ms)

    @rule(back_ms=st.integers(0, 5_000))
    def set_the_clock_back(self, back_ms: int) -> None:
        """The gateway's clock is corrected backwards."""
        self.shop.now_ms -= back_ms

    @rule(
        lane=st.integers(0, 1),
        order=st.randoms(use_true_random=False),
        most=st.sampled_from([1, 3, 9]),
    )
    def deliver(self, lane: int, order: Random, most: int) -> None:
        """Deliver some of what is under way, in any order and some of it twice."""
        some = self.lanes[lane].under_way[:most]
        order.shuffle(some)
        repeated = [*some, *some[:1], *self.lanes[lane].sent[-1:]]
        self.shop.apply(*repeated)
        if order.random() < 0.7:
            self.lanes[lane].sent += some
            del self.lanes[lane].under_way[:most]

    @rule()
    def repeat_everything(self) -> None:
        """Whatever was delivered before may come again at any time and changes nothing."""
        before = self._state()
        sent = [arrival for lane in self.lanes for arrival in lane.sent]
        if sent:
            self.shop.apply(*sent)
        for arrival in self.delivered:
            self.shop.apply(arrival)
        assert self._state() == before

    @rule()
    def crash(self) -> None:
        """A new writer goes on where the old one stopped."""
        self.shop.restart()

    @invariant()
    def members_have_what_their_sales_say(self) -> None:
        """Refunds are exact: what counts are the sales that stand, whatever happened between."""
        if not hasattr(self, "shop") or not self.exact:
            return
        with self.shop.store.batch() as batch:
            sales = list(batch.every(SaleRow))
            refunded = {sale.key for sale in sales if sale.refund_index is not None}
            undone = {sale.earn_index for sale in sales if sale.refund_index is not None}
            points: Counter[str] = Counter()
            for lot in batch.every(LotRow):
                points[lot.wallet_id] += 0 if lot.earned_index in undone else lot.points
            for hold in batch.every(HoldRow):
                stands = (hold.branch, hold.sale_key) not in refunded
                if hold.state is HoldState.POSTED and stands:
                    assert hold.wallet_id is not None
                    points[hold.wallet_id] -= hold.points
            for wallet in batch.every(WalletRow):
                assert wallet.available + wallet.held == points[wallet.wallet_id]

    def teardown(self) -> None:
        """Deliver the rest: every chain is settled to its end, and every refusal is final."""
        if not hasattr(self, "lanes"):
            return
        for lane in self.lanes:
            self.shop.apply(*lane.sent, *reversed(lane.under_way))
            assert self.shop.watermark(lane.box) == lane.box.seq

    def _seal(self, lane: int, arrival: TransactionArrival) -> None:
        self.lanes[lane].under_way.append(arrival)

    def _flush(self, lane: _Lane) -> None:
        """Deliver a lane's backlog in order, as a till with a good line does."""
        if lane.under_way:
            self.shop.apply(*lane.under_way)
            lane.sent += lane.under_way
            lane.under_way.clear()

    def _state(self) -> tuple[list[JournalRow], list[WalletRow]]:
        with self.shop.store.batch() as batch:
            return list(batch.every(JournalRow)), list(batch.every(WalletRow))


@pytest.mark.timeout(300)
def test_the_books_hold_whatever_happens(
    shop_of: Callable[[LedgerStore, UnknownCardPolicy, RefundPolicy], Shop],
) -> None:
    """No order of seals, repeats, reorders, gaps, cancels and crashes breaks the books."""
    machine = type("BoundMachine", (WriterMachine,), {"shop_of": staticmethod(shop_of)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=120,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
