"""The receipts of a simulated counter's till: whatever is sold, in the programme's currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from gateway.formatting.dates import moment_at, write_clock, write_typed_date
from gateway.formatting.digits import fold_digits
from gateway.formatting.numbers import Language
from gateway.model.checks import check_int, check_text
from gateway.model.money import EUR, IRR, Currency
from gateway.office.test_bench import BenchItem
from simulators.receipts import ReceiptItem, ReceiptLanguage, TillReceipt
from simulators.test_bench.errors import BenchError

ITEMS_MAX: Final = 20
LABEL_CHARACTERS_MAX: Final = 24
#: A line of the paper is 42 columns wide; a till's total must fit beside its words.
AMOUNT_MINOR_MAX: Final = 1_999_999_999
_NUMBER_DIGITS: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class TillKind:
    """How the tills of one currency print.

    Attributes:
        profile: the shop profile by which the agent reads the paper.
        language: of the paper.
        tax_percent: contained in its prices.
        shop: the name on its head.
    """

    profile: str
    language: ReceiptLanguage
    tax_percent: int
    shop: str


_USD: Final = Currency(code="USD", exponent=2)
_KINDS: Final = {
    EUR: TillKind(
        profile="generic-escpos-eur",
        language=ReceiptLanguage.ENGLISH,
        tax_percent=19,
        shop="Test shop",
    ),
    IRR: TillKind(
        profile="generic-escpos-irr",
        language=ReceiptLanguage.PERSIAN,
        tax_percent=10,
        shop="فروشگاه آزمایشی",
    ),
    _USD: TillKind(
        profile="generic-escpos-usd",
        language=ReceiptLanguage.ENGLISH,
        tax_percent=8,
        shop="Test shop",
    ),
}


def till_kind(currency: Currency) -> TillKind:
    """Choose the till of a currency.

    Raises:
        BenchError: if no simulated till prints in it.
    """
    kind = _KINDS.get(currency)
    if kind is None:
        known = ", ".join(sorted(one.code for one in _KINDS))
        raise BenchError(f"no simulated till prints in {currency.code}; there are {known}")
    return kind


def receipt_number(unix_ms: int, last: int) -> int:
    """The till's next number: it follows the clock, so that it stays new after a restart.

    Args:
        unix_ms: the time.
        last: the number before; 0 at first.
    """
    return max(last + 1, unix_ms // 100 % _NUMBER_DIGITS)


def make_receipt(
    items: Sequence[BenchItem], currency: Currency, number: int, unix_ms: int
) -> TillReceipt:
    """Write a sale on paper, paid by card.

    Args:
        items: what is sold.
        currency: what its amounts are counted in.
        number: the till's number.
        unix_ms: when.

    Raises:
        BenchError: if there are no items, too many, or one cannot be printed.
    """
    kind = till_kind(currency)
    if not 1 <= len(items) <= ITEMS_MAX:
        raise BenchError(f"a receipt has 1 to {ITEMS_MAX} items")
    try:
        for item in items:
            check_text("label", item.label, 1, LABEL_CHARACTERS_MAX)
            check_int("amount_minor", item.amount_minor, 1, AMOUNT_MINOR_MAX)
    except ValueError as error:
        raise BenchError(f"this item cannot be printed: {error}") from error
    moment = moment_at(unix_ms, UTC)
    if kind.language is ReceiptLanguage.PERSIAN:
        day = fold_digits(write_typed_date(moment.date(), Language.FA))
    else:
        day = f"{moment.day:02}.{moment.month:02}.{moment.year}"
    return TillReceipt(
        shop=kind.shop,
        items=tuple(
            ReceiptItem(label=item.label, amount_minor=item.amount_minor) for item in items
        ),
        receipt_number=str(number),
        printed_at=f"{day} {write_clock(moment, Language.EN)}",
        currency=currency,
        language=kind.language,
        tax_percent=kind.tax_percent,
    )
