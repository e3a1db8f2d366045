"""Simulated cards as files: any of their frozen states as JSON, keys and all. For test cards only.

A bytes value is written as hexadecimal, a value of ours by its class's name, so that what is read
back is equal to what was saved.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import WireError
from gateway.readers.cards import desfire_creation, ntag424_settings
from simulators.cards import desfire_state, ntag424_state, ultralight_aes

CardState = (
    ntag424_state.Ntag424State | desfire_state.DesfireState | ultralight_aes.UltralightAesState
)

_TYPE: Final = "is"
_BYTES: Final = "hex"
_CLASSES: Final[tuple[type[Any], ...]] = (
    CommMode,
    ntag424_settings.AccessRights,
    ntag424_settings.FileSettings,
    ntag424_settings.SdmSettings,
    ntag424_state.CardFile,
    ntag424_state.KeySlot,
    ntag424_state.Ntag424State,
    desfire_creation.AccessRights,
    desfire_creation.FileSettings,
    desfire_creation.TransactionMacKey,
    desfire_state.AesKey,
    desfire_state.Application,
    desfire_state.DataFile,
    desfire_state.DesfireState,
    desfire_state.Generation,
    desfire_state.TransactionMacFile,
    desfire_state.ValueFile,
    ultralight_aes.UltralightAesState,
)


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


_BY_NAME: Final = {_name(one): one for one in _CLASSES}


def card_to_json(state: CardState) -> str:
    """Save a card."""
    return json.dumps(_plain(state), indent=1)


def card_from_json(text: str) -> CardState:
    """Take a saved card up again.

    Raises:
        WireError: if the text is no saved card.
    """
    try:
        state = _value(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"this is no saved card: {error}") from error
    if not isinstance(state, CardState):
        raise WireError("this is no saved card")
    return state


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a state is made of
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    if isinstance(value, Enum):
        return {_TYPE: _name(type(value)), "value": value.value}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value):
        parts = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return {_TYPE: _name(type(value)), **parts}
    return value


def _value(plain: Any) -> Any:  # noqa: ANN401 - the same
    if isinstance(plain, list):
        return tuple(_value(one) for one in plain)
    if not isinstance(plain, dict):
        return plain
    if _BYTES in plain:
        return bytes.fromhex(plain[_BYTES])
    kind = _BY_NAME[plain[_TYPE]]
    return kind(**{name: _value(part) for name, part in plain.items() if name != _TYPE})
