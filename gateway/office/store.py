"""The office's store: one object for each kind of thing that people at the desk keep."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.office.accounts import Accounts
from gateway.office.database import Database
from gateway.office.decisions import Decisions
from gateway.office.drafts import Drafts
from gateway.office.office_key import KEY_FILE, OfficeKey
from gateway.office.organisation import Organisations
from gateway.office.passkeys import Passkeys
from gateway.office.passwords import DEFAULT_COST, HashCost, Passwords
from gateway.office.people import People
from gateway.office.second_factor import SecondFactors
from gateway.office.sessions import Sessions
from gateway.office.tokens import Tokens
from gateway.office.trail import Trail

OFFICE_FILE: Final = "office.db"


class OfficeStore:
    """Everything in ``office.db``. Every object may be used from any thread."""

    def __init__(self, path: Path, clock: Clock, *, cost: HashCost = DEFAULT_COST) -> None:
        """Open the store, making the file, its tables and its key where they are missing.

        Args:
            path: the file, ``office.db`` in the data directory; ``web.key`` lies beside it.
            clock: the time.
            cost: of a password's hash; tests take a small one.

        Raises:
            OfficeVersionError: if a newer version of Mohr made the file.
            OfficeError: if it or its key cannot be opened.
        """
        database = Database(path)
        self.key: Final = OfficeKey(path.parent / KEY_FILE)
        self.accounts: Final = Accounts(database, clock, Passwords(cost))
        self.second_factors: Final = SecondFactors(database, clock, self.key)
        self.passkeys: Final = Passkeys(database, clock)
        self.sessions: Final = Sessions(database, clock)
        self.tokens: Final = Tokens(database, clock)
        self.trail: Final = Trail(database, clock)
        self.decisions: Final = Decisions(database)
        self.drafts: Final = Drafts(database)
        self.organisation: Final = Organisations(database)
        self.people: Final = People(database)
