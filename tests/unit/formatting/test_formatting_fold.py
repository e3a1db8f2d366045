"""One spelling for searching."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.fold import fold, fold_tight

PERSIAN = "آأإٱاؤئيیىكکةۀهءـًٌَُِّْٰٔ\u200c\u200d ۱۲٣4aÀß"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علي", "علی"),
        ("مصطفى", "مصطفی"),
        ("كاظمي", "کاظمی"),
        ("فاطمة", "فاطمه"),
        ("خانۀ", "خانه"),
        ("مُحَمَّد", "محمد"),
        ("محمـــد", "محمد"),
        ("آرش", "ارش"),
        ("مسئول", "مسیول"),
        ("مؤمن", "مومن"),
        ("رضاء", "رضا"),
        ("علی\u200cرضا", "علیرضا"),
        ("۰۹۱۲", "0912"),
        ("٠٩١٢", "0912"),
        ("ﻋﻠﯽ", "علی"),
        ("Sara", "sARA"),
        ("Müller", "muller"),
        ("Straße", "STRASSE"),
        ("  a \t b ", "a b"),
        ("ab\u202ecd", "abcd"),
    ],
)
def test_spellings_that_people_mean_alike(one: str, other: str) -> None:
    """What keyboards, habits and code points make different is found alike."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("علی", "علا"), ("سارا", "ساره"), ("1", "2")])
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    """Folding does not make two names of two."""
    assert fold(one) != fold(other)


def test_gaps_can_be_closed() -> None:
    """A double name is found however its halves are parted."""
    assert fold_tight("علی رضا") == fold_tight("علی\u200cرضا") == fold_tight("علیرضا")


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(PERSIAN))))
def test_folding_twice_changes_nothing(text: str) -> None:
    """A stored fold and the fold of a stored fold are found by the same search."""
    assert fold(fold(text)) == fold(text)
