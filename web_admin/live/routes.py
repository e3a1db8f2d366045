"""The live page and its stream of events."""

from __future__ import annotations

import threading
from typing import Final, cast

from flask import Blueprint, Response, current_app, render_template, request, stream_with_context
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.model.ids import TerminalId
from gateway.model.outcome import Status
from gateway.queries.live import LiveEvent, LiveFilter, LivePiece, newest_rows, rows_between
from gateway.queries.reading import reading
from gateway.queries.terminals import terminal_names
from web_admin.access.current import (
    Login,
    current_login,
    current_scope,
    may,
    session_limits,
    web_settings,
)
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission, allows
from web_admin.access.unattended import unattended
from web_admin.context import current_house, current_organisation
from web_admin.filters import num
from web_admin.live.feed import LiveFeed, Viewer
from web_admin.live.names import short_names
from web_admin.live.stream import LiveStream, Pace, Watch
from web_admin.live.words import badge_of_status, words_of_action, words_of_reason
from web_admin.reader import current_language

blueprint: Final = Blueprint("live", __name__, url_prefix="/live")

ROWS_SHOWN: Final = 50
RETRY_AFTER_S: Final = 10
#: Threads that are left for pages, however many watch.
_THREADS_FOR_PAGES: Final = 8
_TERMINALS_TO_CHOOSE_MAX: Final = 500
_INDEX_DIGITS_MAX: Final = 18
_PACE = Pace()
_FEED: Final = "mohr-live"
_STOPS: Final = "mohr-stops"


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    extensions = state.app.extensions
    extensions[_FEED] = _Opening()
    extensions.setdefault(_STOPS, []).append(extensions[_FEED].close)


class _Opening:
    """Makes the feed when somebody first watches: only then is there surely a house."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._feed: LiveFeed | None = None

    def feed(self) -> LiveFeed:
        """The feed of this application."""
        with self._lock:
            if self._feed is None:
                settings = web_settings()
                spare = max(1, settings.threads - _THREADS_FOR_PAGES)
                self._feed = LiveFeed(
                    current_house().ledger.place, viewers_max=min(settings.viewers, spare)
                )
            return self._feed

    def close(self) -> None:
        """End all streams."""
        with self._lock:
            feed = self._feed
        if feed is not None:
            feed.close()


@blueprint.get("")
@requires(Permission.VIEW_LIVE)
def watch() -> ResponseReturnValue:
    """The page: the newest rows, which the stream then adds to."""
    wanted = _wanted()
    with reading(current_house().ledger.place) as connection:
        piece = newest_rows(connection, wanted, limit=ROWS_SHOWN)
        names = terminal_names(connection, wanted.scope, limit=_TERMINALS_TO_CHOOSE_MAX)
    return render_template(
        "live/watch.html",
        piece=piece,
        rows=_newest_first(piece),
        wanted=wanted,
        terminals=names,
        statuses=[(status, badge_of_status(status).text) for status in _CHOICES],
        arguments=_arguments(wanted),
        names=short_names(piece.events, wanted.scope),
        **_row_words(wanted),
    )


@blueprint.get("/rows")
@requires(Permission.VIEW_LIVE)
@unattended
def rows() -> ResponseReturnValue:
    """The newest rows alone, for browsers whose stream is not to be had."""
    wanted = _wanted()
    with reading(current_house().ledger.place) as connection:
        piece = newest_rows(connection, wanted, limit=ROWS_SHOWN)
    return render_template(
        "live/rows.html",
        rows=_newest_first(piece),
        names=short_names(piece.events, wanted.scope),
        **_row_words(wanted),
    )


@blueprint.get("/stream")
@requires(Permission.VIEW_LIVE)
@unattended
def stream() -> ResponseReturnValue:
    """New rows as they are written, as server-sent events."""
    wanted, login = _wanted(), current_login()
    feed = cast("_Opening", current_app.extensions[_FEED]).feed()
    viewer = feed.join()
    if viewer is None:
        full = Response(_("Too many people are watching."), 503, mimetype="text/plain")
        full.headers["Retry-After"] = str(RETRY_AFTER_S)
        return full
    try:
        return _streaming(feed, viewer, wanted, login)
    except BaseException:
        feed.leave(viewer)
        raise


def _streaming(feed: LiveFeed, viewer: Viewer, wanted: LiveFilter, login: Login) -> Response:
    live = LiveStream(feed, viewer, _watch(wanted, login), after=_last_index())
    response = Response(stream_with_context(live), mimetype="text/event-stream")
    # A browser that is gone before the first byte never asks the iterator, which then cannot
    # clean up after itself.
    response.call_on_close(live.close)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _watch(wanted: LiveFilter, login: Login) -> Watch:
    house, office = current_house(), current_house().office
    limits, language, words = session_limits(), current_language(), _row_words(wanted)
    row = current_app.jinja_env.get_template("live/row.html")
    more = current_app.jinja_env.get_template("live/more.html")

    def still_allowed() -> bool:
        account = office.accounts.get(login.account.account_id)
        living = office.sessions.of_account(login.account.account_id, limits)
        return (
            account is not None
            and not account.disabled
            and (account.role, account.branches) == (login.account.role, login.account.branches)
            and allows(account.role, Permission.VIEW_LIVE)
            and any(one.session_id == login.session.session_id for one in living)
        )

    def missed(after: int, to: int, limit: int) -> tuple[LiveEvent, ...]:
        with reading(house.ledger.place) as connection:
            return rows_between(connection, wanted, after=after, to=to, limit=limit)

    return Watch(
        wanted=wanted,
        way=lambda event: (language, words["links"], wanted.scope.holds(event.member_branch)),
        write=lambda event: row.render(
            row=event, names=short_names([event], wanted.scope), **words
        ),
        write_more=lambda count: more.render(words=_words_of_more(count)),
        missed=missed,
        still_allowed=still_allowed,
        monotonic_ms=house.clock.monotonic_ms,
        pace=_PACE,
    )


def _words_of_more(count: int | None) -> str:
    if count is None:
        return str(_("More rows came than fit here. Reload the page to see them."))
    words = ngettext(
        "%(count)s more row came than fits here. Reload the page to see it.",
        "%(count)s more rows came than fit here. Reload the page to see them.",
        count,
        count=num(count),
    )
    return str(words)


_CHOICES: Final = (Status.APPLIED, Status.HELD, Status.REFUSED)


def _wanted() -> LiveFilter:
    """What the request asks for; what makes no sense is not asked for."""
    terminal = request.args.get("terminal", "")[:64]
    status = request.args.get("status", "")
    return LiveFilter(
        scope=current_scope(),
        terminal=TerminalId(terminal) if terminal else None,
        status=Status(status) if status in _CHOICES else None,
    )


def _arguments(wanted: LiveFilter) -> dict[str, str]:
    asked = {"terminal": wanted.terminal, "status": wanted.status}
    return {name: str(value) for name, value in asked.items() if value is not None}


def _last_index() -> int | None:
    """The last row that the browser has: its own word after a break, the page's at first."""
    text = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _INDEX_DIGITS_MAX):
        return None
    return int(text)


def _newest_first(piece: LivePiece) -> tuple[LiveEvent, ...]:
    return tuple(reversed(piece.events))


def _row_words(wanted: LiveFilter) -> dict[str, object]:
    """What the template of a row needs beside the row."""
    return {
        "scope": wanted.scope,
        "links": (may(Permission.VIEW_MEMBERS), may(Permission.VIEW_TERMINALS)),
        "money_unit": current_organisation().money_unit,
        "badge_of_status": badge_of_status,
        "words_of_action": words_of_action,
        "words_of_reason": words_of_reason,
    }
