"""How master keys lie in a token: their names, their attributes, and how they are found.

Each master is one secret key object, labelled ``mohr card key``; its ``CKA_ID`` is its name, such
as ``mohr terminal 3``. No object with a master is ever changed. A version is there when an object
with the id ``mohr version 3`` is, which is made last, and is retired while there is one with the
id ``mohr retired 3``; these are keys too, which nobody uses, because not every token keeps other
things. What a killed process left is no version, and its number is not used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, TypeAlias

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import AttributeTypeInvalid

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.keystore.block_cmac import block_cmac
from gateway.crypto.keystore.key_store import SHAREABLE, VersionState
from gateway.crypto.keystore.key_version import MASTER_BYTES, next_version
from gateway.errors import KeyStoreError

_KEY: Final = "mohr card key"
_MARK: Final = "mohr card key mark"
_MASTER_BITS: Final = 8 * MASTER_BYTES


class Mark(StrEnum):
    """What an object that is no master says of a version."""

    VERSION = "version"
    RETIRED = "retired"


Template: TypeAlias = dict[Attribute, object]


def generate_key(session: pkcs11.Session, template: Template, use: MechanismFlag) -> None:
    """Have the token make a key that stays in it.

    Args:
        session: may write.
        template: of ``master_template`` or ``mark_template``.
        use: ``SIGN`` for CMACs, or ``ENCRYPT``.
    """
    session.generate_key(KeyType.AES, _MASTER_BITS, store=True, capabilities=use, template=template)


def create_key(
    session: pkcs11.Session, template: Template, use: MechanismFlag, master: bytes
) -> None:
    """Put a key that was made elsewhere into the token; see ``generate_key``."""
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.TOKEN: True,
            Attribute.VALUE: master,
            Attribute.SIGN: use is MechanismFlag.SIGN,
            Attribute.ENCRYPT: use is MechanismFlag.ENCRYPT,
            **template,
        }
    )


def master_template(name: CardKeyName) -> Template:
    """The attributes of a master: only what terminals may hold can be read out of the token."""
    shareable = name.purpose in SHAREABLE
    return {
        Attribute.ID: master_id(name).encode(),
        Attribute.LABEL: _KEY,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: not shareable,
        Attribute.EXTRACTABLE: shareable,
        Attribute.MODIFIABLE: False,
    }


def mark_template(mark: Mark, version: int) -> Template:
    """The attributes of a mark."""
    return {
        Attribute.ID: mark_id(mark, version).encode(),
        Attribute.LABEL: _MARK,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.MODIFIABLE: False,
    }


def master_id(name: CardKeyName) -> str:
    """The name of a master in the token."""
    return f"mohr {name.purpose} {name.version}"


def mark_id(mark: Mark, version: int) -> str:
    """The name of a mark in the token."""
    return f"mohr {mark} {version}"


def key_cmac(key: pkcs11.SecretKey, message: bytes) -> bytes:
    """AES-CMAC by a key in the token: by the token itself, or from single blocks it encrypts.

    Raises:
        KeyStoreError: if the key may do neither.
    """
    if isinstance(key, pkcs11.SignMixin):
        return _bytes(key.sign(message, mechanism=Mechanism.AES_CMAC))
    if isinstance(key, pkcs11.EncryptMixin):
        encrypt = key.encrypt
        return block_cmac(
            lambda block: _bytes(encrypt(block, mechanism=Mechanism.AES_ECB)), message
        )
    raise KeyStoreError(f"the key {_id_of(key)!r} in the token may not be used for CMACs")


def read_states(session: pkcs11.Session) -> tuple[VersionState, ...]:
    """Every version that is whole, oldest first."""
    ids = {_id_of(mark) for mark in _search(session, Attribute.LABEL, _MARK)}
    return tuple(
        VersionState(version=number, retired=mark_id(Mark.RETIRED, number) in ids)
        for number in sorted(set(map(_number_in, ids)))
        if mark_id(Mark.VERSION, number) in ids
    )


def free_number(session: pkcs11.Session) -> int:
    """The number after all of which there is anything, whole or not.

    Raises:
        KeyStoreError: if there is none.
    """
    found = [*_search(session, Attribute.LABEL, _KEY), *_search(session, Attribute.LABEL, _MARK)]
    version = next_version(_number_in(_id_of(key)) for key in found)
    while any(objects_called(session, one) for one in _ids_of_masters(version)):
        # Something that has a name and no label was left behind.
        version = next_version((version,))
    return version


def objects_called(session: pkcs11.Session, name: str) -> list[pkcs11.Object]:
    """What the token holds under a name of ours."""
    return _search(session, Attribute.ID, name.encode())


def one_master(session: pkcs11.Session, name: CardKeyName) -> pkcs11.SecretKey:
    """Find a master.

    Raises:
        KeyStoreError: if it is not there exactly once.
    """
    found = objects_called(session, master_id(name))
    if len(found) != 1 or not isinstance(found[0], pkcs11.SecretKey):
        raise KeyStoreError(
            f"the token holds {len(found)} keys {master_id(name)!r} and not one: look at it with "
            "its own tools. Versions must not be added from two machines at once"
        )
    return found[0]


def _ids_of_masters(version: int) -> Iterator[str]:
    return (master_id(CardKeyName(purpose=one, version=version)) for one in KeyPurpose)


def _search(session: pkcs11.Session, attribute: Attribute, value: object) -> list[pkcs11.Object]:
    """All at once: a search must not be interrupted by another call."""
    return list(session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, attribute: value}))


def _id_of(found: pkcs11.Object) -> str:
    """An object's name; empty where a killed process left it without one."""
    try:
        return bytes(found[Attribute.ID]).decode(errors="replace")
    except AttributeTypeInvalid:
        return ""


def _number_in(name: str) -> int:
    """The version in a name of ours; 0 where there is none."""
    number = name.rpartition(" ")[2]
    return int(number) if number.isascii() and number.isdecimal() else 0


def _bytes(made: bytes | Iterator[bytes]) -> bytes:
    """What the library gives for one piece of data; for many it would give many."""
    return made if isinstance(made, bytes) else b"".join(made)
