"""The pytest plug-in ``mohr``: fixtures for those who write drivers, card profiles or tills' shops.

Every project whose environment has Mohr in it gets this module loaded by pytest, so it imports
nothing of Mohr before a test asks for a fixture, and nothing in it happens by itself. Each fixture
is a new world for each test; the broker alone is shared by a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateway.readers.cards.keys import StoredCardKeys
    from gateway.readers.reader import ReaderEvent
    from simulators.cards.named_states import Shown
    from simulators.clock import VirtualClock
    from simulators.reader import SimReader
    from simulators.testing.broker import BrokerAddress
    from simulators.till import PtyTill

# A failed assertion of the contract suite then shows its values, as one in a test does.
pytest.register_assert_rewrite("simulators.testing.reader_contract")


@pytest.fixture
def mohr_clock() -> VirtualClock:
    """A clock that stands still until ``advance`` moves it."""
    from simulators.clock import VirtualClock  # noqa: PLC0415 - see the module

    return VirtualClock(unix_ms=1_800_000_000_000)


@pytest.fixture
def mohr_card_keys() -> StoredCardKeys:
    """The keys that the named cards were issued with; they follow from a seed."""
    from simulators.cards.sim_keys import simulator_keys  # noqa: PLC0415 - see the module

    return simulator_keys()


@pytest.fixture
def mohr_cards(mohr_clock: VirtualClock) -> Callable[[str], Shown]:
    """Takes a named card out of its tray, such as ``ntag424``; a wrong name lists the right ones.

    A card taken out again remembers what was done to it. One that is slow moves ``mohr_clock``.
    """
    from simulators.cards.named_tray import NamedTray  # noqa: PLC0415 - see the module
    from simulators.cards.timed import advancing  # noqa: PLC0415 - see the module

    return NamedTray(mohr_clock, pass_us=advancing(mohr_clock)).take


@pytest.fixture
def mohr_events() -> list[ReaderEvent]:
    """What ``mohr_reader`` has said so far, in order."""
    return []


@pytest.fixture
def mohr_reader(mohr_clock: VirtualClock, mohr_events: list[ReaderEvent]) -> Iterator[SimReader]:
    """A simulated reader, started, that reads every named card and every installed profile.

    ``tap`` and ``remove`` put their events into ``mohr_events`` before they return.
    """
    from gateway.readers.cards.selection import own_profiles  # noqa: PLC0415 - see the module
    from gateway.readers.registry import outside_profiles  # noqa: PLC0415 - see the module
    from gateway.readers.settings import ReaderSettings  # noqa: PLC0415 - see the module
    from simulators.cards.named_tray import simulated_reader  # noqa: PLC0415 - see the module

    profiles = own_profiles(outside=outside_profiles())
    reader = simulated_reader(ReaderSettings(), mohr_clock, profiles)
    reader.start(mohr_events.append)
    yield reader
    reader.stop()


@pytest.fixture
def mohr_till(tmp_path: Path) -> Iterator[PtyTill]:
    """A till on a pseudo-terminal: read ``device`` as a serial line, ``print`` bytes into it."""
    from simulators.till import PtyTill  # noqa: PLC0415 - see the module

    folder = tmp_path / "mohr-till"
    folder.mkdir()
    with PtyTill(folder, baud=None) as till:
        yield till


@pytest.fixture(scope="session")
def mohr_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerAddress]:
    """An MQTT broker on loopback that asks nobody who they are.

    Mosquitto where it is installed, otherwise the broker of ``mohr[demo]``; a machine with neither
    fails the test and says what to install.
    """
    from simulators.testing.broker import running_broker  # noqa: PLC0415 - see the module

    with running_broker(tmp_path_factory.mktemp("mohr-broker")) as address:
        yield address
