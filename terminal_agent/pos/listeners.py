"""Which listener understands which dialect: the one place where a dialect gets its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from terminal_agent.pos.card_listeners import (
    caisse_ap_listener,
    sadad_listener,
    zvt_serial_listener,
    zvt_tcp_listener,
)
from terminal_agent.pos.display_listener import DisplayListener
from terminal_agent.pos.line_protocol.listener import LineListener
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile import Dialect, ShopProfile
from terminal_agent.pos.stx_listeners import (
    concert_listener,
    ecr17_listener,
    generic_ecr_listener,
    transbank_listener,
)

_LISTENERS: Final[Mapping[Dialect, Callable[[ShopProfile], Listener]]] = {
    Dialect.MOHR_LINES: LineListener,
    Dialect.ESCPOS: PaperListener,
    Dialect.STAR: PaperListener,
    Dialect.CD5220: DisplayListener,
    Dialect.DM_D: DisplayListener,
    Dialect.PLAIN_DISPLAY: DisplayListener,
    Dialect.CONCERT: concert_listener,
    Dialect.TRANSBANK: transbank_listener,
    Dialect.ECR17: ecr17_listener,
    Dialect.GENERIC_ECR: generic_ecr_listener,
    Dialect.ZVT_SERIAL: zvt_serial_listener,
    Dialect.ZVT_TCP: zvt_tcp_listener,
    Dialect.SADAD: sadad_listener,
    Dialect.CAISSE_AP: caisse_ap_listener,
}


def prints_paper(profile: ShopProfile) -> bool:
    """Whether a line tells whole sales by itself, as a printer's does."""
    return _LISTENERS[profile.dialect] in (PaperListener, LineListener)


def listener_of(profile: ShopProfile) -> Listener:
    """Make the listener of a profile's dialect, at its power-on state."""
    return _LISTENERS[profile.dialect](profile)
