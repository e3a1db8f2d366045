"""The gateway's fault tree. Business refusals are returned outcomes and never appear here.

::

    MohrError
    ├── ValueRangeError (also ValueError)   a value outside its documented range
    ├── WireError (also ValueError)         bytes that are not the message they claim to be
    ├── CryptoError
    │   ├── SealError                       a seal that is malformed, broken or not allowed
    │   └── KeyStoreError                   a key that cannot be read, written or opened
    ├── ReaderError                         see ``gateway.readers.errors``
    ├── ProgrammeError (also ValueError)    rules that do not make sense
    ├── LedgerError                         see ``gateway.ledger.errors``
    └── ConfigError                         settings that cannot be used; says what to change
        ├── GatewayBusyError                asked in vain: nothing was changed
        └── NoAnswerError                   asked, and nobody knows whether it was done
"""

from __future__ import annotations


class MohrError(Exception):
    """Root of every fault that Mohr's own code raises."""


class ValueRangeError(MohrError, ValueError):
    """A value was made with a field outside its documented range."""


class WireError(MohrError, ValueError):
    """Bytes are not a strict, canonical encoding of the expected message."""


class CryptoError(MohrError):
    """A seal or a key is at fault."""


class SealError(CryptoError):
    """A seal is malformed, not allowed by the profile, or does not verify."""


class KeyStoreError(CryptoError):
    """A stored key cannot be read, written or opened."""


class ReaderError(MohrError):
    """A card reader, or the conversation with a card, failed."""


class ProgrammeError(MohrError, ValueError):
    """A programme's rules contradict each other or are outside what can be evaluated."""


class LedgerError(MohrError):
    """The ledger's store failed or broke one of its invariants."""


class ConfigError(MohrError):
    """A setting cannot be used; the message says which, and what to change."""


class GatewayBusyError(ConfigError):
    """The gateway did not get to what it was asked for. Nothing was changed: ask again."""


class NoAnswerError(ConfigError):
    """The gateway was asked and did not answer in time: look whether it was done."""
