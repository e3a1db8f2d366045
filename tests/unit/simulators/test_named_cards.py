"""Every named test card gives what its row says, each time, and what changes in it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.model.card import Tap
from gateway.readers.cards.selection import own_profiles
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.reader import CardGone, CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.card import UidCard
from simulators.cards.named import NAMED_CARDS, NamedCard
from simulators.cards.named_states import FIRST_COUNT
from simulators.cards.named_tray import NamedTray, kept_in, show, simulated_reader
from simulators.cards.sim_keys import with_simulator_codes
from simulators.cards.timed import TimedCard, advancing
from simulators.clock import VirtualClock
from simulators.reader import SimReader

#: Long enough that no tap is taken for the one before.
APART_MS = 60_000


class Counter:
    """A simulated reader and the tray of named cards, on one clock that stands still."""

    def __init__(self, folder: Path | None = None, reader: SimReader | None = None) -> None:
        self.clock = VirtualClock(unix_ms=1_800_000_000_000)
        self.reader = reader or simulated_reader(ReaderSettings(), self.clock)
        self.tray = NamedTray(self.clock, folder, advancing(self.clock))
        self.told: list[ReaderEvent] = []
        self.reader.start(self.told.append)

    def tap(self, name: str) -> list[ReaderEvent]:
        """What the reader tells of a tap."""
        self.clock.advance(APART_MS)
        self.told.clear()
        show(self.reader, self.tray.take(name))
        return list(self.told)

    def seen(self, name: str) -> Tap:
        """A tap that must be read."""
        seen, _gone = self.tap(name)
        assert isinstance(seen, CardSeen)
        return seen.tap


@pytest.mark.parametrize("card", NAMED_CARDS.values(), ids=lambda card: str(card.name))
def test_a_card_gives_what_its_row_says(card: NamedCard) -> None:
    """Read with its profile, worth and name, or refused for its reason; twice, then gone."""
    counter = Counter()
    for _ in range(2):
        first, gone = counter.tap(card.name)
        assert isinstance(gone, CardGone)
        if isinstance(card.expected, CardTrouble):
            assert isinstance(first, CardUnreadable)
            assert first.trouble is card.expected
            assert card.identity is None
        else:
            assert isinstance(first, CardSeen)
            assert (first.tap.profile, first.tap.assurance) == (card.profile, card.expected)
            assert first.tap.identity == card.identity


def test_no_two_cards_are_the_same_card() -> None:
    """Each has a name of its own before the ledger, save the copy and the phone's two codes."""
    names = [
        (card.profile, card.identity) for card in NAMED_CARDS.values() if card.identity is not None
    ]
    assert len(names) - len(set(names)) == 1
    assert NAMED_CARDS["clone"].identity == NAMED_CARDS["ntag424"].identity


def test_the_copy_shows_a_count_that_was_used() -> None:
    """However often it is tapped, the copy comes with the count of the genuine card's first tap."""
    counter = Counter()
    genuine = [counter.seen("ntag424").counter for _ in range(3)]
    copied = [counter.seen("clone").counter for _ in range(3)]
    assert genuine == [FIRST_COUNT + 1, FIRST_COUNT + 2, FIRST_COUNT + 3]
    assert copied == [genuine[0]] * 3


def test_what_changes_in_a_card_outlives_its_tray(tmp_path: Path) -> None:
    """A counter goes on in the next process; a card that cannot be kept is not half read."""
    folder = tmp_path / "cards"
    before = Counter(folder).seen("ntag424").counter
    assert before is not None
    assert Counter(folder).seen("ntag424").counter == before + 1
    assert Counter().seen("ntag424").counter == before
    (folder / "ntag424.card").write_text("no card", encoding="utf-8")
    with pytest.raises(ReaderUnavailableError, match="ntag424"):
        Counter(folder).tap("ntag424")
    (tmp_path / "file").touch()
    with pytest.raises(ReaderUnavailableError, match="cannot be kept"):
        Counter(tmp_path / "file").tap("desfire")


def test_a_tray_of_files_is_tapped_like_any_card(tmp_path: Path) -> None:
    """A card's file, such as the issuing desk writes, is the card; its copy is a clone."""
    counter = Counter(tmp_path)
    first = counter.seen("ntag424").counter
    assert first is not None
    copy = tmp_path / "copy.card"
    copy.write_bytes((tmp_path / "ntag424.card").read_bytes())
    counter.clock.advance(APART_MS)
    counter.told.clear()
    show(counter.reader, kept_in(copy))
    (seen, _gone) = counter.told
    assert isinstance(seen, CardSeen)
    assert seen.tap.counter == first + 1 == counter.seen("ntag424").counter


def test_slow_cards_take_their_time_by_the_worlds_clock() -> None:
    """The slow card is read after about a second, the one beyond patience is given up."""
    counter = Counter()
    for name, least_ms, most_ms in (("slow", 1_000, 2_000), ("too-slow", 2_000, 4_000)):
        began_ms = counter.clock.monotonic_ms()
        counter.tap(name)
        assert least_ms < counter.clock.monotonic_ms() - began_ms - APART_MS < most_ms


def test_the_radio_takes_time_where_that_is_wanted() -> None:
    """The same tap lets the clock run or does not; what it would have taken is known in both."""
    counter = Counter()
    spent_us = []
    for radio in (False, True):
        began_ms = counter.clock.monotonic_ms()
        card = counter.tray.take("ntag424", radio=radio)
        assert isinstance(card, TimedCard)
        show(counter.reader, card)
        spent_us.append(card.spent_us)
        passed_us = (counter.clock.monotonic_ms() - began_ms) * 1_000
        assert passed_us == (card.spent_us // 1_000 * 1_000 if radio else 0)
        counter.clock.advance(APART_MS)
    assert spent_us[0] == spent_us[1] > 0


def test_the_simulators_keys_take_named_cards_alone() -> None:
    """A card with another UID is not even asked, so a real card's failures are not counted."""
    clock = VirtualClock(unix_ms=1_800_000_000_000)
    counter = Counter()
    counter.reader.tap(UidCard(bytes.fromhex("04a1b2c3d4e5f6")))
    (_ready, seen) = counter.told
    assert isinstance(seen, CardSeen)
    assert seen.tap.profile == "uid"
    strange = Counter(reader=SimReader(ReaderSettings(), clock=clock, profiles=own_profiles()))
    assert strange.seen("ntag424").profile == "uid"


def test_a_terminals_own_stripes_go_first() -> None:
    """The simulator's stripe counts only where the terminal knows none."""
    once = with_simulator_codes(ReaderSettings())
    assert once.codes.stripe is not None
    assert with_simulator_codes(once).codes.stripe is once.codes.stripe


def test_an_unknown_name_lists_those_there_are() -> None:
    """Whoever mistypes a name sees the right one."""
    with pytest.raises(ConfigError, match=r"'clown'; there are: uid, .* clone,"):
        Counter().tap("clown")
