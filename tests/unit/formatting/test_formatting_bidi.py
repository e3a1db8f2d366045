"""Direction marks: ours around foreign words, and none of a stranger's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.bidi import (
    ISOLATE,
    ISOLATE_END,
    ISOLATE_LTR,
    base_direction,
    isolate,
    isolate_ltr,
    without_controls,
)

CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_isolates_close_what_they_open() -> None:
    """A foreign word stands between an isolate and its end."""
    assert isolate("TR-48") == f"{ISOLATE}TR-48{ISOLATE_END}"
    assert isolate_ltr("+12") == f"{ISOLATE_LTR}+12{ISOLATE_END}"


def test_a_strangers_override_is_taken_out() -> None:
    """The trick that shows ``exe.jpg`` for ``gpj.exe`` is gone; Persian joiners stay."""
    assert without_controls("invoice\u202egpj.exe") == "invoicegpj.exe"
    assert without_controls("علی\u200cرضا") == "علی\u200cرضا"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(CONTROLS))))
def test_no_mark_survives(text: str) -> None:
    """Nothing that can turn text around is left, and nothing else is taken."""
    bare = without_controls(text)
    assert not set(bare) & set(CONTROLS)
    assert bare == "".join(sign for sign in text if sign not in CONTROLS)


@pytest.mark.parametrize(
    ("lines", "direction"),
    [
        ((), "ltr"),
        (("----", "12.00"), "ltr"),
        (("جمع کل", "----", "12.00"), "rtl"),
        (("TOTAL", "جمع", "کارت"), "rtl"),
        (("  ۱۲ جمع TOTAL", "Receipt جمع", "Till 2"), "ltr"),
    ],
)
def test_a_paper_has_the_direction_of_most_lines(lines: tuple[str, ...], direction: str) -> None:
    """The first strong letter of each line counts; figures and dashes follow the others."""
    assert base_direction(lines) == direction
