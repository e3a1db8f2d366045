"""Commands from a desk on their way to the books, through a running gateway and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.administer import administer
from gateway.config import GatewaySettings
from gateway.config_programme import default_programme
from gateway.crypto.file_signer import FileSigner
from gateway.errors import ConfigError
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.ledger_command import (
    LedgerCommand,
    LedgerCommandKind,
    encode_ledger_command,
)
from gateway.model.outcome import Reason, Status
from gateway.model.rules.earning import Unit
from gateway.office.commands import (
    ApplyLedgerCommand,
    Reply,
    decode_command,
    decode_reply,
)
from gateway.service.assembly import RunningGateway
from gateway.service.core import GatewayCore
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_tx
from simulators.direct_link import DirectLink
from simulators.notifier import RecordingNotifier
from simulators.rules_shop import RulesShop, club
from simulators.sealed_terminal import SealedTerminal, card_evidence

NOW_MS = 1_800_000_000_000


def adjust(member_id: MemberId, amount: int, number: int = 1) -> ApplyLedgerCommand:
    """Give a member points or take them; the same number is the same command."""
    command = LedgerCommand(
        id=f"{number:032x}",
        kind=LedgerCommandKind.ADJUST,
        made_by="owner",
        branch=BranchId("north"),
        reason="a broken glass",
        member_id=member_id,
        unit=Unit.POINTS,
        amount=amount,
    )
    return ApplyLedgerCommand(command=encode_ledger_command(command).decode())


def with_a_member(store: LedgerStore) -> MemberId:
    """Let one member join, with ten points."""
    shop = RulesShop(store, club())
    shop.do(shop.till().sell("ada", "s", 1_000))
    return shop.member("ada")


def available(store: LedgerStore, member_id: MemberId) -> int:
    """What a member can spend."""
    with store.batch() as batch:
        return batch.rows(WalletRow, [member_id])[0].available


# -- the writer's thread ------------------------------------------------------------------------


@pytest.fixture
def store() -> MemoryLedgerStore:
    """A ledger in memory."""
    return MemoryLedgerStore()


@pytest.fixture
def core(store: MemoryLedgerStore) -> GatewayCore:
    """A gateway without threads."""
    writer = Writer(store, new_member_id=lambda: MemberId(""), settings=WriterSettings())
    return GatewayCore(store, writer, FileSigner.generate(), card_key=bytes(32))


def test_a_command_is_done_once(core: GatewayCore, store: MemoryLedgerStore) -> None:
    """The reply says what moved; the same command again gives the same answer and moves nothing."""
    ada = with_a_member(store)
    first, step = core.administer(adjust(ada, 25), NOW_MS)
    assert (first.ok, first.status, first.reason) == (True, Status.APPLIED, Reason.NONE)
    assert (first.points, first.balance_points) == (25, 35)
    assert (step.publishes, step.replies) == ((), ())
    again, _ = core.administer(adjust(ada, 25), NOW_MS + 1)
    assert (again.ok, again.status) == (True, Status.DUPLICATE)
    assert (again.points, again.balance_points) == (25, 35)
    assert available(store, ada) == 35


def test_a_refusal_is_an_answer(core: GatewayCore, store: MemoryLedgerStore) -> None:
    """What the rules do not allow is no fault: the reply says why, and nothing changed."""
    ada = with_a_member(store)
    reply, _ = core.administer(adjust(ada, -11), NOW_MS)
    assert (reply.ok, reply.status) == (False, Status.REFUSED)
    assert reply.reason is Reason.INSUFFICIENT_POINTS
    assert "insufficient_points" in reply.text
    assert available(store, ada) == 10


@pytest.mark.parametrize("text", ["", "{", "{}", '{"kind": "adjust"}'])
def test_what_is_no_command_is_refused(core: GatewayCore, text: str) -> None:
    """Text that is no canonical command changes nothing and stops nothing."""
    with pytest.raises(ConfigError, match="cannot be carried out"):
        core.administer(ApplyLedgerCommand(command=text), NOW_MS)


def test_a_member_whom_nobody_knows(core: GatewayCore, store: MemoryLedgerStore) -> None:
    """A command about a stranger, or for one, is refused and makes nothing of the stranger."""
    ada, stranger = with_a_member(store), MemberId("f" * 32)
    before = _rows(store)
    reply, _ = core.administer(adjust(stranger, 25), NOW_MS)
    assert (reply.ok, reply.reason) == (False, Reason.UNKNOWN_CARD)
    command = LedgerCommand(
        id="e" * 32,
        kind=LedgerCommandKind.SET_REFERRER,
        made_by="owner",
        branch=BranchId("north"),
        member_id=ada,
        other_member_id=stranger,
    )
    text = encode_ledger_command(command).decode()
    reply, _ = core.administer(ApplyLedgerCommand(command=text), NOW_MS)
    assert (reply.ok, reply.reason) == (False, Reason.UNKNOWN_CARD)
    assert _rows(store) == before


def _rows(store: LedgerStore) -> int:
    with store.batch() as batch:
        return len(list(batch.every(JournalRow)))


def test_it_survives_the_socket() -> None:
    """Command and reply read back as they were written."""
    wanted = adjust(MemberId("a" * 32), 25)
    assert decode_command(wanted.model_dump_json().encode()) == wanted
    reply = Reply(
        ok=False, text="no", status=Status.REFUSED, reason=Reason.LIMIT_REACHED, balance_points=1
    )
    assert decode_reply(reply.model_dump_json().encode()) == reply


# -- a data directory ---------------------------------------------------------------------------


def test_it_works_over_the_socket_and_without_a_gateway(tmp_path: Path) -> None:
    """A running gateway does it between two batches; where none runs, the command line does."""
    folder = tmp_path / "gateway"
    data_dir = DataDir(folder)
    rules = default_programme("EUR")
    new = NewGateway(name="x", identity="g", programme=rules, host="127.0.0.1", port=1883)
    set_up(data_dir, new)
    ada = _joined(data_dir)
    stopped = administer(folder, adjust(ada, 5, 1))
    assert (stopped.status, stopped.balance_points) == (Status.APPLIED, 5)
    link, notifier = DirectLink(), RecordingNotifier()
    with RunningGateway(data_dir, GatewaySettings(), link, SystemClock(), notifier):
        running = administer(folder, adjust(ada, 7, 2))
        assert (running.status, running.balance_points) == (Status.APPLIED, 12)
        with pytest.raises(ConfigError, match="insufficient_points"):
            administer(folder, adjust(ada, -100, 3))
    again = administer(folder, adjust(ada, 7, 2))
    assert (again.status, again.points, again.balance_points) == (Status.DUPLICATE, 7, 12)
    with LedgerReader(data_dir.ledger).batch() as batch:
        assert len(batch.journal(0, 100)) == 3


def _joined(data_dir: DataDir) -> MemberId:
    """Enrol a member as the gateway would."""
    store = SqlLedgerStore(data_dir.ledger)
    box = SealedTerminal(TerminalId("till-1"))
    store.add_terminal(box.registration, BranchId("north"), box.now_ms)
    member_id = MemberId("a" * 32)
    writer = Writer(store, new_member_id=lambda: member_id, settings=WriterSettings())
    keys = KeyRing.of(store.terminal_keys())
    arrivals = open_message(topic_tx(box.name), box.enrol(card_evidence(1)), keys)
    writer.apply(arrivals, SystemClock().unix_ms() - 1_000)
    store.close()
    return member_id
