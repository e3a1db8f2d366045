"""Who may do what with an NTAG 424 DNA's files, and which settings it takes. Pure."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import MohrError
from gateway.readers.cards.ntag424_settings import (
    FREE,
    KEY_NUMBER_MAX,
    NEVER,
    FileSettings,
    SdmSettings,
)
from gateway.readers.cards.ntag424_wire import NDEF_FILE, NativeStatus
from simulators.cards.ntag424_state import CardFile, Ntag424State

_UID_CHARACTERS: Final = 14
_COUNTER_CHARACTERS: Final = 6
_PICC_DATA_CHARACTERS: Final = 32
_MAC_CHARACTERS: Final = 16
_NO_MIRROR: Final = 0xFFFFFF


class NativeRefusal(MohrError):  # noqa: N818 - a card's answer, not a fault of ours
    """The card's answer to a command that it does not execute."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"91{status:02X}")


def reading_mode(stored: CardFile, key_number: int | None) -> CommMode:
    """How a file may be read, by the key of the session or by anybody (data sheet, 8.2.3.3).

    Raises:
        NativeRefusal: if it may not be read.
    """
    access, sdm = stored.settings.access, stored.settings.sdm
    mirrors = sdm is not None and sdm.file_read <= KEY_NUMBER_MAX and key_number is None
    return _mode(stored, (access.read, access.read_write), key_number, freely=mirrors)


def writing_mode(stored: CardFile, key_number: int | None) -> CommMode:
    """How a file may be written.

    Raises:
        NativeRefusal: if it may not be written.
    """
    access = stored.settings.access
    return _mode(stored, (access.write, access.read_write), key_number, freely=False)


def _mode(
    stored: CardFile, conditions: tuple[int, int], key_number: int | None, *, freely: bool
) -> CommMode:
    if key_number is not None and key_number in conditions:
        return stored.settings.mode
    if freely or FREE in conditions:
        return CommMode.PLAIN
    if set(conditions) == {NEVER}:
        raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
    raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)


def single_mode(condition: int, key_number: int | None) -> CommMode:
    """How a command travels that one condition guards: changing settings, asking counters.

    Raises:
        NativeRefusal: if nobody may, or not under this key.
    """
    if condition == NEVER:
        raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
    if condition not in {FREE, key_number}:
        raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)
    return CommMode.PLAIN if key_number is None else CommMode.FULL


def check_settings(state: Ntag424State, number: int, settings: FileSettings) -> None:
    """Refuse settings that the card refuses (data sheet, table 71).

    Stricter than the card in one thing: messaging without UID or without counter is not modelled.

    Raises:
        NativeRefusal: with the status that the card answers.
    """
    sdm = settings.sdm
    if sdm is None:
        return
    if number != NDEF_FILE:
        raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
    limit = sdm.read_counter_limit
    good = (
        sdm.uid
        and sdm.read_counter
        and sdm.meta_read != NEVER
        and (limit is None or limit > _counter_from(state))
        and _places_fit(sdm, len(state.file(number).content))
    )
    if not good:
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR)


def _counter_from(state: Ntag424State) -> int:
    return 0 if state.file(NDEF_FILE).settings.sdm is None else state.read_counter


def _places_fit(sdm: SdmSettings, size: int) -> bool:
    """Whether all mirrors lie inside the file, apart from one another, and in order."""
    places = [
        (offset, length)
        for offset, length in (
            (sdm.uid_offset, _UID_CHARACTERS),
            (sdm.read_counter_offset, _COUNTER_CHARACTERS),
            (sdm.picc_data_offset, _PICC_DATA_CHARACTERS),
            (sdm.enc_offset, sdm.enc_length or 0),
            (sdm.mac_offset, _MAC_CHARACTERS),
        )
        if offset not in {None, _NO_MIRROR} and offset is not None
    ]
    apart = all(
        one + length <= other or other + other_length <= one
        for (one, length), (other, other_length) in combinations(places, 2)
    )
    inside = all(offset + length <= size for offset, length in places)
    return apart and inside and _in_order(sdm)


def _in_order(sdm: SdmSettings) -> bool:
    if sdm.mac_offset is None or sdm.mac_input_offset is None:
        return True
    if sdm.enc_offset is None or sdm.enc_length is None:
        return sdm.mac_input_offset <= sdm.mac_offset
    whole = sdm.enc_length >= 32 and sdm.enc_length % 32 == 0
    return whole and sdm.mac_input_offset <= sdm.enc_offset < sdm.mac_offset
