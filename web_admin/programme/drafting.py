"""The draft as pages work with it: read, changed part by part, never written over by accident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.config_programme import parse_programme, programme_text
from gateway.errors import MohrError
from gateway.model.programme import Programme
from gateway.office.drafts import DraftConflict, RulesDraft
from web_admin.access.current import current_account
from web_admin.changes import recorded
from web_admin.context import current_clock, current_office
from web_admin.programme.faults import Fault, faults_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The draft, read.

    Attributes:
        kept: as it is kept.
        programme: the rules it says; None where this version of Mohr cannot read them.
        faults: why not.
    """

    kept: RulesDraft
    programme: Programme | None
    faults: tuple[Fault, ...] = ()


def read_draft() -> Draft | None:
    """The draft; None where there is none.

    Raises:
        OfficeError: if it cannot be looked up.
    """
    kept = current_office().drafts.read()
    return None if kept is None else open_draft(kept)


def open_draft(kept: RulesDraft) -> Draft:
    """Read what a draft says."""
    try:
        return Draft(kept=kept, programme=parse_programme(kept.content))
    except MohrError as error:
        return Draft(kept=kept, programme=None, faults=faults_of(error))


def begin_draft(
    programme: Programme, *, base_version: int, source: str
) -> RulesDraft | DraftConflict:
    """Begin the draft of the next version.

    Args:
        programme: what it begins with.
        base_version: the newest version there is.
        source: what that was, for the trail.

    Raises:
        OfficeError: if it cannot be written.
    """
    first = replace(programme, version=base_version + 1, effective_from_ms=0)
    with recorded("programme.draft.begin", "draft", {}) as change:
        made = current_office().drafts.begin(
            programme_text(first),
            base_version=base_version,
            account=current_account().login,
            at_ms=current_clock().unix_ms(),
        )
        if isinstance(made, DraftConflict):
            change.refuse("conflict")
        else:
            change.after = {"source": source, "revision": made.revision}
    return made


def save_text(content: str, revision: int, part: str) -> RulesDraft | DraftConflict:
    """Let the draft say this from now on.

    Args:
        content: a programme file's text.
        revision: what the change was made from.
        part: what was changed, for the trail.

    Raises:
        OfficeError: if it cannot be written.
    """
    with recorded("programme.draft.change", "draft", {"revision": revision}) as change:
        saved = current_office().drafts.save(
            content,
            revision=revision,
            account=current_account().login,
            at_ms=current_clock().unix_ms(),
        )
        if isinstance(saved, DraftConflict):
            change.refuse("conflict")
        else:
            change.after = {"revision": saved.revision, "part": part}
    return saved


def change_draft(
    draft: Draft, part: str, change: Callable[[Programme], Programme]
) -> RulesDraft | DraftConflict:
    """Change the rules of a draft that was read.

    Args:
        draft: as it was read.
        part: what is changed, for the trail.
        change: makes the new rules of the old ones.

    Raises:
        MohrError: if the new rules cannot be used; nothing is changed.
    """
    assert draft.programme is not None, "a draft that cannot be read has no forms"
    content = programme_text(change(draft.programme))
    return save_text(content, draft.kept.revision, part)


def discard_draft(revision: int) -> DraftConflict | None:
    """Throw the draft away.

    Raises:
        OfficeError: if it cannot be written.
    """
    with recorded("programme.draft.discard", "draft", {"revision": revision}) as change:
        conflict = current_office().drafts.discard(revision=revision)
        if conflict is not None:
            change.refuse("conflict")
    return conflict
