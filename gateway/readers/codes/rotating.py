"""Membership codes that change with time, so that a screenshot is worth nothing a moment later.

Body, after the kind byte of ``gateway.wire.code_text``::

    organisation (8) ‖ time step (4) ‖ MAC (16) ‖ number (1 to 16)

The time step is Unix time in whole ``step_s``; the MAC proves that whoever drew the code held the
member's secret in that step (``gateway.crypto.rotating_code``). A terminal has no secret: it judges
the time, refuses what it has seen, and passes step and MAC on as counter and proof. Until the
gateway has verified them anybody could have made the code up, so it is worth ``identified``.

Theory of operation. A step stands for ``window_s`` from its beginning, widened by ``skew_s`` on
both sides for clocks that disagree. A terminal remembers, for each member, the highest step it
took, for as long as that step could still be shown; that step and those before it are refused. So
a code is taken once at a terminal. Elsewhere the gateway refuses it: it keeps the taps of each card
that counts, with the terminal that took them (``gateway.writer.card_uses``), and judges a step by
the time of its transaction (``CodeWindow.judge``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.crypto.rotating_code import MAC_BYTES, rotating_mac
from gateway.errors import ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.model.checks import U32_MAX, check_bytes, check_int
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.membership import NUMBER_BYTES_MAX, ORGANISATION_BYTES
from gateway.wire.code_text import CodeKind, write_code_text

_STEP_BYTES: Final = 4
_HEAD_BYTES: Final = ORGANISATION_BYTES + _STEP_BYTES + MAC_BYTES
_HOUR_S: Final = 3_600
#: Members remembered at once. A scanner reads a few codes a second, so only made-up codes get here.
SEEN_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatingCode:
    """One picture of a member's changing code.

    Attributes:
        organisation: 8 bytes that name who runs the programme.
        number: the member's number there, 1 to 16 bytes.
        step: the time step it was drawn in.
        mac: 16 bytes that only the member's secret makes.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    organisation: bytes
    number: bytes
    step: int
    mac: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_bytes("number", self.number, 1, NUMBER_BYTES_MAX)
        check_int("step", self.step, 0, U32_MAX)
        check_bytes("mac", self.mac, MAC_BYTES, MAC_BYTES)

    @property
    def identity(self) -> CardIdentity:
        """The member, with what the gateway needs to believe it."""
        return CardIdentity(
            profile=CardProfile.QR,
            identity=self.organisation + self.number,
            assurance=Assurance.IDENTIFIED,
            counter=self.step,
            proof=self.mac,
        )


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


def draw_rotating_code(organisation: bytes, number: bytes, secret: bytes, step: int) -> str:
    """Draw a member's code of one step, as the text of a QR code.

    Args:
        organisation: 8 bytes.
        number: the member's number, 1 to 16 bytes.
        secret: the member's (``gateway.crypto.rotating_code``).
        step: ``CodeWindow.step_at`` of now.

    Raises:
        CryptoError: if the secret or the step cannot be used.
        ValueRangeError: if another part is outside its range.
    """
    mac = rotating_mac(secret, step)
    code = RotatingCode(organisation=organisation, number=number, step=step, mac=mac)
    return write_code_text(CodeKind.ROTATING, encode_rotating_code(code))


def encode_rotating_code(code: RotatingCode) -> bytes:
    """Write a code's body."""
    return code.organisation + code.step.to_bytes(_STEP_BYTES) + code.mac + code.number


def decode_rotating_code(body: bytes) -> RotatingCode:
    """Read a code's body; its MAC is for the gateway.

    Raises:
        WireError: if it is no such body.
    """
    after_step = ORGANISATION_BYTES + _STEP_BYTES
    try:
        return RotatingCode(
            organisation=body[:ORGANISATION_BYTES],
            step=int.from_bytes(body[ORGANISATION_BYTES:after_step]),
            mac=body[after_step:_HEAD_BYTES],
            number=body[_HEAD_BYTES:],
        )
    except ValueRangeError as error:
        raise WireError(f"the rotating code has a wrong length: {error}") from error
