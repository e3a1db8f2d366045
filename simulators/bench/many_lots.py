"""A member whose points lie in a thousand lots redeems: some of them, or all at once.

Some are what a reward costs: the right lots must be found among a thousand. All of them is the
worst that a customer can ask for: a thousand allocations are written. What is measured is the
writer's part, from the arrival to the synced commit; afterwards the reservation is cancelled, which
is not measured, so that the next one finds the same lots.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from gateway.config_programme import default_programme
from gateway.heap import set_start_aside
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, HoldId, MemberId, TerminalId
from gateway.model.outcome import Status
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_auth, topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

LOTS: Final = 1_000
#: What a reward costs.
SOME: Final = 50
_BATCH: Final = 250
_CARD: Final = card_evidence(1)


class ManyLots:
    """A ledger with such a member."""

    def __init__(self, path: Path) -> None:
        """Let one card earn a thousand times, a point each time.

        Args:
            path: where to make the ledger.
        """
        self._store = SqlLedgerStore(path)
        rules = replace(
            default_programme("EUR"), redeem_points=1, redeem_value_minor=1, redeem_minimum_points=1
        )
        self._store.add_programme(rules)
        self._box = SealedTerminal(TerminalId("till-1"))
        self._store.add_terminal(self._box.registration, BranchId("main"), 0)
        self._keys = KeyRing.of(self._store.terminal_keys())
        names = itertools.count(1)
        self._writer = Writer(
            self._store,
            new_member_id=lambda: MemberId(f"{next(names):032x}"),
            settings=WriterSettings(),
        )
        self._requests = itertools.count(1)
        sealed = [self._box.earn(_CARD, sale_key(number), 100) for number in range(LOTS)]
        for start in range(0, LOTS, _BATCH):
            arrivals = [
                arrival
                for envelope in sealed[start : start + _BATCH]
                for arrival in open_message(topic_tx(self._box.name), envelope, self._keys)
            ]
            self._writer.apply(arrivals, self._box.now_ms)
        # As a gateway does that has started.
        set_start_aside()

    def reserve_ms(self, points: int) -> float:
        """Reserve points; say how many milliseconds it took, and free them again."""
        hold_id = self._request_id()
        sealed = self._box.reserve(
            hold_id, _CARD, sale_key(LOTS), points=points, total_minor=10 * LOTS
        )
        arrivals = open_message(topic_auth(self._box.name), sealed, self._keys)
        began_ns = time.perf_counter_ns()
        decision = self._writer.apply(arrivals, self._box.now_ms)
        took_ms = (time.perf_counter_ns() - began_ns) / 1e6
        (answer,) = decision.answers
        assert (answer.status, answer.points) == (Status.APPLIED, points), answer
        freed = open_message(topic_auth(self._box.name), self._box.cancel(hold_id), self._keys)
        self._writer.apply(freed, self._box.now_ms)
        return took_ms

    def close(self) -> None:
        """Give the ledger back."""
        self._store.close()

    def _request_id(self) -> HoldId:
        return HoldId(next(self._requests).to_bytes(16, "big"))
