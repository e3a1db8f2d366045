"""Every macro in both languages: bound labels, unique ids, no inline behaviour, harmless text."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Blueprint, Flask, flash, render_template, render_template_string
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import DictLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader
from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from gateway.formatting.numbers import MoneyUnit
from gateway.model.money import EUR, IRR, Currency
from web_admin.filters import init_filters
from web_admin.static_files import init_static
from web_admin.tongues import Readers, install_language

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "' onmouseover='alert(1)",
    "\u202egpj.exe\u202c",
    "</bdi></td></tr></table><h1>owned",
    "س" * 10_000,
)
VOID = frozenset({"meta", "link", "input", "img", "br", "path", "use", "circle"})

PAGE = """
{% extends "base.html" %}
{% import "macros/ui.html" as ui with context %}
{% block title %}{{ _("Members") }}{% endblock %}
{% block scripts %}{{ ui.chart_script() }}{{ ui.date_script() }}{% endblock %}
{% block content %}
{{ ui.stepper([_("Language"), _("Name"), text], 1) }}
{% call ui.card(title=_("Member"), icon="user", actions=ui.badge(_("Active"), "info", "check")) %}
  {{ ui.datagrid([(_("Name"), ui.plain(text)), (_("Code"), ui.code(text)), (_("Note"), text)]) }}
  {{ ui.copy(text) }}
{% endcall %}
{% call ui.filter_form("/members", {"branch": text}) %}
  {{ ui.search_box("q", _("Search"), text) }}
{% endcall %}
{% call(row) ui.table(columns=[{"label": _("Member")}, {"label": _("Points"), "numeric": True},
    {"label": _("Actions"), "hidden": True}], rows=[text, text], empty=_("None"), caption=text,
    id="members", body_id="rows") %}
  <tr><td>{{ ui.plain(row) }}</td><td class="numeric">{{ 12|signed }}</td><td></td></tr>
{% endcall %}
{% call(row) ui.table(columns=[], rows=[], empty=text, empty_hint=text) %}<tr></tr>{% endcall %}
{{ ui.pager("/?after=1", "/?before=1") }}
{{ ui.chart("earned", "bar", [text, "b"], [{"label": text, "values": [1, 1234]}], text) }}
{{ ui.confirm("block", button=text, title=text, text=text, action="/block") }}
{% call ui.confirm("why", button=_("Delete"), title=text, text=text, action="/block") %}
  <label for="reason">{{ _("Reason") }}</label><input id="reason" name="reason">
{% endcall %}
{{ ui.stat(_("Members"), 12345|num, note=text, icon="users") }}
{{ ui.empty(text, text) }}
<form method="post">{{ ui.csrf() }}
{% for one in form if one.name != "csrf_token" %}{{ ui.field(one, help=text) }}{% endfor %}
{{ ui.submit(_("Save"), icon="check", name="step", value=text) }}</form>
{% endblock %}
"""


class _Form(FlaskForm):  # type: ignore[misc] # flask-wtf says no types
    name = StringField("Name", [InputRequired()])
    secret = PasswordField("Password")
    branch = SelectField("Branch", choices=[SelectChoice("1", "Main")])
    consent = BooleanField("Consent")
    unit = RadioField("Unit", choices=[SelectChoice("a", "Rial"), SelectChoice("b", "Toman")])
    note = TextAreaField("Note")


@dataclass(frozen=True, slots=True)
class Item:
    endpoint: str
    label: str
    icon: str


@dataclass
class Element:
    """One element of a page, with the text directly in it."""

    tag: str
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads a page into its elements."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1].texts.append(data)

    def named(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]


@pytest.fixture
def gallery() -> Flask:
    """An application whose one page has every macro, its text from the configuration."""
    app = Flask("web_admin", static_folder=None)
    app.secret_key = "gallery"
    app.testing = True
    app.jinja_env.undefined = StrictUndefined
    assert app.jinja_loader is not None
    app.jinja_loader = ChoiceLoader([app.jinja_loader, DictLoader({"gallery.html": PAGE})])
    CSRFProtect(app)
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
    switch = Blueprint("language", __name__)
    switch.post("/language", endpoint="switch")(lambda: "")
    app.register_blueprint(switch)

    @app.context_processor
    def frame() -> dict[str, object]:
        text = app.config["TEXT"]
        return {
            "text": text,
            "navigation": [Item("page", text, "home")],
            "navigation_counts": {"page": 3},
            "account": {"display_name": text, "login": "sara"},
            "organisation": {"name": text},
            "test_mode": True,
        }

    @app.route("/", methods=["GET", "POST"])
    def page() -> str:
        form = _Form()
        form.validate_on_submit()
        flash(app.config["TEXT"], "danger")
        return render_template("gallery.html", form=form)

    app.config["TEXT"] = "Sara"
    return app


def _page(gallery: Flask, language: str) -> str:
    response = gallery.test_client().get("/", headers={"Accept-Language": language})
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(gallery: Flask, language: str, text: str) -> None:
    """Whatever a stranger typed makes no element, no attribute and no direction of its own."""
    calm = Reader(_page(gallery, language))
    gallery.config["TEXT"] = text
    page = _page(gallery, language)
    read = Reader(page)
    assert [one.tag for one in read.elements] == [one.tag for one in calm.elements]
    assert [set(one.attributes) for one in read.elements] == [
        set(one.attributes) for one in calm.elements
    ]
    for element in read.named("bdi"):
        assert "\u202e" not in "".join(element.texts)
        assert len("".join(element.texts)) <= 2_001


@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_behaviour_is_inline(gallery: Flask, language: str) -> None:
    """The policy allows no inline script, style or handler, and the macros need none."""
    for element in Reader(_page(gallery, language)).elements:
        assert element.tag != "style"
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        if element.tag == "script":
            assert element.attributes["src"].startswith("/static/")
            assert "".join(element.texts).strip() == ""


@pytest.mark.parametrize("language", ["fa", "en"])
def test_ids_are_unique_and_labels_are_bound(gallery: Flask, language: str) -> None:
    """Every id is there once; every label, description and command names an id that is there."""
    read = Reader(_page(gallery, language))
    ids = Counter(one.attributes["id"] for one in read.elements if "id" in one.attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    for element in read.elements:
        for attribute in ("for", "aria-describedby", "aria-labelledby", "commandfor"):
            for name in element.attributes.get(attribute, "").split():
                assert name in ids, f"{attribute}={name}"
    labelled = {one.attributes.get("for") for one in read.named("label")}
    for tag in ("input", "select", "textarea"):
        for element in read.named(tag):
            if element.attributes.get("type") != "hidden":
                named = element.attributes.get("id") in labelled
                assert named or element.attributes.get("aria-label"), element


def test_every_page_has_one_heading_and_its_language(gallery: Flask) -> None:
    """One h1; language and direction on the root; a style sheet for the direction."""
    for language, direction in (("fa", "rtl"), ("en", "ltr")):
        page = _page(gallery, language)
        read = Reader(page)
        root = read.named("html")[0].attributes
        assert (root["lang"], root["dir"]) == (language, direction)
        assert len(read.named("h1")) == 1
        assert ("tabler.rtl.min.css" in page) is (direction == "rtl")
        assert ("jalalidatepicker.min.js" in page) is (language == "fa")


def test_every_icon_is_in_the_sprite(gallery: Flask) -> None:
    """No page shows an empty square: each icon's name is a symbol of the sprite."""
    sprite = gallery.test_client().get(_sprite_url(gallery)).text
    symbols = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    uses = [one.attributes["href"] for one in Reader(_page(gallery, "fa")).named("use")]
    shown = {href.partition("#")[2] for href in uses if "icons.svg" in href}
    assert shown
    assert shown <= symbols


def _sprite_url(gallery: Flask) -> str:
    with gallery.test_request_context():
        return render_template_string("{{ static_url('vendor/icons.svg') }}")


def test_charts_carry_their_numbers_twice(gallery: Flask) -> None:
    """The picture's data are whole numbers in an attribute, and the same in a table."""
    gallery.config["TEXT"] = "it's <b>"
    page = _page(gallery, "fa")
    canvas = Reader(page).named("canvas")[0]
    data = json.loads(canvas.attributes["data-chart"])
    assert data["series"][0]["values"] == [1, 1_234]
    assert data["labels"][0] == "it's <b>"
    assert '<td class="numeric">۱٬۲۳۴</td>' in page


def test_a_form_says_what_is_wrong(gallery: Flask) -> None:
    """An error stands beside its field, is announced with it, and is in the page's language."""
    client = gallery.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert token is not None
    page = client.post("/", data={"csrf_token": token[1]}, headers={"Accept-Language": "fa"}).text
    name = next(one for one in Reader(page).named("input") if one.attributes.get("id") == "name")
    assert name.attributes["aria-invalid"] == "true"
    assert name.attributes["aria-describedby"] == "name-help name-errors"
    assert 'id="name-errors"' in page


def test_a_constant_is_written_for_each_visitor(gallery: Flask) -> None:
    """Jinja folds constants when it compiles a page, once: our filters may not be folded."""
    pages: list[str] = []
    with gallery.test_request_context(headers={"Accept-Language": "fa"}):
        template = gallery.jinja_env.from_string("{{ 1234|num }} {{ 0|date }} {{ 12|signed }}")
    for language in ("fa", "en", "fa"):
        with gallery.test_request_context(headers={"Accept-Language": language}):
            pages.append(template.render())
    assert pages[0] == pages[2] != pages[1]
    assert pages[1].startswith("1,234 1 Jan 1970")


@pytest.mark.parametrize(
    ("source", "persian", "english"),
    [
        ("{{ 1250|money(irr, toman) }}", "۱۲۵ تومان", "125 tomans"),
        ("{{ 1250|money(irr) }}", "۱٬۲۵۰ ریال", "1,250 rials"),
        ("{{ 1250|money(eur) }}", "۱۲٫۵۰ یورو", "12.50 euros"),
        ("{{ 1250|money(kwd) }}", "۱٫۲۵۰ KWD", "1.250 KWD"),
        ("{{ none|money(eur) }}", "—", "—"),
        ("{{ 1500|percent }}", "۱۵٪", "15%"),
        ("{{ 1795420000000|moment }}", "۲ آذر ۱۴۰۵، ۱۱:۱۶", "23 Nov 2026, 11:16"),
        ("{{ '2026-11-23T18:42'|printed }}", "۲ آذر ۱۴۰۵، ۱۸:۴۲", "23 Nov 2026, 18:42"),
        ("{{ '2026-11-23'|printed }}", "۲ آذر ۱۴۰۵", "23 Nov 2026"),
        ("{{ none|printed }} {{ 'noon'|printed }}", "— noon", "— noon"),
        ("{{ 1795420000000|date }}", "۲ آذر ۱۴۰۵", "23 Nov 2026"),
        ("{{ 1795420000000|month }}", "آذر ۱۴۰۵", "Nov 2026"),
        ("{{ 1795420000000|typed_date }}", "۱۴۰۵/۰۹/۰۲", "2026-11-23"),
        ("{{ 1795420000000|iso }}", "2026-11-23T11:16:40+03:30", "2026-11-23T11:16:40+03:30"),
        ("{{ none|num }}{{ none|date }}{{ none|moment }}", "———", "———"),
        ("{{ 'aabbccddeeff0011'|mask }}", "aabbccdd…", "aabbccdd…"),
    ],
)
def test_filters(gallery: Flask, source: str, persian: str, english: str) -> None:
    """Figures, money and days are written in the reader's way, by the house's clock."""
    kwd = Currency(code="KWD", exponent=3)
    values = {"irr": IRR, "eur": EUR, "kwd": kwd, "toman": MoneyUnit.TOMAN}
    for language, text in (("fa", persian), ("en", english)):
        with gallery.test_request_context(headers={"Accept-Language": language}):
            assert render_template_string(source, **values) == text
