"""A gateway's directory with a hundred thousand members and a million transactions to page through.

The long past is ``big_ledger``'s, spread over a year. On top of it the real writer judges sealed
sales of the last hours, most of them over all members and some hundred of one, so that what pages
show first is sealed for real. Every member has a profile.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from gateway.config_programme import default_programme
from gateway.errors import MohrError
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import MemberId, SaleKey
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.roles import Role
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.office.tokens import TokenScope
from gateway.office.trail import Actor, TrailOutcome
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.bench.big_ledger import END_MS, ROUNDS, BigLedger, make_big_ledger
from simulators.bench.ledger_work import LedgerWork
from simulators.bench.pages_people import add_people
from simulators.furnished.clock import RunningClock

#: When the pages are looked at.
AFTER_THE_PAST_MS: Final = 4 * 3_600_000
LOGIN: Final = "bench"
PASSWORD: Final = "a bench of oak and larch"  # noqa: S105 - of a house that is thrown away
#: Whose statement has many pages: the number of a member.
REGULAR: Final = 7
_YEAR_MS: Final = 365 * 86_400_000
_BATCH: Final = 256
#: Members whose sales of the past can come back.
_RETURNERS: Final = 200
_BATCH_EVERY_MS: Final = 600_000
_TRAIL_ENTRIES: Final = 500
_SUSPECTS: Final = 200
_REFUSED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseSize:
    """How much there is.

    Attributes:
        members: in the past, each with ten transactions.
        terminals: each a branch of its own.
        batches: of 256 real sales, redemptions and refunds after the past.
        regular_sales: of one member.
    """

    members: int
    terminals: int
    batches: int
    regular_sales: int


FULL: Final = HouseSize(members=100_000, terminals=50, batches=20, regular_sales=600)
QUICK: Final = HouseSize(members=5_000, terminals=50, batches=2, regular_sales=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class BigHouse:
    """A prepared directory.

    Attributes:
        folder: the data directory.
        ledger: who is in it.
        token: opens the HTTP API.
    """

    folder: Path
    ledger: BigLedger
    token: str


def make_big_house(folder: Path, size: HouseSize, *, seed: int = 1) -> BigHouse:
    """Prepare a directory for ``pages_server``.

    Args:
        folder: new or empty.
        size: how much.
        seed: of names, and of what the last hours bring.

    Raises:
        MohrError: if it cannot be made.
    """
    data_dir = DataDir(folder)
    new = NewGateway(
        name="Bench", identity="bench", programme=default_programme("EUR"), host="::1", port=1
    )
    set_up(data_dir, new)
    ledger = make_big_ledger(
        data_dir.ledger,
        members=size.members,
        terminals=size.terminals,
        apart_ms=_YEAR_MS // (size.members * ROUNDS),
        returners=min(size.members, _RETURNERS),
    )
    _last_hours(ledger, size, seed)
    clock = RunningClock(END_MS)
    office = OfficeStore(folder / OFFICE_FILE, clock)
    add_people(folder / OFFICE_FILE, ledger, seed)
    return BigHouse(folder=folder, ledger=ledger, token=_desk(office))


def _last_hours(ledger: BigLedger, size: HouseSize, seed: int) -> None:
    """Let the real writer judge real envelopes where the past ends."""
    dice = random.Random(seed)
    store = SqlLedgerStore(ledger.path)
    try:
        writer = Writer(
            store,
            new_member_id=lambda: MemberId(dice.randbytes(16).hex()),
            settings=WriterSettings(),
        )
        work = LedgerWork(ledger, seed)
        now_ms = END_MS
        for _ in range(size.batches):
            now_ms += _BATCH_EVERY_MS
            work.learn(writer.apply(work.batch(_BATCH, now_ms), now_ms))
        keys = KeyRing.of(store.terminal_keys())
        late = chain(_regular_sales(ledger, size, dice, now_ms), _trouble(ledger, dice))
        for number, (topic, sealed) in enumerate(late):
            writer.apply(open_message(topic, sealed, keys), now_ms + number)
    finally:
        store.close()


def _regular_sales(
    ledger: BigLedger, size: HouseSize, dice: random.Random, now_ms: int
) -> Iterator[tuple[str, bytes]]:
    card = ledger.card(REGULAR)
    for _ in range(size.regular_sales):
        box = dice.choice(ledger.terminals)
        box.now_ms = now_ms
        yield topic_tx(box.name), box.earn(card, SaleKey(dice.randbytes(16)), 2_500)


def _trouble(ledger: BigLedger, dice: random.Random) -> Iterator[tuple[str, bytes]]:
    """Make bytes for quarantine, and a few sales that earned before.

    The latter fill no page, so that whoever looks for them looks far back.
    """
    topic = topic_tx(ledger.terminals[0].name)
    for _ in range(_SUSPECTS):
        yield topic, dice.randbytes(300)
    for number in range(_REFUSED):
        box = ledger.terminal_of(number)
        yield topic_tx(box.name), box.earn(ledger.card(number), ledger.sale_key(number, 0), 2_500)


def _desk(office: OfficeStore) -> str:
    """Give the office somebody who may see everything, a trail, and a token; returns the token."""
    made = office.accounts.add(
        LOGIN,
        Profile(display_name="Bench", role=Role.OWNER),
        PASSWORD,
        language="fa",
        must_change_password=False,
    )
    if not isinstance(made, Account):
        raise MohrError(f"the account was not taken: {made}")
    actor = Actor(account_id=made.account_id, name=made.login)
    for number in range(_TRAIL_ENTRIES):
        entry = office.trail.begin(
            account=actor, action="card.block", subject=f"{number:08x}", before={}
        )
        office.trail.finish(entry, outcome=TrailOutcome.DONE)
    return office.tokens.make(
        name="bench", scopes=frozenset(TokenScope), created_by=LOGIN, expires_at_ms=None
    ).text
