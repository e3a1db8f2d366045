"""Every fault is answered with a page that says what to do, in the visitor's language."""

from __future__ import annotations

import logging

import pytest
from flask import Flask, abort
from flask_wtf.csrf import CSRFError
from structlog.testing import capture_logs
from werkzeug.exceptions import TooManyRequests

from gateway.errors import GatewayBusyError, NoAnswerError
from gateway.ledger.errors import StoreFullError, StoreUnavailableError
from gateway.office.errors import OfficeFullError
from web_admin.error_pages import EXPLANATIONS, OLD_PAGE, init_error_pages
from web_admin.filters import init_filters
from web_admin.static_files import init_static
from web_admin.tongues import Readers, install_language

FRAME = {"navigation": (), "account": None, "organisation": None, "test_mode": False}


class _Ear(logging.Handler):
    """Keeps what Flask's own log says."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record)


def _app(*, broken_frame: bool = False) -> Flask:
    app = Flask("web_admin", static_folder=None)
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    init_static(app)
    install_language(
        app,
        Readers(
            languages=lambda: ("fa", "en"),
            default=lambda: "fa",
            account_language=lambda: None,
            zone=lambda: None,
        ),
    )
    init_filters(app)
    init_error_pages(app)
    app.add_url_rule("/language", "language.switch", lambda: "", methods=["POST"])

    @app.context_processor
    def frame() -> dict[str, object]:
        if broken_frame:
            raise OSError("the office's disk is gone")
        return dict(FRAME)

    @app.get("/abort/<int:code>")
    def refuse(code: int) -> str:
        abort(code)

    @app.get("/old")
    def old() -> str:
        raise CSRFError("The CSRF token has expired.")

    @app.get("/slow")
    def slow() -> str:
        raise TooManyRequests(retry_after=30)

    @app.get("/crash")
    def crash() -> str:
        raise ValueError("secret reason")

    return app


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
@pytest.mark.parametrize("language", ["fa", "en"])
def test_each_fault_has_its_page(code: int, language: str) -> None:
    """The page has the fault's status, its sentence, what to do, and one heading."""
    client = _app().test_client()
    answer = client.get(f"/abort/{code}", headers={"Accept-Language": language})
    explanation = EXPLANATIONS[code]
    assert answer.status_code == code
    assert answer.text.count("<h1") == 1
    assert f'lang="{language}"' in answer.text
    english = str(explanation.title)
    assert (english in answer.text) is (language == "en")


@pytest.mark.parametrize(("code", "like"), [(418, 400), (502, 500)])
def test_an_unforeseen_fault_is_explained_by_its_family(code: int, like: int) -> None:
    """No code leads to a bare page."""
    answer = _app().test_client().get(f"/abort/{code}", headers={"Accept-Language": "en"})
    assert answer.status_code == code
    assert str(EXPLANATIONS[like].title) in answer.text


def test_an_old_form_is_told_apart() -> None:
    """A form whose token has ended asks for a reload, not for a better request."""
    answer = _app().test_client().get("/old", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert str(OLD_PAGE.hint) in answer.text


def test_waiting_times_and_methods_are_kept() -> None:
    """A client is told when it may come back, and which method is right."""
    client = _app().test_client()
    assert client.get("/slow").headers["Retry-After"] == "30"
    wrong = client.post("/slow")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]


def test_a_crash_says_nothing_of_its_reason_and_is_logged_once() -> None:
    """The visitor gets a calm page; the log has the fault with the request it belongs to."""
    app = _app()
    ear = _Ear()
    app.logger.addHandler(ear)
    with capture_logs() as logs:
        answer = app.test_client().get("/crash", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert "secret reason" not in answer.text
    assert str(EXPLANATIONS[500].title) in answer.text
    assert [(log["event"], log["path"], log["fault"]) for log in logs] == [
        ("a request failed", "/crash", "ValueError")
    ]
    assert ear.heard == []


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_broken_office_still_gets_a_page(language: str) -> None:
    """Where the frame itself cannot be made, a page without it answers, and the log says why."""
    client = _app(broken_frame=True).test_client()
    with capture_logs() as logs:
        answer = client.get("/abort/404", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert f'lang="{language}"' in answer.text
    assert [log["fault"] for log in logs] == ["OSError"]


def test_a_part_of_a_page_gets_a_part() -> None:
    """What htmx asked for is answered with a notice, and no page is put into a page."""
    answer = _app().test_client().get("/abort/404", headers={"HX-Request": "true"})
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("fault", [OfficeFullError, StoreFullError])
@pytest.mark.parametrize(
    ("language", "words"), [("fa", "جایی نمانده است"), ("en", "no space left")]
)
def test_a_full_disk_says_what_to_do(fault: type[Exception], language: str, words: str) -> None:
    """A disk without space is no fault of ours: the page says so, and that nothing was changed."""
    app = _app()

    def full() -> str:
        raise fault("the office has no space")

    app.add_url_rule("/full", "full", full)
    answer = app.test_client().get("/full", headers={"Accept-Language": language})
    assert answer.status_code == 503
    assert words in answer.text


@pytest.mark.parametrize(
    ("fault", "persian", "english"),
    [
        (GatewayBusyError, "چیزی تغییر نکرد", "Nothing was changed"),
        (NoAnswerError, "شاید انجام شده باشد", "It may have been done or not"),
        (StoreUnavailableError, "شاید انجام شده باشد", "It may have been done or not"),
    ],
)
def test_a_gateway_that_cannot_be_asked_says_whether_anything_was_done(
    fault: type[Exception], persian: str, english: str
) -> None:
    """Whoever sent something reads whether to send it again or to look first."""
    app = _app()

    def away() -> str:
        raise fault("not now")

    app.add_url_rule("/away", "away", away)
    for language, words in (("fa", persian), ("en", english)):
        answer = app.test_client().get("/away", headers={"Accept-Language": language})
        assert answer.status_code == 503
        assert words in answer.text
