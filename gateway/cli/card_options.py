"""The options that the commands of ``mohr card`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.model.card import CardProfile

#: How long somebody may take to lay a card on the reader.
WAIT_S = 30.0

BackendOption: TypeAlias = Annotated[
    str, typer.Option("--backend", help="pcsc, or sim-tray for simulated cards.")
]
ReaderOption: TypeAlias = Annotated[
    str,
    typer.Option("--reader", help="A part of the reader's name; for sim-tray a folder or a card."),
]
ProfileOption: TypeAlias = Annotated[
    CardProfile, typer.Option("--profile", help="Which kind of card.")
]
WaitOption: TypeAlias = Annotated[
    float, typer.Option("--wait", min=0, max=3_600, help="Seconds to wait for a card.")
]
AnyMakerOption: TypeAlias = Annotated[
    bool,
    typer.Option("--any-maker", help="Take chips that their maker did not sign: simulated cards."),
]
NumberOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--number", help="The membership number on the card; else the next free one."),
]
MemberOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--member", help="Whose card it is, by pseudonym; else whoever enrols with it."),
]
PrintOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--print",
        help="If a card fails, a code instead: a new .svg or .pdf file; for a list a folder.",
    ),
]
BatchOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--batch", help="A CSV file with the columns number and, if need be, member."),
]
RandomUidOption: TypeAlias = Annotated[
    bool, typer.Option("--random-uid", help="Let the card hide its UID, for good.")
]
