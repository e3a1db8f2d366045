"""Audits a ledger: everything the database says, against what the sealed envelopes say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from gateway.audit.bench import Beside
from gateway.audit.books import Books
from gateway.audit.compare import (
    compare_allocations,
    compare_answers,
    compare_movements,
    compare_quarantine,
    compare_sales,
    compare_table,
    compare_wallets,
)
from gateway.audit.evidence import Evidence
from gateway.audit.reading import Reading
from gateway.audit.replay import Replay
from gateway.audit.report import AuditReport, Checked, Findings
from gateway.audit.stored import Stored
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import ENVELOPE_BYTES_MAX, envelope_hash
from gateway.errors import MohrError
from gateway.ledger.row import Row
from gateway.ledger.rows import AccountRow, EntryRow, MovementRow, PostingRow
from gateway.ledger.rows_intake import (
    AuthRow,
    ChainRow,
    InboxRow,
    QuarantineRow,
    TallyRow,
    TerminalKey,
    TerminalRow,
    TombstoneRow,
)
from gateway.ledger.rows_lots import AllocationRow, DebtRow, HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    CardRow,
    CardUseRow,
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    MemberRow,
    StandingRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow
from gateway.ledger.store import LedgerBatch
from gateway.model.ids import TerminalId
from gateway.model.programme import Programme

R = TypeVar("R", bound=Row)


def audit(batch: LedgerBatch) -> AuditReport:
    """Audit everything.

    Args:
        batch: one state of the ledger. Nothing is written to it.

    Returns:
        the report. What cannot be read is a finding too, never an exception.
    """
    return _Audit(batch).run()


class _Audit:
    def __init__(self, batch: LedgerBatch) -> None:
        self._batch = batch
        self._findings = Findings()
        self._reading = Reading(batch, self._findings)
        self._books = Books()
        self._keys = {key.key_id: key for key in self._reading.every(TerminalKey)}
        self._evidence = Evidence(self._keys, self._findings)
        self._entries = 0

    def run(self) -> AuditReport:
        self._check_keys()
        replay = self._replay()
        self._check_chains()
        self._compare(replay)
        books, compared = self._books, self._compare_tables()
        return AuditReport(
            checked=Checked(
                journal_rows=replay.rows,
                seals=self._evidence.seals,
                transactions=replay.transactions,
                requests=replay.requests,
                entries=self._entries,
                members=len(books.members),
                cards=compared[CardRow],
                lots=compared[LotRow],
                holds=compared[HoldRow],
                chains=len(self._evidence.chains),
                ratings=replay.ratings,
                believed_dates=replay.believed_dates,
                believed_codes=replay.believed_codes,
                quarantined=self._check_quarantine(),
            ),
            findings=self._findings.listed,
            found=self._findings.found,
        )

    # -- the journal ----------------------------------------------------------------------------

    def _replay(self) -> Replay:
        accounts = {
            row.account_id: (row.ledger, row.name) for row in self._reading.every(AccountRow)
        }
        if len(set(accounts.values())) != len(accounts):
            self._findings.add("accounts", "two have one name")
        standing = {row.terminal: row.branch for row in self._reading.every(TerminalRow)}
        seen = {row.branch for row in self._reading.every(PostingRow)}
        programmes = self._programmes()
        self._books.programmes = programmes
        self._books.ledger = f"PTS:{programmes[0].name}" if programmes else ""
        replay = Replay(
            books=self._books,
            evidence=self._evidence,
            findings=self._findings,
            programmes=programmes,
            stored=Stored(self._batch),
            standing=standing,
            branches=sorted({*standing.values(), *seen}),
            accounts=accounts,
        )
        postings = _Alongside(self._reading.every(PostingRow), _posting_index)
        entries = _Alongside(self._reading.every(EntryRow), _entry_index)
        ratings = _Alongside(self._reading.every(RatingRow), _rating_index)
        for row in self._reading.journal():
            own = entries.of(row.journal_index)
            self._entries += len(own)
            beside = Beside(
                posting=next(iter(postings.of(row.journal_index)), None),
                entries=own,
                rating=next(iter(ratings.of(row.journal_index)), None),
            )
            replay.take(row, beside)
        replay.check_followed()
        for posting in (*postings.orphans(), *postings.rest()):
            self._findings.add(f"posting {posting.journal_index}", "its journal row is missing")
        for entry in (*entries.orphans(), *entries.rest()):
            where = f"entry {entry.journal_index} line {entry.line}"
            self._findings.add(where, "its journal row is missing")
        for rating in (*ratings.orphans(), *ratings.rest()):
            self._findings.add(f"rating {rating.journal_index}", "its journal row is missing")
        return replay

    def _programmes(self) -> tuple[Programme, ...]:
        programmes = self._reading.attempt("programmes", self._batch.programmes) or ()
        versions = [one.version for one in programmes]
        if versions != list(range(1, len(versions) + 1)):
            self._findings.add("programmes", f"their versions are {versions}")
        return programmes

    # -- terminals ------------------------------------------------------------------------------

    def _check_keys(self) -> None:
        for key in self._keys.values():
            where = f"key {key.key_id.hex()} of {key.terminal}"
            try:
                computed = PublicKey.from_cose_key(key.cose_key).key_id
            except MohrError as error:
                self._findings.add(where, f"it cannot be used: {error}")
                continue
            self._findings.expect(where, "its id", stored=key.key_id, computed=computed)

    def _check_chains(self) -> None:
        waiting: dict[tuple[TerminalId, int], list[InboxRow]] = {}
        for row in self._reading.every(InboxRow):
            self._evidence.check_inbox(row)
            waiting.setdefault((row.terminal, row.epoch), []).append(row)
        left = {*self._evidence.chains, *waiting}
        for chain in self._reading.every(ChainRow):
            left.discard((chain.terminal, chain.epoch))
            own = tuple(waiting.get((chain.terminal, chain.epoch), ()))
            self._evidence.check_chain(chain, own)
        for terminal, epoch in sorted(left):
            self._findings.add(f"chain {terminal} epoch {epoch}", "it is missing")

    # -- tables ---------------------------------------------------------------------------------

    def _compare(self, replay: Replay) -> None:
        findings, books = self._findings, self._books
        compare_wallets(
            findings, self._reading.every(WalletRow), books, replay.stored_balances, replay.accounts
        )
        compare_allocations(findings, self._reading.every(AllocationRow), books)
        compare_movements(findings, self._reading.every(MovementRow), replay.movements)
        compare_answers(findings, self._reading.every(AuthRow), replay.answers)
        for row in self._reading.every(TombstoneRow):
            hold = books.holds.get(row.hold_id)
            if hold is not None and hold.terminal == row.terminal:
                findings.add(f"hold {row.hold_id.hex()}", "it was cancelled before it was made")

    def _compare_tables(self) -> dict[type[Row], int]:
        books = self._books
        computed: dict[type[Row], Iterable[Row]] = {
            MemberRow: books.members.values(),
            CardRow: books.cards.values(),
            CardUseRow: books.card_uses.values(),
            LotRow: books.heap.lots.values(),
            DebtRow: books.heap.debts.values(),
            HoldRow: books.holds.values(),
            SuspendedRow: books.suspended.values(),
            StandingRow: books.standings.values(),
            VisitRow: books.visits.values(),
            UsageRow: books.usage.values(),
            VoucherRow: books.vouchers.values(),
            GiftCardRow: books.gift_cards.values(),
            HouseholdRow: books.households.values(),
            HouseholdMemberRow: books.household_members.values(),
            SaleReturnRow: books.returns.values(),
            ReviewRow: [one.row for one in books.reviews.values()],
        }
        compared = {
            kind: compare_table(self._findings, kind.TABLE, self._reading.every(kind), rows)
            for kind, rows in computed.items()
        }
        compare_sales(self._findings, self._reading.every(SaleRow), books)
        return compared

    def _check_quarantine(self) -> int:
        return compare_quarantine(
            self._findings,
            self._reading.every(QuarantineRow),
            self._reading.every(TallyRow),
            envelope_hash,
            cut_at_bytes=ENVELOPE_BYTES_MAX,
        )


class _Alongside(Generic[R]):
    """Rows sorted by journal index, taken alongside the journal without holding them all."""

    def __init__(self, rows: Iterator[R], index: Callable[[R], int]) -> None:
        self._rows = rows
        self._index = index
        self._next = next(rows, None)
        self._orphans: list[R] = []

    def of(self, journal_index: int) -> list[R]:
        """The rows of one journal row; those before it belong to none."""
        own: list[R] = []
        while self._next is not None and self._index(self._next) <= journal_index:
            fits = self._index(self._next) == journal_index
            (own if fits else self._orphans).append(self._next)
            self._next = next(self._rows, None)
        return own

    def orphans(self) -> list[R]:
        """Rows that belonged to no journal row so far."""
        return self._orphans

    def rest(self) -> Iterator[R]:
        """Rows after the journal's last."""
        while self._next is not None:
            yield self._next
            self._next = next(self._rows, None)


def _posting_index(row: PostingRow) -> int:
    return row.journal_index


def _entry_index(row: EntryRow) -> int:
    return row.journal_index


def _rating_index(row: RatingRow) -> int:
    return row.journal_index
