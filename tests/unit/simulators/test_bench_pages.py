"""The bench of the pages: what it counts, what it weighs, and whom it invents."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from gateway.ledger.checks import broken_invariants
from gateway.ledger.queries import LedgerReader
from gateway.office.database import Database
from gateway.office.people import People
from gateway.office.profile import CheckedProfile
from gateway.office.store import OFFICE_FILE, OfficeStore
from simulators.bench.big_ledger import END_MS, make_big_ledger
from simulators.bench.cli import app
from simulators.bench.pages_house import REGULAR, HouseSize, make_big_house
from simulators.bench.pages_people import add_people
from simulators.bench.pages_statements import is_question
from simulators.bench.pages_viewers import ViewersCost
from simulators.bench.pages_weight import files_in_scripts, files_in_styles, files_named
from simulators.clock import VirtualClock


def _rows(file: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)  # noqa: S608 - ours


def test_invented_people_are_kept_like_typed_ones(tmp_path: Path) -> None:
    """The rows that are written in bulk are the very rows that saving each profile writes."""
    ledger = make_big_ledger(tmp_path / "ledger.db", members=40, terminals=4)
    office = tmp_path / OFFICE_FILE
    people = OfficeStore(office, VirtualClock(unix_ms=END_MS)).people
    add_people(office, ledger, seed=3)
    members = [ledger.member_id(number) for number in range(40)]
    profiles = people.profiles(members)
    assert len(profiles) == 40
    copy = tmp_path / "copy.db"
    shutil.copyfile(office, copy)
    again = People(Database(copy))
    for member, profile in profiles.items():
        checked = CheckedProfile(name=profile.name, phone=profile.phone)
        again.save(member, profile.branch, checked, END_MS)
    assert _rows(copy, "person") == _rows(office, "person")
    assert _rows(copy, "person_word") == _rows(office, "person_word")


def test_the_house_is_whole_and_has_a_regular(tmp_path: Path) -> None:
    """The books hold, somebody has a long statement, and there is trouble to look at."""
    size = HouseSize(members=200, terminals=50, batches=1, regular_sales=60)
    house = make_big_house(tmp_path / "gateway", size)
    reader = LedgerReader(house.ledger.path)
    with reader.batch() as batch:
        assert broken_invariants(batch) == ()
    assert len(reader.statement(house.ledger.member_id(REGULAR))) >= 70
    counts = reader.counts()
    assert (counts.refused, counts.quarantined) == (10, 200)
    first, last = reader.journal(limit=1)[0], reader.journal(after_index=counts.journal - 1)[-1]
    assert last.recorded_at_ms - first.recorded_at_ms > 300 * 86_400_000


def test_files_are_found_in_pages_styles_and_scripts() -> None:
    """What a browser would fetch is found, each file once, and nothing else."""
    page = (
        '<link rel="stylesheet" href="/a.css?v=1"><link rel="icon" href="data:,">'
        '<script src="/b.js" defer></script><img src="/c.png"><use href="/s.svg#users"/>'
        '<use href="/s.svg#user"/><a href="/members">x</a><link rel="canonical" href="/x">'
        '<script src="https://example.com/x.js"></script>'
    )
    assert files_named(page) == ("/a.css?v=1", "/b.js", "/c.png", "/s.svg")
    styles = "a{background:url(data:image/png;base64,xx)} @font-face{src:url('../f.woff2')}"
    assert files_in_styles(styles) == ("../f.woff2",)
    script = 'import { a } from "./a.js"; const b = await import("../b.js"); import "./c.js";'
    assert files_in_scripts(script) == ("./a.js", "../b.js", "./c.js")


@pytest.mark.parametrize(
    ("statement", "counts"),
    [
        ("SELECT 1", True),
        ("  insert into x values (1)", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("BEGIN IMMEDIATE", False),
        ("COMMIT", False),
        ("PRAGMA query_only=ON", False),
        ("-- TRIGGER x", False),
    ],
)
def test_what_counts_as_a_statement(statement: str, *, counts: bool) -> None:
    """Questions and changes count; what frames them does not."""
    assert is_question(statement) is counts


def test_the_viewers_cost_is_a_share() -> None:
    """A tenth fewer sales a second is ten percent."""
    cost = ViewersCost(alone_per_s=1_000, watched_per_s=900, heard_bytes=1)
    assert cost.percent == pytest.approx(10)


@pytest.mark.slow
@pytest.mark.enable_socket
def test_the_quick_bench_says_everything() -> None:
    """Every figure that the limits speak of is there, and each page has its own."""
    try:
        done = CliRunner().invoke(app, ["pages", "--quick", "--json"])
    finally:
        structlog.reset_defaults()
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["bench"] == "pages"
    wanted = {"worst_p95_ms", "worst_queries", "first_load_kb", "viewers_cost_percent"}
    assert wanted <= set(said["figures"])
    assert said["worst_page"] in said["pages"]
    assert {"dashboard", "members_by_name", "statement_second_page", "trail", "api_members"} <= set(
        said["pages"]
    )
    assert all(one["queries"] > 0 and one["p95_ms"] > 0 for one in said["pages"].values())
