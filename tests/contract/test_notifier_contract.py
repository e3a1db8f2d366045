"""What every notifier keeps, the log's and the simulated one alike."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gateway.model.ids import TerminalId
from gateway.notifier import LogNotifier, Notice, NoticeKind, Notifier
from simulators.notifier import RecordingNotifier

NOTIFIERS: dict[str, Callable[[], Notifier]] = {"log": LogNotifier, "simulated": RecordingNotifier}


@pytest.mark.parametrize("make", NOTIFIERS.values(), ids=NOTIFIERS.keys())
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_of_notice_is_taken(make: Callable[[], Notifier], kind: NoticeKind) -> None:
    """A notice of any kind, with or without a terminal and in any script, is handed over."""
    notifier = make()
    for terminal in (None, TerminalId("till-1")):
        notifier.notify(Notice(kind=kind, text="پر شد؟ Full?", at_ms=1, terminal=terminal))
    if isinstance(notifier, RecordingNotifier):
        assert [one.terminal for one in notifier.notices] == [None, "till-1"]


@pytest.mark.parametrize("make", NOTIFIERS.values(), ids=NOTIFIERS.keys())
def test_notices_come_from_several_threads(make: Callable[[], Notifier]) -> None:
    """Two threads may notify at once, and nothing is raised or lost."""
    notifier = make()
    faults: list[BaseException] = []

    def talk() -> None:
        try:
            for number in range(50):
                notifier.notify(Notice(kind=NoticeKind.ALARM, text=str(number), at_ms=number))
        except OSError as error:
            faults.append(error)

    threads = [threading.Thread(target=talk) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    if isinstance(notifier, RecordingNotifier):
        assert len(notifier.notices) == 100
