"""Card keys in a sealed file: what is on the disk, and what a bad disk does."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import pytest

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.keystore import sealed_file
from gateway.crypto.keystore.key_version import KeyVersion, new_key_version
from gateway.crypto.keystore.sealed_file import (
    BOX_BYTES_MAX,
    SealedFileStore,
    read_box,
    write_box,
)
from gateway.crypto.passphrase_box import open_with_passphrase, seal_with_passphrase
from gateway.errors import CryptoError, KeyStoreError
from simulators.small_disk import limit_files

WORDS: Final = "correct horse battery"
FIRST: Final = new_key_version(1, Random(1).randbytes)


@pytest.fixture(scope="module", autouse=True)
def _cheap_boxes() -> Iterator[None]:
    """Boxes of the lowest cost that is opened: these keys are nobody's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.crypto.passphrase_box._COST_LOG2", 14)
        yield


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store's file with one version; sealing one is slow on purpose."""
    made = tmp_path_factory.mktemp("store") / "card-keys.box"
    write_box(made, WORDS, [FIRST])
    return made.read_bytes()


@pytest.fixture
def path(tmp_path: Path, box: bytes) -> Path:
    """Where a store's file is."""
    file = tmp_path / "card-keys.box"
    file.touch(0o600)
    file.write_bytes(box)
    return file


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow any more."""
    limit_files(os.getpid(), 64)
    try:
        yield
    finally:
        limit_files(os.getpid(), None)


def test_the_file_is_its_owners_and_shows_no_key(path: Path) -> None:
    """Mode 0600, before and after a change, and none of the keys stands in it."""
    with SealedFileStore(path, WORDS) as store:
        store.add_version()
        content = path.read_bytes()
        keys = [key for one in store.export_versions() for key in one.masters.values()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(keys) == 12
    for key in keys:
        assert key not in content
        assert key.hex().encode() not in content


def test_a_full_disk_leaves_the_old_file(path: Path) -> None:
    """A version that cannot be written is none: the file is the old one, and nothing lies aside."""
    with SealedFileStore(path, WORDS) as store:
        before = path.read_bytes()
        with full_disk():
            with pytest.raises(KeyStoreError, match=r"cannot be changed: .*nothing older is lost"):
                store.add_version()
            with pytest.raises(KeyStoreError, match="cannot be written"):
                write_box(path.with_name("backup"), WORDS, [FIRST])
        assert path.read_bytes() == before
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        assert store.versions() == (1,)
        assert store.add_version() == 2


def test_what_a_killed_process_left_is_cleared(path: Path) -> None:
    """A file that was being written aside is gone after the next change, and was never believed."""
    aside = path.with_name(f".{path.name}.killed")
    aside.write_bytes(b"half a box")
    with SealedFileStore(path, WORDS) as store:
        assert aside.exists()
        store.add_version()
    assert not aside.exists()


@pytest.mark.parametrize("at", [0, 25, 60, -1])
def test_a_changed_file_does_not_open(path: Path, at: int) -> None:
    """One changed bit anywhere is noticed, and the message says what to try."""
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(bytes(changed))
    with pytest.raises(KeyStoreError, match=r"does not open: .*docs/keys\.md"):
        SealedFileStore(path, WORDS)


def test_a_file_that_others_may_read_is_refused(path: Path) -> None:
    """Whoever can read it can try passphrases at leisure; a backup may lie on such a disk."""
    path.chmod(0o644)
    with pytest.raises(KeyStoreError, match="chmod 600"):
        SealedFileStore(path, WORDS)
    assert read_box(path, WORDS, is_backup=True) == (FIRST,)


def test_a_store_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    """A missing file names both ways to have one; a folder and a far too long file are refused."""
    with pytest.raises(KeyStoreError, match=r"mohr key init.*mohr key restore"):
        SealedFileStore(tmp_path / "card-keys.box", WORDS)
    with pytest.raises(KeyStoreError, match="cannot be read"):
        SealedFileStore(tmp_path, WORDS)
    (tmp_path / "long").touch(0o600)
    os.truncate(tmp_path / "long", BOX_BYTES_MAX + 1)
    with pytest.raises(KeyStoreError, match="too long"):
        SealedFileStore(tmp_path / "long", WORDS)


def test_a_store_is_written_once_and_with_a_good_passphrase(path: Path) -> None:
    """Existing keys are never written over, and four digits lock nothing."""
    before = path.read_bytes()
    with pytest.raises(KeyStoreError, match="never overwritten"):
        write_box(path, WORDS, [FIRST])
    assert path.read_bytes() == before
    with pytest.raises(KeyStoreError, match="12 to 1024"):
        write_box(path.with_name("other"), "1234", [FIRST])


@pytest.mark.parametrize("content", ["{}", "no json", '["secret of mine"]', '{"kind": "secret"}'])
def test_a_box_of_something_else_is_refused_without_quoting_it(path: Path, content: str) -> None:
    """What opens and is no set of keys is named, and nothing of it is in any message."""
    path.write_bytes(seal_with_passphrase(content.encode(), WORDS, sealed_file._PURPOSE))
    with pytest.raises(KeyStoreError, match="something else than card keys") as refused:
        SealedFileStore(path, WORDS)
    link: BaseException | None = refused.value
    while link is not None:
        assert "secret" not in str(link)
        assert isinstance(link, CryptoError)
        link = link.__cause__ or link.__context__


def test_a_link_to_another_disk_stays_one(path: Path, tmp_path: Path) -> None:
    """Where the file is a link, the file behind it is replaced and not the link."""
    link = tmp_path / "here" / "card-keys.box"
    link.parent.mkdir()
    link.symlink_to(path)
    with SealedFileStore(link, WORDS) as store:
        store.add_version()
    assert link.is_symlink()
    with SealedFileStore(path, WORDS) as store:
        assert store.versions() == (1, 2)


def test_a_file_that_became_another_stores_is_noticed(path: Path) -> None:
    """A running process says so when the file no longer opens with its passphrase."""
    store = SealedFileStore(path, WORDS)
    path.unlink()
    write_box(path, "another passphrase", [FIRST])
    with pytest.raises(KeyStoreError, match="does not open"):
        store.versions()
    store.close()


def test_versions_that_are_not_in_order_are_refused(path: Path) -> None:
    """A number that is there twice would be two sets of keys under one name."""
    path.unlink()
    write_box(path, WORDS, [FIRST, FIRST])
    with pytest.raises(KeyStoreError, match="not in order"):
        SealedFileStore(path, WORDS)


def test_the_keys_can_be_read_without_mohr(path: Path) -> None:
    """Whoever opens the box by other means finds plain JSON, as docs/keys.md says."""
    opened = open_with_passphrase(path.read_bytes(), WORDS, b"mohr card keys 1")
    (version,) = json.loads(opened)["versions"]
    assert (version["version"], version["retired"]) == (1, False)
    masters = {KeyPurpose(name): bytes.fromhex(key) for name, key in version["masters"].items()}
    assert KeyVersion(version=1, masters=masters) == FIRST
