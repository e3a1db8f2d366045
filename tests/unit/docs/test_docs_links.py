"""The documentation holds together: links lead somewhere, and every page can be found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    # Test modules cannot import from each other when they run.
    from tests.unit.docs.conftest import Page

Pages: TypeAlias = "dict[str, Page]"

_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_HEADING: Final = re.compile(r"^#{1,6} +(.*?) *$", re.MULTILINE)
_ELSEWHERE: Final = re.compile(r"^(?:https?|mailto):")


def slugs(page_text: str) -> set[str]:
    """The anchors that a renderer gives a page's headings: lower case, hyphens, no punctuation."""
    found = set()
    for heading in _HEADING.findall(page_text):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().lower().replace(" ", "-"))
    return found


def targets(prose: str) -> list[str]:
    """Where a page's own links lead, those to other sites left out."""
    found = (inline or attribute for inline, attribute in _LINK.findall(prose))
    return [target for target in found if not _ELSEWHERE.match(target)]


def test_every_relative_link_leads_somewhere(pages: Pages, project_root: Path) -> None:
    """The file that a link names is there, and so is the heading after its #."""
    broken = []
    for page in pages.values():
        for target in targets(page.prose):
            path, _, anchor = target.partition("#")
            file = (project_root / page.name).parent / path if path else project_root / page.name
            if not file.exists():
                broken.append(f"{page.name}: {target}")
            elif anchor and anchor not in slugs(pages[_name(file, project_root)].prose):
                broken.append(f"{page.name}: {target} (no such heading)")
    assert broken == []


def test_the_index_lists_every_page(pages: Pages, project_root: Path) -> None:
    """docs/README.md leads to each page; an ADR is found through the list of decisions."""
    listed = {_name(project_root / "docs" / t.partition("#")[0], project_root)
              for t in targets(pages["docs/README.md"].prose) if t.partition("#")[0]}  # fmt: skip
    ours = {name for name in pages if name.startswith("docs/") and "/adr/0" not in name}
    assert ours - {"docs/README.md"} <= listed
    assert {"docs/wire.cddl", "CHANGELOG.md", "SECURITY.md"} <= listed


def test_the_list_of_decisions_is_complete(pages: Pages, project_root: Path) -> None:
    """Every ADR has its row, with its own title, and no row names one that is not there."""
    rows = dict(
        re.findall(r"\| \[\d{4}\]\(([^)]+)\) \| (.+?) \|", pages["docs/adr/README.md"].text)
    )
    files = {file.name for file in (project_root / "docs" / "adr").glob("[0-9]*.md")}
    assert files
    assert set(rows) == files
    for name, title in rows.items():
        heading = pages[f"docs/adr/{name}"].text.splitlines()[0]
        assert heading == f"# {int(name[:4])}. {title}"


def test_the_changelog_has_a_place_for_what_is_new(pages: Pages) -> None:
    """CHANGELOG.md has an Unreleased section above all others."""
    sections = re.findall(r"^## (.+)$", pages["CHANGELOG.md"].text, re.MULTILINE)
    assert sections[0] == "[Unreleased]"


def test_a_broken_link_would_be_seen() -> None:
    """The reader of links finds inline links, pictures and attributes, and knows other sites."""
    prose = '[a](one.md#x) ![b](two.svg) <img src="three.svg"> [c](https://example.org/four)'
    assert targets(prose) == ["one.md#x", "two.svg", "three.svg"]
    assert slugs("## `Journal.settle`, *why*: a [link](x.md)\n") == {"journalsettle-why-a-link"}


def _name(file: Path, root: Path) -> str:
    return file.resolve().relative_to(root).as_posix()
