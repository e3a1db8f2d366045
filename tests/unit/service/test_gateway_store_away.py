"""The ledger's database goes away under a running gateway, and comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from gateway.config import GatewaySettings, LedgerSettings
from gateway.config_programme import default_programme
from gateway.errors import ConfigError
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import StoreUnavailableError
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import TerminalId
from gateway.notifier import NoticeKind
from gateway.office.commands import AddTerminal, GetStats, ListTerminals
from gateway.service.assembly import RunningGateway
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock
from mqtt.link import LinkUp
from mqtt.topics import topic_cfg, topic_tx
from simulators.direct_link import DirectLink
from simulators.notifier import RecordingNotifier
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

_Batch = Callable[[SqlLedgerStore], AbstractContextManager[LedgerBatch]]


class Shop:
    """A running gateway, with one terminal, whose database can be taken away."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        data_dir = DataDir(folder / "gateway")
        rules = default_programme("EUR")
        set_up(
            data_dir,
            NewGateway(name="x", identity="g", programme=rules, host="127.0.0.1", port=1883),
        )
        self.away = threading.Event()
        monkeypatch.setattr(SqlLedgerStore, "batch", self._batch(SqlLedgerStore.batch))
        self.link = DirectLink()
        self.notifier = RecordingNotifier()
        self.running = RunningGateway(
            data_dir, GatewaySettings(), self.link, SystemClock(), self.notifier
        )
        assert self.running.service.wait_up(20)
        self.box = SealedTerminal(TerminalId("till-1"), now_ms=SystemClock().unix_ms())
        registration = self.box.registration.to_json()
        self.running.service.administer(AddTerminal(registration=registration, branch="north"))

    def _batch(self, original: _Batch) -> _Batch:
        @contextmanager
        def batch(store: SqlLedgerStore) -> Iterator[LedgerBatch]:
            if self.away.is_set():
                raise StoreUnavailableError("the ledger's database does not answer: test")
            with original(store) as opened:
                yield opened

        return batch

    def told(self) -> int:
        """How often the terminal was told its configuration."""
        return sum(
            getattr(one, "topic", None) == topic_cfg(self.box.name) for one in tuple(self.link.log)
        )

    def wait_for_notice(self, kind: NoticeKind) -> None:
        """Wait until somebody was told so."""
        pause = threading.Event()
        for _ in range(2_000):
            if any(one.kind is kind for one in tuple(self.notifier.notices)):
                return
            pause.wait(0.01)
        pytest.fail(f"nobody was told {kind}")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A running gateway."""
    made = Shop(tmp_path, monkeypatch)
    with made.running:
        yield made


def test_nothing_is_acknowledged_while_the_database_is_away(shop: Shop) -> None:
    """The batch in hand waits, people are told once, and it is applied when it is back."""
    service = shop.running.service
    shop.away.set()
    token = shop.link.deliver(
        topic_tx("till-1"), shop.box.earn(card_evidence(1), sale_key(1), 1_000)
    )
    shop.wait_for_notice(NoticeKind.STORE_AWAY)
    stats = service.administer(GetStats()).stats
    assert stats is not None
    assert not stats.store_full
    with pytest.raises(StoreUnavailableError):
        service.administer(ListTerminals())
    assert shop.link.acks == []
    shop.away.clear()
    assert shop.link.wait_for(lambda: shop.link.acks == [token])
    shop.wait_for_notice(NoticeKind.STORE_BACK)
    kinds = [one.kind for one in shop.notifier.notices]
    assert kinds == [NoticeKind.STORE_AWAY, NoticeKind.STORE_BACK]


def test_what_a_new_connection_is_owed_is_said_later(shop: Shop) -> None:
    """A broker that comes back while the database is away hears the configurations afterwards."""
    told = shop.told()
    shop.away.set()
    shop.link.emit(LinkUp(generation=2))
    shop.wait_for_notice(NoticeKind.STORE_AWAY)
    assert shop.told() == told
    shop.away.clear()
    assert shop.link.wait_for(lambda: shop.told() == told + 1)
    shop.wait_for_notice(NoticeKind.STORE_BACK)


def test_two_ledgers_are_one_too_many(tmp_path: Path) -> None:
    """Settings that name a database beside a ledger's file are refused: one of them is wrong."""
    data_dir = DataDir(tmp_path)
    settings = GatewaySettings(ledger=LedgerSettings(url="postgresql:///mohr"))
    assert str(data_dir.ledger_place(settings)) == "postgresql:///mohr"
    data_dir.ledger.touch()
    with pytest.raises(ConfigError, match="holds a ledger too"):
        data_dir.ledger_place(settings)
    assert data_dir.ledger_place(GatewaySettings()) == data_dir.ledger
