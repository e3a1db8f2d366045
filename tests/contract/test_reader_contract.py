"""One suite for every ``Reader``: simulated, polled, serial, and PC/SC behind a real pcscd."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from itertools import count

import pytest

from gateway.readers.errors import CardRemovedError, CardTimeoutError
from gateway.readers.mcu_reader import McuReader
from gateway.readers.pcsc import PcscReader
from gateway.readers.polled import CardDevice, PolledReader
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import CardSilentError, VirtualCard
from simulators.clock import VirtualClock
from simulators.mcu import McuOnPty
from simulators.pcscd import PcscDaemon, missing_parts
from simulators.reader import SimReader
from simulators.testing.hand import Hand
from simulators.testing.reader_contract import ReaderBench, ReaderContract, contract_settings
from simulators.vpcd import VpcdSlot

LANES = tuple(f"Lane {number}" for number in range(1, 7))


class SimBench(ReaderBench):
    """The simulated reader."""

    def __init__(self, settings: ReaderSettings) -> None:
        self.clock = VirtualClock(unix_ms=1_700_000_000_000)
        self.settings = settings
        self.sim = SimReader(settings, clock=self.clock)
        super().__init__(self.sim, self.sim.name)

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""
        self.sim.tap(card)

    def take(self) -> None:
        """Take the card away."""
        if not self.stopped:
            self.sim.remove()

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it unseen, and let the time of the recheck come."""
        self.sim.swap_unseen(card)
        self.clock.advance(self.settings.recheck_after_ms)
        self.sim.tick()


class HandDevice(CardDevice):
    """A device in this process: what a hand holds to it."""

    def __init__(self) -> None:
        self.hand = Hand()

    def card(self) -> bytes | None:
        """See ``CardDevice``."""
        return self.hand.atr() or None

    def transmit(self, command: bytes) -> bytes:
        """See ``CardDevice``."""
        try:
            answer = self.hand.transmit(command)
        except CardSilentError as error:
            raise CardTimeoutError(str(error)) from error
        if not answer:
            raise CardRemovedError("there is no card")
        return answer

    def close(self) -> None:
        """See ``CardDevice``."""


class HandReader(PolledReader):
    """The polled reader on that device."""

    backend = "hand"
    poll_ms = 5
    device: HandDevice

    def open_device(self) -> HandDevice:
        """See ``PolledReader``."""
        return self.device


class PolledBench(ReaderBench):
    """The shell that drivers of devices without a daemon begin from."""

    def __init__(self, settings: ReaderSettings) -> None:
        self.device = HandDevice()
        reader = HandReader(settings, clock=SystemClock())
        reader.device = self.device
        super().__init__(reader, reader.name)

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""
        self.device.hand.hold(card)

    def take(self) -> None:
        """Take the card away."""
        self.device.hand.hold(None)

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it between two looks."""
        self.device.hand.hold(card)


class McuBench(ReaderBench):
    """The reader of microcontroller terminals, with a simulated one on a pseudo-terminal."""

    def __init__(self) -> None:
        self.terminal = McuOnPty(SystemClock())
        settings = contract_settings(str(self.terminal.path))
        super().__init__(McuReader(settings, clock=SystemClock()), settings.reader_name)

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the terminal."""
        self.terminal.put(card)

    def take(self) -> None:
        """Take the card away."""
        self.terminal.take()

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it at once."""
        self.terminal.put(card)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.terminal.close()


class PcscBench(ReaderBench):
    """The PC/SC reader on one lane of a real daemon."""

    def __init__(self, settings: ReaderSettings, slot: VpcdSlot) -> None:
        super().__init__(PcscReader(settings, clock=SystemClock()), settings.reader_name)
        self.slot = slot

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""
        self.slot.insert(card)

    def take(self) -> None:
        """Take the card away."""
        self.slot.remove()

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it within the daemon's polling interval."""
        self.slot.insert(card)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    """A real pcscd with more lanes than one test needs, so that no card of the last one is left."""
    missing = missing_parts()
    if missing is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(missing)
        pytest.fail(f"{missing} (or set MOHR_ALLOW_SKIPS=1)")
    daemon = PcscDaemon(tmp_path_factory.mktemp("pcscd"), LANES)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.close()


_lane_numbers = count()


class TestReaders(ReaderContract):
    """Every backend of ours."""

    @pytest.fixture(params=["sim", "polled", "mcu", pytest.param("pcsc", marks=pytest.mark.real)])
    def bench(self, request: pytest.FixtureRequest) -> Iterator[ReaderBench]:
        """A reader of each kind, ready."""
        before = set(threading.enumerate())
        with _make_bench(request) as bench:
            yield bench
        left = {one for one in threading.enumerate() if one.name.startswith("mohr-pcsc")}
        assert left <= before


def _make_bench(request: pytest.FixtureRequest) -> ReaderBench:
    if request.param == "sim":
        return SimBench(contract_settings("Simulated lane"))
    if request.param == "polled":
        return PolledBench(contract_settings("Polled lane"))
    if request.param == "mcu":
        return McuBench()
    # A lane rests for five real tests before it is used again.
    lane = LANES[next(_lane_numbers) % len(LANES)]
    settings = contract_settings(PcscDaemon.reader_name(lane))
    return PcscBench(settings, request.getfixturevalue("daemon").slot(lane))
