"""``sim-tray``: a folder of simulated cards, one file each, that are laid on the desk in turn.

``mohr card`` issues them like real ones: the backend ``sim-tray`` takes the folder's path (or one
card's file) as its reader's name. What a card has executed is in its file before it answers, so a
process that is killed leaves the cards as a power cut leaves real ones: the command before was
done or was not, and its answer may be lost.

It does not model what ``simulators.card`` does not, nor two desks with one tray.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from secrets import token_bytes
from typing import Final

from gateway.errors import ConfigError, WireError
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.slot import CardSession, CardSlot
from simulators.card import VirtualCard
from simulators.card_session import SimSession
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_state import DesfireState
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import Ntag424State
from simulators.cards.saved import CardState, card_from_json, card_to_json
from simulators.cards.ultralight_aes import (
    UltralightAesCard,
    UltralightAesState,
    blank_ultralight_aes,
)

SUFFIX: Final = ".card"
KINDS: Final = ("ntag424", "desfire", "ultralight_aes")


class TraySession(SimSession):
    """A session with one card of the tray."""

    def __init__(self, file: Path) -> None:
        """Lay a card on the desk.

        Raises:
            ReaderUnavailableError: if the file holds no card.
        """
        self._file = file
        self._state = load_card(file)
        super().__init__(card_of(self._state))

    def transmit(self, command: bytes) -> bytes:
        """See ``CardSession.transmit``; what the card has done is in its file on return."""
        answer = super().transmit(command)
        state: CardState = self.card.state  # type: ignore[attr-defined] # every card of a tray
        if state != self._state:
            self._state = state
            save_card(self._file, state)
        return answer


class TraySlot(CardSlot):
    """Lays the cards of a folder on the desk in the order of their names, each once."""

    def __init__(self, reader_name: str, *, answer_timeout_ms: int) -> None:
        """Open the folder.

        Args:
            reader_name: the folder's path, or one card's.
            answer_timeout_ms: not looked at: a simulated card answers at once.

        Raises:
            ConfigError: if there is no such place.
        """
        del answer_timeout_ms
        place = Path(reader_name)
        if not reader_name or not place.exists():
            raise ConfigError("sim-tray needs the path of a folder of cards as its reader")
        self._files = iter([place] if place.is_file() else card_files(place))

    def next_card(self, timeout_ms: int) -> CardSession | None:
        """See ``CardSlot.next_card``; nothing is waited for."""
        del timeout_ms
        file = next(self._files, None)
        return None if file is None else TraySession(file)

    def close(self) -> None:
        """There is nothing to let go of."""


def card_of(state: CardState) -> VirtualCard:
    """The card in this state."""
    match state:
        case Ntag424State():
            return Ntag424Card(state, token_bytes)
        case DesfireState():
            return VirtualDesfire(state, random_bytes=token_bytes)
        case UltralightAesState():
            return UltralightAesCard(state, token_bytes)


def card_files(folder: Path) -> list[Path]:
    """The cards of a tray, by name."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def load_card(file: Path) -> CardState:
    """Read a card's file.

    Raises:
        ReaderUnavailableError: if it cannot be read or is none.
    """
    try:
        return card_from_json(file.read_text(encoding="utf-8"))
    except (OSError, WireError) as error:
        raise ReaderUnavailableError(f"{file} holds no card: {error}") from error


def save_card(file: Path, state: CardState) -> None:
    """Write a card's file whole: whoever kills this process finds the old card or the new one."""
    aside = file.with_suffix(".new")
    aside.write_text(card_to_json(state), encoding="utf-8")
    aside.replace(file)


def fill_tray(folder: Path, kind: str, count: int, seed: int = 0) -> list[Path]:
    """Put new cards into a folder; cards that are there stay.

    Args:
        folder: made if missing.
        kind: one of ``KINDS``.
        count: how many.
        seed: their UIDs follow from it.

    Returns:
        the new files.

    Raises:
        ConfigError: if there is no such kind.
    """
    if kind not in KINDS:
        raise ConfigError(f"there are no simulated cards {kind!r}; there are: {', '.join(KINDS)}")
    folder.mkdir(parents=True, exist_ok=True)
    dice = Random(f"{seed} {kind}")
    made: list[Path] = []
    while len(made) < count:
        uid = b"\x04" + dice.randbytes(6)
        file = folder / f"{uid.hex()}{SUFFIX}"
        if not file.exists():
            save_card(file, _blank(kind, uid))
            made.append(file)
    return made


def _blank(kind: str, uid: bytes) -> CardState:
    if kind == "desfire":
        return DesfireState(uid=uid)
    return Ntag424State(uid=uid) if kind == "ntag424" else blank_ultralight_aes(uid)
