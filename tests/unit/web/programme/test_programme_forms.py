"""The draft's forms: what they show they keep, and what is wrong stands where it was typed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gateway.config_programme import default_programme
from gateway.model.rules.caps import Cap, CapMeasure, CapPeriod
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.scope import Hours, Weekday
from simulators.furnished.programme import rich_programme
from web_admin.programme.editing import LISTINGS, SINGLES

if TYPE_CHECKING:
    from tests.unit.web.programme.conftest import Shop

RICH = rich_programme(default_programme("IRR"))
ITEMS = [
    f"{group}/{listing.name_of(item)}"
    for group, listing in LISTINGS.items()
    for item in listing.items(RICH)
]
KINDS = [
    f"{group}?kind={kind.key}" for group, listing in LISTINGS.items() for kind in listing.kinds
]


def test_what_is_saved_unchanged_stays_as_it_is(shop: Shop) -> None:
    """What a form shows of a part, a rule, an offer or a level is all that it keeps of it."""
    shop.begin()
    for path in (*(f"parts/{part}" for part in SINGLES), *(f"lists/{item}" for item in ITEMS)):
        assert shop.send(f"/programme/draft/{path}").status_code == 303, path
        assert shop.drafted() == RICH, path


def test_every_kind_can_be_added(shop: Shop) -> None:
    """A new one takes what its form shows at first; only goods must be said by whoever adds it."""
    shop.begin()
    for kind in KINDS:
        goods = {"gift__items__only__skus": "17"} if "free" in kind or "price" in kind else {}
        known = shop.drafted()
        assert shop.send(f"/programme/draft/lists/{kind}", **goods).status_code == 303, kind
        group = kind.partition("?")[0]
        listing = LISTINGS[group]
        new = listing.items(shop.drafted())[-1]
        assert listing.find(known, listing.name_of(new)) is None
        assert listing.name_of(new).startswith(f"{listing.stem}-")
        # Without words of its own it is found and opened like any other.
        assert shop.form(f"/programme/draft/lists/{group}/{new.id}")


def test_numbers_are_typed_as_people_write_them(shop: Shop) -> None:
    """Tomans, Persian digits, a Jalali day, hours past midnight, a limit in the shop's money."""
    shop.begin()
    path = "/programme/draft/lists/earning/cash-back"
    answer = shop.send(
        path,
        points="۱٬۲۰۰ تومان",
        when__window__first_day="۱۴۰۶/۰۱/۰۱",
        when__window__hours="۱۷:۰۰ تا ۲۰:۰۰، 22:00-2:00",
        when__window__weekdays="friday",
        caps__1__limit="۵۰٬۰۰۰",
        caps__1__measure="points",
        caps__1__period="week",
        title_fa="بازگشت  نقدی",
    )
    assert answer.status_code == 303
    rule = LISTINGS["earning"].find(shop.drafted(), "cash-back")
    assert rule is not None
    assert rule.points == 12_000
    assert rule.when.window.first_day == date(2027, 3, 21)
    assert rule.when.window.weekdays == (Weekday.FRIDAY,)
    assert rule.when.window.hours == (
        Hours(from_minute=1_020, to_minute=1_200),
        Hours(from_minute=1_320, to_minute=120),
    )
    assert rule.caps[1] == Cap(limit=500_000, measure=CapMeasure.POINTS, period=CapPeriod.WEEK)
    assert rule.title_fa == "بازگشت نقدی"


WRONG = (
    ("lists/earning/evenings", {"points": ""}, "Please fill this in."),
    ("lists/earning/evenings", {"points": "0"}, "Write a number from 1"),
    ("lists/earning/evenings", {"per_minor": "abc"}, "Write an amount of money"),
    ("lists/earning/evenings", {"when__window__hours": "17"}, "Write hours such as"),
    ("lists/earning/evenings", {"when__window__last_day": "2020-01-01"}, "must not be before"),
    ("lists/earning/evenings", {"when__window__last_day": "1405/13/01"}, "Write a day"),
    ("lists/earning/evenings", {"when__maximum_minor": "1"}, "must not be more than the most"),
    ("lists/earning/stamp", {"caps__0__limit": "many"}, "Write a whole number"),
    ("lists/earning/fridays", {"multiplier_permille": "101"}, "up to 100"),
    ("lists/earning/fridays", {"title_en": "x" * 81}, "too long"),
    ("lists/rewards/next-time", {"gift__percent_bp": "120"}, "Write a percentage"),
    ("lists/offers/birthday", {"holdout_percent": "10"}, "nobody may be held out"),
    ("lists/levels/gold", {"threshold": "0"}, "Each level needs more"),
    ("lists/levels/gold", {"benefits__0__title_fa": ""}, "Write a text of"),
    ("lists/occasions/feast", {"month": "3", "day": "1"}, "and not both"),
    ("parts/lasting", {"rules__expiry__kind": "days", "rules__expiry__count": "0"}, "at least 1"),
    ("parts/lasting", {"rules__auto_redeem__points": ""}, "Please fill this in."),
    ("parts/credit", {"rules__credit__top_up_maximum_minor": "1"}, "must not be less"),
    ("parts/settings", {"rules__settings__cutoff_minute": "25:00"}, "Write a time of day"),
    ("parts/groups", {"rules__segments": "staff\nStudents!"}, "small Latin letters"),
)


def test_what_is_wrong_stands_beside_it_and_nothing_is_lost(shop: Shop) -> None:
    """A form that is refused says why, shows again what was typed, and changes nothing."""
    shop.begin()
    for path, changes, said in WRONG:
        answer = shop.send(f"/programme/draft/{path}", **changes)
        assert answer.status_code == 422, (path, changes)
        assert said in answer.text, (path, changes)
        for value in changes.values():
            assert value.partition("\n")[0][:80] in answer.text
    assert shop.drafted() == RICH


def test_a_gift_of_goods_says_which(shop: Shop) -> None:
    """Free goods of no kind are refused; nobody gives away everything."""
    shop.begin()
    path = "/programme/draft/lists/rewards/coffee"
    values = shop.form(path)
    values.setlist("gift-items-only-categories", [])
    answer = shop.client().post(path, data=values)
    assert answer.status_code == 422
    assert "Say which goods it is." in answer.text


def test_a_form_speaks_the_readers_language(shop: Shop) -> None:
    """What the model refuses is said in Persian to whoever reads Persian."""
    shop.begin()
    client = shop.client()
    address = "/programme/draft/lists/earning/evenings"
    values = shop.form(address)
    account = next(one for one in shop.quiet.office.accounts.all() if one.login == "mina")
    shop.quiet.office.accounts.set_language(account.account_id, "fa")
    values["when-window-last_day"] = "2020-01-01"
    page = client.post(address, data=values).text
    assert "آخرین روز نباید پیش از نخستین روز باشد." in page
    assert "must" not in page


def test_what_does_not_go_with_a_choice_is_left_out(shop: Shop) -> None:
    """Points that never lapse keep no count of months, whatever the form still held."""
    shop.begin()
    answer = shop.send("/programme/draft/parts/lasting", rules__expiry__kind="never")
    assert answer.status_code == 303
    assert shop.drafted().rules.expiry == Expiry()
    shop.send("/programme/draft/parts/lasting", rules__expiry__kind="months",
              rules__expiry__count="6", rules__expiry__sliding="y")  # fmt: skip
    expiry = shop.drafted().rules.expiry
    assert (expiry.kind, expiry.count, expiry.sliding) == (ExpiryKind.MONTHS, 6, True)


def test_rows_come_and_go(shop: Shop) -> None:
    """An empty row is no limit; a form may send more rows than the rule had."""
    shop.begin()
    path = "/programme/draft/lists/offers/tenth"
    more = {
        f"budgets__{row}__{name}": value
        for row in range(1, 9)
        for name, value in {
            "limit": str(row),
            "measure": "uses",
            "owner": "member",
            "period": "ever",
        }.items()
    }
    assert shop.send(path, **more).status_code == 303
    offer = LISTINGS["offers"].find(shop.drafted(), "tenth")
    assert offer is not None
    assert [cap.limit for cap in offer.budgets] == [50_000_000, *range(1, 9)]
    none = {f"budgets__{row}__limit": "" for row in range(11)}
    assert shop.send(path, **none).status_code == 303
    offer = LISTINGS["offers"].find(shop.drafted(), "tenth")
    assert offer is not None
    assert offer.budgets == ()


def test_a_coupon_needs_a_reward(shop: Shop) -> None:
    """Where there is no reward yet, no coupon for one is offered."""
    shop.begin(default_programme("IRR"))
    kinds = shop.client().get("/programme/draft/lists/offers").text
    assert f"kind={GiftKind.COUPON}" not in kinds
    assert f"kind={GiftKind.MONEY_OFF}" in kinds
