"""A currency as the ledger counts it. Amounts are plain ``int`` fields named ``*_minor``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int

_CODE: Final = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """The unit that a message's ``*_minor`` amounts are counted in.

    Attributes:
        code: ISO 4217 alphabetic code, for example ``EUR`` or ``IRR``.
        exponent: decimal digits of the minor unit as shops use it: EUR 2, KWD 3, IRR 0.
            (Toman is a way to show rials, ten to one, and never a unit of the ledger.)

    Raises:
        ValueRangeError: if either part is malformed.
    """

    code: str
    exponent: int

    def __post_init__(self) -> None:
        if type(self.code) is not str or _CODE.fullmatch(self.code) is None:
            raise ValueRangeError("currency code must be three capital letters (ISO 4217)")
        check_int("currency exponent", self.exponent, 0, 4)


EUR: Final = Currency(code="EUR", exponent=2)
IRR: Final = Currency(code="IRR", exponent=0)
