"""Which frames a profile's line has, for masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from terminal_agent.pos.frame_places.caisse_ap_fields import CaisseApFinder
from terminal_agent.pos.frame_places.finder import FrameFinder
from terminal_agent.pos.frame_places.line_messages import LineFinder
from terminal_agent.pos.frame_places.sadad_frames import SadadFinder
from terminal_agent.pos.frame_places.stx_frames import PaidColumns, StxFinder, no_columns
from terminal_agent.pos.frame_places.zvt_frames import ZvtSerialFinder, ZvtTcpFinder
from terminal_agent.pos.interpreters import concert, ecr17
from terminal_agent.pos.message_forms import paid_columns
from terminal_agent.pos.profile import Dialect, ShopProfile
from terminal_agent.pos.stx_listeners import frame_settings

_PAID_COLUMNS: Final[Mapping[Dialect, PaidColumns]] = {
    Dialect.CONCERT: concert.paid_columns,
    Dialect.TRANSBANK: no_columns,
    Dialect.ECR17: ecr17.paid_columns,
}
_FINDERS: Final[Mapping[Dialect, Callable[[], FrameFinder]]] = {
    Dialect.SADAD: SadadFinder,
    Dialect.ZVT_SERIAL: ZvtSerialFinder,
    Dialect.ZVT_TCP: ZvtTcpFinder,
    Dialect.CAISSE_AP: CaisseApFinder,
    Dialect.MOHR_LINES: LineFinder,
}


def frame_finder(profile: ShopProfile) -> FrameFinder | None:
    """What finds the frames of a profile's line; None where it has none (printers, displays)."""
    columns = _PAID_COLUMNS.get(profile.dialect)
    if profile.messages is not None:
        columns = partial(paid_columns, profile.messages)
    if columns is not None:
        return StxFinder(frame_settings(profile), columns)
    make = _FINDERS.get(profile.dialect)
    return None if make is None else make()
