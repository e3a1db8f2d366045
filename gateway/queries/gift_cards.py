"""Gift cards as lists and pages show them: by their last digits, newest first, with what is left.

A card is shown to whoever may see the branch that issued it, wherever it is spent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select, tuple_

from gateway.ledger.accounts import gift_ledger_name, gift_wallet_id, gift_wallet_stem
from gateway.ledger.kinds import GiftCardState
from gateway.ledger.queries import LedgerReader
from gateway.ledger.row_codec import CODECS
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import GiftCardRow, WalletRow
from gateway.ledger.sql_batch import SqlBatch
from gateway.model.ids import BranchId, CardToken, WalletId
from gateway.queries.member_wallets import settled_wallet
from gateway.queries.reading import columns_of, reading
from gateway.queries.scope import Scope

_CARD: Final = columns_of(GiftCardRow)
_PLACE: Final = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardLine:
    """One gift card at one moment.

    Attributes:
        token: the card's token.
        wallet_id: where its money is.
        last_four: the last digits printed on it; empty where nobody wrote them down.
        state: whether it may be used.
        currency: the ISO 4217 code of its money.
        available_minor: what can be spent.
        held_minor: what is reserved at a till.
        issued_at_ms: when it was issued, Unix time in milliseconds.
        branch: where.
        expires_at_ms: from when the last of its money is gone; None for never, or for an empty
            card.
        lapsed: whether there was money on it whose last day is over.
    """

    token: CardToken
    wallet_id: WalletId
    last_four: str
    state: GiftCardState
    currency: str
    available_minor: int
    held_minor: int
    issued_at_ms: int
    branch: BranchId
    expires_at_ms: int | None
    lapsed: bool

    @property
    def place(self) -> str:
        """What the page after this line is asked for by."""
        return f"{self.issued_at_ms}-{self.name}"

    @property
    def name(self) -> str:
        """What stands for the card in addresses: not a digit of its token."""
        return gift_wallet_stem(self.wallet_id).removeprefix(gift_wallet_id(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardFilter:
    """Which cards are wanted.

    Attributes:
        scope: the issuing branches that may be seen.
        state: one state alone; None for all.
        last_four: one ending alone; empty for all.
    """

    scope: Scope
    state: GiftCardState | None = None
    last_four: str = ""


def gift_cards(
    ledger: LedgerReader,
    wanted: GiftCardFilter,
    now_ms: int,
    *,
    after: str = "",
    limit: int = 25,
) -> tuple[GiftCardLine, ...]:
    """Gift cards, those issued last first.

    Args:
        ledger: where.
        wanted: which.
        now_ms: Unix time in milliseconds.
        after: ``place`` of the last line of the page before; nonsense begins at the first page.
        limit: how many.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    rows = _filtered(wanted)
    place = _PLACE.fullmatch(after)
    if place is not None:
        # Compared as a pair, as the index holds it, so that it is read from there on and no sooner.
        key = tuple_(_CARD["issued_at_ms"], _CARD["wallet_id"])
        rows = rows.where(key < (int(place[1]), gift_wallet_id(place[2])))
    order = (_CARD["issued_at_ms"].desc(), _CARD["wallet_id"].desc())
    return _lines(ledger, rows.order_by(*order).limit(limit), now_ms)


def gift_card(ledger: LedgerReader, scope: Scope, name: str, now_ms: int) -> GiftCardLine | None:
    """The gift card of a ``name``; None where there is none that ``scope`` shows.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    # The wallet of a card whose currency was redenominated is called like the first, and more.
    first = gift_wallet_id(name)
    mine = (_CARD["wallet_id"] == first) | _CARD["wallet_id"].between(f"{first}:", f"{first};")
    rows = _filtered(GiftCardFilter(scope=scope)).where(mine)
    found = _lines(ledger, rows, now_ms)
    return found[0] if found else None


def gift_card_of_token(
    ledger: LedgerReader, scope: Scope, token: CardToken, now_ms: int
) -> GiftCardLine | None:
    """The gift card of a token; None where there is none that ``scope`` shows.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    rows = _filtered(GiftCardFilter(scope=scope)).where(_CARD["token"] == token)
    found = _lines(ledger, rows, now_ms)
    return found[0] if found else None


def _filtered(wanted: GiftCardFilter) -> Select[Any]:
    rows = select(*CODECS[GiftCardRow].columns).where(wanted.scope.condition(_CARD["branch"]))
    if wanted.state is not None:
        rows = rows.where(_CARD["state"] == wanted.state.value)
    if wanted.last_four:
        rows = rows.where(_CARD["last_four"] == wanted.last_four)
    return rows


def _lines(ledger: LedgerReader, rows: Select[Any], now_ms: int) -> tuple[GiftCardLine, ...]:
    make = CODECS[GiftCardRow].row
    with reading(ledger.place) as connection:
        cards: list[GiftCardRow] = [make(row) for row in connection.execute(rows)]
        batch = SqlBatch(connection)
        names = [card.wallet_id for card in cards]
        wallets = {row.wallet_id: row for row in batch.rows(WalletRow, names)}
        lots = batch.open_lots(names)
    return tuple(
        _line(
            card,
            wallets[card.wallet_id],
            [lot for lot in lots if lot.wallet_id == card.wallet_id],
            now_ms,
        )
        for card in cards
    )


def _line(card: GiftCardRow, row: WalletRow, lots: list[LotRow], now_ms: int) -> GiftCardLine:
    currency = row.ledger.removeprefix(gift_ledger_name(""))
    wallet = settled_wallet(row, lots, now_ms, currency)
    moments = [lot.expires_at_ms for lot in wallet.lots]
    known = [moment for moment in moments if moment is not None]
    return GiftCardLine(
        token=card.token,
        wallet_id=card.wallet_id,
        last_four=card.last_four,
        state=card.state,
        currency=currency,
        available_minor=wallet.available,
        held_minor=wallet.held,
        issued_at_ms=card.issued_at_ms,
        branch=card.branch,
        expires_at_ms=max(known) if known and len(known) == len(moments) else None,
        lapsed=wallet.lots_in_all < len(lots),
    )
