"""The two queues for people: quarantine, and judged transactions that need a look."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.errors import ValueRangeError
from gateway.formatting.numbers import write_number
from gateway.ledger.errors import AdministrationError
from gateway.model.checks import check_text
from gateway.model.ids import BranchId, TerminalId
from gateway.model.outcome import Reason
from gateway.office.commands import DiscardQuarantined
from gateway.office.decisions import NOTE_CHARACTERS_MAX, SubjectKind, Verdict
from gateway.queries.quarantine import Suspect, quarantine_room, suspect
from gateway.queries.queues import ReviewFilter, ReviewKind, open_item, review_item
from gateway.queries.reading import reading
from gateway.queries.terminals import branches, terminal_names
from gateway.writer.settings import WriterSettings
from web_admin.access.current import current_account, current_scope, may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded, recorded_command
from web_admin.context import current_clock, current_house, current_organisation
from web_admin.live.words import (
    badge_of_seal,
    badge_of_status,
    words_of_action,
    words_of_reason,
)
from web_admin.pages.queue_lists import (
    ReviewChoice,
    Shown,
    read_hash,
    read_place,
    review_line,
    review_page,
    standing,
    suspect_page,
)
from web_admin.pages.queue_words import OPEN, advice_on_reason, badge_of_verdict
from web_admin.pages.suspect_view import view_of
from web_admin.reader import current_language

blueprint: Final = Blueprint("queues", __name__)

_TERMINALS_TO_CHOOSE_MAX: Final = 500
_NAME_CHARACTERS_MAX: Final = 64
_INDEX_DIGITS_MAX: Final = 18
#: How much quarantine holds; the writer is made with these.
_ROOM: Final = WriterSettings()


@blueprint.app_template_filter("quantity")
def quantity(milli: int) -> str:
    """Thousandths of a piece, a kilogram or a litre, without zeros at the end."""
    exponent = 3
    while exponent and milli % 10 == 0:
        milli //= 10
        exponent -= 1
    return write_number(milli, current_language(), exponent=exponent)


# -- quarantine -----------------------------------------------------------------------------------


@blueprint.get("/quarantine")
@requires(Permission.VIEW_QUEUES)
def quarantine() -> ResponseReturnValue:
    """What could not be taken: clones first."""
    house, scope = current_house(), current_scope()
    shown, terminal, reason = _shown(), _terminal(), _reason(request.args.get("reason", ""))
    page = suspect_page(
        house.ledger,
        house.office.decisions,
        scope,
        shown=shown,
        terminal=terminal,
        reason=reason,
        after=read_place(request.args.get("after", "")),
    )
    with reading(house.ledger.place) as connection:
        room = quarantine_room(connection)
        names = terminal_names(connection, scope, limit=_TERMINALS_TO_CHOOSE_MAX)
    asked: dict[str, Any] = {"shown": shown, "terminal": terminal, "reason": reason}
    return render_template(
        "queues/quarantine.html",
        page=page,
        shown=shown,
        terminal=terminal,
        reason=reason,
        reasons=QUARANTINE_REASONS,
        terminals=names,
        clones=sum(
            line.suspect.reason is Reason.CLONE and line.decision is None for line in page.lines
        ),
        room=room if scope.everything else None,
        limits=_ROOM,
        next_url=page.next_place and url_for("queues.quarantine", after=page.next_place, **asked),
        first_url=url_for("queues.quarantine", **asked) if "after" in request.args else None,
        **_words(),
    )


#: What bytes can lie in quarantine for.
QUARANTINE_REASONS: Final = (
    Reason.CLONE,
    Reason.CHAIN_BROKEN,
    Reason.BAD_SEAL,
    Reason.UNKNOWN_KEY,
    Reason.KEY_NOT_VALID,
    Reason.WRONG_TERMINAL,
    Reason.EPOCH_UNKNOWN,
    Reason.MALFORMED,
)


@blueprint.get("/quarantine/<payload_hash>/<reason>", endpoint="suspect")
@requires(Permission.VIEW_QUEUES)
def one_suspect(payload_hash: str, reason: str) -> ResponseReturnValue:
    """One of them, read as far as it can be read."""
    house = current_house()
    found, payload = _suspect(payload_hash, reason)
    history = house.office.decisions.history(SubjectKind.QUARANTINE, found.key)
    return render_template(
        "queues/suspect.html",
        one=found,
        view=view_of(payload),
        decision=standing(history[0]) if history else None,
        history=history,
        may_decide=may(Permission.DECIDE_QUEUES),
        note_characters_max=NOTE_CHARACTERS_MAX,
        money_unit=current_organisation().money_unit,
        **_words(),
    )


@blueprint.post("/quarantine/<payload_hash>/<reason>/decide")
@requires(Permission.DECIDE_QUEUES)
def decide_suspect(payload_hash: str, reason: str) -> ResponseReturnValue:
    """Keep it as evidence, or open it again."""
    found, _payload = _suspect(payload_hash, reason)
    _decide(SubjectKind.QUARANTINE, found.key, (Verdict.KEPT, Verdict.REOPENED))
    return redirect(
        url_for("queues.suspect", payload_hash=found.payload_hash.hex(), reason=found.reason)
    )


@blueprint.post("/quarantine/<payload_hash>/<reason>/discard")
@requires(Permission.DECIDE_QUEUES)
def discard_suspect(payload_hash: str, reason: str) -> ResponseReturnValue:
    """Forget it for good, and make its room free."""
    found, _payload = _suspect(payload_hash, reason)
    note, command = (
        _note(),
        DiscardQuarantined(payload_hash=found.payload_hash.hex(), reason=found.reason),
    )
    before = {
        "reason": found.reason.value,
        "terminal": found.claimed_terminal,
        "times": found.times,
    }
    try:
        reply = recorded_command(
            "quarantine.discard", found.key, before, command, {"note": note or None}
        )
    except AdministrationError:
        flash(_("It is no longer in quarantine."), "info")
        return redirect(url_for("queues.quarantine"))
    if reply.ok:
        _write(SubjectKind.QUARANTINE, found.key, Verdict.DISCARDED, note)
        flash(_("Discarded."), "success")
    return redirect(url_for("queues.quarantine"))


def _suspect(payload_hash: str, reason: str) -> tuple[Suspect, bytes]:
    digest, why = read_hash(payload_hash), _reason(reason)
    if digest is None or why is None:
        abort(404)
    with reading(current_house().ledger.place) as connection:
        found = suspect(connection, current_scope(), digest, why)
    if found is None:
        abort(404)
    return found


# -- needs review ---------------------------------------------------------------------------------


@blueprint.get("/review")
@requires(Permission.VIEW_QUEUES)
def review() -> ResponseReturnValue:
    """Refused transactions, and points that wait for an owner."""
    house, scope = current_house(), current_scope()
    shown, terminal = _shown(), _terminal()
    branch = request.args.get("branch", "")[:_NAME_CHARACTERS_MAX]
    kind = request.args.get("kind", "")
    choice = ReviewChoice(kind) if kind in tuple(ReviewChoice) else ReviewChoice.ALL
    wanted = ReviewFilter(
        scope=scope,
        kind=_KINDS[choice],
        terminal=terminal,
        branch=BranchId(branch) if branch else None,
    )
    page = review_page(
        house.ledger,
        house.office.decisions,
        wanted,
        choice=choice,
        shown=shown,
        before=_index(request.args.get("before", "")),
    )
    with reading(house.ledger.place) as connection:
        names = terminal_names(connection, scope, limit=_TERMINALS_TO_CHOOSE_MAX)
        places = branches(connection, scope)
    asked: dict[str, Any] = {
        "shown": shown,
        "kind": choice,
        "terminal": terminal,
        "branch": branch or None,
    }
    return render_template(
        "queues/review.html",
        page=page,
        shown=shown,
        choice=choice,
        terminal=terminal,
        branch=branch,
        terminals=names,
        branches=places,
        next_url=page.next_before and url_for("queues.review", before=page.next_before, **asked),
        first_url=url_for("queues.review", **asked) if "before" in request.args else None,
        money_unit=current_organisation().money_unit,
        **_words(),
    )


_KINDS: Final = {
    ReviewChoice.ALL: None,
    ReviewChoice.REDEEM: ReviewKind.REFUSED,
    ReviewChoice.REFUSED: ReviewKind.REFUSED,
    ReviewChoice.HELD: ReviewKind.HELD,
}


@blueprint.get("/review/<int(max=999999999999999999):index>", endpoint="item")
@requires(Permission.VIEW_QUEUES)
def one_item(index: int) -> ResponseReturnValue:
    """One transaction with its receipt, and what to do about it."""
    house = current_house()
    with reading(house.ledger.place) as connection:
        found = review_item(connection, current_scope(), index)
        if found is None:
            abort(404)
        opened = open_item(connection, found)
    history = house.office.decisions.history(SubjectKind.REVIEW, found.key)
    return render_template(
        "queues/item.html",
        line=review_line(found, history[0] if history else None),
        opened=opened,
        history=history,
        may_decide=may(Permission.DECIDE_QUEUES),
        may_see_members=may(Permission.VIEW_MEMBERS),
        note_characters_max=NOTE_CHARACTERS_MAX,
        money_unit=current_organisation().money_unit,
        **_words(),
    )


@blueprint.post("/review/<int(max=999999999999999999):index>/decide")
@requires(Permission.DECIDE_QUEUES)
def decide_item(index: int) -> ResponseReturnValue:
    """Settled, left as it is, or opened again."""
    with reading(current_house().ledger.place) as connection:
        found = review_item(connection, current_scope(), index)
    if found is None:
        abort(404)
    allowed = (Verdict.SETTLED, Verdict.IGNORED, Verdict.REOPENED)
    _decide(SubjectKind.REVIEW, found.key, allowed)
    return redirect(url_for("queues.item", index=index))


# -- deciding -------------------------------------------------------------------------------------


def _decide(kind: SubjectKind, key: str, allowed: tuple[Verdict, ...]) -> None:
    asked = request.form.get("verdict", "")
    if asked not in allowed:
        abort(400)
    verdict, note = Verdict(asked), _note()
    last = current_house().office.decisions.latest(kind, [key]).get(key)
    before = {"verdict": None if last is None else last.verdict.value}
    with recorded(f"{kind}.decide", key, before) as change:
        _write(kind, key, verdict, note)
        change.after = {"verdict": verdict.value, "note": note or None}
    flash(_("Your decision was kept."), "success")


def _write(kind: SubjectKind, key: str, verdict: Verdict, note: str) -> None:
    current_house().office.decisions.record(
        kind,
        key,
        verdict,
        note=note,
        account=current_account().login,
        at_ms=current_clock().unix_ms(),
    )


def _note() -> str:
    """What was written beside the decision, on one line; refused where it is too long."""
    note = " ".join(request.form.get("note", "").split())
    try:
        check_text("note", note, 0, NOTE_CHARACTERS_MAX)
    except ValueRangeError:
        abort(400)
    return note


def _words() -> dict[str, object]:
    return {
        "open_badge": OPEN,
        "advice_on_reason": advice_on_reason,
        "badge_of_seal": badge_of_seal,
        "badge_of_status": badge_of_status,
        "badge_of_verdict": badge_of_verdict,
        "words_of_action": words_of_action,
        "words_of_reason": words_of_reason,
    }


def _shown() -> Shown:
    asked = request.args.get("shown", "")
    return Shown(asked) if asked in tuple(Shown) else Shown.OPEN


def _terminal() -> TerminalId | None:
    asked = request.args.get("terminal", "")[:_NAME_CHARACTERS_MAX]
    return TerminalId(asked) if asked else None


def _reason(asked: str) -> Reason | None:
    return Reason(asked) if asked in tuple(Reason) else None


def _index(asked: str) -> int | None:
    fits = asked.isascii() and asked.isdigit() and len(asked) <= _INDEX_DIGITS_MAX
    return int(asked) if fits else None
