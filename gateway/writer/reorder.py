"""When to ask a terminal to send again what is missing.

The times live in memory alone: after a restart a gap is simply noticed anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.ledger.rows_intake import ChainRow
from gateway.model.ids import TerminalId
from gateway.model.receipt import ResendRequest
from gateway.writer.settings import WriterSettings

_TRIES_THAT_MATTER = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    watermark: int
    next_ms: int
    tries: int


class ReorderWatch:
    """Remembers every open gap and when its terminal was last asked."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        self._gaps: dict[tuple[TerminalId, int], _Gap] = {}

    def note(self, chains: Iterable[ChainRow], now_ms: int) -> None:
        """Take notice of chains as they stand after a commit.

        A gap that got smaller is a new one: the terminal is alive and sending, so it is given
        the whole reorder timeout again.
        """
        for chain in chains:
            if chain.highest_seq <= chain.watermark:
                self._gaps.pop(chain.key, None)
                continue
            known = self._gaps.get(chain.key)
            if known is None or known.watermark != chain.watermark:
                self._gaps[chain.key] = _Gap(
                    watermark=chain.watermark,
                    next_ms=now_ms + self._settings.reorder_timeout_ms,
                    tries=0,
                )

    def due(self, now_ms: int) -> tuple[ResendRequest, ...]:
        """Say whom to ask now, and remember having asked."""
        requests = []
        for (terminal, epoch), gap in self._gaps.items():
            longest_ms = self._settings.resend_interval_max_ms
            latest_ms = now_ms + max(longest_ms, self._settings.reorder_timeout_ms)
            # The second condition holds only after the machine's clock was set back.
            if gap.next_ms <= now_ms or gap.next_ms > latest_ms:
                doubled_ms = self._settings.resend_interval_ms << min(gap.tries, _TRIES_THAT_MATTER)
                self._gaps[terminal, epoch] = replace(
                    gap, next_ms=now_ms + min(doubled_ms, longest_ms), tries=gap.tries + 1
                )
                requests.append(
                    ResendRequest(
                        terminal=terminal,
                        epoch=epoch,
                        from_seq=gap.watermark + 1,
                        issued_at_ms=now_ms,
                    )
                )
        return tuple(requests)
