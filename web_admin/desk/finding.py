"""The other member of something that two are needed for, found by what somebody typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup

from gateway.model.ids import MemberId
from web_admin.access.current import current_scope
from web_admin.context import current_house, current_office
from web_admin.desk.member_case import name_of
from web_admin.figures import current_figures
from web_admin.members.finding import Sources, find_members

TYPED_CHARACTERS_MAX: Final = 120


class NotFound(StrEnum):
    """Why nobody was found."""

    NOBODY = "nobody"
    SEVERAL = "several"


_WORDS: Final = {
    NotFound.NOBODY: lazy_gettext("Nobody was found. Try the phone number, or the member's code."),
    NotFound.SEVERAL: lazy_gettext(
        "This fits several members. Write more of it, or the member's code."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The other member.

    Attributes:
        member_id: the pseudonym.
        name: what the page calls it.
    """

    member_id: MemberId
    name: Markup


def find_other(typed: str | None) -> Other | NotFound:
    """The one member whom somebody means: by name, phone, card or code.

    Who may see some branches only finds their members only.
    """
    text = (typed or "").strip()[:TYPED_CHARACTERS_MAX]
    if not text:
        return NotFound.NOBODY
    sources = Sources(
        ledger=current_house().ledger,
        people=current_office().people,
        figures=current_figures,
        scope=current_scope(),
    )
    found = find_members(sources, text, {}).rows
    if len(found) != 1:
        return NotFound.SEVERAL if found else NotFound.NOBODY
    member_id = found[0].line.member_id
    return Other(member_id=member_id, name=name_of(member_id, found[0].profile))


def words_of_not_found(why: NotFound) -> LazyString:
    """Why nobody was found, and what to write instead."""
    return _WORDS[why]
