"""A name in its box: one length, one terminal, one request."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.greeting import GREETING_CHARACTERS_MAX, open_greeting, seal_greeting
from gateway.crypto.sealed_box import AgreementKey, seal_box
from gateway.errors import CryptoError
from gateway.formatting.greeting import greeting_of
from gateway.model.authorisation import GREETING_BOX_BYTES
from gateway.model.ids import HoldId, TerminalId

KEY = AgreementKey.generate()
TILL = TerminalId("till-1")
REQUEST = HoldId(bytes(range(16)))
NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=GREETING_CHARACTERS_MAX,
)


@settings(max_examples=30)
@given(name=NAMES)
def test_a_greeting_comes_out_as_it_went_in(name: str) -> None:
    """Whatever the name, the terminal that asked reads it, and its box is as long as any other."""
    box = seal_greeting(name, KEY.public_bytes, TILL, REQUEST)
    assert len(box) == GREETING_BOX_BYTES
    assert open_greeting(box, KEY, TILL, REQUEST) == name


def test_a_greeting_opens_for_nobody_else() -> None:
    """Another key, terminal or request does not open it, nor does a changed box."""
    box = seal_greeting("مریم", KEY.public_bytes, TILL, REQUEST)
    other = HoldId(bytes(16))
    changed = box[:-1] + bytes([box[-1] ^ 1])
    for tried, key, terminal, request in (
        (box, AgreementKey.generate(), TILL, REQUEST),
        (box, KEY, TerminalId("till-2"), REQUEST),
        (box, KEY, TILL, other),
        (changed, KEY, TILL, REQUEST),
    ):
        with pytest.raises(CryptoError, match="does not open"):
            open_greeting(tried, key, terminal, request)


def test_a_greeting_is_sealed_anew_each_time() -> None:
    """Two boxes of one name are different: nobody can tell that the same customer came again."""
    first, second = (seal_greeting("Anna", KEY.public_bytes, TILL, REQUEST) for _ in range(2))
    assert first != second


@pytest.mark.parametrize("name", ["", "a" * (GREETING_CHARACTERS_MAX + 1), "a\0", "\ud800"])
def test_what_is_no_greeting_is_not_sealed(name: str) -> None:
    """Nothing, too much, a zero and what UTF-8 cannot write are refused before they are sealed."""
    with pytest.raises(CryptoError):
        seal_greeting(name, KEY.public_bytes, TILL, REQUEST)


@pytest.mark.parametrize("plain", [b"", b"\xff" * 160, b"a" * 160], ids=["none", "bytes", "long"])
def test_what_is_no_greeting_is_not_taken_out(plain: bytes) -> None:
    """A box that opens and holds no name is refused as well."""
    info = b"mohr greeting" + REQUEST + TILL.encode()
    box = seal_box(plain.ljust(160, b"\0"), KEY.public_bytes, info)
    with pytest.raises(CryptoError, match="the box holds"):
        open_greeting(box, KEY, TILL, REQUEST)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("  Anna   Maria ", "Anna Maria"),
        ("علی‌رضا", "علی‌رضا"),
        ("\u202eanna\u2069", "anna"),
        ("A\u2028B\nC\tD\x07E", "A B C DE"),
        ("x" * 50, "x" * 40),
        ("<script>", "<script>"),
        ("\u200c\u200f …!", None),
        ("", None),
        ("\ud800\ue000", None),
    ],
)
def test_a_greeting_is_one_line_without_tricks(name: str, said: str | None) -> None:
    """Marks that turn a line, line ends and controls are taken out; Persian joiners stay."""
    assert greeting_of(name) == said


@given(name=st.text(max_size=200))
def test_any_name_gives_a_greeting_that_can_be_sealed(name: str) -> None:
    """What is left of any text fits the box, or nothing is left; doing it again changes nothing."""
    said = greeting_of(name)
    if said is not None:
        assert open_greeting(
            seal_greeting(said, KEY.public_bytes, TILL, REQUEST), KEY, TILL, REQUEST
        )
        assert greeting_of(said) == said
