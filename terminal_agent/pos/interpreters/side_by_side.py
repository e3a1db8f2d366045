"""Two labelled values printed side by side on one line are two lines: ``Cash: 50   Change: 2``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from terminal_agent.pos.interpreters.folding import plain_numbers
from terminal_agent.pos.interpreters.lines import PrintedLine

_LABEL: Final = r"[^\W\d_][^\d:：]{0,30}[:：]"
#: A number with at most a currency and a sign beside it.
_VALUE: Final = r"[\s:：]{0,4}[^\w\s]{0,3}\s?[0-9][0-9.,'٬٫]*(?:\s?[^\W\d_]{1,5}|[^\w\s:：]{1,2})?"
_PAIR: Final = re.compile(rf"(\s*{_LABEL}{_VALUE})(\s{{2,}}{_LABEL}{_VALUE}\s*)")


def parted(line: PrintedLine) -> tuple[PrintedLine, ...]:
    """The line itself, or its two halves, the second standing where it stood.

    Only where both halves are a label, a colon and one number, and more than one blank parts them:
    a row of a table has no colons, and is read as a whole.
    """
    pair = _PAIR.fullmatch(plain_numbers(line.text))
    if pair is None:
        return (line,)
    left, right = line.text[: pair.end(1)], line.text[pair.end(1) :]
    return replace(line, text=left), replace(line, text=" " * len(left) + right)
