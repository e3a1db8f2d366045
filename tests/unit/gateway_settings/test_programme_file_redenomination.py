"""The part of a programme file that says which currency was before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.config_programme import default_programme, parse_programme, programme_text
from gateway.errors import ConfigError, ProgrammeError
from gateway.ledger.programme_json import programme_from_json, programme_to_json
from gateway.model.money import IRR, Currency
from gateway.model.programme import Programme
from gateway.model.rules.succession import Succession
from gateway.program.difference import difference
from gateway.programme_file.changes import written_change

RIALS = default_programme("IRR")
TOMANS = replace(
    RIALS,
    version=2,
    effective_from_ms=1_900_000_000_000,
    currency=Currency(code="IRT", exponent=2),
    earn_per_minor=100,
    succeeds=Succession(currency=IRR, old_units_per_unit=10_000),
)


def file_of(section: str) -> str:
    """A programme in tomans that ends with this section."""
    return programme_text(replace(TOMANS, succeeds=None)) + section


def test_what_is_written_is_read_again() -> None:
    """A file says the same as the programme that it was made of, with rules and without."""
    assert parse_programme(programme_text(TOMANS)) == TOMANS
    waiting = replace(TOMANS, rules=replace(TOMANS.rules, pending_days=3))
    assert parse_programme(programme_text(waiting)) == waiting


def test_a_programme_without_one_is_written_as_before() -> None:
    """Neither a file nor a row mentions what most programmes do not have."""
    assert "redenomination" not in programme_text(RIALS)
    assert "succeeds" not in programme_to_json(RIALS)


@pytest.mark.parametrize("programme", [RIALS, TOMANS])
def test_a_row_holds_it(programme: Programme) -> None:
    """What the ledger keeps of a version is the version."""
    assert programme_from_json(programme_to_json(programme)) == programme


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("redenomination = 3\n", "redenomination: must be a table"),
        ('[redenomination]\nfrom = "IRR"\n', r"redenomination\.from_exponent: is missing"),
        (
            "[redenomination]\nfrom = 1\nfrom_exponent = 0\nold_units_per_unit = 1\n",
            r"redenomination\.from: must be text",
        ),
        (
            '[redenomination]\nfrom = "IRR"\nfrom_exponent = 0\nold_units_per_unit = true\n',
            r"redenomination\.old_units_per_unit: must be a whole number",
        ),
        (
            '[redenomination]\nfrom = "rial"\nfrom_exponent = 0\nold_units_per_unit = 1\n',
            "redenomination: currency code",
        ),
        (
            '[redenomination]\nfrm = "IRR"\n',
            r"redenomination\.frm: there is no such setting; did you mean 'from'",
        ),
    ],
)
def test_what_is_wrong_is_named(section: str, problem: str) -> None:
    """Whatever cannot be meant is told with its path, and its line where it has one."""
    text = section + file_of("") if "= 3" in section else file_of(section)
    with pytest.raises(ConfigError, match=problem):
        parse_programme(text)


def test_a_rate_that_is_no_whole_number_is_told_with_its_line() -> None:
    """A rial of which ten are a toman of a hundred parts is less than a part."""
    section = '[redenomination]\nfrom = "IRR"\nfrom_exponent = 0\nold_units_per_unit = 10\n'
    with pytest.raises(ProgrammeError, match="no whole number of the smallest unit"):
        parse_programme(file_of(section))


def test_a_difference_is_said_in_the_words_of_a_file() -> None:
    """The section that came, and a rate that changed, are named as they stand in a file."""
    came = [written_change(one) for one in difference(RIALS, TOMANS)]
    section = next(one for one in came if one.path == "redenomination")
    assert section.new == {"from": "IRR", "from_exponent": 0, "old_units_per_unit": 10_000}
    assert {"currency", "currency_exponent"} <= {one.path for one in came}
    other = replace(TOMANS, succeeds=Succession(currency=IRR, old_units_per_unit=1_000))
    (rate,) = [written_change(one) for one in difference(TOMANS, other)]
    assert rate.path == "redenomination.old_units_per_unit"
