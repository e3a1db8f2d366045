"""Words for how versions stand, what changed, and when an offer holds."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext

from gateway.model.rules.scope import Window
from gateway.program.linting.doubt import Severity
from web_admin.live.words import Badge
from web_admin.programme.difference import Kind
from web_admin.programme.versions import Standing

_STANDING: Final = {
    Standing.IN_FORCE: Badge(lazy_pgettext("rules", "In force"), "success", "check"),
    Standing.NEXT: Badge(lazy_pgettext("rules", "Next"), "info", "clock"),
    Standing.LATER: Badge(lazy_pgettext("rules", "Later"), "secondary", "clock"),
    Standing.PAST: Badge(lazy_pgettext("rules", "Past"), "secondary", "history"),
}
_CHANGE: Final = {
    Kind.ADDED: Badge(lazy_pgettext("rules", "New"), "success", "plus"),
    Kind.REMOVED: Badge(lazy_pgettext("rules", "Removed"), "danger", "minus"),
    Kind.CHANGED: Badge(lazy_pgettext("rules", "Changed"), "warning", "edit"),
}
_RUNNING: Final = Badge(lazy_pgettext("offer", "Running"), "success", "player-play")
_NOT_YET: Final = Badge(lazy_pgettext("offer", "Not begun yet"), "info", "clock")
_OVER: Final = Badge(lazy_pgettext("offer", "Over"), "secondary", "history")
_SEVERITY: Final = {
    Severity.ERROR: Badge(lazy_pgettext("doubt", "Cannot work"), "danger", "alert-triangle"),
    Severity.WARNING: Badge(lazy_pgettext("doubt", "Hardly meant so"), "warning", "alert-triangle"),
    Severity.NOTE: Badge(lazy_pgettext("doubt", "Good to know"), "info", "info-circle"),
}
NOTHING_HERE: Final[dict[str, LazyString]] = {
    "rewards": lazy_gettext("There are no rewards. Points can be used as money alone."),
    "offers": lazy_gettext("There are no offers."),
    "tiers": lazy_gettext("There are no tiers: all members are alike."),
    "calendar": lazy_gettext("There are no occasions, categories or groups."),
}
"""What stands in a section without items."""


def badge_of_standing(standing: Standing) -> Badge:
    """How a version stands."""
    return _STANDING[standing]


def badge_of_change(kind: Kind) -> Badge:
    """What became of a rule."""
    return _CHANGE[kind]


def badge_of_severity(severity: Severity) -> Badge:
    """How sure it is that something is wrong."""
    return _SEVERITY[severity]


def badge_of_window(window: Window, today: date) -> Badge:
    """Whether an offer holds in these days."""
    if window.last_day is not None and window.last_day < today:
        return _OVER
    if window.first_day is not None and window.first_day > today:
        return _NOT_YET
    return _RUNNING
