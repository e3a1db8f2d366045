"""The exploits are real: each of them works as soon as the writer makes the obvious mistake.

For every test in ``test_writer_rules_exploits`` there is the code that a shop's programmer would
write first. With it in place the test must fail, and the mistaken code must have been run.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.errors import MohrError
from gateway.ledger.kinds import PostingKind
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.posting import Posting
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.returns import RefundBasis
from gateway.model.sale import Sale
from gateway.model.transaction import Kind
from gateway.program.goods_back import GoodsBack
from gateway.writer.bench import Bench, Case, Outcome
from gateway.writer.members import open_member
from gateway.writer.rating import place_of
from simulators.rules_shop import Purse

Function = Callable[..., Any]
Variant = Callable[[Function], Function]

_EXPLOITS: Final = Path(__file__).with_name("test_writer_rules_exploits.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Wrong code.

    Attributes:
        exploit: the test that must notice it, without ``test_``.
        where: what it takes the place of, ``module:name`` or ``module:Class.name``.
        variant: takes the true function and gives the wrong one.
        thought: what its author thought.
        item: what stands for it where it is an item of a mapping.
        case: what the test is called with beside its store.
    """

    exploit: str
    where: str
    variant: Variant
    thought: str
    item: object = None
    case: Mapping[str, object] = field(default_factory=dict)


def _always(answer: object) -> Variant:
    return lambda _true: lambda *_arguments, **_named: answer


_left_out: Final = _always(None)


def _not_debited(_true: Function) -> Function:
    return lambda posting, hold, _points=None: posting.release(hold)


def _none_came_back_before(true: Function) -> Function:
    def returned_so_far(*arguments: object) -> object:
        _goods, clawed = true(*arguments)
        return GoodsBack(), (0,) * len(clawed)

    return returned_so_far


def _held_counts_as_there(_true: Function) -> Function:
    return lambda _book, wallet, _now_ms: wallet.available + wallet.held


def _always_a_new_member(_true: Function) -> Function:
    def judge_enrol(bench: Bench, case: Case, posting: Posting) -> Outcome:
        card, rules = case.transaction.card, bench.rules_for(case.transaction.time)
        assert card is not None
        assert rules is not None
        place = place_of(bench, rules, case.branch, case.transaction.time)
        member_id = open_member(bench, card, posting, rules, place)
        return Outcome(status=Status.APPLIED, posting=PostingKind.ENROL, member_id=member_id)

    return judge_enrol


def _everything_earns(_true: Function) -> Function:
    def earning_base_minor(_programme: Programme, sale: Sale) -> int:
        return sale.total_minor

    return earning_base_minor


def _each_part_by_itself(_true: Function) -> Function:
    def part(redeemed: int, _given_before: int, paid: Any) -> int:  # noqa: ANN401 - private there
        return int(redeemed * (paid.after_minor - paid.before_minor) // paid.total_minor)

    return part


def _always_in_debt(true: Function) -> Function:
    def claw_unit(bench: object, posting: object, rules: Programme, *rest: object) -> None:
        true(bench, posting, replace(rules, refund=RefundPolicy.ALLOW_NEGATIVE), *rest)

    return claw_unit


def _points_only(true: Function) -> Function:
    def claw(*arguments: Any) -> None:  # noqa: ANN401 - handed on
        bench, posting, rules, whose, amounts, *lots = arguments
        true(bench, posting, rules, whose, {Unit.POINTS: amounts[Unit.POINTS]}, *lots)

    return claw


def _as_a_fresh_lot(true: Function) -> Function:
    def reopen(posting: Any, lot: Any, lapse: object) -> None:  # noqa: ANN401 - handed on
        true(posting, lot, lapse)
        book = posting._book
        fresh = replace(book.lots.require(lot.lot_id), expires_at_ms=None)
        book.lots.replace(fresh)

    return reopen


_SALES: Final = "gateway.writer.judge_sales"
_RETURNS: Final = "gateway.writer.judge_returns"
_GIVING: Final = "gateway.writer.giving_back"
_TAKING: Final = "gateway.writer.taking_back"

WRONG: Final = (
    Wrong(
        thought="A refund is about money; the points were a gift.",
        exploit="buying_and_returning_a_hundred_times_gains_nothing",
        where=f"{_RETURNS}:take_back",
        variant=_always((None, ())),
    ),
    Wrong(
        thought="What was paid with points is gone.",
        exploit="a_refund_gives_spent_points_back_and_takes_none",
        where=f"{_RETURNS}:give_back",
        variant=_left_out,
    ),
    Wrong(
        thought="Each return is judged against the whole sale.",
        exploit="the_same_goods_come_back_once",
        where=f"{_RETURNS}:_returned_so_far",
        variant=_none_came_back_before,
    ),
    Wrong(
        thought="The discount is given; somebody else will write the debit.",
        exploit="points_earned_here_and_spent_there_are_spent",
        where="gateway.ledger.posting_holds:PostingHolds.redeem",
        variant=_not_debited,
    ),
    Wrong(
        thought="A number that the till made up is enough to know a sale by.",
        exploit="retries_double_nothing",
        where=f"{_SALES}:_objection",
        variant=_always(Reason.NONE),
    ),
    Wrong(
        thought="Another message is another return.",
        exploit="the_same_return_paper_counts_once",
        where="gateway.ledger.book:Book.knows_return",
        variant=_always(False),
    ),
    Wrong(
        thought="What is reserved is still the customer's.",
        exploit="two_checkouts_at_once_spend_points_once",
        where="gateway.writer.reserving:spendable",
        variant=_held_counts_as_there,
        case={"batches": 2},
    ),
    Wrong(
        thought="Whoever enrols is new.",
        exploit="one_person_at_two_tills_is_one_member",
        where="gateway.writer.judge:_JUDGES",
        item=Kind.ENROL,
        variant=_always_a_new_member,
    ),
    Wrong(
        thought="The total is the total, however it was paid.",
        exploit="what_points_paid_earns_nothing",
        where="gateway.program.lines:earning_base_minor",
        variant=_everything_earns,
    ),
    Wrong(
        thought="A third of three is one, each time.",
        exploit="three_thirds_are_the_whole",
        where=f"{_GIVING}:_part",
        variant=_each_part_by_itself,
        case={"basis": RefundBasis.PRO_RATA},
    ),
    Wrong(
        thought="What is owed is owed, whatever the owner chose.",
        exploit="a_clawback_goes_as_far_as_the_policy",
        where="gateway.writer.clawing:_claw_unit",
        variant=_always_in_debt,
        case={"refund": RefundPolicy.CLAMP, "only_pending": False, "left": Purse()},
    ),
    Wrong(
        thought="A refund takes points back.",
        exploit="points_and_credit_are_owed_at_once",
        where=f"{_TAKING}:claw",
        variant=_points_only,
    ),
    Wrong(
        thought="Points that come back are new points.",
        exploit="returned_points_keep_their_last_day",
        where="gateway.ledger.posting_lots:PostingLots._reopen",
        variant=_as_a_fresh_lot,
    ),
    Wrong(
        thought="The lot has its day; nobody said that it could be another.",
        exploit="points_that_lapsed_while_spent_come_back_for_the_grace",
        where=f"{_GIVING}:_lapse",
        variant=_left_out,
        case={"grace_days": 2, "left": 100},
    ),
    Wrong(
        thought="Coupons live somewhere else.",
        exploit="a_coupon_goes_back_with_the_sale_that_gave_it",
        where=f"{_TAKING}:_revoke",
        variant=_left_out,
    ),
    Wrong(
        thought="An offer that was had was had.",
        exploit="a_returned_offer_can_be_had_again",
        where=f"{_GIVING}:give_uses_back",
        variant=_left_out,
    ),
    Wrong(
        thought="The points come back; the credit they bought was paid for.",
        exploit="points_cannot_be_laundered_into_credit",
        where=f"{_GIVING}:_take_gift_back",
        variant=_left_out,
    ),
    Wrong(
        thought="The sale is the customer's, and so is its return.",
        exploit="a_referral_is_no_gift_for_a_returned_purchase",
        where=f"{_TAKING}:_take_from_referrer",
        variant=_left_out,
        case={"earn_points": 1},
    ),
    Wrong(
        thought="A return comes after its sale.",
        exploit="goods_that_came_back_before_their_sale_was_told_earn_nothing",
        where=f"{_SALES}:take_back_early",
        variant=_left_out,
    ),
)


def _exploits() -> dict[str, Function]:
    spec = importlib.util.spec_from_file_location("exploits_to_try", _EXPLOITS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = inspect.getmembers(module, inspect.isfunction)
    return {name.removeprefix("test_"): test for name, test in tests if name.startswith("test_")}


def test_every_exploit_is_tried_with_wrong_code() -> None:
    """No exploit's test is left without the code that it fails on."""
    assert {one.exploit for one in WRONG} == set(_exploits())


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.exploit)
def test_an_exploit_works_on_the_obvious_wrong_code(
    wrong: Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exploit's test passes on the true code, and fails as soon as the wrong code runs."""
    exploit = _exploits()[wrong.exploit]
    case = dict(wrong.case)
    exploit(MemoryLedgerStore(), **case)
    module, _, path = wrong.where.partition(":")
    *owners, name = path.split(".")
    owner: object = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    true = vars(owner)[name] if wrong.item is None else vars(owner)[name][wrong.item]
    runs: list[str] = []
    variant = wrong.variant(true)

    @wraps(true)
    def wrong_code(*arguments: object, **named: object) -> object:
        runs.append(name)
        return variant(*arguments, **named)

    if wrong.item is None:
        monkeypatch.setattr(owner, name, wrong_code)
    else:
        monkeypatch.setitem(vars(owner)[name], wrong.item, wrong_code)
    with pytest.raises((AssertionError, MohrError)):
        exploit(MemoryLedgerStore(), **case)
    assert runs
