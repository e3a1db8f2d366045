"""Other people's files are what the lock says, in this checkout."""

from __future__ import annotations

import re
from pathlib import Path

from web_admin.vendoring.check import VENDOR_FOLDER, findings
from web_admin.vendoring.lock import FILE, read_lock
from web_admin.vendoring.wanted import read_wanted


def test_every_file_is_as_the_lock_says(project_root: Path) -> None:
    """Nothing below the vendor folders is missing, changed or unlisted."""
    assert findings(read_wanted(), read_lock(), project_root) == []


def test_every_package_is_there_with_its_licence(project_root: Path) -> None:
    """Each package names its licence and brings the text of it."""
    for package in read_wanted():
        assert package.licence in {"MIT", "0BSD", "OFL-1.1", "MPL-2.0"}
        for destination in package.licence_to:
            text = (project_root / destination).read_text(encoding="utf-8")
            assert re.search(r"licen[cs]e|permission", text, re.IGNORECASE), destination


def test_the_lock_names_no_host() -> None:
    """Where a package was fetched from is nobody's business but the fetcher's."""
    text = FILE.read_text(encoding="utf-8")
    assert "http" not in text
    assert "registry" not in text


def test_pages_can_be_served_without_the_checks_tools(project_root: Path) -> None:
    """What checks pages is not among what visitors get."""
    served = {file.name for file in (project_root / VENDOR_FOLDER).rglob("*")}
    assert "axe.min.js" not in served
