"""Persian and English are equals: same messages, same parameters, right figures."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.formatting.bidi import ISOLATE, ISOLATE_END
from gateway.formatting.numbers import Language, MoneyUnit, write_number
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, IRR, Currency
from gateway.model.outcome import Reason
from gateway.readers.reader import CardTrouble
from terminal_agent.control import AnswerCode
from terminal_agent.customer_display.words import texts_used
from terminal_agent.display import ConsoleDisplay
from terminal_agent.session.view import (
    LineOff,
    MemberView,
    Notice,
    Owned,
    Part,
    Refusal,
    Screen,
    Title,
    View,
)
from terminal_agent.texts.catalogue import Texts, load_texts
from terminal_agent.texts.words import named, words_of

CODES = {
    "screen": Screen,
    "notice": Notice,
    "refusal": Refusal,
    "trouble": CardTrouble,
    "reason": Reason,
    "answer": AnswerCode,
}
GIVEN = ("reward_given", "coupon_given")
WORDS = {"word.about", "word.owned", "word.line_off"} | {
    f"{table}.{name}" for table in ("held", "used") for name in (*Instrument, *GIVEN)
}
MONEY = {"money.both", "money.EUR", "money.IRR", "money.USD", "money.toman", "money.other"}
VALUES = {
    "screen": {
        "points", "coming", "promised", "balance", "total", "redeem_points", "redeem_amount", "due",
        "tier", "benefits", "credit", "pending", "last_points", "last_day", "owned", "purse",
        "load",
    },
    "word": {"value", "name", "quantity"},
    "held": {"amount", "points", "name"},
    "used": {"amount", "points", "name"},
    "customer": {
        "name", "points", "balance", "redeem_points", "redeem_amount",
        "reward_points", "reward_amount", "missing", "promised", "counted",
        "part_points", "part_name",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", Language)
def test_texts_cover_every_code_and_nothing_else(language: Language) -> None:
    """Each code that a view or an answer can carry has a text, and no text is left over."""
    wanted = {f"{table}.{code}" for table, codes in CODES.items() for code in codes}
    assert load_texts(language).ids == wanted | texts_used() | WORDS | MONEY


def test_texts_take_the_same_parameters_in_both_languages() -> None:
    """No language knows less of a message than the other."""
    persian, english = load_texts(Language.FA), load_texts(Language.EN)
    for message_id in english.ids:
        assert persian.parameters(message_id) == english.parameters(message_id), message_id


@pytest.mark.parametrize("language", Language)
def test_texts_use_only_parameters_that_are_given(language: Language) -> None:
    """A misspelt parameter would leave its line out for ever; there is none."""
    texts = load_texts(language)
    for message_id in texts.ids - MONEY:
        allowed = VALUES.get(message_id.partition(".")[0], set())
        assert texts.parameters(message_id) <= allowed, message_id


def test_texts_differ_between_the_languages() -> None:
    """No message was left untranslated, and Persian text is written in Persian letters."""
    persian, english = load_texts(Language.FA), load_texts(Language.EN)
    for message_id in english.ids - MONEY - {"word.owned"}:
        nothing: dict[str, str | None] = dict.fromkeys(set().union(*VALUES.values()), "")
        told = persian.write(message_id, **nothing)
        assert told != english.write(message_id, **nothing)
        assert re.search(r"[آ-ی]", told)
        assert not re.search(r"[a-zA-Z0-9ي\u0643]", told), "Latin, or Arabic yeh and kaf"


def test_persian_texts_join_words_as_the_pages_do() -> None:
    """After a silent he the link is written with a hamza, as on every page of the gateway."""
    persian = load_texts(Language.FA)
    for message_id in persian.ids:
        nothing: dict[str, str | None] = dict.fromkeys(persian.parameters(message_id), "")
        told = persian.write(message_id, **nothing)
        assert not re.search("ه\u200cی(?![آ-ی])", told), message_id


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("screen", Screen)
def test_texts_say_something_on_every_screen(language: Language, screen: Screen) -> None:
    """A screen without a single known number still says what is going on."""
    assert words_of(View(screen=screen), load_texts(language), MoneyUnit.CURRENCY)[0]


def test_texts_write_figures_in_each_language() -> None:
    """Digits, separators, fractions and signs follow the language and the currency."""
    persian, english = load_texts(Language.FA), load_texts(Language.EN)
    assert english.number(-1_234_567) == "-1,234,567"
    assert persian.number(1_234_567) == "۱٬۲۳۴٬۵۶۷"
    assert persian.number(-5) == "\u200e\u2212۵"
    assert english.money(123_456, EUR, MoneyUnit.TOMAN) == "1,234.56 €"
    assert persian.money(5, EUR, MoneyUnit.CURRENCY) == "۰٫۰۵ یورو"
    kwd = Currency(code="KWD", exponent=3)
    assert english.money(1_500, kwd, MoneyUnit.CURRENCY) == "1.500 KWD"


def test_texts_show_rials_or_tomans() -> None:
    """Toman is a way to show rials: ten to one, with a fraction only where there is one."""
    persian = load_texts(Language.FA)
    assert persian.money(1_250_000, IRR, MoneyUnit.CURRENCY) == "۱٬۲۵۰٬۰۰۰ ریال"
    assert persian.money(1_250_000, IRR, MoneyUnit.TOMAN) == "۱۲۵٬۰۰۰ تومان"
    assert persian.money(12_345, IRR, MoneyUnit.TOMAN) == "۱٬۲۳۴٫۵ تومان"


@given(value=st.integers(-(2**63), 2**63), exponent=st.integers(0, 4))
def test_texts_lose_no_digit(value: int, exponent: int) -> None:
    """Whatever the language, the figure reads back as the same whole number."""
    for language in Language:
        written = write_number(value, language, exponent=exponent)
        digits = "".join(str(int(mark)) for mark in written if mark.isdigit())
        sign = -1 if "-" in written or "\u2212" in written else 1
        assert sign * int(digits) == value


def test_texts_isolate_what_they_insert() -> None:
    """Each inserted value stands between isolates, and isolates are balanced."""
    view = View(screen=Screen.SALE, total_minor=1_999, currency=EUR)
    line = words_of(view, load_texts(Language.FA), MoneyUnit.CURRENCY)[0]
    assert f"{ISOLATE}۱۹٫۹۹ یورو{ISOLATE_END}" in line
    assert line.count(ISOLATE) == line.count(ISOLATE_END) == 1


def test_texts_leave_out_lines_that_are_not_known() -> None:
    """Without a balance the line about it is missing, and nothing says None."""
    view = View(screen=Screen.CARD)
    assert words_of(view, load_texts(Language.EN), MoneyUnit.CURRENCY) == (
        "Card recognised.",
        "Waiting for the sale.",
    )


def test_texts_tell_a_missing_message() -> None:
    """A message that is not there is a fault that names it."""
    with pytest.raises(ConfigError, match=r"screen\.preview"):
        Texts(Language.EN, {}).write("screen.preview")


def test_texts_console_prints_what_to_do() -> None:
    """The console shows the refusal with what the cashier has to do, in the set language."""
    stream = io.StringIO()
    display = ConsoleDisplay(stream, load_texts(Language.EN), MoneyUnit.CURRENCY)
    display.show(View(screen=Screen.REFUSED, refusal=Refusal.JOURNAL_FULL))
    assert "NOT RECORDED" in stream.getvalue()
    assert "Write the receipt number down" in stream.getvalue()


def told(view: View, language: Language = Language.EN) -> list[str]:
    """A view's lines without the marks around what was filled in."""
    lines = words_of(view, load_texts(language), MoneyUnit.TOMAN)
    return [re.sub("[\u2066-\u2069]", "", line) for line in lines]


GOLD = MemberView(
    tier=Title(id="gold", en="Gold", fa="طلایی"),
    benefits=(Title(id="seat", en="Window seat"), Title(id="late", en="Late hours")),
    owned=(Owned(title=Title(id="drink", en="A drink"), quantity=2),),
    credit_minor=3_400,
    pending_points=12,
    last_points=90,
    last_day=date(2026, 12, 31),
)


def test_texts_tell_the_cashier_how_a_member_stands() -> None:
    """Level with its benefits, what can be used, credit, and what is not there yet or not long."""
    view = View(screen=Screen.CARD, balance_points=42, member=GOLD, currency=EUR)
    assert told(view) == [
        "Card recognised.",
        "Level: Gold",
        "The level brings: Window seat, Late hours",
        "Balance: 42 points",
        "Not to be spent yet: 12 points",
        "Lapse next: 90 points, after 31 Dec 2026",
        "Credit: 34.00 €",
        "Can be used: A drink (2)",
        "Waiting for the sale.",
    ]
    persian = told(view, Language.FA)
    assert "سطح: طلایی" in persian
    assert "نزدیک‌ترین انقضا: ۹۰ امتیاز، پس از ۱۰ دی ۱۴۰۵" in persian


def test_texts_name_things_in_the_other_language_or_by_their_id() -> None:
    """A programme that has a name in one language only is not left without any."""
    assert named(Title(id="x", en="Seat", fa="صندلی"), Language.FA) == "صندلی"
    assert named(Title(id="x", en="Seat"), Language.FA) == "Seat"
    assert named(Title(id="x"), Language.EN) == "x"


def test_texts_tell_the_cashier_what_to_do_with_what_is_held() -> None:
    """Each part is an instruction with its money; once recorded it is a statement."""
    drink = Title(id="drink", en="A drink")
    parts = (
        Part(instrument=Instrument.OFFER, amount_minor=200, title=drink),
        Part(instrument=Instrument.REWARD, points=50, amount_minor=300, title=drink),
        Part(instrument=Instrument.COUPON, title=drink),
        Part(instrument=Instrument.POINTS, points=100, amount_minor=500),
        Part(instrument=Instrument.CREDIT, points=150, amount_minor=150),
        Part(instrument=Instrument.GIFT, points=700, amount_minor=700),
    )
    view = View(
        screen=Screen.RESERVED, total_minor=5_000, due_minor=3_150, currency=EUR, parts=parts
    )
    assert told(view) == [
        "Held for this sale.",
        "Take 2.00 € off the total now: A drink.",
        "Take 3.00 € off the total now: A drink, for 50 points.",
        "Hand it out when the sale is closed: A drink, for a coupon.",
        "Take 5.00 € off what is to be paid now, for 100 points.",
        "Take 1.50 € off what is to be paid now, from the member's credit.",
        "Take 7.00 € off what is to be paid now, from the gift card.",
        "Total on the till: 50.00 €",
        "Left to pay: 31.50 €",
    ]
    done = told(View(screen=Screen.APPLIED, currency=EUR, parts=parts[:3]))
    assert done[1:4] == [
        "Taken off: 2.00 € (A drink)",
        "Taken off: 3.00 € (A drink, 50 points)",
        "Hand it out: A drink (a coupon)",
    ]


def test_texts_tell_the_cashier_what_comes_off_which_goods() -> None:
    """A till that prints discounts line by line is told them so, until the sale is recorded."""
    lines = (LineOff(label="Coffee", amount_minor=120), LineOff(label="Tea", amount_minor=80))
    part = Part(
        instrument=Instrument.OFFER, amount_minor=200, title=Title(id="spring"), lines=lines
    )
    view = View(screen=Screen.RESERVED, total_minor=5_000, currency=EUR, parts=(part,))
    assert told(view)[1:4] == [
        "Take 2.00 € off the total now: spring.",
        "  of it 1.20 € off: Coffee",
        "  of it 0.80 € off: Tea",
    ]


def test_texts_say_about_where_a_preview_is_not_sure() -> None:
    """A figure that may come out otherwise is never written like one that will not."""
    view = View(screen=Screen.PREVIEW, points=20, total_minor=2_000, currency=EUR)
    assert "Points to come: 20" in told(view)
    assert "Points to come: about 20" in told(replace(view, about=True))
    assert "امتیاز این خرید: حدود ۲۰" in told(replace(view, about=True), Language.FA)
