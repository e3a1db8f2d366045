"""A till that pays over TCP, at a card terminal or at a relay before one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Final

from gateway.errors import MohrError
from simulators.tills import zvt_frames as zvt
from simulators.tills.caisse_ap_ends import CaisseApTerminal, CaisseApTill
from simulators.tills.card_terminal import Outcome, TerminalEnd
from simulators.tills.sadad_ends import SadadTerminal, SadadTill
from simulators.tills.zvt_ends import ZvtTerminal, ZvtTill
from terminal_agent.pos.device import Address
from terminal_agent.pos.profile import Dialect

AnyTill = ZvtTill | SadadTill | CaisseApTill
_ANSWER_S: Final = 20.0
_READ_BYTES: Final = 65_536


class HungUpError(MohrError):
    """The card terminal ended the connection before the payment had an end."""


def _zvt(amount_minor: int) -> tuple[AnyTill, bytes]:
    till = ZvtTill(zvt.TcpLink())
    return till, till.ask(zvt.authorisation(amount_minor))


def _sadad(amount_minor: int) -> tuple[AnyTill, bytes]:
    till = SadadTill()
    return till, till.pay(amount_minor)


def _caisse_ap(amount_minor: int) -> tuple[AnyTill, bytes]:
    till = CaisseApTill()
    return till, till.ask(amount_minor)


#: How a till begins a payment, by the language; each is a conversation over TCP.
_TILLS: Final[Mapping[Dialect, Callable[[int], tuple[AnyTill, bytes]]]] = {
    Dialect.ZVT_TCP: _zvt,
    Dialect.SADAD: _sadad,
    Dialect.CAISSE_AP: _caisse_ap,
}
_TERMINALS: Final[Mapping[Dialect, Callable[[Outcome], TerminalEnd]]] = {
    Dialect.ZVT_TCP: lambda outcome: ZvtTerminal(zvt.TcpLink(), outcome),
    Dialect.SADAD: SadadTerminal,
    Dialect.CAISSE_AP: CaisseApTerminal,
}
PAYS_OVER_TCP: Final = frozenset(_TILLS)


def terminal_end(dialect: Dialect, outcome: Outcome) -> TerminalEnd:
    """What a card terminal of that language answers; one of ``PAYS_OVER_TCP``."""
    return _TERMINALS[dialect](outcome)


def pay(dialect: Dialect, address: Address, amount_minor: int, *, hang_up: bool = False) -> Outcome:
    """Pay over a connection of its own.

    Args:
        dialect: one of ``PAYS_OVER_TCP``.
        address: the card terminal's, or a relay's before it.
        amount_minor: how much.
        hang_up: end the connection once before, in the middle of asking.

    Raises:
        HungUpError: if the other side ends it first.
        OSError: if nobody is there, or no answer comes.
    """
    where = (address.host, address.port)
    if hang_up:
        _, first = _TILLS[dialect](amount_minor)
        with closing(socket.create_connection(where, timeout=_ANSWER_S)) as line:
            line.sendall(first[: len(first) // 2])
    till, first = _TILLS[dialect](amount_minor)
    with closing(socket.create_connection(where, timeout=_ANSWER_S)) as line:
        line.sendall(first)
        while till.ended is None:
            data = line.recv(_READ_BYTES)
            if not data:
                raise HungUpError(f"{address} hung up before the payment of {amount_minor} ended")
            for said in till.feed(data):
                line.sendall(said)
    return till.ended
