"""Members as lists show them: found by pseudonym, by the start of a card's token, or in bulk.

Who a member is in the world stands in the office's database, not here; pages bring the two
together by pseudonym.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, literal, select, union

from gateway.ledger.accounts import PENDING_BASE
from gateway.ledger.kinds import JournalKind
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import AccountRow, JournalRow, MovementRow
from gateway.ledger.rows_members import CardRow, MemberRow, WalletRow
from gateway.model.ids import CARD_TOKEN_BYTES, BranchId, MemberId
from gateway.queries.reading import columns_of, reading
from gateway.queries.scope import Scope

MEMBER_ID_DIGITS: Final = 32
#: Fewer digits of a token or a pseudonym name too many, and telling them apart is the point.
PREFIX_DIGITS_MIN: Final = 6
#: At most this many pseudonyms in one question.
IDS_MAX: Final = 500
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")
_TOKEN_DIGITS: Final = 2 * CARD_TOKEN_BYTES
#: ``member:`` and ``:available`` around a pseudonym make an account's name.
_NAME_BEFORE: Final = len("member:")

_MEMBER: Final = columns_of(MemberRow)
_WALLET: Final = columns_of(WalletRow)
_CARD: Final = columns_of(CardRow)
_ACCOUNT: Final = columns_of(AccountRow)
_MOVEMENT: Final = columns_of(MovementRow)
_JOURNAL: Final = columns_of(JournalRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """One member of a list.

    Attributes:
        member_id: the pseudonym.
        branch: the home branch, where the membership was made.
        enrolled_at_ms: when.
        available: spendable points; below zero they are owed.
        held: points reserved at this moment.
        last_visit_ms: when a terminal last moved points of this member; None for never.
        account_id: rises with enrolment; what lists in that order are paged by.
    """

    member_id: MemberId
    branch: BranchId
    enrolled_at_ms: int
    available: int
    held: int
    last_visit_ms: int | None
    account_id: int


def member_of_id(ledger: LedgerReader, member_id: str, scope: Scope) -> MemberLine | None:
    """One member, or None where there is none that ``scope`` shows."""
    found = _ask(ledger, _LINES.where(_MEMBER["member_id"] == member_id), scope)
    return found[0] if found else None


def members_of_ids(
    ledger: LedgerReader, member_ids: Collection[MemberId], scope: Scope
) -> tuple[MemberLine, ...]:
    """The members of these pseudonyms that ``scope`` shows, in no particular order.

    Args:
        ledger: where.
        member_ids: at most ``IDS_MAX``; the rest is left out.
        scope: whose home branches may be seen.
    """
    wanted = sorted(set(member_ids))[:IDS_MAX]
    if not wanted:
        return ()
    return _ask(ledger, _LINES.where(_MEMBER["member_id"].in_(wanted)), scope)


def members_by_prefix(
    ledger: LedgerReader, typed: str, scope: Scope, *, limit: int = 25
) -> tuple[MemberLine, ...]:
    """Members whose pseudonym or one of whose cards' tokens begins with what was typed.

    Args:
        ledger: where.
        typed: hexadecimal digits; with fewer than ``PREFIX_DIGITS_MIN`` nobody is found.
        scope: whose home branches may be seen.
        limit: how many at most.
    """
    digits = typed.strip().lower()
    if not PREFIX_DIGITS_MIN <= len(digits) <= _TOKEN_DIGITS:
        return ()
    if _HEXADECIMAL.fullmatch(digits) is None:
        return ()
    first, last = (bytes.fromhex(digits.ljust(_TOKEN_DIGITS, end)) for end in "0f")
    by_token = select(_CARD["member_id"]).where(_CARD["token"].between(first, last)).limit(limit)
    owners = select(by_token.subquery().c.member_id)
    if len(digits) <= MEMBER_ID_DIGITS:
        ends = [digits.ljust(MEMBER_ID_DIGITS, end) for end in "0f"]
        by_name = select(_MEMBER["member_id"]).where(_MEMBER["member_id"].between(*ends))
        named = by_name.limit(limit).subquery()
        owners = union(owners, select(named.c.member_id))  # type: ignore[assignment]
    wanted = _LINES.where(_MEMBER["member_id"].in_(owners)).order_by(_MEMBER["member_id"])
    return _ask(ledger, wanted.limit(limit), scope)


def newest_members(
    ledger: LedgerReader, *, before: int | None = None, limit: int = 25
) -> tuple[MemberLine, ...]:
    """Every branch's members, those enrolled last first; for whoever sees everything.

    Accounts are numbered as members enrol, so their own key is the order of enrolment.

    Args:
        ledger: where.
        before: ``account_id`` of the last member of the page before.
        limit: how many.
    """
    below = PENDING_BASE if before is None else before
    wanted = (
        _LINES_BY_ACCOUNT.where(_ACCOUNT["account_id"] < below)
        .order_by(_ACCOUNT["account_id"].desc())
        .limit(limit)
    )
    return _ask(ledger, wanted, Scope(None))


def members_of_accounts(
    ledger: LedgerReader, account_ids: Collection[int], scope: Scope
) -> tuple[MemberLine, ...]:
    """The members who own these accounts of spendable points, newest first.

    Args:
        ledger: where.
        account_ids: at most ``IDS_MAX``.
        scope: whose home branches may be seen.
    """
    if not account_ids:
        return ()
    wanted = _LINES_BY_ACCOUNT.where(_ACCOUNT["account_id"].in_(sorted(account_ids)[-IDS_MAX:]))
    return _ask(ledger, wanted.order_by(_ACCOUNT["account_id"].desc()), scope)


def _ask(ledger: LedgerReader, wanted: Select[Any], scope: Scope) -> tuple[MemberLine, ...]:
    scoped = wanted.where(scope.condition(_MEMBER["branch"]))
    with reading(ledger.place) as connection:
        return tuple(MemberLine(**row) for row in connection.execute(scoped).mappings())


def _last_visit() -> Any:  # noqa: ANN401 - a scalar subquery of whole numbers
    """When a terminal last moved the member's points; a hold that freed itself is no visit."""
    return (
        select(_JOURNAL["recorded_at_ms"])
        .where(_MOVEMENT["wallet_id"] == _MEMBER["member_id"])
        .where(_JOURNAL["journal_index"] == _MOVEMENT["journal_index"])
        .where(_JOURNAL["kind"] != literal(JournalKind.EXPIRY.value))
        .order_by(_MOVEMENT["journal_index"].desc())
        .limit(1)
        .correlate(_MEMBER["member_id"].table)
        .scalar_subquery()
        .label("last_visit_ms")
    )


_PARTS: Final = (
    _MEMBER["member_id"],
    _MEMBER["branch"],
    _MEMBER["enrolled_at_ms"],
    _WALLET["available"],
    _WALLET["held"],
    _last_visit(),
)
_LINES: Final = select(*_PARTS, _WALLET["available_account"].label("account_id")).where(
    _WALLET["wallet_id"] == _MEMBER["member_id"]
)
# The pseudonym is read out of the account's name, because no index leads from account to wallet.
_LINES_BY_ACCOUNT: Final = (
    select(*_PARTS, _ACCOUNT["account_id"])
    .where(
        _MEMBER["member_id"] == func.substr(_ACCOUNT["name"], _NAME_BEFORE + 1, MEMBER_ID_DIGITS)
    )
    .where(_WALLET["wallet_id"] == _MEMBER["member_id"])
    .where(_WALLET["available_account"] == _ACCOUNT["account_id"])
)
