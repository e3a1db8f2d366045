"""The furnished house with its doors open: a gateway with a past, its office, and its pages."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.config import WebSettings
from gateway.model.card import CardEvidence
from gateway.model.ids import TerminalId
from gateway.office.house import Door, House
from gateway.service.data_dir import DataDir, read_card_key
from simulators.furnished.clock import RunningClock
from simulators.furnished.counters import PROGRAMME
from simulators.furnished.desk import DeskPast, furnish_desk
from simulators.furnished.ledger import furnish_ledger
from simulators.furnished.office import OfficePast, furnish_office
from simulators.furnished.past import Past
from simulators.furnished.programme import furnish_programme
from simulators.furnished.states import STATES
from simulators.furnished.still_bench import StillBench
from simulators.quiet_house import QuietHouse, QuietOptions
from web_admin.front import WaitressFront

#: 1 December 2026, half past eleven in Tehran: a Tuesday, 10 Azar 1405.
NOW_MS: Final = 1_796_112_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnishedOptions:
    """How a furnished house is opened.

    Attributes:
        seed: of its past.
        web: how its pages are served.
    """

    seed: int = 1
    web: WebSettings = field(default_factory=lambda: WebSettings(port=0))


class FurnishedHouse:
    """Everything, started. Use as a context manager; leaving it stops everything.

    Attributes:
        past: the tills and cards, as the past left them.
        office: what only the makers of the office know.
        desk: what only the makers of the desk's past know.
    """

    def __init__(self, folder: Path, options: FurnishedOptions | None = None) -> None:
        """Make and open it.

        Args:
            folder: a folder that is new or empty.
            options: see there.

        Raises:
            MohrError: if it cannot be made.
        """
        options = options or FurnishedOptions()
        clock = RunningClock(NOW_MS)
        self.past: Final[Past] = furnish_ledger(folder, seed=options.seed, now_ms=NOW_MS)
        with ExitStack() as stack:
            bench = StillBench(read_card_key(DataDir(folder)), self.sell, clock)
            quiet = QuietOptions(web=options.web, test_bench=bench)
            self._quiet = stack.enter_context(QuietHouse(folder, clock, quiet))
            for name, state in STATES.items():
                self._quiet.hint(self.past.counters.boxes[name], state)
            self.office: Final[OfficePast] = furnish_office(self.house, self.past)
            self.desk: Final[DeskPast] = furnish_desk(self.house, self.past)
            furnish_programme(self.house, PROGRAMME)
            self._front = stack.enter_context(WaitressFront(self._quiet, options.web))
            self._stack = stack.pop_all()

    @property
    def house(self) -> House:
        """The house behind the pages."""
        return self._quiet.house

    @property
    def door(self) -> Door:
        """What an application is made with."""
        return self._quiet

    @property
    def address(self) -> str:
        """Where a browser finds it, by the machine's number."""
        return self._front.address

    @property
    def port(self) -> int:
        """The TCP port of the pages."""
        return int(self.address.rpartition(":")[2])

    @property
    def named_address(self) -> str:
        """The same by a name, which passkeys need."""
        return self.address.replace("127.0.0.1", "localhost")

    def sell(self, terminal: TerminalId, card: CardEvidence, total_minor: int) -> None:
        """Let a till sell something now, as a live page shows it."""
        box = self.past.counters.box(terminal, self.house.clock.unix_ms())
        self._quiet.transact(box, box.earn(card, self.past.new_sale(), total_minor))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
