"""Everything of the page that does not change while the agent runs, ready to be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from gateway.formatting.numbers import Language
from terminal_agent.customer_display.brand import Brand
from terminal_agent.customer_display.colours import shades_of
from terminal_agent.customer_display.words import TABLE
from terminal_agent.texts.catalogue import Texts

_STATIC: Final = "static"
_FONT: Final = "vazirmatn"
_CSS: Final = "text/css; charset=utf-8"
_DIRECTIONS: Final = {Language.FA: "rtl", Language.EN: "ltr"}
#: Which letters each file of the font holds (Fontsource's subsets of Vazirmatn).
_SUBSETS: Final = {
    "arabic": "U+0600-06FF, U+0750-077F, U+08A0-08FF, U+200C-200E, U+2010-2011, U+204F, "
    "U+2066-2069, U+FB50-FDFF, U+FE70-FEFC",
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, "
    "U+2000-200B, U+2012-2015, U+2018-2026, U+2039-203A, U+2044, U+20AC, U+2122, U+2212",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page."""

    media_type: str
    content: bytes


def page_files(brand: Brand, texts: Texts) -> Mapping[str, PageFile]:
    """Make every file of the page.

    Args:
        brand: what the shop puts on it.
        texts: the page's language.

    Returns:
        the files by their path on the server.
    """
    static = files(__package__).joinpath(_STATIC)
    fonts = {
        _font_path(subset): PageFile("font/woff2", file.read_bytes())
        for subset in _SUBSETS
        if (file := static.joinpath(_FONT, f"{subset}.woff2")).is_file()
    }
    made = {
        "/": PageFile("text/html; charset=utf-8", _page(brand, texts)),
        "/display.css": PageFile(_CSS, static.joinpath("display.css").read_bytes()),
        "/display.js": PageFile(
            "text/javascript; charset=utf-8", static.joinpath("display.js").read_bytes()
        ),
        "/icon.svg": PageFile("image/svg+xml", _icon(brand).encode()),
        "/brand.css": PageFile(_CSS, _brand_css(brand, frozenset(fonts)).encode()),
        **fonts,
    }
    if brand.logo is not None:
        made["/logo"] = PageFile(brand.logo.media_type, brand.logo.content)
    return made


def version_of(made: Mapping[str, PageFile]) -> str:
    """Names the files' content: another content, another version."""
    digest = hashlib.sha256()
    for path in sorted(made):
        digest.update(path.encode() + b"\0" + hashlib.sha256(made[path].content).digest())
    return digest.hexdigest()[:16]


def _page(brand: Brand, texts: Texts) -> bytes:
    template = files(__package__).joinpath(_STATIC, "display.html").read_text(encoding="utf-8")
    logo = '<img class="logo" src="/logo" alt="">' if brand.logo is not None else ""
    lost_title, *lost_lines = texts.write(f"{TABLE}.lost").splitlines()
    page = Template(template).substitute(
        language=texts.language.value,
        direction=_DIRECTIONS[texts.language],
        theme=brand.theme.value,
        # After the dot is the shop's own name, in whatever language.
        title=escape(" · ".join(filter(None, (texts.write(f"{TABLE}.label_balance"), brand.name)))),
        brand=escape(brand.name),
        logo=logo,
        lost_title=escape(lost_title),
        lost_text=escape(" ".join(lost_lines)),
    )
    return page.encode()


def _font_path(subset: str) -> str:
    return f"/{_FONT}/{subset}.woff2"


def _icon(brand: Brand) -> str:
    """The page's own small mark: browsers ask for one."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
        f'<circle cx="8" cy="8" r="7" fill="{brand.colour}"/></svg>'
    )


def _brand_css(brand: Brand, fonts: frozenset[str]) -> str:
    """The brand's colours, and the fonts that are there: none is asked for in vain."""
    shades = shades_of(brand.colour)
    faces = "".join(
        "@font-face{font-family:Vazirmatn;font-weight:100 900;font-display:swap;"
        f'src:url("{_font_path(subset)}") format("woff2");unicode-range:{letters}}}\n'
        for subset, letters in _SUBSETS.items()
        if _font_path(subset) in fonts
    )
    return (
        f"{faces}:root{{--brand:{shades.brand};--on-brand:{shades.on_brand};"
        f"--soft-light:{shades.soft_light};--soft-dark:{shades.soft_dark};"
        f"--ink-light:{shades.ink_light};--ink-dark:{shades.ink_dark}}}\n"
    )
