"""When to connect again, and in which MQTT version. Pure: time and randomness are passed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mqtt.settings import MqttVersion


class Attempt(StrEnum):
    """How one attempt to connect ended."""

    ACCEPTED = "accepted"
    """CONNACK said yes."""
    VERSION_REFUSED = "version refused"
    """CONNACK said that this version of MQTT is not spoken here."""
    SILENT = "silent"
    """The peer took CONNECT and then closed, or said nothing: an old parser that lost its way
    (amqtt does this on an MQTT 5 CONNECT with a will), or a broker going down."""
    OTHER = "other"
    """Anything that says nothing about the version: no route, TLS, not authorised."""


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Exponential growth with full jitter, so that a fleet does not come back as one wave.

    Attributes:
        min_s: least wait.
        max_s: the range to draw from grows no further than this.
        failures: attempts and short-lived connections since the last stable one.
    """

    min_s: float
    max_s: float
    failures: int = 0

    def next_wait_s(self, unit: float) -> float:
        """Return the wait before the next attempt.

        Args:
            unit: a random number in [0, 1].
        """
        # 2**30 seconds is 34 years: the bound only keeps the power from growing for ever.
        ceiling = min(self.max_s, self.min_s * 2.0 ** min(self.failures + 1, 30))
        self.failures += 1
        return self.min_s + (ceiling - self.min_s) * unit

    def reset(self) -> None:
        """Forget the failures: the connection was stable."""
        self.failures = 0


@dataclass(slots=True, kw_only=True)
class VersionChoice:
    """Which MQTT version the next attempt speaks.

    Attributes:
        wanted: what the settings say.
        retry_after_s: how long 3.1.1 is kept once it worked.
        fallback_since_s: monotonic time at which 3.1.1 was last proved necessary, else None.
    """

    wanted: MqttVersion
    retry_after_s: float
    fallback_since_s: float | None = None

    def version(self, now_s: float) -> MqttVersion:
        """Return V5 or V311 for an attempt made now."""
        if self.wanted is not MqttVersion.AUTO:
            return self.wanted
        if self.fallback_since_s is None or now_s - self.fallback_since_s >= self.retry_after_s:
            return MqttVersion.V5
        return MqttVersion.V311

    def ended(self, spoken: MqttVersion, attempt: Attempt, now_s: float) -> bool:
        """Learn from an attempt.

        Returns:
            True where the next attempt should be made at once, because the broker itself said
            that only the version was wrong.
        """
        if self.wanted is not MqttVersion.AUTO:
            return False
        if spoken is MqttVersion.V5:
            if attempt in (Attempt.VERSION_REFUSED, Attempt.SILENT):
                self.fallback_since_s = now_s
                return True
            if attempt is Attempt.ACCEPTED:
                self.fallback_since_s = None
        elif attempt in (Attempt.VERSION_REFUSED, Attempt.SILENT):
            # 3.1.1 fared no better, so the version was not the trouble: back to the better one.
            self.fallback_since_s = None
        return False
