"""``mohr member``: members, their cards and their points. Reads only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli.administer import DirOption
from gateway.cli.tables import JsonOption, moment, show_json, show_table
from gateway.config import load_settings
from gateway.errors import ConfigError
from gateway.model.ids import CardToken, MemberId
from gateway.service.data_dir import DataDir

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Look up members, their cards and their points.",
)

_TOKEN_DIGITS = 64


@app.command("list")
def list_members(
    directory: DirOption,
    *,
    after: Annotated[str, typer.Option(help="Begin after this pseudonym.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most this many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show members by pseudonym, with their points."""
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger

    settings = load_settings(directory)
    reader = LedgerReader(DataDir(directory).ledger_place(settings))
    found = reader.balances(after=after, limit=limit)
    if as_json:
        show_json([asdict(member) for member in found])
        return
    rows = [
        (one.member_id, str(one.available), str(one.held), one.branch, moment(one.enrolled_at_ms))
        for one in found
    ]
    show_table(("member", "points", "held", "branch", "since"), rows)


@app.command()
def show(
    who: Annotated[str, typer.Argument(help="A pseudonym (32 digits) or a card's token (64).")],
    directory: DirOption,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Lines of the statement.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show one member: points, cards, and the newest lines of the statement."""
    from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - loads the ledger
    from gateway.ledger.rows_members import CardRow  # noqa: PLC0415 - the same

    settings = load_settings(directory)
    reader = LedgerReader(DataDir(directory).ledger_place(settings))
    if len(who) == _TOKEN_DIGITS:
        try:
            balance = reader.balance_of_card(CardToken(bytes.fromhex(who)))
        except ValueError as error:
            raise ConfigError("a card's token is 64 hexadecimal digits") from error
    else:
        balance = reader.balance(MemberId(who))
    if balance is None:
        raise ConfigError(f"nobody is known as {who}")
    with reader.batch() as batch:
        cards = [card for card in batch.every(CardRow) if card.member_id == balance.member_id]
    statement = reader.statement(balance.member_id, limit=limit)
    if as_json:
        show_json(
            {
                **asdict(balance),
                "cards": [
                    {"token": card.token.hex(), "profile": card.profile, "state": card.state}
                    for card in cards
                ],
                "statement": [asdict(line) for line in statement],
            }
        )
        return
    typer.echo(f"member {balance.member_id} of {balance.branch}")
    typer.echo(f"points {balance.available}, held {balance.held}")
    for card in cards:
        typer.echo(f"card {card.token.hex()} {card.profile} {card.state}")
    rows = [
        (
            str(line.journal_index),
            moment(line.recorded_at_ms),
            line.kind.value,
            line.branch,
            str(line.available_points),
            str(line.balance_points),
        )
        for line in statement
    ]
    show_table(("journal", "recorded", "what", "branch", "points", "balance"), rows)
