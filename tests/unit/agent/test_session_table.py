"""The table of the session as a whole: its shape and its picture."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

from simulators.dialogue import dialogue_card
from terminal_agent.session import effects as do
from terminal_agent.session import effects_paying as pay
from terminal_agent.session.diagram import mermaid, rows_table
from terminal_agent.session.memory import Session
from terminal_agent.session.states import State
from terminal_agent.session.table import EVERYWHERE, TABLE, ground

PAGE = Path(__file__).parents[3] / "docs" / "session.md"


def test_session_page_shows_the_table() -> None:
    """The diagram and the table in the docs are those of the code."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"```mermaid\n{mermaid()}\n```" in page
    assert rows_table() in page


def test_session_table_names_every_state() -> None:
    """Every state has its rows, and every state but the first can be reached."""
    assert set(TABLE) == set(State)
    reached = {row.to for rows in TABLE.values() for by_event in rows.values() for row in by_event}
    assert {one for one in reached if isinstance(one, State)} == set(State)


def test_session_back_leads_to_what_is_left() -> None:
    """What fits is decided by a question, what is held, then card and total."""
    assert ground(Session()) is State.IDLE
    assert ground(Session(card=dialogue_card(1))) is State.CARD


def test_session_rows_fit_their_events() -> None:
    """Each guard and effect of a row takes the event that the row stands under."""
    for rows in (*TABLE.values(), EVERYWHERE):
        for kind, by_event in rows.items():
            for row in by_event:
                functions = row.do if row.when is None else (row.when, *row.do)
                for function in functions:
                    hints = get_type_hints(function)
                    taken = hints.get("event", hints.get("_event"))
                    assert kind in (get_args(taken) or (taken,)), (kind, function)


def test_session_no_row_leaves_a_hold_behind() -> None:
    """Every way out of a reservation frees it, posts it or learned that there is none."""
    ends = {
        do.accept, pay.free_all, pay.free_asked, pay.free_last, pay.free_offers,
        pay.decline_offers, pay.note_refusal, pay.take_grant,
    }  # fmt: skip
    #: What adds to what is held, or only says something, leaves it held.
    stays = {pay.note_why_not, pay.await_gift_card, pay.forget_gift_wish, pay.reserve_gift}
    for state in (State.AUTHORISING, State.RESERVED):
        for by_event in TABLE[state].values():
            for row in by_event:
                assert row.to in (None, state) or (ends | stays) & set(row.do), row


def test_session_last_rows_have_no_guard_or_may_be_ignored() -> None:
    """No row stands behind one that always applies, where it could never be reached."""
    for rows in (*TABLE.values(), EVERYWHERE):
        for by_event in rows.values():
            assert all(row.when is not None for row in by_event[:-1])
