"""A gateway's data directory with a few real sales in it, and backups of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.backup.take import Taken, take
from gateway.config_programme import default_programme
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, TerminalId
from gateway.service.data_dir import DataDir
from gateway.service.member_ids import random_member_id
from gateway.service.set_up import NewGateway, set_up
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_800_000_000_000
PASSPHRASE = "correct horse battery staple"


@dataclass
class Shop:
    """A data directory, its one writer and one terminal."""

    data_dir: DataDir
    store: SqlLedgerStore
    box: SealedTerminal

    def __post_init__(self) -> None:
        settings = WriterSettings()
        self.writer = Writer(self.store, new_member_id=random_member_id, settings=settings)
        self.keys = KeyRing.of(self.store.terminal_keys())
        self.sold = 0

    def sell(self, count: int = 1) -> None:
        """Apply so many sales, each in a commit of its own."""
        for _ in range(count):
            self.sold += 1
            self.box.now_ms += 1_000
            card = card_evidence(self.sold % 5 + 1)
            sealed = self.box.earn(card, sale_key(self.sold), 1_234)
            arrival = open_message(topic_tx(self.box.name), sealed, self.keys)
            self.writer.apply(arrival, self.box.now_ms)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A gateway that runs: its writer's connection stays open, its log is not checkpointed."""
    data_dir = DataDir(tmp_path / "gateway")
    programme = default_programme("EUR")
    new = NewGateway(
        name="مهر", identity="gateway", programme=programme, host="127.0.0.1", port=1883
    )
    set_up(data_dir, new)
    box = SealedTerminal(TerminalId("till-1"))
    store = SqlLedgerStore(data_dir.ledger)
    store.add_terminal(box.registration, BranchId("north"), NOW_MS)
    made = Shop(data_dir, store, box)
    made.sell(3)
    yield made
    store.close()


@pytest.fixture
def folder(shop: Shop) -> Path:
    """That gateway's data directory."""
    return shop.data_dir.path


@pytest.fixture
def sell(shop: Shop) -> Callable[[int], None]:
    """Applies so many more sales at that shop."""
    return shop.sell


@pytest.fixture
def backup(shop: Shop, tmp_path: Path) -> Taken:
    """A backup of that shop, with its keys."""
    return take(shop.data_dir.path, tmp_path / "backups", NOW_MS, PASSPHRASE)
