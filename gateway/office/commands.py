"""What an administrator may ask of a gateway, as values that travel over its local socket.

The same values are used whether the gateway runs (they cross the socket and the one writer executes
them between two batches) or not (the command line executes them under the data directory's lock).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.errors import ConfigError
from gateway.model.outcome import Reason, Status

COMMAND_BYTES_MAX: Final = 64 * 1024


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AddTerminal(_Message):
    """Register a terminal, or a new key of one.

    Attributes:
        registration: the text of the terminal's ``terminal.json``.
        branch: machine name of the shop it stands in.
    """

    kind: Literal["add-terminal"] = "add-terminal"
    registration: str
    branch: str


class AddProgramme(_Message):
    """Add a version of the rules.

    Attributes:
        programme: the programme file's text.
    """

    kind: Literal["add-programme"] = "add-programme"
    programme: str


class SetCardBlocked(_Message):
    """Block a card, or let it be used again.

    Attributes:
        token: the card's token, 64 hexadecimal digits.
        blocked: whether it may be used from now on.
    """

    kind: Literal["set-card-blocked"] = "set-card-blocked"
    token: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    blocked: bool


class DiscardQuarantined(_Message):
    """Forget bytes in quarantine, and make their room free again.

    Attributes:
        payload_hash: SHA-256 over them, 64 hexadecimal digits.
        reason: why they lie there; the same bytes may lie there for several reasons.
    """

    kind: Literal["discard-quarantined"] = "discard-quarantined"
    payload_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Reason


class ApplyLedgerCommand(_Message):
    """Do something to the books from a desk; see ``gateway.model.ledger_command``.

    The same command again changes nothing and is answered as it was before.

    Attributes:
        command: its canonical JSON text.
    """

    kind: Literal["apply-ledger-command"] = "apply-ledger-command"
    command: str


class CloseDay(_Message):
    """Close a business day of the books for good.

    Attributes:
        day: which, ISO 8601; None for the last one that is over.
    """

    kind: Literal["close-day"] = "close-day"
    day: date | None = None


class ListTerminals(_Message):
    """Name every terminal."""

    kind: Literal["list-terminals"] = "list-terminals"


class GetStats(_Message):
    """Tell what the running gateway has counted since it started."""

    kind: Literal["get-stats"] = "get-stats"


Command: TypeAlias = (
    AddTerminal
    | AddProgramme
    | SetCardBlocked
    | DiscardQuarantined
    | ApplyLedgerCommand
    | CloseDay
    | ListTerminals
    | GetStats
)


class TerminalLine(_Message):
    """One terminal of a listing.

    Attributes:
        terminal: its name.
        branch: where it stands.
        epoch: its newest epoch.
        watermark: highest seq of that epoch up to which everything is settled.
        online: whether it says that it is here; None where nobody listens.
    """

    terminal: str
    branch: str
    epoch: int
    watermark: int
    online: bool | None = None


class Stats(_Message):
    """Counts since the gateway started.

    Attributes:
        deliveries: messages taken from the broker.
        commits: durable commits.
        journalled: rows that were added to the journal.
        duplicates: arrivals that had been judged before.
        quarantined: arrivals put aside for a person to look at.
        shed: deliveries beyond what the broker was told to send; their terminals send again.
        set_aside: deliveries the gateway itself failed on; see the log.
        published: messages handed to the broker.
        unpublished: messages that found no connection; terminals ask again.
        terminals_online: terminals that say they are here.
        waiting: deliveries not yet committed.
        store_full: whether commits fail for lack of space at this moment.
        connected: whether the broker is connected at this moment; None where nobody knows.
    """

    deliveries: int = 0
    commits: int = 0
    journalled: int = 0
    duplicates: int = 0
    quarantined: int = 0
    shed: int = 0
    set_aside: int = 0
    published: int = 0
    unpublished: int = 0
    terminals_online: int = 0
    waiting: int = 0
    store_full: bool = False
    connected: bool | None = None


class Reply(_Message):
    """The answer to one command.

    Attributes:
        ok: whether it was done.
        text: what was done, or why it was not; one English sentence.
        terminals: for ``list-terminals``.
        stats: for ``get-stats``.
        status: for ``apply-ledger-command``, as are the rest: how it ended.
        reason: why it was refused.
        points: what moved on the account of the member concerned.
        balance_points: what that member can spend now; None where it concerns no member.
    """

    ok: bool
    text: str
    terminals: tuple[TerminalLine, ...] = ()
    stats: Stats | None = None
    status: Status | None = None
    reason: Reason = Reason.NONE
    points: int = 0
    balance_points: int | None = None


_COMMANDS: Final[TypeAdapter[Command]] = TypeAdapter(
    Annotated[Command, Field(discriminator="kind")]
)


def decode_command(line: bytes) -> Command:
    """Read a command from one line of JSON.

    Raises:
        ConfigError: if it is not a command.
    """
    if len(line) > COMMAND_BYTES_MAX:
        raise ConfigError("the command is too long")
    try:
        return _COMMANDS.validate_json(line)
    except ValidationError as error:
        raise ConfigError(f"not a command: {error.errors()[0]['msg']}") from error


def decode_reply(line: bytes) -> Reply:
    """Read a reply from one line of JSON.

    Raises:
        ConfigError: if it is not a reply, as when the gateway is of another version.
    """
    try:
        return Reply.model_validate_json(line)
    except ValidationError as error:
        what = error.errors()[0]["msg"]
        raise ConfigError(f"the gateway's reply cannot be read: {what}") from error
