"""Whether a changing code may be believed, once its MAC was found genuine. Pure.

A chip counts its taps; a phone's code counts time. So a code says itself when it was shown, and
what order codes come in says nothing: a member may scan at one till, pay at another, and close the
first sale last. What no honest phone leads to is

- a code that comes at a time that is not its own. Terminals refuse those as they are scanned; what
  was scanned in time may be told of as late as any tap may (``SAME_TAP_MS``);
- one code at two terminals. A terminal takes a code once, and tells of it in a question, a sale and
  a redemption; elsewhere it is a picture of somebody's phone. That accuses the picture and not the
  card, which anybody may have photographed: it is refused, and the card stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.ledger.rows_members import CardUseRow
from gateway.model.code_window import CodeUse, CodeWindow
from gateway.writer.card_uses import SAME_TAP_MS

WINDOW: Final = CodeWindow()


def in_time(step: int, at_ms: int) -> bool:
    """Whether a code of a time step can be what a terminal took for what happened at ``at_ms``.

    Args:
        step: the code's.
        at_ms: Unix time in milliseconds of the question, the sale or the redemption.
    """
    tapped_from_ms = at_ms - SAME_TAP_MS
    return (
        WINDOW.judge(step, at_ms // 1_000) is not CodeUse.EARLY
        and WINDOW.judge(step, tapped_from_ms // 1_000) is not CodeUse.EXPIRED
    )


def shown_elsewhere(use: CardUseRow, beside: Sequence[CardUseRow]) -> CardUseRow | None:
    """The use of the same code at another terminal, if it is known.

    Args:
        use: where and when the code was shown.
        beside: the card's known uses, at least those of the same step.
    """
    same = (other for other in beside if other.counter == use.counter)
    return next((other for other in same if other.terminal != use.terminal), None)
