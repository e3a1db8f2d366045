"""Members, what they have, and how they came by it."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint

from gateway.ledger.queries import LedgerReader
from gateway.model.ids import BranchId, MemberId
from gateway.office.tokens import TokenScope
from gateway.queries.member_points import points_of
from gateway.queries.members import MemberLine, member_of_id, newest_members
from gateway.queries.statement import StatementEntry, statement_of
from web_admin.api.answers import (
    BalanceAnswer,
    CardAnswer,
    CurrencyAnswer,
    HoldAnswer,
    LotAnswer,
    MemberAnswer,
    MemberPage,
    MovementAnswer,
    MovementPage,
)
from web_admin.api.asked import (
    MembersAsked,
    MemberTransactionsAsked,
    NoQuestion,
    number_cursor,
    number_of,
)
from web_admin.api.guard import SEEN, current_api_house, needs
from web_admin.api.organisation import newest_programme
from web_admin.api.problems import Code, ProblemError

blueprint: Final = APIBlueprint("members", __name__, url_prefix="/v1/members", tag="Members")

#: Members that one page of one branch looks through at most.
_LOOK_BACK: Final = 500


@blueprint.get("")
@needs(TokenScope.MEMBERS_READ)
@blueprint.input(MembersAsked, location="query", arg_name="asked")
@blueprint.output(MemberPage)
def list_members(asked: MembersAsked) -> MemberPage:
    """List members.

    Those enrolled last come first. There are no names here: a member is a pseudonym.
    """
    ledger = current_api_house().ledger
    token = asked.card_token
    if token is not None:
        owner = ledger.balance_of_card(token)
        found = None if owner is None else member_of_id(ledger, owner.member_id, SEEN)
        fits = found is not None and asked.branch in ("", found.branch)
        return MemberPage(
            items=(_member(found),) if found is not None and fits else (), next_cursor=None
        )
    members, next_before = _page(ledger, asked)
    return MemberPage(
        items=tuple(_member(one) for one in members),
        next_cursor=None if next_before is None else number_cursor(next_before),
    )


@blueprint.get("/<member_id>")
@needs(TokenScope.MEMBERS_READ)
@blueprint.input(NoQuestion, location="query", arg_name="asked")
@blueprint.output(MemberAnswer)
def get_member(member_id: str, asked: NoQuestion) -> MemberAnswer:
    """Get one member."""
    del asked
    return _member(_known(member_id))


@blueprint.get("/<member_id>/balance")
@needs(TokenScope.BALANCES_READ)
@blueprint.input(NoQuestion, location="query", arg_name="asked")
@blueprint.output(BalanceAnswer)
def get_balance(member_id: str, asked: NoQuestion) -> BalanceAnswer:
    """Get what one member has."""
    del asked
    member, ledger = _known(member_id), current_api_house().ledger
    points, programme = points_of(ledger, member.member_id), newest_programme()
    return BalanceAnswer(
        member_id=member.member_id,
        available_points=member.available,
        held_points=member.held,
        owed_points=points.owed_points,
        lots=tuple(
            LotAnswer(
                points=lot.points,
                remaining_points=lot.remaining,
                available_from_ms=lot.available_from_ms,
                expires_at_ms=lot.expires_at_ms,
            )
            for lot in points.lots
        ),
        lots_in_all=points.lots_in_all,
        holds=tuple(
            HoldAnswer(
                points=hold.points,
                amount_minor=hold.amount_minor,
                branch=hold.branch,
                terminal=hold.terminal,
                expires_at_ms=hold.expires_at_ms,
            )
            for hold in points.holds
        ),
        cards=tuple(
            CardAnswer(
                token=card.token.hex(),
                profile=card.profile,
                state=card.state,
                added_at_ms=card.added_at_ms,
            )
            for card in points.cards
        ),
        currency=None if programme is None else CurrencyAnswer.of(programme.currency),
    )


@blueprint.get("/<member_id>/transactions")
@needs(TokenScope.TRANSACTIONS_READ)
@blueprint.input(MemberTransactionsAsked, location="query", arg_name="asked")
@blueprint.output(MovementPage)
def list_movements(member_id: str, asked: MemberTransactionsAsked) -> MovementPage:
    """List every movement of one member's points, newest first."""
    member = _known(member_id)
    # One more than asked for says whether there is a next page.
    entries = statement_of(
        current_api_house().ledger,
        member.member_id,
        SEEN,
        before_index=number_of(asked.cursor),
        limit=asked.limit + 1,
    )
    shown = entries[: asked.limit]
    more = len(entries) > asked.limit
    return MovementPage(
        items=tuple(_movement(entry) for entry in shown),
        next_cursor=number_cursor(shown[-1].journal_index) if more else None,
    )


def _known(member_id: str) -> MemberLine:
    found = member_of_id(current_api_house().ledger, MemberId(member_id), SEEN)
    if found is None:
        raise ProblemError(Code.NOT_FOUND)
    return found


def _page(ledger: LedgerReader, asked: MembersAsked) -> tuple[list[MemberLine], int | None]:
    """Members of one page, and before which account the next one goes on."""
    before, limit = number_of(asked.cursor), asked.limit
    looked_at = _LOOK_BACK if asked.branch else limit
    members = newest_members(ledger, before=before, limit=looked_at + 1)
    seen = members[:looked_at]
    fitting = [one for one in seen if _fits(one, asked.branch)]
    if len(fitting) > limit:
        return fitting[:limit], fitting[limit - 1].account_id
    more = len(members) > looked_at
    return fitting, seen[-1].account_id if more else None


def _fits(member: MemberLine, branch: BranchId) -> bool:
    return not branch or member.branch == branch


def _member(member: MemberLine) -> MemberAnswer:
    return MemberAnswer(
        member_id=member.member_id,
        branch=member.branch,
        enrolled_at_ms=member.enrolled_at_ms,
        last_visit_ms=member.last_visit_ms,
    )


def _movement(entry: StatementEntry) -> MovementAnswer:
    return MovementAnswer(
        journal_index=entry.journal_index,
        recorded_at_ms=entry.recorded_at_ms,
        happened_at_ms=entry.happened_at_ms,
        posting=entry.kind,
        branch=entry.branch,
        terminal=entry.terminal,
        available_points=entry.available_points,
        held_points=entry.held_points,
        balance_points=entry.balance_points,
        amount_minor=entry.amount_minor,
        currency=None if entry.currency is None else CurrencyAnswer.of(entry.currency),
        receipt_number=entry.receipt_number,
        seal=entry.seal,
    )
