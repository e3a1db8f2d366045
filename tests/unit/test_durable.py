"""Files that are whole after a power cut; ``test_power_names`` counts the syncs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateway.durable import PUBLIC, write_durably, write_whole


def test_a_file_is_private_unless_said_otherwise(tmp_path: Path) -> None:
    """What is written is there whole, readable by its owner alone or by everybody as asked."""
    write_durably(tmp_path / "secret", b"abc")
    write_durably(tmp_path / "known", b"def", mode=PUBLIC)
    assert (tmp_path / "secret").read_bytes() == b"abc"
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "known").stat().st_mode) & 0o444 == 0o444


def test_nothing_is_replaced_by_accident(tmp_path: Path) -> None:
    """A file that exists stays as it is; only whoever asks for it writes over it, whole."""
    path = tmp_path / "settings"
    write_durably(path, b"the first, and longer")
    with pytest.raises(FileExistsError):
        write_durably(path, b"second")
    assert path.read_bytes() == b"the first, and longer"
    write_durably(path, b"third", replace=True)
    assert path.read_bytes() == b"third"


def test_a_whole_file_takes_its_place_or_none(tmp_path: Path) -> None:
    """A new name is taken once; an old file is replaced only if asked; nothing lies aside."""
    path = tmp_path / "keys"
    write_whole(path, b"first")
    with pytest.raises(FileExistsError):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    write_whole(path, b"third", replace=True)
    assert path.read_bytes() == b"third"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_links_is_good_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On FAT, which refuses every hard link, a new file is whole and an old one is not replaced."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refused)
    path = tmp_path / "backup"
    write_whole(path, b"first")
    assert path.read_bytes() == b"first"
    with pytest.raises(FileExistsError):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
