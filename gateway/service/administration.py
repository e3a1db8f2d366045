"""Executes an administrator's command on the ledger. Runs where the one writer runs, or alone."""

from __future__ import annotations

from gateway.accounting.closing import close_day
from gateway.config_programme import parse_programme
from gateway.crypto.registration import Registration
from gateway.errors import ConfigError
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.store import LedgerStore
from gateway.model.checks import check_name
from gateway.model.ids import BranchId, CardToken, EnvelopeHash
from gateway.office.commands import (
    AddProgramme,
    AddTerminal,
    CloseDay,
    Command,
    DiscardQuarantined,
    GetStats,
    ListTerminals,
    Reply,
    SetCardBlocked,
    TerminalLine,
)


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
        case CloseDay():
            made = close_day(store, command.day, now_ms)
            return Reply(ok=True, text=f"{made.day} is closed with journal row {made.last_index}")
        case ListTerminals():
            return Reply(ok=True, text="every terminal", terminals=_terminals(store))
        case GetStats():
            raise ConfigError("the gateway is not running, so it counts nothing")


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
