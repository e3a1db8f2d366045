"""The trail: who changed what, from what, to what."""

from __future__ import annotations

from typing import Final

from flask import render_template, request, url_for

from gateway.office.trail import TrailEntry
from web_admin.access.blueprint import blueprint
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.access.trail_words import words_of_action, words_of_content, words_of_value
from web_admin.access.words import kind_of_outcome, words_of_outcome
from web_admin.context import current_office

_ROWS: Final = 50
_NUMBER_DIGITS_MAX: Final = 15
_ACTION_CHARACTERS_MAX: Final = 80


@blueprint.get("/trail")
@requires(Permission.VIEW_TRAIL)
def trail() -> str:
    """Changes, the newest first, filtered by account and action."""
    office = current_office()
    account_id = _number(request.args.get("account", ""))
    action = request.args.get("action", "")[:_ACTION_CHARACTERS_MAX] or None
    found = office.trail.entries(
        before_entry=_number(request.args.get("before", "")),
        account_id=account_id,
        action=action,
        limit=_ROWS + 1,
    )
    entries = found[:_ROWS]
    next_url = None
    if len(found) > _ROWS:
        next_url = url_for(
            "access.trail", before=entries[-1].entry_id, account=account_id, action=action
        )
    return render_template(
        "access/trail.html",
        entries=entries,
        next_url=next_url,
        accounts=office.accounts.all(),
        actions=office.trail.actions(),
        account_id=account_id,
        action=action,
        words_of_outcome=words_of_outcome,
        kind_of_outcome=kind_of_outcome,
        differences=differences,
        words_of_action=words_of_action,
        words_of_value=words_of_value,
    )


def differences(entry: TrailEntry) -> list[tuple[str, str | None, str | None]]:
    """What an entry says of each value: its name, before and after; None where it was not said."""
    names = [*entry.before, *(name for name in entry.after if name not in entry.before)]
    return [
        (
            name,
            words_of_content(name, entry.before[name]) if name in entry.before else None,
            words_of_content(name, entry.after[name]) if name in entry.after else None,
        )
        for name in names
    ]


def _number(text: str) -> int | None:
    # Only ASCII digits: ``int`` would take much else.
    short = text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX
    return int(text) if short else None
