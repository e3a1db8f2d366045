"""Membership codes that change with time, so that a screenshot is worth nothing a moment later.

The code's time step is Unix time in whole ``step_s``; its MAC proves that whoever drew it held the
member's secret in that step (``gateway.crypto.rotating_code``). A terminal has no secret: it judges
the time, refuses what it has seen, and passes step and MAC on as counter and proof. Until the
gateway has verified them anybody could have made the code up, so it is worth ``identified``.

Theory of operation. A step stands for ``window_s`` from its beginning, widened by ``skew_s`` on
both sides for clocks that disagree. A terminal remembers, for each member, the highest step it
took, for as long as that step could still be shown; that step and those before it are refused. So
a code is taken once at a terminal. Elsewhere the gateway refuses it (``gateway.writer.code_uses``).
"""

from __future__ import annotations

from typing import Final

from gateway.crypto.rotating_code import RotatingCode
from gateway.model.card import Assurance, CardProfile
from gateway.model.code_window import CodeUse, CodeWindow
from gateway.readers.cards.dialogue import CardIdentity

#: Members remembered at once. A scanner reads a few codes a second, so only made-up codes get here.
SEEN_MAX: Final = 4_096


def rotating_identity(code: RotatingCode) -> CardIdentity:
    """The member that a code names, with what the gateway needs to believe it."""
    return CardIdentity(
        profile=CardProfile.QR,
        identity=code.organisation + code.number,
        assurance=Assurance.IDENTIFIED,
        counter=code.step,
        proof=code.mac,
    )


class RotatingCodes:
    """Which codes this terminal has taken. Not thread-safe: one owner calls it.

    A restart forgets them, for one window at most; the gateway does not.
    """

    def __init__(self, window: CodeWindow, *, seen_max: int = SEEN_MAX) -> None:
        """Begin with none.

        Args:
            window: how long a code counts.
            seen_max: members remembered at once; with as many in one window the next is refused.
        """
        self._window = window
        self._seen_max = seen_max
        self._highest: dict[bytes, int] = {}

    def take(self, member: bytes, step: int, unix_s: int) -> CodeUse:
        """Take a member's code if it counts now and none as new was taken from that member.

        Args:
            member: who shows it: organisation ‖ number.
            step: the code's time step.
            unix_s: now.
        """
        age = self._window.judge(step, unix_s)
        if age is not CodeUse.FRESH:
            return age
        highest = self._highest.get(member)
        if highest is not None and step <= highest:
            return CodeUse.USED
        if highest is None and len(self._highest) >= self._seen_max:
            self._forget_expired(unix_s)
            if len(self._highest) >= self._seen_max:
                return CodeUse.TOO_MANY
        self._highest[member] = step
        return CodeUse.FRESH

    def _forget_expired(self, unix_s: int) -> None:
        self._highest = {
            member: step
            for member, step in self._highest.items()
            if self._window.judge(step, unix_s) is not CodeUse.EXPIRED
        }
