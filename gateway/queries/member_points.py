"""What one member has, part by part: lots, debt, reservations that wait, and cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select, text

from gateway.ledger.kinds import CardState, HoldState
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_lots import DebtRow, HoldRow, LotRow
from gateway.ledger.rows_members import CardRow
from gateway.model.card import CardProfile
from gateway.model.ids import BranchId, CardToken, MemberId, TerminalId
from gateway.queries.reading import columns_of, reading

#: So many of each are listed; a member with more is told how many there are.
LISTED_MAX: Final = 100

_LOT: Final = columns_of(LotRow)
_DEBT: Final = columns_of(DebtRow)
_HOLD: Final = columns_of(HoldRow)
_CARD: Final = columns_of(CardRow)
# As the partial indexes say it, so that SQLite sees that they serve.
_OPEN: Final = text("remaining > 0")
_PENDING: Final = text(f"state = '{HoldState.PENDING}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLot:
    """Points that came together and are not used up.

    Attributes:
        points: as they were earned.
        remaining: what is left of them.
        available_from_ms: since when they may be spent.
        expires_at_ms: when they lapse; None for never.
    """

    points: int
    remaining: int
    available_from_ms: int
    expires_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingHold:
    """A reservation that is neither used nor given back yet."""

    points: int
    amount_minor: int
    branch: BranchId
    terminal: TerminalId
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """A card of the member."""

    token: CardToken
    profile: CardProfile
    state: CardState
    added_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPoints:
    """Everything about one member's points and cards at one moment.

    Attributes:
        lots: what is not used up, next to be spent first; at most ``LISTED_MAX``.
        lots_in_all: how many lots there are.
        owed_points: what the next earnings go to first.
        holds: reservations that wait; at most ``LISTED_MAX``.
        cards: newest first; at most ``LISTED_MAX``.
    """

    lots: tuple[OpenLot, ...]
    lots_in_all: int
    owed_points: int
    holds: tuple[PendingHold, ...]
    cards: tuple[MemberCard, ...]


def points_of(ledger: LedgerReader, member_id: MemberId) -> MemberPoints:
    """Everything about one member's points; ask ``member_of_id`` first whether it may be seen."""
    with reading(ledger.place) as connection:
        in_all, lots = _lots(connection, member_id)
        owed = connection.scalar(
            select(func.sum(_DEBT["remaining"])).where(_OPEN, _DEBT["wallet_id"] == member_id)
        )
        return MemberPoints(
            lots=lots,
            lots_in_all=in_all,
            owed_points=owed or 0,
            holds=_holds(connection, member_id),
            cards=_cards(connection, member_id),
        )


def _lots(connection: Connection, member_id: MemberId) -> tuple[int, tuple[OpenLot, ...]]:
    # Those that never lapse come last: SQLite would put what is NULL first.
    wanted = (
        select(
            _LOT["points"],
            _LOT["remaining"],
            _LOT["available_from_ms"],
            _LOT["expires_at_ms"],
            func.count().over().label("in_all"),
        )
        .where(_OPEN, _LOT["wallet_id"] == member_id)
        .order_by(_LOT["expires_at_ms"].is_(None), _LOT["expires_at_ms"], _LOT["lot_id"])
        .limit(LISTED_MAX)
    )
    rows = connection.execute(wanted).all()
    lots = tuple(
        OpenLot(points=points, remaining=left, available_from_ms=since, expires_at_ms=until)
        for points, left, since, until, _ in rows
    )
    return (rows[0].in_all if rows else 0), lots


def _holds(connection: Connection, member_id: MemberId) -> tuple[PendingHold, ...]:
    # No index leads from a member to holds, but one holds every pending hold and no other, and
    # these are the customers who stand at a till at this moment.
    wanted = (
        select(
            _HOLD["points"],
            _HOLD["amount_minor"],
            _HOLD["branch"],
            _HOLD["terminal"],
            _HOLD["expires_at_ms"],
        )
        .where(_PENDING, _HOLD["expires_at_ms"] >= 0, _HOLD["wallet_id"] == member_id)
        .order_by(_HOLD["expires_at_ms"])
        .limit(LISTED_MAX)
    )
    return tuple(PendingHold(**row) for row in connection.execute(wanted).mappings())


def _cards(connection: Connection, member_id: MemberId) -> tuple[MemberCard, ...]:
    wanted = (
        select(_CARD["token"], _CARD["profile"], _CARD["state"], _CARD["added_at_ms"])
        .where(_CARD["member_id"] == member_id)
        .order_by(_CARD["added_at_ms"].desc(), _CARD["token"])
        .limit(LISTED_MAX)
    )
    return tuple(
        MemberCard(
            token=CardToken(token),
            profile=CardProfile(profile),
            state=CardState(state),
            added_at_ms=added,
        )
        for token, profile, state, added in connection.execute(wanted)
    )


def state_of_card(ledger: LedgerReader, token: CardToken) -> CardState | None:
    """Whether a card may be used; None where nobody owns it.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with reading(ledger.place) as connection:
        state = connection.scalar(select(_CARD["state"]).where(_CARD["token"] == token))
    return None if state is None else CardState(state)
