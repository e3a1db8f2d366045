"""The wizard's forms. Each says what is wrong in a sentence that tells what to do."""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    ColorField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, NumberRange, Regexp, ValidationError
from wtforms.widgets import TextInput

from gateway.config_programme import EXPONENTS
from gateway.errors import ProgrammeError, ValueRangeError
from gateway.formatting.bidi import without_controls
from gateway.formatting.digits import read_number
from gateway.formatting.numbers import Language, MoneyUnit, write_number
from gateway.model.checks import check_name, check_text
from gateway.model.ids import BranchId, TerminalId
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.office.account import clean_name, normal_login
from gateway.office.accounts import AccountRefusal
from gateway.office.organisation import NAME_CHARACTERS_MAX, Organisation
from gateway.office.passwords import CHARACTERS_MAX, Weakness, weakness
from gateway.program.templates import (
    Doubt,
    KeyNumbers,
    TemplateName,
    with_numbers,
    work_out,
)
from web_admin.access.words import words_of_refusal
from web_admin.reader import current_language
from web_admin.setup.draft import OwnerDraft, ShopDraft
from web_admin.setup.words import CURRENCIES, words_of_doubt

_NAME_FORM: Final = lazy_gettext(
    "Use 1 to 32 small Latin letters, digits and hyphens, such as main or north-2."
)
_FILL: Final = lazy_gettext("Please fill this in.")
_WEAK: Final = {
    Weakness.SHORT: AccountRefusal.PASSWORD_SHORT,
    Weakness.LONG: AccountRefusal.PASSWORD_LONG,
    Weakness.COMMON: AccountRefusal.PASSWORD_COMMON,
    Weakness.LIKE_LOGIN: AccountRefusal.PASSWORD_LIKE_LOGIN,
}
_COLOUR_FORM: Final = lazy_gettext("A colour is # and six digits of 0-9 and a-f.")
POINTS_MAX: Final = 1_000_000
_POINTS: Final = NumberRange(1, POINTS_MAX, lazy_gettext("Write a number from 1 to 1,000,000."))


@cache
def zone_choices() -> tuple[SelectChoice, ...]:
    """Time zones that are named after places, and UTC. Looked up once: they are files."""
    places = (name for name in available_timezones() if "/" in name)
    usual = sorted(name for name in places if not name.startswith(("Etc/", "SystemV/", "posix/")))
    return tuple(SelectChoice(name) for name in ("UTC", *usual))


def check_machine_name(_form: FlaskForm, field: StringField) -> None:
    """Refuse what cannot name a branch or a terminal."""
    try:
        check_name("name", field.data)
    except ValueRangeError as error:
        raise ValidationError(str(_NAME_FORM)) from error


class WholeNumberField(IntegerField):
    """A whole number as people type it, in either script: browsers' own number fields know one."""

    widget = TextInput()

    @property
    def number(self) -> int:
        """What was typed, once it has been validated."""
        assert self.data is not None
        return int(self.data)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else write_number(self.data, current_language())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        text = str(valuelist[0])
        self.data = read_number(text) if len(text) <= 40 else None
        if self.data is None:
            raise ValueError(_("Write a whole number."))


class OwnerForm(FlaskForm):
    """The first account."""

    display_name = StringField(
        lazy_gettext("Your name"),
        [DataRequired(_FILL), Length(max=80)],
        render_kw={"autocomplete": "name", "autofocus": True, "translate": "no"},
    )
    login = StringField(
        lazy_gettext("Sign-in name"),
        [DataRequired(_FILL), Length(max=64)],
        description=lazy_gettext("What you type to sign in. Any script will do."),
        default="owner",
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "translate": "no",
        },
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [DataRequired(_FILL), Length(max=4 * CHARACTERS_MAX)],
        description=lazy_gettext("At least 10 characters. Three words are easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        lazy_gettext("Password once more"),
        [
            DataRequired(_FILL),
            EqualTo("password", lazy_gettext("The two passwords are not the same.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    wants_code = BooleanField(
        lazy_gettext("Set up an authenticator app right after this"),
        description=lazy_gettext("A second lock on your account. You can also do it later."),
    )

    def validate_display_name(self, field: StringField) -> None:
        """Refuse a name that cannot be kept."""
        if clean_name(field.data or "") is None:
            raise ValidationError(words_of_refusal(AccountRefusal.BAD_NAME))

    def validate_login(self, field: StringField) -> None:
        """Refuse a login that cannot be kept."""
        if normal_login(field.data or "") is None:
            raise ValidationError(words_of_refusal(AccountRefusal.BAD_LOGIN))

    def validate_password(self, field: PasswordField) -> None:
        """Refuse a password that everybody guesses."""
        weak = weakness(field.data or "", normal_login(self.login.data or "") or "")
        if weak is not None:
            raise ValidationError(words_of_refusal(_WEAK[weak]))

    def owner(self) -> OwnerDraft:
        """What was said; after ``validate_on_submit``."""
        login, name = normal_login(self.login.data), clean_name(self.display_name.data)
        assert login is not None
        assert name is not None
        return OwnerDraft(
            login=login,
            display_name=name,
            password=self.password.data,
            wants_code=self.wants_code.data,
        )


class BrandForm(FlaskForm):
    """What every shop has, whether its gateway is new or not."""

    name = StringField(
        lazy_gettext("Name of your shop"),
        [DataRequired(_FILL), Length(max=NAME_CHARACTERS_MAX)],
        description=lazy_gettext("As your customers know it."),
        render_kw={"autocomplete": "organization", "translate": "no"},
    )
    colour = ColorField(
        lazy_gettext("Colour"),
        [Regexp(r"^#[0-9A-Fa-f]{6}$", message=_COLOUR_FORM)],
        default=Organisation().colour,
    )
    time_zone = SelectField(
        lazy_gettext("Time zone"), render_kw={"translate": "no", "data-own-zone": ""}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        """Offer the time zones of this machine."""
        super().__init__(*args, **kwargs)
        self.time_zone.choices = list(zone_choices())

    def validate_name(self, field: StringField) -> None:
        """Refuse a name that would turn the sentences around it."""
        field.data = " ".join(without_controls(field.data or "").split())
        try:
            check_text("name", field.data, 1, NAME_CHARACTERS_MAX)
        except ValueRangeError as error:
            raise ValidationError(_("Write a name of 1 to 64 letters.")) from error


class ShopForm(BrandForm):
    """The shop of a new gateway."""

    branch = StringField(
        lazy_gettext("Short name of the first branch"),
        [DataRequired(_FILL), check_machine_name],
        description=_NAME_FORM,
        default="main",
        render_kw={"dir": "ltr", "translate": "no", "autocomplete": "off"},
    )
    money = SelectField(
        lazy_gettext("Currency"), choices=[SelectChoice(*one) for one in CURRENCIES.items()]
    )

    def shop(self) -> ShopDraft:
        """What was said; after ``validate_on_submit``."""
        code, unit = self.money.data.split(":")
        return ShopDraft(
            name=self.name.data,
            branch=BranchId(self.branch.data),
            colour=self.colour.data.lower(),
            currency=Currency(code=code, exponent=EXPONENTS[code]),
            money_unit=MoneyUnit(unit),
            time_zone=self.time_zone.data,
        )


class TemplateForm(FlaskForm):
    """Which rules to begin with."""

    template = RadioField(
        lazy_gettext("How do customers collect points?"),
        choices=[SelectChoice(name.value) for name in TemplateName],
        default=TemplateName.ONE_PERCENT.value,
    )


class NumbersForm(FlaskForm):
    """The key numbers of the rules. Amounts are typed in the shop's own unit."""

    earn_points = WholeNumberField(
        lazy_gettext("Points given"), [_POINTS], render_kw={"inputmode": "numeric"}
    )
    earn_amount = StringField(
        lazy_gettext("for each whole amount of"),
        [DataRequired(_FILL)],
        render_kw={"inputmode": "decimal"},
    )
    redeem_points = WholeNumberField(
        lazy_gettext("So many points"),
        [_POINTS],
        render_kw={"inputmode": "numeric"},
    )
    redeem_amount = StringField(
        lazy_gettext("are worth"), [DataRequired(_FILL)], render_kw={"inputmode": "decimal"}
    )
    minimum_points = WholeNumberField(
        lazy_gettext("Fewest points that can be used at once"),
        [_POINTS],
        render_kw={"inputmode": "numeric"},
    )
    share_percent = WholeNumberField(
        lazy_gettext("Share of a sale that points may pay, in percent"),
        [NumberRange(1, 100, lazy_gettext("Write a number from 1 to 100."))],
        render_kw={"inputmode": "numeric"},
    )

    def programme(self, before: Programme, read: Any) -> Programme | None:  # noqa: ANN401 - below
        """The rules with these numbers; None where they cannot be meant, with the field's error.

        Args:
            before: the rules that are changed.
            read: reads an amount as the shop writes it; None where it is none.
        """
        amounts = {}
        for field in (self.earn_amount, self.redeem_amount):
            amount = read(field.data or "")
            if amount is None or amount < 1:
                field.errors = [_("Write an amount above zero, such as 10.")]
                return None
            amounts[field.name] = amount
        numbers = KeyNumbers(
            earn_points=self.earn_points.number,
            earn_per_minor=amounts["earn_amount"],
            redeem_points=self.redeem_points.number,
            redeem_value_minor=amounts["redeem_amount"],
            redeem_minimum_points=self.minimum_points.number,
            redeem_share_percent=self.share_percent.number,
        )
        try:
            programme = with_numbers(before, numbers)
        except ProgrammeError:
            self.earn_amount.errors = [_("These numbers are larger than can be counted.")]
            return None
        told = work_out(programme)
        if isinstance(told, Doubt):
            field = self.share_percent if told is Doubt.NEVER_REDEEMS else self.earn_points
            field.errors = [str(words_of_doubt(told))]
            return None
        return programme


class CounterForm(FlaskForm):
    """The first counter."""

    kind = RadioField(
        lazy_gettext("How do you want to begin?"),
        choices=[
            SelectChoice("simulated", lazy_gettext("Try it now with a simulated counter")),
            SelectChoice("real", lazy_gettext("Set up a real terminal")),
        ],
        default="simulated",
    )
    name = StringField(
        lazy_gettext("Name of the counter"),
        [DataRequired(_FILL), check_machine_name],
        default="test-1",
        description=_NAME_FORM,
        render_kw={"dir": "ltr", "translate": "no", "autocomplete": "off"},
    )
    host = StringField(
        lazy_gettext("Address of the broker, for a real terminal"),
        [
            Length(max=253),
            Regexp(r"^[A-Za-z0-9.:_-]*$", message=lazy_gettext("Write a host name.")),
        ],
        default="127.0.0.1",
        render_kw={"dir": "ltr", "translate": "no", "autocomplete": "off"},
    )
    port = WholeNumberField(
        lazy_gettext("Its port"),
        [NumberRange(1, 65_535, lazy_gettext("Write a number from 1 to 65535."))],
        default=1883,
        render_kw={"dir": "ltr", "inputmode": "numeric"},
    )

    @property
    def simulated(self) -> bool:
        """Whether the first look is without hardware."""
        return bool(self.kind.data == "simulated")

    @property
    def terminal(self) -> TerminalId:
        """The counter's name."""
        return TerminalId(self.name.data)


def usual_money(language: Language) -> str:
    """The currency that most who read a language count in."""
    return "IRR:toman" if language is Language.FA else "EUR:currency"


def usual_zone(language: Language) -> str:
    """The time zone of most who read a language; a browser's own is better where it tells."""
    return "Asia/Tehran" if language is Language.FA else "UTC"
