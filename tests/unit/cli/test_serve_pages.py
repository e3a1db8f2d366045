"""``mohr gateway run`` and its pages: in a blank folder, and where the port is somebody else's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.serve import Serving, serve
from gateway.config_programme import default_programme
from gateway.errors import ConfigError
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


def _serving(folder: Path, *, web_port: int, with_web: bool = True) -> Serving:
    return Serving(directory=folder, broker={}, web_port=web_port, with_web=with_web)


def _stop_soon() -> threading.Event:
    stopping = threading.Event()
    stopping.set()
    return stopping


def test_a_blank_folder_begins_with_the_wizard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a gateway the pages are served, and the address with the one-time code is printed."""
    folder = tmp_path / "blank"
    serve(_serving(folder, web_port=0), _stop_soon())
    printed = capsys.readouterr().out
    assert "pages at http://127.0.0.1:" in printed
    assert "/setup?code=" in printed
    assert not folder.exists(), "looking at the wizard makes nothing"


def test_a_blank_folder_without_pages_is_refused(tmp_path: Path) -> None:
    """Where there is neither a gateway nor a wizard, the message says how to make one."""
    with pytest.raises(ConfigError, match="mohr gateway init"):
        serve(_serving(tmp_path, web_port=0, with_web=False), _stop_soon())


def test_a_folder_with_other_things_is_no_blank_one(tmp_path: Path) -> None:
    """A mistyped directory is not taken for a new shop's."""
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"gateway\.toml is missing"):
        serve(_serving(tmp_path, web_port=0), _stop_soon())


def test_a_first_run_needs_its_port(tmp_path: Path, taken_port: int) -> None:
    """Where not even the wizard can be served, the message says what to do."""
    with pytest.raises(ConfigError, match="cannot listen on"):
        serve(_serving(tmp_path / "blank", web_port=taken_port), _stop_soon())


def test_a_shop_goes_on_without_its_pages(
    tmp_path: Path, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that somebody else has costs the pages, and not the gateway."""
    folder = tmp_path / "shop"
    new = NewGateway(
        name="Shop", identity="shop", programme=default_programme("EUR"), host="127.0.0.1", port=1
    )
    set_up(DataDir(folder), new)
    serve(_serving(folder, web_port=taken_port), _stop_soon())
    assert "no pages: cannot listen on" in capsys.readouterr().out
