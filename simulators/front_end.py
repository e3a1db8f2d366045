"""Virtual cards as a bare front end sees them: selected, and spoken to in APDUs or raw frames.

A virtual card plays card and PC/SC reader in one (see ``simulators.card``). This takes the two
apart again, for simulated chips that only carry what they are given.
"""

from __future__ import annotations

from gateway.readers.apdu import CommandApdu, get_uid, read_storage
from gateway.readers.cards.storage import READ_BYTES, update_storage
from gateway.readers.cards.traits import (
    NAME_CLASSIC_1K,
    NAME_CLASSIC_4K,
    NAME_CLASSIC_MINI,
    NAME_ULTRALIGHT,
    NAME_ULTRALIGHT_C,
    CardKind,
    traits_of,
)
from gateway.readers.front_end import (
    ACKNOWLEDGED,
    READ_PAGES,
    WRITE_PAGE,
    CardFront,
    Said,
)
from gateway.readers.native import (
    TAG_RESPONSE,
    TAG_VALID_BITS,
    FrameStyle,
    exchange_frame,
    split_objects,
)
from simulators.card import FaultyCard, UidCard, VirtualCard
from simulators.cards.layer3 import Layer3Card

_SAKS = {
    NAME_ULTRALIGHT: 0x00,
    NAME_ULTRALIGHT_C: 0x00,
    NAME_CLASSIC_1K: 0x08,
    NAME_CLASSIC_4K: 0x18,
    NAME_CLASSIC_MINI: 0x09,
}
#: Of a card that a reader has no name for (TNP3xxx: AN10833, table 6).
_SAK_UNNAMED = 0x01
_SAK_ISO_DEP = 0x20
_OK = bytes.fromhex("9000")


def bare_card(card: VirtualCard) -> UidCard:
    """The card inside its faults.

    Raises:
        TypeError: if it is none that has a UID.
    """
    inside: VirtualCard = card
    while isinstance(inside, FaultyCard):
        inside = inside.card
    if not isinstance(inside, UidCard):
        raise TypeError(f"{type(inside).__name__} has no UID to show")
    return inside


def shown_front(card: VirtualCard) -> CardFront:
    """What the card shows when it comes into the field; nothing is asked of it."""
    return _front(card, bare_card(card).uid)


def select_card(card: VirtualCard) -> CardFront:
    """Select the card: it forgets its session and says its UID, which is its first command.

    Raises:
        CardTornError: if it leaves instead.
        CardSilentError: if it says nothing.
    """
    card.power_on()
    answer = card.transmit(get_uid().to_bytes())
    return _front(card, answer[:-2] if answer.endswith(_OK) else b"")


def send_frame(card: VirtualCard, frame: bytes) -> Said:
    """Send a raw frame; raises as ``select_card``."""
    if isinstance(bare_card(card), Layer3Card):
        return _send_raw(card, frame)
    if len(frame) == 2 and frame[0] == READ_PAGES:
        answer = card.transmit(read_storage(frame[1], READ_BYTES).to_bytes())
        return answer[:-2] if answer.endswith(_OK) else None
    if len(frame) == 6 and frame[0] == WRITE_PAGE:
        answer = card.transmit(update_storage(frame[1], frame[2:]).to_bytes())
        return ACKNOWLEDGED if answer == _OK else 0
    return None


def _send_raw(card: VirtualCard, frame: bytes) -> Said:
    command: CommandApdu = next(exchange_frame(FrameStyle.TRANSPARENT, frame))
    objects = split_objects(card.transmit(command.to_bytes())[:-2]) or {}
    said = objects.get(TAG_RESPONSE)
    if not said:
        return None
    return said[0] if objects.get(TAG_VALID_BITS) == b"\x04" else said


def _front(card: VirtualCard, uid: bytes) -> CardFront:
    traits = traits_of(card.atr, None)
    atqa = 0x0004 if len(uid) == 4 else 0x0044
    if traits.kind is CardKind.ISO_14443_4:
        return CardFront(
            uid=uid,
            sak=_SAK_ISO_DEP,
            atqa=0x0300 | atqa,
            iso_dep=True,
            historical=card.atr[4:-1],
        )
    return CardFront(uid=uid, sak=_SAKS.get(traits.name, _SAK_UNNAMED), atqa=atqa)
