"""Makes the furnished gateway's directory and ledger, and the tills that go on from there."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from gateway.ledger.sql_store import SqlLedgerStore
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from simulators.desk import generous
from simulators.furnished.counters import PROGRAMME, Counters
from simulators.furnished.desk import LIMITS
from simulators.furnished.doubts import doubtful_messages
from simulators.furnished.past import Past, suspicious_messages

NAME: Final = "کافه نارنج"
_DAYS_BEFORE_MS: Final = 15 * 86_400_000


def furnish_ledger(folder: Path, *, seed: int, now_ms: int) -> Past:
    """Set a gateway up and let two weeks pass in its shop.

    Args:
        folder: the data directory, which does not exist or is empty.
        seed: the same seed makes the same members, cards, sales and numbers. The gateway's own
            keys are always new.
        now_ms: Unix time in milliseconds at which the two weeks end.

    Returns:
        the tills, standing where the past ends.

    Raises:
        MohrError: if the directory cannot be made.
    """
    data_dir = DataDir(folder)
    # Gift cards, households and the like change nothing about how the past is rated.
    programme = generous(PROGRAMME, LIMITS)
    new = NewGateway(
        name=NAME, identity="cafe-narenj", programme=programme, host="127.0.0.1", port=1883
    )
    set_up(data_dir, new)
    store = SqlLedgerStore(data_dir.ledger)
    try:
        counters = Counters(store, random.Random(seed), now_ms - _DAYS_BEFORE_MS)
        past = Past(counters)
        past.live(now_ms)
        for message in doubtful_messages(past, counters, now_ms):
            counters.deliver(message, now_ms)
        for message in suspicious_messages(past, now_ms):
            counters.deliver(message, now_ms)
    finally:
        store.close()
    return past
