"""Replays the journal row by row: the envelope decides, the books move, the row is compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain

from gateway.audit.answers import answer_of
from gateway.audit.bench import Bench, Beside
from gateway.audit.books import PARTS, Account, Books
from gateway.audit.card_uses import is_believed, note_tap
from gateway.audit.evidence import Evidence
from gateway.audit.report import Findings
from gateway.audit.standings import same_facts
from gateway.audit.stored import UNREADABLE, Stored
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts import verdicts
from gateway.audit.verdicts_commands import commanded
from gateway.audit.verdicts_currencies import left_in, redenominated
from gateway.audit.verdicts_holds import freed
from gateway.audit.verdicts_nights import nightly
from gateway.audit.verdicts_requests import cancelled, reserved
from gateway.ledger.accounts import currency_of_ledger
from gateway.ledger.kinds import HoldState, JournalKind
from gateway.ledger.rows import EntryRow, JournalRow, PostingRow
from gateway.ledger.rows_intake import AuthRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.authorisation import AuthKind, AuthRequest
from gateway.model.ids import BranchId, HoldId, TerminalId, WalletId
from gateway.model.ledger_command import decode_ledger_command
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason, Status
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.model.transaction import Transaction
from gateway.program.succession import superseded


@dataclass(frozen=True, slots=True)
class Moved:
    """What one posting did to one wallet; see ``MovementRow``."""

    available: int
    held: int
    pending: int
    balance: int


@dataclass(slots=True)
class Replay:
    """Replays a journal into ``books``.

    Attributes:
        books: what the envelopes say.
        evidence: opens envelopes.
        findings: where to note what is wrong.
        programmes: every version of the rules.
        stored: where rows are looked up.
        standing: where each terminal stands now.
        branches: every branch that is named anywhere.
        accounts: every account by its number.
        movements: what each wallet's statement must show, by wallet and journal index.
        answers: what must be remembered of requests that changed a hold.
        stored_balances: of every account, as the stored entries add up.
        rows: journal rows replayed.
        transactions: of them, transactions.
        requests: of them, requests.
        ratings: of them, sales rated by rules beyond the base.
        believed_dates: of them, those whose members' days were believed.
        believed_codes: reservations for which a code that was told was believed.
    """

    books: Books
    evidence: Evidence
    findings: Findings
    programmes: Sequence[Programme]
    stored: Stored
    standing: Mapping[TerminalId, BranchId]
    branches: Sequence[BranchId]
    accounts: Mapping[int, Account]
    movements: dict[tuple[WalletId, int], Moved] = field(default_factory=dict)
    answers: dict[HoldId, AuthRow] = field(default_factory=dict)
    stored_balances: Counter[Account] = field(default_factory=Counter)
    rows: int = 0
    transactions: int = 0
    requests: int = 0
    ratings: int = 0
    believed_dates: int = 0
    believed_codes: int = 0
    _recorded_at_ms: int = -1
    _index: int = 0
    _commands: set[HoldId] = field(default_factory=set)
    _superseded: dict[WalletId, str] = field(default_factory=dict)
    _seen_at: dict[TerminalId, BranchId] = field(default_factory=dict)

    def take(self, row: JournalRow, beside: Beside) -> None:
        """Replay one journal row and compare everything that was stored for it."""
        where, posting = name_of(row), beside.posting
        self.rows += 1
        if row.kind is not JournalKind.REDENOMINATION:
            self.check_followed()
        self.books.begin(row.journal_index)
        self._check_place(row, where)
        try:
            verdict = self._verdict(row, beside, where)
            if verdict is None:
                return
            effect = verdict.carry_out()
        except UNREADABLE as error:
            # What an earlier finding tells of can leave nothing to judge this row by.
            self.findings.add(where, f"it cannot be judged again: {error}")
            return
        self._compare_row(row, verdict, effect, where)
        self._compare_posting(posting, verdict, where)
        self._compare_entries(beside.entries, where)
        self._compare_rating(beside.rating, where)
        self._note_movements(row.journal_index)
        self._note_superseded(row, where)
        if posting is not None and row.terminal is not None:
            self._seen_at[row.terminal] = posting.branch

    def check_followed(self) -> None:
        """See that money which a row left in a superseded currency followed it at once."""
        for wallet, where in self._superseded.items():
            if left_in(self.books, wallet):
                self.findings.add(where, f"it left money in wallet {wallet} that no one spends")
        self._superseded.clear()

    # -- what it must have come to ----------------------------------------------------------------

    def _verdict(self, row: JournalRow, beside: Beside, where: str) -> Verdict | None:
        if row.kind in (JournalKind.TRANSACTION, JournalKind.AUTH):
            return self._opened(row, beside, where)
        if row.kind is JournalKind.EXPIRY:
            return self._expiry(row, beside, where)
        if row.kind is JournalKind.CARD:
            return self._card(row, where)
        if row.kind is JournalKind.COMMAND:
            return self._command(row, beside, where)
        if row.kind is JournalKind.REDENOMINATION:
            return redenominated(self._bench(row, beside, BranchId("")), row.envelope or b"")
        return nightly(self._bench(row, beside, BranchId("")), row.envelope or b"")

    def _opened(self, row: JournalRow, beside: Beside, where: str) -> Verdict | None:
        opened = self.evidence.open_row(row, where)
        if isinstance(opened, Transaction):
            self.transactions += 1
            return self._transaction(row, beside, opened)
        if isinstance(opened, AuthRequest):
            self.requests += 1
            return self._request(row, beside, opened)
        return None

    def _bench(self, row: JournalRow, beside: Beside, branch: BranchId) -> Bench:
        return Bench(self.books, self.programmes, row, branch, self.stored, beside.rating)

    def _transaction(
        self, row: JournalRow, beside: Beside, transaction: Transaction
    ) -> Verdict | None:
        found = self._likeliest(row, beside, transaction)
        note_tap(self._bench(row, beside, BranchId("")), transaction)
        return found

    def _likeliest(
        self, row: JournalRow, beside: Beside, transaction: Transaction
    ) -> Verdict | None:
        first: Verdict | None = None
        for branch in self._branches(row, beside.posting):
            for verdict in verdicts(self._bench(row, beside, branch), transaction):
                stored = (row.status, row.reason, row.programme_version)
                if (verdict.status, verdict.reason, verdict.version) == stored:
                    return verdict
                first = first or verdict
        return first

    def _branches(self, row: JournalRow, posting: PostingRow | None) -> Iterator[BranchId]:
        """Where it may have happened: a posting says it, a refusal leaves it open."""
        if posting is not None:
            return iter((posting.branch,))
        terminal = row.terminal or TerminalId("")
        likely = [self._seen_at.get(terminal), self.standing.get(terminal)]
        return chain((branch for branch in likely if branch is not None), self.branches)

    def _request(self, row: JournalRow, beside: Beside, request: AuthRequest) -> Verdict:
        branch = next(self._branches(row, beside.posting), BranchId(""))
        bench = self._bench(row, beside, branch)
        if row.judged_at_ms > request.deadline_ms:
            return refusal(Reason.REQUEST_EXPIRED)
        if request.kind is AuthKind.RESERVE:
            verdict = reserved(bench, request)
            self.believed_codes += is_believed(bench, request.card)
        elif request.kind is AuthKind.CANCEL:
            verdict = cancelled(bench, request)
        else:
            return refusal(Reason.MALFORMED)

        def carry_out() -> Effect:
            effect = verdict.carry_out()
            answer = answer_of(bench, request, verdict, effect)
            self.answers[request.request_id] = answer
            return effect

        return replace(verdict, carry_out=carry_out)

    def _command(self, row: JournalRow, beside: Beside, where: str) -> Verdict:
        command = decode_ledger_command(row.envelope or b"")
        name = HoldId(bytes.fromhex(command.id))
        self.findings.expect(where, "the command", stored=row.request_id, computed=name)
        if name in self._commands:
            self.findings.add(where, "the same command was done before")
        self._commands.add(name)
        return commanded(self._bench(row, beside, command.branch), command)

    def _expiry(self, row: JournalRow, beside: Beside, where: str) -> Verdict:
        hold = self.books.holds.get(row.hold_id) if row.hold_id is not None else None
        if hold is None or hold.state is not HoldState.PENDING:
            return refusal(Reason.HOLD_NOT_FOUND)
        self.findings.expect(where, "the terminal", stored=row.terminal, computed=hold.terminal)
        if row.judged_at_ms < hold.expires_at_ms:
            self.findings.add(where, f"the hold expires at {hold.expires_at_ms}, not yet")
        verdict = freed(self._bench(row, beside, hold.branch), hold, HoldState.EXPIRED)
        return replace(verdict, branch=hold.branch)

    def _card(self, row: JournalRow, where: str) -> Verdict | None:
        card = self.books.cards.get(row.card_token) if row.card_token is not None else None
        if card is None or row.card_state is None:
            self.findings.add(where, "it sets the state of a card that nobody owns")
            return None
        self.books.cards[card.token] = replace(card, state=row.card_state)
        return Verdict(status=Status.APPLIED, carry_out=lambda: Effect(member=card.member_id))

    # -- what was stored for it -------------------------------------------------------------------

    def _check_place(self, row: JournalRow, where: str) -> None:
        if row.journal_index != self._index + 1:
            self.findings.add(where, f"it follows journal row {self._index}")
        if row.recorded_at_ms <= self._recorded_at_ms:
            self.findings.add(where, "it was not recorded later than the row before")
        if row.judged_at_ms > row.recorded_at_ms:
            self.findings.add(where, "it was recorded before it was judged")
        self._index, self._recorded_at_ms = row.journal_index, row.recorded_at_ms

    def _compare_row(self, row: JournalRow, verdict: Verdict, effect: Effect, where: str) -> None:
        expect = self.findings.expect
        expect(where, "the status", stored=row.status, computed=verdict.status)
        expect(where, "the reason", stored=row.reason, computed=verdict.reason)
        expect(where, "the rules", stored=row.programme_version, computed=verdict.version)
        expect(where, "the hold", stored=row.hold_id, computed=verdict.hold_id)
        expect(where, "the member", stored=row.member_id, computed=effect.member)
        expect(where, "points", stored=row.points, computed=effect.points)
        expect(where, "the balance", stored=row.balance_points, computed=self._balance(effect))

    def _compare_posting(self, posting: PostingRow | None, verdict: Verdict, where: str) -> None:
        if posting is None or verdict.posting is None:
            stored = None if posting is None else posting.kind
            self.findings.expect(where, "the posting", stored=stored, computed=verdict.posting)
            return
        expect = self.findings.expect
        expect(where, "the posting's kind", stored=posting.kind, computed=verdict.posting)
        expect(
            where,
            "the posting's rules",
            stored=posting.programme_version,
            computed=verdict.version,
        )
        expect(where, "the posting's ledger", stored=posting.ledger, computed=self.books.ledger)
        if verdict.branch is not None:
            expect(where, "the posting's branch", stored=posting.branch, computed=verdict.branch)

    def _compare_rating(self, stored: RatingRow | None, where: str) -> None:
        """Compare how a sale was rated: what was known before it, and what the rules made of it."""
        computed = self.books.rating
        if stored is None or computed is None:
            if stored is not None or computed is not None:
                is_there = "is missing" if stored is None else "has no reason"
                self.findings.add(where, f"the rating {is_there}")
            return
        self.ratings += 1
        known = _facts_in(stored)
        self.believed_dates += known is not None and bool(known.dates)
        if known is not None and same_facts(known, _facts_in(computed) or known):
            # In which order the limits stand in it is no matter.
            computed = replace(computed, facts=stored.facts)
        for one in fields(RatingRow):
            self.findings.expect(
                where,
                f"the rating's {one.name}",
                stored=getattr(stored, one.name),
                computed=getattr(computed, one.name),
            )

    def _compare_entries(self, entries: Sequence[EntryRow], where: str) -> None:
        stored: Counter[tuple[Account, Account]] = Counter()
        for entry in entries:
            source = self._account(entry.debit_account)
            target = self._account(entry.credit_account)
            stored[source, target] += entry.points
            self.stored_balances[source] -= entry.points
            self.stored_balances[target] += entry.points
            if entry.points <= 0 or source == target:
                self.findings.add(where, f"entry {entry.line} moves nothing")
            if source[0] != target[0]:
                self.findings.add(where, f"entry {entry.line} leads into another ledger")
        computed: Counter[tuple[Account, Account]] = Counter()
        for source, target, points in self.books.transfers:
            computed[source, target] += points
        for pair in stored.keys() | computed.keys():
            self.findings.expect(
                where,
                f"points from {' '.join(pair[0])} to {' '.join(pair[1])}",
                stored=stored[pair],
                computed=computed[pair],
            )

    def _note_movements(self, index: int) -> None:
        books = self.books
        for wallet in books.touched():
            available, held, pending = (books.net(books.account(wallet, part)) for part in PARTS)
            self.movements[wallet, index] = Moved(available, held, pending, books.available(wallet))

    def _note_superseded(self, row: JournalRow, where: str) -> None:
        known = superseded(self.programmes, row.judged_at_ms)
        for wallet in self.books.touched() if known else ():
            if currency_of_ledger(self.books.wallets[wallet].ledger) in known:
                self._superseded[wallet] = where

    def _account(self, number: int) -> Account:
        return self.accounts.get(number, ("no ledger", f"account {number}"))

    def _balance(self, effect: Effect) -> int | None:
        return None if effect.wallet is None else self.books.available(effect.wallet)


def name_of(row: JournalRow) -> str:
    """Name a journal row for people."""
    if row.kind is JournalKind.TRANSACTION:
        return f"journal {row.journal_index} ({row.terminal} epoch {row.epoch} seq {row.seq})"
    return f"journal {row.journal_index} ({row.kind})"


def _facts_in(rating: RatingRow) -> MemberFacts | None:
    """The facts that a rating keeps, if they can be read."""
    try:
        return from_plain(MemberFacts, json.loads(rating.facts))
    except UNREADABLE:
        return None
