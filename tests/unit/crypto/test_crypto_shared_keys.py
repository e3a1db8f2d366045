"""The card keys that terminals are told, as bytes for a box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.cards.shared_keys import pack_shared_keys, unpack_shared_keys
from gateway.errors import CryptoError

NAMES = st.builds(
    CardKeyName,
    purpose=st.sampled_from([KeyPurpose.SDM_META, KeyPurpose.TERMINAL]),
    version=st.integers(1, 255),
)
KEYS = st.dictionaries(NAMES, st.binary(min_size=16, max_size=16), max_size=12)


@given(keys=KEYS)
def test_keys_come_out_as_they_went_in(keys: dict[CardKeyName, bytes]) -> None:
    """Whatever the order, the same keys are the same bytes, and are read back."""
    packed = pack_shared_keys(keys)
    assert unpack_shared_keys(packed) == keys
    assert pack_shared_keys(dict(reversed(keys.items()))) == packed


@given(data=st.binary(max_size=80))
def test_other_bytes_are_refused_or_are_keys(data: bytes) -> None:
    """What is read is exactly what would be written; everything else is refused by name."""
    try:
        keys = unpack_shared_keys(data)
    except CryptoError:
        return
    assert pack_shared_keys(keys) == data


@pytest.mark.parametrize("purpose", [KeyPurpose.ADMIN, KeyPurpose.SDM_FILE, KeyPurpose.VALUE])
def test_a_key_that_stays_at_home_is_not_packed(purpose: KeyPurpose) -> None:
    """The keys that make proofs and change cards never travel."""
    with pytest.raises(CryptoError):
        pack_shared_keys({CardKeyName(purpose=purpose, version=1): bytes(16)})
