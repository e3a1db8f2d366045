"""The gateway of a simulated shop: the real core on the real ledger, on one thread.

It does what ``gateway.service.runner`` does, in the same order, without its threads: a commit that
finds no space is tried again and acknowledges nothing, and messages wait for the link's window.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.clock import Clock
from gateway.crypto.registration import Registration
from gateway.crypto.signer import Signer
from gateway.ledger.errors import StoreFullError
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.office.commands import Command, Reply
from gateway.service.core import GatewayCore
from gateway.service.messages import Opened, Step
from gateway.service.outgoing import Outgoing
from gateway.service.runner import ServiceSettings
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import Delivered, Link, LinkDown, LinkEvent, LinkUp, Published
from mqtt.topics import gateway_subscriptions
from simulators.broker import SimBroker

CLIENT_ID = "gateway"
DEFAULT_BRANCH = BranchId("tehran-1")
#: Deliveries that the simulated broker may leave with the gateway unacknowledged.
_IN_FLIGHT = 512
_SERVICE = ServiceSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKit:
    """What a server is made of; a simulation puts in its own parts to watch or to break it.

    Attributes:
        open_store: opens the ledger, making it if there is none.
        link: goes around the link to the broker.
        signer: goes around the gateway's key.
        writer: the writer's limits and waiting times.
    """

    open_store: Callable[[Path], SqlLedgerStore] = SqlLedgerStore
    link: Callable[[Link], Link] = lambda link: link
    signer: Callable[[Signer], Signer] = lambda signer: signer
    writer: WriterSettings = field(default_factory=WriterSettings)


class _Life:
    """Everything that one run of the gateway holds in memory."""

    def __init__(self, store: SqlLedgerStore, core: GatewayCore, link: Link) -> None:
        self.store = store
        self.core = core
        self.link = link
        self.outgoing = Outgoing(link)
        self.news: list[LinkEvent] = []
        self.in_hand: list[Opened] = []
        self.full_wait_ms = _SERVICE.full_wait_ms
        self.try_again_at_ms = 0
        self.ticked_at_ms: int | None = None


class ShopServer:
    """A gateway that can be killed between its commit and its answer.

    Args:
        ledger: the ledger's file; made where there is none.
        broker: where it connects.
        signer: the gateway's key.
        card_key: the programme's card key, 32 bytes.
        rng: makes member pseudonyms.
        clock: the gateway's own time.
        kit: its parts.
    """

    def __init__(  # noqa: PLR0913 - a gateway and the five things around it
        self,
        ledger: Path,
        broker: SimBroker,
        signer: Signer,
        card_key: bytes,
        rng: random.Random,
        clock: Clock,
        *,
        kit: ServerKit | None = None,
    ) -> None:
        self.ledger = ledger
        self.starts = 0
        self._broker = broker
        self._signer = signer
        self._card_key = card_key
        self._rng = rng
        self._clock = clock
        self._kit = kit or ServerKit()
        self._opened: SqlLedgerStore | None = None
        self._life: _Life | None = None

    @property
    def store(self) -> SqlLedgerStore:
        """The ledger of a running gateway."""
        return self._alive().store

    @property
    def has_news(self) -> bool:
        """Whether something of the network's waits for the gateway."""
        return bool(self._alive().news)

    @property
    def in_hand(self) -> int:
        """Deliveries that were taken and could not be committed yet."""
        return len(self._alive().in_hand)

    def prepare(
        self,
        programme: Programme,
        registrations: list[Registration],
        branches: list[BranchId] | None = None,
    ) -> None:
        """Make the ledger: set the rules and register the terminals. The gateway is not running.

        Args:
            programme: the first version of the rules.
            registrations: the terminals'.
            branches: where each of them stands; all in one branch where this is not given.
        """
        if not self.ledger.exists():
            self.ledger.write_bytes(_empty_ledger())
        store = SqlLedgerStore(self.ledger)
        try:
            store.add_programme(programme)
            stand = branches or [DEFAULT_BRANCH] * len(registrations)
            for registration, branch in zip(registrations, stand, strict=True):
                store.add_terminal(registration, branch, self._clock.unix_ms())
        finally:
            store.close()

    # -- the process --------------------------------------------------------------------------

    def start(self) -> None:
        """Start the gateway from its ledger.

        Raises:
            LedgerError: if the ledger cannot be opened.
        """
        self.starts += 1
        # Kept apart: what is opened must be closed also where the start breaks off after it.
        self._opened = store = self._kit.open_store(self.ledger)
        writer = Writer(store, new_member_id=self._new_member_id, settings=self._kit.writer)
        signer = self._kit.signer(self._signer)
        core = GatewayCore(store, writer, signer, card_key=self._card_key)
        link = self._kit.link(
            self._broker.link(
                CLIENT_ID,
                gateway_subscriptions(),
                clean=False,
                inflight_max=_IN_FLIGHT,
                receive_max=_IN_FLIGHT,
            )
        )
        self._life = life = _Life(store, core, link)
        link.start(life.news.append)

    def work(self, *, dies_after_commit: bool = False) -> None:
        """Judge all that has arrived, and let time pass.

        Args:
            dies_after_commit: the process ends when the commit is durable and nobody knows yet.
        """
        life = self._alive()
        news, life.news[:] = list(life.news), []
        delivered = [one for one in news if self._note(one)]
        life.in_hand += [life.core.open(one) for one in delivered if isinstance(one, Delivered)]
        if life.in_hand and self._clock.monotonic_ms() >= life.try_again_at_ms:
            step = self._commit(life)
            if dies_after_commit:
                self.restart(answered=False)
                return
            self._perform(step)
        self._tick_when_due(life)

    def administer(self, command: Command) -> Reply:
        """Execute an administrator's command between two batches.

        Raises:
            MohrError: if it cannot be executed; nothing was changed.
        """
        reply, step = self._alive().core.administer(command, self._clock.unix_ms())
        self._perform(step)
        return reply

    def stop(self) -> None:
        """End the gateway in order; what was not committed stays with the broker."""
        self._end()

    def kill(self) -> None:
        """End the gateway at once; it says goodbye to nobody. See ``ShopCounter.kill``."""
        # The cut is due before the goodbye that ``stop`` sends, so the goodbye never arrives.
        self._broker.drop(CLIENT_ID)
        self._end()

    def restart(self, *, answered: bool) -> None:
        """End the process and start it again.

        Args:
            answered: whether it says goodbye to its broker; a killed one does not.
        """
        if answered:
            self.stop()
        else:
            self.kill()
        self.start()

    def close(self) -> None:
        """Give the files back."""
        self._end()

    # -- parts --------------------------------------------------------------------------------

    def _alive(self) -> _Life:
        assert self._life is not None, "the gateway is not running"
        return self._life

    def _end(self) -> None:
        life, self._life = self._life, None
        opened, self._opened = self._opened, None
        if life is not None:
            life.link.stop()
        if opened is not None:
            opened.close()

    def _note(self, event: LinkEvent) -> bool:
        """Take note of what a link tells; say whether it is a delivery."""
        life = self._alive()
        match event:
            case LinkUp():
                life.outgoing.connected()
                self._perform(life.core.link_up(self._clock.unix_ms()))
            case LinkDown():
                # What is unacknowledged comes again with the next connection.
                life.outgoing.disconnected()
            case Published():
                life.outgoing.window_opened()
            case Delivered():
                return True
        return False

    def _commit(self, life: _Life) -> Step:
        try:
            step = life.core.apply(life.in_hand, self._clock.unix_ms())
        except StoreFullError:
            life.try_again_at_ms = self._clock.monotonic_ms() + life.full_wait_ms
            life.full_wait_ms = min(life.full_wait_ms * 2, _SERVICE.full_wait_max_ms)
            return Step()
        life.in_hand = []
        life.full_wait_ms = _SERVICE.full_wait_ms
        return step

    def _tick_when_due(self, life: _Life) -> None:
        now_ms = self._clock.monotonic_ms()
        if life.ticked_at_ms is not None and now_ms - life.ticked_at_ms < _SERVICE.tick_ms:
            return
        life.ticked_at_ms = now_ms
        unix_ms, budget = self._clock.unix_ms(), _SERVICE.night_wallets_per_commit
        try:
            self._perform(life.core.tick(unix_ms))
            self._perform(life.core.night(unix_ms, budget))
        except StoreFullError:
            # Holds expire a little later, and so does the night; the next tick tries again.
            return

    def _perform(self, step: Step) -> None:
        life = self._alive()
        for token in step.acks:
            life.link.ack(token)
        sealed = map(life.core.sealed, step.replies)
        for publish in (*sealed, *step.publishes):
            life.outgoing.send(publish)

    def _new_member_id(self) -> MemberId:
        return MemberId(self._rng.randbytes(16).hex())


@lru_cache(maxsize=1)
def _empty_ledger() -> bytes:
    """A ledger with its tables and nothing in them. Making the tables takes longer than a visit."""
    with TemporaryDirectory(prefix="mohr-ledger-") as folder:
        file = Path(folder) / "ledger.db"
        SqlLedgerStore(file).close()
        return file.read_bytes()
