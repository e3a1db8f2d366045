"""Replays the journal row by row: the envelope decides, the books move, the row is compared."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from gateway.audit.books import PARTS, Account, Books
from gateway.audit.evidence import Evidence
from gateway.audit.report import Findings
from gateway.audit.verdict import Effect, Verdict, free, refusal
from gateway.audit.verdicts import Bench
from gateway.ledger.kinds import CardState, HoldState, JournalKind, PostingKind
from gateway.ledger.rows import EntryRow, JournalRow, PostingRow
from gateway.ledger.rows_intake import AuthRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import AuthKind, AuthRequest
from gateway.model.ids import BranchId, HoldId, TerminalId, WalletId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.transaction import Transaction
from gateway.program.redeem import quote_redemption
from gateway.program.versions import programme_at
from gateway.wire.auth import encode_auth_request


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
        standing: where each terminal stands now.
        branches: every branch that is named anywhere.
        accounts: every account by its number.
        movements: what each wallet's statement must show, by wallet and journal index.
        answers: what must be remembered of requests that changed a hold.
        stored_balances: of every account, as the stored entries add up.
        rows: journal rows replayed.
        transactions: of them, transactions.
        requests: of them, requests.
    """

    books: Books
    evidence: Evidence
    findings: Findings
    programmes: Sequence[Programme]
    standing: Mapping[TerminalId, BranchId]
    branches: Sequence[BranchId]
    accounts: Mapping[int, Account]
    movements: dict[tuple[WalletId, int], Moved] = field(default_factory=dict)
    answers: dict[HoldId, AuthRow] = field(default_factory=dict)
    stored_balances: Counter[Account] = field(default_factory=Counter)
    rows: int = 0
    transactions: int = 0
    requests: int = 0
    _recorded_at_ms: int = -1
    _index: int = 0
    _seen_at: dict[TerminalId, BranchId] = field(default_factory=dict)

    def take(
        self, row: JournalRow, posting: PostingRow | None, entries: Sequence[EntryRow]
    ) -> None:
        """Replay one journal row and compare everything that was stored for it."""
        where = name_of(row)
        self.rows += 1
        self.books.begin(row.journal_index)
        self._check_place(row, where)
        verdict = self._verdict(row, posting, where)
        if verdict is None:
            return
        effect = verdict.carry_out()
        self._compare_row(row, verdict, effect, where)
        self._compare_posting(posting, verdict, where)
        self._compare_entries(entries, where)
        self._note_movements(row.journal_index)
        if posting is not None and row.terminal is not None:
            self._seen_at[row.terminal] = posting.branch

    # -- what it must have come to ----------------------------------------------------------------

    def _verdict(self, row: JournalRow, posting: PostingRow | None, where: str) -> Verdict | None:
        if row.kind is JournalKind.EXPIRY:
            return self._expiry(row, where)
        if row.kind is JournalKind.CARD:
            return self._card(row, where)
        opened = self.evidence.open_row(row, where)
        if isinstance(opened, Transaction):
            self.transactions += 1
            return self._transaction(row, posting, opened)
        if isinstance(opened, AuthRequest):
            self.requests += 1
            return self._request(row, posting, opened)
        return None

    def _transaction(
        self, row: JournalRow, posting: PostingRow | None, transaction: Transaction
    ) -> Verdict:
        first: Verdict | None = None
        for branch in self._branches(row, posting):
            bench = Bench(self.books, self.programmes, row, branch)
            for verdict in bench.verdicts(transaction):
                stored = (row.status, row.reason, row.programme_version)
                if (verdict.status, verdict.reason, verdict.version) == stored:
                    return verdict
                first = first or verdict
        assert first is not None
        return first

    def _branches(self, row: JournalRow, posting: PostingRow | None) -> Iterator[BranchId]:
        """Where it may have happened: a posting says it, a refusal leaves it open."""
        if posting is not None:
            return iter((posting.branch,))
        terminal = row.terminal or TerminalId("")
        likely = [self._seen_at.get(terminal), self.standing.get(terminal)]
        return chain((branch for branch in likely if branch is not None), self.branches)

    def _request(
        self, row: JournalRow, posting: PostingRow | None, request: AuthRequest
    ) -> Verdict:
        if request.kind is AuthKind.RESERVE:
            verdict = self._reserve(row, posting, request)
        elif request.kind is AuthKind.CANCEL:
            verdict = self._cancel(request)
        else:
            return refusal(Reason.MALFORMED)
        if row.judged_at_ms > request.deadline_ms:
            return refusal(Reason.REQUEST_EXPIRED)
        return self._remembering(row, request, verdict)

    def _reserve(
        self, row: JournalRow, posting: PostingRow | None, request: AuthRequest
    ) -> Verdict:
        assert request.card is not None
        assert request.points is not None
        assert request.sale_key is not None
        assert request.sale_total_minor is not None
        rules = programme_at(self.programmes, row.judged_at_ms)
        card = self.books.cards.get(request.card.token)
        if rules is None or request.currency != rules.currency:
            return refusal(Reason.PROGRAMME_UNKNOWN)
        if card is None or card.state is not CardState.ACTIVE:
            return refusal(Reason.CARD_BLOCKED)
        if request.request_id in self.books.holds:
            return refusal(Reason.REQUEST_ID_REUSED)
        member = card.member_id
        wallet = WalletId(member)
        quote = quote_redemption(
            rules,
            asked_points=request.points,
            balance_points=self.books.available(wallet),
            sale_total_minor=request.sale_total_minor,
        )
        if isinstance(quote, Reason):
            return refusal(quote)
        hold = HoldRow(
            hold_id=request.request_id,
            member_id=member,
            wallet_id=wallet,
            instrument=Instrument.POINTS,
            source="",
            terms="",
            terminal=request.terminal,
            branch=next(self._branches(row, posting)),
            sale_key=request.sale_key,
            points=quote.points,
            amount_minor=quote.amount_minor,
            programme_version=rules.version,
            expires_at_ms=row.judged_at_ms + rules.hold_ttl_ms,
            state=HoldState.PENDING,
            owner_index=row.journal_index,
            redeemed_points=0,
            redeemed_minor=0,
            shortfall_points=0,
            given_back_points=0,
            given_back_minor=0,
            resolved_index=None,
        )

        def carry_out() -> Effect:
            books = self.books
            books.heap.take(wallet, hold.points)
            available, held = books.account(wallet, "available"), books.account(wallet, "held")
            books.transfer(available, held, hold.points)
            books.put_hold(hold)
            return Effect(member=member, points=books.moved(wallet), wallet=wallet)

        return Verdict(
            status=Status.APPLIED,
            posting=PostingKind.RESERVE,
            version=rules.version,
            hold_id=hold.hold_id,
            carry_out=carry_out,
        )

    def _cancel(self, request: AuthRequest) -> Verdict:
        assert request.hold_id is not None
        hold = self.books.holds.get(request.hold_id)
        if hold is None or hold.terminal != request.terminal:
            return refusal(Reason.HOLD_NOT_FOUND)
        if hold.state not in (HoldState.PENDING, HoldState.EXPIRED):
            return refusal(Reason.HOLD_ALREADY_RESOLVED)
        return self._freeing(hold, HoldState.CANCELLED)

    def _expiry(self, row: JournalRow, where: str) -> Verdict:
        hold = self.books.holds.get(row.hold_id) if row.hold_id is not None else None
        if hold is None or hold.state is not HoldState.PENDING:
            return refusal(Reason.HOLD_NOT_FOUND)
        self.findings.expect(where, "the terminal", stored=row.terminal, computed=hold.terminal)
        if row.judged_at_ms < hold.expires_at_ms:
            self.findings.add(where, f"the hold expires at {hold.expires_at_ms}, not yet")
        return self._freeing(hold, HoldState.EXPIRED)

    def _freeing(self, hold: HoldRow, state: HoldState) -> Verdict:
        def carry_out() -> Effect:
            free(self.books, hold, state)
            moved = 0 if hold.wallet_id is None else self.books.moved(hold.wallet_id)
            return Effect(member=hold.member_id, points=moved, wallet=hold.wallet_id)

        return Verdict(
            status=Status.APPLIED,
            posting=PostingKind.RELEASE if hold.state is HoldState.PENDING else None,
            version=hold.programme_version,
            hold_id=hold.hold_id,
            carry_out=carry_out,
        )

    def _card(self, row: JournalRow, where: str) -> Verdict | None:
        card = self.books.cards.get(row.card_token) if row.card_token is not None else None
        if card is None or row.card_state is None:
            self.findings.add(where, "it sets the state of a card that nobody owns")
            return None
        self.books.cards[card.token] = replace(card, state=row.card_state)
        self.findings.expect(where, "the member", stored=row.member_id, computed=card.member_id)
        return None

    def _remembering(self, row: JournalRow, request: AuthRequest, verdict: Verdict) -> Verdict:
        """Write down, with the verdict's effect, what the gateway must answer from then on."""

        def carry_out() -> Effect:
            effect = verdict.carry_out()
            hold = self.books.holds.get(request.request_id)
            self.answers[request.request_id] = AuthRow(
                request_id=request.request_id,
                terminal=request.terminal,
                kind=request.kind,
                content_hash=hashlib.sha256(encode_auth_request(request)).digest(),
                status=verdict.status,
                reason=verdict.reason,
                answered_at_ms=row.judged_at_ms,
                balance_points=self._balance(effect),
                points=None if hold is None else hold.points,
                amount_minor=None if hold is None else hold.amount_minor,
                expires_at_ms=None if hold is None else hold.expires_at_ms,
            )
            return effect

        return replace(verdict, carry_out=carry_out)

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

    def _account(self, number: int) -> Account:
        return self.accounts.get(number, ("no ledger", f"account {number}"))

    def _balance(self, effect: Effect) -> int | None:
        return None if effect.wallet is None else self.books.available(effect.wallet)


def name_of(row: JournalRow) -> str:
    """Name a journal row for people."""
    if row.kind is JournalKind.TRANSACTION:
        return f"journal {row.journal_index} ({row.terminal} epoch {row.epoch} seq {row.seq})"
    return f"journal {row.journal_index} ({row.kind})"
