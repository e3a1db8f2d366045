"""Codes that are read out at the till: right once, wrong a few times, never readable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.one_time_code import (
    CodeAnswer,
    CodeKey,
    CodeTerms,
    OneTimeCode,
    check_code,
    issue_code,
)

KEY = CodeKey(key=bytes(range(32)), purpose=b"card and sale")
TERMS = CodeTerms(digits=6, tries=3, lasts_ms=300_000)
DRAWN = bytes(range(100, 132))
NOW_MS = 1_700_000_000_000

drawn_bytes = st.binary(min_size=32, max_size=32)


def issued(terms: CodeTerms = TERMS) -> tuple[str, OneTimeCode]:
    """A code, and what is kept of it."""
    return issue_code(KEY, terms, drawn=DRAWN, now_ms=NOW_MS)


@given(drawn=drawn_bytes, digits=st.integers(4, 10), later_ms=st.integers(0, 299_999))
def test_the_code_that_was_sent_is_right_once(drawn: bytes, digits: int, later_ms: int) -> None:
    """It has as many digits as asked, counts until it expires, and ends by being used."""
    terms = CodeTerms(digits=digits)
    code, kept = issue_code(KEY, terms, drawn=drawn, now_ms=NOW_MS)
    assert len(code) == digits
    assert code.isdigit()
    answer, used = check_code(kept, KEY, code, now_ms=NOW_MS + later_ms)
    assert answer is CodeAnswer.RIGHT
    assert check_code(used, KEY, code, now_ms=NOW_MS)[0] is CodeAnswer.ENDED


@given(said=st.text(max_size=12))
def test_anything_else_is_wrong_and_costs_a_try(said: str) -> None:
    """Any text may be typed; nothing raises."""
    code, kept = issued()
    answer, after = check_code(kept, KEY, said, now_ms=NOW_MS)
    if said != code:
        assert (answer, after) == (CodeAnswer.WRONG, replace(kept, tries_left=2))


def test_after_the_last_try_not_even_the_right_code_counts() -> None:
    """Guessing ends with the tries."""
    code, kept = issued()
    for left in (2, 1, 0):
        answer, kept = check_code(kept, KEY, "guess", now_ms=NOW_MS)
        assert (answer, kept.tries_left) == (CodeAnswer.WRONG, left)
    assert check_code(kept, KEY, code, now_ms=NOW_MS) == (CodeAnswer.ENDED, kept)


def test_a_code_runs_out() -> None:
    """Five minutes later it is worth nothing, and being late costs no try."""
    code, kept = issued()
    late = check_code(kept, KEY, code, now_ms=NOW_MS + 300_000)
    assert late == (CodeAnswer.EXPIRED, kept)


def test_a_code_counts_for_its_purpose_and_key_alone() -> None:
    """A code for one member's sale opens no other, whatever their names have in common."""
    code, kept = issued()
    others = [
        replace(KEY, purpose=b"card and sal"),
        replace(KEY, purpose=b"card and sale2"),
        replace(KEY, key=bytes(32)),
    ]
    for other in others:
        assert check_code(kept, other, code, now_ms=NOW_MS)[0] is CodeAnswer.WRONG


def test_what_is_kept_shows_nothing() -> None:
    """Neither the code, the hash, the salt nor the key is in any repr."""
    code, kept = issued()
    for shown in (repr(kept), repr(KEY)):
        assert code not in shown
        assert "digest" not in shown
        assert "key" not in shown.partition("(")[2]


@pytest.mark.parametrize(
    "wrong", [{"digits": 3}, {"digits": 11}, {"tries": 0}, {"tries": 11}, {"lasts_ms": 999}]
)
def test_terms_that_protect_nobody_are_refused(wrong: dict[str, int]) -> None:
    """Too short, too patient, or over before it can be read."""
    with pytest.raises(ValueRangeError):
        CodeTerms(**wrong)


def test_parts_of_a_wrong_length_are_refused() -> None:
    """A key cut short is told, not used."""
    with pytest.raises(ValueRangeError, match="drawn"):
        issue_code(KEY, TERMS, drawn=bytes(16), now_ms=NOW_MS)
    for wrong in ({"key": bytes(16)}, {"purpose": b""}):
        with pytest.raises(ValueRangeError):
            replace(KEY, **wrong)
    with pytest.raises(ValueRangeError):
        replace(issued()[1], digest=b"short")
