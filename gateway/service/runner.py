"""The running gateway: one link, a pool that verifies, one thread that writes.

Acknowledgement waits for the commit, and the broker's window for acknowledgement: that is the whole
back-pressure. When the ledger's disk is full or its database is away nothing is acknowledged, the
batch in hand is tried again until it is taken, and everything else waits with the broker and the
terminals.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Final

import structlog

from gateway.clock import Clock
from gateway.errors import GatewayBusyError, NoAnswerError
from gateway.ledger.errors import StoreFullError, StoreUnavailableError
from gateway.model.ids import TerminalId
from gateway.notifier import Notice, NoticeKind, Notifier
from gateway.office.commands import Command, Reply
from gateway.office.terminal_hint import TerminalHint
from gateway.service.answering import Answering
from gateway.service.core import GatewayCore
from gateway.service.lane import Lane, Shed
from gateway.service.messages import Opened, Step
from gateway.service.opener import Opener, Opening
from gateway.service.outgoing import Outgoing
from gateway.service.telling import tell
from mqtt.link import Delivered, Link, LinkDown, LinkEvent, LinkUp, Published

_ADMINISTRATION_TIMEOUT_S: Final = 8.0
_FULL: Final = (
    "The ledger's disk is full. Make space: the gateway goes on by itself, and terminals keep "
    "everything until then."
)
_AWAY: Final = (
    "The ledger's database does not answer. Look after its server: the gateway goes on by itself, "
    "and terminals keep everything until then."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Bounds and intervals of a running gateway.

    Attributes:
        backlog_deliveries: deliveries that may be with us unacknowledged, if the broker sends so
            many; the surplus is forgotten, and its terminals send it again...
        backlog_bytes: ...or as many as have this many bytes of payload.
        verify_threads: threads that check seals.
        transactions_per_commit: at most this many arrivals share one fsync, give or take the
            last batch.
        tick_ms: how often expired holds are freed and gaps looked at.
        night_wallets_per_commit: members, or lots, that one commit of the nightly run looks at:
            nobody who comes meanwhile waits for more than one.
        full_wait_ms: first pause after a commit that found no space, or no database...
        full_wait_max_ms: ...doubling up to this.
    """

    backlog_deliveries: int = 32_768
    backlog_bytes: int = 48 * 1024 * 1024
    verify_threads: int = 1
    transactions_per_commit: int = 256
    tick_ms: int = 1_000
    night_wallets_per_commit: int = 64
    full_wait_ms: int = 1_000
    full_wait_max_ms: int = 30_000


class GatewayService:
    """Runs a ``GatewayCore`` on a ``Link`` until it is stopped or its store fails."""

    def __init__(
        self,
        core: GatewayCore,
        link: Link,
        clock: Clock,
        notifier: Notifier,
        settings: ServiceSettings,
    ) -> None:
        """Prepare; nothing runs before ``start``."""
        self._core = core
        self._link = link
        self._outgoing = Outgoing(link)
        self._clock = clock
        self._notifier = notifier
        self._settings = settings
        self._lane = Lane(places=settings.backlog_deliveries, bytes_max=settings.backlog_bytes)
        self._opener = Opener(core.open, threads=settings.verify_threads)
        self._answering = Answering(core.sealed, self._outgoing.send)
        self._thread = threading.Thread(target=self._run, name="mohr-writer")
        self._log = structlog.get_logger("mohr.gateway")
        self._up = threading.Event()
        self._ended = threading.Event()
        self._fault: BaseException | None = None
        self._stalled: StoreUnavailableError | None = None
        self._unsaid = False
        self._ahead: Opening | None = None
        self._ticked_at_ms = 0

    # -- the owner's thread -------------------------------------------------------------------

    def start(self) -> None:
        """Start the writer's thread and the link."""
        self._ticked_at_ms = self._clock.monotonic_ms()
        self._thread.start()
        self._link.start(self._on_event)

    def wait_up(self, timeout_s: float) -> bool:
        """Wait until the gateway is subscribed at its broker, or has failed.

        Returns:
            whether it is subscribed.
        """
        return self._up.wait(timeout_s)

    def wait_ended(self, timeout_s: float | None = None) -> bool:
        """Wait until the writer's thread ends.

        Returns:
            whether it has ended.

        Raises:
            MohrError: the fault that ended it.
        """
        ended = self._ended.wait(timeout_s)
        if self._fault is not None:
            raise self._fault
        return ended

    def stop(self) -> None:
        """Finish the batch in hand, acknowledge it, and leave the broker. May be called twice."""
        self._lane.close()
        if self._thread.is_alive():
            self._thread.join()
        self._opener.close()
        self._answering.close()
        self._link.stop()

    def administer(self, command: Command) -> Reply:
        """Execute a command on the writer's thread; called by the local socket.

        Raises:
            MohrError: if the command cannot be executed, or not in time.
        """
        waiting = self._lane.call(lambda: self._administer(command))
        try:
            return waiting.result(_ADMINISTRATION_TIMEOUT_S)
        except FutureTimeoutError as error:
            if waiting.cancel():
                raise GatewayBusyError("the gateway is too busy; nothing was changed") from error
            raise NoAnswerError("the gateway is slow; look whether it was done") from error

    def hints(self) -> Mapping[TerminalId, TerminalHint]:
        """The last thing each terminal said about itself. May be called from any thread."""
        return self._core.hints()

    # -- the link's thread --------------------------------------------------------------------

    def _on_event(self, event: LinkEvent) -> None:
        match event:
            case Delivered():
                self._lane.put(event)
            case Published():
                # It says nothing about anybody's disk, only that the window has a place again.
                self._outgoing.window_opened()
            case LinkUp():
                self._outgoing.connected()
                if not self._lane.closed:
                    self._lane.call(self._link_up)
            case LinkDown():
                self._outgoing.disconnected()
                self._log.warning("broker connection lost", reason=event.reason)

    # -- the writer's thread ------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._lane.closed:
                self._round()
        except Exception as error:  # noqa: BLE001 - carried to the owner, who raises it
            self._fault = error
            self._log.error("the gateway stops", error=str(error), fault=type(error).__name__)
            self._tell(
                Notice(
                    kind=NoticeKind.STORE_FAULT,
                    at_ms=self._clock.unix_ms(),
                    code=type(error).__name__,
                    text=f"The gateway stopped and needs to be looked at: {error}",
                )
            )
        finally:
            self._ended.set()

    def _round(self) -> None:
        self._tick_when_due()
        batch, self._ahead = self._ahead, None
        if batch is None:
            # While a night is under way nobody else is waited for.
            idle_ms = 0 if self._core.night_left else self._settings.tick_ms
            batch = self._next_batch(idle_ms / 1_000)
        if batch is None:
            if self._core.night_left:
                self._go_on_with_the_night()
            return
        opened = batch.opened()
        # What has arrived meanwhile is opened beside the commit of what is open.
        self._ahead = self._next_batch(0)
        self._commit(batch.deliveries, opened)

    def _next_batch(self, timeout_s: float) -> Opening | None:
        """Run the calls that wait, or begin to open what has arrived."""
        work = self._lane.next(
            timeout_s=timeout_s, transactions_max=self._settings.transactions_per_commit
        )
        for call in work.calls:
            call.run()
        return self._opener.begin(work.deliveries) if work.deliveries else None

    def _commit(self, deliveries: tuple[Delivered | Shed, ...], opened: tuple[Opened, ...]) -> None:
        """Apply deliveries, however long it takes until the ledger takes them."""
        wait_ms = self._settings.full_wait_ms
        while True:
            try:
                step = self._core.apply(opened, self._clock.unix_ms())
            except StoreUnavailableError as error:
                self._note_stalled(error)
            else:
                break
            self._pause(wait_ms)
            if self._lane.closed:
                return
            wait_ms = min(wait_ms * 2, self._settings.full_wait_max_ms)
        self._note_going_on()
        # Room is made before it is given away: a broker refills its window as soon as it hears.
        self._lane.settle(deliveries)
        self._perform(step)

    def _pause(self, wait_ms: int) -> None:
        """Wait, while still answering administrators: one of them may be making space."""
        until_ms = self._clock.monotonic_ms() + wait_ms
        while not self._lane.closed:
            left_ms = until_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                return
            for call in self._lane.next(timeout_s=left_ms / 1_000, transactions_max=0).calls:
                call.run()

    def _tick_when_due(self) -> None:
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._ticked_at_ms < self._settings.tick_ms:
            return
        self._ticked_at_ms = now_ms
        # A gateway that hears nobody must not look as if nobody had anything to say.
        self._link.check()
        try:
            step = self._core.tick(self._clock.unix_ms())
            if self._unsaid:
                self._say_everything()
        except StoreUnavailableError as error:
            # Holds expire a little later; the next tick tries again.
            self._note_stalled(error)
            return
        if not isinstance(self._stalled, StoreFullError):
            # A database that answers is back; a disk may be full all the same for what comes next.
            self._note_going_on()
        self._perform(step)
        # Once a tick even where customers never leave a gap, or a busy shop would have no nights.
        self._go_on_with_the_night()

    def _go_on_with_the_night(self) -> None:
        """Do a short part of the nightly run, where one is due."""
        budget = self._settings.night_wallets_per_commit
        try:
            step = self._core.night(self._clock.unix_ms(), budget)
        except StoreUnavailableError as error:
            # Nothing of it was done; it is tried again in a minute.
            self._note_stalled(error)
            return
        self._perform(step)

    def _link_up(self) -> None:
        self._log.info("connected to the broker")
        self._unsaid = True
        try:
            self._say_everything()
        except StoreUnavailableError as error:
            self._note_stalled(error)

    def _say_everything(self) -> None:
        """Say what the broker may have forgotten; where the ledger is away, the next tick does."""
        self._perform(self._core.link_up(self._clock.unix_ms()))
        self._unsaid = False
        self._up.set()

    def _administer(self, command: Command) -> Reply:
        reply, step = self._core.administer(command, self._clock.unix_ms())
        self._perform(step)
        if reply.stats is None:
            return reply
        ours = {
            "shed": self._lane.shed,
            "waiting": self._lane.waiting,
            "published": self._outgoing.handed_over,
            "unpublished": self._outgoing.dropped,
            "store_full": isinstance(self._stalled, StoreFullError),
            "connected": self._outgoing.is_connected,
        }
        return reply.model_copy(update={"stats": reply.stats.model_copy(update=ours)})

    def _perform(self, step: Step) -> None:
        for token in step.acks:
            self._link.ack(token)
        self._answering.answer(step.replies)
        for publish in step.publishes:
            self._outgoing.send(publish)
        for notice in step.notices:
            self._tell(notice)

    # -- people -------------------------------------------------------------------------------

    def _note_stalled(self, error: StoreUnavailableError) -> None:
        if self._stalled is not None and type(self._stalled) is type(error):
            return
        self._stalled = error
        full = isinstance(error, StoreFullError)
        self._log.error("the ledger takes nothing now", full=full, error=str(error))
        self._tell(
            Notice(
                kind=NoticeKind.STORE_FULL if full else NoticeKind.STORE_AWAY,
                at_ms=self._clock.unix_ms(),
                text=_FULL if full else _AWAY,
            )
        )

    def _note_going_on(self) -> None:
        if self._stalled is None:
            return
        self._stalled = None
        self._log.info("the ledger takes commits again")
        self._tell(
            Notice(
                kind=NoticeKind.STORE_BACK,
                at_ms=self._clock.unix_ms(),
                text="The ledger takes commits again, and the gateway goes on.",
            )
        )

    def _tell(self, notice: Notice) -> None:
        tell(self._notifier, notice)
