"""Gift cards: the list, one of them, and what is done to them."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.formatting.digits import fold_digits
from gateway.ledger.kinds import GiftCardState
from gateway.model.ids import BranchId, MemberId
from gateway.queries.gift_cards import GiftCardFilter, gift_cards
from gateway.queries.reading import reading
from gateway.queries.statement import statement_of
from gateway.queries.terminals import branches
from web_admin.access.current import current_scope, may
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_clock, current_house
from web_admin.desk.acting import perform
from web_admin.desk.gift_actions import (
    BlockGiftCard,
    IssueGiftCard,
    LoadGiftCard,
    UnblockGiftCard,
)
from web_admin.desk.gift_case import GiftShelf, gift_card_or_404, name_of_gift_card
from web_admin.desk.rules import current_rules, last_day, money
from web_admin.desk.words import (
    badge_of_gift_card,
    words_of_gift_card_state,
    words_of_gift_posting,
)
from web_admin.live.words import badge_of_seal

blueprint: Final = Blueprint("gift_cards", __name__, url_prefix="/gift-cards")

PAGE_ROWS: Final = 25
_INDEX_DIGITS_MAX: Final = 18
_LAST_FOUR: Final = re.compile(r"[0-9A-Za-z]{1,4}", re.ASCII)
_PLACE_CHARACTERS_MAX: Final = 60


@blueprint.get("")
@requires(Permission.VIEW_GIFT_CARDS)
def listed() -> ResponseReturnValue:
    """Gift cards, those sold last first."""
    state, last_four = request.args.get("state", ""), _last_four()
    wanted = GiftCardFilter(
        scope=current_scope(),
        state=GiftCardState(state) if state in tuple(GiftCardState) else None,
        last_four=last_four,
    )
    after = request.args.get("after", "")[:_PLACE_CHARACTERS_MAX]
    now_ms = current_clock().unix_ms()
    lines = gift_cards(current_house().ledger, wanted, now_ms, after=after, limit=PAGE_ROWS + 1)
    shown = lines[:PAGE_ROWS]
    asked: dict[str, Any] = {"state": wanted.state or None, "last_four": last_four or None}
    next_url = None
    if len(lines) > PAGE_ROWS:
        next_url = url_for("gift_cards.listed", after=shown[-1].place, **asked)
    return render_template(
        "desk/gift_cards.html",
        cards=shown,
        state=wanted.state,
        states=tuple(GiftCardState),
        last_four=last_four,
        next_url=next_url,
        first_url=url_for("gift_cards.listed", **asked) if after else None,
        may_change=may(Permission.CHANGE_WALLETS),
        words_of_gift_card_state=words_of_gift_card_state,
        **_words(),
    )


@blueprint.get("/<gift_card>")
@requires(Permission.VIEW_GIFT_CARDS)
def show(gift_card: str) -> ResponseReturnValue:
    """One gift card with its statement."""
    case = gift_card_or_404(gift_card)
    before = _index(request.args.get("before", ""))
    entries = statement_of(
        current_house().ledger,
        # A statement goes by the wallet's name, and this wallet is nobody's.
        MemberId(case.card.wallet_id),
        current_scope(),
        before_index=before,
        limit=PAGE_ROWS + 1,
    )
    shown = entries[:PAGE_ROWS]
    here = partial(url_for, "gift_cards.show", gift_card=case.card.name)
    return render_template(
        "desk/gift_card.html",
        case=case,
        card=case.card,
        entries=shown,
        next_url=here(before=shown[-1].journal_index) if len(entries) > PAGE_ROWS else None,
        first_url=here() if before is not None else None,
        every_branch=current_scope().everything,
        may_change=may(Permission.CHANGE_WALLETS),
        may_block=may(Permission.BLOCK_CARDS),
        words_of_gift_posting=words_of_gift_posting,
        badge_of_seal=badge_of_seal,
        **_words(),
    )


@blueprint.route("/sell", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def sell() -> ResponseReturnValue:
    """Sell a gift card."""
    return perform(_shelf, IssueGiftCard())


@blueprint.route("/<gift_card>/load", methods=["GET", "POST"])
@requires(Permission.CHANGE_WALLETS)
def load(gift_card: str) -> ResponseReturnValue:
    """Load a gift card once more."""
    return perform(partial(gift_card_or_404, gift_card), LoadGiftCard())


@blueprint.route("/<gift_card>/block", methods=["GET", "POST"])
@requires(Permission.BLOCK_CARDS)
def block(gift_card: str) -> ResponseReturnValue:
    """Block a gift card."""
    return perform(partial(gift_card_or_404, gift_card), BlockGiftCard())


@blueprint.route("/<gift_card>/unblock", methods=["GET", "POST"])
@requires(Permission.BLOCK_CARDS)
def unblock(gift_card: str) -> ResponseReturnValue:
    """Let a gift card be used again."""
    return perform(partial(gift_card_or_404, gift_card), UnblockGiftCard())


def _shelf() -> GiftShelf:
    with reading(current_house().ledger.place) as connection:
        known = branches(connection, current_scope())
    return GiftShelf(
        branch=known[0] if known else BranchId("nowhere"), rules=current_rules(), branches=known
    )


def _words() -> dict[str, object]:
    return {
        "badge_of_gift_card": badge_of_gift_card,
        "last_day": partial(last_day, rules=current_rules()),
        "money": money,
        "name_of_gift_card": name_of_gift_card,
    }


def _last_four() -> str:
    typed = fold_digits(request.args.get("last_four", "")).strip()
    return typed if _LAST_FOUR.fullmatch(typed) else ""


def _index(text: str) -> int | None:
    fits = text.isascii() and text.isdecimal() and len(text) <= _INDEX_DIGITS_MAX
    return int(text) if fits else None
