"""``mohr card``: issue, look at, block, replace, rekey and wipe cards (docs/cards.md)."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.administer import DirOption
from gateway.cli.card_batch import run_batch
from gateway.cli.card_books import CardBooks
from gateway.cli.card_options import (
    WAIT_S,
    AnyMakerOption,
    BackendOption,
    BatchOption,
    MemberOption,
    NumberOption,
    PrintOption,
    ProfileOption,
    RandomUidOption,
    ReaderOption,
    WaitOption,
)
from gateway.cli.card_room import Room, RoomOptions, open_room
from gateway.cli.card_show import card_facts, show_card
from gateway.cli.key import SecretFile
from gateway.cli.key_trail import recorded
from gateway.cli.tables import JsonOption, show_json
from gateway.durable import write_durably
from gateway.errors import ConfigError, MohrError
from gateway.issuing.desk import DeskOrder
from gateway.issuing.journal import IssuingJournal
from gateway.issuing.press import KINDS
from gateway.issuing.record import CardRecord
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, MemberId
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.selection import identify, own_profiles
from gateway.readers.drive import drive
from gateway.readers.native import frame_style
from gateway.service.data_dir import DataDir
from gateway.system_clock import SystemClock

_TOKEN_DIGITS: Final = 64

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Issue, read, verify, block, replace, rekey and wipe cards.",
)

CardArgument = Annotated[
    str, typer.Argument(help="The membership number on the card, or its token (64 digits).")
]


@app.command()
def issue(  # noqa: PLR0913 - each is an option of the command line
    directory: DirOption,
    *,
    backend: BackendOption = "pcsc",
    reader: ReaderOption = "",
    profile: ProfileOption = CardProfile.NTAG424,
    number: NumberOption = None,
    member: MemberOption = None,
    batch: BatchOption = None,
    random_uid: RandomUidOption = False,
    any_maker: AnyMakerOption = False,
    printed: PrintOption = None,
    wait: WaitOption = WAIT_S,
    passphrase_file: SecretFile = None,
    as_json: JsonOption = False,
) -> None:
    """Make a card one of yours, or one for each line of a list; cut off, run it again."""
    options = _options(directory, backend, reader, profile, any_maker, passphrase_file)
    with open_room(options) as room:
        if batch is not None:
            if number is not None or member is not None:
                raise ConfigError("--batch names numbers and members itself")
            run_batch(
                room, batch, wait_s=wait, random_uid=random_uid, codes=printed, as_json=as_json
            )
            return
        member_id = None if member is None else MemberId(member)
        if member_id is not None:
            room.books.member(member_id)
        order = DeskOrder(number=number, member_id=member_id, random_uid=random_uid)
        show_card(_issue_one(room, order, wait, printed), as_json=as_json)


@app.command()
def replace(  # noqa: PLR0913 - each is an option of the command line
    card: CardArgument,
    directory: DirOption,
    *,
    backend: BackendOption = "pcsc",
    reader: ReaderOption = "",
    profile: ProfileOption = CardProfile.NTAG424,
    number: NumberOption = None,
    any_maker: AnyMakerOption = False,
    printed: PrintOption = None,
    wait: WaitOption = WAIT_S,
    passphrase_file: SecretFile = None,
    as_json: JsonOption = False,
) -> None:
    """Give a member a new card for a lost one, which is turned away from now on."""
    options = _options(directory, backend, reader, profile, any_maker, passphrase_file)
    with open_room(options) as room:
        old = _token(room.desk.journal, card)
        if room.books.owner(old) is None:
            raise ConfigError("nobody owns that card yet: issue a new one, and let it be enrolled")
        with recorded(directory, action="card.block", subject=f"card {old.hex()[:8]}…"):
            room.books.set_blocked(old, blocked=True)
        order = DeskOrder(number=number, replaces=old)
        show_card(_issue_one(room, order, wait, printed), as_json=as_json)


@app.command()
def read(
    directory: DirOption,
    *,
    backend: BackendOption = "pcsc",
    reader: ReaderOption = "",
    wait: WaitOption = WAIT_S,
    passphrase_file: SecretFile = None,
    as_json: JsonOption = False,
) -> None:
    """Say who a card is, as a terminal that holds the keys would. Writes nothing."""
    options = _options(directory, backend, reader, CardProfile.NTAG424, True, passphrase_file)
    with open_room(options) as room, room.card(wait) as session:
        profiles = own_profiles(
            room.keys.organisation, keys=room.keys, random_bytes=secrets.token_bytes
        )
        dialogue = identify(session.atr, profiles, frame_style(session.reader))
        found = drive(dialogue, session.transmit).outcome
        if not isinstance(found, CardIdentity):
            raise ConfigError(f"the card cannot be identified: {found.trouble}: {found.detail}")
        token = room.desk.token_of(found.profile, found.identity)
        facts: dict[str, object] = {
            "profile": found.profile.value,
            "assurance": found.assurance.value,
            "token": token.hex(),
            "counter": found.counter,
        }
        known = room.desk.journal.with_token(token)
        _say({**({} if known is None else card_facts(known)), **facts}, as_json=as_json)


@app.command()
def verify(  # noqa: PLR0913 - each is an option of the command line
    directory: DirOption,
    *,
    backend: BackendOption = "pcsc",
    reader: ReaderOption = "",
    profile: ProfileOption = CardProfile.NTAG424,
    wait: WaitOption = WAIT_S,
    passphrase_file: SecretFile = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that a card is what the journal says: its keys, its number, its message."""
    options = _options(directory, backend, reader, profile, True, passphrase_file)
    with open_room(options) as room, room.card(wait) as session:
        known, check = room.desk.verify(session)
        facts: dict[str, object] = {"verified": True, **asdict(check)}
        _say(facts if known is None else {**card_facts(known), **facts}, as_json=as_json)


@app.command()
def block(
    card: CardArgument,
    directory: DirOption,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let it be used again.")] = False,
) -> None:
    """Have a card turned away at every terminal. Needs no card on the reader."""
    journal = IssuingJournal(DataDir(directory).issuing_journal, SystemClock())
    try:
        token = _token(journal, card)
        action = "card.unblock" if undo else "card.block"
        with recorded(directory, action=action, subject=f"card {token.hex()[:8]}…"):
            CardBooks(directory).set_blocked(token, blocked=not undo)
        known = journal.with_token(token)
    finally:
        journal.close()
    name = token.hex()[:8] + "…" if known is None else known.number
    typer.echo(f"card {name} is {'in use again' if undo else 'blocked'}")


@app.command()
def rekey(  # noqa: PLR0913 - each is an option of the command line
    directory: DirOption,
    *,
    backend: BackendOption = "pcsc",
    reader: ReaderOption = "",
    profile: ProfileOption = CardProfile.NTAG424,
    wait: WaitOption = WAIT_S,
    passphrase_file: SecretFile = None,
    as_json: JsonOption = False,
) -> None:
    """Give a card the current version of its keys."""
    options = _options(directory, backend, reader, profile, True, passphrase_file)
    with open_room(options) as room, room.card(wait) as session:
        show_card(room.desk.rekey(session), as_json=as_json)


@app.command()
def wipe(
    directory: DirOption,
    *,
    backend: BackendOption = "pcsc",
    reader: ReaderOption = "",
    profile: ProfileOption = CardProfile.NTAG424,
    wait: WaitOption = WAIT_S,
    passphrase_file: SecretFile = None,
) -> None:
    """Take the member and your keys off a card; it is blocked first, if somebody owns it."""
    options = _options(directory, backend, reader, profile, True, passphrase_file)
    with open_room(options) as room, room.card(wait) as session:
        _, known = room.desk.see(session)
        if known is not None and room.books.owner(known.token) is not None:
            with recorded(directory, action="card.block", subject=f"card {known.token.hex()[:8]}…"):
                room.books.set_blocked(known.token, blocked=True)
        card = room.desk.wipe(session)
        typer.echo("the card is as it was made" if card is None else f"card {card.number} is wiped")


def _options(
    directory: Path,
    backend: str,
    reader: str,
    profile: CardProfile,
    any_maker: bool,  # noqa: FBT001 - an option of the command line
    passphrase_file: Path | None,
) -> RoomOptions:
    return RoomOptions(
        directory=directory,
        backend=backend,
        reader=reader,
        profile=profile,
        any_maker=any_maker,
        passphrase_file=passphrase_file,
    )


def _issue_one(room: Room, order: DeskOrder, wait_s: float, printed: Path | None) -> CardRecord:
    if printed is not None and printed.exists():
        raise ConfigError(f"{printed} exists already: a code goes into a new file")
    if printed is not None:
        _kind(printed)
    try:
        with room.card(wait_s) as session:
            issued = room.desk.issue(session, order)
    except MohrError as error:
        if printed is None:
            raise
        typer.echo(f"the card failed ({error}); a code is printed instead", err=True)
        card = room.press.issue(order)
        write_durably(printed, room.press.print(card.number, _kind(printed)))
        return card
    if issued.was_known:
        typer.echo("this card was issued before; nothing was done", err=True)
    return issued.card


def _kind(file: Path) -> str:
    kind = file.suffix.removeprefix(".")
    if kind not in KINDS:
        raise ConfigError(f"{file} must end in .{' or .'.join(KINDS)}")
    return kind


def _token(journal: IssuingJournal, card: str) -> CardToken:
    if len(card) == _TOKEN_DIGITS:
        try:
            return CardToken(bytes.fromhex(card))
        except ValueError as error:
            raise ConfigError("a card's token is 64 hexadecimal digits") from error
    known = journal.with_number(card)
    if known is None:
        raise ConfigError(f"no card with number {card} is in use")
    return known.token


def _say(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        show_json(facts)
        return
    for name, value in facts.items():
        if value not in {None, ""}:
            typer.echo(f"{name.replace('_', ' ')}: {value}")
