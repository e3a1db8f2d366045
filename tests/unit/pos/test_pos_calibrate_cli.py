"""``mohr pos calibrate`` as an integrator uses it."""

from __future__ import annotations

import os
import pty
import random
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.errors import ConfigError
from gateway.model.money import EUR, IRR
from simulators.strange_shops import ENCODERS, LAYOUTS, Shop
from terminal_agent.cli_pos import app
from terminal_agent.pos.calibration.marks import marks_in_order, parse_marks, parse_total

MARKED = 5


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[list[Path], list[int]]:
    """Six recordings of one shop and their totals."""
    till = Shop(
        layout=LAYOUTS["corner grocery"],
        encode=ENCODERS["iran system"],
        chance=random.Random(21),
    )
    paths, totals = [], []
    for at in range(MARKED + 1):
        paper = till.receipt()
        paths.append(tmp_path / f"r{at}.bin")
        paths[-1].write_bytes(paper.data)
        totals.append(paper.total_rial)
    return paths, totals


def run(*arguments: str | Path, code: int = 0) -> str:
    """Run the command; returns what it printed."""
    result = CliRunner().invoke(app, ["calibrate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_five_marks_write_a_profile_that_decodes_the_sixth(
    recordings: tuple[list[Path], list[int]], tmp_path: Path
) -> None:
    """The written file is a profile: decode gives the sixth receipt's total by it."""
    paths, totals = recordings
    out = tmp_path / "corner-shop.toml"
    marks = [part for total in totals[:MARKED] for part in ("--total", str(total))]
    said = run(*paths, *marks, "--out", out)
    assert said.count("right") == 2 * MARKED
    assert f"written: {out}" in said
    decoded = CliRunner().invoke(app, ["decode", "-p", str(out), str(paths[MARKED])])
    assert f"sale: {totals[MARKED]} IRR" in decoded.output
    assert 'name = "corner-shop"' in out.read_text(encoding="utf-8")


def test_marks_may_come_from_a_file(
    recordings: tuple[list[Path], list[int]], tmp_path: Path
) -> None:
    """Rows of recording,total mark the recordings they name and leave the others."""
    paths, totals = recordings
    marks = tmp_path / "marks.csv"
    rows = [f"{path.name},{total}" for path, total in zip(paths[:3], totals, strict=False)]
    marks.write_text("recording,total\n" + "\n".join(rows), encoding="utf-8")
    said = run(*paths, "--marks", marks)
    assert said.count("not marked") == 3
    assert 'default_encoding = "iran-system"' in said


def test_a_wrong_mark_writes_nothing(
    recordings: tuple[list[Path], list[int]], tmp_path: Path
) -> None:
    """A total that is not on its paper leaves no file and a code that scripts can see."""
    paths, totals = recordings
    out = tmp_path / "shop.toml"
    marks = ["--total", str(totals[1]), "--total", str(totals[0])]
    assert "not written" in run(*paths[:2], *marks, "--out", out, code=1)
    assert not out.exists()


def test_without_marks_a_script_is_told_to_give_some(
    recordings: tuple[list[Path], list[int]],
) -> None:
    """Nobody is there to ask, so nothing is guessed."""
    with pytest.raises(ConfigError, match="--total or --marks"):
        run(*recordings[0])


def test_at_a_console_the_lines_are_shown_and_asked_about(
    recordings: tuple[list[Path], list[int]], tmp_path: Path
) -> None:
    """Picking the line with the total on three papers is all an integrator has to know."""
    paths, totals = recordings
    out = tmp_path / "asked.toml"
    call = "import sys; from terminal_agent.cli_pos import app; app(sys.argv[1:])"
    command = [sys.executable, "-c", call, "calibrate", *map(str, paths[:3]), "--out", str(out)]
    controller, terminal = pty.openpty()
    try:
        with subprocess.Popen(
            command, stdin=terminal, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        ) as process:
            # The amount typed is the answer to "total in rials"; the line is the one before last.
            for path, total in zip(paths[:3], totals, strict=False):
                line = path.read_bytes().rstrip(b"\n\x1dV\x00").count(b"\n")
                os.write(controller, f"{line}\n{total}\n".encode())
            said, _ = process.communicate(timeout=60)
    finally:
        os.close(controller)
        os.close(terminal)
    assert process.returncode == 0, said
    assert out.exists()


@pytest.mark.parametrize(
    ("text", "totals"),
    [
        ("1895", (1895,)),
        ("18.95", (1895,)),
        ("1,234.50", (123450,)),
        ("۱۸٫۹۵", (1895,)),
        ("none", ()),
        ("?", None),
        ("", None),
    ],
)
def test_totals_are_read_as_people_write_them(text: str, totals: tuple[int, ...] | None) -> None:
    """Minor units, major units with all decimals, no sale, and nobody knows."""
    assert parse_total(text, EUR) == totals


@pytest.mark.parametrize("text", ["18.9", "abc", "-5", "1e5", "18.950"])
def test_a_total_that_could_be_two_is_refused(text: str) -> None:
    """A mark is the truth the proof stands on: it is never guessed at."""
    with pytest.raises(ConfigError, match="total"):
        parse_total(text, EUR)


def test_several_rows_of_one_recording_are_several_sales() -> None:
    """A day's recording is marked by one row for each sale, in order."""
    marks = parse_marks(["recording,total", "day.bin,100", "day.bin,200", "x.bin,none"], "m", IRR)
    assert marks == {"day.bin": (100, 200), "x.bin": ()}


def test_more_marks_than_recordings_are_refused() -> None:
    """A mark too many says that they stand in another order than meant."""
    assert marks_in_order(["1"], 2, IRR) == [(1,), None]
    with pytest.raises(ConfigError, match="2 totals for 1"):
        marks_in_order(["1", "2"], 1, IRR)
