"""What the furnished tills last said about themselves: one well, three in trouble, one silent."""

from __future__ import annotations

import json
from typing import Final

from gateway.model.ids import TerminalId


def _state(**said: object) -> bytes:
    well = {
        "session": "0a",
        "online": True,
        "version": "0.4.0",
        "reader": "up",
        "till": "up",
        "pending": 0,
        "rejected": 0,
        "unread_receipts": 0,
        "clock": "synchronised",
        "configuration_version": 2,
        "programme_version": 2,
    }
    return json.dumps(well | said).encode()


#: ``isfahan-new`` has never said anything.
STATES: Final = {
    TerminalId("tajrish-1"): _state(),
    TerminalId("tajrish-2"): _state(reader="down", unread_receipts=3),
    TerminalId("isfahan-1"): _state(online=False, pending=17),
    TerminalId("isfahan-2"): _state(clock="guessed", rejected=1, stopped="journal_full"),
}
