"""The shipped pytest plug-in: what its fixtures give, and that it leaves other people alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from gateway.errors import ConfigError
from gateway.readers.cards.keys import StoredCardKeys
from gateway.readers.reader import CardSeen, CardUnreadable, ReaderEvent, ReaderStateChanged
from mqtt.link import Delivered, LinkEvent, LinkUp
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings
from simulators.cards.named import NAMED_CARDS
from simulators.cards.named_states import Shown
from simulators.cards.named_tray import show
from simulators.clock import VirtualClock
from simulators.reader import SimReader
from simulators.testing.broker import BrokerAddress
from simulators.till import PtyTill

_PATIENCE_S = 20.0

TakeCard = Callable[[str], Shown]


@pytest.mark.parametrize("name", NAMED_CARDS)
def test_a_named_card_comes_to_what_its_row_says(
    mohr_reader: SimReader, mohr_cards: TakeCard, mohr_events: list[ReaderEvent], name: str
) -> None:
    """The reader holds the keys that the cards were issued with, and every profile of ours."""
    assert [type(event) for event in mohr_events] == [ReaderStateChanged]
    show(mohr_reader, mohr_cards(name))
    told = mohr_events[1]
    row = NAMED_CARDS[name]
    if isinstance(told, CardSeen):
        assert (told.tap.profile, told.tap.assurance) == (row.profile, row.expected)
    else:
        assert isinstance(told, CardUnreadable)
        assert told.trouble is row.expected


def test_an_unknown_card_is_answered_with_the_known_ones(mohr_cards: TakeCard) -> None:
    """A misspelt name is corrected by reading one line."""
    with pytest.raises(ConfigError, match=r"ntag242.*ntag424"):
        mohr_cards("ntag242")


def test_a_card_taken_out_again_remembers(
    mohr_reader: SimReader,
    mohr_cards: TakeCard,
    mohr_clock: VirtualClock,
    mohr_events: list[ReaderEvent],
) -> None:
    """The genuine card's counter goes on; its copy has the same identity and repeats a count."""
    for name in ("ntag424", "ntag424", "clone"):
        show(mohr_reader, mohr_cards(name))
        mohr_clock.advance(5_000)
    first, second, copied = [one.tap for one in mohr_events if isinstance(one, CardSeen)]
    assert first.identity == second.identity == copied.identity
    assert first.counter is not None
    assert (second.counter, copied.counter) == (first.counter + 1, first.counter)


def test_the_clock_is_the_readers_clock(
    mohr_reader: SimReader,
    mohr_cards: TakeCard,
    mohr_clock: VirtualClock,
    mohr_events: list[ReaderEvent],
) -> None:
    """A test moves the time, and nothing else does: after the debounce time a tap is another."""
    for _ in range(2):
        show(mohr_reader, mohr_cards("uid"))
        mohr_clock.advance(5_000)
    seen = [event.tap.seen_at_ms for event in mohr_events if isinstance(event, CardSeen)]
    assert seen == [1_800_000_000_000, 1_800_000_005_000]


def test_the_keys_are_no_secret_and_stay_the_same(mohr_card_keys: StoredCardKeys) -> None:
    """A card that one test saved is read by the next."""
    assert mohr_card_keys.store.versions() == (1, 2)


def test_the_till_prints_into_its_device(mohr_till: PtyTill) -> None:
    """What is printed is what a terminal reads from the line, byte for byte."""
    line = os.open(mohr_till.device, os.O_RDONLY | os.O_NOCTTY)
    try:
        mohr_till.print(b"\x1b@TOTAL 12.00\n")
        assert os.read(line, 64).startswith(b"\x1b@")
    finally:
        os.close(line)


@pytest.mark.real
def test_the_broker_carries_a_message(mohr_broker: BrokerAddress) -> None:
    """A link with nothing but the address connects, publishes, and hears itself."""
    events: Queue[LinkEvent] = Queue()
    link = PahoLink(
        LinkSettings(
            host=mohr_broker.host,
            port=mohr_broker.port,
            client_id="a-test",
            subscriptions=("a/b",),
        )
    )
    link.start(events.put)
    try:
        assert isinstance(events.get(timeout=_PATIENCE_S), LinkUp)
        link.publish("a/b", b"hello")
        heard = events.get(timeout=_PATIENCE_S)
        while not isinstance(heard, Delivered):
            heard = events.get(timeout=_PATIENCE_S)
        assert heard.payload == b"hello"
    finally:
        link.stop()


@pytest.mark.slow
def test_a_stranger_that_does_not_ask_gets_nothing(tmp_path: Path) -> None:
    """In a project that never names a fixture of ours, none is set up and nothing is imported."""
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_of_theirs():\n"
        "    ours = ('gateway', 'mqtt', 'terminal_agent', 'web_admin', 'simulators')\n"
        "    loaded = {name for name in sys.modules if name.split('.')[0] in ours}\n"
        "    assert 'simulators.testing.plugin' in loaded\n"
        "    assert loaded <= {'simulators', 'simulators.testing', 'simulators.testing.plugin'}\n",
        encoding="utf-8",
    )
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "--setup-show", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search("SETUP .*mohr_", done.stdout) is None
