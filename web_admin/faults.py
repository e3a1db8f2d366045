"""Tells a person of a fault: a sentence in their language, and the fault's own words beside it."""

from __future__ import annotations

from typing import Final

from flask import flash
from markupsafe import Markup

from gateway.errors import MohrError

# Fault texts are English and name machines' things: no page translates or turns them.
_TOLD: Final = Markup('{} <bdi translate="no" class="font-monospace" dir="ltr">{}</bdi>')
_CHARACTERS_MAX: Final = 300


def flash_fault(sentence: str, fault: MohrError | str, kind: str = "danger") -> None:
    """Show a fault on the next page.

    Args:
        sentence: translated; says what was not done.
        fault: the fault, or its English text.
        kind: of the notice.
    """
    flash(_TOLD.format(sentence, str(fault)[:_CHARACTERS_MAX]), kind)
