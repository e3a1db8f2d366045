"""The files that the customer's page is made of: drawings, fonts, brand and logo."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.formatting.numbers import Language
from terminal_agent.customer_display.brand import LOGO_BYTES_MAX, Brand, Logo, read_logo
from terminal_agent.customer_display.colours import GROUND_DARK, GROUND_LIGHT
from terminal_agent.customer_display.page_files import page_files, version_of
from terminal_agent.customer_display.words import Mark
from terminal_agent.texts.catalogue import load_texts


def test_page_draws_every_mark_on_the_grounds_that_are_reckoned_with() -> None:
    """Each mark has a drawing; the colours are worked out for the grounds of the style sheet."""
    files = page_files(Brand(), load_texts(Language.FA))
    html, css = files["/"].content.decode(), files["/display.css"].content.decode()
    assert 'dir="rtl"' in html
    for mark in Mark:
        assert f'id="mark-{mark}"' in html
    assert css.count(f"--ground: {GROUND_LIGHT};") == 1
    assert css.count(f"--ground: {GROUND_DARK};") == 2


def test_page_brings_its_own_font() -> None:
    """Both files of Vazirmatn are served where the style sheet says."""
    files = page_files(Brand(), load_texts(Language.FA))
    css = files["/brand.css"].content.decode()
    for subset in ("arabic", "latin"):
        assert f'url("/vazirmatn/{subset}.woff2")' in css
        assert files[f"/vazirmatn/{subset}.woff2"].content[:4] == b"wOF2"


def test_page_names_its_version() -> None:
    """Another brand is another page; the same brand is the same one."""
    texts = load_texts(Language.FA)
    plain, again = (version_of(page_files(Brand(), texts)) for _ in range(2))
    named = version_of(page_files(Brand(name="Bahar"), texts))
    assert plain == again != named


def test_page_shows_a_logo() -> None:
    """A logo is served with its type and named in the page; without one the page names none."""
    texts = load_texts(Language.FA)
    logo = Logo(content=b"<svg/>", media_type="image/svg+xml")
    files = page_files(Brand(logo=logo), texts)
    assert files["/logo"].content == b"<svg/>"
    assert b'src="/logo"' in files["/"].content
    assert b"/logo" not in page_files(Brand(), texts)["/"].content


def test_a_logo_that_cannot_be_used_is_refused_with_words(tmp_path: Path) -> None:
    """A missing, large or foreign file is named with what to change."""
    (tmp_path / "logo.png").write_bytes(bytes(LOGO_BYTES_MAX + 1))
    with pytest.raises(ConfigError, match="larger than 512 KiB"):
        read_logo(tmp_path / "logo.png")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_logo(tmp_path / "none.svg")
    with pytest.raises(ConfigError, match="must end in one of"):
        read_logo(tmp_path / "logo.gif")
    (tmp_path / "small.WEBP").write_bytes(b"RIFF")
    assert read_logo(tmp_path / "small.WEBP") == Logo(content=b"RIFF", media_type="image/webp")
