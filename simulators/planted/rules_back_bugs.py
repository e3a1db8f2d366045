"""Mistakes in what rules let people reserve, and in what comes back with goods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gateway.ledger.book import Book
from gateway.ledger.book_members import MemberBook
from gateway.ledger.posting import Posting
from gateway.ledger.posting_holds import PostingHolds
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_sales import SaleLoad, SaleRow
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.programme import Programme
from gateway.program.goods_back import GoodsBack
from gateway.program.still_due import Reserved
from gateway.writer.bench import Bench
from gateway.writer.original import Original
from gateway.writer.reserving import _Ask
from gateway.writer.taking_back import SaleReturn
from simulators.planted.bug import Checker, Part, plant

# -- reservations -----------------------------------------------------------------------------


@plant(
    "partial-post-keeps-the-rest",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.posting_holds:PostingHolds.redeem",
)
def partial_post_keeps_the_rest(original: Callable[..., None]) -> Callable[..., None]:
    """Of a reservation that is used in part, all is taken."""

    def redeem(self: PostingHolds, hold: HoldRow, points: int | None = None) -> None:
        del points
        original(self, hold)

    return redeem


@plant(
    "coupon-used-twice",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.book_members:MemberBook.use_voucher",
)
def coupon_used_twice(_original: object) -> Callable[[MemberBook, int, int], None]:
    """That a coupon is used is not counted, so that it can be used again."""

    def use_voucher(self: MemberBook, voucher_id: int, times: int) -> None:  # noqa: ARG001 - as the true one
        return

    return use_voucher


@plant(
    "sale-paid-twice",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.reserving:_reserved",
)
def sale_paid_twice(original: Callable[[HoldRow], Reserved]) -> Callable[[HoldRow], Reserved]:
    """What is held for a sale already leaves as much of it to pay as before."""

    def _reserved(hold: HoldRow) -> Reserved:
        return replace(original(hold), amount_minor=0)

    return _reserved


@plant(
    "usage-not-given-back",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_holds:give_uses_back",
    home="gateway.writer.hold_terms",
)
def usage_not_given_back(_original: object) -> Callable[[Book, HoldRow], None]:
    """A reservation that came to nothing keeps the limits and coupons that it used."""

    def give_uses_back(book: Book, hold: HoldRow) -> None:  # noqa: ARG001 - as the true one
        return

    return give_uses_back


@plant(
    "reward-taken-too-often",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.reserving:_times_taken",
)
def reward_taken_too_often(_original: object) -> Callable[[_Ask], int]:
    """How often a reward was taken on a sale already is not looked at."""

    def _times_taken(ask: _Ask) -> int:  # noqa: ARG001 - as the true one
        return 0

    return _times_taken


# -- returns ----------------------------------------------------------------------------------


@plant(
    "clawback-forgets-earlier",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_returns:_returned_so_far",
)
def clawback_forgets_earlier(original: Callable[..., Any]) -> Callable[..., Any]:
    """A second return of a sale takes back what the first one took back already."""

    def _returned_so_far(
        bench: Bench, sale: SaleRow, original: Original
    ) -> tuple[GoodsBack, tuple[int, ...]]:
        before, clawed = true_so_far(bench, sale, original)
        return before, (0,) * len(clawed)

    true_so_far = original
    return _returned_so_far


@plant(
    "same-paper-returned-twice",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.book:Book.knows_return",
)
def same_paper_returned_twice(_original: object) -> Callable[[Book, BranchId, SaleKey], bool]:
    """Nobody looks whether a return of this name was booked before."""

    def knows_return(self: Book, branch: BranchId, key: SaleKey) -> bool:  # noqa: ARG001 - as the true one
        return False

    return knows_return


@plant(
    "returned-too-late",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_returns:_too_late",
)
def returned_too_late(_original: object) -> Callable[..., None]:
    """Goods are taken back however long ago they were sold."""

    def _too_late(bench: Bench, case: object, original: Original) -> None:  # noqa: ARG001 - as the true one
        return None

    return _too_late


@plant(
    "gift-of-reward-kept",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.giving_back:_take_gift_back",
)
def gift_of_reward_kept(_original: object) -> Callable[..., None]:
    """A return gives a reward's price back and leaves what the reward had brought."""

    def _take_gift_back(
        bench: Bench,  # noqa: ARG001 - as the true one
        posting: Posting,  # noqa: ARG001
        rules: Programme,  # noqa: ARG001
        back: SaleReturn,  # noqa: ARG001
        changed: tuple[HoldRow, HoldRow],  # noqa: ARG001
    ) -> None:
        return

    return _take_gift_back


@plant(
    "sold-gift-card-stays-full",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.sold_cards:_pay_out",
)
def sold_gift_card_stays_full(_original: object) -> Callable[..., None]:
    """A sale comes back, and the gift card that was sold in it keeps its money."""

    def _pay_out(
        bench: Bench,  # noqa: ARG001 - as the true one
        posting: Posting,  # noqa: ARG001
        rules: Programme,  # noqa: ARG001
        load: SaleLoad,  # noqa: ARG001
        amount_minor: int,  # noqa: ARG001
    ) -> None:
        return

    return _pay_out


@plant(
    "standing-never-lowered",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.taking_back:_lower_standing",
)
def standing_never_lowered(_original: object) -> Callable[..., None]:
    """A sale that came back still counts towards a level."""

    def _lower_standing(
        bench: Bench,  # noqa: ARG001 - as the true one
        rules: Programme,  # noqa: ARG001
        member_id: MemberId,  # noqa: ARG001
        back: object,  # noqa: ARG001
        points: int,  # noqa: ARG001
    ) -> None:
        return

    return _lower_standing
