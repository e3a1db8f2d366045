"""The doctor's facts, collected from real directories, and the command that tells them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.backup.shelf import note_verification
from gateway.backup.take import take
from gateway.backup.verify import verify
from gateway.cli import doctor as doctor_cli
from gateway.config import load_settings
from gateway.config_programme import default_programme
from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE
from gateway.crypto.keystore.sealed_file import write_box
from gateway.doctor.checks import examine
from gateway.doctor.collect import Patient, collect
from gateway.doctor.collect_books import ledger_facts, terminal_facts
from gateway.doctor.collect_machine import folder_facts, machine_facts, mosquitto_facts
from gateway.doctor.facts import BrokerFacts, CardKeyFacts, MosquittoFacts
from gateway.doctor.finding import Code
from gateway.errors import ConfigError, MohrError
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, TerminalId
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.commands import Stats
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from gateway.office.store import OfficeStore
from gateway.office.terminal_hint import TerminalHint
from gateway.service.data_dir import DataDir
from gateway.service.member_ids import random_member_id
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.memory_keys import MemoryKeyStore
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

TILL = TerminalId("till-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gateway's data directory with one terminal and five sales."""
    data_dir = DataDir(tmp_path / "gateway")
    programme = default_programme("EUR")
    set_up(
        data_dir,
        NewGateway(name="x", identity="gateway", programme=programme, host="127.0.0.1", port=1883),
    )
    store = SqlLedgerStore(data_dir.ledger)
    box = SealedTerminal(TILL)
    store.add_terminal(box.registration, BranchId("north"), 1)
    writer = Writer(store, new_member_id=random_member_id, settings=WriterSettings())
    keys = KeyRing.of(store.terminal_keys())
    for number in range(1, 6):
        sealed = box.earn(card_evidence(number), sale_key(number), 1_234)
        writer.apply(open_message(topic_tx(TILL), sealed, keys), box.now_ms + number)
    store.close()
    return data_dir.path


def sql(folder: Path, statement: str) -> None:
    """Edit the ledger behind everybody's back."""
    store = SqlLedgerStore(DataDir(folder).ledger)
    with store.batch():
        store._open_connection().exec_driver_sql(statement)
    store.close()


def patient(folder: Path, **hints: TerminalHint) -> Patient:
    """That gateway as its own pages would have it looked at, with a broker that answers."""
    return Patient(
        data_dir=folder,
        settings=load_settings(folder),
        clock=SystemClock(),
        stats=Stats(),
        hints={TerminalId(name.replace("_", "-")): hint for name, hint in hints.items()},
        office=None,
        environment={},
        probe=lambda host, port: BrokerFacts(reachable=bool(host and port), mosquitto=None),
    )


def codes(folder: Path) -> set[Code]:
    """What is found there, without what depends on the machine that the test runs on."""
    machine = {
        *(Code.SQLITE_WAL_BUG, Code.CLOCK_UNSYNCHRONISED, Code.FSYNC_SLOW),
        *(Code.DISK_LOW, Code.DISK_FULL),
    }
    hint = TerminalHint(online=True, heard_at_ms=1, pending=0)
    return {one.code for one in examine(collect(patient(folder, till_1=hint)))} - machine


def test_a_new_gateway_lacks_only_a_backup(folder: Path) -> None:
    """A good verified backup is all that a fresh gateway needs to be found well."""
    assert codes(folder) == {Code.BACKUP_NONE}
    taken = take(folder, folder / "backups", SystemClock().unix_ms())
    assert codes(folder) == {Code.BACKUP_UNPROVED}
    note_verification(taken.path, verify(taken.path), SystemClock().unix_ms())
    assert codes(folder) == set()


def test_the_office_tells_of_owners_without_a_code(folder: Path) -> None:
    """Only owners who may log in count, and nothing is known where there is no office."""
    assert collect(patient(folder)).owners_without_code is None
    cheap = HashCost(memory_kib=8, passes=1)
    office = OfficeStore(folder / "office.db", SystemClock(), cost=cheap)
    for login, role in (("sara", Role.OWNER), ("omid", Role.OWNER), ("ali", Role.AUDITOR)):
        profile = Profile(display_name=login, role=role, branches=frozenset())
        made = office.accounts.add(
            login, profile, "correct horse battery", language="en", must_change_password=False
        )
        assert isinstance(made, Account)
        if login == "omid":
            office.accounts.set_disabled(made.account_id, disabled=True)
    facts = collect(replace(patient(folder), office=office))
    assert facts.owners_without_code == ("sara",)
    assert Code.OWNER_WITHOUT_SECOND_FACTOR in {one.code for one in examine(facts)}


def test_the_card_keys_are_tried_with_what_the_service_is_given(folder: Path) -> None:
    """Shut without a passphrase, at fault with a wrong one, and their retired versions told."""
    assert collect(patient(folder)).card_keys is None
    box = DataDir(folder).card_keys
    kept = MemoryKeyStore.from_seed(1, versions=2)
    kept.retire(1)
    write_box(box, "eleven quiet horses", kept._held())
    assert Code.CARD_KEYS_SHUT in codes(folder)
    told = {PASSPHRASE_VARIABLE: "eleven quiet horses"}
    facts = collect(replace(patient(folder), environment=told)).card_keys
    assert facts == CardKeyFacts(has_secret=True, retired=(1,))
    told = {PASSPHRASE_VARIABLE: "eleven quiet houses"}
    facts = collect(replace(patient(folder), environment=told)).card_keys
    assert facts is not None
    assert "does not open" in (facts.fault or "")
    box.chmod(0o644)
    assert folder_facts(folder).key_modes["card-keys.box"] == 0o644
    assert Code.KEY_OPEN in codes(folder)


def test_the_sample_holds_and_a_broken_one_does_not(folder: Path) -> None:
    """Good books have nothing broken in the sample; an edited wallet is seen."""
    facts = ledger_facts(folder / "ledger.db")
    assert (facts.fault, facts.broken, facts.sampled_rows) == (None, (), 5)
    sql(folder, "UPDATE wallet SET available = available + 1")
    assert len(ledger_facts(folder / "ledger.db").broken) == 5
    assert Code.BOOKS_BROKEN in codes(folder)


def test_times_and_numbers_that_go_back_are_seen(folder: Path) -> None:
    """A journal row that was removed or dated back is named."""
    sql(folder, "UPDATE journal SET recorded_at_ms = 1 WHERE journal_index = 3")
    (broken,) = ledger_facts(folder / "ledger.db").broken
    assert "journal row 3" in broken


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_ledger_that_is_none_is_a_fact(folder: Path, content: bytes) -> None:
    """Garbage in place of the ledger is found, and everything else is still looked at."""
    (folder / "ledger.db").write_bytes(content)
    assert codes(folder) == {Code.LEDGER_UNREADABLE, Code.BACKUP_NONE}
    (folder / "ledger.db").unlink()
    assert codes(folder) == {Code.LEDGER_UNREADABLE, Code.BACKUP_NONE}


def test_ledgers_of_other_versions_are_told_apart(folder: Path) -> None:
    """A newer ledger is left alone; nothing is asked of tables that may be others."""
    sql(folder, "UPDATE alembic_version SET version_num = '9999'")
    assert codes(folder) == {Code.LEDGER_NEWER, Code.BACKUP_NONE}


def test_terminals_bring_what_they_said(folder: Path) -> None:
    """Each terminal of the ledger comes with its hint, or without one."""
    hint = TerminalHint(online=True, heard_at_ms=1)
    (known,) = terminal_facts(folder / "ledger.db", {TILL: hint}) or ()
    assert (known.terminal, known.missing, known.hint) == (TILL, 0, hint)
    assert terminal_facts(folder / "none.db", None) is None


def test_open_files_and_missing_keys_are_seen(folder: Path) -> None:
    """Modes are those of the files, and a missing key is named."""
    (folder / "gateway.key").chmod(0o640)
    (folder / "card.key").unlink()
    facts = folder_facts(folder)
    modes = {"gateway.key": 0o640, "phone.key": 0o600}
    assert (facts.mode, dict(facts.key_modes)) == (0o700, modes)
    assert facts.keys_missing == ("card.key",)
    assert {Code.KEY_OPEN, Code.KEY_MISSING}.issubset(codes(folder))


def test_the_disk_is_timed_and_left_clean(folder: Path) -> None:
    """Timing the disk leaves no file behind."""
    before = sorted(folder.iterdir())
    facts = machine_facts(folder, SystemClock())
    assert facts.fsync_us is not None
    assert 0 < facts.free_bytes <= facts.total_bytes
    assert sorted(folder.iterdir()) == before
    with pytest.raises(ConfigError, match="cannot be looked at"):
        machine_facts(folder / "none", SystemClock())


def test_mosquittos_limits_are_read(tmp_path: Path) -> None:
    """The last line counts, comments do not, and without a configuration nothing is known."""
    assert mosquitto_facts(tmp_path) is None
    (tmp_path / "mosquitto.conf").write_text("# max_inflight_messages 5\npid_file x\n")
    defaults = {"max_inflight_messages": 20, "max_queued_messages": 1_000}
    assert mosquitto_facts(tmp_path) == MosquittoFacts(ports=frozenset({1883}), limits=defaults)
    (tmp_path / "conf.d").mkdir()
    text = "listener 8883 0.0.0.0\n\n  max_inflight_messages 512\nmax_queued_messages many\n"
    (tmp_path / "conf.d" / "mohr.conf").write_text(text)
    told = mosquitto_facts(tmp_path)
    assert told is not None
    assert told.ports == {8883}
    assert told.limits == {**defaults, "max_inflight_messages": 512}


def invoke(*arguments: str) -> Result:
    """Run the command in this process; a fault of ours is raised as it is."""
    app: typer.Typer = doctor_cli.app
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, MohrError):
        raise result.exception
    return result


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker answers, without asking the network."""

    def refuse(*_: object, **__: object) -> object:
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", refuse)


@pytest.mark.usefixtures("unreachable")
def test_the_command_says_what_to_do_and_exits_two(folder: Path) -> None:
    """A fault makes exit code 2; a gateway that is not running is only a note."""
    result = invoke("--dir", str(folder))
    assert result.exit_code == 2
    assert "FAULT broker-unreachable: The broker does not answer. (127.0.0.1:1883) Start it" in (
        result.output
    )
    assert "NOTE gateway-stopped" in result.output
    listed = json.loads(invoke("--dir", str(folder), "--json").output)
    assert {"broker-unreachable", "backup-none"}.issubset(one["code"] for one in listed)


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize(
    ("severities", "exit_code"), [((), 0), (("note",), 0), (("warning", "note"), 1)]
)
def test_the_exit_code_follows_the_worst(
    folder: Path,
    severities: tuple[str, ...],
    exit_code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Notes are no reason to wake anybody; warnings make exit code 1."""

    def keep(real: Callable[..., object]) -> Callable[..., object]:
        return lambda facts: tuple(
            one
            for one in real(facts)  # type: ignore[attr-defined] # findings
            if one.severity in severities
        )

    monkeypatch.setattr("gateway.doctor.checks.examine", keep(examine))
    result = invoke("--dir", str(folder))
    assert result.exit_code == exit_code
    assert ("nothing is wrong" in result.output) == (exit_code == 0)


def test_the_checks_are_listed(tmp_path: Path) -> None:
    """The list needs no gateway; a folder that is none is a fault that says so."""
    assert "clock: Whether anybody keeps the clock right." in invoke("--list-checks").output
    with pytest.raises(ConfigError, match="mohr gateway init"):
        invoke("--dir", str(tmp_path))
