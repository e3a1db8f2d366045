"""``mohr ledger review``: receipts that a till was not sure of. A gateway may be running."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.administer import DirOption, administer
from gateway.cli.tables import JsonOption, moment, show_json, show_table
from gateway.config import load_settings
from gateway.errors import ConfigError
from gateway.model.ids import CardToken
from gateway.model.ledger_command import (
    CommandParts,
    LedgerCommand,
    LedgerCommandKind,
    encode_ledger_command,
)
from gateway.office.commands import ApplyLedgerCommand
from gateway.service.data_dir import DataDir

if TYPE_CHECKING:
    from gateway.ledger.queries import LedgerReader
    from gateway.queries.reviews import HeldReview

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List, settle and dismiss receipts that a till was not sure of.",
)

#: Whom commands from a shell name; the machine's own log says who that was.
_MADE_BY = "shell"
_TOKEN_DIGITS = 64

NumberArgument = Annotated[int, typer.Argument(min=1, help="The number that the list shows.")]


@app.command("list")
def list_reviews(
    directory: DirOption,
    *,
    every: Annotated[bool, typer.Option("--all", help="Show decided ones as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show receipts that wait for a person, newest first."""
    from gateway.queries.reading import reading  # noqa: PLC0415 - loads the ledger
    from gateway.queries.reviews import held_reviews  # noqa: PLC0415 - the same
    from gateway.queries.scope import EVERYTHING  # noqa: PLC0415 - the same

    with reading(_reader(directory).place) as connection:
        decided = None if every else False
        found = held_reviews(connection, EVERYTHING, decided=decided, limit=limit)
    if as_json:
        show_json([_plain(one) for one in found])
        return
    rows = [
        (
            str(one.row.first_index),
            moment(one.told.recorded_at_ms),
            one.row.branch,
            one.row.state.value,
            "-" if one.card is None else one.card.token.hex()[:8],
            " ".join(str(total) for total in _totals(one)),
            " ".join(_reasons(one)),
        )
        for one in found
    ]
    show_table(("number", "recorded", "branch", "state", "card", "totals", "reasons"), rows)


@app.command()
def show(number: NumberArgument, directory: DirOption, *, as_json: JsonOption = False) -> None:
    """Show one receipt with its paper; amounts are in the smallest unit."""
    held = _held(directory, number)
    if as_json:
        show_json(_plain(held))
        return
    for name, value in _plain(held).items():
        if name != "paper":
            typer.echo(f"{name.replace('_', ' ')}: {value}")
    for line in held.review.paper if held.review is not None else ():
        typer.echo(f"| {line}")


@app.command()
def settle(
    number: NumberArgument,
    total_minor: Annotated[int, typer.Argument(min=1, help="Its total, in the smallest unit.")],
    directory: DirOption,
    *,
    card: Annotated[
        str | None,
        typer.Option(help="Whose it is, a card's token of 64 digits; where none was shown."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stands in the books.")] = "",
) -> None:
    """Say what a receipt comes to: its card earns for it, once."""
    held = _held(directory, number)
    parts: CommandParts = {"amount": total_minor, "reason": reason}
    if card is not None:
        parts |= {"token": card, "card_profile": _profile_of(directory, card)}
    _decide(directory, held, LedgerCommandKind.SETTLE_REVIEW, parts)


@app.command()
def dismiss(
    number: NumberArgument,
    reason: Annotated[str, typer.Argument(help="Why; it stands in the books.")],
    directory: DirOption,
) -> None:
    """Say that a receipt earns nothing, for good."""
    held = _held(directory, number)
    _decide(directory, held, LedgerCommandKind.DISMISS_REVIEW, {"reason": reason})


def _decide(
    directory: DirOption, held: HeldReview, kind: LedgerCommandKind, parts: CommandParts
) -> None:
    about: CommandParts = {
        **parts,
        "review": held.row.first_index,
        "review_key": held.row.sale_key.hex(),
    }
    command = LedgerCommand(
        id=secrets.token_hex(16), kind=kind, made_by=_MADE_BY, branch=held.row.branch, **about
    )
    text = encode_ledger_command(command).decode()
    reply = administer(directory, ApplyLedgerCommand(command=text))
    if not reply.ok:
        raise ConfigError(f"it was not done: {reply.reason}")
    typer.echo(f"{reply.text}, {reply.points} points")


def _held(directory: DirOption, number: int) -> HeldReview:
    from gateway.queries.reading import reading  # noqa: PLC0415 - loads the ledger
    from gateway.queries.reviews import held_review  # noqa: PLC0415 - the same
    from gateway.queries.scope import EVERYTHING  # noqa: PLC0415 - the same

    with reading(_reader(directory).place) as connection:
        held = held_review(connection, EVERYTHING, number)
    if held is None:
        raise ConfigError(
            f"there is no receipt {number} to check; see mohr ledger review list --all"
        )
    return held


def _profile_of(directory: DirOption, token: str) -> str:
    from gateway.ledger.rows_members import CardRow  # noqa: PLC0415 - loads the ledger

    try:
        key = CardToken(bytes.fromhex(token if len(token) == _TOKEN_DIGITS else "-"))
    except ValueError as error:
        raise ConfigError("a card's token is 64 hexadecimal digits") from error
    with _reader(directory).batch() as batch:
        found = batch.rows(CardRow, [key])
    if not found:
        raise ConfigError(f"nobody owns the card {token[:8]}…")
    return found[0].profile.value


def _reader(directory: DirOption) -> LedgerReader:
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger

    return LedgerReader(DataDir(directory).ledger_place(load_settings(directory)))


def _plain(held: HeldReview) -> dict[str, object]:
    review = held.review
    return {
        "number": held.row.first_index,
        "branch": held.row.branch,
        "terminal": held.told.terminal,
        "recorded_at_ms": held.told.recorded_at_ms,
        "state": held.row.state.value,
        "card": None if held.card is None else held.card.token.hex(),
        "member": held.owner,
        "totals_minor": _totals(held),
        "reasons": _reasons(held),
        "evidence": [] if review is None else [kind.value for kind in review.evidence],
        "receipt_number": None if review is None else review.receipt_number,
        "occurred_at": None if review is None else review.occurred_at,
        "paper": [] if review is None else list(review.paper),
    }


def _totals(held: HeldReview) -> list[int]:
    return [] if held.review is None else [one.total_minor for one in held.review.candidates]


def _reasons(held: HeldReview) -> list[str]:
    return [] if held.review is None else [reason.value for reason in held.review.reasons]
