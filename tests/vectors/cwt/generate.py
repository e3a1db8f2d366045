"""Write ``sign1.json``: messages that ``cwt`` signs, and Mohr's envelopes that ``cwt`` verified.

``cwt`` is another implementation of COSE. It needs an older cbor2 than Mohr, so it must never
come into Mohr's environment; it gets one of its own::

    python -m venv /tmp/cwt
    /tmp/cwt/bin/pip install cwt==3.3.0
    /tmp/cwt/bin/python tests/vectors/cwt/generate.py

It reads ``ours.json`` (see ``seal_ours.py``) and stops with an exception if ``cwt`` refuses any
of Mohr's envelopes. ``pyhpke``, which ``cwt`` brings along, packs a box for Mohr to open.
"""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

HERE = Path(__file__).parent
# Beside this file, and not on the type checker's path.
keys: Any = import_module("keys")


def cose_keys(algorithm: int, key_id: bytes) -> tuple[Any, Any]:
    """The private and the public key for an algorithm, under the id that the message names."""
    make = import_module("cwt").COSEKey.new
    elliptic = algorithm in (-7, -9)
    public: dict[int, Any] = (
        {1: 2, 3: algorithm, -1: 1, -2: bytes.fromhex(keys.P256_X), -3: bytes.fromhex(keys.P256_Y)}
        if elliptic
        else {1: 1, 3: algorithm, -1: 6, -2: bytes.fromhex(keys.ED25519_X)}
    )
    secret = bytes.fromhex(keys.P256_D if elliptic else keys.ED25519_D)
    named = public | {2: key_id}
    return make(named | {-4: secret, 4: [1]}), make(named | {4: [2]})


def theirs() -> list[dict[str, Any]]:
    """Messages of every algorithm, payload and external data, signed and verified by ``cwt``."""
    cose = import_module("cwt").COSE
    made: list[dict[str, Any]] = []
    for algorithm in (-7, -9, -8, -19):
        private, public = cose_keys(algorithm, b"cwt")
        for payload in keys.PAYLOADS:
            for external in keys.EXTERNAL_AADS:
                message = cose.new(deterministic_header=True).encode_and_sign(
                    payload,
                    private,
                    protected={1: algorithm},
                    unprotected={4: b"cwt"},
                    external_aad=external,
                )
                assert cose.new().decode(message, public, external_aad=external) == payload
                made.append(
                    {
                        "algorithm": algorithm,
                        "payload": payload.hex(),
                        "external_aad": external.hex(),
                        "message": message.hex(),
                    }
                )
    return made


def verified() -> list[dict[str, Any]]:
    """Mohr's envelopes, after ``cwt`` has verified each of them and refused it when changed."""
    cwt = import_module("cwt")
    envelopes: list[dict[str, Any]] = json.loads((HERE / "ours.json").read_text("utf-8"))
    for each in envelopes:
        _, public = cose_keys(each["algorithm"], bytes.fromhex(each["key_id"]))
        message = bytes.fromhex(each["message"])
        assert cwt.COSE.new().decode(message, public).hex() == each["payload"]
        damaged = message[:-1] + bytes([message[-1] ^ 1])
        try:
            cwt.COSE.new().decode(damaged, public)
        except cwt.VerifyError:
            continue
        raise AssertionError("cwt took a damaged envelope: it proves nothing")
    return envelopes


def box() -> dict[str, str]:
    """A box packed by ``pyhpke``: RFC 9180 base mode, X25519, HKDF-SHA256, AES-256-GCM."""
    hpke = import_module("pyhpke")
    suite = hpke.CipherSuite.new(
        hpke.KEMId.DHKEM_X25519_HKDF_SHA256, hpke.KDFId.HKDF_SHA256, hpke.AEADId.AES256_GCM
    )
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(keys.X25519_D))
    recipient = hpke.KEMKey.from_pyca_cryptography_key(private.public_key())
    encapsulated, sender = suite.create_sender_context(recipient, info=keys.BOX_INFO)
    return {
        "private_key": keys.X25519_D,
        "info": keys.BOX_INFO.hex(),
        "plaintext": keys.BOX_PLAINTEXT.hex(),
        "box": (encapsulated + sender.seal(keys.BOX_PLAINTEXT)).hex(),
    }


def main() -> None:
    """Make and check everything, then write the file."""
    content = {
        "made_with": {name: version(name) for name in ("cwt", "cbor2", "pyhpke", "cryptography")},
        "theirs": theirs(),
        "ours": verified(),
        "box": box(),
    }
    (HERE / "sign1.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
