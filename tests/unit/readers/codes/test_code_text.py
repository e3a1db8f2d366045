"""The text form of our codes: one form each, and garbage ends as a named error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.wire.code_text import (
    PREFIX,
    TEXT_CHARACTERS_MAX,
    CodeKind,
    is_code_text,
    read_code_text,
    write_code_text,
)

#: ISO/IEC 18004, table 5.
QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

bodies = st.binary(min_size=1, max_size=255)


@given(kind=st.sampled_from(CodeKind), body=bodies)
def test_a_code_reads_back_in_either_case(kind: CodeKind, body: bytes) -> None:
    """Any body survives, within QR's alphanumeric mode, and whatever caps lock does to it."""
    text = write_code_text(kind, body)
    assert set(text) <= QR_ALPHANUMERIC
    assert len(text) <= TEXT_CHARACTERS_MAX
    assert read_code_text(text) == read_code_text(text.lower()) == (kind, body)


@given(text=st.text(max_size=60) | st.text(max_size=60).map(PREFIX.__add__))
def test_any_text_is_a_code_in_its_one_form_or_no_code(text: str) -> None:
    """Whatever is scanned ends as a code that writes back to the same text, or as ``WireError``."""
    try:
        kind, body = read_code_text(text)
    except WireError:
        return
    assert write_code_text(kind, body) == text.upper()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no code of ours"),
        ("MOHR", "no code of ours"),
        ("MOHR:", "not known here"),
        ("MOHR:AE", "not known here"),
        ("MOHR:74AA", "not known here"),
        ("MOHR:AEAB", "one form"),
        ("MOHR:AEBA====", "one form"),
        ("MOHR:A", "base32"),
        ("MOHR:AE\u0660A", "base32"),
        ("MOHR:" + "A" * 500, "at most"),
    ],
)
def test_what_is_no_code_says_why(text: str, why: str) -> None:
    """Another prefix, no kind, an unknown kind, left-over bits, padding, and a text without end."""
    with pytest.raises(WireError, match=why):
        read_code_text(text)


@pytest.mark.parametrize("body", [b"", bytes(256)])
def test_a_body_of_a_wrong_length_is_not_written(body: bytes) -> None:
    """No code is drawn that could not be read."""
    with pytest.raises(WireError, match="1 to 255"):
        write_code_text(CodeKind.CLAIM, body)


def test_a_code_is_known_by_its_prefix_alone() -> None:
    """Scanners that type may turn the case."""
    assert is_code_text("mohr:x")
    assert not is_code_text("MOHR-x")
