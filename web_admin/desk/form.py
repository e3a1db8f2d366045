"""What every form of the desk has: the command's id, and why it is done."""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import HiddenField, SelectChoice, StringField
from wtforms.validators import InputRequired, ValidationError

from gateway.errors import ValueRangeError
from gateway.model.checks import check_text
from gateway.office.card_names import CARD_TYPED_MAX
from web_admin.desk.commanding import is_command_id, new_command_id
from web_admin.desk.masking import mask_card_numbers

REASON_CHARACTERS_MAX: Final = 200
NEEDED: Final = InputRequired(lazy_gettext("Please fill this in."))
#: A figure as people type it, in either script.
FIGURE: Final = {
    "maxlength": 30,
    "inputmode": "decimal",
    "autocomplete": "off",
    "dir": "ltr",
    "translate": "no",
}
#: What somebody types to name a member or a card.
NAMING: Final = {"autocomplete": "off", "dir": "auto", "translate": "no"}
CARD: Final = {**NAMING, "maxlength": CARD_TYPED_MAX, "dir": "ltr", "spellcheck": "false"}


def named_choice(value: str, name: Markup) -> SelectChoice:
    """A choice that people gave its name, which is not ours to translate."""
    return SelectChoice(value, name.striptags(), {"translate": "no"})


class DeskForm(FlaskForm):
    """The base of every form. ``reason`` stands last on its page, whatever else there is."""

    command = HiddenField(default=new_command_id)
    reason = StringField(
        lazy_gettext("Reason"),
        description=lazy_gettext("In your own words; it stands in the audit trail for good."),
        validators=[NEEDED],
        render_kw={
            "maxlength": REASON_CHARACTERS_MAX,
            "autocomplete": "off",
            "dir": "auto",
            "translate": "no",
        },
    )

    def validate_command(self, field: HiddenField) -> None:
        """Make a new id where the form came without one that is."""
        if not is_command_id(field.data or ""):
            field.data = new_command_id()

    def validate_reason(self, field: StringField) -> None:
        """Put the reason on one line, without any card's number."""
        field.data = mask_card_numbers(" ".join((field.data or "").split()))
        try:
            check_text("reason", field.data, 1, REASON_CHARACTERS_MAX)
        except ValueRangeError as error:
            # Bounded, because the page shows again what was typed.
            field.data = field.data[: 2 * REASON_CHARACTERS_MAX]
            raise ValidationError(_("Write a short reason, of at most 200 characters.")) from error

    def reject(self, name: str, why: str) -> None:
        """Say beside a field why it cannot be taken."""
        field = self[name]
        field.errors = [*field.errors, why]
        if isinstance(field.data, str):
            field.data = field.data[: 2 * REASON_CHARACTERS_MAX]
