"""Names as people have them, and as people type who mean harm."""

from __future__ import annotations

import random
from typing import Final

_FIRST: Final = (
    "علی", "زهرا", "محمدرضا", "نگار", "کیان", "یاسمن", "آرش", "الهه", "پویا", "سپیده", "مهدی",
)  # fmt: skip
_LAST: Final = (
    "یزدی", "کاظمی", "حسینی", "رضایی", "کریمی‌نژاد", "موسوی", "شریعتی", "اکبری", "نیک‌فر", "گلستانی",
)  # fmt: skip
_FOREIGN: Final = ("Anna Müller", "John O'Brien", "Søren Ångström", "Li Wei")

#: What must be harmless wherever it is shown.
HOSTILE: Final = (
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}} ${7*7} {% raw %}",
    "\u202eآینه ylime\u202c backwards",
    "A" * 80,
    "'; DROP TABLE member; --",
    "ي‌ك‌ي كاظمي",
    "🙂" * 30,
)


def names(dice: random.Random, count: int) -> tuple[str, ...]:
    """Draw names; the hostile and the foreign ones come first, so that they are on first pages."""
    common = [
        f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
        for _ in range(max(count - len(HOSTILE) - len(_FOREIGN), 0))
    ]
    return (*common[:1], *HOSTILE, *_FOREIGN, *common[1:])[:count]


def phone(number: int) -> str:
    """A mobile number as people in Iran write it; 0900 55 is given to nobody here."""
    return f"090055{number:05d}"
