"""The parts that several messages share."""

from __future__ import annotations

from typing import Final

from gateway.model.card import CardEvidence
from gateway.model.checks import I63_MAX, U32_MAX
from gateway.model.ids import CARD_TOKEN_BYTES, HASH_BYTES, HOLD_ID_BYTES, SALE_KEY_BYTES
from gateway.model.money import Currency
from gateway.model.sale import LABEL_CHARACTERS_MAX, SaleLine
from gateway.wire import codes
from gateway.wire.schema import Bytes, Field, Int, Record, Text

NAME: Final = Text(1, 32)
UNSIGNED: Final = Int(0, I63_MAX)
SIGNED: Final = Int(-I63_MAX, I63_MAX)
POSITIVE: Final = Int(1, I63_MAX)
EPOCH: Final = Int(1, U32_MAX)
PROGRAMME_VERSION: Final = Int(0, 2**31 - 1)
HASH: Final = Bytes(HASH_BYTES)
HOLD_ID: Final = Bytes(HOLD_ID_BYTES)
SALE_KEY: Final = Bytes(SALE_KEY_BYTES)

CURRENCY: Final = Record(
    Currency,
    Field(1, "code", Text(3, 3)),
    Field(2, "exponent", Int(0, 4)),
)

CARD_EVIDENCE: Final = Record(
    CardEvidence,
    Field(1, "profile", codes.CARD_PROFILE),
    Field(2, "token", Bytes(CARD_TOKEN_BYTES)),
    Field(3, "assurance", codes.ASSURANCE),
    Field(4, "counter", Int(0, U32_MAX), optional=True),
    Field(5, "proof", Bytes(1, 256), optional=True),
)

SHORT_TEXT: Final = Text(1, 32)

SALE_LINE: Final = Record(
    SaleLine,
    Field(1, "label", Text(1, LABEL_CHARACTERS_MAX)),
    Field(2, "quantity_milli", UNSIGNED),
    Field(3, "amount_minor", SIGNED),
    Field(4, "sku", SHORT_TEXT, optional=True),
)
