"""The six programmes by trade: each does on a basket what its guide says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.config_programme import parse_programme, programme_text
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.member_facts import MemberDate, MemberFacts
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.earning import EarningRule, Unit
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.tiers import TierLevel
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.difference import difference
from gateway.program.doubts import doubts
from gateway.program.earning import evaluate
from gateway.program.facts import Place
from gateway.program.linting.doubt import Severity
from gateway.program.local_time import place_at
from gateway.program.offers import is_held_out
from gateway.program.pricing import price
from gateway.program.rewards import Coupon, RewardAsk, RewardQuote, quote_reward
from gateway.program.stored import gift_card_load_refusal, quote_credit, top_up_refusal
from gateway.programme_file.trade import Trade, TradeCurrency, trade_text

EUR, IRR = TradeCurrency.EUR, TradeCurrency.IRR
SHOP = BranchId("shop")
MEMBER = MemberFacts(member_id=MemberId("0" * 32), purchases=5, visits=5)
BOTH = pytest.mark.parametrize("currency", TradeCurrency)


def programme(trade: Trade, currency: TradeCurrency = EUR) -> Programme:
    """A trade's programme."""
    return parse_programme(trade_text(trade, currency))


def basket(*lines: tuple[str, int, int], off_minor: int = 0) -> Sale:
    """A sale of lines, each a label, thousandths of a piece and what it costs."""
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=sum(amount for _, _, amount in lines) - off_minor,
        source=SaleSource.RECEIPT,
        profile="example",
        lines=tuple(
            SaleLine(label=label, quantity_milli=milli, amount_minor=amount)
            for label, milli, amount in lines
        ),
    )


def at(rules: Rules, moment: str, branch: str = "shop") -> Place:
    """A moment by the branch's own clock."""
    wall = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(rules.settings.zone))
    return place_at(rules.settings, BranchId(branch), round(wall.timestamp() * 1_000))


@BOTH
@pytest.mark.parametrize("trade", Trade)
def test_a_trades_programme_is_complete_and_beyond_doubt(
    trade: Trade, currency: TradeCurrency
) -> None:
    """It reads, writes and reads back, nothing of it is doubtful, and its placeholders are gone."""
    text = trade_text(trade, currency)
    made = parse_programme(text)
    assert parse_programme(programme_text(made)) == made
    assert made.currency.code == currency
    assert not {"<<", ">>"} & {text[at : at + 2] for at in range(len(text))}
    for today in (None, date(2027, 6, 15), date(2035, 1, 1)):
        found = doubts(made, today=today)
        assert [doubt for doubt in found if doubt.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("trade", Trade)
def test_both_currencies_are_the_same_programme(trade: Trade) -> None:
    """Only money, calendars, places, days and their names differ from country to country."""
    euros, rials = programme(trade, EUR), programme(trade, IRR)
    assert rials.rules.settings.zone == "Asia/Tehran"
    assert euros.rules.settings.zone == "Europe/Berlin"
    local = ("_minor", ".calendar", ".zone", "weekday", "weekdays", "threshold")
    for change in difference(euros, rials):
        named = change.path.startswith(("currency", "occasions.")) or "occasions" in change.path
        assert named or change.path.endswith((*local, "title_en", "title_fa")), change


@pytest.mark.parametrize("trade", Trade)
def test_everything_that_members_read_is_in_both_languages(trade: Trade) -> None:
    """Each rule, reward, offer and level has a name in English and one in Persian script."""
    rules = programme(trade).rules
    named: list[EarningRule | Reward | Offer | TierLevel] = []
    for group in (rules.earning, rules.rewards, rules.offers, rules.tiers.levels):
        named.extend(group)
    assert named
    for part in named:
        assert part.title_en, part.id
        assert part.title_en.isascii(), part.id
        assert part.title_fa, part.id
        assert not any(letter.isascii() and letter.isalpha() for letter in part.title_fa), part.id


@BOTH
def test_the_tenth_coffee_is_free(currency: TradeCurrency) -> None:
    """Nine coffees give nine stamps, which pay for the tenth; that one gives no stamp."""
    cafe = programme(Trade.CAFE_STAMP_CARD, currency)
    morning = at(cafe.rules, "2027-06-15 09:00")
    coffee = 300 if currency is EUR else 1_200_000
    bought = basket(("Cappuccino", 1_000, coffee), ("کیک قهوه", 1_000, coffee))
    assert evaluate(cafe, bought, MEMBER, morning).total(Unit.POINTS) == 1
    asked = RewardAsk(reward="free-coffee")
    enough = quote_reward(cafe, asked, balance_points=9, sale=bought, facts=MEMBER, place=morning)
    assert isinstance(enough, RewardQuote)
    assert (enough.points, enough.amount_minor, enough.lines) == (9, coffee, (coffee, 0))
    free = basket(("Cappuccino", 1_000, 0), ("کیک قهوه", 1_000, coffee))
    assert evaluate(cafe, free, MEMBER, morning).total(Unit.POINTS) == 0
    assert (
        quote_reward(cafe, asked, balance_points=8, sale=bought, facts=MEMBER, place=morning)
        is Reason.INSUFFICIENT_POINTS
    )


def test_quiet_afternoons_give_two_stamps() -> None:
    """From three to five on working days each coffee counts twice; Friday is none in Tehran."""
    coffee = basket(("Espresso", 2_000, 500))
    for currency, day, stamps in ((EUR, 18, 4), (IRR, 18, 2), (EUR, 19, 2), (IRR, 19, 4)):
        cafe = programme(Trade.CAFE_STAMP_CARD, currency)
        place = at(cafe.rules, f"2027-06-{day} 16:59")  # the 18th is a Friday
        assert evaluate(cafe, coffee, MEMBER, place).total(Unit.POINTS) == stamps
        place = at(cafe.rules, f"2027-06-{day} 17:00")
        assert evaluate(cafe, coffee, MEMBER, place).total(Unit.POINTS) == 2


@BOTH
def test_a_grocery_doubles_points_on_tuesdays_but_not_for_tobacco(currency: TradeCurrency) -> None:
    """What does not count lowers the points line by line, and no more than its own amount."""
    shop = programme(Trade.GROCERY_POINTS, currency)
    unit = 100 if currency is EUR else 100_000
    bought = basket(("Bread", 1_000, 12 * unit), ("Cigarettes", 1_000, 8 * unit))
    for day, points in (("2027-06-14", 12), ("2027-06-15", 24)):
        assert (
            evaluate(shop, bought, MEMBER, at(shop.rules, f"{day} 10:00")).total(Unit.POINTS)
            == points
        )
    persian = basket(("شیر", 1_000, 5 * unit), ("شارژ ایرانسل", 1_000, 50 * unit))
    award = evaluate(shop, persian, MEMBER, at(shop.rules, "2027-06-14 10:00")).awards[0]
    assert (award.source, award.amount, award.lines) == ("shopping", 5, (5, 0))


@BOTH
def test_a_boutique_rates_a_purchase_in_the_level_that_it_reaches(
    currency: TradeCurrency,
) -> None:
    """Silver earns half as much again and Gold twice as much, from the purchase on."""
    boutique = programme(Trade.BOUTIQUE_TIERS, currency)
    silver, gold = (level.threshold for level in boutique.rules.tiers.levels)
    place = at(boutique.rules, "2027-06-15 12:00")
    unit = 100 if currency is EUR else 100_000
    sale = basket(("Dress", 1_000, 100 * unit))
    for before, tier, points in (
        (0, None, 100),
        (silver - 100 * unit, "silver", 150),
        (gold - 100 * unit, "gold", 200),
    ):
        facts = replace(MEMBER, tier_basis=before)
        told = evaluate(boutique, sale, facts, place)
        assert (told.tier, told.total(Unit.POINTS)) == (tier, points)
        assert {award.pending_days for award in told.awards} == {14}


def test_a_boutiques_birthday_gift_is_for_levels_and_once_a_year() -> None:
    """Two weeks around the day, fifteen percent, at most sixty euros, and not a second time."""
    boutique = programme(Trade.BOUTIQUE_TIERS)
    place = at(boutique.rules, "2027-06-15 12:00")
    born = (MemberDate(month=6, day_of_month=22),)
    silver = replace(MEMBER, tier="silver", dates=born)
    sale = basket(("Coat", 1_000, 10_000))
    told = price(boutique, sale, silver, place)
    assert [(one.source, one.amount_minor) for one in told.discounts] == [("birthday", 1_500)]
    dear = price(boutique, basket(("Fur", 1_000, 90_000)), silver, place)
    assert dear.amount_minor == 6_000
    assert price(boutique, sale, replace(silver, tier=None), place).amount_minor == 0
    early = at(boutique.rules, "2027-06-14 12:00")
    assert price(boutique, sale, silver, early).amount_minor == 0
    (use,) = told.uses
    assert use.key.endswith("/2027")


def test_a_restaurant_knows_birthdays_of_both_calendars() -> None:
    """30 Esfand and 29 February fall on the month's last day; the dessert costs nothing then."""
    place_of = {"2027-03-20": (12, 30, CalendarKind.JALALI), "2027-02-28": (2, 29, None)}
    restaurant = programme(Trade.RESTAURANT_BIRTHDAY, IRR)
    dinner = basket(("Kebab", 1_000, 9_000_000), ("بستنی سنتی", 1_000, 2_000_000))
    for day, (month, of_month, calendar) in place_of.items():
        born = MemberDate(
            month=month, day_of_month=of_month, calendar=calendar or CalendarKind.GREGORIAN
        )
        facts = replace(MEMBER, dates=(born,))
        told = price(restaurant, dinner, facts, at(restaurant.rules, f"{day} 21:00"))
        assert [(one.source, one.lines) for one in told.discounts] == [
            ("birthday-dessert", (0, 2_000_000))
        ]
        later = price(restaurant, dinner, facts, at(restaurant.rules, "2027-03-25 21:00"))
        assert later.amount_minor == 0
    small = basket(("Ice cream", 1_000, 1_000_000))
    facts = replace(MEMBER, dates=(MemberDate(month=6, day_of_month=15),))
    assert price(restaurant, small, facts, at(restaurant.rules, "2027-06-15 21:00")).discounts == ()


def test_yalda_night_ends_after_midnight() -> None:
    """The feast is 30 Azar, until two in the morning of the next day, by either calendar's shop."""
    for currency, percent in ((EUR, 1_000), (IRR, 1_000)):
        restaurant = programme(Trade.RESTAURANT_BIRTHDAY, currency)
        offer = next(one for one in restaurant.rules.offers if one.id == "festive-evening")
        assert offer.gift.percent_bp == percent
        guest = next(
            replace(MEMBER, member_id=member)
            for number in range(100)
            if not is_held_out(offer, member := MemberId(f"{number:032x}"))
        )
        dinner = basket(("Dinner", 1_000, 10_000))
        for moment, off in (
            ("2027-12-21 17:59", 0),
            ("2027-12-21 20:00", 1_000),
            ("2027-12-22 01:59", 1_000),
            ("2027-12-22 02:00", 0),
            ("2027-12-22 20:00", 0),
        ):
            told = price(restaurant, dinner, guest, at(restaurant.rules, moment))
            assert told.amount_minor == off, moment


def test_a_first_visit_brings_a_coupon_and_an_anniversary_flowers() -> None:
    """The coupon is good for 45 days at a later visit; flowers are a benefit for the day."""
    restaurant = programme(Trade.RESTAURANT_BIRTHDAY)
    place = at(restaurant.rules, "2027-06-15 21:00")
    dinner = basket(("Dinner", 1_000, 10_000))
    first = evaluate(restaurant, dinner, replace(MEMBER, purchases=0, visits=0), place)
    assert [(one.kind, one.reward, one.valid_days) for one in first.vouchers] == [
        (GiftKind.COUPON, "next-visit", 45)
    ]
    assert evaluate(restaurant, dinner, MEMBER, place).vouchers == ()
    wed = replace(MEMBER, dates=(MemberDate(day="wedding", month=6, day_of_month=15),))
    (flowers,) = evaluate(restaurant, dinner, wed, place).vouchers
    assert (flowers.source, flowers.kind) == ("wedding-flowers", GiftKind.BENEFIT)
    coupon = Coupon(reward="next-visit", uses_left=1, member_id=MEMBER.member_id)
    ask = RewardAsk(reward="next-visit", coupon=coupon)
    quote = quote_reward(restaurant, ask, balance_points=0, sale=dinner, facts=MEMBER, place=place)
    assert isinstance(quote, RewardQuote)
    assert (quote.points, quote.amount_minor) == (0, 1_000)


def test_petrol_earns_by_the_litre_and_by_the_branch() -> None:
    """Whole litres count; shop goods by amount; only the city doubles, and only before eight."""
    petrol = programme(Trade.PETROL_BRANCHES)
    fill = basket(
        ("Super E10", 42_700, 7_500), ("Chocolate", 1_000, 350), ("Cigarettes", 1_000, 900)
    )
    for branch, moment, points in (
        ("highway", "2027-06-15 07:00", 42 + 3),
        ("city", "2027-06-15 07:59", 2 * (42 + 3)),
        ("city", "2027-06-15 08:00", 42 + 3),
    ):
        told = evaluate(petrol, fill, MEMBER, at(petrol.rules, moment, branch))
        assert told.total(Unit.POINTS) == points


def test_petrol_rewards_name_who_bears_them() -> None:
    """The wash is the partner's and only where the wash is; the coffee is the highway's own."""
    petrol = programme(Trade.PETROL_BRANCHES)
    wash = basket(("Car wash premium", 1_000, 1_400))
    ask = RewardAsk(reward="car-wash")
    highway = at(petrol.rules, "2027-06-15 12:00", "highway")
    city = at(petrol.rules, "2027-06-15 12:00", "city")
    quote = quote_reward(petrol, ask, balance_points=400, sale=wash, facts=MEMBER, place=highway)
    assert isinstance(quote, RewardQuote)
    assert (quote.points, quote.amount_minor, quote.funder) == (400, 1_200, "sparkle-wash")
    elsewhere = quote_reward(petrol, ask, balance_points=400, sale=wash, facts=MEMBER, place=city)
    assert elsewhere is Reason.REWARD_NOT_AVAILABLE
    full = basket(("Diesel", 40_000, 7_000), ("Coffee", 1_000, 300))
    told = price(petrol, full, MEMBER, highway)
    assert [(one.source, one.lines, one.funder) for one in told.discounts] == [
        ("full-tank-coffee", (0, 300), "highway")
    ]
    assert {use.amount for use in told.uses} == {1}
    assert price(petrol, full, MEMBER, city).amount_minor == 0
    part = basket(("Diesel", 39_900, 7_000), ("Coffee", 1_000, 300))
    assert price(petrol, part, MEMBER, highway).amount_minor == 0


def test_the_highways_day_ends_with_the_night_shift() -> None:
    """Five in the morning belongs to the day before on the highway, and to the day in the city."""
    rules = programme(Trade.PETROL_BRANCHES).rules
    assert at(rules, "2027-06-15 05:00", "highway").business_day == date(2027, 6, 14)
    assert at(rules, "2027-06-15 05:00", "city").business_day == date(2027, 6, 15)


@BOTH
def test_cash_back_is_three_percent_and_six_on_the_feast(currency: TradeCurrency) -> None:
    """Credit comes in the smallest unit, waits two weeks, and is doubled on the day of gifts."""
    shop = programme(Trade.GIFT_CARDS, currency)
    feast = "2027-12-06" if currency is EUR else "2027-03-21"
    sale = basket(("Lamp", 1_000, 12_345))
    for day, credit in (("2027-06-15", 369), (feast, 738)):
        told = evaluate(shop, sale, MEMBER, at(shop.rules, f"{day} 12:00"))
        assert (told.total(Unit.CREDIT), told.total(Unit.POINTS)) == (credit, 0)
    award = evaluate(shop, sale, MEMBER, at(shop.rules, "2027-06-15 12:00")).awards[0]
    assert (award.pending_days, award.expiry.count) == (14, 6)


@BOTH
def test_stored_money_pays_all_and_has_its_bounds(currency: TradeCurrency) -> None:
    """A sale can be paid with credit whole; what is paid in and issued is neither tiny nor huge."""
    shop = programme(Trade.GIFT_CARDS, currency)
    paid = quote_credit(
        shop, asked_minor=5_000, balance_minor=9_000, sale_total_minor=5_000, due_minor=5_000
    )
    assert paid == 5_000
    least = shop.rules.credit.top_up_minimum_minor
    cards = shop.rules.gift_cards
    assert top_up_refusal(shop, amount_minor=least, balance_minor=0) is None
    assert top_up_refusal(shop, amount_minor=least - 1, balance_minor=0) is not None
    for amount, refused in (
        (cards.minimum_minor - 1, True),
        (cards.minimum_minor, False),
        (cards.maximum_minor, False),
        (cards.maximum_minor + 1, True),
    ):
        told = gift_card_load_refusal(shop, None, amount_minor=amount, at_ms=0)
        assert (told is not None) is refused
