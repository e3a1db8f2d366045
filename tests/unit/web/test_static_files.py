"""The pages' own files: compressed once, kept for ever under an address that changes with them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web_admin.static_files import FOLDER, init_static, read_static_files

STYLE = b"body{color:red}" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A style sheet, a font and a file that is none of a browser's business."""
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "page.css").write_bytes(STYLE)
    (tmp_path / "font.woff2").write_bytes(b"\x00font")
    (tmp_path / "LICENSE.txt").write_bytes(b"free")
    return tmp_path


def _app(folder: Path) -> Flask:
    app = Flask(__name__, static_folder=None)
    init_static(app, folder)
    return app


def _url(app: Flask, name: str) -> str:
    with app.app_context():
        return app.jinja_env.from_string("{{ static_url(name) }}").render(name=name)


def _client(folder: Path) -> tuple[FlaskClient, str]:
    app = _app(folder)
    return app.test_client(), _url(app, "css/page.css")


def test_a_file_is_sent_compressed_to_whoever_can_read_it(folder: Path) -> None:
    """Packed for those who ask, plain bytes for the others, and caches are told the difference."""
    client, url = _client(folder)
    packed = client.get(url, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == STYLE
    plain = client.get(url)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == STYLE
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert plain.headers["Content-Type"] == "text/css; charset=utf-8"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_is_kept_for_ever_and_an_old_one_briefly(folder: Path) -> None:
    """Only today's address may be kept; an open page of yesterday's release still gets its file."""
    client, url = _client(folder)
    assert "immutable" in client.get(url).headers["Cache-Control"]
    old = client.get("/static/000000000000/css/page.css")
    assert old.data == STYLE
    assert old.headers["Cache-Control"] == "public, max-age=300"


def test_a_known_file_is_not_sent_again(folder: Path) -> None:
    """A browser that names the file's mark is told that it has not changed."""
    client, url = _client(folder)
    mark = client.get(url).headers["ETag"]
    again = client.get(url, headers={"If-None-Match": mark})
    assert again.status_code == 304
    assert again.data == b""


def test_any_change_is_another_address(tmp_path: Path) -> None:
    """A changed font changes the address of the style sheet that finds it beside itself."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "css").mkdir()
    (other / "css" / "page.css").write_bytes(STYLE)
    (other / "font.woff2").write_bytes(b"\x00font")
    first = _url(_app(other), "css/page.css")
    read_static_files.cache_clear()
    assert _url(_app(other), "css/page.css") == first
    read_static_files.cache_clear()
    (other / "font.woff2").write_bytes(b"\x00another")
    assert _url(_app(other), "css/page.css") != first


@pytest.mark.parametrize(
    "path",
    ["css/none.css", "LICENSE.txt", "../static_files.py", "css/../../secret.css", "", "css"],
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    """No other file, no folder and no way out of the folder."""
    client, url = _client(folder)
    mark = url.split("/")[2]
    assert client.get(f"/static/{mark}/{path}").status_code == 404


def test_a_template_that_names_no_file_fails(folder: Path) -> None:
    """A misspelt name is a fault when the page is made, not a page without its looks."""
    with pytest.raises(KeyError):
        _url(_app(folder), "css/pgae.css")


def test_style_sheets_find_what_they_name() -> None:
    """Every address in our own style sheets is a file of ours."""
    files = read_static_files(FOLDER)
    for name in ("css/mohr.css",):
        for target in re.findall(r'url\("([^"]+)"\)', files[name].body.decode()):
            resolved = (FOLDER / name).parent.joinpath(target).resolve()
            assert resolved.relative_to(FOLDER).as_posix() in files


def test_what_every_page_loads_fits_the_budget() -> None:
    """Styles, scripts, fonts and icons of a page with a chart leave room for the page itself."""
    files = read_static_files(FOLDER)
    names = (
        "vendor/tabler/tabler.rtl.min.css",
        "css/mohr.css",
        "vendor/htmx/htmx.min.js",
        "vendor/htmx/hx-sse.min.js",
        "vendor/chart/chart.umd.min.js",
        "js/mohr.js",
        "js/charts.js",
        "vendor/icons.svg",
        "img/mark.svg",
        "vendor/vazirmatn/arabic.woff2",
        "vendor/vazirmatn/latin.woff2",
    )
    sent = sum(len(files[name].packed or files[name].body) for name in names)
    assert sent < 300_000
