"""The writer's limits and waiting times."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import ConfigError
from gateway.model.checks import I63_MAX, check_int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterSettings:
    """What an integrator may set.

    Attributes:
        future_tolerance_ms: a synchronised terminal clock that is further ahead of ours than this
            is not believed: the sale is rated with the rules in force now.
        reorder_timeout_ms: how long a gap may stand before the terminal is asked to send again.
        resend_interval_ms: the shortest time between two such requests; it doubles each time...
        resend_interval_max_ms: ...up to this.
        inbox_rows_max: out-of-order envelopes that wait per terminal and epoch. What does not
            fit is not lost: the terminal keeps it until a receipt settles it.
        quarantine_rows_max: rows kept of unsealed bytes, and again as many of sealed ones.
        quarantine_bytes_max: bytes kept of unsealed payloads, and again as many of sealed ones.
        expiries_per_tick: holds that one tick frees at most, so that a tick stays short.

    Raises:
        ConfigError: if a limit is outside what can work.
    """

    future_tolerance_ms: int = 120_000
    reorder_timeout_ms: int = 2_000
    resend_interval_ms: int = 5_000
    resend_interval_max_ms: int = 300_000
    inbox_rows_max: int = 1_024
    quarantine_rows_max: int = 10_000
    quarantine_bytes_max: int = 64 * 1024 * 1024
    expiries_per_tick: int = 256

    def __post_init__(self) -> None:
        try:
            check_int("future_tolerance_ms", self.future_tolerance_ms, 0, I63_MAX)
            check_int("reorder_timeout_ms", self.reorder_timeout_ms, 0, I63_MAX)
            check_int("resend_interval_ms", self.resend_interval_ms, 1, I63_MAX)
            lowest = self.resend_interval_ms
            check_int("resend_interval_max_ms", self.resend_interval_max_ms, lowest, I63_MAX)
            check_int("inbox_rows_max", self.inbox_rows_max, 1, 65_536)
            check_int("quarantine_rows_max", self.quarantine_rows_max, 0, I63_MAX)
            check_int("quarantine_bytes_max", self.quarantine_bytes_max, 0, I63_MAX)
            check_int("expiries_per_tick", self.expiries_per_tick, 1, 10_000)
        except ValueError as error:
            raise ConfigError(f"writer settings: {error}") from error
