"""Lots are counted twice: the auditor's heap and the ledger's postings agree after every move."""

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

from gateway.audit.heap import Heap, spendable
from gateway.ledger.accounts import points_wallet_id
from gateway.ledger.kinds import HoldState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.numbering import number_of
from gateway.ledger.posting_lots import Lapse, LotGrant
from gateway.ledger.rows_lots import DebtRow, HoldRow, LotRow
from gateway.model.ids import HoldId, MemberId
from simulators.ledger_desk import LedgerDesk

_ADA: Final = points_wallet_id(MemberId("a" * 32))
_MOMENT: Final = st.integers(0, 5)
_GRANTS: Final = st.lists(
    st.builds(
        LotGrant,
        amount=st.integers(0, 60),
        available_from_ms=_MOMENT,
        expires_at_ms=st.none() | _MOMENT,
        pending=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


class TwiceMachine(RuleBasedStateMachine):
    """One wallet, moved by postings and, apart from them, in a heap."""

    holds = Bundle("holds")
    posted = Bundle("posted")

    @initialize()
    def open_both(self) -> None:
        """Begin with an empty wallet."""
        self.desk = LedgerDesk(MemoryLedgerStore())
        self.heap = Heap()
        self.index = 1

    @rule(grants=_GRANTS)
    def earn(self, grants: list[LotGrant]) -> None:
        """Open a lot for each grant."""
        self.desk.earn(_ADA, *grants)
        index = self._next()
        lots = [
            LotRow(
                lot_id=number_of(index, nth),
                wallet_id=_ADA,
                points=grant.amount,
                remaining=grant.amount,
                available_from_ms=grant.available_from_ms,
                expires_at_ms=grant.expires_at_ms,
                opened_index=index,
                earned_index=index,
                source="",
                activated_index=None if grant.pending else index,
                closed_index=None,
                brought_by=None,
            )
            for nth, grant in enumerate(grants)
        ]
        self.heap.open(*lots)

    @rule(points=st.integers(1, 80))
    def owe(self, points: int) -> None:
        """Take by hand what there is, and owe the rest."""
        self.desk.move(lambda posting: posting.adjust(_ADA, -points, at_ms=0, allow_negative=True))
        self._next()
        self.heap.owe(_ADA, points - sum(self.heap.take(_ADA, points).values()))

    @rule(share=st.integers(1, 100), target=holds)
    def hold(self, share: int) -> HoldId:
        """Reserve a part of what can be spent."""
        points = max(self.desk.wallet(_ADA).available, 0) * share // 100
        hold = self.desk.hold(_ADA, points)
        self._next()
        self.heap.take(_ADA, points)
        return hold

    @rule(hold=consumes(holds), share=st.integers(0, 100), target=posted)
    def redeem(self, hold: HoldId, share: int) -> HoldId:
        """Use a part of what is held."""
        row = self._hold(hold)
        points = row.points * share // 100
        self.desk.settle(hold, HoldState.POSTED, points)
        self._next()
        self.heap.give_back(_ADA, row.owner_index, row.points - points)
        return hold

    @rule(hold=posted, share=st.integers(0, 100), lapse=st.none() | _MOMENT)
    def give_back(self, hold: HoldId, share: int, lapse: int | None) -> None:
        """Undo a part of what is left of a redemption."""
        row = self._hold(hold)
        points = (row.redeemed_points - row.given_back_points) * share // 100
        grace = None if lapse is None else Lapse(at_ms=lapse, until_ms=lapse + 2)
        before = self.desk.wallet(_ADA).available
        self.desk.undo(
            hold, points, lambda posting, held: posting.undo_redeem(held, points, lapse=grace)
        )
        self._next()
        until_ms = 0 if grace is None else grace.until_ms
        lost = self.heap.give_back(
            _ADA, row.owner_index, points, lapsed_at_ms=lapse, until_ms=until_ms
        )
        assert self.desk.wallet(_ADA).available == before + points - lost

    @rule(points=st.integers(0, 90))
    def claw_back(self, points: int) -> None:
        """Take back, from what is pending first."""
        done = self.desk.move(lambda posting: posting.claw_back(_ADA, points))
        self._next()
        taken = self.heap.take(_ADA, points, fits=lambda _: True, first=spendable)
        assert sum(taken.values()) == done.taken

    @rule(moment=_MOMENT)
    def slide(self, moment: int) -> None:
        """Let everything open lapse later."""
        self.desk.move(lambda posting: posting.slide(_ADA, moment))
        self._next()
        for lot in [*self.heap.lots.values()]:
            if lot.remaining:
                self.heap.lapse_later(lot.lot_id, moment)

    @rule(moment=_MOMENT)
    def night(self, moment: int) -> None:
        """Activate what waited long enough and close what has lapsed."""
        with self.desk.store.batch() as batch:
            waiting = batch.due_pending_lots(moment, 100)
        for lot in waiting:
            self.desk.activate(lot.lot_id)
            self._next()
            self.heap.activate(lot.lot_id)
        with self.desk.store.batch() as batch:
            lapsed = batch.due_lapsing_lots(moment, 100)
        for lot in lapsed:
            self.desk.expire(lot.lot_id)
            self._next()
            self.heap.close(lot.lot_id)

    @invariant()
    def both_say_the_same(self) -> None:
        """Every lot, every debt and both balances are the same twice."""
        if not hasattr(self, "desk"):
            return
        with self.desk.store.batch() as batch:
            lots = {lot.lot_id: lot for lot in batch.every(LotRow)}
            debts = {debt.key: debt for debt in batch.every(DebtRow)}
        assert self.heap.lots == lots
        assert self.heap.debts == debts
        wallet = self.desk.wallet(_ADA)
        assert wallet.pending == self.heap.left(_ADA, pending=True)
        active = self.heap.left(_ADA, pending=False)
        assert wallet.available == active - self.heap.owed(_ADA)

    def _next(self) -> int:
        self.index += 1
        self.heap.begin(self.index)
        return self.index

    def _hold(self, hold_id: HoldId) -> HoldRow:
        with self.desk.store.batch() as batch:
            return batch.rows(HoldRow, [hold_id])[0]


def test_both_count_the_same_whatever_moves() -> None:
    """Two programs that share nothing come to the same lots and debts by any way."""
    run_state_machine_as_test(
        TwiceMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
