"""Forms of framed messages that a shop's integrator writes down in a profile, instead of code.

Each form says by what a message is known and where its fields stand: columns that count from one,
or, with a separator, fields that count from zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ConfigError, ValueRangeError
from gateway.model.checks import check_int
from terminal_agent.pos.payments import PaymentKind
from terminal_agent.pos.profile_table import TomlTable

FORMS_MAX: Final = 32
#: No card number is as short.
_PAID_CHARACTERS_MAX: Final = 12
_PLACE_FORM: Final = "a table such as { column = 3, length = 8 } or { field = 1 }"


class MessageRole(StrEnum):
    """Who says it."""

    REQUEST = "request"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlace:
    """Where a field stands.

    Attributes:
        column: its first character, counted from 1; used with ``length``.
        length: how many characters it has.
        field: which field between separators it is, counted from 0.

    Raises:
        ValueRangeError: unless it is either a column with a length, or a field.
    """

    column: int | None = None
    length: int | None = None
    field: int | None = None

    def __post_init__(self) -> None:
        if (self.field is None) == (self.column is None):
            raise ValueRangeError("a place has either a column and a length, or a field")
        if self.column is not None:
            check_int("column", self.column, 1, 4_096)
            check_int("length", -1 if self.length is None else self.length, 1, 4_096)
        else:
            check_int("field", -1 if self.field is None else self.field, 0, 255)

    def read(self, said: str, separator: str) -> str:
        """The field's text without blanks around it; empty where the message is too short."""
        begin, end = self.span(said, separator)
        return said[begin:end].strip()

    def span(self, said: str, separator: str) -> tuple[int, int]:
        """Where it begins and ends in a message, from 0; empty where the message is too short."""
        if self.column is not None and self.length is not None:
            return self.column - 1, min(self.column - 1 + self.length, len(said))
        fields = said.split(separator) if separator else [said]
        at = self.field or 0
        begin = sum(len(field) + len(separator) for field in fields[:at])
        return (begin, begin + len(fields[at])) if at < len(fields) else (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageForm:
    """One form of message.

    Attributes:
        role: who says it.
        kind: what is asked; of an answer: what it answers, None where it does not say.
        length: how many characters it has; None: any number.
        known_by: where a text stands that tells it from others, and the text; None: nothing.
        amount: digits, in minor units.
        reference: the till's own number.
        receipt_number: the terminal's number.
        status: of an answer: where it says whether it was paid.
        approved: what stands there when it was.
    """

    role: MessageRole
    kind: PaymentKind | None = None
    length: int | None = None
    known_by: tuple[FieldPlace, str] | None = None
    amount: FieldPlace | None = None
    reference: FieldPlace | None = None
    receipt_number: FieldPlace | None = None
    status: FieldPlace | None = None
    approved: tuple[str, ...] = ()

    def fits(self, said: str, separator: str) -> bool:
        """Whether a message is of this form."""
        if self.length is not None and len(said) != self.length:
            return False
        if self.known_by is None:
            return True
        place, text = self.known_by
        return place.read(said, separator) == text


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageForms:
    """All forms of a line; the first that fits a message counts.

    Attributes:
        separator: between fields; empty: columns only.
        forms: in the order in which they are tried.
    """

    separator: str
    forms: tuple[MessageForm, ...]


def paid_columns(forms: MessageForms, said: str) -> tuple[tuple[int, int], ...]:
    """Begin and end of what in a message says what is paid, none as long as a card number."""
    form = next((one for one in forms.forms if one.fits(said, forms.separator)), None)
    if form is None:
        return ()
    known = None if form.known_by is None else form.known_by[0]
    places = (place for place in (known, form.amount, form.status) if place is not None)
    spans = (place.span(said, forms.separator) for place in places)
    return tuple(span for span in spans if 0 < span[1] - span[0] <= _PAID_CHARACTERS_MAX)


def read_message_forms(outer: TomlTable, key: str) -> MessageForms:
    """Read the ``[messages]`` table of a profile.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong, and what to write.
    """
    table = outer.sub(key, 'a table with separator = "" and a list of forms')
    table.refuse_others({"separator", "forms"})
    separator = table.text("separator") if table.has("separator") else ""
    forms = tuple(_form(one) for one in table.tables("forms"))
    if not 1 <= len(forms) <= FORMS_MAX:
        raise table.wrong("forms", f"one to {FORMS_MAX} forms")
    if not any(one.role is MessageRole.REQUEST and one.amount for one in forms):
        raise table.wrong("forms", "one request with an amount, at least")
    return MessageForms(separator=separator, forms=forms)


def _form(table: TomlTable) -> MessageForm:
    places = ("amount", "reference", "receipt_number", "status")
    table.refuse_others({"role", "kind", "length", "known_by", "approved", *places})
    role = table.enum("role", MessageRole)
    form = MessageForm(
        role=role,
        kind=table.enum("kind", PaymentKind) if table.has("kind") else None,
        length=table.whole("length") if table.has("length") else None,
        known_by=_known_by(table) if table.has("known_by") else None,
        approved=table.texts("approved") if table.has("approved") else (),
        **{name: _place(table.sub(name, _PLACE_FORM)) for name in places if table.has(name)},
    )
    if role is MessageRole.REQUEST and form.kind is None:
        raise table.wrong("kind", 'what the till asks, such as kind = "purchase"')
    if role is MessageRole.ANSWER and (form.status is None or not form.approved):
        raise table.wrong("status", 'where the result stands, and approved = ["00"]')
    return form


def _known_by(table: TomlTable) -> tuple[FieldPlace, str]:
    inner = table.sub("known_by", 'a table such as { column = 1, length = 1, is = "P" }')
    return _place(inner, also="is"), inner.text("is")


def _place(table: TomlTable, also: str = "") -> FieldPlace:
    table.refuse_others({"column", "length", "field", *((also,) if also else ())})
    numbers = {name: table.whole(name) for name in ("column", "length", "field") if table.has(name)}
    try:
        return FieldPlace(**numbers)
    except ValueRangeError as error:
        raise ConfigError(f"profile {table.source}: {error}; write {_PLACE_FORM}") from error
