"""The pages about members: finding them, one member's points and cards, and who that is."""

from __future__ import annotations

import re
from datetime import date
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.formatting.dates import moment_at
from gateway.ledger.kinds import CardState
from gateway.model.ids import MemberId
from gateway.office.commands import SetCardBlocked
from gateway.queries.member_points import MemberCard, points_of
from gateway.queries.members import MemberLine, member_of_id
from gateway.queries.statement import statement_of
from web_admin.access.current import current_scope, may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded, recorded_command
from web_admin.context import current_clock, current_house, current_office
from web_admin.desk.number_card import follow_number, other_owner
from web_admin.figures import current_figures
from web_admin.live.words import badge_of_seal
from web_admin.members.finding import PAGE_ROWS, MemberPage, Sources, find_members, list_members
from web_admin.members.profile_form import ProfileForm, trail_of
from web_admin.members.statement_file import FILE_ROWS_MAX, statement_file
from web_admin.members.words import (
    badge_of_card,
    shown_phone,
    words_of_posting,
    words_of_profile,
)
from web_admin.reader import current_zone

blueprint: Final = Blueprint("members", __name__, url_prefix="/members")

_MEMBER_ID: Final = re.compile(r"[0-9a-f]{32}")
_TYPED_CHARACTERS_MAX: Final = 120
#: Enough to tell a member's cards apart.
_REFERENCE_DIGITS: Final = 16
_INDEX_DIGITS_MAX: Final = 18
#: Of a member's code; a search finds one by as many.
_CODE_DIGITS: Final = 8


@blueprint.get("")
@requires(Permission.VIEW_MEMBERS)
def search() -> ResponseReturnValue:
    """Members by what was typed, or all of them, newest first."""
    typed = request.args.get("q", "").strip()[:_TYPED_CHARACTERS_MAX]
    house = current_house()
    sources = Sources(
        ledger=house.ledger,
        people=current_office().people,
        figures=current_figures,
        scope=current_scope(),
    )
    if typed:
        page = find_members(sources, typed, request.args)
    else:
        page = list_members(sources, request.args.get("before", ""))
    return render_template(
        "members/search.html",
        typed=typed,
        page=page,
        next_url=_next_url(page),
        first_url=url_for("members.search", q=typed or None) if _is_later() else None,
        shown_phone=shown_phone,
    )


@blueprint.get("/<member_id>")
@requires(Permission.VIEW_MEMBERS)
def show(member_id: str) -> ResponseReturnValue:
    """One member."""
    member = _member_or_404(member_id)
    house = current_house()
    before = _index(request.args.get("before", ""))
    entries = statement_of(
        house.ledger,
        member.member_id,
        current_scope(),
        before_index=before,
        limit=PAGE_ROWS + 1,
    )
    shown = entries[:PAGE_ROWS]
    next_url = None
    if len(entries) > PAGE_ROWS:
        next_url = _statement_url(member, shown[-1].journal_index)
    return render_template(
        "members/show.html",
        member=member,
        profile=current_office().people.profile(member.member_id),
        points=points_of(house.ledger, member.member_id),
        entries=shown,
        next_url=next_url,
        first_url=_statement_url(member, None) if before is not None else None,
        file_url=url_for("members.statement", member_id=member.member_id, before=before),
        reference_of=_reference,
        every_branch=current_scope().everything,
        now_ms=current_clock().unix_ms(),
        may_edit=may(Permission.EDIT_MEMBERS),
        may_block=may(Permission.BLOCK_CARDS),
        shown_phone=shown_phone,
        words_of_posting=words_of_posting,
        words_of_profile=words_of_profile,
        badge_of_card=badge_of_card,
        badge_of_seal=badge_of_seal,
    )


@blueprint.route("/<member_id>/profile", methods=["GET", "POST"])
@requires(Permission.EDIT_MEMBERS)
def profile(member_id: str) -> ResponseReturnValue:
    """Who the member is: look and change."""
    member = _member_or_404(member_id)
    people = current_office().people
    kept = people.profile(member.member_id)
    form = ProfileForm()
    if request.method == "GET":
        form.fill(kept)
    elif form.validate_on_submit():
        checked = form.check(_today())
        if checked is not None and _is_free(form, member, checked.phone):
            now_ms = current_clock().unix_ms()
            with recorded("member.profile", member.member_id, trail_of(kept)) as change:
                saved = people.save(member.member_id, member.branch, checked, now_ms)
                change.after = trail_of(saved)
            flash(_("Saved."), "success")
            _follow_number(member, None if kept is None else kept.phone, saved.phone)
            return redirect(url_for("members.show", member_id=member.member_id), 303)
    status = 422 if form.errors else 200
    page = render_template("members/profile.html", member=member, profile=kept, form=form)
    return page, status


@blueprint.post("/<member_id>/erase")
@requires(Permission.EDIT_MEMBERS)
def erase(member_id: str) -> ResponseReturnValue:
    """Forget who the member is; the points stay."""
    member = _member_or_404(member_id)
    kept = current_office().people.profile(member.member_id)
    # The trail notes that it was erased and nothing of what was.
    with recorded("member.erase", member.member_id, {}) as change:
        if current_office().people.erase(member.member_id):
            change.after = {"profile": False}
            flash(_("The profile is erased. The points stay with the card."), "success")
        else:
            change.refuse("nothing-kept")
            flash(_("Nothing was kept about this member."), "info")
    _follow_number(member, None if kept is None else kept.phone, None)
    return redirect(url_for("members.show", member_id=member.member_id), 303)


@blueprint.post("/<member_id>/cards/<reference>/<action>")
@requires(Permission.BLOCK_CARDS)
def card(member_id: str, reference: str, action: str) -> ResponseReturnValue:
    """Block a card, or let it be used again."""
    if action not in ("block", "unblock"):
        abort(404)
    member = _member_or_404(member_id)
    cards = points_of(current_house().ledger, member.member_id).cards
    chosen = next((one for one in cards if _reference(one) == reference), None)
    if chosen is None:
        abort(404)
    blocked = action == "block"
    after = CardState.BLOCKED if blocked else CardState.ACTIVE
    reply = recorded_command(
        f"card.{action}",
        member.member_id,
        {"card": f"{chosen.token.hex()[:8]}…", "state": chosen.state.value},
        SetCardBlocked(token=chosen.token.hex(), blocked=blocked),
        {"card": f"{chosen.token.hex()[:8]}…", "state": after.value},
    )
    if not reply.ok:
        flash(_("The card could not be changed."), "danger")
    elif blocked:
        flash(_("The card is blocked: terminals refuse it from now on."), "success")
    else:
        flash(_("The card may be used again."), "success")
    return redirect(url_for("members.show", member_id=member.member_id) + "#cards", 303)


@blueprint.get("/<member_id>/statement.csv")
@requires(Permission.VIEW_MEMBERS)
def statement(member_id: str) -> ResponseReturnValue:
    """The statement as a file."""
    member = _member_or_404(member_id)
    entries = statement_of(
        current_house().ledger,
        member.member_id,
        current_scope(),
        before_index=_index(request.args.get("before", "")),
        limit=FILE_ROWS_MAX,
    )
    answer = Response(statement_file(entries, current_zone()), mimetype="text/csv")
    name = f"mohr-{member.member_id[:8]}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _is_free(form: ProfileForm, member: MemberLine, phone: str | None) -> bool:
    """Whether a number may become this member's; otherwise the form says why not."""
    other = None if phone is None else other_owner(member.member_id, phone)
    if other is None:
        return True
    why = _("At tills this number is another member's, so nothing was changed.")
    if member_of_id(current_house().ledger, other, current_scope()) is not None:
        code = other[:_CODE_DIGITS]
        why = _(
            "At tills this number is the member's with the code %(code)s, so nothing was changed.",
            code=code,
        )
    form.phone.errors = [why]
    return False


def _follow_number(member: MemberLine, before: str | None, after: str | None) -> None:
    if not follow_number(member, before, after):
        flash(
            _("Tills do not go by the change of the number yet. Save the profile once more later."),
            "warning",
        )


def _member_or_404(member_id: str) -> MemberLine:
    """A member that may be seen; any other is as if there were none."""
    if _MEMBER_ID.fullmatch(member_id) is None:
        abort(404)
    member = member_of_id(current_house().ledger, MemberId(member_id), current_scope())
    if member is None:
        abort(404)
    return member


def _reference(card_of_member: MemberCard) -> str:
    """Name a card in an address without a digit of its token."""
    return sha256(card_of_member.token).hexdigest()[:_REFERENCE_DIGITS]


def _today() -> date:
    return moment_at(current_clock().unix_ms(), current_zone()).date()


def _index(text: str) -> int | None:
    fits = text.isascii() and text.isdecimal() and len(text) <= _INDEX_DIGITS_MAX
    return int(text) if fits else None


def _statement_url(member: MemberLine, before: int | None) -> str:
    address = url_for("members.show", member_id=member.member_id, before=before)
    return f"{address}#statement"


def _next_url(page: MemberPage) -> str | None:
    if page.next_place is None:
        return None
    return f"{url_for('members.search')}?{urlencode(page.next_place)}"


def _is_later() -> bool:
    return bool(request.args.get("before") or request.args.get("after"))
