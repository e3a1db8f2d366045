"""Takes the named cards out of their tray, for one tap each.

Cards that change by being read are kept in a folder, a file each, as ``cards.tray`` keeps
its own; what a card has executed is in its file before it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.clock import Clock
from gateway.crypto.phone_card import PhoneCards
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.selection import own_profiles
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.reader import ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.card import VirtualCard
from simulators.cards.named import NamedCard, Source, named_card
from simulators.cards.named_states import Scanned, Shown
from simulators.cards.phone_codes import vouched
from simulators.cards.saved import CardState
from simulators.cards.sim_keys import simulator_profiles, with_simulator_codes
from simulators.cards.timed import PassUs, TimedCard, only_count, sleep_us
from simulators.cards.tray import SUFFIX, card_of, load_card, save_card
from simulators.reader import SimReader
from simulators.socket_line import TapOrder, TapReport, words_of_events


class KeptCard(VirtualCard):
    """A card of which every change is kept."""

    def __init__(self, state: CardState, keep: Callable[[CardState], None]) -> None:
        """Take it up in this state; ``keep`` is told each other one."""
        self._card = card_of(state)
        self._state = state
        self._keep = keep
        self.atr = self._card.atr

    def power_on(self) -> None:
        """Power the card inside."""
        self._card.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Execute a command, and keep what it changed before the answer is heard."""
        answer = self._card.transmit(command)
        state: CardState = self._card.state  # type: ignore[attr-defined] # every card of a state
        if state != self._state:
            self._state = state
            self._keep(state)
        return answer


def kept_in(file: Path) -> KeptCard:
    """A card that lies in a file, such as one that ``mohr card issue`` has written.

    Raises:
        ReaderUnavailableError: if it holds no card.
    """
    return KeptCard(load_card(file), lambda state: _save(file, state))


class NamedTray:
    """The tray. Not thread-safe: one owner takes cards out of it and shows them."""

    def __init__(
        self,
        clock: Clock,
        folder: Path | None = None,
        pass_us: PassUs = sleep_us,
        phones: PhoneCards | None = None,
    ) -> None:
        """Open it.

        Args:
            clock: for codes that change with time.
            folder: where cards are kept, made when it is needed; None for as long as this lives.
            pass_us: lets the time of slow cards pass, and the radio's where that is wanted.
            phones: of the gateway that is to believe changing codes; without, none does.
        """
        self._clock = clock
        self._folder = folder
        self._pass_us = pass_us
        self._phones = phones
        self._states: dict[str, CardState] = {}

    def take(self, name: str, *, radio: bool = False) -> Shown:
        """Take a card out.

        Args:
            name: see ``named_card``.
            radio: whether it takes the time that the radio takes. Without, that time is counted
                only, save that of cards that are slow by nature.

        Raises:
            ConfigError: if there is no such card.
            ReaderUnavailableError: if its file cannot be read or written.
        """
        found = named_card(name)
        shown = self._made(found)
        if isinstance(shown, Scanned):
            return shown if self._phones is None else vouched(shown, self._phones)
        source = found.source
        if source.dress is not None:
            shown = source.dress(shown)
        passes = self._pass_us if radio or source.more_us else only_count
        return TimedCard(shown, passes, more_us=source.more_us)

    def _made(self, card: NamedCard) -> Shown:
        source = card.source
        if source.make is not None:
            return source.make(self._clock.unix_ms())
        if self._folder is None:
            state = self._states.get(card.name) or _first(source)
            return KeptCard(state, lambda changed: self._remember(card.name, changed))
        file = self._folder / f"{card.name}{SUFFIX}"
        if not file.exists():
            _save(file, _first(source))
        return kept_in(file)

    def _remember(self, name: str, state: CardState) -> None:
        self._states[name] = state


def simulated_reader(
    settings: ReaderSettings, clock: Clock, profiles: Sequence[ProfileReader] | None = None
) -> SimReader:
    """A reader that takes the named cards, beside those that any reader takes.

    Args:
        settings: as for any reader.
        clock: as for ``SimReader``.
        profiles: a terminal's own; None takes ours.
    """
    own = own_profiles(settings.organisation) if profiles is None else tuple(profiles)
    return SimReader(
        with_simulator_codes(settings), clock=clock, profiles=(*simulator_profiles(), *own)
    )


def shown_by(order: TapOrder, tray: NamedTray) -> Shown:
    """What an order wants to be shown.

    Raises:
        ConfigError: if there is no such named card.
        ReaderUnavailableError: if a card's file cannot be read.
    """
    if order.scan:
        return Scanned(data=order.scan.encode())
    if order.file:
        return TimedCard(kept_in(Path(order.file)), sleep_us if order.radio else only_count)
    return tray.take(order.card, radio=order.radio)


def tap_here(order: TapOrder, clock: Clock) -> TapReport:
    """Tap on a reader of our own, which knows the simulator's keys and no others.

    Raises:
        ConfigError: if there is no such named card.
        ReaderUnavailableError: if a card's file cannot be read or written.
    """
    told: list[ReaderEvent] = []
    reader = simulated_reader(ReaderSettings(), clock)
    shown = shown_by(order, NamedTray(clock))
    reader.start(told.append)
    try:
        show(reader, shown)
    finally:
        reader.stop()
    return TapReport(said=words_of_events(told), air_ms=air_ms(shown))


def show(reader: SimReader, shown: Shown) -> None:
    """Show something to a reader and take it away.

    Raises:
        ReaderUnavailableError: if the reader is not started, or a card cannot be kept.
    """
    if isinstance(shown, Scanned):
        reader.scan(shown.data)
        return
    reader.tap(shown)
    reader.remove()


def air_ms(shown: Shown) -> int | None:
    """How long the conversation took, or would have, with a radio between; None without one."""
    return round(shown.spent_us / 1_000) if isinstance(shown, TimedCard) else None


def _first(source: Source) -> CardState:
    assert source.state is not None, "a card is made or kept"
    return source.state()


def _save(file: Path, state: CardState) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_card(file, state)
    except OSError as error:
        raise ReaderUnavailableError(f"the card {file} cannot be kept: {error}") from error
