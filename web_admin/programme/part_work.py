"""Work on one part of the draft: its form shown, what was typed kept, and nobody's change lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup

from gateway.errors import MohrError
from gateway.model.plain import to_canonical_json
from gateway.model.programme import Programme
from gateway.office.drafts import DraftConflict
from web_admin.programme.blueprint import changes_between, page, words_of_money
from web_admin.programme.drafting import Draft, change_draft
from web_admin.programme.faults import Fault, faults_of
from web_admin.programme.overview import section_of
from web_admin.programme.parts import Group, Value, Wrong, is_open, join, rows_in, value_of
from web_admin.programme.routes_draft import conflict_words, draft_or_404, revision_sent
from web_admin.programme.words import badge_of_change


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWork:
    """One form of the draft, about to be shown or kept.

    Attributes:
        draft: as it is now.
        part: names what is changed, for the trail.
        title: the heading.
        group: what the form asks for.
        form: the form.
        before: the value that is changed.
        put: a programme with the new value in it.
        name: the short name of what is changed; empty where it has none, or none yet.
    """

    draft: Draft
    part: str
    title: str
    group: Group
    form: FlaskForm
    before: Value
    put: Callable[[Programme, Value], Programme]
    name: str = ""

    def shown(
        self,
        faults: tuple[Fault, ...] = (),
        conflict: Markup | None = None,
        wanted: Programme | None = None,
    ) -> str:
        """The form as a page.

        Args:
            faults: what is wrong with the whole.
            conflict: what somebody else did meanwhile.
            wanted: the draft as it would be, were this saved now; shown beside a conflict.
        """
        current = self.draft.programme
        return page(
            "draft_part",
            draft=self.draft.kept,
            money=words_of_money(self.draft.programme),
            title=self.title,
            name=self.name,
            group=self.group,
            form=self.form,
            faults=faults,
            conflict=conflict,
            changes=changes_between(current, wanted) if wanted is not None else (),
            badge_of_change=badge_of_change,
            is_open=is_open,
            join=join,
            rows_in=rows_in,
            before=to_canonical_json(self.before) if self.name else "",
        )

    def save(self) -> ResponseReturnValue:
        """Keep what was typed, if it can be used and nobody was faster."""
        if not self.form.validate():
            return self.shown(), 422
        made = value_of(self.group, self.form, self.before)
        if isinstance(made, Wrong):
            return self.shown(tuple(made.faults)), 422
        assert self.draft.programme is not None, "a draft that cannot be read has no forms"
        try:
            wanted = self.put(self.draft.programme, made)
        except MohrError as error:
            return self.shown(faults_of(error)), 422
        if revision_sent() != self.draft.kept.revision:
            return self._conflict(wanted)
        saved = change_draft(self.draft, self.part, lambda _programme: wanted)
        if isinstance(saved, DraftConflict):
            return self._conflict(wanted)
        flash(_("Saved. It counts once the draft is published."), "success")
        section = section_of(self.part.split("/", maxsplit=1)[0])
        return redirect(f"{url_for('programme.draft')}#section-{section}", 303)

    def _conflict(self, wanted: Programme) -> ResponseReturnValue:
        """Say who was faster, show what was typed again, and what saving it now would change."""
        return self.shown(conflict=conflict_words(draft_or_404()), wanted=wanted), 409
