"""Terminals: where they stand, how far they are settled, and what they say of themselves."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint

from gateway.model.ids import TerminalId
from gateway.office.terminal_hint import TerminalHint
from gateway.office.tokens import TokenScope
from gateway.queries.reading import reading
from gateway.queries.terminals import TerminalView, terminal, terminals
from web_admin.api.answers import TerminalAnswer, TerminalPage
from web_admin.api.asked import NoQuestion, TerminalsAsked, name_cursor, name_of
from web_admin.api.guard import SEEN, current_api_house, needs
from web_admin.api.problems import Code, ProblemError

blueprint: Final = APIBlueprint("terminals", __name__, url_prefix="/v1/terminals", tag="Terminals")


@blueprint.get("")
@needs(TokenScope.TERMINALS_READ)
@blueprint.input(TerminalsAsked, location="query", arg_name="asked")
@blueprint.output(TerminalPage)
def list_terminals(asked: TerminalsAsked) -> TerminalPage:
    """List terminals by name."""
    house = current_api_house()
    with reading(house.ledger.place) as connection:
        # One more than asked for says whether there is a next page.
        found = terminals(
            connection,
            SEEN,
            after=name_of(asked.cursor),
            branch=asked.branch or None,
            limit=asked.limit + 1,
        )
    hints, shown = house.hints(), found[: asked.limit]
    more = len(found) > asked.limit
    return TerminalPage(
        items=tuple(_terminal(one, hints.get(one.terminal)) for one in shown),
        next_cursor=name_cursor(shown[-1].terminal) if more else None,
    )


@blueprint.get("/<terminal_name>")
@needs(TokenScope.TERMINALS_READ)
@blueprint.input(NoQuestion, location="query", arg_name="asked")
@blueprint.output(TerminalAnswer)
def get_terminal(terminal_name: str, asked: NoQuestion) -> TerminalAnswer:
    """Get one terminal."""
    del asked
    house, name = current_api_house(), TerminalId(terminal_name)
    with reading(house.ledger.place) as connection:
        found = terminal(connection, SEEN, name)
    if found is None:
        raise ProblemError(Code.NOT_FOUND)
    return _terminal(found, house.hints().get(name))


def _terminal(view: TerminalView, hint: TerminalHint | None) -> TerminalAnswer:
    return TerminalAnswer(
        terminal=view.terminal,
        branch=view.branch,
        added_at_ms=view.added_at_ms,
        epoch=view.newest.epoch,
        settled_seq=view.newest.watermark,
        missing=view.missing,
        waiting=view.waiting,
        quarantined=view.quarantined,
        last_recorded_at_ms=view.last_recorded_at_ms,
        online=None if hint is None else hint.online,
        heard_at_ms=None if hint is None else hint.heard_at_ms,
        version=None if hint is None else hint.version,
        pending=None if hint is None else hint.pending,
        stopped=None if hint is None else hint.stopped,
    )
