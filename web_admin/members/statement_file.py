"""A member's statement as a CSV file that spreadsheets open without being led astray."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Final

from flask_babel import gettext as _

from gateway.formatting.bidi import without_controls
from gateway.formatting.dates import moment_at
from gateway.formatting.numbers import plain_amount
from gateway.model.money import Currency
from gateway.queries.statement import StatementEntry
from web_admin.live.words import badge_of_seal
from web_admin.members.words import words_of_posting

#: So many movements in one file; older ones are in the next.
FILE_ROWS_MAX: Final = 5_000
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_BYTE_ORDER_MARK: Final = "\ufeff"


def statement_file(entries: Iterable[StatementEntry], zone: tzinfo) -> str:
    """Write movements as CSV (RFC 4180) with a header in the reader's language.

    Figures stay plain: ASCII digits without separators, so that they can be reckoned with. Times
    are ISO 8601 in ``zone``.
    """
    written = io.StringIO()
    written.write(_BYTE_ORDER_MARK)  # or Excel takes it for another encoding
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(harmless_cell(str(name)) for name in _header())
    for entry in entries:
        rows.writerow(_cells(entry, zone))
    return written.getvalue()


def harmless_cell(text: str) -> str:
    """Keep a text from being taken for a formula, or from turning the line around."""
    plain = without_controls(text).replace("\x00", "")
    begins = plain.lstrip(" \u00a0\u200c\u200d")
    return f"'{plain}" if begins.startswith(_FORMULA) else plain


def _header() -> tuple[str, ...]:
    return (
        _("Number"),
        _("Recorded at"),
        _("Happened at"),
        _("What"),
        _("Branch"),
        _("Terminal"),
        _("Receipt"),
        _("Amount"),
        _("Currency"),
        _("Spendable points"),
        _("Held points"),
        _("Balance afterwards"),
        _("Seal"),
    )


def _cells(entry: StatementEntry, zone: tzinfo) -> Iterator[str | int]:
    yield entry.journal_index
    yield _moment(entry.recorded_at_ms, zone)
    yield _moment(entry.happened_at_ms, zone)
    yield harmless_cell(str(words_of_posting(entry.kind)))
    yield harmless_cell(entry.branch)
    yield harmless_cell(entry.terminal or "")
    yield harmless_cell(entry.receipt_number or "")
    yield _amount(entry.amount_minor, entry.currency)
    yield "" if entry.currency is None else entry.currency.code
    yield entry.available_points
    yield entry.held_points
    yield entry.balance_points
    yield harmless_cell(str(badge_of_seal(entry.seal).text))


def _moment(unix_ms: int | None, zone: tzinfo) -> str:
    return "" if unix_ms is None else moment_at(unix_ms, zone).isoformat(timespec="seconds")


def _amount(amount_minor: int | None, currency: Currency | None) -> str:
    if amount_minor is None or currency is None:
        return ""
    return plain_amount(amount_minor, currency)
