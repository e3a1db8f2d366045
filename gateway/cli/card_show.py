"""How ``mohr card`` shows a card: never a UID, never a key."""

from __future__ import annotations

import typer

from gateway.cli.tables import show_json
from gateway.issuing.record import CardRecord


def card_facts(card: CardRecord) -> dict[str, object]:
    """What may be told of a card."""
    return {
        "number": card.number,
        "state": card.stage.value,
        "profile": card.profile.value,
        "token": card.token.hex(),
        "key_version": card.key_version,
        "member": card.member_id,
        "batch": card.batch,
        "counter": card.counter,
    }


def show_card(card: CardRecord, *, as_json: bool) -> None:
    """Print a card."""
    if as_json:
        show_json(card_facts(card))
        return
    whose = "" if card.member_id is None else f" of member {card.member_id}"
    typer.echo(
        f"card {card.number}{whose} is {card.stage}: {card.profile}, keys of version"
        f" {card.key_version}, token {card.token.hex()}"
    )
