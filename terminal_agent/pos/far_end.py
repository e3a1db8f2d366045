"""What stands behind a relay: where it is, whether it can be reached, when to try it again."""

from __future__ import annotations

import os
import random
import socket
from typing import Final

from gateway.clock import Clock
from terminal_agent.pos.device import Address
from terminal_agent.pos.reconnecting_port import BACK_OFF_MAX_S, BACK_OFF_MIN_S
from terminal_agent.pos.sockets import fault_text

_PROBE_MS: Final = 2_000


class FarEnd:
    """Begins connections to one address without ever waiting for one. One thread's.

    A name is looked up at the first connection and again whenever the far end is out of reach.
    """

    def __init__(self, address: Address, clock: Clock, *, jitter: random.Random) -> None:
        """Begin with nothing known against it.

        Args:
            address: where it is.
            clock: times the attempts.
            jitter: spreads them.
        """
        self.address = address
        self.reachable = True
        self.why = ""
        self._clock = clock
        self._jitter = jitter
        self._place: tuple[socket.AddressFamily, tuple[object, ...]] | None = None
        self._back_off_s = BACK_OFF_MIN_S
        self._next_try_ms = 0
        self._probe: socket.socket | None = None
        self._probe_until_ms = 0

    @property
    def probe(self) -> socket.socket | None:
        """The attempt that is being made, to be watched until it can be written to."""
        return self._probe

    def begin(self) -> socket.socket | None:
        """Begin a connection; None, and out of reach, where it fails at once."""
        try:
            if self._place is None:
                found = socket.getaddrinfo(
                    self.address.host, self.address.port, type=socket.SOCK_STREAM
                )[0]
                self._place = (found[0], found[4])
            family, place = self._place
            connection = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self.out_of_reach(fault_text(error))
            return None
        connection.setblocking(False)
        try:
            connection.connect(place)
        except BlockingIOError:
            # EINPROGRESS: the ordinary case.
            return connection
        except OSError as error:
            connection.close()
            self.out_of_reach(fault_text(error))
            return None
        return connection

    def out_of_reach(self, why: str) -> None:
        """It did not answer: try again later, and ever less often."""
        self.reachable, self.why = False, why
        self._place = None
        spread_s = self._jitter.random() * (self._back_off_s - BACK_OFF_MIN_S)
        self._next_try_ms = self._clock.monotonic_ms() + int((BACK_OFF_MIN_S + spread_s) * 1_000)
        self._back_off_s = min(self._back_off_s * 2, BACK_OFF_MAX_S)

    def tick(self) -> None:
        """Begin an attempt that is due, or give up one that takes too long."""
        now_ms = self._clock.monotonic_ms()
        if self._probe is not None:
            if now_ms >= self._probe_until_ms:
                self._end_probe()
                self.out_of_reach("no answer")
        elif not self.reachable and now_ms >= self._next_try_ms:
            self._probe = self.begin()
            self._probe_until_ms = now_ms + _PROBE_MS

    def on_probe_ready(self) -> None:
        """The attempt has come to an end, well or not."""
        if self._probe is None:
            return
        error = self._probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._end_probe()
        if error:
            self.out_of_reach(os.strerror(error))
            return
        self.reachable, self._back_off_s = True, BACK_OFF_MIN_S

    def close(self) -> None:
        """Break off an attempt."""
        self._end_probe()

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.close()
            self._probe = None
