"""Compares what terminals accepted and what a ledger holds with the one-thread model.

The terminals' journals say what was accepted; the gateway's journal says what was judged, and in
which order. The model (``books``) takes the accepted transactions in that order and says what each
must have come to; every row, every balance, every hold and every account must be that.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.seal import envelope_hash, parse_envelope
from gateway.ledger.accounts import points_wallet_id
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import HoldState, JournalKind, SystemAccount
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow
from gateway.ledger.rows_intake import QuarantineRow
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_members import CardRow, WalletRow
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import BranchId, EnvelopeHash, HoldId, SaleKey, TerminalId, TransactionId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.transaction import Kind, Transaction
from gateway.wire.auth import decode_auth_request
from gateway.wire.transaction import decode_transaction
from gateway.writer.settings import WriterSettings
from simulators.shop.book_values import Ending
from simulators.shop.books import Books
from terminal_agent.journal.journal import Journal

_PIECE: Final = 256
#: One wrong row makes all later ones of its member wrong; the first ones tell.
_MISMATCHES_MAX: Final = 5


@dataclass(slots=True)
class Verdict:
    """What a comparison found."""

    transactions: int = 0
    lost: int = 0
    doubled: int = 0
    findings: list[str] = field(default_factory=list)
    fingerprint: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    def find(self, kind: str, text: str) -> None:
        """Note something that must not be."""
        self.findings.append(f"{kind}: {text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the model must be told of a run.

    Attributes:
        rules: versions of the programme, each with the journal index after which it was known.
        branches: where each terminal stands.
        answers: to requests, as they were seen to leave the gateway.
    """

    rules: Sequence[tuple[int, Programme]]
    branches: Mapping[TerminalId, BranchId]
    answers: Mapping[HoldId, AuthAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What one terminal accepted."""

    transaction: Transaction
    hash: EnvelopeHash


def check_books(journals: Iterable[Journal], store: LedgerStore, about: Circumstances) -> Verdict:
    """Compare what was accepted with what the ledger says.

    Args:
        journals: of every terminal, settled.
        store: the gateway's ledger.
        about: what the model must be told.
    """
    verdict = Verdict()
    accepted = {
        one.transaction.id: one for journal in journals for one in _accepted(journal, verdict)
    }
    verdict.transactions = len(accepted)
    rows = list(journal_rows(store))
    _check_nothing_lost(accepted, rows, verdict)
    _check_nothing_twice(accepted, rows, about, verdict)
    tolerance_ms = WriterSettings().future_tolerance_ms
    books = Books(about.rules, about.branches, tolerance_ms)
    _replay(accepted, rows, books, about, verdict)
    with store.batch() as batch:
        _check_balances(batch, books, verdict)
        _check_holds(batch, books, verdict)
        _check_accounts(batch, books, verdict)
        for row in batch.every(QuarantineRow):
            verdict.find("quarantine", f"{row.claimed_terminal}: {row.reason}, {row.detail}")
    verdict.fingerprint = _fingerprint(rows)
    return verdict


def journal_rows(store: LedgerStore) -> Iterable[JournalRow]:
    """Read the whole journal of a gateway, in order."""
    after = 0
    while rows := store.journal(after_index=after):
        yield from rows
        after = rows[-1].journal_index


def _fingerprint(rows: Iterable[JournalRow]) -> str:
    """A digest of what was judged in which order. Keys and seals are random and stay out of it."""
    digest = hashlib.sha256()
    for row in rows:
        told = (row.kind, row.terminal, row.seq, row.status, row.reason, row.member_id, row.points)
        digest.update(repr((*told, row.balance_points, row.recorded_at_ms)).encode())
    return digest.hexdigest()[:16]


# -- what the terminals hold ----------------------------------------------------------------------


def _accepted(journal: Journal, verdict: Verdict) -> list[_Accepted]:
    counts = journal.counts()
    if counts.pending or counts.rejected or counts.open_holds:
        verdict.find("settles", f"a journal is not settled: {counts}")
    if journal.stopped is not None:
        verdict.find("fork", f"a journal has stopped: {journal.stopped}")
    envelopes = list(kept_envelopes(journal))
    if len(envelopes) != counts.accepted:
        verdict.lost += counts.accepted - len(envelopes)
        verdict.find("lost", f"a journal keeps {len(envelopes)} of {counts.accepted}")
    accepted = [
        _Accepted(decode_transaction(parse_envelope(one).payload), envelope_hash(one))
        for one in envelopes
    ]
    seqs = [one.transaction.id.seq for one in accepted]
    if seqs != list(range(1, len(seqs) + 1)):
        verdict.find("lost", f"a journal's numbers are {seqs}")
    return accepted


def kept_envelopes(journal: Journal) -> Iterable[bytes]:
    """Everything that a journal still holds, in the order in which it was sealed."""
    after = 0
    while pieces := journal.envelopes(after, _PIECE):
        yield from (one.envelope for one in pieces)
        after = pieces[-1].seq


# -- lost and doubled -----------------------------------------------------------------------------


def _name(row: JournalRow) -> TransactionId | None:
    if row.kind is not JournalKind.TRANSACTION:
        return None
    assert row.terminal is not None
    assert row.epoch is not None
    assert row.seq is not None
    return TransactionId(terminal=row.terminal, epoch=row.epoch, seq=row.seq)


def _check_nothing_lost(
    accepted: Mapping[TransactionId, _Accepted], rows: Iterable[JournalRow], verdict: Verdict
) -> None:
    judged = {_name(row): row.envelope_hash for row in rows}
    for name, one in accepted.items():
        if judged.get(name) != one.hash:
            verdict.lost += 1
            verdict.find("lost", f"{name.terminal} seq {name.seq}, {one.transaction.kind}")


def _check_nothing_twice(
    accepted: Mapping[TransactionId, _Accepted],
    rows: Iterable[JournalRow],
    about: Circumstances,
    verdict: Verdict,
) -> None:
    """No number judged twice, no sale rated or taken back twice, no hold posted twice."""
    papers = _papers(accepted.values(), about)
    times: Counter[str] = Counter()
    for row in rows:
        name = _name(row)
        if name is None:
            continue
        times[f"{name.terminal} seq {name.seq} judged"] += 1
        one = accepted.get(name)
        if one is not None and row.status in (Status.APPLIED, Status.HELD):
            deed = _deed(one.transaction, about.branches[name.terminal], papers)
            times.update([deed] if deed else [])
    for what, count in times.items():
        if count > 1:
            verdict.doubled += 1
            verdict.find("doubled", f"{what} {count} times")


def _papers(
    accepted: Iterable[_Accepted], about: Circumstances
) -> dict[tuple[BranchId, str], SaleKey]:
    """Sales by the number on the customer's paper; a simulated shop uses each number once."""
    return {
        (about.branches[one.transaction.id.terminal], sale.receipt_number): sale.key
        for one in accepted
        if (sale := one.transaction.sale) is not None and sale.receipt_number is not None
    }


def _deed(
    one: Transaction, branch: BranchId, papers: Mapping[tuple[BranchId, str], SaleKey]
) -> str | None:
    """Name what may be done once only; None for an enrolment and the like."""
    if one.redemption is not None:
        return f"hold {one.redemption.hold_id.hex()[:8]} posted"
    if one.sale is not None:
        return f"receipt {one.sale.receipt_number} of {branch} ({one.sale.key.hex()[:8]}) rated"
    if one.original is None:
        return None
    key = one.original.key or papers.get((branch, one.original.receipt_number or ""))
    return None if key is None else f"sale {key.hex()[:8]} of {branch} taken back"


# -- row by row -----------------------------------------------------------------------------------


def _replay(
    accepted: Mapping[TransactionId, _Accepted],
    rows: Iterable[JournalRow],
    books: Books,
    about: Circumstances,
    verdict: Verdict,
) -> None:
    wrong = 0
    for row in rows:
        books.index = row.journal_index
        where = f"journal row {row.journal_index}"
        if row.kind is JournalKind.CARD:
            assert row.card_token is not None
            assert row.card_state is not None
            if not books.card(row.card_token, row.card_state):
                verdict.find("model", f"{where} sets the state of nobody's card")
            continue
        name = _name(row)
        one = None if name is None else accepted.get(name)
        if name is not None and one is None:
            verdict.find("invented", f"{where}: nobody accepted {name.terminal} seq {name.seq}")
            continue
        wanted = _ending(row, one, books, about)
        if one is not None:
            where = f"{where}, {row.terminal} seq {row.seq} ({one.transaction.kind})"
            _count(one.transaction.kind, row, verdict)
            _check_discount(one.transaction.kind, row, verdict, where)
        else:
            verdict.counts["expired_holds"] += row.kind is JournalKind.EXPIRY
        found = Ending(
            status=row.status,
            reason=row.reason,
            points=row.points,
            balance=row.balance_points,
            version=row.programme_version,
        )
        if found != wanted and wrong < _MISMATCHES_MAX:
            wrong += 1
            verdict.find("model", f"{where}: {_words(found)}, not {_words(wanted)}")


def _ending(row: JournalRow, one: _Accepted | None, books: Books, about: Circumstances) -> Ending:
    if one is not None:
        return books.transaction(one.transaction, row.judged_at_ms)
    if row.kind is JournalKind.EXPIRY:
        assert row.hold_id is not None
        return books.expiry(row.hold_id, row.judged_at_ms)
    assert row.envelope is not None
    request = decode_auth_request(parse_envelope(row.envelope).payload)
    return books.request(request, about.answers.get(request.request_id), row.judged_at_ms)


def _check_discount(kind: Kind, row: JournalRow, verdict: Verdict, where: str) -> None:
    """The till gave the money: only a sale that was undone meanwhile excuses not taking points."""
    excused = row.reason is Reason.SALE_ALREADY_REFUNDED
    if kind is Kind.REDEEM and row.status is not Status.APPLIED and not excused:
        verdict.find("discount", f"{where} was given and not taken: {row.reason}")


def _count(kind: Kind, row: JournalRow, verdict: Verdict) -> None:
    names = {
        Kind.EARN: "earned",
        Kind.REDEEM: "redeemed",
        Kind.REFUND: "refunded",
        Kind.ENROL: "enrolled",
        Kind.VOID: "voided",
    }
    if row.status is Status.APPLIED:
        verdict.counts[names[kind]] += 1
    else:
        verdict.counts[f"{kind}_{row.reason}"] += 1


def _words(ending: Ending) -> str:
    reason = "" if ending.reason is Reason.NONE else f" ({ending.reason})"
    rules = "" if ending.version is None else f", rules {ending.version}"
    return f"{ending.status}{reason} {ending.points} points, balance {ending.balance}{rules}"


# -- what the ledger holds ------------------------------------------------------------------------


def _check_balances(batch: LedgerBatch, books: Books, verdict: Verdict) -> None:
    wallets = {wallet.wallet_id: wallet for wallet in batch.every(WalletRow)}
    owners = {card.token: card for card in batch.every(CardRow)}
    if owners.keys() != books.accounts.keys():
        verdict.find("balance", f"{len(owners)} cards are owned, not {len(books.accounts)}")
    for token, account in books.accounts.items():
        card = owners.get(token)
        wallet = None if card is None else wallets.get(points_wallet_id(card.member_id))
        held = None if wallet is None else (wallet.available, wallet.held)
        if held != (account.available, account.held):
            name = token.hex()[:8]
            verdict.find(
                "balance", f"card {name}: {held} points, not {(account.available, account.held)}"
            )


def _check_holds(batch: LedgerBatch, books: Books, verdict: Verdict) -> None:
    stored = {hold.hold_id: hold for hold in batch.every(HoldRow)}
    if stored.keys() != books.holds.keys():
        verdict.find("hold", f"{len(stored)} holds are stored, not {len(books.holds)}")
    for hold_id, hold in stored.items():
        wanted = books.holds.get(hold_id)
        if hold.state is HoldState.PENDING:
            verdict.find("hold", f"{hold_id.hex()[:8]} of {hold.terminal} was never resolved")
        elif wanted is not None and (hold.state, hold.points) != (wanted.state, wanted.points):
            verdict.find("hold", f"{hold_id.hex()[:8]} is {hold.state}, not {wanted.state}")


def _check_accounts(batch: LedgerBatch, books: Books, verdict: Verdict) -> None:
    """Points come from somewhere and go somewhere: every account adds up, and all to nothing."""
    # The shop keeps points and nothing else: whatever another ledger holds is one account too many.
    names = {
        account.account_id: account.name if account.ledger.startswith("PTS:") else account.ledger
        for account in batch.every(AccountRow)
    }
    net: Counter[str] = Counter()
    for entry in batch.every(EntryRow):
        net[names[entry.debit_account]] -= entry.points
        net[names[entry.credit_account]] += entry.points
    for account in SystemAccount:
        if net[account.value] != books.system[account.value]:
            found, wanted = net[account.value], books.system[account.value]
            verdict.find("money", f"account {account}: {found} points, not {wanted}")
    members = sum(account.available + account.held for account in books.accounts.values())
    if sum(net.values()) or members + sum(books.system.values()):
        verdict.find("money", "the accounts do not add up to nothing")
