"""The area's blueprint, and what its pages have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from gateway.model.programme import Programme
from web_admin.access.current import may
from web_admin.access.permissions import Permission
from web_admin.context import current_organisation
from web_admin.programme.difference import Change, changes
from web_admin.programme.sentence import Section
from web_admin.programme.sentences import sections
from web_admin.programme.voice import Voice, voice_of
from web_admin.setup.words import CURRENCIES

blueprint: Final = Blueprint("programme", __name__, url_prefix="/programme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab above the area's pages.

    Attributes:
        endpoint: where it leads.
        words: its words.
        icon: its picture's name in the sprite.
        current: whether the page that is shown belongs to it.
    """

    endpoint: str
    words: str
    icon: str
    current: bool


def page(template: str, **values: Any) -> str:  # noqa: ANN401 - whatever a template shows
    """Render a page under the area's tabs."""
    return render_template(f"programme/{template}.html", tabs=_tabs(), **values)


def current_voice(programme: Programme) -> Voice:
    """How a programme is said in this shop."""
    return voice_of(programme, current_organisation().money_unit)


def words_of_money(programme: Programme | None) -> str:
    """In which unit amounts are typed and shown; empty where there is no word for it."""
    if programme is None:
        return ""
    key = f"{programme.currency.code}:{current_organisation().money_unit.value}"
    return str(CURRENCIES.get(key, CURRENCIES.get(f"{programme.currency.code}:currency", "")))


def told(programme: Programme) -> tuple[Section, ...]:
    """Everything that a programme rules, in the reader's language."""
    return sections(programme, current_voice(programme))


def changes_between(before: Programme | None, after: Programme) -> tuple[Change, ...]:
    """What changes from one programme to another; nothing where there was none before."""
    return () if before is None else changes(told(before), told(after))


def _tabs() -> list[Tab]:
    """What the account may open."""
    tabs = [
        ("programme.rules", _("Rules"), "list-check"),
        ("programme.offers", _("Offers"), "star"),
        ("programme.rewards", _("Rewards"), "gift"),
        ("programme.tiers", _("Tiers"), "chart-bar"),
        ("programme.versions", _("Versions"), "history"),
        ("programme.try_rules_on_basket", _("Try it"), "flask"),
    ]
    if may(Permission.EDIT_PROGRAMME):
        tabs.append(("programme.draft", _("Draft"), "edit"))
    here = request.endpoint or ""
    return [
        Tab(endpoint=endpoint, words=words, icon=icon, current=_belongs(here, endpoint))
        for endpoint, words, icon in tabs
    ]


def _belongs(here: str, endpoint: str) -> bool:
    """Whether a page is the tab's own or one behind it."""
    behind = {"programme.version": "programme.versions"}
    return behind.get(here, here) == endpoint or here.startswith(f"{endpoint}_")
