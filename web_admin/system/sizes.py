"""Sizes of files in megabytes, with the reader's digits."""

from __future__ import annotations

from flask_babel import gettext as _

from gateway.formatting.numbers import write_number
from web_admin.filters import num
from web_admin.reader import current_language


def size_words(size_bytes: int) -> str:
    """A size as people read it; less than a tenth of a megabyte counts as one tenth."""
    tenths = max(1, round(size_bytes * 10 / 1_000_000)) if size_bytes else 0
    if tenths >= 10_000:
        gigabytes = write_number(tenths // 1_000, current_language(), exponent=1)
        return str(_("%(size)s GB", size=gigabytes))
    if tenths >= 1_000:
        return str(_("%(size)s MB", size=num(tenths // 10)))
    return str(_("%(size)s MB", size=write_number(tenths, current_language(), exponent=1)))
