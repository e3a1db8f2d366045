"""Write ``ours.json``: envelopes that Mohr seals, for ``cwt`` to verify.

Run in Mohr's own environment, from the project's root, before ``generate.py``::

    python tests/vectors/cwt/seal_ours.py

Signatures are deterministic (RFC 6979, RFC 8032), so a second run changes nothing.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.seal import SealType, seal

HERE = Path(__file__).parent
# Beside this file, and not on the type checker's path.
keys: Any = import_module("keys")


def main() -> None:
    """Seal every payload as every type with both keys."""
    signers = (
        FileSigner(ec.derive_private_key(int(keys.P256_D, 16), ec.SECP256R1())),
        FileSigner(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys.ED25519_D))),
    )
    envelopes = [
        {
            "algorithm": signer.algorithm.value,
            "key_id": signer.key_id.hex(),
            "typ": seal_type,
            "payload": payload.hex(),
            "message": seal(payload, SealType(seal_type), signer).hex(),
        }
        for signer in signers
        for seal_type in keys.SEAL_TYPES
        for payload in keys.PAYLOADS
    ]
    (HERE / "ours.json").write_text(json.dumps(envelopes, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
