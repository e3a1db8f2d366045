"""Printing over TCP port 9100 through us: the till prints to us, and we to the printer.

Every byte goes on as it came, both ways: the printer's answers to ``DLE EOT`` and its automatic
status (ASB) reach the till, and are heard as bytes to the till, which tell of no paper. What fails
here must never keep a till from printing; what that can mean, and what it cannot, is in
docs/pos/ports.md.
"""

from __future__ import annotations

import random
import re
from typing import Final

from gateway.clock import Clock
from terminal_agent.pos.device import Address
from terminal_agent.pos.port import Direction
from terminal_agent.pos.tcp_relay import TcpRelayPort

#: Raw printing, as nearly every printer with a network takes it (JetDirect).
PRINTER_PORT: Final = 9_100

#: Nothing but questions after the printer's status, as programs ask that watch over printers:
#: ``DLE EOT n [a]``, ``GS a n``, ``GS r n``, ``GS I n``, ``ESC u n``, ``ESC v``.
_STATUS_ONLY: Final = re.compile(
    rb"(?:\x10\x04(?:[\x01-\x06]|[\x07\x08\x12].)|\x1d[arI].|\x1b(?:u.|v))+", re.DOTALL
)


class PrintProxyPort(TcpRelayPort):
    """A printer's place in the network, taken by us with the printer behind."""

    def __init__(
        self,
        listen: Address,
        printer: Address,
        clock: Clock,
        *,
        jitter: random.Random | None = None,
    ) -> None:
        """Prepare; nothing is opened before ``start``.

        Args:
            listen: where the till prints to.
            printer: the real printer.
            clock: gives the monotonic time of what passes.
            jitter: spreads attempts to reach the printer.
        """
        super().__init__(listen, printer, clock, far_name="printer", jitter=jitter)

    def _is_remark(self, data: bytes, direction: Direction) -> bool:
        return direction is Direction.FROM_TILL and _STATUS_ONLY.fullmatch(data) is not None
