"""The code of a receipt as a picture: its modules, on a page and on a console."""

from __future__ import annotations

import io
import re

import segno

from gateway.formatting.numbers import Language
from simulators.given.customer_views import CLAIM, drawn
from terminal_agent.claim_picture import QUIET_MODULES, draw_code, print_code
from terminal_agent.customer_display.picture import picture_json
from terminal_agent.session.view import Screen, View

_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def test_the_drawn_modules_are_the_codes() -> None:
    """Every dark module and no other, with the light border that a scanner looks for."""
    picture = draw_code(CLAIM)
    runs = [[int(part) for part in run] for run in _RUN.findall(picture.path)]
    assert _RUN.sub("", picture.path) == ""
    assert all(wide == back for *_, wide, back in runs)
    dark = {(x + step, y) for x, y, wide, _ in runs for step in range(wide)}
    rows = segno.make_qr(CLAIM, error="m").matrix
    assert dark == {
        (x + QUIET_MODULES, y + QUIET_MODULES)
        for y, row in enumerate(rows)
        for x, module in enumerate(row)
        if module
    }
    assert picture.side == len(rows) + 2 * QUIET_MODULES


def test_the_page_shows_the_code_with_what_to_do() -> None:
    """Beside the call for a card, in both languages; nothing where there is no code."""
    view = View(screen=Screen.LATE, claim=CLAIM)
    for language, said in (
        (Language.EN, "Forgot your card?"),
        (Language.FA, "کارت همراهتان نیست؟"),
    ):
        claim = drawn(view, language).claim
        assert claim is not None
        assert claim.text.startswith(said)
        assert claim.code == draw_code(CLAIM)
    assert drawn(View(screen=Screen.LATE)).claim is None
    # A picture is one line for every page: a code must not make it a book.
    assert len(picture_json(drawn(view))) < 16_384


def test_the_code_stands_in_no_repr() -> None:
    """Whoever has the code has the points."""
    view = View(screen=Screen.LATE, claim=CLAIM)
    assert CLAIM not in repr(view)
    assert draw_code(CLAIM).path not in repr(drawn(view))


def test_a_console_shows_the_code() -> None:
    """Half a line for each row of modules, in block characters."""
    stream = io.StringIO()
    print_code(CLAIM, stream)
    lines = stream.getvalue().splitlines()
    assert abs(len(lines) - draw_code(CLAIM).side / 2) <= 1
