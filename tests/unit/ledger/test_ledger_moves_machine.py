"""Whatever moves in whatever order, every identity of the books holds after every step."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import HoldState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.posting_lots import Lapse, LotGrant
from gateway.ledger.rows_lots import HoldRow, LotRow
from gateway.model.ids import HoldId, WalletId
from simulators.ledger_desk import LedgerDesk

_WALLET: Final = st.integers(0, 4)
_AMOUNT: Final = st.integers(0, 60)
_MOMENT: Final = st.integers(0, 5)
_GRANTS: Final = st.lists(
    st.builds(
        LotGrant,
        amount=_AMOUNT,
        available_from_ms=_MOMENT,
        expires_at_ms=st.none() | _MOMENT,
        pending=st.booleans(),
        source=st.sampled_from(["", "base", "double"]),
    ),
    min_size=1,
    max_size=3,
)


class MovesMachine(RuleBasedStateMachine):
    """Two members with points and credit, a household, and every move there is."""

    holds = Bundle("holds")
    posted = Bundle("posted")

    @initialize()
    def open_desk(self) -> None:
        """Begin with empty wallets."""
        self.desk = LedgerDesk(MemoryLedgerStore())

    @rule(wallet=_WALLET, grants=_GRANTS)
    def earn(self, wallet: int, grants: list[LotGrant]) -> None:
        """Let lots come in, some of them pending."""
        self.desk.earn(self._id(wallet), *grants)

    @rule(wallet=_WALLET, amount=st.integers(-80, 80), debt=st.booleans())
    def adjust(self, wallet: int, amount: int, *, debt: bool) -> None:
        """Correct by hand; never by more than was asked."""
        name = self._id(wallet)
        done = self.desk.move(
            lambda posting: posting.adjust(name, amount, at_ms=0, allow_negative=debt)
        )
        assert done == amount or (0 >= done > amount and not debt)

    @rule(wallet=_WALLET, share=st.integers(0, 100), target=holds)
    def hold(self, wallet: int, share: int) -> HoldId:
        """Reserve a part of what can be spent."""
        name = self._id(wallet)
        points = max(self.desk.wallet(name).available, 0) * share // 100
        return self.desk.hold(name, points)

    @rule(hold=consumes(holds), share=st.integers(0, 100), target=posted)
    def redeem(self, hold: HoldId, share: int) -> HoldId:
        """Use a part of what is held."""
        self.desk.settle(hold, HoldState.POSTED, self._hold(hold).points * share // 100)
        return hold

    @rule(hold=consumes(holds))
    def free(self, hold: HoldId) -> None:
        """Give up a reservation."""
        self.desk.settle(hold, HoldState.VOIDED)

    @rule(hold=consumes(holds), wallet=_WALLET, target=posted)
    def redeem_late(self, hold: HoldId, wallet: int) -> HoldId:
        """Let a reservation lapse, somebody spend meanwhile, and honour it all the same."""
        self.desk.settle(hold, HoldState.EXPIRED)
        name = self._id(wallet)
        self.desk.move(lambda posting: posting.adjust(name, -30, at_ms=0))
        self.desk.settle(hold, HoldState.POSTED, self._hold(hold).points)
        return hold

    @rule(hold=posted, share=st.integers(0, 100), lapse=st.none() | _MOMENT)
    def give_back(self, hold: HoldId, share: int, lapse: int | None) -> None:
        """Undo a part of what is left of a redemption; what lapsed comes back for a while."""
        row = self._hold(hold)
        points = (row.redeemed_points - row.given_back_points) * share // 100
        grace = None if lapse is None else Lapse(at_ms=lapse, until_ms=lapse + 2)
        given = self.desk.undo(
            hold, points, lambda posting, held: posting.undo_redeem(held, points, lapse=grace)
        )
        assert max(points - row.shortfall_points, 0) <= given <= points

    @rule(wallet=_WALLET, points=st.integers(0, 90), pending=st.booleans(), debt=st.booleans())
    def claw_back(self, wallet: int, points: int, *, pending: bool, debt: bool) -> None:
        """Take back: all of it comes from somewhere or is borne."""
        name = self._id(wallet)
        done = self.desk.move(
            lambda posting: posting.claw_back(
                name, points, only_pending=pending, allow_negative=debt
            )
        )
        assert done.taken + done.borne == points
        assert not (pending and (done.active or done.debt))

    @rule(source=st.integers(0, 2), target_=st.integers(0, 2), share=st.integers(0, 100))
    def transfer(self, source: int, target_: int, share: int) -> None:
        """Move a part of what can be spent to another wallet of points."""
        giver, taker = self._id(source), self._id(target_)
        points = max(self.desk.wallet(giver).available, 0) * share // 100
        if giver != taker:
            self.desk.move(lambda posting: posting.transfer(giver, taker, points))

    @rule(member=st.integers(0, 1), share=st.integers(0, 100), grant=_GRANTS)
    def convert(self, member: int, share: int, grant: list[LotGrant]) -> None:
        """Let points become credit."""
        points, credit = self._id(member), self._id(member + 3)
        amount = max(self.desk.wallet(points).available, 0) * share // 100
        self.desk.move(lambda posting: posting.convert(points, amount, credit, grant[0]))

    @rule(member=st.integers(3, 4), grant=_GRANTS, share=st.integers(0, 100))
    def pay(self, member: int, grant: list[LotGrant], share: int) -> None:
        """Pay money in, and some of all there is out again."""
        credit = self._id(member)
        self.desk.move(lambda posting: posting.top_up(credit, grant[0]))
        amount = max(self.desk.wallet(credit).available, 0) * share // 100
        self.desk.move(lambda posting: posting.pay_out(credit, amount))

    @rule(wallet=_WALLET, moment=_MOMENT)
    def slide(self, wallet: int, moment: int) -> None:
        """Let what a wallet has lapse later."""
        name = self._id(wallet)
        self.desk.move(lambda posting: posting.slide(name, moment))

    @rule(moment=_MOMENT)
    def night(self, moment: int) -> None:
        """Activate what waits long enough and close what has lapsed; again finds nothing."""
        with self.desk.store.batch() as batch:
            waiting = batch.due_pending_lots(moment, 100)
        for lot in waiting:
            self.desk.activate(lot.lot_id)
        with self.desk.store.batch() as batch:
            lapsed = batch.due_lapsing_lots(moment, 100)
        for lot in lapsed:
            self.desk.expire(lot.lot_id)
        with self.desk.store.batch() as batch:
            assert batch.due_pending_lots(moment, 100) == []
            assert batch.due_lapsing_lots(moment, 100) == []

    @invariant()
    def the_books_hold(self) -> None:
        """Every invariant holds, and nothing that can be spent is spent beyond."""
        if not hasattr(self, "desk"):
            return
        with self.desk.store.batch() as batch:
            assert broken_invariants(batch) == ()
            for lot in batch.every(LotRow):
                assert lot.closed_index is None or not lot.remaining

    def _id(self, number: int) -> WalletId:
        return self.desk.wallets[number]

    def _hold(self, hold_id: HoldId) -> HoldRow:
        with self.desk.store.batch() as batch:
            return batch.rows(HoldRow, [hold_id])[0]


def test_the_identities_hold_whatever_moves() -> None:
    """No order of earning, spending, returning, lapsing and moving breaks the books."""
    run_state_machine_as_test(
        MovesMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
