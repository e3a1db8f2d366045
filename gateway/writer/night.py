"""The nightly run, in slices of one commit each, so that no customer waits for it.

Where a currency was superseded, a night begins with the money that nobody has touched since. Then
it goes over all members in the order of their enrolment, where levels are judged or points turn
into credit by themselves: each member's night is then done in one piece, in the fixed order of
``gateway.program.nightly``. After them, and in every programme, come the lots that are due and
left over, wallet by wallet. Money and lots vanish from the list of what is due, so they need no
mark. What the members need is a mark for the place that the night has reached: whoever were judged
twice in one night could get credit twice, once before and once after old credit lapsed and made
room. The mark, and that a night is done, stand in the ledger (``Tally.NIGHT_PLACE`` and
``Tally.NIGHT``) and are written in the commits that they tell of. So a night that was run does
nothing when it is run again, and one that broke off goes on where it was.

The order is the same whatever the slices are, and so are the books and the journal afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from gateway.ledger.rows_intake import Tally, TallyRow
from gateway.ledger.store import LedgerStore
from gateway.writer.decision import Alarm, AlarmKind
from gateway.writer.night_due import Night, due_night
from gateway.writer.night_part import NIGHT_MARKS, NightPart, Reached, StuckError, finish


@dataclass(frozen=True, slots=True, kw_only=True)
class NightSlice:
    """What one commit did of the nights that are due. All of it is durable.

    Attributes:
        night: which night it was; None where none is due.
        journalled: rows that it added to the journal.
        left: there is more to do at this moment.
        left_out: why a member or a wallet was left out; empty where none was.
        alarms: for people.
    """

    night: date | None = None
    journalled: int = 0
    left: bool = False
    left_out: str = ""
    alarms: tuple[Alarm, ...] = ()


class NightRun:
    """Runs the nights of one ledger. Call it from the writer's thread.

    Args:
        store: where the ledger lives.
    """

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._reached: Reached | None = None

    def next_slice(self, now_ms: int, budget: int) -> NightSlice:
        """Do the next part of the oldest night that is due, with at most one commit.

        Where the books are wrong for one wallet, all others get their night: that one is left
        out, and looked at again the next night.

        Args:
            now_ms: Unix time in milliseconds.
            budget: members, or lots, to look at.

        Raises:
            StoreFullError: if there is no space. Nothing was done.
            LedgerError: if the store fails otherwise. Nothing was done.
            MohrError: if the rules of the night cannot be carried out at all.
        """
        try:
            return self._commit(now_ms, budget)
        except StuckError as stuck:
            if budget > 1:
                return self.next_slice(now_ms, 1)
            return self._leave_out(stuck, now_ms)

    def _commit(self, now_ms: int, budget: int) -> NightSlice:
        with self._store.batch() as batch:
            programmes = batch.programmes()
            marks = {row.name: row.value for row in batch.rows(TallyRow, NIGHT_MARKS)}
            done = marks.get(Tally.NIGHT)
            night = due_night(programmes, None if done is None else date.fromordinal(done), now_ms)
            if night is None:
                return NightSlice()
            continued = done is not None and done + 1 == night.on.toordinal()
            reached = self._resumed(night, marks.get(Tally.NIGHT_PLACE, 0) if continued else 0)
            if night.rules is None:
                reached, journalled = finish(batch, night.on), 0
            else:
                part = NightPart(batch, programmes, night, night.rules, now_ms)
                reached, journalled = part.take(reached, budget)
        is_over = reached.on > night.on
        alarms = self._summed_up(night, now_ms) if is_over else ()
        # After the commit: where that fails, the same part is done again.
        self._reached = reached
        left = not is_over or due_night(programmes, night.on, now_ms) is not None
        return NightSlice(night=night.on, journalled=journalled, left=left, alarms=alarms)

    def _resumed(self, night: Night, place: int) -> Reached:
        known = self._reached
        if known is None or known.on != night.on:
            known = Reached(on=night.on)
        return replace(known, place=max(known.place, place))

    def _leave_out(self, stuck: StuckError, now_ms: int) -> NightSlice:
        night, faults = stuck.beyond.on, stuck.beyond.faults + 1
        self._reached = replace(stuck.beyond, faults=faults)
        what = f"the nightly run of {night} left a wallet out: {stuck.__cause__}"
        # One is told of at once; where it is not the only one, their number follows at the end.
        alarms = (_alarm(what, now_ms),) if faults == 1 else ()
        return NightSlice(night=night, left=True, left_out=what, alarms=alarms)

    def _summed_up(self, night: Night, now_ms: int) -> tuple[Alarm, ...]:
        known = self._reached
        if known is None or known.on != night.on or known.faults <= 1:
            return ()
        what = f"the nightly run of {night.on} left {known.faults} wallets out; the log names them"
        return (_alarm(what, now_ms),)


def _alarm(what: str, now_ms: int) -> Alarm:
    return Alarm(kind=AlarmKind.NIGHT_LEFT_OUT, at_ms=now_ms, detail=what)
