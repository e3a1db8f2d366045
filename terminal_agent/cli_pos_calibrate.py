"""``mohr pos calibrate``: from a few recordings with marked totals to a shop profile."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.errors import ConfigError
from terminal_agent.pos.calibration.marked import Heard, MarkedRecording
from terminal_agent.pos.calibration.marks import (
    Totals,
    marks_in_order,
    parse_marks,
    parse_total,
)
from terminal_agent.pos.calibration.papers import frame, papers
from terminal_agent.pos.calibration.profile_toml import write_profile
from terminal_agent.pos.calibration.proof import Outcome, Reading
from terminal_agent.pos.calibration.search import Calibration, calibrate
from terminal_agent.pos.calibration.text_variants import text_variants
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile, shipped_names
from terminal_agent.pos.recording import load_recording
from terminal_agent.pos.sentences import sentence_of

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_MARKS_BYTES_MAX: Final = 1024 * 1024
_SAYS: Final = {
    Outcome.RIGHT: "right",
    Outcome.ASKED: "asks a person",
    Outcome.MISSED: "misses the sale",
    Outcome.WRONG: "WRONG",
    Outcome.UNMARKED: "not marked",
}

_Recordings = Annotated[
    list[Path], typer.Argument(help="Recordings, best with one receipt each, five or more.")
]
_Total = Annotated[
    list[str] | None,
    typer.Option(
        "--total",
        help="The total on each recording, in order: 1895 (minor units; rials, not toman), 18.95, "
        "none (no sale), ? (unknown).",
    ),
]
_Marks = Annotated[
    Path | None, typer.Option("--marks", help="A CSV file of recording,total instead.")
]
_Base = Annotated[
    str,
    typer.Option("--profile", "-p", help="The profile to start from: its currency and ceiling."),
]
_Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write the profile here (.toml).")]
_Name = Annotated[str | None, typer.Option("--name", help="The profile's name: a-z, 0-9, hyphens.")]


def calibrate_command(
    recordings: _Recordings,
    *,
    total: _Total = None,
    marks: _Marks = None,
    profile: _Base = "generic-escpos-irr",
    out: _Out = None,
    name: _Name = None,
) -> None:
    """Propose a profile for a till nobody has seen, and prove it on its recordings.

    Mark the total of a few receipts; printer language, encoding, direction, separators, rial or
    toman and the words of this till are found from them. The profile is written only if it reads no
    marked recording wrongly, not even one that was left out when it was made. Without --total and
    --marks the lines are shown and asked about.

    Raises:
        ConfigError: if a recording, a mark or the base profile cannot be read.
    """
    base = _named(load_profile(profile), profile, name, out)
    marked = _marked(recordings, _totals(recordings, total, marks, base))
    if not any(one.totals_minor for one in marked):
        raise ConfigError("no total is marked; write --total for one receipt at least")
    found = calibrate(base, marked)
    _show(found, marked)
    if not found.proved:
        typer.echo("not written: a profile must read marked totals, and none of them wrongly")
        raise typer.Exit(1)
    told = sum(one.totals_minor is not None for one in marked)
    remarks = [
        f"Calibrated from {len(marked)} recordings, {told} of them marked.",
        "Record more receipts and try them with: mohr pos decode",
    ]
    written = write_profile(found.profile, remarks=remarks)
    if out is None:
        typer.echo(written)
        return
    try:
        out.write_text(written, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"profile {out}: {error.strerror or error}") from error
    typer.echo(f"written: {out}; try it with: mohr pos decode --profile {out} {recordings[0]}")


def _named(base: ShopProfile, source: str, name: str | None, out: Path | None) -> ShopProfile:
    """The base under the new profile's name; a shop's own profile counts up instead."""
    if name is None and source not in shipped_names():
        return replace(base, version=base.version + 1)
    stem = out.stem.casefold() if out is not None else ""
    return replace(base, name=name or (stem if _NAME.fullmatch(stem) else "shop"), version=1)


def _marked(recordings: Sequence[Path], totals: Sequence[Totals]) -> list[MarkedRecording]:
    names = [path.name for path in recordings]
    return [
        MarkedRecording(
            # Two recordings of one name are told apart by their folders.
            name=path.name if names.count(path.name) == 1 else str(path),
            heard=tuple(
                Heard(t_ms=piece.t_ms, data=piece.data)
                for piece in load_recording(path).pieces
                if piece.direction is Direction.FROM_TILL
            ),
            totals_minor=marks,
        )
        for path, marks in zip(recordings, totals, strict=True)
    ]


def _totals(
    recordings: Sequence[Path], total: list[str] | None, marks: Path | None, base: ShopProfile
) -> list[Totals]:
    if total and marks is not None:
        raise ConfigError("--total and --marks both mark totals; write one of them")
    if total:
        return marks_in_order(total, len(recordings), base.currency)
    if marks is not None:
        return _from_file(marks, recordings, base)
    if not sys.stdin.isatty():
        raise ConfigError("no total is marked; write --total or --marks")
    return [_ask(one, base) for one in _marked(recordings, [None] * len(recordings))]


def _from_file(path: Path, recordings: Sequence[Path], base: ShopProfile) -> list[Totals]:
    try:
        with path.open("rb") as file:
            content = file.read(_MARKS_BYTES_MAX + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"marks {path}: {error}") from error
    if len(content) > _MARKS_BYTES_MAX:
        raise ConfigError(f"marks {path}: larger than {_MARKS_BYTES_MAX} bytes")
    known = parse_marks(content.splitlines(), str(path), base.currency)
    unused = known.keys() - {str(one) for one in recordings} - {one.name for one in recordings}
    if unused:
        raise ConfigError(f"marks {path}: no recording {min(unused)!r} is given")
    return [known.get(str(one), known.get(one.name)) for one in recordings]


def _ask(recording: MarkedRecording, base: ShopProfile) -> Totals:
    """Show a recording's lines and ask which one holds the total, and how much that is."""
    framed = frame(base, recording)
    likeliest = text_variants(base, [framed])[0]
    lines = [line.text for paper in papers(likeliest, framed.events) for line in paper]
    typer.echo(f"\n{recording.name}")
    for number, line in enumerate(lines, start=1):
        typer.echo(f"{number:4}  {mask_pans(line).rstrip()}")
    picked = typer.prompt(
        "line with the total (none: no sale here, ?: leave it unmarked)", default="?"
    ).strip()
    if not picked.isdecimal() or not 1 <= int(picked) <= len(lines):
        return parse_total(picked, base.currency)
    runs = re.findall(r"[0-9][0-9.,'٬٫/]*", _ascii(lines[int(picked) - 1]))
    guess = re.sub(r"[^0-9]", "", runs[-1]) if runs else "?"
    unit = "rials" if base.currency.code == "IRR" else f"minor units of {base.currency.code}"
    return parse_total(typer.prompt(f"total in {unit}", default=guess), base.currency)


def _ascii(text: str) -> str:
    return "".join(str(int(one)) if one.isdecimal() else one for one in text)


def _show(found: Calibration, marked: Sequence[MarkedRecording]) -> None:
    left_out = {reading.name: reading for reading in found.left_out}
    width = max(len(one.name) for one in marked)
    head = f"{'recording':<{width}}  {'marked':>14}  {'read':>14}  {'by all':<15}  left out"
    typer.echo(head)
    for one, reading in zip(marked, found.readings, strict=True):
        without = left_out.get(one.name)
        typer.echo(
            f"{one.name:<{width}}  {_amounts(one.totals_minor):>14}  "
            f"{_amounts(reading.totals_minor):>14}  {_SAYS[reading.outcome]:<15}  "
            f"{_SAYS[without.outcome] if without is not None else ''}".rstrip()
        )
        if reading.outcome is not Outcome.RIGHT:
            _explain(reading, found.profile)
    typer.echo("")


def _explain(reading: Reading, profile: ShopProfile) -> None:
    for event in reading.events:
        typer.echo(f"    {sentence_of(event, profile)}")


def _amounts(totals: Totals) -> str:
    if totals is None:
        return "?"
    return " ".join(map(str, totals)) or "none"
