"""Keeps one picture of a phone, held out again and again, from ringing the bell each time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from gateway.model.ids import CardToken
from gateway.writer.decision import Alarm, AlarmKind

#: Codes remembered; the oldest makes room. A code is over in minutes, and few are ever told of.
TOLD_MAX: Final = 1_024


class ToldOnce:
    """Which codes an alarm was raised for. A restart forgets them: then there is one more alarm."""

    def __init__(self) -> None:
        """Begin with none."""
        self._told: OrderedDict[tuple[AlarmKind, CardToken, int], None] = OrderedDict()

    def first(self, alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
        """Those that were not raised before."""
        return tuple(alarm for alarm in alarms if self._is_first(alarm))

    def _is_first(self, alarm: Alarm) -> bool:
        if alarm.once is None:
            return True
        name = (alarm.kind, *alarm.once)
        if name in self._told:
            return False
        self._told[name] = None
        if len(self._told) > TOLD_MAX:
            self._told.popitem(last=False)
        return True
