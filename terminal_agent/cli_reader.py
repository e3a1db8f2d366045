"""``mohr reader``: which card readers there are, and what they read."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, Queue
from typing import Annotated, TypeAlias

import structlog
import typer

from gateway.errors import ConfigError, ReaderError
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.membership import ORGANISATION_BYTES
from gateway.readers.described import Describing
from gateway.readers.mcu.update import FirmwareImage
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardUnreadable,
    Reader,
    ReaderEvent,
    ReaderStateChanged,
    ReceiptScanned,
)
from gateway.readers.registry import backend_names, load_backend, open_reader
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from terminal_agent import cli_reader_check as reader_check

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Find card readers and look at what they read."
)

#: How often a waiting command looks whether it was interrupted.
_POLL_S = 0.2
_USUAL_BACKEND = "pcsc"

BackendOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="A name from 'mohr reader list'; without it pcsc, or what the terminal of --dir has."
    ),
]
NameOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Part of the reader's name; without it all, or the terminal's of --dir."),
]
DirOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        help="Read with this terminal's reader, card keys and issuers; its agent must be stopped.",
    ),
]
PassphraseOption: TypeAlias = Annotated[
    Path | None, typer.Option(help="Open the terminal's keys with this file's first line.")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
ShowOption: TypeAlias = Annotated[
    bool, typer.Option(help="Show whole UIDs and membership numbers; they name customers.")
]


@app.command("list")
def list_readers() -> None:
    """List the installed backends and the readers each of them sees now."""
    for name in backend_names():
        try:
            readers = load_backend(name).present_readers()
        except ReaderError as error:
            typer.echo(f"{name:<13}not usable: {error}")
            continue
        firmware = _firmware(name)
        for reader in readers or ("no reader is plugged in",):
            version = firmware.get(reader)
            typer.echo(f"{name:<13}{reader}{f'  (firmware {version})' if version else ''}")


def _firmware(name: str) -> dict[str, str]:
    """The firmware versions of a backend's readers, where it knows them."""
    backend = load_backend(name)
    if not isinstance(backend, Describing):
        return {}
    return {one.reader: one.firmware for one in backend.describe_readers()}


@app.command("test")
def guide_one_tap(  # noqa: PLR0913 - each is one option of the command
    *,
    directory: DirOption = None,
    passphrase_file: PassphraseOption = None,
    backend: BackendOption = None,
    name: NameOption = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="Wait this long for each movement of your hand.")
    ] = 30.0,
    as_json: JsonOption = False,
    show_identity: ShowOption = False,
) -> None:
    """Test a reader with one guided tap: driver, firmware, and what was said to the card.

    Data in commands and answers is shown by its length alone.
    """
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    words = reader_check.as_json if as_json else reader_check.as_text
    used = _used(directory, passphrase_file, backend, name)
    check = reader_check.ReaderTest(
        used.backend,
        used.settings,
        SystemClock(),
        lambda what, fields: typer.echo(words(what, fields)),
        used.keys,
    )
    with _terminated_like_interrupted():
        check.run(seconds, lambda identity: _name_of(identity, whole=show_identity))


@app.command("watch")
def watch(  # noqa: PLR0913 - each is one option of the command
    *,
    directory: DirOption = None,
    passphrase_file: PassphraseOption = None,
    backend: BackendOption = None,
    name: NameOption = None,
    organisation: Annotated[
        str, typer.Option(help="Take only this organisation's NDEF records: 16 hex digits.")
    ] = "",
    seconds: Annotated[
        float | None, typer.Option(min=0, help="Stop after this time; otherwise run on.")
    ] = None,
    taps: Annotated[
        int | None, typer.Option(min=1, help="Stop after this many identified cards.")
    ] = None,
    as_json: JsonOption = False,
    show_identity: ShowOption = False,
) -> None:
    """Show what a reader sees, one line for each event, until interrupted."""
    # Standard output is for events alone: a program may be reading them.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    used = _used(directory, passphrase_file, backend, name)
    settings = replace(
        used.settings, organisation=_organisation(organisation) or used.settings.organisation
    )
    clock = SystemClock()
    deadline_ms = None if seconds is None else clock.monotonic_ms() + round(seconds * 1000)
    events: Queue[ReaderEvent] = Queue()
    seen = 0
    reader = open_reader(used.backend, settings, clock, used.keys)
    with _running(reader, events), _terminated_like_interrupted():
        while taps is None or seen < taps:
            try:
                event = events.get(timeout=_POLL_S)
            except Empty:
                if deadline_ms is not None and clock.monotonic_ms() >= deadline_ms:
                    return
                continue
            seen += isinstance(event, CardSeen)
            say = _as_json if as_json else _as_text
            typer.echo(say(event, show_identity=show_identity))


@app.command("update")
def update(
    image: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A firmware image (MFW1).")
    ],
    *,
    name: Annotated[str, typer.Option(help="The terminal's device, such as /dev/ttyACM0.")],
) -> None:
    """Send firmware to a microcontroller terminal; an interrupted attempt is gone on with.

    The agent must not run meanwhile: the line belongs to one program.
    """
    # Imported here: it needs pyserial, and only these terminals do.
    from gateway.readers.mcu_reader import send_firmware  # noqa: PLC0415 - see above

    before, after = send_firmware(name, FirmwareImage.from_bytes(image.read_bytes()), SystemClock())
    typer.echo(f"{name}: firmware {before} was replaced by {after}; it starts anew")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Used:
    """Which reader is looked at, and with which card keys."""

    backend: str
    settings: ReaderSettings
    keys: CardKeys | None = field(default=None, repr=False)


def _used(
    directory: Path | None, passphrase_file: Path | None, backend: str | None, name: str | None
) -> _Used:
    if directory is None:
        return _Used(
            backend=backend or _USUAL_BACKEND, settings=ReaderSettings(reader_name=name or "")
        )
    # Imported here: only a terminal's own keys need its journal and its identity.
    from terminal_agent.cli_reader_keys import terminal_reading  # noqa: PLC0415 - see above

    own = terminal_reading(directory, passphrase_file)
    settings = own.settings if name is None else replace(own.settings, reader_name=name)
    return _Used(backend=backend or own.backend or _USUAL_BACKEND, settings=settings, keys=own.keys)


def _organisation(text: str) -> bytes | None:
    if not text:
        return None
    try:
        organisation = bytes.fromhex(text)
    except ValueError as error:
        raise ConfigError(f"--organisation is not hexadecimal: {error}") from error
    if len(organisation) != ORGANISATION_BYTES:
        raise ConfigError(f"--organisation has {2 * ORGANISATION_BYTES} hexadecimal digits")
    return organisation


@contextmanager
def _running(reader: Reader, events: Queue[ReaderEvent]) -> Iterator[None]:
    reader.start(events.put)
    try:
        yield
    finally:
        reader.stop()


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that the reader is stopped in good order."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _name_of(identity: bytes, *, whole: bool) -> str:
    return identity.hex() if whole else f"…{identity[-2:].hex()}"


def _as_text(event: ReaderEvent, *, show_identity: bool) -> str:
    match event:
        case ReaderStateChanged(reader=reader, state=state, detail=detail):
            return f"{state.value:<14}{reader}{f'  ({detail})' if detail else ''}"
        case CardSeen(tap=tap):
            identity = _name_of(tap.identity, whole=show_identity)
            return f"{'card':<14}{tap.reader}  {tap.profile.value} {identity} {tap.assurance.value}"
        case CardGone(reader=reader):
            return f"{'gone':<14}{reader}"
        case CardUnreadable(reader=reader, trouble=trouble, detail=detail):
            return f"{'unreadable':<14}{reader}  {trouble.value}{f'  ({detail})' if detail else ''}"
        case ReceiptScanned(reader=reader):
            return f"{'receipt':<14}{reader}"


def _as_json(event: ReaderEvent, *, show_identity: bool) -> str:
    fields: dict[str, str | int | None]
    match event:
        case ReaderStateChanged(reader=reader, state=state, detail=detail):
            fields = {"event": "state", "reader": reader, "state": state.value, "detail": detail}
        case CardSeen(tap=tap):
            fields = {
                "event": "card",
                "reader": tap.reader,
                "profile": tap.profile.value,
                "identity": _name_of(tap.identity, whole=show_identity),
                "assurance": tap.assurance.value,
                "seen_at_ms": tap.seen_at_ms,
                "counter": tap.counter,
            }
        case CardGone(reader=reader):
            fields = {"event": "gone", "reader": reader}
        case CardUnreadable(reader=reader, trouble=trouble, detail=detail):
            fields = {
                "event": "unreadable",
                "reader": reader,
                "trouble": trouble.value,
                "detail": detail,
            }
        case ReceiptScanned(reader=reader):
            # The code itself is as good as the points: it stays out of logs and pipes.
            fields = {"event": "receipt", "reader": reader}
    return json.dumps(fields, ensure_ascii=False)
