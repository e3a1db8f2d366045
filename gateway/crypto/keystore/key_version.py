"""One version of all master keys, outside of any store: made, compared, written and read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from gateway.crypto.cards.cmac import aes_cmac
from gateway.crypto.cards.purpose import KEY_VERSION_MAX, KEY_VERSION_MIN, KeyPurpose
from gateway.errors import KeyStoreError, ValueRangeError
from gateway.model.checks import check_int

MASTER_BYTES: Final = 16
#: What a check value is a CMAC of. It begins with no constant of a derivation, so that it is
#: nobody's card key.
CHECK_MESSAGE: Final = b"mohr key check 1"

_FORMAT: Final = 1
_KIND: Final = "mohr card keys"
_CHECK_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """The master keys of one version.

    Attributes:
        version: 1 to 255.
        retired: whether cards with it are turned away.
        masters: a random AES-128 key for each purpose.

    Raises:
        ValueRangeError: if the version is outside its range, a key is missing or has another
            length, or two are the same.
    """

    version: int
    retired: bool = False
    masters: Mapping[KeyPurpose, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        check_int("version", self.version, KEY_VERSION_MIN, KEY_VERSION_MAX)
        if set(self.masters) != set(KeyPurpose):
            raise ValueRangeError("a version has one master key for each purpose")
        if {len(master) for master in self.masters.values()} != {MASTER_BYTES}:
            raise ValueRangeError(f"a master key has {MASTER_BYTES} bytes")
        if len(set(self.masters.values())) != len(KeyPurpose):
            raise ValueRangeError("the master keys of a version are independent of each other")

    @property
    def check_value(self) -> str:
        """See ``check_value_of``."""
        return check_value_of(aes_cmac(self.masters[one], CHECK_MESSAGE) for one in KeyPurpose)


def new_key_version(version: int, random_bytes: Callable[[int], bytes]) -> KeyVersion:
    """Make fresh master keys.

    Args:
        version: 1 to 255.
        random_bytes: gives that many unpredictable bytes.
    """
    masters = {purpose: random_bytes(MASTER_BYTES) for purpose in KeyPurpose}
    return KeyVersion(version=version, masters=masters)


def next_version(used: Iterable[int]) -> int:
    """The number after all that were ever used.

    Raises:
        KeyStoreError: if there is none.
    """
    version = max(used, default=KEY_VERSION_MIN - 1) + 1
    if version > KEY_VERSION_MAX:
        raise KeyStoreError(f"all {KEY_VERSION_MAX} key versions are used up")
    return version


def check_value_of(macs: Iterable[bytes]) -> str:
    """What two people compare to know that two places hold the same keys.

    Args:
        macs: the CMAC of ``CHECK_MESSAGE`` under each master key, in the order of ``KeyPurpose``.

    Returns:
        eight hexadecimal digits, from which no key can be learned.
    """
    return sha256(b"".join(macs)).hexdigest()[:_CHECK_DIGITS]


def encode_versions(versions: Iterable[KeyVersion]) -> bytes:
    """Write versions as the JSON text that is sealed. Nothing of it may be kept unsealed."""
    rows = [
        {
            "version": one.version,
            "retired": one.retired,
            "masters": {purpose.value: key.hex() for purpose, key in one.masters.items()},
        }
        for one in versions
    ]
    return json.dumps({"kind": _KIND, "format": _FORMAT, "versions": rows}).encode()


def decode_versions(text: bytes) -> tuple[KeyVersion, ...]:
    """Read what ``encode_versions`` wrote.

    Raises:
        KeyStoreError: if it is anything else. The message shows nothing of it.
    """
    try:
        found = json.loads(text)
        known = (found["kind"], found["format"]) == (_KIND, _FORMAT)
        versions = tuple(_version_of(row) for row in found["versions"]) if known else None
    except (ValueError, TypeError, KeyError, AttributeError):
        # What a parser says of a text quotes it, and this text is keys: it is not passed on.
        versions = None
    if versions is None:
        raise KeyStoreError(
            "the box opens and holds something else than card keys, or a newer Mohr wrote it"
        )
    numbers = [one.version for one in versions]
    if numbers != sorted(set(numbers)):
        raise KeyStoreError("the versions in the box are not in order, or one is there twice")
    return versions


def _version_of(row: Mapping[str, object]) -> KeyVersion:
    version, retired, masters = row["version"], row["retired"], row["masters"]
    if type(version) is not int or type(retired) is not bool or not isinstance(masters, dict):
        raise ValueError(_KIND)
    keys = {KeyPurpose(purpose): bytes.fromhex(key) for purpose, key in masters.items()}
    return KeyVersion(version=version, retired=retired, masters=keys)
