"""What is typed to add a terminal, and how it is checked before anybody is asked to confirm it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from gateway.crypto.registration import TEXT_CHARACTERS_MAX, Registration
from gateway.errors import MohrError
from gateway.model.checks import check_name
from gateway.model.ids import BranchId
from gateway.queries.scope import Scope
from gateway.queries.terminals import TerminalView

#: A character of the file takes four bytes at most.
_FILE_BYTES_MAX: Final = 4 * TEXT_CHARACTERS_MAX
_BRANCH_CHARACTERS_MAX: Final = 32


class AddTerminalForm(FlaskForm):
    """A terminal's file, pasted or uploaded, and where the terminal stands."""

    registration = TextAreaField(
        lazy_gettext("Text of the file"),
        description=lazy_gettext("Paste what stands in the terminal's file terminal.json."),
        validators=[Length(max=TEXT_CHARACTERS_MAX)],
        render_kw={"rows": 7, "dir": "ltr", "spellcheck": "false", "translate": "no"},
    )
    file = FileField(
        lazy_gettext("Or the file itself"), render_kw={"accept": ".json,application/json"}
    )
    branch = StringField(
        lazy_gettext("Branch"),
        description=lazy_gettext("The shop's short name: small Latin letters, figures, hyphens."),
        validators=[
            InputRequired(lazy_gettext("Say where the terminal stands.")),
            Length(max=_BRANCH_CHARACTERS_MAX),
        ],
        render_kw={
            "dir": "ltr",
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
            "list": "branches",
        },
    )

    def text(self) -> str | None:
        """The file's text, from whichever field has it; None where neither can be read as text."""
        sent = self.file.data
        if isinstance(sent, FileStorage) and sent.filename:
            data = sent.stream.read(_FILE_BYTES_MAX + 1)
            try:
                return data.decode("utf-8-sig") if len(data) <= _FILE_BYTES_MAX else None
            except UnicodeDecodeError:
                return None
        return str(self.registration.data or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A terminal that may be added, once somebody has compared its key.

    Attributes:
        registration: what its file says.
        branch: where it is to stand.
        known: the terminal as it is now, where there is one of that name.
    """

    registration: Registration
    branch: BranchId
    known: TerminalView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Why a terminal cannot be added.

    Attributes:
        field: which field of the form is at fault.
        text: what is wrong and what to do.
        fault: the developers' sentence, where there is one.
    """

    field: str
    text: LazyString
    fault: str = ""


def read_registration(text: str | None) -> Registration | Unusable:
    """Take the file's text strictly: what is unknown, missing or repeated in it is refused."""
    if text is None or not text.strip():
        return Unusable(
            field="registration",
            text=lazy_gettext("Paste the text of terminal.json, or choose the file."),
        )
    try:
        return Registration.from_json(text)
    except MohrError as error:
        return Unusable(
            field="registration",
            text=lazy_gettext(
                "This is not a terminal's file. Take terminal.json from the terminal's folder, as"
                " it is."
            ),
            fault=str(error),
        )


def check_place(
    registration: Registration, branch: str, scope: Scope, known: TerminalView | None
) -> Proposal | Unusable:
    """Check where a terminal is to stand.

    Args:
        registration: the terminal.
        branch: the branch as it was typed.
        scope: the branches that whoever asks may manage.
        known: the terminal of that name in any branch.
    """
    place = branch.strip().lower()
    try:
        check_name("branch", place)
    except MohrError as error:
        return Unusable(
            field="branch",
            text=lazy_gettext(
                "A branch is written with small Latin letters, figures and inner hyphens, 32 at"
                " most."
            ),
            fault=str(error),
        )
    if not scope.holds(BranchId(place)):
        return Unusable(field="branch", text=lazy_gettext("You do not look after this branch."))
    if known is not None and not scope.holds(known.branch):
        # Nobody may take over another branch's terminal by giving it a key of their own.
        return Unusable(
            field="registration",
            text=lazy_gettext("A terminal of this name stands in a branch you do not look after."),
        )
    return Proposal(registration=registration, branch=BranchId(place), known=known)
