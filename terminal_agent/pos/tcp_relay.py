"""The TCP line between a till and what stands beside it (printer, card terminal), through us.

The till connects to us, we connect to the far end for it, and what passes is heard both ways.
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Final

import structlog

from gateway.clock import Clock
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.device import Address
from terminal_agent.pos.far_end import FarEnd
from terminal_agent.pos.floor import Floor
from terminal_agent.pos.port import (
    Direction,
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)
from terminal_agent.pos.sockets import fault_text, listening_socket, reset, set_up_connection
from terminal_agent.pos.tcp_tee import Tee

#: More wait in the kernel, as they would at a printer.
CONNECTIONS_MAX: Final = 16
_TICK_S: Final = 0.1
#: An address of ours that cannot be had is tried again after this long.
_RELISTEN_MS: Final = 2_000

_log = structlog.get_logger(__name__)


class TcpRelayPort(PosPort):
    """Forwards both ways, byte for byte, and tells what it handed on, with its direction.

    While the far end cannot be reached our own port is closed, so that the till is refused as the
    far end itself would refuse it. UP means that the till can connect.
    """

    def __init__(
        self,
        listen: Address,
        far: Address,
        clock: Clock,
        *,
        far_name: str,
        jitter: random.Random | None = None,
    ) -> None:
        """Prepare; nothing is opened before ``start``.

        Args:
            listen: where the till connects; port 0 takes a free one, see ``bound_port``.
            far: what stands behind us.
            clock: gives the monotonic time of what passes.
            far_name: what to call the far end.
            jitter: spreads attempts to reach it; its own unseeded source by default.
        """
        self._listen_at = listen
        self._far_name = far_name
        self._clock = clock
        # Spreading attempts needs no unpredictability.
        self._far = FarEnd(far, clock, jitter=jitter or random.Random())  # noqa: S311 - not a secret
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None
        self._state: PosPortState | None = None
        self._listener: socket.socket | None = None
        self._listen_again_ms = 0
        self._tees: set[Tee] = set()
        self._floor = Floor(self._hear, self._gap)
        #: The port that is listened on; None while none is.
        self.bound_port: int | None = None
        #: Exceptions of the observer that were kept from the till, since the start.
        self.observer_faults = 0

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``. The first exception out of ``on_event`` is logged; hearing goes on."""
        if self._thread is not None:
            raise RuntimeError("this port was started already")
        self._delivery = Delivery(lambda event: self._deliver(on_event, event))
        self._thread = threading.Thread(target=self._run, name="pos-relay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See ``PosPort``. Connections that stand are ended."""
        self._stopping.set()
        if self._delivery is not None:
            self._delivery.stop()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    # -- forwarding -------------------------------------------------------------------------------

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            while not self._stopping.is_set():
                self._tend()
                self._watch(selector)
                for key, events in selector.select(_TICK_S):
                    self._on_ready(key, events)
        self._close_listener()
        self._far.close()
        for tee in self._tees:
            tee.close()

    def _watch(self, selector: selectors.BaseSelector) -> None:
        """Make the selector watch exactly what can be done now."""
        wanted = self._wanted()
        for key in list(selector.get_map().values()):
            if key.fileobj not in wanted:
                selector.unregister(key.fileobj)
        for one, (events, data) in wanted.items():
            if one in selector.get_map():
                selector.modify(one, events, data)
            else:
                selector.register(one, events, data)

    def _wanted(self) -> dict[socket.socket, tuple[int, Tee | None]]:
        wanted: dict[socket.socket, tuple[int, Tee | None]] = {
            one: (events, tee)
            for tee in self._tees
            for one in tee.sockets
            if (events := tee.wants(one))
        }
        if self._listener is not None and len(self._tees) < CONNECTIONS_MAX:
            wanted[self._listener] = (selectors.EVENT_READ, None)
        if self._far.probe is not None:
            wanted[self._far.probe] = (selectors.EVENT_WRITE, None)
        return wanted

    def _on_ready(self, key: selectors.SelectorKey, events: int) -> None:
        if isinstance(key.data, Tee):
            assert isinstance(key.fileobj, socket.socket)
            key.data.on_ready(key.fileobj, events)
        elif key.fileobj is self._listener:
            self._accept(self._listener)
        else:
            self._far.on_probe_ready()

    def _accept(self, listener: socket.socket) -> None:
        try:
            near, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            # It was there and is gone again.
            return
        except OSError as error:
            # No more descriptors, most likely: looking again at once would only burn the processor.
            self._close_listener()
            self._listen_again_ms = self._clock.monotonic_ms() + _RELISTEN_MS
            self._tell(PosPortState.DOWN, fault_text(error))
            return
        try:
            set_up_connection(near)
        except OSError:
            near.close()
            return
        far = self._far.begin()
        if far is None:
            reset(near)
            return
        self._tees.add(Tee(near, far, self._on_passed, self._clock))

    def _tend(self) -> None:
        """Do what time asks for: end what waited too long, close and open our port."""
        now_ms = self._clock.monotonic_ms()
        for tee in list(self._tees):
            tee.tick()
            if tee.closed:
                self._tees.discard(tee)
                self._on_closed(tee, now_ms)
        self._floor.tick(now_ms)
        self._far.tick()
        if not self._far.reachable:
            self._close_listener()
            why = f"{self._far_name} {self._far.address} cannot be reached: {self._far.why}"
            self._tell(PosPortState.DOWN, why)
        elif self._listener is None and now_ms >= self._listen_again_ms:
            self._open_listener(now_ms)

    def _on_closed(self, tee: Tee, now_ms: int) -> None:
        if tee.unreachable:
            self._far.out_of_reach(tee.unreachable)
        self._floor.leave(tee, now_ms)
        if tee.broken:
            self._gap("a connection broke off")

    def _open_listener(self, now_ms: int) -> None:
        try:
            self._listener = listening_socket(self._listen_at)
        except OSError as error:
            self._listen_again_ms = now_ms + _RELISTEN_MS
            self._tell(
                PosPortState.DOWN, f"cannot listen on {self._listen_at}: {fault_text(error)}"
            )
            return
        self.bound_port = int(self._listener.getsockname()[1])
        self._tell(PosPortState.UP, f"listening on {self._listen_at} for {self._far.address}")

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener, self.bound_port = None, None

    # -- hearing ----------------------------------------------------------------------------------

    def _on_passed(self, tee: Tee, data: bytes, direction: Direction) -> None:
        if self._is_remark(data, direction):
            self._floor.remark(tee, data, direction)
        else:
            self._floor.say(tee, data, direction, self._clock.monotonic_ms())

    def _is_remark(self, data: bytes, direction: Direction) -> bool:  # noqa: ARG002 - for those who know the protocol
        """Whether bytes belong to no job; a relay that knows no protocol takes all for one."""
        return False

    def _hear(self, data: bytes, direction: Direction) -> None:
        now_ms = self._clock.monotonic_ms()
        self._put(PosBytes(data=data, monotonic_ms=now_ms, direction=direction))

    def _gap(self, why: str) -> None:
        """What follows does not follow what was heard: shown as DOWN, and UP where we listen."""
        self._tell(PosPortState.DOWN, why)
        if self._listener is not None:
            self._tell(PosPortState.UP, why)

    def _tell(self, state: PosPortState, detail: str) -> None:
        if state is not self._state:
            self._state = state
            self._put(PosPortStateChanged(state=state, detail=detail))

    def _put(self, event: PosPortEvent) -> None:
        if self._delivery is not None:
            self._delivery.put(event)

    def _deliver(self, on_event: Callable[[PosPortEvent], None], event: PosPortEvent) -> None:
        try:
            on_event(event)
        except Exception:  # noqa: BLE001 - of whatever kind, it must not reach the till
            # The till prints on, whatever the observer trips over.
            self.observer_faults += 1
            if self.observer_faults == 1:
                # Once: a broken observer fails at every byte.
                _log.exception("observer of a relayed line failed")
