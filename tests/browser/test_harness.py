"""The browser harness proves itself: each way in which a page can be bad is caught, alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from simulators.browser.finding import PageFaultError, Rule
from simulators.browser.foreign_words import foreign_words
from simulators.browser.look import EVERY_LOOK, Language, Look, Theme, Window
from simulators.browser.raw_page import inline_findings, policy_findings
from simulators.browser.visitor import Tools, Visitor, visit

POLICY = "default-src 'self'; img-src 'self' data:"
ENGLISH = Look(language=Language.EN)
PERSIAN = Look(language=Language.FA, window=Window.PHONE)
ShowPage = Callable[..., str]


def page(body: str, *, language: str = "en", direction: str = "ltr", head: str = "") -> str:
    """A page that is good in itself, around a body."""
    title = "Shop" if language == "en" else "فروشگاه"
    heading = f'<h1 id="top">{title}</h1>'
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f'<link rel="icon" href="data:,">{head}</head>'
        f"<body><main>{heading}{body}</main></body></html>"
    )


class _Pages(BaseHTTPRequestHandler):
    """Serves what a test has put in."""

    pages: ClassVar[dict[str, tuple[int, str, str, str | None]]] = {}

    def do_GET(self) -> None:
        status, kind, text, policy = self.pages.get(self.path, (404, "text/plain", "", POLICY))
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if policy is not None:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """A server with no pages yet."""
    _Pages.pages = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


def serve(
    path: str, text: str, *, status: int = 200, kind: str = "text/html", policy: str | None = POLICY
) -> None:
    """Put a page, a script or a style on the server."""
    _Pages.pages[path] = (status, kind, text, policy)


def rules_of(visitor: Visitor, path: str = "/", status: int = 200) -> set[Rule]:
    """Go to a page and look; the rules that it breaks."""
    found: set[Rule] = set()
    try:
        visitor.go(path, status=status)
    except PageFaultError as error:
        found |= {one.rule for one in error.findings}
    return found | {one.rule for one in visitor.findings()}


@pytest.fixture
def look_at(tools: Tools, server: str) -> Callable[..., set[Rule]]:
    """Serves one body in one look, and names the rules that it breaks."""

    def look(
        body: str, *, seen: Look = ENGLISH, head: str = "", raw: str | None = None
    ) -> set[Rule]:
        language = seen.language
        serve("/", raw or page(body, language=language, direction=language.direction, head=head))
        with visit(tools, server, seen) as visitor:
            return rules_of(visitor)

    return look


@pytest.mark.parametrize("seen", [ENGLISH, PERSIAN], ids=str)
def test_a_good_page_passes(look_at: Callable[..., set[Rule]], seen: Look) -> None:
    """A page with nothing wrong has no findings, names of people and machines included."""
    names = '<p><bdi translate="no">Ali علی till-1</bdi></p>'
    assert look_at(names, seen=seen) == set()


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("<script>document.title = 'x'</script>", {Rule.INLINE, Rule.CSP, Rule.CONSOLE}),
        ('<p style="color: red">x</p>', {Rule.INLINE, Rule.CSP, Rule.CONSOLE}),
        ("<style>p { color: red }</style>", {Rule.INLINE, Rule.CSP, Rule.CONSOLE}),
        ('<button onclick="x()">x</button>', {Rule.INLINE, Rule.CSP, Rule.CONSOLE}),
        ('<a href="javascript:x()">x</a>', {Rule.INLINE}),
        ('<p id="one">x</p><p id="one">y</p>', {Rule.DUPLICATE_ID}),
        ("<p>سلام</p>", {Rule.UNTRANSLATED}),
        ('<input aria-label="نام">', {Rule.UNTRANSLATED}),
        ("<p>۱۲</p>", {Rule.UNTRANSLATED}),
        ("<details><summary>More</summary>نام</details>", {Rule.UNTRANSLATED}),
        ("<input>", {Rule.AXE}),
        ("<h1>Another</h1>", set()),
    ],
)
def test_a_bad_page_is_caught(
    look_at: Callable[..., set[Rule]], body: str, rules: set[Rule]
) -> None:
    """Each fault breaks the rules that it should, and no others."""
    assert look_at(body) == rules


@pytest.mark.parametrize(
    "body",
    [
        "<p>Hello</p>",
        '<p title="Name">نام</p>',
        '<input aria-label="نام" placeholder="name">',
        "<p>12</p>",
        '<form><input type="submit" value="Save"></form>',
    ],
)
def test_english_on_a_persian_page_is_caught(look_at: Callable[..., set[Rule]], body: str) -> None:
    """Latin letters and digits, in text or in an attribute that is read out, are untranslated."""
    assert look_at(body, seen=PERSIAN) == {Rule.UNTRANSLATED}


def test_a_page_without_language_is_caught(look_at: Callable[..., set[Rule]]) -> None:
    """Language and direction must be said, and be those that were asked for."""
    raw = page("<p>x</p>").replace(' dir="ltr"', "")
    assert look_at("", raw=raw) == {Rule.LANGUAGE}
    assert Rule.LANGUAGE in look_at("", raw=raw.replace('lang="en"', 'lang="fa"'))


def test_low_contrast_and_overflow_are_caught(
    look_at: Callable[..., set[Rule]], tools: Tools, server: str
) -> None:
    """What only a laid out page shows: grey on white, and a table wider than a telephone."""
    serve("/bad.css", ".pale { color: #ccc } .wide { width: 900px }", kind="text/css")
    link = '<link rel="stylesheet" href="/bad.css">'
    assert look_at('<p class="pale">hardly to be read</p>', head=link) == {Rule.AXE}
    wide = page('<p class="wide">x</p>', head=link)
    serve("/", wide)
    small = Look(language=Language.EN, window=Window.PHONE, theme=Theme.DARK)
    with visit(tools, server, small) as visitor:
        assert rules_of(visitor) == {Rule.OVERFLOW}
    with visit(tools, server, ENGLISH) as visitor:
        assert rules_of(visitor) == set()


def test_a_part_that_is_cut_off_is_caught(look_at: Callable[..., set[Rule]]) -> None:
    """What stands beyond the edge of its box is not seen, though the page is not too wide."""
    serve("/box.css", ".box { overflow-x: auto } .wide { width: 3000px }", kind="text/css")
    link = '<link rel="stylesheet" href="/box.css">'
    body = '<div class="box" tabindex="0" role="group" aria-label="x"><p class="wide">x</p></div>'
    assert look_at(body, head=link) == {Rule.CUT}


@pytest.mark.parametrize(
    ("script", "rules"),
    [
        ("console.error('x')", {Rule.CONSOLE}),
        ("console.log('x')", {Rule.CONSOLE}),
        ("setTimeout(() => { throw new Error('x') })", {Rule.PAGE_ERROR}),
        ("alert('x')", {Rule.DIALOG}),
        ("fetch('/nothing')", {Rule.STATUS, Rule.CONSOLE}),
        ("fetch('http://example.com/')", {Rule.CSP, Rule.CONSOLE, Rule.PAGE_ERROR}),
    ],
)
def test_a_bad_script_is_caught(
    look_at: Callable[..., set[Rule]], script: str, rules: set[Rule]
) -> None:
    """A script's words, faults and requests are heard."""
    serve("/bad.js", script, kind="text/javascript")
    found = look_at("<p>x</p>", head='<script src="/bad.js"></script>')
    # Chromium tells of a refused request in more than one way, and not in all versions alike.
    assert rules <= found or (Rule.CSP in rules and Rule.CSP in found)


def test_a_request_to_somebody_else_is_caught(tools: Tools, server: str) -> None:
    """Where a policy would let it through, the listener still hears whom a page asks."""
    other = server.replace("127.0.0.1", "localhost")
    loose = f"default-src 'self' {other}"
    body = f'<img alt="" src="{other}/picture.png">'
    serve("/picture.png", "x", kind="image/png")
    serve("/", page(body), policy=loose)
    with visit(tools, server, ENGLISH) as visitor:
        assert Rule.REQUEST in rules_of(visitor)


def test_a_page_is_served_as_it_must_be(tools: Tools, server: str) -> None:
    """A missing or lenient policy, another status and a server's fault are caught."""
    serve("/bare", page("<p>x</p>"), policy=None)
    serve("/loose", page("<p>x</p>"), policy=f"{POLICY}; style-src 'unsafe-inline'")
    serve("/fault", page("<p>x</p>"), status=500)
    serve("/gone", page("<p>x</p>"), status=404)
    with visit(tools, server, ENGLISH) as visitor:
        assert rules_of(visitor, "/bare") == {Rule.CSP}
        assert rules_of(visitor, "/loose") == {Rule.CSP}
        assert Rule.STATUS in rules_of(visitor, "/fault")
        assert Rule.STATUS in rules_of(visitor, "/gone")
        assert rules_of(visitor, "/gone", 404) == set()


def test_what_was_not_looked_at_is_raised_in_the_end(tools: Tools, server: str) -> None:
    """A visit cannot end well with something heard that nobody looked at."""
    serve("/bad.js", "console.warn('late')", kind="text/javascript")
    serve("/", page("<p>x</p>", head='<script src="/bad.js"></script>'))
    with (
        pytest.raises(PageFaultError, match="late"),
        visit(tools, server, ENGLISH) as visitor,
    ):
        visitor.go("/")


def test_what_a_test_brings_about_is_forgiven(tools: Tools, server: str) -> None:
    """Only what was named is forgiven, and only for so long."""
    serve("/bad.js", "console.warn('wanted')", kind="text/javascript")
    serve("/", page("<p>x</p>", head='<script src="/bad.js"></script>'))
    with visit(tools, server, ENGLISH) as visitor:
        with visitor.listener.forgiving("wanted"):
            assert rules_of(visitor) == set()
        assert rules_of(visitor) == {Rule.CONSOLE}


def test_pictures_are_kept(tools: Tools, server: str, tmp_path: Path) -> None:
    """A screenshot lies where it was asked for, named after the look."""
    serve("/", page("<p>x</p>"))
    here = Tools(browser=tools.browser, axe=tools.axe, pictures=tmp_path / "kept")
    with visit(here, server, ENGLISH) as visitor:
        visitor.go("/")
        file = visitor.picture("home")
    assert file == tmp_path / "kept/home-en-light-1440x900.png"
    assert file.read_bytes().startswith(b"\x89PNG")


def test_there_are_twelve_looks() -> None:
    """Two languages, two themes, three windows."""
    assert len(set(map(str, EVERY_LOOK))) == 12


def test_words_are_told_apart() -> None:
    """Digits and letters of the other language are found, names of both are allowed."""
    assert foreign_words("فروش ۱۲ Points 3 CSV", Language.FA) == ("Points", "3")
    assert foreign_words("Sales 12 امتیاز ۳ CSV", Language.EN) == ("امتیاز", "۳")
    assert foreign_words("https://example.com/x", Language.FA) != ()


def test_data_in_a_page_is_no_script() -> None:
    """JSON that a script reads is data; the policy does not forbid it and nor do we."""
    assert inline_findings('<script type="application/json">{}</script>') == ()
    assert len(inline_findings("<script>x</script><style></style><p onclick=x style=y>")) == 4


def test_policies_are_judged() -> None:
    """Strict ones pass, others say why not."""
    assert policy_findings(POLICY) == ()
    assert policy_findings(None) != ()
    assert policy_findings("script-src 'self'") != ()
    assert policy_findings("default-src 'self'; script-src 'unsafe-eval'") != ()
