"""Receipts that the till's listener was not sure of: looked at beside their paper, and decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.errors import ConfigError, GatewayBusyError, NoAnswerError
from gateway.formatting.bidi import base_direction, without_controls
from gateway.formatting.digits import read_money
from gateway.ledger.errors import StoreUnavailableError
from gateway.ledger.kinds import ReviewState
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.office.trail import Values
from gateway.queries.reading import reading
from gateway.queries.reviews import (
    Closing,
    HeldReview,
    card_to_earn,
    closing_of,
    held_review,
    held_reviews,
    is_recorded,
)
from gateway.queries.terminals import branches
from web_admin.access.current import current_scope, may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_house, current_office, current_organisation
from web_admin.desk.commanding import account_of_maker, carry_out, maker
from web_admin.desk.finding import NotFound, find_other, words_of_not_found
from web_admin.desk.form import DeskForm
from web_admin.desk.people import Person, named_people
from web_admin.desk.refusals import words_of_desk_refusal
from web_admin.desk.rules import FIGURE_MAX
from web_admin.live.words import words_of_reason
from web_admin.pages.queue_lists import Shown
from web_admin.pages.review_words import (
    badge_of_review,
    words_of_evidence,
    words_of_review_reason,
)

blueprint: Final = Blueprint("reviews", __name__, url_prefix="/review/receipts")

PAGE_ROWS: Final = 25
_INDEX_DIGITS_MAX: Final = 18
_NAME_CHARACTERS_MAX: Final = 64
_WRONG: Final = 422
_BUSY: Final = 503
_PATH: Final = "/<int(max=999999999999999999):receipt>"


class DecisionForm(DeskForm):
    """A command's id and a note; what is decided stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What somebody filled in, to be shown again where it cannot be taken.

    Attributes:
        total: the total that was typed.
        member: who it is for.
        reason: the note.
        fault: why it cannot be taken; None while nothing was sent.
    """

    total: str = ""
    member: str = ""
    reason: str = ""
    fault: str | None = None


# -- looking --------------------------------------------------------------------------------------


@blueprint.get("")
@requires(Permission.VIEW_QUEUES)
def listed() -> ResponseReturnValue:
    """Receipts that wait for a decision, and decided ones."""
    scope, asked = current_scope(), request.args.get("shown", "")
    shown = Shown(asked) if asked in tuple(Shown) else Shown.OPEN
    branch = request.args.get("branch", "")[:_NAME_CHARACTERS_MAX]
    before = _index(request.args.get("before", ""))
    with reading(current_house().ledger.place) as connection:
        found = held_reviews(
            connection,
            scope,
            decided=None if shown is Shown.ALL else shown is Shown.DECIDED,
            branch=BranchId(branch) if branch else None,
            before=before,
            limit=PAGE_ROWS + 1,
        )
        places = branches(connection, scope)
    lines, more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
    again: dict[str, Any] = {"shown": shown, "branch": branch or None}
    last = lines[-1].row.first_index if more else None
    return render_template(
        "queues/receipts.html",
        lines=lines,
        people=_people([one.owner for one in lines]),
        shown=shown,
        branch=branch,
        branches=places,
        next_url=last and url_for("reviews.listed", before=last, **again),
        first_url=url_for("reviews.listed", **again) if before is not None else None,
        **_words(),
    )


@blueprint.get(_PATH, endpoint="receipt")
@requires(Permission.VIEW_QUEUES)
def one_receipt(receipt: int) -> ResponseReturnValue:
    """One receipt with all that is known of it, and what can be decided."""
    return _page(_held(receipt), DecisionForm(), _Typed())


def _page(held: HeldReview, form: DecisionForm, typed: _Typed) -> str:
    with reading(current_house().ledger.place) as connection:
        closing = closing_of(connection, held.row)
        recorded = held.row.state is ReviewState.OPEN and is_recorded(connection, held)
    paper = [without_controls(line) for line in (held.review.paper if held.review else ())]
    earner = held.owner if closing is None else closing.journal.member_id or held.owner
    return render_template(
        "queues/receipt.html",
        held=held,
        paper=paper,
        direction=base_direction(paper),
        form=form,
        typed=typed,
        closing=closing,
        who=None if closing is None else _who(closing),
        person=_people([earner]).get(earner) if earner is not None else None,
        recorded=recorded,
        may_decide=may(Permission.DECIDE_QUEUES) and held.row.state is ReviewState.OPEN,
        **_words(),
    )


def _words() -> dict[str, object]:
    return {
        "badge_of_review": badge_of_review,
        "words_of_evidence": words_of_evidence,
        "words_of_reason": words_of_reason,
        "words_of_review_reason": words_of_review_reason,
        "may_see_members": may(Permission.VIEW_MEMBERS),
        "money_unit": current_organisation().money_unit,
    }


def _people(members: list[MemberId | None]) -> dict[MemberId, Person]:
    """Who these are, for those who may know it."""
    wanted = {one for one in members if one is not None}
    if not wanted or not may(Permission.VIEW_MEMBERS):
        return {}
    return dict(named_people(wanted))


def _who(closing: Closing) -> str:
    """The account that decided, by its name while there is one."""
    account = account_of_maker(closing.command.made_by)
    logins = {one.account_id: one.login for one in current_office().accounts.all()}
    return logins.get(account or 0, closing.command.made_by)


# -- deciding -------------------------------------------------------------------------------------


@blueprint.post(f"{_PATH}/settle")
@requires(Permission.DECIDE_QUEUES)
def settle(receipt: int) -> ResponseReturnValue:
    """Say what the receipt comes to: its card earns for it."""
    held, form = _held(receipt), DecisionForm()
    typed = _typed()
    total = _total(held)
    if total is None:
        fault = _("Choose one of the totals, or write one above zero.")
        return _wrong(held, form, typed, fault)
    parts: CommandParts = {"amount": total}
    if held.card is None:
        card = _card_of(typed.member)
        if isinstance(card, str):
            return _wrong(held, form, typed, card)
        parts |= {"token": card.token.hex(), "card_profile": card.profile.value}
    return _decide(held, form, typed, LedgerCommandKind.SETTLE_REVIEW, parts)


@blueprint.post(f"{_PATH}/dismiss")
@requires(Permission.DECIDE_QUEUES)
def dismiss(receipt: int) -> ResponseReturnValue:
    """Say that it earns nothing, and why."""
    held, form = _held(receipt), DecisionForm()
    if not form.validate():
        return _wrong(held, form, _typed(), _("Write down why it earns nothing."))
    return _decide(held, form, _typed(), LedgerCommandKind.DISMISS_REVIEW, {})


def _decide(
    held: HeldReview,
    form: DecisionForm,
    typed: _Typed,
    kind: LedgerCommandKind,
    parts: CommandParts,
) -> ResponseReturnValue:
    form.validate()  # a settlement needs no note; the id is made anew where there was none
    row = held.row
    about: CommandParts = {
        **parts,
        "reason": form.reason.data if not form.reason.errors else "",
        "review": row.first_index,
        "review_key": row.sale_key.hex(),
    }
    command = LedgerCommand(
        id=form.command.data, kind=kind, made_by=maker(), branch=row.branch, **about
    )
    subject = f"receipt {row.first_index}"
    before: Values = {"state": row.state.value, "branch": row.branch}
    try:
        done = carry_out(command, subject, before, lambda: _after(command))
    except (NoAnswerError, StoreUnavailableError, GatewayBusyError):
        fault = _("The gateway gave no answer. Send it again: it is done only once.")
        return _page(held, form, _with(typed, fault)), _BUSY
    except ConfigError:
        fault = _("The gateway does not accept this. Load the page again and look.")
        return _wrong(held, form, typed, fault)
    if done.status is Status.REFUSED:
        return _wrong(_held(row.first_index), form, typed, _refusal(kind, done.reason))
    _say(done.status, kind)
    return redirect(url_for("reviews.receipt", receipt=row.first_index), 303)


def _say(status: Status, kind: LedgerCommandKind) -> None:
    if status is Status.DUPLICATE:
        flash(_("This was done already. It was not done a second time."), "info")
    elif status is Status.HELD:
        flash(_("Settled. The points wait until the card has a member."), "success")
    elif kind is LedgerCommandKind.SETTLE_REVIEW:
        flash(_("Settled: the card has its points."), "success")
    else:
        flash(_("Dismissed: this receipt earns nothing."), "success")


def _refusal(kind: LedgerCommandKind, reason: Reason) -> str:
    return str(words_of_desk_refusal(kind, reason))


def _after(command: LedgerCommand) -> Values:
    state = "settled" if command.kind is LedgerCommandKind.SETTLE_REVIEW else "dismissed"
    return {"state": state, "total_minor": command.amount, "branch": command.branch}


def _total(held: HeldReview) -> int | None:
    """The total that was chosen or typed, in the smallest unit; None for anything else."""
    transaction = held.transaction
    if transaction is None or transaction.review is None:
        return None
    chosen = request.form.get("total", "")
    if chosen:
        known = {str(one.total_minor): one.total_minor for one in transaction.review.candidates}
        return known.get(chosen)
    unit = current_organisation().money_unit
    typed = read_money(request.form.get("typed_total", ""), transaction.currency, unit)
    return typed if typed is not None and 0 < typed <= FIGURE_MAX else None


def _card_of(typed: str) -> CardRow | str:
    """The card of the member whom somebody means, or why there is none."""
    found = find_other(typed)
    if isinstance(found, NotFound):
        return str(words_of_not_found(found))
    with reading(current_house().ledger.place) as connection:
        card = card_to_earn(connection, found.member_id)
    return card or _("This member has no card that may be used.")


def _typed() -> _Typed:
    form = request.form
    return _Typed(
        total=form.get("typed_total", "")[:_NAME_CHARACTERS_MAX],
        member=form.get("member", "")[: 2 * _NAME_CHARACTERS_MAX],
        reason=form.get("reason", "")[: 4 * _NAME_CHARACTERS_MAX],
    )


def _with(typed: _Typed, fault: str) -> _Typed:
    return _Typed(total=typed.total, member=typed.member, reason=typed.reason, fault=fault)


def _wrong(held: HeldReview, form: DecisionForm, typed: _Typed, fault: str) -> ResponseReturnValue:
    return _page(held, form, _with(typed, fault)), _WRONG


def _held(index: int) -> HeldReview:
    with reading(current_house().ledger.place) as connection:
        found = held_review(connection, current_scope(), index)
    if found is None:
        abort(404)
    return found


def _index(asked: str) -> int | None:
    fits = asked.isascii() and asked.isdecimal() and len(asked) <= _INDEX_DIGITS_MAX
    return int(asked) if fits else None
