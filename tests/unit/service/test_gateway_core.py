"""The gateway without threads: what a delivery leads to, and in which order."""

from __future__ import annotations

import itertools
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config_programme import default_programme, programme_text
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import Envelope, SealType, open_envelope
from gateway.crypto.sealed_box import card_key_info
from gateway.errors import ConfigError, MohrError
from gateway.ledger.errors import StoreFullError
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.notifier import NoticeKind
from gateway.office.commands import (
    AddProgramme,
    AddTerminal,
    GetStats,
    ListTerminals,
    SetCardBlocked,
)
from gateway.service.core import GatewayCore
from gateway.service.messages import Publish, Step
from gateway.wire.auth import decode_auth_answer
from gateway.wire.configuration import decode_configuration
from gateway.wire.receipt import decode_receipt, decode_resend_request
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import AckToken, Delivered
from mqtt.topics import topic_auth, topic_cfg, topic_rx, topic_state, topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_800_000_000_000
CARD_KEY = bytes(range(32))
SIGNER = FileSigner.generate()
GATEWAY_KEY = PublicKey.from_cose_key(SIGNER.public_key)


def make_core(store: LedgerStore) -> GatewayCore:
    """Make a core on a store, with member ids that count."""
    counter = itertools.count(1)
    writer = Writer(
        store,
        new_member_id=lambda: MemberId(f"{next(counter):032x}"),
        settings=WriterSettings(),
    )
    return GatewayCore(store, writer, SIGNER, card_key=CARD_KEY)


class Scene:
    """A core with one registered terminal."""

    def __init__(self, store: LedgerStore | None = None) -> None:
        self.store = MemoryLedgerStore() if store is None else store
        self.store.add_programme(default_programme("EUR"))
        self.box = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
        self.store.add_terminal(self.box.registration, BranchId("north"), NOW_MS)
        self.core = make_core(self.store)
        self._packets = itertools.count(1)

    def delivered(self, topic: str, payload: bytes) -> Delivered:
        """Wrap a message as the link would."""
        token = AckToken(generation=1, packet_id=next(self._packets))
        return Delivered(topic=topic, payload=payload, token=token)

    def earn(self, number: int, total_minor: int = 1_000) -> Delivered:
        """Deliver the terminal's next earn."""
        sealed = self.box.earn(card_evidence(1), sale_key(number), total_minor)
        return self.delivered(topic_tx("till-1"), sealed)

    def sent(self, step: Step) -> tuple[Publish, ...]:
        """What a step has the shell publish, sealed as the shell has it sealed."""
        return (*map(self.core.sealed, step.replies), *step.publishes)


def opened_from_gateway(publish: Publish, seal_type: SealType) -> Envelope:
    """Verify what the gateway published, as a terminal does."""
    return open_envelope(publish.payload, seal_type, GATEWAY_KEY)


def configuration_in(publish: Publish) -> Configuration:
    """Take a published configuration apart."""
    return decode_configuration(opened_from_gateway(publish, SealType.CONFIGURATION).payload)


def test_a_transaction_is_acknowledged_and_receipted() -> None:
    """One earn leads to its acknowledgement and to one sealed receipt on its terminal's topic."""
    scene = Scene()
    delivered = scene.earn(1)
    step = scene.core.apply([scene.core.open(delivered)], NOW_MS)
    assert step.acks == (delivered.token,)
    (publish,) = scene.sent(step)
    assert (publish.topic, publish.retain) == (topic_rx("till-1"), False)
    receipt = decode_receipt(opened_from_gateway(publish, SealType.RECEIPT).payload)
    assert (receipt.watermark, receipt.results[0].status) == (1, Status.APPLIED)
    assert receipt.results[0].points == 10


def test_a_repetition_gets_the_first_answer_again() -> None:
    """The broker's second copy moves nothing and is told the result of the first."""
    scene = Scene()
    delivered = scene.earn(1)
    first = scene.core.apply([scene.core.open(delivered)], NOW_MS)
    again = scene.core.apply([scene.core.open(delivered)], NOW_MS + 5)
    results = [
        decode_receipt(opened_from_gateway(scene.sent(step)[0], SealType.RECEIPT).payload).results
        for step in (first, again)
    ]
    assert results[0] == results[1]
    stats = scene.core.stats()
    assert (stats.deliveries, stats.journalled, stats.duplicates) == (2, 1, 1)


def test_many_deliveries_share_one_commit() -> None:
    """A batch is acknowledged in order of delivery and needs one receipt for each terminal."""
    scene = Scene()
    delivered = [scene.earn(number) for number in range(1, 21)]
    step = scene.core.apply([scene.core.open(one) for one in delivered], NOW_MS)
    assert step.acks == tuple(one.token for one in delivered)
    assert len(scene.sent(step)) == 1
    assert scene.core.stats().commits == 1


def test_answers_come_before_receipts() -> None:
    """A customer waits for an answer and only a journal for a receipt, so answers go first."""
    scene = Scene()
    ask = scene.delivered(topic_auth("till-1"), scene.box.inquire(card_evidence(1)))
    step = scene.core.apply([scene.core.open(one) for one in (scene.earn(1), ask)], NOW_MS)
    answer = decode_auth_answer(
        opened_from_gateway(scene.sent(step)[0], SealType.AUTH_ANSWER).payload
    )
    assert answer.balance_points == 10
    opened_from_gateway(scene.sent(step)[1], SealType.RECEIPT)


def test_rubbish_is_acknowledged_and_kept() -> None:
    """Bytes that nobody can use are acknowledged, so that the broker does not send them again."""
    scene = Scene()
    delivered = scene.delivered(topic_tx("till-1"), b"rubbish")
    step = scene.core.apply([scene.core.open(delivered)], NOW_MS)
    assert (step.acks, scene.sent(step)) == ((delivered.token,), ())
    assert scene.core.stats().quarantined == 1


def test_a_gap_is_asked_for_and_noted() -> None:
    """What came too early waits; after the reorder timeout its terminal is asked to resend."""
    scene = Scene()
    scene.earn(1)
    scene.core.apply([scene.core.open(scene.earn(2))], NOW_MS)
    step = scene.core.tick(NOW_MS + 60_000)
    request = decode_resend_request(
        opened_from_gateway(scene.sent(step)[0], SealType.RESEND_REQUEST).payload
    )
    assert request.from_seq == 1


def test_a_clone_raises_a_notice() -> None:
    """Two envelopes under one number reach a person, with the terminal's name."""
    scene = Scene()
    twin = replace(scene.box)
    scene.core.apply([scene.core.open(scene.earn(1))], NOW_MS)
    twin.seq = 0
    other = twin.earn(card_evidence(2), sale_key(9), 1)
    delivered = scene.delivered(topic_tx("till-1"), other)
    step = scene.core.apply([scene.core.open(delivered)], NOW_MS)
    assert [(one.kind, one.code, one.terminal) for one in step.notices] == [
        (NoticeKind.ALARM, "clone", "till-1")
    ]
    receipt = decode_receipt(opened_from_gateway(scene.sent(step)[0], SealType.RECEIPT).payload)
    assert receipt.rejections[0].reason is Reason.CLONE


# -- configurations -------------------------------------------------------------------------------


def test_configuration_opens_at_its_terminal() -> None:
    """On each connection a terminal's rules and its encrypted card key are published, retained."""
    scene = Scene()
    (publish,) = scene.core.link_up(NOW_MS).publishes
    assert (publish.topic, publish.retain) == (topic_cfg("till-1"), True)
    configuration = configuration_in(publish)
    assert (configuration.terminal, configuration.branch) == ("till-1", "north")
    assert configuration.programmes == scene.store.programmes()
    info = card_key_info(TerminalId("till-1"))
    assert scene.box.agreement.open_box(configuration.card_key_box, info) == CARD_KEY


def test_unchanged_configuration_is_the_same_bytes() -> None:
    """A reconnect publishes what the terminal has already, byte for byte."""
    scene = Scene()
    assert scene.core.link_up(NOW_MS) == scene.core.link_up(NOW_MS + 1_000)


def test_a_new_programme_is_published_with_a_higher_version() -> None:
    """Adding rules sends every terminal a configuration that it will take over the old one."""
    scene = Scene()
    before = configuration_in(scene.core.link_up(NOW_MS).publishes[0])
    rules = replace(
        default_programme("EUR"), version=2, earn_points=5, effective_from_ms=NOW_MS + 60_000
    )
    command = AddProgramme(programme=programme_text(rules))
    reply, step = scene.core.administer(command, NOW_MS)
    after = configuration_in(scene.sent(step)[0])
    assert reply.ok
    assert after.version > before.version
    assert [one.version for one in after.programmes] == [1, 2]
    later = make_core(scene.store).link_up(NOW_MS + 120_000).publishes[0]
    assert [one.version for one in configuration_in(later).programmes] == [2]
    assert configuration_in(later).version == after.version


def test_an_added_terminal_is_heard_at_once() -> None:
    """Before its registration a terminal is a stranger; after it, the same bytes count."""
    scene = Scene()
    box = SealedTerminal(TerminalId("till-2"), now_ms=NOW_MS)
    sealed = box.earn(card_evidence(1), sale_key(1), 700)
    delivered = scene.delivered(topic_tx("till-2"), sealed)
    assert scene.core.apply([scene.core.open(delivered)], NOW_MS).replies == ()
    command = AddTerminal(registration=box.registration.to_json(), branch="south")
    _, step = scene.core.administer(command, NOW_MS)
    assert {one.topic for one in scene.sent(step)} == {topic_cfg("till-1"), topic_cfg("till-2")}
    step = scene.core.apply([scene.core.open(delivered)], NOW_MS)
    receipt = decode_receipt(opened_from_gateway(scene.sent(step)[0], SealType.RECEIPT).payload)
    assert receipt.watermark == 1


def test_a_new_key_raises_the_configurations_version() -> None:
    """A terminal's next epoch gets a configuration that counts higher than its last one."""
    scene = Scene()
    before = configuration_in(scene.core.link_up(NOW_MS).publishes[0])
    renewed = SealedTerminal(TerminalId("till-1"), epoch=2)
    command = AddTerminal(registration=renewed.registration.to_json(), branch="south")
    _, step = scene.core.administer(command, NOW_MS)
    after = configuration_in(scene.sent(step)[0])
    assert (after.version > before.version, after.branch) == (True, "south")
    info = card_key_info(TerminalId("till-1"))
    assert renewed.agreement.open_box(after.card_key_box, info) == CARD_KEY


def test_moving_a_terminal_needs_a_new_key() -> None:
    """A branch cannot be changed under a key whose configuration would not be taken again."""
    scene = Scene()
    command = AddTerminal(registration=scene.box.registration.to_json(), branch="south")
    with pytest.raises(ConfigError, match="stands in north"):
        scene.core.administer(command, NOW_MS)


def test_a_blocked_card_stays_refused_until_it_is_unblocked() -> None:
    """Blocking by token refuses the card's sales, and unblocking lets the next one through."""
    scene = Scene()
    scene.core.apply([scene.core.open(scene.earn(1))], NOW_MS)
    token = card_evidence(1).token.hex()
    found = []
    for blocked in (True, False):
        scene.core.administer(SetCardBlocked(token=token, blocked=blocked), NOW_MS)
        step = scene.core.apply([scene.core.open(scene.earn(50 + blocked))], NOW_MS)
        receipt = decode_receipt(opened_from_gateway(scene.sent(step)[0], SealType.RECEIPT).payload)
        found.append(receipt.results[0].reason)
    assert found == [Reason.CARD_BLOCKED, Reason.NONE]


# -- presence -------------------------------------------------------------------------------------


def say(scene: Scene, terminal: str, session: str, *, online: bool) -> None:
    """Deliver a state message."""
    payload = json.dumps({"session": session, "online": online}).encode()
    delivered = scene.delivered(topic_state(terminal), payload)
    step = scene.core.apply([scene.core.open(delivered)], NOW_MS)
    assert (step.acks, scene.sent(step)) == ((delivered.token,), ())


def online(scene: Scene) -> bool | None:
    """Ask whether the one terminal is here."""
    reply, _ = scene.core.administer(ListTerminals(), NOW_MS)
    return reply.terminals[0].online


def test_a_late_will_of_an_old_session_is_not_believed() -> None:
    """A will that arrives after its terminal is back does not make it look gone."""
    scene = Scene()
    say(scene, "till-1", "aa", online=True)
    say(scene, "till-1", "bb", online=True)
    say(scene, "till-1", "aa", online=False)
    assert online(scene) is True
    say(scene, "till-1", "bb", online=False)
    assert online(scene) is False


def test_strangers_take_no_memory() -> None:
    """The state of a terminal that nobody registered is not kept."""
    scene = Scene()
    say(scene, "nobody", "aa", online=True)
    assert scene.core.stats().terminals_online == 0


# -- when something is wrong ----------------------------------------------------------------------


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """A commit without space applies nothing, and the same deliveries succeed afterwards."""
    store = SqlLedgerStore(tmp_path / "ledger.db")
    scene = Scene(store)
    opened = [scene.core.open(scene.earn(number)) for number in range(1, 200)]
    connection = store._open_connection()
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    connection.rollback()
    with pytest.raises(StoreFullError):
        scene.core.apply(opened, NOW_MS)
    assert (scene.core.stats().deliveries, store.journal()) == (0, [])
    connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    connection.rollback()
    step = scene.core.apply(opened, NOW_MS)
    assert len(step.acks) == 199
    store.close()


def test_one_unjudgeable_delivery_does_not_stop_the_others(tmp_path: Path) -> None:
    """Where our own books are broken for one card, the others' sales are still judged."""
    path = tmp_path / "ledger.db"
    store = SqlLedgerStore(path)
    scene = Scene(store)
    scene.core.apply([scene.core.open(scene.earn(1))], NOW_MS)
    other = SealedTerminal(TerminalId("till-2"), now_ms=NOW_MS)
    command = AddTerminal(registration=other.registration.to_json(), branch="south")
    scene.core.administer(command, NOW_MS)
    database = sqlite3.connect(path)
    database.execute("DELETE FROM wallet")
    database.commit()
    database.close()
    fine = other.earn(card_evidence(2), sale_key(2), 900)
    deliveries = [scene.earn(3), scene.delivered(topic_tx("till-2"), fine)]
    step = scene.core.apply([scene.core.open(one) for one in deliveries], NOW_MS)
    assert step.acks == tuple(one.token for one in deliveries)
    assert [one.topic for one in scene.sent(step)] == [topic_rx("till-2")]
    assert [one.kind for one in step.notices] == [NoticeKind.STORE_FAULT]
    assert scene.core.stats().set_aside == 1
    store.close()


def test_stats_of_a_core_and_bad_commands() -> None:
    """Counts are told on request, and a command that cannot be executed says why."""
    scene = Scene()
    reply, _ = scene.core.administer(GetStats(), NOW_MS)
    assert reply.stats is not None
    assert reply.stats.commits == 0
    for command in (
        AddTerminal(registration="{}", branch="north"),
        AddProgramme(programme="version = 1"),
        SetCardBlocked(token="00" * 32, blocked=True),
    ):
        with pytest.raises(MohrError):
            scene.core.administer(command, NOW_MS)
