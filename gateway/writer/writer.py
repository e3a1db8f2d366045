"""The one writer: a batch of arrivals in, one durable commit, then the decision out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.crypto.seal import parse_envelope
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.rows_intake import ChainRow, QuarantineRow, Tally, TallyRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import MemberId
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Rejection
from gateway.model.transaction import Transaction
from gateway.program.acquaintance import Acquaintance, Nobody
from gateway.wire.transaction import decode_transaction
from gateway.writer.arrival import Arrival
from gateway.writer.bench import Bench, Outcome
from gateway.writer.card_check import CheckCard, IsProven, no_keys, nobody_proven
from gateway.writer.decision import Alarm, AlarmKind, Decision
from gateway.writer.judge import Judge
from gateway.writer.judge_commands import judge_command
from gateway.writer.judge_holds import expire
from gateway.writer.night import NightRun, NightSlice
from gateway.writer.plan import Planner
from gateway.writer.plan_rules import Context
from gateway.writer.quarantine import file_suspect
from gateway.writer.receipts import Rejections, make_receipts
from gateway.writer.reorder import ReorderWatch
from gateway.writer.settings import WriterSettings
from gateway.writer.succeeding import bring_over, let_follow
from gateway.writer.told_once import ToldOnce


def open_sealed_transaction(envelope: bytes) -> Transaction:
    """Decode an envelope whose seal was verified before the ledger took it in.

    Raises:
        MohrError: if the bytes are not what was taken in.
    """
    return decode_transaction(parse_envelope(envelope).payload)


class Writer:
    """Applies batches to a ledger. Call it from one thread.

    Nothing of a batch stays in memory but the times at which gaps were noticed, the place that a
    night has reached and which codes an alarm was raised for, and those are updated after the
    commit: where a commit fails, the same batch may simply be tried again.

    Args:
        store: where the ledger lives.
        new_member_id: makes a random pseudonym; never the same twice.
        settings: limits and waiting times.
        acquaintance: who knows members' birthdays.
        check_card: checks the proofs of cards that have keys.
        is_proven: knows whose owner has told a code that was sent to a phone.
    """

    def __init__(
        self,
        store: LedgerStore,
        *,
        new_member_id: Callable[[], MemberId],
        settings: WriterSettings,
        acquaintance: Acquaintance | None = None,
        check_card: CheckCard = no_keys,
        is_proven: IsProven = nobody_proven,
    ) -> None:
        self._store = store
        self._new_member_id = new_member_id
        self._settings = settings
        self._acquaintance = Nobody() if acquaintance is None else acquaintance
        self._check_card = check_card
        self._is_proven = is_proven
        self._reorder: ReorderWatch | None = None
        self._nights = NightRun(store)
        self._told_once = ToldOnce()

    def apply(self, arrivals: Sequence[Arrival], now_ms: int) -> Decision:
        """Judge arrivals in their order and make the outcome durable with one commit.

        Args:
            arrivals: at most some 256, from any number of terminals.
            now_ms: Unix time in milliseconds.

        Returns:
            What to seal and publish. All of it is durable.

        Raises:
            StoreFullError: if there is no space. Nothing was applied; try the same batch again.
            LedgerError: if the store fails otherwise. Nothing was applied.
        """
        if not arrivals:
            return Decision(resend=self._watch(now_ms).due(now_ms))
        with self._store.batch() as batch:
            context = self._context(batch, now_ms)
            planner = Planner(batch, open_sealed_transaction, context)
            planner.load_arrivals(arrivals)
            bring_over(planner.book, now_ms)
            bench = self._bench(planner, context)
            judge = Judge(bench, planner.waiting)
            for arrival in arrivals:
                judge.take(arrival)
            rejections = self._file_suspects(bench, judge, batch)
            batch.save(planner.book.change_set())
        chains = tuple(planner.book.chains.rows())
        watch = self._watch(now_ms)
        watch.note(chains, now_ms)
        return Decision(
            receipts=make_receipts(planner.book, judge.results, rejections, now_ms),
            answers=tuple(judge.answers),
            inquired=judge.inquired,
            resend=watch.due(now_ms),
            alarms=self._told_once.first(judge.alarms),
            journalled=len(planner.book.journal),
            duplicates=judge.duplicates,
            waiting=judge.put_aside,
            quarantined=len(judge.suspects),
        )

    def command(self, command: LedgerCommand, now_ms: int) -> Outcome:
        """Do what somebody at a desk asks, with one commit.

        Args:
            command: what; the same one again changes nothing.
            now_ms: Unix time in milliseconds.

        Returns:
            what it came to; refused business changed nothing.

        Raises:
            StoreFullError: if there is no space. Nothing was changed.
            LedgerError: if the store fails otherwise. Nothing was changed.
        """
        with self._store.batch() as batch:
            context = self._context(batch, now_ms)
            planner = Planner(batch, open_sealed_transaction, context)
            planner.load_command(command)
            book = planner.book
            bring_over(book, now_ms)
            first_index = book.next_index
            outcome = judge_command(self._bench(planner, context), command)
            let_follow(book, first_index, now_ms)
            if outcome.status in (Status.APPLIED, Status.HELD):
                batch.save(planner.book.change_set())
        return outcome

    def tick(self, now_ms: int) -> Decision:
        """Free holds whose time is up, and ask again for what is missing. Call it every second.

        Args:
            now_ms: Unix time in milliseconds.

        Returns:
            What to seal and publish, and how many holds were freed, as ``journalled``.

        Raises:
            StoreFullError: if there is no space. Nothing was freed.
            LedgerError: if the store fails otherwise. Nothing was freed.
        """
        freed = 0
        with self._store.batch() as batch:
            due = batch.due_holds(now_ms, self._settings.expiries_per_tick)
            if due:
                planner = Planner(batch, open_sealed_transaction, self._context(batch, now_ms))
                planner.load_holds(due)
                bring_over(planner.book, now_ms)
                for hold in due:
                    first_index = planner.book.next_index
                    expire(planner.book, hold, now_ms)
                    let_follow(planner.book, first_index, now_ms)
                batch.save(planner.book.change_set())
                freed = len(due)
        return Decision(resend=self._watch(now_ms).due(now_ms), journalled=freed)

    def night(self, now_ms: int, budget: int) -> NightSlice:
        """Do the next part of the oldest night that is due and not done, with one commit.

        Args:
            now_ms: Unix time in milliseconds.
            budget: members, or lots, to look at in this commit.

        Returns:
            What was done, and whether there is more to do now.

        Raises:
            StoreFullError: if there is no space. Nothing was done.
            LedgerError: if the store fails otherwise. Nothing was done.
            MohrError: if the rules of the night cannot be carried out at all.
        """
        return self._nights.next_slice(now_ms, budget)

    def _context(self, batch: LedgerBatch, now_ms: int) -> Context:
        return Context(
            programmes=batch.programmes(),
            settings=self._settings,
            acquaintance=self._acquaintance,
            now_ms=now_ms,
        )

    def _bench(self, planner: Planner, context: Context) -> Bench:
        return Bench(
            book=planner.book,
            programmes=context.programmes,
            settings=self._settings,
            new_member_id=self._new_member_id,
            now_ms=context.now_ms,
            told=planner.rules.told,
            dates=planner.rules.dates,
            check_card=self._check_card,
            is_proven=self._is_proven,
            reviewed=planner.reviewed,
        )

    def _watch(self, now_ms: int) -> ReorderWatch:
        """The gaps; those that an earlier run left are noticed anew."""
        if self._reorder is None:
            with self._store.batch() as batch:
                chains: list[ChainRow] = batch.open_chains()
            self._reorder = ReorderWatch(self._settings)
            self._reorder.note(chains, now_ms)
        return self._reorder

    def _file_suspects(self, bench: Bench, judge: Judge, batch: LedgerBatch) -> Rejections:
        rejections: Rejections = {}
        if not judge.suspects:
            return rejections
        book = bench.book
        keys = {(suspect.payload_hash, suspect.reason) for suspect in judge.suspects}
        book.quarantine.load(batch.rows(QuarantineRow, keys), keys)
        book.tallies.load(batch.rows(TallyRow, tuple(Tally)), tuple(Tally))
        for suspect in judge.suspects:
            kept = file_suspect(book, self._settings, suspect, bench.now_ms)
            if not kept:
                judge.alarms.append(
                    Alarm(
                        kind=AlarmKind.QUARANTINE_FULL,
                        at_ms=bench.now_ms,
                        detail=f"not kept: {suspect.reason}",
                        terminal=suspect.claimed_terminal,
                        envelope_hash=suspect.payload_hash,
                    )
                )
            if suspect.answer_to is not None:
                reason = suspect.reason if kept else Reason.QUARANTINE_FULL
                rejection = Rejection(envelope_hash=suspect.payload_hash, reason=reason)
                named = rejections.setdefault(suspect.answer_to, [])
                if rejection not in named:
                    named.append(rejection)
        return rejections
