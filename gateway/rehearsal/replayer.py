"""Feeds a ledger's journal, row by row, to a writer on a ledger in memory.

The very judges that the gateway works with decide again; only the rules are others. Seals were
verified when the rows were written and are not looked at. Times are the journal's own, and so are
members' pseudonyms, so that both ledgers can be compared.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.crypto.chain import genesis_hash
from gateway.crypto.seal import parse_envelope
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import AdministrationError
from gateway.ledger.kinds import CardState, JournalKind
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow, TerminalKey, TerminalRow
from gateway.ledger.rows_members import CardUseRow
from gateway.ledger.rows_sales import RatingRow
from gateway.ledger.shelf import ChangeSet
from gateway.model.card import CardEvidence
from gateway.model.ids import MemberId
from gateway.model.ledger_command import decode_ledger_command
from gateway.model.member_facts import MemberDate, MemberFacts
from gateway.model.outcome import Status
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.program.acquaintance import Acquaintance
from gateway.wire.auth import decode_auth_request
from gateway.wire.transaction import decode_transaction
from gateway.writer.arrival import AuthArrival, TransactionArrival
from gateway.writer.card_check import ProofVerdict
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer

#: Nobody waits for a rehearsal's nights, so they need no small parts.
_NIGHT_BUDGET: Final = 10_000
#: One message names two members at most, and each has a wallet for each currency.
_ROWS_OF_ONE_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A journal row that came to something else.

    Attributes:
        journal_index: the row.
        kind: what it is: ``earn``, ``redeem`` and so on, or the row's own kind.
        was: how it ended.
        would_be: how it ends in the rehearsal.
        points_were: what it moved.
        points_would_be: what it moves in the rehearsal.
    """

    journal_index: int
    kind: str
    was: Status
    would_be: Status
    points_were: int
    points_would_be: int


class Replayer:
    """One rehearsal.

    Attributes:
        store: the ledger in memory, as it stands after the rows so far.
    """

    def __init__(
        self, batch: LedgerBatch, programmes: Sequence[Programme], settings: WriterSettings
    ) -> None:
        """Make an empty ledger with the terminals of another and rules of one's own.

        Args:
            batch: the ledger whose journal will be played; its terminals are taken over.
            programmes: the rules to play it under, by rising version.
            settings: the writer's limits, as the real one has them.
        """
        self.store = MemoryLedgerStore()
        self._member_id = MemberId("")
        self._known = _Remembered(_dates(batch.every(RatingRow)))
        self._spare = itertools.count()
        for programme in programmes:
            self.store.add_programme(programme)
        with self.store.batch() as empty:
            empty.save(ChangeSet(_terminals(batch), {}, {}))
        self._writer = Writer(
            self.store,
            new_member_id=self._next_member_id,
            # One hold for each row that freed one.
            settings=replace(settings, expiries_per_tick=1),
            acquaintance=self._known,
            check_card=_Proved(batch.every(CardUseRow)),
        )

    def take(self, row: JournalRow) -> Difference | None:
        """Play one journal row; say what it came to, where that is something else.

        Nights are not played but run when their time comes: other rules have other nights, and
        what those come to is seen in what moves in all.
        """
        self._member_id = row.member_id or MemberId("")
        while self._writer.night(row.judged_at_ms, _NIGHT_BUDGET).left:
            continue
        if row.kind in (JournalKind.NIGHTLY, JournalKind.REDENOMINATION):
            return None
        before = self._head()
        kind = self._play(row)
        after = self._row_after(before)
        status = Status.REFUSED if after is None else after.status
        points = 0 if after is None else after.points
        if (status, points) == (row.status, row.points):
            return None
        return Difference(
            journal_index=row.journal_index,
            kind=kind,
            was=row.status,
            would_be=status,
            points_were=row.points,
            points_would_be=points,
        )

    def _play(self, row: JournalRow) -> str:
        if row.kind is JournalKind.TRANSACTION:
            return self._play_transaction(row)
        if row.kind is JournalKind.AUTH:
            return self._play_request(row)
        if row.kind is JournalKind.COMMAND and row.envelope is not None:
            command = decode_ledger_command(row.envelope)
            self._writer.command(command, row.judged_at_ms)
            return command.kind.value
        if row.kind is JournalKind.CARD and row.card_token and row.card_state:
            self._set_card(row)
        else:
            # Time did it, and does it again if there is something to do.
            self._writer.tick(row.judged_at_ms)
        return row.kind.value

    def _play_transaction(self, row: JournalRow) -> str:
        if row.envelope is None or row.envelope_hash is None or row.key_id is None:
            raise AdministrationError(f"journal row {row.journal_index} holds no envelope")
        transaction = decode_transaction(parse_envelope(row.envelope).payload)
        arrival = TransactionArrival(
            envelope=row.envelope,
            envelope_hash=row.envelope_hash,
            key_id=row.key_id,
            transaction=transaction,
        )
        self._writer.apply([arrival], row.judged_at_ms)
        return transaction.kind.value

    def _play_request(self, row: JournalRow) -> str:
        if row.envelope is None or row.envelope_hash is None or row.key_id is None:
            raise AdministrationError(f"journal row {row.journal_index} holds no envelope")
        request = decode_auth_request(parse_envelope(row.envelope).payload)
        arrival = AuthArrival(
            envelope=row.envelope,
            envelope_hash=row.envelope_hash,
            key_id=row.key_id,
            request=request,
        )
        self._writer.apply([arrival], row.judged_at_ms)
        return request.kind.value

    def _set_card(self, row: JournalRow) -> None:
        assert row.card_token is not None
        state = CardState(row.card_state) if row.card_state else CardState.ACTIVE
        try:
            self.store.set_card_state(row.card_token, state, row.judged_at_ms)
        except AdministrationError:
            return  # under these rules nobody owns the card

    def _next_member_id(self) -> MemberId:
        """The pseudonym that the row's member has; what else is named gets a name of its own."""
        taken, self._member_id = self._member_id, MemberId("")
        return taken or MemberId(f"{next(self._spare):032x}")

    def _head(self) -> int:
        with self.store.batch() as batch:
            return batch.head().journal_index

    def _row_after(self, index: int) -> JournalRow | None:
        with self.store.batch() as batch:
            rows = batch.journal(index, _ROWS_OF_ONE_MAX)
        # What a currency's successor counts comes before the row that asked for it.
        judged = (row for row in rows if row.kind is not JournalKind.REDENOMINATION)
        return next(judged, None)


class _Remembered(Acquaintance):
    """Knows of members what the ratings wrote down, and nobody's birthday beside."""

    def __init__(self, dates: Mapping[MemberId, tuple[MemberDate, ...]]) -> None:
        self._dates = dates

    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """The days that were known when the member was rated last."""
        return {one: self._dates[one] for one in members if one in self._dates}


class _Proved:
    """Knows of cards' proofs what the ledger wrote down: a tap was kept where one was genuine."""

    def __init__(self, uses: Iterable[CardUseRow]) -> None:
        self._taps = {(one.token, one.counter) for one in uses}

    def __call__(self, card: CardEvidence) -> ProofVerdict:
        """Say what a card's proof was found to be worth."""
        genuine = card.proof is not None and (card.token, card.counter) in self._taps
        return ProofVerdict.GENUINE if genuine else ProofVerdict.NONE


def _dates(ratings: Iterable[RatingRow]) -> dict[MemberId, tuple[MemberDate, ...]]:
    known: dict[MemberId, tuple[MemberDate, ...]] = {}
    for row in ratings:
        if row.member_id is not None and '"dates"' in row.facts:
            known[row.member_id] = from_plain(MemberFacts, json.loads(row.facts)).dates
    return known


def _terminals(batch: LedgerBatch) -> dict[type[Row], list[Row]]:
    """Terminals and keys as they are, and their chains as they began."""
    keys = list(batch.every(TerminalKey))
    chains: list[Row] = [
        ChainRow(
            terminal=key.terminal,
            epoch=key.epoch,
            watermark=0,
            watermark_hash=genesis_hash(key.terminal, key.epoch, key.key_id),
            highest_seq=0,
            waiting=0,
        )
        for key in keys
    ]
    return {TerminalRow: [*batch.every(TerminalRow)], TerminalKey: [*keys], ChainRow: chains}
