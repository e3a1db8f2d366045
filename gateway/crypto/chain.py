"""Where a terminal's chain of envelopes begins."""

from __future__ import annotations

from hashlib import sha256

from gateway.model.ids import EnvelopeHash, KeyId, TerminalId
from gateway.wire import cbor


def genesis_hash(terminal: TerminalId, epoch: int, key_id: KeyId) -> EnvelopeHash:
    """What the first transaction of an epoch carries as its previous hash.

    It binds the chain to the key it was begun with: the first envelope of another terminal, epoch
    or key fits nowhere.

    Args:
        terminal: whose chain.
        epoch: counts the terminal's keys from 1.
        key_id: the key of that epoch.

    Returns:
        SHA-256 of the CBOR array ["mohr genesis 1", terminal, epoch, key id].
    """
    return EnvelopeHash(sha256(cbor.dump(["mohr genesis 1", terminal, epoch, key_id])).digest())
