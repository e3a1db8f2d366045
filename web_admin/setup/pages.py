"""What the wizard's pages have in common: their blueprint, the row of steps, the way on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from web_admin.bench.taps import keep_taps
from web_admin.setup.draft import Draft
from web_admin.setup.entry import current_desk, has_house, own_secret, url_of
from web_admin.setup.steps import Step, first_open, steps_for
from web_admin.setup.words import words_of_step

blueprint: Final = Blueprint("setup", __name__, url_prefix="/setup")
#: Why these pages are open to whoever has no account.
OPEN: Final = "nobody has an account before the first run; the one-time code lets in"


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    keep_taps(state.app.extensions)


def step_page(step: Step, template: str, status: int = 200, **values: object) -> Response:
    """Render a step's page under the row of steps."""
    steps = steps_for(has_house=has_house())
    at = steps.index(step)
    page = render_template(
        template,
        steps=[words_of_step(one) for one in steps],
        current=at,
        back=url_of(steps[at - 1]) if at else None,
        **values,
    )
    return make_response(page, status)


def next_page(draft: Draft) -> Response:
    """Lead on to the first step that is not answered."""
    return redirect(url_of(first_open(draft, has_house=has_house())), 303)


def say(step: Step, **values: Any) -> Response:  # noqa: ANN401 - the fields of a draft
    """Keep an answer and lead on to the next step, also where that was answered before."""
    draft = current_desk().change(own_secret(), lambda old: replace(old, **values))
    steps = steps_for(has_house=has_house())
    following = steps[min(steps.index(step) + 1, len(steps) - 1)]
    return redirect(url_of(Step.LANGUAGE if draft is None else following), 303)


def status_of(errors: object) -> int:
    """The status of a page with a form: one that was refused is no page that was found."""
    return 422 if errors else 200
