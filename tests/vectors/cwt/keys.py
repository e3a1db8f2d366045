"""The fixed keys and payloads of the cross-check with ``cwt``; nothing but the standard library.

The signing keys are published ones, so that nobody mistakes them for secrets.
"""

from __future__ import annotations

from typing import Final

#: RFC 6979 appendix A.2.5: P-256, with its public point.
P256_D: Final = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
P256_X: Final = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
P256_Y: Final = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

#: RFC 8032 section 7.1, test 1: Ed25519.
ED25519_D: Final = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
ED25519_X: Final = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

#: X25519: any 32 bytes will do.
X25519_D: Final = bytes(range(32, 64)).hex()

PAYLOADS: Final = (b"This is the content.", "مُهر".encode(), bytes(range(256)))
EXTERNAL_AADS: Final = (b"", b"external data")
SEAL_TYPES: Final = (
    "application/vnd.mohr.transaction+cose",
    "application/vnd.mohr.receipt+cose",
    "application/vnd.mohr.configuration+cose",
)
BOX_INFO: Final = b"mohr card keytill-1"
BOX_PLAINTEXT: Final = bytes(range(32))
