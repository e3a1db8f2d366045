"""The demonstration's screen speaks both languages."""

from __future__ import annotations

import pytest

from gateway.formatting.numbers import Language
from simulators.demo.words import DemoWords, Happening, News
from terminal_agent.texts.catalogue import load_texts

PACKAGE = "simulators.demo.texts"


def test_both_catalogues_say_the_same() -> None:
    """Each text stands in both languages and takes the same values."""
    persian, english = load_texts(Language.FA, PACKAGE), load_texts(Language.EN, PACKAGE)
    assert persian.ids == english.ids
    for name in persian.ids:
        assert persian.parameters(name) == english.parameters(name), name


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("what", Happening)
def test_everything_that_happens_can_be_told(language: Language, what: Happening) -> None:
    """No piece of news is without words."""
    news = News(what=what, till="till-1", amount_minor=1_895, accepted=3, settled=2)
    assert DemoWords(language).news(news).strip()


def test_persian_news_has_persian_digits() -> None:
    """Amounts on the Persian screen are written in Persian digits."""
    told = DemoWords(Language.FA).news(News(what=Happening.SOLD, till="till-1", amount_minor=1_895))
    assert "۱۸" in told
    assert "18" not in told
