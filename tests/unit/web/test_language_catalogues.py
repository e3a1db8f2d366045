"""Every sentence of the pages is in both languages, and the check that says so can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from web_admin.catalogues.check import findings
from web_admin.catalogues.load import LANGUAGES, load_translations

HEAD = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
)
MODULE = """
from flask_babel import gettext as _, ngettext
def words(count):
    return _("Save") + ngettext("%(num)s card", "%(num)s cards", count)
"""
GOOD = {
    "fa": 'msgid "Save"\nmsgstr "ذخیره"\n\nmsgid "%(num)s card"\nmsgid_plural "%(num)s cards"\n'
    'msgstr[0] "%(num)s کارت"\nmsgstr[1] "%(num)s کارت"\n',
    "en": 'msgid "Save"\nmsgstr "Save"\n\nmsgid "%(num)s card"\nmsgid_plural "%(num)s cards"\n'
    'msgstr[0] "%(num)s card"\nmsgstr[1] "%(num)s cards"\n',
}


def _write(folder: Path, language: str, text: str, area: str = "area") -> None:
    (folder / language).mkdir(parents=True, exist_ok=True)
    (folder / language / f"{area}.po").write_text(HEAD + text, encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of one module and one template, its catalogues whole."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "module.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "templates" / "page.html").write_text("{{ _('Save') }}", encoding="utf-8")
    for language, text in GOOD.items():
        _write(tmp_path / "catalogues", language, text)
    return tmp_path


def _found(package: Path) -> list[str]:
    return findings(package, package / "catalogues")


def test_every_sentence_of_the_pages_is_translated() -> None:
    """No message of any page is missing, empty, orphaned or wrong, in either language."""
    assert findings() == []


def test_whole_catalogues_have_no_findings(package: Path) -> None:
    """The check is content with a package that is whole."""
    assert _found(package) == []


@pytest.mark.parametrize(
    ("language", "before", "after", "said"),
    [
        ("fa", 'msgid "Save"\nmsgstr "ذخیره"', "", "fa: 'Save' is missing"),
        ("fa", 'msgstr "ذخیره"', 'msgstr ""', "not translated"),
        ("fa", 'msgid "Save"', '#, fuzzy\nmsgid "Save"', "is fuzzy"),
        ("fa", "ذخیره", "Save", "Latin words: Save"),
        ("fa", "ذخیره", "ذخيره", "Arabic letters"),
        ("fa", "ذخیره", "ذخیره ٤", "Arabic letters"),
        ("fa", "ذخیره", "ذخیره %(what)s", "other placeholders"),
        ("fa", 'msgstr[1] "%(num)s کارت"', 'msgstr[1] "کارت‌ها"', "other placeholders"),
        ("fa", 'msgstr[1] "%(num)s کارت"', 'msgstr[1] ""', "every plural form"),
        ("en", 'msgstr "Save"', 'msgstr "Keep"', "does not repeat"),
        ("en", 'msgid "Save"', 'msgid "Gone"\nmsgstr "Gone"\n\nmsgid "Save"', "used nowhere"),
    ],
)
def test_each_fault_is_found(
    package: Path, language: str, before: str, after: str, said: str
) -> None:
    """One broken entry is one finding that says what is wrong."""
    assert before in GOOD[language]
    _write(package / "catalogues", language, GOOD[language].replace(before, after))
    found = _found(package)
    assert len(found) == 1, found
    assert said in found[0]


def test_two_areas_may_share_a_word_but_not_disagree(package: Path) -> None:
    """The same message in two files is fine as long as it is translated alike."""
    _write(package / "catalogues", "fa", 'msgid "Save"\nmsgstr "ذخیره"\n', "second")
    assert _found(package) == []
    _write(package / "catalogues", "fa", 'msgid "Save"\nmsgstr "نگه‌داشتن"\n', "second")
    assert _found(package) == ["fa/area and fa/second translate 'Save' differently"]


def test_a_text_that_nobody_can_translate_is_found(package: Path) -> None:
    """A text made at run time, or a gettext function under another name, is said."""
    (package / "late.py").write_text(
        "from flask_babel import gettext as tr\nfrom flask_babel import gettext as _\n"
        "def words(name):\n    return _(name) + tr('Lost')\n",
        encoding="utf-8",
    )
    assert _found(package) == [
        "late.py:1: gettext is called tr, and nobody looks for that",
        "late.py:4: what _ is given is not a plain text",
    ]


def test_a_broken_template_is_named(package: Path) -> None:
    """A template that Jinja cannot read is no silence."""
    (package / "templates" / "page.html").write_text("{% if %}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"templates/page\.html:1"):
        _found(package)


def test_a_broken_catalogue_is_named(package: Path) -> None:
    """A file that is no catalogue stops the start, with its name."""
    (package / "catalogues" / "fa" / "area.po").write_bytes(b'msgid "a"\nmsgstr "\xff"')
    with pytest.raises(ConfigError, match=r"area\.po of fa"):
        load_translations("fa", package / "catalogues")


def test_plurals_are_chosen_by_number(package: Path) -> None:
    """One is singular in both languages, none is singular in Persian only; one form serves all."""
    one_form = GOOD["fa"].replace('msgstr[1] "%(num)s کارت"\n', "")
    _write(package / "catalogues", "fa", one_form)
    persian, english = (load_translations(each, package / "catalogues") for each in LANGUAGES)
    for count, text in ((0, "%(num)s cards"), (1, "%(num)s card"), (2, "%(num)s cards")):
        assert english.ungettext("%(num)s card", "%(num)s cards", count) == text
        assert persian.ungettext("%(num)s card", "%(num)s cards", count) == "%(num)s کارت"
