"""Mistakes in the gateway's order: numbers, gaps, repetitions, receipts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.book_journal import JournalBook
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.sql_batch import SqlBatch
from gateway.ledger.sql_faults import translated_faults
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import EnvelopeHash, TransactionId
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt, Rejection
from gateway.writer.arrival import TransactionArrival
from gateway.writer.judge import Judge
from gateway.writer.plan import Planner
from gateway.writer.receipts import Chain
from gateway.writer.sequence import Place
from simulators.planted.bug import Checker, Part, plant

_PlaceOf = Callable[..., Place]
_MakeReceipts = Callable[
    [
        Book,
        Mapping[Chain, Mapping[int, JournalRow]],
        Mapping[Chain, Sequence[Rejection]],
        int,
    ],
    tuple[Receipt, ...],
]
_BATCHES_PER_COMMIT: Final = 4


@plant(
    "repeats-judged-again",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge:place_of",
    home="gateway.writer.sequence",
)
def repeats_judged_again(original: _PlaceOf) -> _PlaceOf:
    """Nobody asks whether a number was judged before, so what the broker repeats counts again."""

    def place_of(
        chain: ChainRow,
        seq: int,
        *,
        envelope_hash: EnvelopeHash,
        previous_hash: EnvelopeHash,
        same_seq_hash: EnvelopeHash | None,
    ) -> Place:
        place = original(
            chain,
            seq,
            envelope_hash=envelope_hash,
            previous_hash=previous_hash,
            same_seq_hash=same_seq_hash,
        )
        return Place.NEXT if place is Place.REPEATED else place

    return place_of


@plant(
    "gap-skipped",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge:place_of",
    home="gateway.writer.sequence",
)
def gap_skipped(original: _PlaceOf) -> _PlaceOf:
    """A number only has to be higher than the last, so whatever is missing before it is passed."""

    def place_of(
        chain: ChainRow,
        seq: int,
        *,
        envelope_hash: EnvelopeHash,
        previous_hash: EnvelopeHash,
        same_seq_hash: EnvelopeHash | None,
    ) -> Place:
        place = original(
            chain,
            seq,
            envelope_hash=envelope_hash,
            previous_hash=previous_hash,
            same_seq_hash=same_seq_hash,
        )
        return Place.NEXT if place is Place.EARLY else place

    return place_of


@plant(
    "waiting-never-judged",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge:Judge._let_go_on",
)
def waiting_never_judged(_original: object) -> Callable[[Judge, object], None]:
    """What waited behind a gap is thrown away when the gap fills, and counted as judged."""

    def _let_go_on(self: Judge, key: object) -> None:  # noqa: ARG001 - as the true one
        for name in sorted(self._waiting, key=lambda one: one.seq):
            chain = self._book.chains.require((name.terminal, name.epoch))
            if name.seq != chain.watermark + 1:
                continue
            row = self._book.inbox.require(name)
            self._book.inbox.remove(name)
            self._book.chains.replace(
                replace(
                    chain,
                    watermark=name.seq,
                    watermark_hash=row.envelope_hash,
                    waiting=chain.waiting - 1,
                )
            )
            del self._waiting[name]

    return _let_go_on


@plant(
    "waiting-rows-leak",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.plan:Planner._load_chain_neighbours",
)
def waiting_rows_leak(
    original: Callable[[Planner, Sequence[TransactionArrival]], None],
) -> Callable[[Planner, Sequence[TransactionArrival]], None]:
    """What waited is not looked up when its gap fills, and lies in the inbox for ever."""

    def _load_chain_neighbours(self: Planner, arrivals: Sequence[TransactionArrival]) -> None:
        original(self, arrivals)
        self.waiting.clear()

    return _load_chain_neighbours


@plant(
    "repeat-unanswered",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.writer:make_receipts",
    home="gateway.writer.receipts",
)
def repeat_unanswered(original: _MakeReceipts) -> _MakeReceipts:
    """Only what was judged just now is receipted, so a receipt that was lost never comes again."""

    def make_receipts(
        book: Book,
        decided: Mapping[Chain, Mapping[int, JournalRow]],
        rejections: Mapping[Chain, Sequence[Rejection]],
        now_ms: int,
    ) -> tuple[Receipt, ...]:
        fresh = {row.journal_index for row in book.journal}
        news = {
            chain: {seq: row for seq, row in rows.items() if row.journal_index in fresh}
            for chain, rows in decided.items()
        }
        told = {chain: rows for chain, rows in news.items() if rows}
        return original(book, told, rejections, now_ms)

    return make_receipts


@plant(
    "receipt-over-the-gap",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.writer:make_receipts",
    home="gateway.writer.receipts",
)
def receipt_over_the_gap(original: _MakeReceipts) -> _MakeReceipts:
    """A receipt names the highest number seen instead of the highest without a gap before it."""

    def make_receipts(
        book: Book,
        decided: Mapping[Chain, Mapping[int, JournalRow]],
        rejections: Mapping[Chain, Sequence[Rejection]],
        now_ms: int,
    ) -> tuple[Receipt, ...]:
        receipts = original(book, decided, rejections, now_ms)
        return tuple(_highest_seen(book, receipt) for receipt in receipts)

    return make_receipts


def _highest_seen(book: Book, receipt: Receipt) -> Receipt:
    chain = book.chains.require((receipt.terminal, receipt.epoch))
    name = TransactionId(terminal=chain.terminal, epoch=chain.epoch, seq=chain.highest_seq)
    early = book.inbox.get(name) if book.inbox.knows(name) else None
    if early is None:
        return receipt
    return replace(receipt, watermark=early.seq, watermark_hash=early.envelope_hash)


@plant(
    "repeat-told-as-refused",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.ledger.book_journal:JournalBook.result",
)
def repeat_told_as_refused(
    original: Callable[[JournalBook, TransactionId], JournalRow],
) -> Callable[[JournalBook, TransactionId], JournalRow]:
    """Who asks again after a lost answer hears that the sale is recorded already, so: refused."""

    def result(self: JournalBook, transaction_id: TransactionId) -> JournalRow:
        row = original(self, transaction_id)
        return replace(row, status=Status.REFUSED, reason=Reason.SALE_ALREADY_RECORDED)

    return result


@plant(
    "receipt-before-commit",
    part=Part.LEDGER,
    checker=Checker.WORLD,
    where="gateway.ledger.sql_store:SqlLedgerStore.batch",
)
def receipt_before_commit(_original: object) -> Callable[[SqlLedgerStore], object]:
    """Four batches share one commit, and the receipts of the first three leave before it.

    The shop is set up as ever: nobody would share a commit before there is anything to do.
    """
    waiting: WeakKeyDictionary[SqlLedgerStore, int] = WeakKeyDictionary()

    @contextmanager
    def batch(self: SqlLedgerStore) -> Generator[LedgerBatch]:
        with self._lock, translated_faults():
            connection = self._open_connection()
            transaction = connection.get_transaction() or connection.begin()
            try:
                sql = SqlBatch(connection)
                yield sql
            except BaseException:
                transaction.rollback()
                raise
            waiting[self] = waiting.get(self, 0) + 1
            if waiting[self] % _BATCHES_PER_COMMIT == 0 or not sql.head().journal_index:
                transaction.commit()

    return batch
