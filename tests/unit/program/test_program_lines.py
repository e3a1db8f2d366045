"""Which lines of a sale count, and how much of it they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX
from gateway.model.ids import SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.condition import TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, ItemFilter, ItemSet
from gateway.model.rules.settings import Settings
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.earn import earning_base_minor
from gateway.program.lines import (
    EVERYTHING,
    ById,
    allocate,
    basket,
    counted_minor,
    matching_lines,
    pieces,
    rounded,
)

_AFTER, _BEFORE = TaxBasis.AFTER_TAX, TaxBasis.BEFORE_TAX
_FOOD = ItemFilter(only=ItemSet(categories=("food",)))
_ALL = ItemFilter()


def _rules(*filters: ItemFilter, settings: Settings | None = None) -> Rules:
    """Rules whose filters the index holds."""
    earning = tuple(
        EarningRule(id=f"r{at}", kind=EarningKind.FIXED, points=1, items=items)
        for at, items in enumerate(filters)
    )
    food = Category(id="food", items=ItemSet(skus=("f1", "f2"), label_words=("bread",)))
    return Rules(categories=(food,), earning=earning, settings=settings or Settings())


def _programme(rules: Rules, *, points_earn: bool = False) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=rules,
        redeemed_amount_earns=points_earn,
    )


def _line(
    label: str, amount_minor: int, sku: str | None = None, quantity_milli: int = 1_000
) -> SaleLine:
    return SaleLine(label=label, quantity_milli=quantity_milli, amount_minor=amount_minor, sku=sku)


def _sale(*lines: SaleLine, total_minor: int | None = None, tax_minor: int | None = None) -> Sale:
    total = sum(line.amount_minor for line in lines) if total_minor is None else total_minor
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
        tax_minor=tax_minor,
    )


def _points(sale: Sale, amount_minor: int) -> Sale:
    return replace(sale, tenders=(Tender(kind=TenderKind.POINTS, amount_minor=amount_minor),))


@pytest.mark.parametrize(
    ("only", "without", "lines"),
    [
        (ItemSet(), ItemSet(), (0, 1, 2, 3)),
        (ItemSet(skus=("f1",)), ItemSet(), (0,)),
        (ItemSet(categories=("food",)), ItemSet(), (0, 1)),
        (ItemSet(label_words=("TEA",)), ItemSet(), (2,)),
        (ItemSet(), ItemSet(categories=("food",)), (2, 3)),
        (ItemSet(categories=("food",)), ItemSet(label_words=("bread",)), (0,)),
        (ItemSet(skus=("f1",), label_words=("tea",)), ItemSet(), (0, 2)),
        (ItemSet(skus=("none",)), ItemSet(), ()),
        (ItemSet(skus=("f1",)), ItemSet(categories=("food",)), ()),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_filter_lets_lines_through(
    only: ItemSet, without: ItemSet, lines: tuple[int, ...], *, known: bool
) -> None:
    """Numbers, categories and words count, less what is left out; also for a filter tried out."""
    items = ItemFilter(only=only, without=without)
    sale = _sale(
        _line("Cheese", 10, "f1"), _line("rye BREAD", 20), _line("Green Tea", 30), _line("Pen", 40)
    )
    rules = _rules(items) if known else _rules()
    assert matching_lines(rules, items, sale) == lines


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("چای", "چاي سبز"),
        ("کیک", "كيك شکلاتی"),
        ("می‌خوش", "ترشی میخوش"),
        ("straße", "STRASSE 5"),
        ("ｔｅａ", "Green tea"),
    ],
)
def test_words_are_found_in_either_spelling(word: str, label: str) -> None:
    """A till's Arabic code points, joiners, case and width do not keep a word from being found."""
    items = ItemFilter(only=ItemSet(label_words=(word,)))
    assert matching_lines(_rules(items), items, _sale(_line(label, 1))) == (0,)


def test_a_word_of_nothing_names_nothing() -> None:
    """A word that is only a stretched line or a joiner does not name every article."""
    items = ItemFilter(only=ItemSet(label_words=("ـ", "\u200c")))
    assert matching_lines(_rules(items), items, _sale(_line("tea", 1))) == ()


def test_equal_programmes_do_not_share_what_differs() -> None:
    """What is kept by a programme's own object is not mixed up with another programme's."""
    items = ItemFilter(only=ItemSet(categories=("food",)))
    sale = _sale(_line("x", 1, "f1"))
    other = replace(_rules(items), categories=(Category(id="food", items=ItemSet(skus=("x",))),))
    assert matching_lines(_rules(items), items, sale) == (0,)
    assert matching_lines(other, items, sale) == ()
    assert ById(sale) != ById(replace(sale))
    assert ById(sale) == ById(sale)


def test_the_whole_sale_counts_where_nothing_is_filtered() -> None:
    """Without a filter the total counts: without lines, and with lines that do not add up."""
    rules = _rules(_FOOD)
    keyed = _sale(total_minor=500)
    odd = _sale(_line("x", 123), total_minor=500)
    for sale in (keyed, odd):
        assert counted_minor(_programme(rules), _ALL, _AFTER, sale) == 500
    assert counted_minor(_programme(rules), _FOOD, _AFTER, keyed) == 0
    assert basket(rules, keyed).mask(_ALL) == EVERYTHING


@pytest.mark.parametrize(
    ("total_minor", "discount_minor", "tax_minor", "counted"),
    [
        (300, None, None, 100),
        # 10 % off the whole sale lowers its lines alike.
        (270, 30, None, 90),
        (270, None, None, 90),
        # Tax that the till adds at the end: the lines are net, and rise with the total.
        (360, None, 60, 120),
        (324, 30, 54, 108),
        # Lines are missing: what is there counts as it stands.
        (500, None, None, 100),
        (500, None, 20, 100),
        (0, 300, None, 0),
    ],
)
def test_lines_have_their_share_of_the_total(
    total_minor: int, discount_minor: int | None, tax_minor: int | None, counted: int
) -> None:
    """Whatever was taken off or added for the whole sale is shared by its lines."""
    sale = _sale(_line("bread", 100), _line("pen", 200), total_minor=total_minor)
    sale = replace(sale, discount_minor=discount_minor, tax_minor=tax_minor)
    assert counted_minor(_programme(_rules(_FOOD)), _FOOD, _AFTER, sale) == counted


def test_a_discount_printed_as_a_line_lowers_the_base() -> None:
    """A line below zero that belongs to no filter never lets the others count above the total."""
    sale = _sale(_line("bread", 10_000), _line("coupon", -9_000))
    programme = _programme(_rules(_FOOD))
    assert counted_minor(programme, _FOOD, _AFTER, sale) == 1_000
    returned = _sale(_line("bread", 300), _line("bread", -100), _line("pen", 500))
    assert counted_minor(programme, _FOOD, _AFTER, returned) == 200
    more = _sale(_line("bread", -100), _line("pen", 500))
    assert counted_minor(programme, _FOOD, _AFTER, more) == 0


def test_tenders_do_not_lower_what_counts_but_points_do() -> None:
    """The part paid with points is taken off all lines alike, unless it earns."""
    sale = _points(_sale(_line("bread", 100), _line("pen", 300)), 100)
    rules = _rules(_FOOD)
    assert counted_minor(_programme(rules), _ALL, _AFTER, sale) == 300
    assert counted_minor(_programme(rules), _FOOD, _AFTER, sale) == 75
    earning = _programme(rules, points_earn=True)
    assert counted_minor(earning, _FOOD, _AFTER, sale) == 100
    gift = replace(sale, tenders=(Tender(kind=TenderKind.GIFT_CARD, amount_minor=100),))
    assert counted_minor(_programme(rules), _FOOD, _AFTER, gift) == 100


def test_tax_told_by_the_till_is_taken_off_alike() -> None:
    """Of the tax in the total every line, and what points did not pay, holds its share."""
    sale = _sale(_line("bread", 1_150), _line("pen", 2_300), tax_minor=450)
    programme = _programme(_rules(_FOOD))
    assert counted_minor(programme, _ALL, _BEFORE, sale) == 3_000
    assert counted_minor(programme, _FOOD, _BEFORE, sale) == 1_000
    assert counted_minor(programme, _ALL, _BEFORE, _points(sale, 1_150)) == 2_000
    assert counted_minor(programme, _ALL, _BEFORE, replace(sale, tax_minor=9_999)) == 0


def test_net_lines_count_as_they_stand_before_tax() -> None:
    """Where the till adds the tax at the end, the lines without it are what they say."""
    sale = _sale(_line("bread", 100), _line("pen", 200), total_minor=327, tax_minor=27)
    programme = _programme(_rules(_FOOD))
    assert counted_minor(programme, _FOOD, _BEFORE, sale) == 100
    assert counted_minor(programme, _FOOD, _AFTER, sale) == 109


@given(net_minor=st.integers(0, 10**15), rate_bp=st.integers(0, 10_000))
def test_an_assumed_tax_finds_the_price_before_it(net_minor: int, rate_bp: int) -> None:
    """A price to which the assumed tax was added and rounded is found again exactly."""
    gross = rounded(net_minor * (10_000 + rate_bp), 10_000, Rounding.NEAREST)
    programme = _programme(_rules(settings=Settings(assumed_tax_bp=rate_bp)))
    assert counted_minor(programme, _ALL, _BEFORE, _sale(total_minor=gross)) == net_minor
    assert counted_minor(programme, _ALL, _AFTER, _sale(total_minor=gross)) == gross


_AMOUNTS = st.integers(-(10**9), 10**12)
_SALES = st.builds(
    lambda lines, total, tax, points: _points(
        _sale(*lines, total_minor=total, tax_minor=tax), points
    ),
    st.lists(
        st.builds(
            _line, st.sampled_from(["bread", "pen"]), _AMOUNTS, st.sampled_from([None, "f1"])
        ),
        max_size=8,
    ),
    st.integers(0, I63_MAX),
    st.none() | st.integers(0, I63_MAX),
    st.integers(0, I63_MAX),
)


@given(sale=_SALES, basis=st.sampled_from(TaxBasis))
def test_a_part_never_counts_for_more_than_the_whole(sale: Sale, basis: TaxBasis) -> None:
    """Whatever a till says, lines count for nothing below zero and nothing above the sale."""
    programme = _programme(_rules(_FOOD))
    whole = counted_minor(programme, _ALL, basis, sale)
    assert 0 <= counted_minor(programme, _FOOD, basis, sale) <= whole
    assert whole <= earning_base_minor(programme, sale)


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        ([("bread", 100, 3_000)], 3),
        ([("bread", 100, 500), ("bread", 100, 500)], 0),
        ([("bread", 100, 2_900)], 2),
        ([("bread", 100, 3_000), ("bread", -30, 1_000)], 2),
        ([("bread", -30, 1_000)], 0),
        ([("bread", 0, 1_000), ("bread", 5, 1_000), ("pen", 5, 7_000)], 1),
    ],
)
def test_whole_pieces_are_counted(lines: list[tuple[str, int, int]], counted: int) -> None:
    """Parts of pieces, returned ones and free ones are no pieces."""
    sale = _sale(
        *(_line(label, amount, quantity_milli=quantity) for label, amount, quantity in lines),
        total_minor=100,
    )
    assert pieces(_rules(_FOOD), _FOOD, sale) == counted


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, (1, 1, 1), (4, 3, 3)),
        (2, (1, 1, 1), (1, 1, 0)),
        (5, (0, 1, 0), (0, 5, 0)),
        (5, (3, -3, 2), (3, 0, 2)),
        (7, (0, 0), (4, 3)),
        (0, (), ()),
        (9, (-1,), (9,)),
        (100, (333, 333, 334), (33, 33, 34)),
    ],
)
def test_a_total_is_split_to_the_last_unit(
    total: int, weights: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    """The largest remainders come first, of equal ones the first; what is below zero gets none."""
    assert allocate(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, ()), (-1, (1,))])
def test_what_cannot_be_split_is_a_fault(total: int, weights: tuple[int, ...]) -> None:
    """Nobody to give to, or less than nothing to give, is a mistake of the caller's."""
    with pytest.raises(ValueRangeError, match="cannot be split"):
        allocate(total, weights)


@given(total=st.integers(0, I63_MAX), weights=st.lists(st.integers(-10, I63_MAX), min_size=1))
def test_parts_add_up_and_are_fair(total: int, weights: list[int]) -> None:
    """Parts add up exactly, and none is a whole unit away from its exact share."""
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0
    whole = sum(max(weight, 0) for weight in weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - total * max(weight, 0)) < whole


@pytest.mark.parametrize(
    ("rounding", "results"),
    [(Rounding.FLOOR, [1, 1, 1]), (Rounding.NEAREST, [1, 2, 2]), (Rounding.CEILING, [2, 2, 2])],
)
def test_fractions_are_rounded_as_asked(rounding: Rounding, results: list[int]) -> None:
    """Down, to the nearest with a half up, or up; whole numbers stay."""
    assert [rounded(value, 100, rounding) for value in (149, 150, 151)] == results
    assert rounded(200, 100, rounding) == 2
