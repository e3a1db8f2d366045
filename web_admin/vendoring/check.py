"""Hashes other people's files again and says what is not as the lock says. Needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from web_admin.vendoring.lock import Lock, LockedFile, hash_of
from web_admin.vendoring.wanted import Package

#: Everything below here is other people's, however deep.
VENDOR_FOLDER: Final = "web_admin/static/vendor"


def findings(wanted: tuple[Package, ...], lock: Lock, root: Path) -> list[str]:
    """Compare the checkout with the lock, and the lock with what is wanted.

    Args:
        wanted: what ``vendor.toml`` says.
        lock: what ``vendor.lock.toml`` says.
        root: the checkout.

    Returns:
        one sentence for each difference; empty if all is well.
    """
    said = list(_stale(wanted, lock))
    files = [file for package in lock.package for file in package.file]
    laid = {file.destination: file for file in files if "#" not in file.destination}
    for destination, file in sorted(laid.items()):
        path = root / destination
        if not path.is_file():
            said.append(f"{destination} is missing")
        elif hash_of(path.read_bytes()) != file.sha256:
            said.append(f"{destination} was changed")
    said += [f"{found} is not in the lock" for found in sorted(_lying(laid, root) - laid.keys())]
    return said


def _stale(wanted: tuple[Package, ...], lock: Lock) -> Iterator[str]:
    """What the lock would say otherwise if it were fetched today."""
    locked = {package.name: package for package in lock.package}
    for name in sorted(locked.keys() - {package.name for package in wanted}):
        yield f"{name} is in the lock and not wanted"
    for package in wanted:
        got = locked.get(package.name)
        if got is None or (got.version, got.licence) != (package.version, package.licence):
            yield f"{package.name} {package.version} is wanted and not in the lock"
        elif {file.destination for file in got.file} != set(_destinations(package)):
            yield f"the files wanted of {package.name} are not those in the lock"


def _destinations(package: Package) -> Iterator[str]:
    for member in package.members:
        yield from member.destinations
    yield from package.licence_to
    if package.sprite_to is not None:
        yield package.sprite_to
        for icon in package.icons:
            yield f"{package.sprite_to}#{icon}"


def _lying(laid: dict[str, LockedFile], root: Path) -> set[str]:
    """Every file in the vendor folder, and beside the locked ones elsewhere."""
    files = set((root / VENDOR_FOLDER).rglob("*"))
    for destination in laid:
        files.update((root / destination).parent.glob("*"))
    return {file.relative_to(root).as_posix() for file in files if file.is_file()}
