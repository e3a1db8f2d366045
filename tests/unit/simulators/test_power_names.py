"""Keys and other small files: durable with their names when the product says that they are made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.keystore.key_version import new_key_version
from gateway.crypto.keystore.sealed_file import SealedFileStore, write_box
from gateway.model.ids import TerminalId
from gateway.service.data_dir import DataDir, write_private
from terminal_agent.identity import create_identity, load_identity


class DurableView:
    """What a folder would hold after a power cut: file contents and names as last synced.

    Directories are told by their inodes, so that one which is synced and then renamed counts.
    """

    def __init__(self) -> None:
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._real = os.fsync

    def fsync(self, descriptor: int) -> None:
        """Sync, and note what is durable from now on."""
        self._real(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        inode = path.stat().st_ino
        if path.is_dir():
            self._names[inode] = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
        else:
            self._contents[inode] = path.read_bytes()

    def files(self, folder: Path) -> dict[str, bytes]:
        """Every file that a power cut now would leave below ``folder``, with its content."""
        return dict(self._below(folder.stat().st_ino, ""))

    def _below(self, inode: int, prefix: str) -> Iterator[tuple[str, bytes]]:
        for name, child in self._names.get(inode, {}).items():
            if child in self._names:
                yield from self._below(child, f"{prefix}{name}/")
            else:
                yield prefix + name, self._contents.get(child, b"")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> DurableView:
    """Listens to the syncs that Python code asks for."""
    view = DurableView()
    monkeypatch.setattr(os, "fsync", view.fsync)
    return view


def test_a_new_identity_outlives_a_power_cut(durable: DurableView, tmp_path: Path) -> None:
    """Once it is made, both keys and the registration are durable under their names, whole."""
    create_identity(tmp_path, TerminalId("lane-1"))
    assert set(_files(tmp_path)) == {
        "identity/signing.key",
        "identity/agreement.key",
        "identity/terminal.json",
    }
    assert durable.files(tmp_path) == _files(tmp_path)
    assert load_identity(tmp_path).terminal == "lane-1"


def test_a_gateways_files_outlive_a_power_cut(durable: DurableView, tmp_path: Path) -> None:
    """The signing key, and every private file written beside it, is durable with its name."""
    data_dir = DataDir(tmp_path)
    FileSigner.generate().save(data_dir.signing_key)
    assert durable.files(tmp_path) == _files(tmp_path)
    write_private(data_dir.settings, b"name = 1\n")
    assert durable.files(tmp_path) == _files(tmp_path)
    assert set(_files(tmp_path)) == {"gateway.key", data_dir.settings.name}


def test_a_new_version_of_card_keys_outlives_a_power_cut(
    durable: DurableView, tmp_path: Path
) -> None:
    """When a version is said to be made, the new file is durable in the old one's place, whole."""
    path = tmp_path / "card-keys.box"
    write_box(path, "correct horse battery", [new_key_version(1, Random(1).randbytes)])
    before = durable.files(tmp_path)["card-keys.box"]
    with SealedFileStore(path, "correct horse battery") as store:
        store.add_version()
    after = durable.files(tmp_path)
    assert after["card-keys.box"] == path.read_bytes() != before
