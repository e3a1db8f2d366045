"""What was corrected: returns of goods, returns that were refused, and adjustments by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.formatting.dates import read_date
from gateway.model.ids import BranchId, MemberId
from gateway.queries.books import (
    Correction,
    CorrectionFilter,
    CorrectionKind,
    Moved,
    corrections,
)
from gateway.queries.reading import reading
from gateway.queries.terminals import branches
from web_admin.access.current import current_scope
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_house, current_office
from web_admin.desk.commanding import account_of_maker
from web_admin.desk.people import Person, named_people
from web_admin.desk.rules import current_rules, money
from web_admin.desk.words import badge_of_correction, words_of_ledger, words_of_length
from web_admin.filters import num
from web_admin.live.words import badge_of_seal, words_of_reason
from web_admin.reader import current_zone

blueprint: Final = Blueprint("corrections", __name__, url_prefix="/corrections")

PAGE_ROWS: Final = 25
_INDEX_DIGITS_MAX: Final = 18
_NAME_CHARACTERS_MAX: Final = 64
_POINTS: Final = "PTS:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a correction did in one unit, as it is shown.

    Attributes:
        ledger: what is counted.
        taken: what members gave; empty for nothing.
        given: what members got; empty for nothing.
    """

    ledger: str
    taken: str
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the list.

    Attributes:
        one: what happened.
        member: whom it concerned.
        amounts: what moved.
        who: the account that asked for an adjustment; None where nobody did.
        after_sale_ms: from the sale to the return, where both are known.
        until_booked_ms: from the return to its booking.
    """

    one: Correction
    member: Person | None
    amounts: tuple[Amounts, ...]
    who: str | None
    after_sale_ms: int | None
    until_booked_ms: int | None


@blueprint.get("")
@requires(Permission.VIEW_CORRECTIONS)
def listed() -> ResponseReturnValue:
    """Returns and adjustments, newest first."""
    kind, branch = request.args.get("kind", ""), request.args.get("branch", "")
    first, last = (read_date(request.args.get(name, "")) for name in ("from", "until"))
    wanted = CorrectionFilter(
        scope=current_scope(),
        kind=CorrectionKind(kind) if kind in tuple(CorrectionKind) else None,
        branch=BranchId(branch[:_NAME_CHARACTERS_MAX]) if branch else None,
        from_ms=None if first is None else _midnight_ms(first),
        until_ms=None if last is None else _midnight_ms(last + timedelta(days=1)),
    )
    ledger = current_house().ledger
    before = _index(request.args.get("before", ""))
    page = corrections(ledger, wanted, before_index=before, limit=PAGE_ROWS)
    with reading(ledger.place) as connection:
        places = branches(connection, current_scope())
    asked: dict[str, Any] = {
        "kind": wanted.kind,
        "branch": wanted.branch,
        "from": None if first is None else first.isoformat(),
        "until": None if last is None else last.isoformat(),
    }
    next_url = None
    if page.next_before is not None:
        next_url = url_for("corrections.listed", before=page.next_before, **asked)
    return render_template(
        "desk/corrections.html",
        lines=_lines(page.lines),
        page=page,
        kinds=tuple(CorrectionKind),
        kind=wanted.kind,
        branch=wanted.branch,
        branches=places,
        first=first,
        last=last,
        next_url=next_url,
        first_url=url_for("corrections.listed", **asked) if before is not None else None,
        badge_of_correction=badge_of_correction,
        badge_of_seal=badge_of_seal,
        money=money,
        words_of_length=words_of_length,
        words_of_reason=words_of_reason,
    )


def _lines(found: Sequence[Correction]) -> list[Line]:
    members = named_people({one.member_id for one in found if one.member_id is not None})
    logins: Mapping[int, str] = {}
    if any(one.command is not None for one in found):
        logins = {one.account_id: one.login for one in current_office().accounts.all()}
    return [_line(one, members, logins) for one in found]


def _line(one: Correction, members: Mapping[MemberId, Person], logins: Mapping[int, str]) -> Line:
    sold = None if one.sale is None else one.sale.sold_at_ms
    happened = one.happened_at_ms
    who = None
    if one.command is not None:
        account = account_of_maker(one.command.made_by)
        who = logins.get(account or 0, one.command.made_by)
    return Line(
        one=one,
        member=None if one.member_id is None else members[one.member_id],
        amounts=tuple(map(_amounts, one.moved)),
        who=who,
        after_sale_ms=None if sold is None or happened is None else happened - sold,
        until_booked_ms=None if happened is None else one.recorded_at_ms - happened,
    )


def _amounts(moved: Moved) -> Amounts:
    def write(amount: int) -> str:
        if moved.ledger.startswith(_POINTS):
            return num(amount)
        return money(amount, moved.ledger.partition(":")[2])

    return Amounts(
        ledger=words_of_ledger(moved.ledger, current_rules()),
        taken=write(moved.taken) if moved.taken else "",
        given=write(moved.given) if moved.given else "",
    )


def _midnight_ms(day: date) -> int:
    """When a day begins by the house's clock, Unix time in milliseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=current_zone()).timestamp()) * 1_000


def _index(text: str) -> int | None:
    fits = text.isascii() and text.isdecimal() and len(text) <= _INDEX_DIGITS_MAX
    return int(text) if fits else None
