"""What needs a second member, whom somebody names: its form, and what comes of that."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import LazyString, lazy_gettext
from wtforms import StringField

from gateway.model.ledger_command import CommandParts
from web_admin.desk.acting import Action
from web_admin.desk.finding import (
    TYPED_CHARACTERS_MAX,
    NotFound,
    Other,
    find_other,
    words_of_not_found,
)
from web_admin.desk.form import NAMING, NEEDED, DeskForm
from web_admin.desk.member_case import MemberCase


class OtherMemberForm(DeskForm):
    """Which other member."""

    other = StringField(
        description=lazy_gettext("A name, a phone number, or the member's code."),
        validators=[NEEDED],
        render_kw={**NAMING, "maxlength": TYPED_CHARACTERS_MAX},
    )

    def __init__(self, label: LazyString) -> None:
        """Make the form.

        Args:
            label: what the page asks for.
        """
        super().__init__()
        self.other.label.text = label

    def chosen(self) -> Other | None:
        """The member who is meant; None says beside the field why nobody was found."""
        other = find_other(self.other.data)
        if isinstance(other, NotFound):
            self.reject("other", str(words_of_not_found(other)))
            return None
        return other


class OtherMemberAction(Action[MemberCase, OtherMemberForm]):
    """What needs another member and nothing else.

    Attributes:
        asks: for whom its form asks.
    """

    asks: ClassVar[LazyString]

    def form(self, case: MemberCase) -> OtherMemberForm:
        """See ``Action``."""
        del case
        return OtherMemberForm(self.asks)

    def parts(self, case: MemberCase, form: OtherMemberForm) -> CommandParts | None:
        """See ``Action``."""
        other = form.chosen()
        if other is None:
            return None
        return CommandParts(member_id=case.member_id, other_member_id=other.member_id)
