"""The pictures show themselves anywhere, off-line, with Persian as it is read."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from rich.text import Text

_PERSIAN: Final = re.compile("[\u0600-\u06ff]")
_SVG: Final = "{http://www.w3.org/2000/svg}"


def runs(svg: str) -> list[ET.Element]:
    """Every run of text in a picture."""
    return list(ET.fromstring(svg).iter(f"{_SVG}text"))  # noqa: S314 - our own file


@pytest.fixture(scope="module")
def maker(project_root: Path) -> ModuleType:
    """The script that draws the pictures."""
    spec = importlib.util.spec_from_file_location(
        "make_pictures", project_root / "docs" / "make_pictures.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["demo.svg", "demo-fa.svg"])
def test_a_picture_needs_no_network(project_root: Path, name: str) -> None:
    """Nothing in a picture is fetched: no address but the SVG name space's own."""
    text = (project_root / "docs" / name).read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\s\"')]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "url(#" in text
    assert not re.search(r"url\((?!#)|@import|@font-face|<image|<script", text)


def test_the_persian_picture_is_persian(project_root: Path) -> None:
    """Its displays speak Persian with Persian digits, each line set right to left, unstretched."""
    found = runs((project_root / "docs" / "demo-fa.svg").read_text(encoding="utf-8"))
    persian = [run for run in found if _PERSIAN.search(run.text or "")]
    assert len(persian) > 5
    assert any("۱" in (run.text or "") for run in persian)
    assert all(run.get("direction") == "rtl" and run.get("textLength") is None for run in persian)


def test_the_english_picture_is_english(project_root: Path) -> None:
    """Its displays speak English."""
    found = runs((project_root / "docs" / "demo.svg").read_text(encoding="utf-8"))
    assert not [run.text for run in found if _PERSIAN.search(run.text or "")]
    assert any("points" in (run.text or "") for run in found)


def test_text_keeps_its_place(maker: ModuleType) -> None:
    """Persian is set from its right end; marks without a width stretch nothing beside them."""
    svg = maker.picture(Text("امتیاز: \u2068۱۴\u2069   |\nPoints: \u206814\u2069", end=""))
    persian, english = (run for run in runs(svg) if re.search("امتیاز|Points", run.text or ""))
    column = 12.2
    assert float(persian.get("x", "")) == pytest.approx(14 * column)
    assert float(english.get("x", "")) == 0
    assert float(english.get("textLength", "")) == pytest.approx(10 * column)
