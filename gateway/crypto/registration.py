"""The two text files that a gateway and a terminal exchange at set-up, by hand.

They hold public keys only, so they may travel openly; but who gives them must be known, since a
false one would let in a false terminal or obey a false gateway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.crypto.sealed_box import PUBLIC_BYTES
from gateway.errors import KeyStoreError, ValueRangeError
from gateway.model.checks import U32_MAX, check_bytes, check_int, check_name
from gateway.model.ids import KeyId, TerminalId

TEXT_CHARACTERS_MAX: Final = 16_384
FORMAT: Final = 1
TERMINAL_KIND: Final = "mohr terminal"
GATEWAY_KIND: Final = "mohr gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a gateway must know of a terminal before it takes its seals.

    Attributes:
        terminal: its name.
        epoch: counts its signing keys from 1.
        public_key: its signing key's public half as a COSE_Key.
        agreement_key: the 32 bytes that its card key is encrypted to.

    Raises:
        ValueRangeError: if name, epoch or agreement key is malformed.
        KeyStoreError: if the public key is.
    """

    terminal: TerminalId
    epoch: int
    public_key: bytes
    agreement_key: bytes

    def __post_init__(self) -> None:
        check_name("terminal", self.terminal)
        check_int("epoch", self.epoch, 1, U32_MAX)
        check_bytes("agreement_key", self.agreement_key, PUBLIC_BYTES, PUBLIC_BYTES)
        PublicKey.from_cose_key(self.public_key)

    @property
    def key_id(self) -> KeyId:
        """The signing key's id: what two people compare when the file came an open way."""
        return PublicKey.from_cose_key(self.public_key).key_id

    def to_json(self) -> str:
        """Write the file's text."""
        return _write(
            TERMINAL_KIND,
            {
                "terminal": self.terminal,
                "epoch": self.epoch,
                "public_key": self.public_key.hex(),
                "agreement_key": self.agreement_key.hex(),
            },
        )

    @classmethod
    def from_json(cls, text: str) -> Registration:
        """Read a file's text; anything unknown, missing or repeated in it is refused.

        Raises:
            KeyStoreError: saying what is wrong.
        """
        names = ("terminal", "epoch", "public_key", "agreement_key")
        fields = _read(TERMINAL_KIND, text, names)
        epoch = fields["epoch"]
        if type(epoch) is not int:
            raise KeyStoreError(f"a {TERMINAL_KIND} file: epoch must be a whole number")
        try:
            return cls(
                terminal=TerminalId(_text(fields, "terminal")),
                epoch=epoch,
                public_key=_hex(fields, "public_key"),
                agreement_key=_hex(fields, "agreement_key"),
            )
        except ValueRangeError as error:
            raise KeyStoreError(f"a {TERMINAL_KIND} file: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayIdentity:
    """What a terminal must know of its gateway before it believes a receipt.

    Attributes:
        name: the gateway's name.
        public_key: its signing key's public half as a COSE_Key.

    Raises:
        ValueRangeError: if the name is malformed.
        KeyStoreError: if the public key is.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_name("gateway name", self.name)
        PublicKey.from_cose_key(self.public_key)

    @property
    def key_id(self) -> KeyId:
        """The signing key's id: what two people compare when the file came an open way."""
        return PublicKey.from_cose_key(self.public_key).key_id

    def to_json(self) -> str:
        """Write the file's text."""
        return _write(GATEWAY_KIND, {"name": self.name, "public_key": self.public_key.hex()})

    @classmethod
    def from_json(cls, text: str) -> GatewayIdentity:
        """Read a file's text; anything unknown, missing or repeated in it is refused.

        Raises:
            KeyStoreError: saying what is wrong.
        """
        fields = _read(GATEWAY_KIND, text, ("name", "public_key"))
        try:
            return cls(name=_text(fields, "name"), public_key=_hex(fields, "public_key"))
        except ValueRangeError as error:
            raise KeyStoreError(f"a {GATEWAY_KIND} file: {error}") from error


def _write(kind: str, fields: Mapping[str, str | int]) -> str:
    return json.dumps({"kind": kind, "format": FORMAT, **fields}, indent=2) + "\n"


def _read(kind: str, text: str, names: tuple[str, ...]) -> dict[str, object]:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise KeyStoreError(f"a {kind} file has at most {TEXT_CHARACTERS_MAX} characters")
    try:
        fields = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise KeyStoreError(f"this is no {kind} file: {error}") from error
    if type(fields) is not dict or fields.get("kind") != kind:
        raise KeyStoreError(f'this is no {kind} file: it lacks "kind": "{kind}"')
    if type(fields.get("format")) is not int or fields["format"] != FORMAT:
        raise KeyStoreError(f"this {kind} file is of a format that this version does not know")
    if set(fields) != {"kind", "format", *names}:
        raise KeyStoreError(f"a {kind} file holds exactly: kind, format, {', '.join(names)}")
    return fields


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name is repeated")
    return fields


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise KeyStoreError(f"{name} must be text")
    return value


def _hex(fields: Mapping[str, object], name: str) -> bytes:
    text = _text(fields, name)
    try:
        value = bytes.fromhex(text)
    except ValueError as error:
        raise KeyStoreError(f"{name} must be hexadecimal") from error
    if value.hex() != text:
        raise KeyStoreError(f"{name} must be hexadecimal in lower case, without spaces")
    return value
