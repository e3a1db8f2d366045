"""A shop of real processes, each on ground that can be shaken."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.config_programme import parse_programme
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import TerminalId
from gateway.model.programme import Programme
from gateway.service.data_dir import DataDir
from simulators.chaos.lane import Lane
from simulators.chaos.plan import LifePlan
from simulators.chaos.station import Ground, Station
from simulators.command_process import DIE_WITH_US, MOHR
from simulators.process_setup import PROGRAMME, ShopOptions, make_broker, make_gateway

#: Reservations that nobody uses free themselves soon.
RULES: Final = f"{PROGRAMME}hold_ttl_s = 4\n"

#: Room for a life of the shop several times over, and filled in a moment.
_GATEWAY_DISK_MIB: Final = 32
_TERMINAL_DISK_MIB: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopKit:
    """What a shop is made with.

    Attributes:
        tills: how many.
        clock_library: see ``faked_clock.find_library``; None leaves all clocks alone.
        small_disks: whether this machine lets us mount disks that can be filled.
        gateway_program: the words before ``gateway run``.
        agent_program: the words before ``terminal run``.
    """

    tills: int = 2
    clock_library: Path | None = None
    small_disks: bool = True
    gateway_program: tuple[str, ...] = field(default=(str(MOHR),))
    agent_program: tuple[str, ...] = field(default=(str(MOHR),))


class ChaosShop:
    """Broker, gateway and tills. Use as a context manager; leaving it leaves nothing behind.

    Processes are started from the thread that enters, and die with it.

    Args:
        folder: an empty folder with a short path (Unix sockets lie in it).
        life: which of its parts can be struck.
        kit: what it is made with.

    Attributes:
        folder: where everything is.
        gateway: the gateway.
        lanes: the tills.
    """

    def __init__(self, folder: Path, life: LifePlan, kit: ShopKit) -> None:
        self.folder = folder
        options = ShopOptions(broker_keeps=True)
        self._broker = make_broker(folder, options, DIE_WITH_US)
        library = kit.clock_library if life.faked_clocks else None
        small = life.small_disks and kit.small_disks

        def ground(disk_mib: int, program: tuple[str, ...]) -> Ground:
            return Ground(
                folder=folder,
                broker_port=self._broker.port,
                disk_mib=disk_mib if small else None,
                clock_library=library,
                program=program,
            )

        self.gateway = Station(
            "gateway", ground(_GATEWAY_DISK_MIB, kit.gateway_program), ("gateway", "run")
        )
        self.lanes = tuple(
            Lane(TerminalId(f"till-{number}"), ground(_TERMINAL_DISK_MIB, kit.agent_program))
            for number in range(1, kit.tills + 1)
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._broker.kill)
            self._broker.start()
            stack.enter_context(self.gateway)
            for lane in self.lanes:
                stack.enter_context(lane)
            rules = self.folder / "rules.toml"
            rules.write_text(RULES, encoding="utf-8")
            make_gateway(self.gateway.data_dir, rules, self.gateway.network.port)
            for lane in self.lanes:
                lane.set_up(self.gateway.data_dir)
            for station in self.stations:
                station.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def stations(self) -> tuple[Station, ...]:
        """Every process of ours."""
        return (self.gateway, *(lane.station for lane in self.lanes))

    @property
    def programme(self) -> Programme:
        """The only rules."""
        return parse_programme(RULES)

    @property
    def ledger(self) -> LedgerReader:
        """The read side of the ledger; the gateway may be running or dead."""
        return LedgerReader(DataDir(self.gateway.data_dir).ledger)

    # -- the broker -----------------------------------------------------------------------------

    def start_broker(self) -> None:
        """Start the broker, unless it runs, with whatever its store holds."""
        if self._broker.pid is None:
            self._broker.start()

    def kill_broker(self, *, wipe: bool = False) -> None:
        """End the broker as a power cut does.

        Args:
            wipe: take its store away as well.
        """
        self._broker.kill()
        if wipe:
            for file in (self.folder / "broker").glob("mosquitto.db*"):
                file.unlink()

    def pause_broker(self) -> None:
        """Stop the broker where it stands."""
        self._broker.pause()

    def mend_broker(self) -> None:
        """Let a paused broker go on, and start a dead one."""
        self._broker.resume()
        self.start_broker()

    def save_broker(self) -> None:
        """Let the broker write its store, so that a killed one comes back with an old one."""
        self._broker.save()
