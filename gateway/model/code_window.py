"""How long a changing membership code counts: what phone page, terminals and gateway agree on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.model.checks import check_int

_HOUR_S: Final = 3_600


class CodeUse(StrEnum):
    """What there is to say of a code at a moment."""

    FRESH = "fresh"
    EARLY = "early"
    EXPIRED = "expired"
    USED = "used"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWindow:
    """How long a code counts. Phone page, terminals and gateway must agree on ``step_s``.

    Attributes:
        step_s: a new code is drawn each so many seconds.
        window_s: a code counts this many seconds from the beginning of its step; a shorter one
            than the step would leave moments in which no code counts.
        skew_s: how far the clocks of phone and terminal may be apart, either way.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    step_s: int = 30
    window_s: int = 60
    skew_s: int = 10

    def __post_init__(self) -> None:
        check_int("step_s", self.step_s, 1, _HOUR_S)
        check_int("window_s", self.window_s, self.step_s, _HOUR_S)
        check_int("skew_s", self.skew_s, 0, _HOUR_S)

    def step_at(self, unix_s: int) -> int:
        """The step that a code drawn now carries."""
        return unix_s // self.step_s

    def judge(self, step: int, unix_s: int) -> CodeUse:
        """Judge a step by the time alone: fresh, early or expired."""
        age_s = unix_s - step * self.step_s
        if age_s < -self.skew_s:
            return CodeUse.EARLY
        return CodeUse.FRESH if age_s < self.window_s + self.skew_s else CodeUse.EXPIRED
