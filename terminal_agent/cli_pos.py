"""``mohr pos``: look at what a till sends and how it is understood."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gateway.errors import ConfigError
from gateway.model.sale import Sale
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    NotASale,
    ReceiptEvent,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.listener import TillListener
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile, shipped_names

app = typer.Typer(
    add_completion=False,
    help="Look at what a till sends and how it is understood.",
    no_args_is_help=True,
)

#: A recorded day stays far below; more is a wrong file.
_RECORDING_BYTES_MAX: Final = 64 * 1024 * 1024

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(help="Recorded bytes of the till's line; - for stdin.")],
    profile: Annotated[
        str,
        typer.Option("--profile", "-p", help="A shipped profile's name or a .toml file."),
    ] = "generic-escpos-eur",
    as_json: _Json = False,  # noqa: FBT002 - typer makes flags of booleans
) -> None:
    """Read a recording and show every sale, refund and question in it.

    The recording is taken as one uninterrupted stream with silence behind it.

    Raises:
        ConfigError: if the profile or the recording cannot be read.
    """
    listener = TillListener(load_profile(profile))
    events = listener.feed(_recording(file), 0)
    events += listener.idle(listener.deadline_ms or 0)
    if as_json:
        typer.echo(json.dumps(_document(listener, events), ensure_ascii=False, indent=2))
        return
    for event in events:
        typer.echo(_sentence(event, listener.profile))
    if not events:
        typer.echo("nothing printed")
    counters = listener.counters
    typer.echo(
        f"{counters.bytes_in} bytes, {counters.commands} commands, "
        f"{counters.unknown} unknown, {counters.abandoned} abandoned"
    )


@app.command()
def profiles(as_json: _Json = False) -> None:  # noqa: FBT002 - typer makes flags of booleans
    """List the shop profiles that come with Mohr."""
    loaded = [load_profile(name) for name in shipped_names()]
    if as_json:
        entries = [
            {
                "name": profile.name,
                "version": profile.version,
                "dialect": profile.dialect.value,
                "currency": profile.currency.code,
                "exponent": profile.currency.exponent,
                "default_encoding": profile.default_encoding,
            }
            for profile in loaded
        ]
        typer.echo(json.dumps(entries, indent=2))
        return
    for profile in loaded:
        typer.echo(
            f"{profile.name}  version {profile.version}  {profile.dialect.value}  "
            f"{profile.currency.code}  {profile.default_encoding}"
        )


def _recording(file: Path) -> bytes:
    if str(file) == "-":
        content = sys.stdin.buffer.read(_RECORDING_BYTES_MAX + 1)
    else:
        try:
            with file.open("rb") as stream:
                content = stream.read(_RECORDING_BYTES_MAX + 1)
        except OSError as error:
            raise ConfigError(f"recording {file}: {error.strerror or error}") from error
    if len(content) > _RECORDING_BYTES_MAX:
        raise ConfigError(f"recording {file}: larger than {_RECORDING_BYTES_MAX} bytes")
    return content


def _document(listener: TillListener, events: list[ReceiptEvent]) -> dict[str, Any]:
    profile, counters = listener.profile, listener.counters
    return {
        "profile": profile.name,
        "profile_version": profile.version,
        "currency": profile.currency.code,
        "exponent": profile.currency.exponent,
        "events": [_entry(event) for event in events],
        "counters": {
            "bytes": counters.bytes_in,
            "commands": counters.commands,
            "unknown": counters.unknown,
            "abandoned": counters.abandoned,
        },
    }


def _entry(event: ReceiptEvent) -> dict[str, Any]:
    match event:
        case TotalSeen():
            return {
                "event": "total_seen",
                "total_minor": event.total_minor,
                "key": event.key.hex(),
                "evidence": _evidence(event.evidence),
            }
        case SaleClosed():
            return {
                "event": "sale",
                **_sale(event.sale),
                "evidence": _evidence(event.evidence),
            }
        case NeedsReview():
            return {
                "event": "needs_review",
                "reasons": [reason.value for reason in event.reasons],
                "candidates_minor": list(event.candidates_minor),
                "receipt_number": event.receipt_number,
                "key": event.key.hex(),
                "lines": list(event.lines),
            }
        case NotASale():
            return {"event": "not_a_sale", "reason": event.reason.value}
        case RefundSeen():
            return {
                "event": "refund",
                "total_minor": event.total_minor,
                "receipt_number": event.receipt_number,
                "original_receipt_number": event.original_receipt_number,
            }


def _sale(sale: Sale) -> dict[str, Any]:
    return {
        "total_minor": sale.total_minor,
        "receipt_number": sale.receipt_number,
        "key": sale.key.hex(),
        "lines": [
            {
                "label": line.label,
                "quantity_milli": line.quantity_milli,
                "amount_minor": line.amount_minor,
            }
            for line in sale.lines
        ],
        "tenders": [
            {"kind": tender.kind.value, "amount_minor": tender.amount_minor}
            for tender in sale.tenders
        ],
        "tax_minor": sale.tax_minor,
        "discount_minor": sale.discount_minor,
    }


def _evidence(evidence: frozenset[EvidenceKind]) -> list[str]:
    return sorted(kind.value for kind in evidence)


def _sentence(event: ReceiptEvent, profile: ShopProfile) -> str:
    match event:
        case TotalSeen():
            return f"total seen: {_amount(event.total_minor, profile)}"
        case SaleClosed():
            number = event.sale.receipt_number or "without number"
            agree = ", ".join(_evidence(event.evidence))
            amount = _amount(event.sale.total_minor, profile)
            return f"sale: {amount}, receipt {number} ({agree})"
        case NeedsReview():
            reasons = ", ".join(reason.value for reason in event.reasons)
            amounts = " or ".join(_amount(minor, profile) for minor in event.candidates_minor)
            return f"needs review: {reasons}; {amounts or 'no total'}"
        case NotASale():
            return f"not a sale: {event.reason.value}"
        case RefundSeen():
            amount = "unknown amount"
            if event.total_minor is not None:
                amount = _amount(event.total_minor, profile)
            return f"refund: {amount}, of receipt {event.original_receipt_number or 'unknown'}"


def _amount(minor: int, profile: ShopProfile) -> str:
    exponent = profile.currency.exponent
    whole, part = divmod(abs(minor), 10**exponent)
    decimals = f".{part:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole}{decimals} {profile.currency.code}"
