"""Takes one event through the table: picks the row, runs it, and starts the state's wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Final

from terminal_agent.session.actions import Action, Show
from terminal_agent.session.events import Event
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.rows import BACK, Row
from terminal_agent.session.screen import view_of
from terminal_agent.session.states import State
from terminal_agent.session.table import EVERYWHERE, TABLE, ground

_WAITS: Final[Mapping[State, Callable[[SessionSettings], int]]] = {
    State.CARD: attrgetter("card_wait_ms"),
    State.SALE: attrgetter("sale_wait_ms"),
    State.PREVIEW: attrgetter("sale_wait_ms"),
    State.AUTHORISING: attrgetter("auth_wait_ms"),
    State.RESERVED: attrgetter("sale_wait_ms"),
    State.LATE: attrgetter("late_tap_ms"),
    State.ACCEPTED: attrgetter("show_ms"),
    State.RECEIPTED: attrgetter("show_ms"),
    State.REFUSED: attrgetter("attention_ms"),
}


def step(session: Session, event: Event, rules: Rules) -> tuple[Session, tuple[Action, ...]]:
    """Take one event.

    Args:
        session: what is remembered so far.
        event: what happened.
        rules: what holds at that moment.

    Returns:
        the session afterwards, and the actions to carry out in order: the new picture first where
        it changed, then the rest. An event without a row changes nothing and asks nothing.
    """
    row = choose(session, event, rules)
    if row is None:
        return session, ()
    changed = _entered(session, row)
    actions: list[Action] = []
    for effect in row.do:
        changed, more = effect(changed, event, rules)
        actions.extend(more)
    if row.to is BACK:
        changed = replace(changed, state=ground(changed))
    if row.to is not None:
        changed = replace(changed, deadline_ms=_deadline(changed, event.now_ms, rules.settings))
    view = view_of(changed, rules)
    if view != view_of(session, rules):
        actions.insert(0, Show(view=view))
    return changed, tuple(actions)


def _entered(session: Session, row: Row) -> Session:
    """Enter a row's state, if it has one of its own, and put its remark in the old one's place."""
    if isinstance(row.to, State):
        session = replace(session, state=row.to)
    if row.to is not None and not row.keep:
        session = replace(session, notice=None, reason=None, refusal=None, trouble=None)
    return session if row.say is None else replace(session, notice=row.say)


def choose(session: Session, event: Event, rules: Rules) -> Row | None:
    """Pick the first row that applies, or None where the event is ignored on purpose."""
    kind = type(event)
    rows = (*TABLE[session.state].get(kind, ()), *EVERYWHERE.get(kind, ()))
    for row in rows:
        if row.when is None or row.when(session, event, rules):
            return row
    return None


def _deadline(session: Session, now_ms: int, settings: SessionSettings) -> int | None:
    if session.state is State.IDLE:
        return _idle_until_ms(session, now_ms, settings)
    if session.state is State.LOADING:
        # First the card is awaited, then the gateway's word on it.
        asked = session.load is not None and session.load.card is not None
        return now_ms + (settings.auth_wait_ms if asked else settings.card_wait_ms)
    wait = _WAITS.get(session.state)
    if wait is None:
        return None
    # The gateway frees a hold by itself in the end; the screen must not promise it any longer.
    ends = [one.until_ms for one in session.grants if one.until_ms is not None]
    if session.state is not State.RESERVED:
        ends = []
    return min([now_ms + wait(settings), *ends])


def _idle_until_ms(session: Session, now_ms: int, settings: SessionSettings) -> int | None:
    """A gift card waits for its sale, a reason for somebody to act; a remark is read and gone."""
    if session.purse is not None:
        return now_ms + settings.card_wait_ms
    if session.reason is not None:
        return now_ms + settings.attention_ms
    remark = session.notice or session.trouble
    return None if remark is None else now_ms + settings.show_ms
