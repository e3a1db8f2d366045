"""Views that a page asks for by itself: they say nothing about whether a person is still there.

A live page left open over night reconnects for ever; its session must end as if nobody used it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import current_app, request

_MARK: Final = "__mohr_unattended__"

View = TypeVar("View", bound=Callable[..., Any])


def unattended(view: View) -> View:
    """Mark a view as one that no person asks for; stands under the route's decorator."""
    setattr(view, _MARK, True)
    return view


def is_unattended() -> bool:
    """Whether this request was made by a page and not by a person."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, _MARK, False))
