"""One commit's part of a night: so many members, or so many lots that are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.rows_intake import Tally, TallyRow
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import BranchId, WalletId
from gateway.model.programme import Programme
from gateway.program.nightly import NightAction, plan_night
from gateway.writer.night_due import Night
from gateway.writer.night_note import NightScope
from gateway.writer.night_posting import NightPoster, first_lot
from gateway.writer.night_views import ALL_MEMBERS, Group, NightLoader
from gateway.writer.succeeding import bring_wallet_over, ledgers_of_money, let_follow

NIGHT_MARKS: Final = (Tally.NIGHT, Tally.NIGHT_PLACE)
"""What the ledger keeps of the nights themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a night has come in this process.

    Attributes:
        on: which night.
        place: the last account that it came to, as the ledger knows it, or beyond one that was
            left out.
        ledgers: so many ledgers of superseded currencies were gone over to their end.
        wallet: the last wallet of the ledger after those that it came to.
        left_out: lots that could not be brought to the night's moment.
        faults: members and wallets that could not.
    """

    on: date
    place: int = 0
    ledgers: int = 0
    wallet: WalletId | None = None
    left_out: frozenset[int] = field(default_factory=frozenset)
    faults: int = 0


class StuckError(Exception):
    """The books are not what they must be where a night came to; the cause says why.

    Attributes:
        beyond: where it goes on without the members or lots that it was at.
    """

    def __init__(self, beyond: Reached) -> None:
        super().__init__(beyond.on)
        self.beyond = beyond


class NightPart:
    """Carries a night on from where it is."""

    def __init__(
        self,
        batch: LedgerBatch,
        programmes: Sequence[Programme],
        night: Night,
        rules: Programme,
        now_ms: int,
    ) -> None:
        """Begin.

        Args:
            batch: what is read, and the one change.
            programmes: every version of the rules.
            night: which night.
            rules: its rules.
            now_ms: when it is run, Unix time in milliseconds.
        """
        self._batch = batch
        self._night = night
        self._rules = rules
        self._now_ms = now_ms
        self._loader = NightLoader(batch, programmes, night, rules, now_ms)
        self._poster = NightPoster(self._loader, night, rules, now_ms)

    def take(self, reached: Reached, budget: int) -> tuple[Reached, int]:
        """Do what is next, and save it.

        Args:
            reached: how far the night is.
            budget: members, or lots, to look at.

        Returns:
            How far it is then, and how many journal rows it made.

        Raises:
            StuckError: if the books are wrong there. Nothing was done.
        """
        own = self._rules.rules
        # A part without any left is none: whoever loses power after each would never get further.
        for ledger in ledgers_of_money(self._loader.book.superseded)[reached.ledgers :]:
            left = self._batch.wallets_left(ledger, reached.wallet, budget)
            if left:
                return self._take_money(reached, left)
            reached = replace(reached, ledgers=reached.ledgers + 1, wallet=None)
        if reached.place < ALL_MEMBERS and (own.tiers.levels or own.auto_redeem is not None):
            return self._take_members(reached, budget)
        at_ms, limit = self._night.at_ms, budget + len(reached.left_out)
        for found in (self._batch.due_pending_lots, self._batch.due_lapsing_lots):
            due = [lot for lot in found(at_ms, limit) if lot.lot_id not in reached.left_out]
            if due:
                return self._take_lots(reached, due)
        return finish(self._batch, self._night.on), 0

    # -- parts --------------------------------------------------------------------------------

    def _take_members(self, reached: Reached, budget: int) -> tuple[Reached, int]:
        members, place = self._loader.members_after(reached.place, budget)
        after = replace(reached, place=place)
        try:
            self._run_groups(self._loader.load_members(members))
        except (InvariantError, NotLoadedError) as error:
            raise StuckError(after) from error
        return after, self._save(after)

    def _take_money(self, reached: Reached, found: Sequence[WalletRow]) -> tuple[Reached, int]:
        """Let the money of a superseded currency follow it that nobody has touched since."""
        book = self._loader.book
        after = replace(reached, wallet=found[-1].wallet_id)
        try:
            self._loader.load_wallets([row.wallet_id for row in found])
            for row in found:
                bring_wallet_over(book, row.wallet_id, self._now_ms)
        except (InvariantError, NotLoadedError) as error:
            raise StuckError(after) from error
        return after, self._save(after)

    def _take_lots(self, reached: Reached, due: Sequence[LotRow]) -> tuple[Reached, int]:
        try:
            self._run_lots(due)
        except (InvariantError, NotLoadedError) as error:
            lots = reached.left_out.union(lot.lot_id for lot in due)
            raise StuckError(replace(reached, left_out=lots)) from error
        return reached, self._save(reached)

    def _run_groups(self, groups: Sequence[Group]) -> None:
        """Plan every group's night and carry it out, in their order."""
        plans = self._plan(groups, self._rules)
        branches = self._branches(plans.values())
        for group, actions in plans.items():
            if actions:
                first_index = self._loader.book.next_index
                self._poster.carry_out(group, actions, branches)
                # A night that is run late may have given credit in a currency of its own time.
                let_follow(self._loader.book, first_index, self._now_ms)

    def _run_lots(self, due: Sequence[LotRow]) -> None:
        """Bring the wallets of these lots to the night's moment, in the order of the lots."""
        book = self._loader.book
        self._loader.load_wallets({lot.wallet_id for lot in due})
        book.load_lots(due)
        wallets = {
            lot.wallet_id: Group(scope=NightScope.WALLET, wallet_id=lot.wallet_id)
            for lot in due
            if lot.remaining
        }
        own = replace(self._rules.rules, auto_redeem=None)
        plans = self._plan(wallets.values(), replace(self._rules, rules=own))
        branches = self._branches(plans.values(), due)
        for lot in due:
            if book.lots.require(lot.lot_id) != lot:
                continue  # its wallet's turn came with another lot
            if lot.remaining:
                group = wallets[lot.wallet_id]
                self._poster.carry_out(group, plans[group], branches)
            else:
                self._poster.clear(lot, branches)

    def _plan(
        self, groups: Iterable[Group], rules: Programme
    ) -> dict[Group, tuple[NightAction, ...]]:
        return {
            group: plan_night(rules, self._loader.view(group), self._night.on) for group in groups
        }

    def _branches(
        self, plans: Iterable[Sequence[NightAction]], lots: Sequence[LotRow] = ()
    ) -> dict[int, BranchId]:
        first = (first_lot(self._loader.book, actions) for actions in plans)
        return self._loader.branches([*lots, *(lot for lot in first if lot is not None)])

    def _save(self, reached: Reached) -> int:
        """Save what was done, with the place that it led to."""
        book = self._loader.book
        _mark(self._batch, book, self._night.on - timedelta(days=1), reached.place)
        self._batch.save(book.change_set())
        return len(book.journal)


def finish(batch: LedgerBatch, night: date) -> Reached:
    """Write down that a night is done.

    Returns:
        The beginning of the next one.
    """
    book = Book(batch.head(), batch.ledgers())
    _mark(batch, book, night, 0)
    batch.save(book.change_set())
    return Reached(on=night + timedelta(days=1))


def _mark(batch: LedgerBatch, book: Book, done: date, place: int) -> None:
    book.tallies.load(batch.rows(TallyRow, NIGHT_MARKS), NIGHT_MARKS)
    for name, value in zip(NIGHT_MARKS, (done.toordinal(), place), strict=True):
        row = TallyRow(name=name, value=value)
        known = book.tallies.get(name)
        if known is None:
            book.tallies.add(row)
        elif known != row:
            book.tallies.replace(row)
