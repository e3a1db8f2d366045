"""What the ledger knows of a member beside wallets: groups, who brought the member, cards."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup
from wtforms import SelectField, StringField

from gateway.ledger.kinds import CardState
from gateway.model.card import CardProfile
from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.office.card_names import BadCard, card_typed
from gateway.office.trail import Values
from gateway.queries.member_points import MemberCard, points_of
from web_admin import filters
from web_admin.access.forms import BoxesField
from web_admin.context import current_house
from web_admin.desk.acting import Action
from web_admin.desk.form import CARD, NEEDED, DeskForm, named_choice
from web_admin.desk.member_case import MemberCase
from web_admin.desk.other_member import OtherMemberAction
from web_admin.desk.words import NO_RULES, words_of_bad_card
from web_admin.members.words import words_of_profile
from web_admin.programme.sentence import code, said

_REFERENCE_DIGITS: Final = 16


class SegmentsForm(DeskForm):
    """In which groups the member is."""

    segments = BoxesField(lazy_gettext("Groups"))


class SetSegments(Action[MemberCase, SegmentsForm]):
    """Say which groups a member is in."""

    kind = LedgerCommandKind.SET_SEGMENTS
    title = lazy_gettext("Groups of the member")
    explanation = lazy_gettext(
        "Rules and offers can be for certain groups alone. What is chosen here counts from the next"
        " purchase on."
    )
    button = lazy_gettext("Save")
    icon = "users"

    def form(self, case: MemberCase) -> SegmentsForm:
        """See ``Action``."""
        form = SegmentsForm(data={"segments": case.wallets.standing.segments})
        form.segments.choices = [(name, code(name)) for name in _known_segments(case)]
        return form

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.rules is None:
            return str(NO_RULES)
        return (
            None
            if _known_segments(case)
            else str(_("The rules in force have no groups of members."))
        )

    def parts(self, case: MemberCase, form: SegmentsForm) -> CommandParts | None:
        """See ``Action``."""
        chosen = tuple(sorted(set(form.segments.data or ())))
        return CommandParts(member_id=case.member_id, segments=chosen)

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return {"segments": ", ".join(case.wallets.standing.segments)}


class SetReferrer(OtherMemberAction):
    """Say who brought a member."""

    kind = LedgerCommandKind.SET_REFERRER
    title = lazy_gettext("Who brought this member")
    explanation = lazy_gettext(
        "Where the rules reward it, whoever brought the member gets the reward with the member's"
        " first purchase. It can be said once, and before that purchase only."
    )
    button = lazy_gettext("Save")
    icon = "hand-click"
    asks = title

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.rules is None:
            return str(NO_RULES)
        standing = case.wallets.standing
        if standing.referred_by is not None:
            return str(_("It is known already who brought this member."))
        return str(_("This member has bought something already.")) if standing.purchases else None

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return {"referrer": case.wallets.standing.referred_by}


class ReplaceForm(DeskForm):
    """Which card goes, and which comes."""

    old = SelectField(lazy_gettext("Which card is replaced"), validators=[NEEDED])
    profile = SelectField(lazy_gettext("Kind of the new card"), validators=[NEEDED])
    new = StringField(
        lazy_gettext("The new card"),
        description=lazy_gettext(
            "Hold it to a reader that types its number, or write the number or the card's code."
        ),
        validators=[NEEDED],
        render_kw=CARD,
    )


class ReplaceCard(Action[MemberCase, ReplaceForm]):
    """Let a new card name the member of an old one."""

    kind = LedgerCommandKind.REPLACE_CARD
    title = lazy_gettext("Replace a card")
    explanation = lazy_gettext(
        "The new card stands for the member from now on, with all the points. The old one is"
        " refused at every terminal, and cannot be used again."
    )
    button = lazy_gettext("Replace the card")
    icon = "credit-card"

    def form(self, case: MemberCase) -> ReplaceForm:
        """See ``Action``."""
        form = ReplaceForm()
        form.old.choices = [named_choice(_reference(one), _card_words(one)) for one in _cards(case)]
        form.profile.choices = [
            (profile.value, str(words_of_profile(profile))) for profile in CardProfile
        ]
        return form

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.rules is None:
            return str(NO_RULES)
        return None if _cards(case) else str(_("This member has no card that could be replaced."))

    def parts(self, case: MemberCase, form: ReplaceForm) -> CommandParts | None:
        """See ``Action``."""
        old = next(one for one in _cards(case) if _reference(one) == form.old.data)
        profile = CardProfile(form.profile.data)
        new = card_typed(current_house().data_dir, profile, form.new.data or "")
        if isinstance(new, BadCard):
            form.reject("new", str(words_of_bad_card(new)))
            return None
        return CommandParts(
            token=old.token.hex(), other_token=new.hex(), card_profile=profile.value
        )

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        cards = points_of(current_house().ledger, case.member_id).cards
        active = [filters.mask(one.token) for one in cards if one.state is CardState.ACTIVE]
        return {"cards": ", ".join(active)}


def _known_segments(case: MemberCase) -> tuple[str, ...]:
    """Those of the rules; what the member was put into under older rules can be left as well."""
    known = () if case.rules is None else case.rules.rules.segments
    return tuple(sorted({*known, *case.wallets.standing.segments}))


def _cards(case: MemberCase) -> list[MemberCard]:
    cards = points_of(current_house().ledger, case.member_id).cards
    return [one for one in cards if one.state is not CardState.REPLACED]


def _reference(card: MemberCard) -> str:
    """Name a card in a form without a digit of its token, as the member's page does."""
    return sha256(card.token).hexdigest()[:_REFERENCE_DIGITS]


def _card_words(card: MemberCard) -> Markup:
    return said(
        _("%(card)s, %(kind)s"),
        card=code(filters.mask(card.token)),
        kind=words_of_profile(card.profile),
    )
