"""Judge arrivals one after the other against the book, and gather what must be answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import JournalKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow, InboxRow, TerminalKey
from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, CardToken, EnvelopeHash, MemberId, TerminalId, TransactionId
from gateway.model.outcome import Reason
from gateway.model.transaction import Kind, Transaction
from gateway.writer.arrival import Arrival, AuthArrival, QuarantineArrival, TransactionArrival
from gateway.writer.bench import Bench, Case, Outcome, Told, refused
from gateway.writer.card_guard import Guarded, block_copied, guard_request, guard_transaction
from gateway.writer.decision import Alarm, AlarmKind
from gateway.writer.inquiring import inquired_member
from gateway.writer.judge_auth import judge_auth
from gateway.writer.judge_holds import judge_redeem, judge_void
from gateway.writer.judge_loads import judge_event, judge_top_up
from gateway.writer.judge_returns import judge_refund
from gateway.writer.judge_reviews import judge_review
from gateway.writer.judge_sales import judge_earn, judge_enrol
from gateway.writer.quarantine import Suspect
from gateway.writer.sequence import Place, place_of
from gateway.writer.succeeding import let_follow

_JUDGES: Final[dict[Kind, Callable[[Bench, Case, Posting], Outcome]]] = {
    Kind.ENROL: judge_enrol,
    Kind.EARN: judge_earn,
    Kind.REDEEM: judge_redeem,
    Kind.VOID: judge_void,
    Kind.REFUND: judge_refund,
    Kind.TOP_UP: judge_top_up,
    Kind.EVENT: judge_event,
    Kind.REVIEW: judge_review,
}


class Judge:
    """One batch's judgements. ``take`` changes the book; the attributes say what to answer.

    Args:
        bench: rows, rules and moment.
        waiting: the decoded transactions of the inbox rows that were loaded.
    """

    def __init__(self, bench: Bench, waiting: Mapping[TransactionId, Transaction]) -> None:
        self._bench = bench
        self._book = bench.book
        self._waiting = dict(waiting)
        self.results: dict[tuple[TerminalId, int], dict[int, JournalRow]] = {}
        self.suspects: list[Suspect] = []
        self.answers: list[AuthAnswer] = []
        self.inquired: dict[int, MemberId] = {}
        self.alarms: list[Alarm] = []
        self.duplicates = 0
        self.put_aside = 0

    def take(self, arrival: Arrival) -> None:
        """Judge one arrival, and after it whatever it lets go on."""
        if isinstance(arrival, TransactionArrival):
            self._take_transaction(arrival)
        elif isinstance(arrival, AuthArrival):
            self._take_request(arrival)
        else:
            self._take_suspect(arrival)

    # -- transactions ---------------------------------------------------------------------------

    def _take_transaction(self, arrival: TransactionArrival) -> None:
        key = self._book.keys.get(arrival.key_id)
        if key is None:
            self._reject(arrival, None, Reason.UNKNOWN_KEY, "the sealing key is not registered")
            return
        reason = _key_objection(key, arrival.transaction.id)
        if reason is not Reason.NONE:
            detail = f"sealed by {key.terminal} in epoch {key.epoch}"
            self._reject(arrival, key, reason, detail, AlarmKind.FOREIGN_KEY)
            return
        name = arrival.transaction.id
        chain = self._book.chains.require((name.terminal, name.epoch))
        self.results.setdefault(chain.key, {})
        place = place_of(
            chain,
            name.seq,
            envelope_hash=arrival.envelope_hash,
            previous_hash=arrival.transaction.previous_hash,
            same_seq_hash=self._same_seq_hash(chain, name),
        )
        if place is Place.NEXT:
            self._settle(chain, arrival)
            self._let_go_on(key)
        elif place is Place.EARLY:
            self._put_aside(chain, arrival)
        elif place is Place.CLONE:
            detail = f"another envelope has seq {name.seq}"
            self._reject(arrival, key, Reason.CLONE, detail, AlarmKind.CLONE)
        elif place is Place.CHAIN_BROKEN:
            self._reject_broken(arrival, key)
        else:
            self.duplicates += 1
            if place is Place.REPEATED:
                self.results[chain.key][name.seq] = self._book.result(name)

    def _same_seq_hash(self, chain: ChainRow, name: TransactionId) -> EnvelopeHash | None:
        if name.seq <= chain.watermark:
            return self._book.result(name).envelope_hash
        if not self._book.inbox.knows(name):
            return None  # the chain has nothing waiting, so nothing was looked for
        row = self._book.inbox.get(name)
        return None if row is None else row.envelope_hash

    def _settle(self, chain: ChainRow, arrival: TransactionArrival) -> None:
        """Judge the next transaction of a chain, journal it, and move the watermark."""
        book, transaction = self._book, arrival.transaction
        posting = Posting(book, book.next_index)
        case = Case(transaction, self._branch(chain))
        guarded = guard_transaction(self._bench, case)
        if guarded.reason is Reason.NONE:
            outcome = _JUDGES[transaction.kind](self._bench, case, posting)
        else:
            outcome = refused(guarded.reason)
        if outcome.posting is not None:
            if outcome.programme_version is None:
                raise InvariantError("a posting names the rules that made it")
            posting.close(
                outcome.posting,
                programme_version=outcome.programme_version,
                branch=case.branch,
            )
        row = self._journal_row(arrival, outcome)
        book.record(row)
        self._remember(row.journal_index, transaction, outcome)
        if guarded.use is not None:
            book.add_card_use(guarded.use)
        let_follow(book, row.journal_index, self._bench.now_ms)
        seq = transaction.id.seq
        book.chains.replace(
            replace(
                chain,
                watermark=seq,
                watermark_hash=arrival.envelope_hash,
                highest_seq=max(chain.highest_seq, seq),
            )
        )
        self.results[chain.key][seq] = row
        if outcome.shortfall_points:
            detail = f"a redemption was honoured {outcome.shortfall_points} points beyond balance"
            self._alarm(AlarmKind.SHORTFALL, detail, transaction.id, arrival.envelope_hash)
        if transaction.card is not None:
            self._act_on(guarded, transaction.card, transaction.id, arrival.envelope_hash)

    def _act_on(
        self,
        guarded: Guarded,
        card: CardEvidence,
        name: TransactionId | None,
        envelope_hash: EnvelopeHash,
    ) -> None:
        """Tell of a card that is not what it says, and block it."""
        if guarded.alarm is not None:
            self._alarm(guarded.alarm, guarded.detail, name, envelope_hash, guarded.once)
        if guarded.blocks:
            block_copied(self._bench, card.token)

    def _remember(self, index: int, transaction: Transaction, outcome: Outcome) -> None:
        """Keep a sale at hand whose goods may come back in this very batch."""
        if transaction.sale is not None and outcome.programme_version is not None:
            self._bench.told[index] = Told(
                transaction=transaction,
                programme_version=outcome.programme_version,
                happened_at_ms=self._bench.happened_at_ms(transaction.time),
                member_id=outcome.member_id,
            )

    def _journal_row(self, arrival: TransactionArrival, outcome: Outcome) -> JournalRow:
        name = arrival.transaction.id
        return JournalRow(
            journal_index=self._book.next_index,
            recorded_at_ms=self._book.next_recorded_at_ms(self._bench.now_ms),
            judged_at_ms=self._bench.now_ms,
            kind=JournalKind.TRANSACTION,
            terminal=name.terminal,
            epoch=name.epoch,
            seq=name.seq,
            hold_id=outcome.hold_id,
            envelope_hash=arrival.envelope_hash,
            key_id=arrival.key_id,
            status=outcome.status,
            reason=outcome.reason,
            member_id=outcome.member_id,
            points=outcome.points,
            balance_points=outcome.balance_points,
            programme_version=outcome.programme_version,
            envelope=arrival.envelope,
        )

    def _put_aside(self, chain: ChainRow, arrival: TransactionArrival) -> None:
        name = arrival.transaction.id
        has_room = chain.waiting < self._bench.settings.inbox_rows_max
        if has_room:
            self._book.inbox.add(
                InboxRow(
                    terminal=name.terminal,
                    epoch=name.epoch,
                    seq=name.seq,
                    envelope_hash=arrival.envelope_hash,
                    key_id=arrival.key_id,
                    arrived_at_ms=self._bench.now_ms,
                    envelope=arrival.envelope,
                )
            )
            self._waiting[name] = arrival.transaction
            self.put_aside += 1
        self._book.chains.replace(
            replace(
                chain,
                highest_seq=max(chain.highest_seq, name.seq),
                waiting=chain.waiting + has_room,
            )
        )

    def _let_go_on(self, key: TerminalKey) -> None:
        """Judge what waited, as far as it now follows without a gap."""
        while True:
            chain = self._book.chains.require((key.terminal, key.epoch))
            if not chain.waiting:
                return
            name = TransactionId(terminal=key.terminal, epoch=key.epoch, seq=chain.watermark + 1)
            transaction = self._waiting.pop(name, None)
            if transaction is None:
                return
            row = self._book.inbox.require(name)
            self._book.inbox.remove(name)
            chain = replace(chain, waiting=chain.waiting - 1)
            self._book.chains.replace(chain)
            arrival = TransactionArrival(
                envelope=row.envelope,
                envelope_hash=row.envelope_hash,
                key_id=row.key_id,
                transaction=transaction,
            )
            if transaction.previous_hash != chain.watermark_hash:
                self._reject_broken(arrival, key)
                return
            self._settle(chain, arrival)

    # -- requests and suspects ------------------------------------------------------------------

    def _take_request(self, arrival: AuthArrival) -> None:
        key = self._book.keys.get(arrival.key_id)
        if key is None:
            self._reject(arrival, None, Reason.UNKNOWN_KEY, "the sealing key is not registered")
            return
        terminal = self._book.terminals.require(key.terminal)
        if arrival.request.terminal != key.terminal:
            detail = f"sealed by {key.terminal}"
            self._reject(arrival, key, Reason.WRONG_TERMINAL, detail, AlarmKind.FOREIGN_KEY)
        elif key.epoch != terminal.epoch:
            # A backlog may still come under an old key; a question about now may not.
            detail = f"sealed with the key of epoch {key.epoch}, not {terminal.epoch}"
            self._reject(arrival, key, Reason.KEY_NOT_VALID, detail, AlarmKind.FOREIGN_KEY)
        else:
            first_index = self._book.next_index
            guarded = guard_request(self._bench, arrival.request, self._bench.rules_now())
            answer = judge_auth(self._bench, arrival, terminal.branch, guarded.reason)
            let_follow(self._book, first_index, self._bench.now_ms)
            member = inquired_member(self._bench, arrival.request, answer)
            self.answers.append(answer)
            if arrival.request.card is not None:
                self._act_on(guarded, arrival.request.card, None, arrival.envelope_hash)
            if member is not None:
                self.inquired[len(self.answers) - 1] = member

    def _take_suspect(self, arrival: QuarantineArrival) -> None:
        claimed = arrival.claimed_terminal
        terminal = self._book.terminals.get(claimed) if arrival.sealed and claimed else None
        answer_to = None if terminal is None else (terminal.terminal, terminal.epoch)
        self.suspects.append(
            Suspect(
                payload=arrival.payload,
                payload_hash=arrival.envelope_hash,
                reason=arrival.reason,
                detail=arrival.detail,
                sealed=arrival.sealed,
                claimed_terminal=claimed,
                answer_to=answer_to,
            )
        )

    def _reject(
        self,
        arrival: TransactionArrival | AuthArrival,
        key: TerminalKey | None,
        reason: Reason,
        detail: str,
        alarm: AlarmKind | None = None,
    ) -> None:
        name = arrival.transaction.id if isinstance(arrival, TransactionArrival) else None
        terminal = name.terminal if name is not None else arrival.request.terminal  # type: ignore[union-attr]
        self.suspects.append(
            Suspect(
                payload=arrival.envelope,
                payload_hash=arrival.envelope_hash,
                reason=reason,
                detail=detail,
                sealed=key is not None,
                claimed_terminal=terminal,
                # The name in the message is a claim; the key that sealed it is a fact.
                answer_to=None if key is None else (key.terminal, key.epoch),
            )
        )
        if alarm is not None:
            self._alarm(alarm, f"{reason}: {detail}", name, arrival.envelope_hash)

    def _reject_broken(self, arrival: TransactionArrival, key: TerminalKey) -> None:
        detail = f"seq {arrival.transaction.id.seq} does not follow the envelope before it"
        self._reject(arrival, key, Reason.CHAIN_BROKEN, detail, AlarmKind.CHAIN_BROKEN)

    # -- parts ----------------------------------------------------------------------------------

    def _branch(self, chain: ChainRow) -> BranchId:
        return self._book.terminals.require(chain.terminal).branch

    def _alarm(
        self,
        kind: AlarmKind,
        detail: str,
        name: TransactionId | None,
        envelope_hash: EnvelopeHash | None,
        once: tuple[CardToken, int] | None = None,
    ) -> None:
        self.alarms.append(
            Alarm(
                kind=kind,
                at_ms=self._bench.now_ms,
                detail=detail,
                terminal=None if name is None else name.terminal,
                epoch=None if name is None else name.epoch,
                seq=None if name is None else name.seq,
                envelope_hash=envelope_hash,
                once=once,
            )
        )


def _key_objection(key: TerminalKey, name: TransactionId) -> Reason:
    if key.terminal != name.terminal:
        return Reason.WRONG_TERMINAL
    if key.epoch != name.epoch:
        return Reason.EPOCH_UNKNOWN
    last = key.valid_to_seq
    if name.seq < key.valid_from_seq or (last is not None and name.seq > last):
        return Reason.KEY_NOT_VALID
    return Reason.NONE
