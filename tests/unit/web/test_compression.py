"""Pages are compressed, streams are not held back."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from web_admin.compression import init_compression

PAGE = "<p>سلام</p>" * 200


@pytest.fixture
def client() -> FlaskClient:
    """A page, a short page, a picture, a stream and an answer that is packed already."""
    app = Flask(__name__)
    init_compression(app)
    app.add_url_rule("/page", "page", lambda: PAGE)
    app.add_url_rule("/short", "short", lambda: "short")
    app.add_url_rule("/picture", "picture", lambda: Response(b"x" * 4_000, mimetype="image/png"))
    app.add_url_rule("/packed", "packed", lambda: Response(PAGE, headers={"Content-Encoding": "x"}))

    def events() -> Response:
        def steps() -> Iterator[str]:
            for number in range(3):
                yield f"data: {number} {'x' * 2_000}\n\n"

        return Response(steps(), mimetype="text/event-stream")

    app.add_url_rule("/events", "events", events)
    return app.test_client()


def test_a_page_is_compressed_for_those_who_ask(client: FlaskClient) -> None:
    """The same page arrives, smaller, with its new length, and caches are told."""
    answer = client.get("/page", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data).decode() == PAGE
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(PAGE.encode())
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0"])
def test_a_page_stays_plain_for_the_others(client: FlaskClient, accepted: str) -> None:
    """Whoever cannot or will not read gzip gets the page as it is."""
    answer = client.get("/page", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.text == PAGE


@pytest.mark.parametrize("path", ["/short", "/picture", "/packed"])
def test_what_gains_nothing_is_left_alone(client: FlaskClient, path: str) -> None:
    """Short answers, pictures and packed answers are sent as they are."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers.get("Content-Encoding") != "gzip"


def test_a_stream_comes_as_it_happens(client: FlaskClient) -> None:
    """Each event leaves by itself: nobody collects them for the sake of their size."""
    answer = client.get("/events", headers={"Accept-Encoding": "gzip"}, buffered=False)
    assert answer.is_streamed
    assert "Content-Encoding" not in answer.headers
    first = next(iter(answer.iter_encoded()))
    assert first.startswith(b"data: 0")
    answer.close()
