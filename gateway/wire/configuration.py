"""A terminal's settings with the programmes it rates by."""

from __future__ import annotations

from typing import Final

from gateway.model.configuration import (
    ISSUER_BYTES_MAX,
    ISSUERS_MAX,
    SHARED_KEYS_BOX_BYTES_MAX,
    Configuration,
)
from gateway.model.deny_list import (
    DENY_ENTRIES_MAX,
    DENY_ENTRY_BYTES,
    DENY_SALT_BYTES,
    DenyList,
)
from gateway.model.programme import Programme
from gateway.model.rules.rules import Rules
from gateway.model.rules.succession import Succession
from gateway.wire import codes
from gateway.wire.common import CURRENCY, NAME, POSITIVE, UNSIGNED
from gateway.wire.message import Message
from gateway.wire.plain_text import PlainText
from gateway.wire.schema import Array, Bool, Bytes, Field, Int, Record

#: The programme in force and those that follow; the gateway leaves out what is long past.
PROGRAMMES_MAX: Final = 64
#: Five hundred rules of everything are a quarter of this.
RULES_BYTES_MAX: Final = 512 * 1024
#: The rules in force and a few versions that follow.
CONFIGURATION_BYTES_MAX: Final = 2 * 1024 * 1024

SUCCESSION: Final = Record(
    Succession,
    Field(1, "currency", CURRENCY),
    Field(2, "old_units_per_unit", Int(1, 10**9)),
)

PROGRAMME: Final = Record(
    Programme,
    Field(1, "name", NAME),
    Field(2, "version", Int(1, 2**31 - 1)),
    Field(3, "effective_from_ms", UNSIGNED),
    Field(4, "currency", CURRENCY),
    Field(5, "earn_points", Int(0, 10**9)),
    Field(6, "earn_per_minor", POSITIVE),
    Field(7, "redeem_points", Int(1, 10**9)),
    Field(8, "redeem_value_minor", Int(1, 10**12)),
    Field(9, "redeem_minimum_points", POSITIVE),
    Field(10, "redeem_share_percent", Int(0, 100)),
    Field(11, "redeemed_amount_earns", Bool()),
    Field(12, "unknown_card", codes.UNKNOWN_CARD_POLICY),
    Field(13, "refund", codes.REFUND_POLICY),
    Field(14, "hold_ttl_ms", Int(1_000, 7 * 86_400_000)),
    Field(15, "rules", PlainText(Rules, RULES_BYTES_MAX, absent=Rules()), optional=True),
    Field(16, "succeeds", SUCCESSION, optional=True),
)

DENY_LIST: Final = Record(
    DenyList,
    Field(1, "issued_at_ms", UNSIGNED),
    Field(2, "salt", Bytes(DENY_SALT_BYTES)),
    Field(3, "entries", Bytes(0, DENY_ENTRIES_MAX * DENY_ENTRY_BYTES)),
)

CONFIGURATION: Final = Message(
    "configuration",
    Record(
        Configuration,
        Field(1, "terminal", NAME),
        Field(2, "version", POSITIVE),
        Field(3, "issued_at_ms", UNSIGNED),
        Field(4, "branch", NAME),
        Field(5, "programmes", Array(PROGRAMME, PROGRAMMES_MAX), optional=True),
        Field(6, "card_key_box", Bytes(48, 256)),
        Field(7, "shared_keys_box", Bytes(48, SHARED_KEYS_BOX_BYTES_MAX), optional=True),
        Field(8, "issuers", Array(Bytes(1, ISSUER_BYTES_MAX), ISSUERS_MAX), optional=True),
        Field(9, "deny_list", DENY_LIST, optional=True),
    ),
    bytes_max=CONFIGURATION_BYTES_MAX,
)


def encode_configuration(configuration: Configuration) -> bytes:
    """Write a configuration in its canonical form.

    Raises:
        WireError: if it holds more programmes than ``PROGRAMMES_MAX``.
    """
    return CONFIGURATION.encode(configuration)


def decode_configuration(data: bytes) -> Configuration:
    """Take a configuration in its one canonical form.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return CONFIGURATION.decode(data)
