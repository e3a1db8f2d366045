"""Fetching, locking and checking other people's files, from tarballs made here."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from web_admin.vendoring.check import VENDOR_FOLDER, findings
from web_admin.vendoring.errors import VendorError
from web_admin.vendoring.fetch import Registry, fetch
from web_admin.vendoring.lock import Lock, read_lock, write_lock
from web_admin.vendoring.sprite import build_sprite
from web_admin.vendoring.tarball import Tarball, integrity_of
from web_admin.vendoring.wanted import Member, Package, read_wanted

ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h24v24H0z"/><path d="M5 7l2 3"/></svg>'
)
SCRIPT = f"{VENDOR_FOLDER}/thing/thing.js"
LICENCE = f"{VENDOR_FOLDER}/thing/LICENSE.txt"
SPRITE = f"{VENDOR_FOLDER}/icons.svg"
THING = Package(
    name="thing",
    version="1.0.0",
    licence="MIT",
    licence_from="LICENSE",
    licence_to=(LICENCE,),
    members=(Member.model_validate({"from": "dist/thing.js", "to": [SCRIPT]}),),
    sprite_to=SPRITE,
    sprite_from="icons",
    icons=("arrow", "box"),
)


def _tarball(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


GOOD = _tarball(
    {
        "dist/thing.js": b"thing();",
        "dist/other.js": b"other();",
        "LICENSE": b"Permission is granted",
        "icons/arrow.svg": ICON,
        "icons/box.svg": ICON,
    }
)


def _registry(data: bytes, integrity: str | None = None) -> Registry:
    return Registry(
        tarball=lambda _name, _version: data,
        integrity=lambda _name, _version: integrity or integrity_of(data),
    )


def test_a_package_is_laid_down_and_found_whole(tmp_path: Path) -> None:
    """Only the named files come out, and the check is content with them."""
    lock = fetch((THING,), Lock(), _registry(GOOD), tmp_path)
    assert (tmp_path / SCRIPT).read_bytes() == b"thing();"
    laid = {path.name for path in (tmp_path / VENDOR_FOLDER).rglob("*") if path.is_file()}
    assert laid == {"thing.js", "LICENSE.txt", "icons.svg"}
    assert findings((THING,), lock, tmp_path) == []


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Writing and reading a lock loses nothing, and the same lock is the same text."""
    lock = fetch((THING,), Lock(), _registry(GOOD), tmp_path)
    file = tmp_path / "vendor.lock.toml"
    file.write_text(write_lock(lock), encoding="utf-8")
    again = read_lock(file)
    assert write_lock(again) == write_lock(lock)
    assert {one.destination for one in again.package[0].file} == {
        SCRIPT,
        LICENCE,
        SPRITE,
        f"{SPRITE}#arrow",
        f"{SPRITE}#box",
    }


def test_a_tarball_that_npm_does_not_vouch_for_is_refused(tmp_path: Path) -> None:
    """A tarball that hashes to anything else is not opened, and no file is written."""
    with pytest.raises(VendorError, match="hashes to"):
        fetch((THING,), Lock(), _registry(GOOD, "sha512-AAAA"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_locked_version_may_not_change(tmp_path: Path) -> None:
    """A version that was got once must be the same again, whatever npm says today."""
    lock = fetch((THING,), Lock(), _registry(GOOD), tmp_path)
    other = _tarball({"dist/thing.js": b"evil();", "LICENSE": b"Permission"})
    with pytest.raises(VendorError, match=r"thing 1\.0\.0 hashes to"):
        fetch((THING,), lock, _registry(other), tmp_path)
    assert (tmp_path / SCRIPT).read_bytes() == b"thing();"


def test_every_difference_is_named(tmp_path: Path) -> None:
    """A changed, a missing and an unlisted file are found, and so is a stale lock."""
    lock = fetch((THING,), Lock(), _registry(GOOD), tmp_path)
    (tmp_path / SCRIPT).write_bytes(b"thing() ;")
    (tmp_path / LICENCE).unlink()
    (tmp_path / VENDOR_FOLDER / "deep").mkdir()
    (tmp_path / VENDOR_FOLDER / "deep" / "stray.js").write_bytes(b"")
    newer = THING.model_copy(update={"version": "1.0.1"})
    assert findings((newer,), lock, tmp_path) == [
        "thing 1.0.1 is wanted and not in the lock",
        f"{LICENCE} is missing",
        f"{SCRIPT} was changed",
        f"{VENDOR_FOLDER}/deep/stray.js is not in the lock",
    ]
    fewer = THING.model_copy(update={"members": ()})
    assert "the files wanted of thing are not those in the lock" in findings(
        (fewer,), lock, tmp_path
    )
    assert "thing is in the lock and not wanted" in findings((), lock, tmp_path)


def test_a_sprite_is_the_same_in_any_order() -> None:
    """The order in which icons are named does not change a byte."""
    forwards = build_sprite({"arrow": ICON, "box": ICON})
    assert forwards == build_sprite({"box": ICON, "arrow": ICON})
    assert forwards.count(b"<symbol") == 2
    assert b"M0 0h24v24" not in forwards


@pytest.mark.parametrize(
    "svg",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 1" onload="alert(1)"/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 1&quot;&gt;"/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://example.org/a"/></svg>',
        b"<svg",
    ],
)
def test_an_icon_that_is_more_than_a_drawing_is_refused(svg: bytes) -> None:
    """No script, handler, address or broken markup comes in through an icon."""
    with pytest.raises(VendorError, match="icon"):
        build_sprite({"arrow": svg})


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    """A broken tarball, a missing file, a missing licence and a broken list are named."""
    with pytest.raises(VendorError, match="not a tarball"):
        Tarball("thing", b"not gzip")
    with pytest.raises(VendorError, match="no such file as dist/none"):
        Tarball("thing", GOOD).read("dist/none.js")
    bare = THING.model_copy(update={"licence_from": None})
    with pytest.raises(VendorError, match="without its licence"):
        fetch((bare,), Lock(), _registry(GOOD), tmp_path)
    broken = tmp_path / "vendor.toml"
    broken.write_text("[[package]]\nname = 1\n", encoding="utf-8")
    with pytest.raises(VendorError, match=r"vendor\.toml cannot be read"):
        read_wanted(broken)
