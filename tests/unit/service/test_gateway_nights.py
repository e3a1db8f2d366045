"""The nightly run in a gateway: in short parts, after customers, and told of when it fails."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.errors import ValueRangeError
from gateway.ledger.errors import StoreFullError
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_intake import Tally, TallyRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import Settings
from gateway.model.rules.stored_value import AutoRedeem
from gateway.notifier import NoticeKind
from gateway.service.core import GatewayCore
from gateway.service.runner import GatewayService, ServiceSettings
from gateway.writer.arrival import Arrival
from gateway.writer.decision import Alarm, AlarmKind, Decision
from gateway.writer.night import NightSlice
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.clock import VirtualClock
from simulators.direct_link import DirectLink
from simulators.notifier import RecordingNotifier
from simulators.rules_shop import RulesShop, club
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

SIGNER = FileSigner.generate()
NIGHT = date(2027, 1, 16)
NIGHT_MS = int(datetime(2027, 1, 16, 3, tzinfo=UTC).timestamp()) * 1_000
MINUTE_MS = 60_000


class NotingWriter(Writer):
    """A writer that notes what it is asked for, and says so."""

    def __init__(self, store: LedgerStore) -> None:
        numbers = itertools.count(1)
        super().__init__(
            store,
            new_member_id=lambda: MemberId(f"{next(numbers):032x}"),
            settings=WriterSettings(),
        )
        self.asked: list[str] = []
        self.on_night: Callable[[], None] = lambda: None
        self.on_apply: Callable[[], None] = lambda: None
        self.fault: Exception | None = None

    def apply(self, arrivals: list[Arrival], now_ms: int) -> Decision:  # type: ignore[override]
        """Note it and do it."""
        self.asked.append("apply")
        self.on_apply()
        return super().apply(arrivals, now_ms)

    def tick(self, now_ms: int) -> Decision:
        """Note it and do it."""
        self.asked.append("tick")
        return super().tick(now_ms)

    def night(self, now_ms: int, budget: int) -> NightSlice:
        """Note it, let something happen, and do it or fail."""
        self.asked.append("night")
        self.on_night()
        if self.fault is not None:
            raise self.fault
        return super().night(now_ms, budget)


def filled(rules: Rules | None = None, members: int = 5) -> MemoryLedgerStore:
    """A ledger whose next night has something to do for every member."""
    store = MemoryLedgerStore()
    own = Rules(auto_redeem=AutoRedeem(points=100, credit_minor=500)) if rules is None else rules
    shop = RulesShop(store, club(own))
    till = shop.till()
    for number in range(members):
        shop.do(till.sell(f"card {number}", f"sale {number}", 10_000))
    return store


def core_on(store: LedgerStore) -> tuple[GatewayCore, NotingWriter]:
    """A core whose writer notes what it is asked for."""
    writer = NotingWriter(store)
    return GatewayCore(store, writer, SIGNER, card_key=bytes(32)), writer


def done_night(store: LedgerStore) -> date | None:
    """The last night that is done."""
    with store.batch() as batch:
        rows = batch.rows(TallyRow, [Tally.NIGHT])
    return date.fromordinal(rows[0].value) if rows else None


# -- the core -----------------------------------------------------------------------------------


def test_a_night_is_done_in_parts_and_then_looked_for_every_minute() -> None:
    """While there is more, every call goes on; afterwards a call does nothing for a minute."""
    store = filled()
    core, writer = core_on(store)
    parts = 0
    while not parts or core.night_left:
        assert core.night(NIGHT_MS, 2).acks == ()
        parts += 1
    assert done_night(store) == NIGHT
    assert core.stats().journalled == 5
    assert len(writer.asked) == parts
    core.night(NIGHT_MS + MINUTE_MS - 1, 2)
    assert len(writer.asked) == parts
    core.night(NIGHT_MS + MINUTE_MS, 2)
    assert len(writer.asked) == parts + 1
    core.night(NIGHT_MS, 2)
    assert len(writer.asked) == parts + 2, "a clock that was set back is looked at again"


def test_people_are_told_once_of_a_night_that_fails() -> None:
    """A night whose rules cannot be carried out is one notice, and tried again every minute."""
    core, writer = core_on(filled())
    writer.fault = ValueRangeError("the zone is unknown")
    (notice,) = core.night(NIGHT_MS, 2).notices
    assert (notice.kind, notice.code) == (NoticeKind.ALARM, "night_failed")
    assert "the zone is unknown" in notice.text
    left = [core.night_left]
    assert core.night(NIGHT_MS + MINUTE_MS, 2).notices == ()
    writer.fault = None
    core.night(NIGHT_MS + 2 * MINUTE_MS, 2)
    assert [*left, core.night_left] == [False, True]
    writer.fault = ValueRangeError("the zone is unknown")
    assert len(core.night(NIGHT_MS + 2 * MINUTE_MS, 2).notices) == 1


def test_rules_with_a_zone_that_is_gone_stop_no_sale() -> None:
    """A machine that lost its zones runs no night, says so, and takes sales all the same."""
    store = MemoryLedgerStore()
    store.add_programme(club(Rules(settings=Settings(zone="Mars/Olympus"))))
    core, _ = core_on(store)
    (notice,) = core.night(NIGHT_MS, 2).notices
    assert "Mars/Olympus" in notice.text
    assert core.tick(NIGHT_MS).notices == ()


def test_a_full_store_is_a_fault_of_the_store() -> None:
    """A night that finds no space raises, as every commit does, and is tried again later."""
    core, writer = core_on(filled())
    writer.fault = StoreFullError("no space")
    with pytest.raises(StoreFullError):
        core.night(NIGHT_MS, 2)
    assert not core.night_left


def test_a_wallet_that_was_left_out_is_told_of() -> None:
    """What the writer could not do becomes a notice like every other alarm."""

    class _Stuck(NotingWriter):
        def night(self, now_ms: int, budget: int) -> NightSlice:
            del budget
            alarm = Alarm(kind=AlarmKind.NIGHT_LEFT_OUT, at_ms=now_ms, detail="wallet w")
            return NightSlice(night=NIGHT, left=True, left_out="wallet w", alarms=(alarm,))

    store = filled()
    core = GatewayCore(store, _Stuck(store), SIGNER, card_key=bytes(32))
    (notice,) = core.night(NIGHT_MS, 2).notices
    assert (notice.kind, notice.code, notice.text) == (
        NoticeKind.ALARM,
        "night_left_out",
        "wallet w",
    )


# -- the running gateway ------------------------------------------------------------------------


class Running:
    """A gateway on a ledger in memory, by a clock that stands still until it is moved."""

    def __init__(self, store: LedgerStore) -> None:
        self.store = store
        self.box = SealedTerminal(TerminalId("till-9"), now_ms=NIGHT_MS)
        store.add_terminal(self.box.registration, BranchId("north"), NIGHT_MS)
        core, self.writer = core_on(store)
        self.link, self.notifier = DirectLink(), RecordingNotifier()
        self.clock = VirtualClock(unix_ms=NIGHT_MS)
        settings = ServiceSettings(night_wallets_per_commit=1, tick_ms=20)
        self.service = GatewayService(core, self.link, self.clock, self.notifier, settings)

    def sell(self, number: int) -> None:
        """Let the terminal's next sale arrive, always of the same new member's."""
        sealed = self.box.earn(card_evidence(1), sale_key(number), 1_000)
        self.link.deliver(topic_tx(self.box.name), sealed)

    def begin(self) -> None:
        """Start, and let the time of the first tick come."""
        self.service.start()
        assert self.service.wait_up(20)
        self.clock.advance(20)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the gateway has done enough."""
    pause = threading.Event()
    for _ in range(4_000):
        if condition():
            return
        pause.wait(0.005)
    pytest.fail("it was not done in time")


@pytest.fixture
def running() -> Iterator[Running]:
    """A gateway that has not started, stopped afterwards."""
    made = Running(filled())
    yield made
    made.service.stop()


def test_customers_go_before_the_rest_of_the_night(running: Running) -> None:
    """What arrives while a part of the night is committed is applied before the next part."""
    sold = iter(range(1, 4))

    def sell_one() -> None:
        number = next(sold, None)
        if number is not None:
            running.sell(number)

    running.writer.on_night = sell_one
    running.begin()
    wait_until(lambda: done_night(running.store) == NIGHT and len(running.link.acks) == 3)
    assert running.writer.asked[:7] == ["tick", *("night", "apply") * 3]


def test_a_shop_without_a_pause_has_its_night_too(running: Running) -> None:
    """Where customers never leave a gap, every tick does one part of the night."""

    def sell_another() -> None:
        running.clock.advance(5)
        if done_night(running.store) != NIGHT:
            running.sell(running.box.seq + 1)
            running.sell(running.box.seq + 1)

    running.writer.on_apply = sell_another
    running.service.start()
    assert running.service.wait_up(20)
    running.sell(1)
    wait_until(lambda: done_night(running.store) == NIGHT)
    asked = running.writer.asked
    assert 5 < asked.count("night") <= asked.count("tick")
    assert running.notifier.notices == ()


def test_a_store_without_space_at_night_is_told_of(running: Running) -> None:
    """The night waits for space, and people are told as if a sale had found none."""
    running.writer.fault = StoreFullError("no space")
    running.begin()
    wait_until(lambda: bool(running.notifier.notices))
    assert running.notifier.notices[0].kind is NoticeKind.STORE_FULL
    assert done_night(running.store) is None
