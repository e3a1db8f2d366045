"""The one page on which anything is done: a form, where it matters a look at the result, done.

An ``Action`` says what a form asks for and what command it becomes; a ``Case`` is what it is done
to. Everything between the two is here, and alike for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from markupsafe import Markup

from gateway.errors import ConfigError, GatewayBusyError, MohrError, NoAnswerError
from gateway.ledger.errors import StoreFullError, StoreUnavailableError
from gateway.model.ids import BranchId
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Status
from gateway.model.programme import Programme
from gateway.office.trail import Values
from web_admin.desk.commanding import carry_out, maker
from web_admin.desk.form import DeskForm
from web_admin.desk.refusals import words_of_desk_refusal

#: What the button of the second look sends; a form that was only filled in does not.
CONFIRMED: Final = "confirmed"
_NOT_SHOWN_AGAIN: Final = frozenset({"csrf_token", CONFIRMED})
_WRONG: Final = 422
_BUSY: Final = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One figure as it is, and as it will be.

    Attributes:
        label: whose or what.
        before: as it is.
        after: as it will be.
    """

    label: str | Markup
    before: str
    after: str


class Case(ABC):
    """What something is done to.

    Attributes:
        branch: where it is booked.
        rules: those in force; None before there are any.
    """

    branch: BranchId
    rules: Programme | None

    @property
    @abstractmethod
    def subject(self) -> str:
        """What the trail calls it."""

    @property
    @abstractmethod
    def name(self) -> Markup:
        """What the page calls it."""

    @property
    @abstractmethod
    def home(self) -> str:
        """The address of its own page."""


C = TypeVar("C", bound=Case)
F = TypeVar("F", bound=DeskForm)


class Action(ABC, Generic[C, F]):
    """One thing that can be done.

    Attributes:
        kind: the command that it becomes.
        title: of its page.
        explanation: what it does, and what it does not.
        button: what its button says.
        icon: its picture's name in the sprite.
    """

    kind: ClassVar[LedgerCommandKind]
    title: ClassVar[LazyString]
    explanation: ClassVar[LazyString]
    button: ClassVar[LazyString]
    icon: ClassVar[str]

    @abstractmethod
    def form(self, case: C) -> F:
        """Its form, with the choices that there are."""

    @abstractmethod
    def parts(self, case: C, form: F) -> CommandParts | None:
        """What a form that is filled in asks for; None puts the reasons beside the fields."""

    @abstractmethod
    def told(self, case: C) -> Values:
        """What the trail keeps of the case, before and after."""

    def facts(self, case: C) -> Sequence[tuple[str, str]]:
        """What stands above the form: labels, and how things are now."""
        del case
        return ()

    def obstacle(self, case: C) -> str | None:
        """Why it cannot be done at all, whatever anybody fills in."""
        del case
        return None

    def branch(self, case: C, form: F) -> BranchId:
        """Where it is booked."""
        del form
        return case.branch

    def looks(self, case: C, command: LedgerCommand) -> Sequence[Look]:
        """What comes of it, to be looked at before it is done; nothing does it at once."""
        del case, command
        return ()

    def said(self, before: C, after: C) -> str:
        """What is said when it is done."""
        del before, after
        return str(_("Done."))

    def handed_out(self, case: C, command: LedgerCommand) -> str | None:
        """A page with what is to be handed out once it is done; None goes back to the case."""
        del case, command
        return None


def perform(read: Callable[[], C], action: Action[C, F]) -> ResponseReturnValue:
    """Show an action's form, or do what was filled in.

    Args:
        read: reads the case; it is asked again when something was done.
        action: what.
    """
    case = read()
    form = action.form(case)
    obstacle = action.obstacle(case)
    if request.method == "GET" or obstacle is not None:
        return _page(case, action, form, obstacle=obstacle)
    command = _command(case, action, form)
    if command is None:
        return _page(case, action, form), _WRONG
    looks = action.looks(case, command)
    if looks and CONFIRMED not in request.form:
        return _look_page(case, action, command, looks)
    return _do(read, case, action, form, command)


def _do(
    read: Callable[[], C], case: C, action: Action[C, F], form: F, command: LedgerCommand
) -> ResponseReturnValue:
    try:
        done = carry_out(command, case.subject, action.told(case), lambda: action.told(read()))
    except (NoAnswerError, StoreUnavailableError, GatewayBusyError) as error:
        return _page(case, action, form, refusal=_not_now(error)), _BUSY
    except ConfigError:
        why = _(
            "The gateway does not accept this, and nothing was changed. Somebody or something that"
            " is named here may not be there any more: load the page again and look."
        )
        return _page(case, action, form, refusal=why), _WRONG
    if done.status is Status.REFUSED:
        refusal = str(words_of_desk_refusal(action.kind, done.reason))
        return _page(case, action, form, refusal=refusal), _WRONG
    handed = action.handed_out(case, command)
    return _after(case, read(), action, done.status) if handed is None else handed


def _not_now(error: MohrError) -> str:
    """What to do where the gateway cannot be asked; the form keeps its id, so nothing is lost."""
    if isinstance(error, GatewayBusyError):
        return str(_("The gateway is too busy, and nothing was changed. Send it again."))
    if isinstance(error, StoreFullError):
        return str(_("The disk is full, and nothing was changed. Make space, then send it again."))
    return str(_("The gateway gave no answer. Send it again: it is done only once."))


def _command(case: C, action: Action[C, F], form: F) -> LedgerCommand | None:
    if not form.validate():
        return None
    parts = action.parts(case, form)
    if parts is None:
        return None
    return LedgerCommand(
        id=form.command.data,
        kind=action.kind,
        made_by=maker(),
        branch=action.branch(case, form),
        **{**parts, "reason": form.reason.data},
    )


def _after(before: C, after: C, action: Action[C, F], status: Status) -> ResponseReturnValue:
    if status is Status.DUPLICATE:
        flash(_("This was done already. It was not done a second time."), "info")
    else:
        flash(action.said(before, after), "success")
    return redirect(after.home, 303)


def _page(
    case: C,
    action: Action[C, F],
    form: F,
    *,
    obstacle: str | None = None,
    refusal: str | None = None,
) -> str:
    return render_template(
        "desk/act.html", case=case, action=action, form=form, obstacle=obstacle, refusal=refusal
    )


def _look_page(case: C, action: Action[C, F], command: LedgerCommand, looks: Sequence[Look]) -> str:
    sent = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in _NOT_SHOWN_AGAIN
    ]
    return render_template(
        "desk/look.html",
        case=case,
        action=action,
        looks=looks,
        reason=command.reason,
        sent=sent,
        confirmed=CONFIRMED,
    )
