"""Tells a person something, or at least the log."""

from __future__ import annotations

import structlog

from gateway.notifier import Notice, Notifier


def tell(notifier: Notifier, notice: Notice) -> None:
    """Hand a notice over; one that cannot be delivered is worth a line in the log, and no more."""
    try:
        notifier.notify(notice)
    except OSError as error:
        structlog.get_logger("mohr.gateway").error(
            "notice not delivered", error=str(error), text=notice.text
        )
