"""How reservations move points and money in the books of an audit, and what else they use."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from gateway.audit.books import Books
from gateway.audit.members import use, use_voucher
from gateway.audit.moves import settle
from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import WalletId
from gateway.model.plain import from_plain, to_canonical_json
from gateway.program.evaluation import Discount, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponUse:
    """So many uses of one coupon."""

    voucher_id: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a reservation was granted for beside its points: the shape of ``HoldRow.terms``."""

    uses: tuple[Use, ...] = ()
    coupons: tuple[CouponUse, ...] = ()
    discounts: tuple[Discount, ...] = ()
    held_out: tuple[str, ...] = ()
    times: int = 0
    total_minor: int = 0


def text_of(terms: Terms) -> str:
    """Write terms as a hold keeps them."""
    return "" if terms == Terms() else to_canonical_json(terms)


def terms_of(hold: HoldRow) -> Terms:
    """Read the terms of a hold that was made in these books."""
    return from_plain(Terms, json.loads(hold.terms)) if hold.terms else Terms()


def reserve(books: Books, hold: HoldRow, at_ms: int) -> None:
    """Make a hold: its wallet is brought to the moment, and what it uses is used at once."""
    wallet = hold.wallet_id
    if wallet is not None:
        settle(books, wallet, at_ms)
        taken = sum(books.heap.take(wallet, hold.points).values())
        held = books.account(wallet, "held")
        books.transfer(books.account(wallet, "available"), held, taken)
    terms = terms_of(hold)
    for one in terms.uses:
        use(books, one.key, one.amount)
    for coupon in terms.coupons:
        use_voucher(books, coupon.voucher_id, coupon.times)
    books.put_hold(hold)


def free(books: Books, hold: HoldRow, state: HoldState) -> None:
    """Resolve a hold without a redemption; what an expired one held is free already."""
    wallet = _wallet_of(hold)
    if hold.state is HoldState.PENDING:
        if wallet is not None:
            held, available = books.account(wallet, "held"), books.account(wallet, "available")
            books.transfer(held, available, hold.points)
            books.heap.give_back(wallet, hold.owner_index, hold.points)
        give_uses_back(books, hold)
    books.put_hold(replace(hold, state=state, resolved_index=books.index))


def post_hold(
    books: Books, hold: HoldRow, at_ms: int, *, into_debt: bool, covered: int = 0
) -> None:
    """Redeem what a hold says was used of it, also where it has freed itself meanwhile.

    Args:
        books: where.
        hold: with what was used.
        at_ms: the moment.
        into_debt: what the wallet does not have is owed.
        covered: so much of it is in any case, because the successor of the wallet pays it.
    """
    wallet, used = _wallet_of(hold), hold.redeemed_points
    posted = replace(hold, state=HoldState.POSTED, resolved_index=books.index)
    if hold.state is HoldState.PENDING:
        if wallet is not None:
            _post_held(books, wallet, hold)
        books.put_hold(posted)
        return
    posted = replace(posted, terms=text_of(_honour_uses(books, terms_of(hold))))
    if hold.wallet_id is None:
        books.put_hold(posted)
        return
    settle(books, hold.wallet_id, at_ms)
    owable = used if into_debt else covered
    borne = 0 if wallet is None else _post_late(books, wallet, used, owable)
    books.put_hold(replace(posted, shortfall_points=borne, owner_index=books.index))


def give_back(
    books: Books, hold: HoldRow, points: int, minor: int, lapse: tuple[int, int] | None
) -> None:
    """Give some of what a posted hold redeemed back into its lots; what was borne comes first.

    Args:
        books: where.
        hold: as it stands.
        points: of those redeemed.
        minor: the money that those stood for.
        lapse: now, and until when points can be spent that have lapsed by now; None for no such
            grace.
    """
    wallet = _wallet_of(hold)
    after = hold.given_back_points + points
    if wallet is not None:
        borne = min(after, hold.shortfall_points) - min(
            hold.given_back_points, hold.shortfall_points
        )
        redeemed = books.system(SystemAccount.REDEEMED, wallet)
        available = books.account(wallet, "available")
        books.transfer(redeemed, available, points - borne)
        books.transfer(redeemed, books.system(SystemAccount.SHORTFALL, wallet), borne)
        now_ms, until_ms = lapse or (None, 0)
        lost = books.heap.give_back(
            wallet, hold.owner_index, points - borne, lapsed_at_ms=now_ms, until_ms=until_ms
        )
        books.transfer(available, books.system(SystemAccount.EXPIRED, wallet), lost)
    given_minor = hold.given_back_minor + minor
    books.put_hold(replace(hold, given_back_points=after, given_back_minor=given_minor))


def give_uses_back(books: Books, hold: HoldRow) -> None:
    """Give back the limits and coupons of a hold that came to nothing, or was undone."""
    terms = terms_of(hold)
    for one in terms.uses:
        use(books, one.key, -one.amount)
    for coupon in terms.coupons:
        use_voucher(books, coupon.voucher_id, -coupon.times)


def _post_held(books: Books, wallet: WalletId, hold: HoldRow) -> None:
    held, used = books.account(wallet, "held"), hold.redeemed_points
    books.transfer(held, books.system(SystemAccount.REDEEMED, wallet), used)
    books.transfer(held, books.account(wallet, "available"), hold.points - used)
    if used < hold.points:
        books.heap.give_back(wallet, hold.owner_index, hold.points - used)


def _post_late(books: Books, wallet: WalletId, used: int, owable: int) -> int:
    """The till had given the discount: whoever has the points pays, and the rest is borne."""
    borne = used - sum(books.heap.take(wallet, used).values())
    owed = min(borne, owable)
    books.heap.owe(wallet, owed)
    borne -= owed
    redeemed = books.system(SystemAccount.REDEEMED, wallet)
    books.transfer(books.account(wallet, "available"), redeemed, used - borne)
    books.transfer(books.system(SystemAccount.SHORTFALL, wallet), redeemed, borne)
    return borne


def _honour_uses(books: Books, terms: Terms) -> Terms:
    """Count what a hold used that had freed itself; a coupon as far as somebody left it."""
    for one in terms.uses:
        use(books, one.key, one.amount)
    honoured: list[CouponUse] = []
    for coupon in terms.coupons:
        voucher = books.vouchers[coupon.voucher_id]
        left = 0 if voucher.revoked_index is not None else voucher.quantity - voucher.used
        times = min(coupon.times, left)
        use_voucher(books, coupon.voucher_id, times)
        honoured += [replace(coupon, times=times)] if times else []
    return replace(terms, coupons=tuple(honoured))


def _wallet_of(hold: HoldRow) -> WalletId | None:
    """What a hold holds something of; None where it holds nothing."""
    return hold.wallet_id if hold.points else None
