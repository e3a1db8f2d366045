"""Files that are whole after a power cut; ``test_power_names`` counts the syncs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateway.durable import PUBLIC, write_durably


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
