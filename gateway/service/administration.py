"""Executes an administrator's command on the ledger. Runs where the one writer runs, or alone."""

from __future__ import annotations

from gateway.accounting.closing import close_day
from gateway.config_programme import parse_programme
from gateway.crypto.registration import Registration
from gateway.errors import ConfigError, ValueRangeError
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.store import LedgerStore
from gateway.model.checks import check_name
from gateway.model.ids import BranchId, CardToken, EnvelopeHash
from gateway.model.ledger_command import decode_ledger_command
from gateway.model.outcome import Status
from gateway.office.commands import (
    AddProgramme,
    AddTerminal,
    ApplyLedgerCommand,
    CloseDay,
    Command,
    DiscardQuarantined,
    GetStats,
    ListTerminals,
    Reply,
    SetCardBlocked,
    TerminalLine,
)
from gateway.service.member_ids import random_member_id
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer


def execute(command: Command, store: LedgerStore, now_ms: int) -> Reply:
    """Do what an administrator asks.

    Args:
        command: what.
        store: the ledger; nothing else may write it meanwhile.
        now_ms: Unix time in milliseconds.

    Returns:
        the reply.

    Raises:
        MohrError: if it cannot be done; nothing was changed.
    """
    match command:
        case AddTerminal():
            return _add_terminal(command, store, now_ms)
        case AddProgramme():
            programme = parse_programme(command.programme)
            store.add_programme(programme)
            return Reply(ok=True, text=f"{programme.name} version {programme.version} added")
        case SetCardBlocked():
            state = CardState.BLOCKED if command.blocked else CardState.ACTIVE
            store.set_card_state(CardToken(bytes.fromhex(command.token)), state, now_ms)
            return Reply(ok=True, text=f"card {command.token[:8]}… is {state}")
        case DiscardQuarantined():
            payload_hash = EnvelopeHash(bytes.fromhex(command.payload_hash))
            store.discard_quarantined(payload_hash, command.reason)
            text = f"{command.payload_hash[:8]}… ({command.reason}) is no longer in quarantine"
            return Reply(ok=True, text=text)
        case ApplyLedgerCommand() | CloseDay():
            return _do_to_the_books(command, store, now_ms)
        case ListTerminals():
            return Reply(ok=True, text="every terminal", terminals=_terminals(store))
        case GetStats():
            raise ConfigError("the gateway is not running, so it counts nothing")


def _do_to_the_books(
    command: ApplyLedgerCommand | CloseDay, store: LedgerStore, now_ms: int
) -> Reply:
    if isinstance(command, CloseDay):
        made = close_day(store, command.day, now_ms)
        return Reply(ok=True, text=f"{made.day} is closed with journal row {made.last_index}")
    writer = Writer(store, new_member_id=random_member_id, settings=WriterSettings())
    return apply_ledger_command(command, writer, now_ms)


def apply_ledger_command(command: ApplyLedgerCommand, writer: Writer, now_ms: int) -> Reply:
    """Do what somebody at a desk asks of the books.

    Args:
        command: what.
        writer: the one writer on them.
        now_ms: Unix time in milliseconds.

    Returns:
        what it came to; refused business is no fault, and changed nothing.

    Raises:
        ConfigError: if it is no command, or names somebody whom the ledger does not know.
        LedgerError: if the store fails; nothing was changed.
    """
    try:
        wanted = decode_ledger_command(command.command.encode())
        outcome = writer.command(wanted, now_ms)
    except (ValueRangeError, InvariantError) as error:
        raise ConfigError(f"the command cannot be carried out: {error}") from error
    done = outcome.status is not Status.REFUSED
    text = f"{wanted.kind}: {outcome.status if done else outcome.reason}"
    return Reply(
        ok=done,
        text=text,
        status=outcome.status,
        reason=outcome.reason,
        points=outcome.points,
        balance_points=outcome.balance_points,
    )


def _add_terminal(command: AddTerminal, store: LedgerStore, now_ms: int) -> Reply:
    registration = Registration.from_json(command.registration)
    check_name("branch", command.branch)
    for known in store.terminals():
        if known.terminal != registration.terminal or known.epoch != registration.epoch:
            continue
        if known.branch != command.branch:
            # A configuration's version counts epochs: without a new one a terminal would not take
            # its new place, and its next sales would be booked at two branches.
            raise ConfigError(
                f"{known.terminal} stands in {known.branch}; to move it, give it a new key there"
            )
    store.add_terminal(registration, BranchId(command.branch), now_ms)
    return Reply(
        ok=True,
        text=f"{registration.terminal} (epoch {registration.epoch}, key "
        f"{registration.key_id.hex()}) stands in {command.branch}",
    )


def _terminals(store: LedgerStore) -> tuple[TerminalLine, ...]:
    with store.batch() as batch:
        chains = {(row.terminal, row.epoch): row for row in batch.every(ChainRow)}
    return tuple(
        TerminalLine(
            terminal=row.terminal,
            branch=row.branch,
            epoch=row.epoch,
            watermark=chains[row.terminal, row.epoch].watermark,
        )
        for row in store.terminals()
    )
