"""A ledger with a long past, written straight into its tables: a million members in two minutes.

Every member has the same past of eleven journal rows, round by round through all members: an
enrolment, seven earns, a reservation, its redemption, and an earn on the same sale. Each posting
but the enrolment has one entry, so there are ten entries, eight lots (four of them open) and eight
sales to a member. Each member earns at one terminal, each terminal is a branch of its own.

What holds: every invariant of the books (``gateway.ledger.checks``), and every terminal's chain, so
that the writer goes on where the past ends. What does not: the envelopes of the past are a marker
of a few bytes that nobody sealed, and their hashes are made up. The audit refuses such a ledger,
and its journal is smaller than a real one's by some 450 bytes a row. Sales that are to come back
are the exception, because a return reads what was sold: theirs can be opened.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gateway.config_programme import default_programme
from gateway.errors import ValueRangeError
from gateway.ledger.accounts import PENDING_BASE
from gateway.ledger.numbering import MADE_BY_ONE_ROW_MAX
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    MemberId,
    SaleKey,
    TerminalId,
)
from simulators.bench.big_ledger_sql import FILL, NUMBERS
from simulators.sealed_terminal import SealedTerminal

ROUNDS: Final = 11
ENTRIES_PER_MEMBER: Final = 10
SALES_PER_MEMBER: Final = 8
#: The rounds that a terminal numbers: all but the reservation, which is a request.
_TRANSACTIONS_PER_MEMBER: Final = 10
#: In which round each of a member's sales earned.
_EARNING_ROUNDS: Final = (1, 2, 3, 4, 5, 6, 7, 10)
#: When the past ends. A row was recorded every so often before.
END_MS: Final = 1_800_000_000_000
_SPREAD: Final = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class BigLedger:
    """A ledger with a long past, and how to name what is in it.

    Attributes:
        path: the ledger's file.
        members: how many there are, numbered from 0.
        terminals: they stand where their chains end; each one's name is its branch's too.
        returners: members whose sales can come back, evenly spread over all.
    """

    path: Path
    members: int
    terminals: tuple[SealedTerminal, ...]
    returners: tuple[int, ...] = ()

    @property
    def entries(self) -> int:
        """How many entries the past made."""
        return self.members * ENTRIES_PER_MEMBER

    def member_id(self, member: int) -> MemberId:
        """A member's pseudonym. They rise with the number and are spread over a wide range."""
        return MemberId(f"{member * (_SPREAD // self.members):08x}{member:024x}")

    def card(self, member: int) -> CardEvidence:
        """A member's card."""
        token = CardToken(self.member_id(member).encode())
        return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)

    def terminal_of(self, member: int) -> SealedTerminal:
        """Where a member's past happened."""
        return self.terminals[member % len(self.terminals)]

    def sale_key(self, member: int, sale: int) -> SaleKey:
        """A sale of a member's past, 0 to 7, to be refunded at ``terminal_of``; 7 was redeemed on.

        Args:
            member: whose.
            sale: which of eight.
        """
        number = member // len(self.terminals) * SALES_PER_MEMBER + sale
        sales = self.members // len(self.terminals) * SALES_PER_MEMBER
        return SaleKey(f"{number * (_SPREAD // sales):08x}{number:08x}".encode())


def terminal_name(number: int) -> TerminalId:
    """What a terminal of the past is called, counted from 0; so is its branch."""
    return TerminalId(f"till-{number:05d}")


def make_big_ledger(
    path: Path, *, members: int, terminals: int, apart_ms: int = 1, returners: int = 0
) -> BigLedger:
    """Make a ledger with a past, or give one to a gateway's new ledger.

    Args:
        path: the ledger's file; where it exists, no transaction may have been journalled yet.
        members: how many; a multiple of ``terminals``.
        terminals: how many; new ones are registered for them.
        apart_ms: how far the past's rows lie apart in time.
        returners: of how many members sales can come back, at most.

    Returns:
        the ledger, closed and durable.

    Raises:
        ValueRangeError: if the numbers do not fit each other, or something was journalled already.
        LedgerError: if the ledger cannot be opened.
    """
    fits = 0 < terminals <= members < _SPREAD // SALES_PER_MEMBER
    if not fits or members % terminals:
        raise ValueRangeError(f"{members} members cannot be shared by {terminals} terminals")
    boxes = _register(path, terminals)
    made = BigLedger(
        path=path,
        members=members,
        terminals=boxes,
        returners=tuple(range(0, members, -(-members // returners))) if returners else (),
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _fill(connection, members, boxes, apart_ms)
        _seal_returnable(connection, made)
    _make_durable(path)
    share = members // terminals
    last_index = members * ROUNDS
    for number, box in enumerate(boxes):
        box.seq = share * _TRANSACTIONS_PER_MEMBER
        box.previous_hash = EnvelopeHash(f"{last_index - terminals + number + 1:032x}".encode())
        box.now_ms = END_MS
    return made


def _seal_returnable(connection: sqlite3.Connection, ledger: BigLedger) -> None:
    """Put real sales in the place of the markers, as the past's rounds say them."""
    envelopes = []
    for member in ledger.returners:
        box = ledger.terminal_of(member)
        scribe = SealedTerminal(box.name, signer=box.signer, agreement=box.agreement)
        for sale, earned_in in enumerate(_EARNING_ROUNDS):
            total_minor = 100 * (10 + member % 40)
            key = ledger.sale_key(member, sale)
            envelope = scribe.earn(ledger.card(member), key, total_minor)
            envelopes.append((envelope, earned_in * ledger.members + member + 1))
    connection.execute("BEGIN")
    connection.executemany("UPDATE journal SET envelope = ? WHERE journal_index = ?", envelopes)
    connection.execute("COMMIT")


def _make_durable(path: Path) -> None:
    """Let no page of the past be written out in the middle of what is measured."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _register(path: Path, terminals: int) -> tuple[SealedTerminal, ...]:
    store = SqlLedgerStore(path)
    try:
        if not store.programmes():
            store.add_programme(
                replace(default_programme("EUR"), redeem_points=10, redeem_minimum_points=10)
            )
        if store.journal(limit=1) or store.terminals():
            raise ValueRangeError(f"{path.name} has a past already")
        boxes = tuple(SealedTerminal(terminal_name(one)) for one in range(terminals))
        for box in boxes:
            store.add_terminal(box.registration, BranchId(box.name), END_MS)
        return boxes
    finally:
        store.close()


def _fill(
    connection: sqlite3.Connection, members: int, boxes: tuple[SealedTerminal, ...], apart_ms: int
) -> None:
    """Write the past without a log: a ledger whose making broke off is to be thrown away."""
    for pragma in (
        "journal_mode=OFF",
        "synchronous=OFF",
        "cache_size=-262144",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    # An index made at the end is sorted once; kept up to date, it would be written all over.
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    terminals = len(boxes)
    sales = members // terminals * SALES_PER_MEMBER
    numbers = {
        "members": members,
        "terminals": terminals,
        "share": members // terminals,
        "member_step": _SPREAD // members,
        "sale_step": _SPREAD // sales,
        "apart_ms": apart_ms,
        "lots": MADE_BY_ONE_ROW_MAX,
        "pending": PENDING_BASE,
        "began_ms": END_MS - members * ROUNDS * apart_ms - 1,
    }
    connection.execute("CREATE TEMP TABLE box (t INTEGER PRIMARY KEY, name TEXT, key_id BLOB)")
    connection.executemany(
        "INSERT INTO box VALUES (?, ?, ?)",
        ((number, box.name, box.signer.key_id) for number, box in enumerate(boxes)),
    )
    connection.execute("BEGIN")
    for statement in (*NUMBERS, *FILL):
        connection.execute(statement, {k: v for k, v in numbers.items() if f":{k}" in statement})
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
