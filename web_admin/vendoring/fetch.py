"""Fetches what ``vendor.toml`` wants, checks it against the lock, and lays it down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from web_admin.vendoring.errors import VendorError
from web_admin.vendoring.lock import Lock, LockedFile, LockedPackage, hash_of
from web_admin.vendoring.sprite import build_sprite
from web_admin.vendoring.tarball import Tarball, integrity_of
from web_admin.vendoring.wanted import Package

#: In the place of a path, for a licence whose text is in ``vendor.toml``.
TEXT = "(text)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where packages come from.

    Attributes:
        tarball: gives a package's tarball by name and version.
        integrity: gives what that tarball must hash to.
    """

    tarball: Callable[[str, str], bytes]
    integrity: Callable[[str, str], str]


def fetch(wanted: tuple[Package, ...], lock: Lock, registry: Registry, root: Path) -> Lock:
    """Fetch every package and write its files.

    Args:
        wanted: what to fetch.
        lock: what was got before; a version that is in it must hash to the same again.
        registry: where from.
        root: the checkout.

    Returns:
        the new lock.

    Raises:
        VendorError: if a tarball is not what npm or the lock says, or lacks a file. Files of
            earlier packages may then have been written; ``check`` says so.
    """
    known = {(package.name, package.version): package.integrity for package in lock.package}
    packages = []
    for package in wanted:
        name, version = package.name, package.version
        data = registry.tarball(name, version)
        integrity = integrity_of(data)
        expected = known.get((name, version)) or registry.integrity(name, version)
        if integrity != expected:
            raise VendorError(f"{name} {version} hashes to {integrity}, not to {expected}")
        files, contents = unpack(package, Tarball(name, data))
        for destination, content in contents.items():
            path = root / destination
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        packages.append(
            LockedPackage(
                name=name,
                version=version,
                integrity=integrity,
                licence=package.licence,
                file=files,
            )
        )
    return Lock(package=tuple(packages))


def unpack(package: Package, tarball: Tarball) -> tuple[tuple[LockedFile, ...], dict[str, bytes]]:
    """Take what is wanted out of a package.

    Returns:
        the lock's entries, and each file's bytes by its destination.

    Raises:
        VendorError: if a file is missing.
    """
    files: list[LockedFile] = []
    contents: dict[str, bytes] = {}

    def lay(source: str, content: bytes, destinations: tuple[str, ...]) -> None:
        for destination in destinations:
            contents[destination] = content
            files.append(
                LockedFile(source=source, destination=destination, sha256=hash_of(content))
            )

    for member in package.members:
        lay(member.source, tarball.read(member.source), member.destinations)
    if package.licence_from is not None:
        lay(package.licence_from, tarball.read(package.licence_from), package.licence_to)
    elif package.licence_text is not None:
        lay(TEXT, package.licence_text.strip().encode() + b"\n", package.licence_to)
    else:
        raise VendorError(f"{package.name} comes without its licence")
    if package.sprite_to is not None:
        icons = {name: tarball.read(f"{package.sprite_from}/{name}.svg") for name in package.icons}
        for name, svg in icons.items():
            files.append(
                LockedFile(
                    source=f"{package.sprite_from}/{name}.svg",
                    destination=f"{package.sprite_to}#{name}",
                    sha256=hash_of(svg),
                )
            )
        lay("(sprite)", build_sprite(icons), (package.sprite_to,))
    return tuple(files), contents
