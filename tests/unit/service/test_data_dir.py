"""The gateway's data directory: made once, guarded, and held by one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config_programme import default_programme
from gateway.errors import ConfigError, KeyStoreError
from gateway.office.commands import (
    GetStats,
)
from gateway.service.admin_socket import ask
from gateway.service.data_dir import (
    DataDir,
    DataLock,
    open_phone_key,
    read_card_key,
    write_private,
)
from gateway.service.set_up import NewGateway, set_up


def new_gateway() -> NewGateway:
    """Describe a gateway."""
    return NewGateway(
        name='a "quoted" \\ name',
        identity="gateway",
        programme=default_programme("IRR"),
        host="broker.example",
        port=8883,
    )


def test_a_gateway_is_made_once(tmp_path: Path) -> None:
    """Keys that exist are never overwritten by a second set-up."""
    data_dir = DataDir(tmp_path / "gateway")
    set_up(data_dir, new_gateway())
    key = data_dir.signing_key.read_bytes()
    with pytest.raises(ConfigError, match="not empty"):
        set_up(data_dir, new_gateway())
    assert data_dir.signing_key.read_bytes() == key


def test_unusable_answers_make_nothing(tmp_path: Path) -> None:
    """A set-up with a setting that cannot work leaves no half-made directory."""
    data_dir = DataDir(tmp_path / "gateway")
    with pytest.raises(ConfigError, match="port"):
        set_up(
            data_dir,
            NewGateway(
                name="x", identity="g", programme=default_programme("EUR"), host="h", port=0
            ),
        )
    assert not data_dir.path.exists()


def test_the_card_key_is_guarded(tmp_path: Path) -> None:
    """A card key that others may read, or that is damaged or missing, is refused with advice."""
    data_dir = DataDir(tmp_path)
    with pytest.raises(KeyStoreError, match="cannot be read"):
        read_card_key(data_dir)
    write_private(data_dir.card_key, b"short")
    with pytest.raises(KeyStoreError, match="damaged"):
        read_card_key(data_dir)
    data_dir.card_key.chmod(0o644)
    with pytest.raises(KeyStoreError, match="chmod 600"):
        read_card_key(data_dir)
    with pytest.raises(ConfigError, match="cannot be written"):
        write_private(data_dir.card_key, b"again")


def test_the_phone_key_is_made_on_first_need_and_kept(tmp_path: Path) -> None:
    """A directory from before phones had codes gets the key once, for its owner alone."""
    data_dir = DataDir(tmp_path)
    made = open_phone_key(data_dir)
    assert (len(made), data_dir.phone_key.stat().st_mode & 0o777) == (32, 0o600)
    assert open_phone_key(data_dir) == made
    data_dir.phone_key.chmod(0o640)
    with pytest.raises(KeyStoreError, match="chmod 600"):
        open_phone_key(data_dir)
    with pytest.raises(KeyStoreError, match="cannot be written"):
        open_phone_key(DataDir(tmp_path / "nowhere"))


def test_a_new_gateway_has_a_phone_key(tmp_path: Path) -> None:
    """It is made with the other keys, so the first backup holds it."""
    data_dir = DataDir(tmp_path / "gateway")
    new = NewGateway(name="x", identity="g", programme=default_programme("EUR"), host="h", port=1)
    set_up(data_dir, new)
    assert data_dir.phone_key.read_bytes() == open_phone_key(data_dir)


def test_a_lock_is_given_back(tmp_path: Path) -> None:
    """After its holder is done the next one may take the directory."""
    data_dir = DataDir(tmp_path)
    with DataLock(data_dir) as first:
        with pytest.raises(ConfigError):
            DataLock(data_dir)
        first.release()
        DataLock(data_dir).release()
    with pytest.raises(ConfigError, match="cannot be used"):
        DataLock(DataDir(tmp_path / "missing"))


def test_the_socket_of_nobody(tmp_path: Path) -> None:
    """Asking a gateway that does not run finds nobody, instead of failing."""
    assert ask(DataDir(tmp_path).socket, GetStats()) is None
