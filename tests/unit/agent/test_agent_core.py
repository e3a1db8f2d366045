"""The agent's core with a real journal, real seals, a simulated broker and a simulated reader.

One long room on purpose: every test plays at the same counter (``Shop``) against the same gateway's
side (``Peer``), which take the first four hundred lines and which test files cannot share.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.crypto.card_token import card_token
from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.greeting import seal_greeting
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, open_envelope, seal
from gateway.crypto.sealed_box import AgreementKey, card_key_info, seal_box
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardProfile
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, EnvelopeHash, HoldId, SaleKey, TerminalId
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.receipt import Receipt, ResendRequest, Result
from gateway.model.sale import Sale, SaleSource, TenderKind
from gateway.model.transaction import ClockQuality, Kind, Transaction
from gateway.readers.reader import CardTrouble
from gateway.readers.settings import ReaderSettings
from gateway.wire.auth import decode_auth_request, encode_auth_answer
from gateway.wire.batch import decode_batch, is_batch
from gateway.wire.configuration import encode_configuration
from gateway.wire.receipt import encode_receipt, encode_resend_request
from gateway.wire.transaction import decode_transaction
from mqtt.link import Delivered, LinkEvent
from mqtt.topics import (
    gateway_subscriptions,
    parse_topic,
    terminal_subscriptions,
    topic_cfg,
    topic_rx,
)
from simulators.broker import SimBroker
from simulators.card import CardFault, FaultyCard, UidCard
from simulators.clock import VirtualClock
from simulators.display import RecordingDisplay
from simulators.faults import FaultPlan
from simulators.reader import SimReader
from simulators.scripted_till import ScriptedTill
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts, agent_will
from terminal_agent.control import (
    AnswerCode,
    AskStatus,
    Cancel,
    Enrol,
    Redeem,
    Refund,
    Total,
)
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings, OpenHold
from terminal_agent.outbox import OutboxSettings
from terminal_agent.paper_till import PaperTill
from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    NotASaleReason,
    RefundSeen,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.port import PosBytes, PosPortState, PosPortStateChanged
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.session.memory import SessionSettings
from terminal_agent.session.view import Notice, Refusal, Screen
from terminal_agent.till import Till

TERMINAL = TerminalId("lane-1")
CARD_KEY = bytes(range(32))
UID = bytes.fromhex("04a1b2c3d4e5f6")
PROGRAMME = Programme(
    name="club",
    version=4,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=100,
    redeem_value_minor=500,
)
START_MS = 1_800_000_000_000


class Peer:
    """The other end: takes what the agent sends, verifies it, and answers as a test says."""

    def __init__(self, broker: SimBroker, agent_key: PublicKey, agreement: bytes) -> None:
        self.signer = FileSigner.generate()
        self.link = broker.link("gateway", gateway_subscriptions())
        self.agent_key = agent_key
        self.agreement = agreement
        self.answers = True
        self.balance_points = 1_000
        self.greets_with: str | None = None
        self.box_for: HoldId | None = None
        self.transactions: dict[int, Transaction] = {}
        self.hashes: dict[int, EnvelopeHash] = {}
        self.requests: list[AuthRequest] = []
        self.states: list[bytes] = []

    def start(self) -> None:
        self.link.start(self._on_event)

    @property
    def public_key(self) -> PublicKey:
        return PublicKey.from_cose_key(self.signer.public_key)

    def configure(self, *programmes: Programme, version: int = 1, key: bytes = CARD_KEY) -> None:
        configuration = Configuration(
            terminal=TERMINAL,
            version=version,
            issued_at_ms=START_MS,
            branch=BranchId("b1"),
            programmes=programmes,
            card_key_box=seal_box(key, self.agreement, card_key_info(TERMINAL)),
        )
        envelope = seal(encode_configuration(configuration), SealType.CONFIGURATION, self.signer)
        self.link.publish(topic_cfg(TERMINAL), envelope, retain=True)

    def send(self, payload: bytes, seal_type: SealType, signer: FileSigner | None = None) -> None:
        envelope = seal(payload, seal_type, signer or self.signer)
        self.link.publish(topic_rx(TERMINAL), envelope)

    def _on_event(self, event: LinkEvent) -> None:
        if not isinstance(event, Delivered):
            return
        place = parse_topic(event.topic)
        assert place is not None
        if place.leaf == "state":
            self.states.append(event.payload)
        elif place.leaf == "auth":
            self._on_request(event.payload)
        else:
            batch = is_batch(event.payload)
            for one in decode_batch(event.payload) if batch else (event.payload,):
                self._on_transaction(one)
        self.link.ack(event.token)

    def _on_transaction(self, data: bytes) -> None:
        envelope = open_envelope(data, SealType.TRANSACTION, self.agent_key)
        transaction = decode_transaction(envelope.payload)
        known = self.hashes.get(transaction.id.seq, envelope.hash)
        assert known == envelope.hash, "one number, two envelopes"
        self.transactions[transaction.id.seq] = transaction
        self.hashes[transaction.id.seq] = envelope.hash
        if self.answers:
            self.settle()

    def settle(
        self,
        status: Status = Status.APPLIED,
        reason: Reason = Reason.NONE,
        watermark_hash: EnvelopeHash | None = None,
    ) -> None:
        last = 0
        while last + 1 in self.hashes:
            last += 1
        if last == 0:
            return
        receipt = Receipt(
            terminal=TERMINAL,
            epoch=1,
            watermark=last,
            watermark_hash=watermark_hash or self.hashes[last],
            offsite_watermark=0,
            issued_at_ms=START_MS,
            results=tuple(
                Result(
                    seq=seq,
                    envelope_hash=digest,
                    status=status,
                    reason=reason,
                    points=12,
                    balance_points=112,
                )
                for seq, digest in sorted(self.hashes.items())[-200:]
            ),
        )
        self.send(encode_receipt(receipt), SealType.RECEIPT)

    def _on_request(self, data: bytes) -> None:
        envelope = open_envelope(data, SealType.AUTH_REQUEST, self.agent_key)
        request = decode_auth_request(envelope.payload)
        self.requests.append(request)
        if self.answers:
            self.answer(request)

    def answer(self, request: AuthRequest, reason: Reason = Reason.NONE) -> None:
        granted = request.kind is AuthKind.RESERVE and reason is Reason.NONE
        reply = AuthAnswer(
            request_id=request.request_id,
            terminal=request.terminal,
            kind=request.kind,
            status=Status.APPLIED if reason is Reason.NONE else Status.REFUSED,
            reason=reason,
            answered_at_ms=START_MS,
            balance_points=self.balance_points,
            points=request.points if granted else None,
            amount_minor=request.points * 5 if granted and request.points else None,
            expires_at_ms=START_MS + 300_000 if granted else None,
            greeting_box=self._greeting_box(request) if reason is Reason.NONE else None,
        )
        self.send(encode_auth_answer(reply), SealType.AUTH_ANSWER)

    def _greeting_box(self, request: AuthRequest) -> bytes | None:
        if self.greets_with is None or request.kind is not AuthKind.INQUIRE:
            return None
        box_for = self.box_for or request.request_id
        return seal_greeting(self.greets_with, self.agreement, TERMINAL, box_for)

    def kinds(self) -> list[Kind]:
        return [self.transactions[seq].kind for seq in sorted(self.transactions)]

    def asked(self, kind: AuthKind) -> list[AuthRequest]:
        return [request for request in self.requests if request.kind is kind]


@dataclass
class Shop:
    """One lane: clock, broker, peer, reader, till and agent, all in this thread."""

    clock: VirtualClock
    broker: SimBroker
    peer: Peer
    journal: Journal
    display: RecordingDisplay
    reader: SimReader
    till: ScriptedTill
    agent: Agent

    def run(self, ms: int = 200) -> None:
        """Let time pass in steps of 50 ms."""
        for _ in range(ms // 50):
            self.clock.advance(50)
            self.broker.step(self.clock.monotonic_ms())
            self.agent.tick()

    def tap(self, uid: bytes = UID) -> None:
        self.reader.tap(UidCard(uid))
        self.run()
        self.reader.remove()

    def ring(self, number: int, total_minor: int = 2_000) -> None:
        self.till.say(SaleClosed(sale=sale(number, total_minor), evidence=frozenset()))
        self.run()

    def total(self, total_minor: int = 2_000, number: int = 1) -> None:
        seen = TotalSeen(total_minor=total_minor, key=sale(number).key, evidence=frozenset())
        self.till.say(seen)
        self.run()


def sale(number: int, total_minor: int = 2_000) -> Sale:
    """A sale by number."""
    return Sale(
        key=SaleKey(number.to_bytes(16, "big")),
        total_minor=total_minor,
        source=SaleSource.RECEIPT,
        profile="shop",
        receipt_number=f"R{number}",
    )


PAPER = (
    b"\x1b@CORNER SHOP\n"
    b"Receipt: 1042\n"
    b"Bread                  8,00\n"
    b"Milk                  12,00\n"
    b"---------------------------\n"
    b"TOTAL EUR             20,00\n"
    b"CASH                  50,00\n"
    b"CHANGE                30,00\n"
    b"\n\n\x1dV\x00"
)

MakeShop = Callable[..., Shop]


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[MakeShop]:
    """Makes shops over one data folder; a second one is the same lane after a restart."""
    opened: list[Journal] = []
    identity = TerminalIdentity(
        terminal=TERMINAL,
        epoch=1,
        signer=FileSigner.generate(),
        agreement=AgreementKey.generate(),
    )
    gateway_signer = FileSigner.generate()

    def make(
        *,
        configured: bool = True,
        reserve_bytes: int = 1024,
        seed: int = 1,
        till: Till | None = None,
    ) -> Shop:
        if opened:
            opened.pop().close()
        journal = Journal.open(
            tmp_path / "journal.sqlite3",
            settings=JournalSettings(
                terminal=TERMINAL,
                epoch=1,
                public_key=identity.public_key,
                reserve_bytes=reserve_bytes,
            ),
        )
        opened.append(journal)
        shop = build_shop(identity, gateway_signer, journal, seed, till)
        if configured:
            shop.peer.configure(PROGRAMME)
            shop.run()
        return shop

    yield make
    for journal in opened:
        journal.close()


def build_shop(
    identity: TerminalIdentity,
    gateway_signer: FileSigner,
    journal: Journal,
    seed: int,
    till: Till | None,
) -> Shop:
    """Wire one lane together; everything random comes from the seed."""
    chance = random.Random(seed)
    clock = VirtualClock(unix_ms=START_MS, synchronised_at_ms=START_MS - 1_000)
    broker = SimBroker(random.Random(seed))
    peer = Peer(broker, identity.public_key, identity.agreement.public_bytes)
    peer.signer = gateway_signer
    peer.start()
    session_number = "0a0b"
    link = broker.link(
        TERMINAL, terminal_subscriptions(TERMINAL), will=agent_will(TERMINAL, session_number)
    )
    display, scripted = RecordingDisplay(), ScriptedTill()
    agent = Agent(
        AgentPorts(
            identity=identity,
            gateway=peer.public_key,
            journal=journal,
            link=link,
            display=display,
            till=till or scripted,
            clock=clock,
            random_bytes=chance.randbytes,
            random_unit=chance.random,
        ),
        AgentOptions(
            currency=EUR,
            waits=SessionSettings(),
            outbox=OutboxSettings(),
            session_number=session_number,
        ),
    )
    agent.start()
    link.start(agent.on_link_event)
    reader = SimReader(ReaderSettings(), clock=clock)
    reader.start(agent.on_reader_event)
    agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
    shop = Shop(
        clock=clock,
        broker=broker,
        peer=peer,
        journal=journal,
        display=display,
        reader=reader,
        till=scripted,
        agent=agent,
    )
    shop.run()
    return shop


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    """A configured lane with everything plugged in."""
    made = make_shop()
    assert isinstance(made, Shop)
    return made


def test_agent_earns_from_tap_to_receipt(shop: Shop) -> None:
    """A tap and a sale become one sealed earn, and its receipt shows the new balance."""
    shop.tap()
    assert shop.display.latest().balance_points == 1_000
    shop.total()
    assert (shop.display.latest().screen, shop.display.latest().points) == (Screen.PREVIEW, 20)
    shop.ring(1)
    earn = shop.peer.transactions[1]
    assert earn.kind is Kind.EARN
    assert earn.sale == sale(1)
    assert earn.programme_version == 4
    assert earn.card is not None
    assert earn.card.token == card_token(CARD_KEY, CardProfile.UID, UID)
    assert earn.previous_hash == genesis_hash(TERMINAL, 1, shop.peer.agent_key.key_id)
    assert earn.time.quality is ClockQuality.SYNCHRONISED
    assert earn.time.unix_ms > START_MS
    screens = shop.display.screens()
    assert screens.index(Screen.ACCEPTED) < screens.index(Screen.APPLIED)
    assert shop.display.latest().balance_points == 112
    assert shop.agent.status().pending == 0


def test_agent_never_shows_or_sends_the_raw_uid(shop: Shop) -> None:
    """Nothing that leaves the terminal holds the card's own number."""
    shop.tap()
    shop.ring(1)
    sent = repr(shop.peer.transactions) + repr(shop.peer.requests)
    assert UID.hex() not in sent
    assert repr(UID)[2:-1] not in sent


def test_agent_goes_on_without_a_network(shop: Shop) -> None:
    """Sales are accepted while the broker is away, and go up in order when it is back."""
    shop.broker.go_down()
    shop.run()
    for number in range(1, 31):
        shop.tap(bytes([4, number, 3, 4, 5, 6, 7]))
        shop.ring(number)
        assert shop.display.latest().screen is Screen.ACCEPTED
        shop.run(6_000)
    assert shop.agent.status().pending == 30
    shop.broker.come_back()
    shop.run(90_000)
    assert sorted(shop.peer.transactions) == list(range(1, 31))
    assert shop.agent.status().pending == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agent_settles_everything_through_a_bad_broker(make_shop: MakeShop, seed: int) -> None:
    """Messages lost, repeated and reordered, connections cut: each sale arrives, once numbered."""
    shop = make_shop(seed=seed)
    shop.broker.plan = FaultPlan(
        lose=0.2, repeat=0.2, reorder=0.2, reorder_ms=700, disconnect=0.02, delay_max_ms=100
    )
    for number in range(1, 21):
        shop.tap(bytes([4, number, 3, 4, 5, 6, 7]))
        shop.ring(number)
        shop.run(1_000)
    for _ in range(60):
        shop.run(10_000)
        if shop.agent.status().pending == 0:
            break
    assert shop.agent.status().pending == 0
    keys = [shop.peer.transactions[seq].sale for seq in sorted(shop.peer.transactions)]
    assert keys == [sale(number) for number in range(1, 21)]


def test_agent_starts_offline_with_the_kept_configuration(make_shop: MakeShop) -> None:
    """After a restart without any message from the gateway, the lane earns as before."""
    make_shop()
    shop = make_shop(configured=False)
    shop.tap()
    shop.ring(1)
    assert shop.peer.kinds() == [Kind.EARN]
    assert shop.agent.status().configuration_version == 1


def test_agent_without_configuration_says_so_and_accepts_nothing(make_shop: MakeShop) -> None:
    """Before the first configuration there is no card key: taps and sales change nothing."""
    shop = make_shop(configured=False)
    assert shop.display.latest().screen is Screen.NOT_CONFIGURED
    shop.tap()
    shop.ring(1)
    assert shop.agent.status().accepted == 0
    assert shop.agent.on_control(Enrol()).code is AnswerCode.NOT_CONFIGURED
    shop.peer.configure(PROGRAMME)
    shop.run()
    assert shop.display.latest().screen is Screen.READY


def test_agent_redeems_online_in_one_commit(shop: Shop) -> None:
    """Reserve, answer, close: the posting and the earn are numbered one after the other."""
    shop.tap()
    shop.total()
    assert shop.agent.on_control(Redeem(points=200)).code is AnswerCode.ASKED
    shop.run()
    assert shop.display.latest().screen is Screen.RESERVED
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NOT_REDEEMABLE
    assert shop.display.latest().notice is Notice.HELD_ALREADY
    shop.ring(1)
    assert shop.peer.kinds() == [Kind.REDEEM, Kind.EARN]
    redeem, earn = shop.peer.transactions[1], shop.peer.transactions[2]
    asked = shop.peer.asked(AuthKind.RESERVE)[0]
    assert asked.programme_version == 4
    assert redeem.redemption is not None
    assert redeem.redemption.hold_id == asked.request_id
    assert earn.sale is not None
    assert [tender.kind for tender in earn.sale.tenders] == [TenderKind.POINTS]
    assert shop.agent.status().open_holds == 0


def test_agent_posts_under_the_papers_own_name(shop: Shop) -> None:
    """Whatever the hold was asked for, posting and earn carry the key that the paper gives."""
    shop.tap()
    assert shop.agent.on_control(Total(total_minor=2_000)).code is AnswerCode.DONE
    shop.agent.on_control(Redeem(points=100))
    shop.run()
    shop.ring(9)
    reserved = shop.peer.asked(AuthKind.RESERVE)[0]
    for transaction in shop.peer.transactions.values():
        assert transaction.sale is not None
        assert transaction.sale.key != reserved.sale_key
        assert transaction.sale.receipt_number == "R9"
    assert len({one.sale.key for one in shop.peer.transactions.values() if one.sale}) == 1
    shop.tap()
    shop.ring(9)
    assert len(shop.peer.transactions) == 2, "the reprint is known by that name"


def test_agent_redeem_without_network_gives_up_and_earns(shop: Shop) -> None:
    """No answer in time: nothing is taken off, the reservation is cancelled, the sale earns."""
    shop.tap()
    shop.total()
    shop.peer.answers = False
    shop.agent.on_control(Redeem())
    shop.run(5_200)
    assert shop.display.latest().notice is Notice.REDEEM_OFFLINE
    shop.ring(1)
    assert shop.peer.kinds() == [Kind.EARN]
    reserved = shop.peer.asked(AuthKind.RESERVE)
    assert len({request.request_id for request in reserved}) == 1
    assert len(reserved) > 1, "an unanswered question is put again, the same one"
    cancelled = shop.peer.asked(AuthKind.CANCEL)
    assert {request.hold_id for request in cancelled} == {reserved[0].request_id}
    assert shop.agent.status().open_holds == 1
    shop.peer.answers = True
    shop.run(3_000)
    assert shop.agent.status().open_holds == 0


def test_agent_refused_reservation_is_closed(shop: Shop) -> None:
    """A refusal is shown with its reason and leaves no hold open."""
    shop.tap()
    shop.total()
    shop.peer.answers = False
    shop.agent.on_control(Redeem())
    shop.run()
    shop.peer.answer(shop.peer.asked(AuthKind.RESERVE)[0], Reason.INSUFFICIENT_POINTS)
    shop.run()
    assert shop.display.latest().reason is Reason.INSUFFICIENT_POINTS
    assert shop.agent.status().open_holds == 0


def test_agent_forgets_holds_that_ran_out_while_it_was_off(make_shop: MakeShop) -> None:
    """A hold whose time is over is closed at the start without asking anybody."""
    first = make_shop()
    hold = OpenHold(
        hold_id=HoldId(bytes(16)),
        sale_key=SaleKey(bytes(16)),
        asked_at_ms=START_MS - 600_000,
        expires_at_ms=START_MS - 300_000,
    )
    first.journal.remember_hold(hold)
    again = make_shop(configured=False)
    assert again.agent.status().open_holds == 0
    assert again.peer.asked(AuthKind.CANCEL) == []


def test_agent_late_grant_is_cancelled(shop: Shop) -> None:
    """A grant that arrives after the sale has closed is given back."""
    shop.tap()
    shop.total()
    shop.peer.answers = False
    shop.agent.on_control(Redeem())
    shop.run()
    shop.ring(1)
    before = len({request.request_id for request in shop.peer.asked(AuthKind.CANCEL)})
    shop.peer.answer(shop.peer.asked(AuthKind.RESERVE)[0])
    shop.run()
    cancels = {request.request_id for request in shop.peer.asked(AuthKind.CANCEL)}
    assert len(cancels) == before + 1


def test_agent_gives_back_what_an_earlier_run_reserved(make_shop: MakeShop) -> None:
    """A hold that was open when the power went is cancelled at the next start."""
    shop = make_shop()
    shop.tap()
    shop.total()
    shop.agent.on_control(Redeem())
    shop.run()
    assert shop.agent.status().open_holds == 1
    hold = shop.peer.asked(AuthKind.RESERVE)[0].request_id
    again = make_shop(configured=False, seed=2)
    assert [request.hold_id for request in again.peer.asked(AuthKind.CANCEL)] == [hold]
    again.run()
    assert again.agent.status().open_holds == 0


def test_agent_stop_frees_and_says_goodbye(shop: Shop) -> None:
    """An orderly end cancels the reservation under way and publishes that it is offline."""
    shop.tap()
    shop.total()
    shop.agent.on_control(Redeem())
    shop.run()
    shop.agent.stop()
    shop.broker.step(shop.clock.monotonic_ms() + 50)
    assert len(shop.peer.asked(AuthKind.CANCEL)) == 1
    assert shop.peer.states[-1] == b'{"session": "0a0b", "online": false}'
    assert shop.display.latest().screen is Screen.STOPPED


def test_agent_is_born_on_every_connection(shop: Shop) -> None:
    """The birth message is repeated with the run's session number when the link comes back."""
    born = {"session": "0a0b", "online": True}
    assert born.items() <= json.loads(shop.peer.states[0]).items()
    shop.broker.drop(TERMINAL)
    shop.run(5_000)
    gone, back = map(json.loads, shop.peer.states[-2:])
    assert gone == {"session": "0a0b", "online": False}
    assert born.items() <= back.items()


def test_agent_greets_while_the_card_s_visit_lasts(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name comes with the balance, stays for the visit, goes with it, and is written nowhere."""
    shop.peer.greets_with = "\u202eZarafshan"
    shop.tap()
    assert shop.display.latest().greeting == "Zarafshan"
    shop.ring(1)
    assert shop.display.latest().screen is Screen.APPLIED
    assert shop.display.latest().greeting == "Zarafshan"
    shop.run(7_000)
    assert (shop.display.latest().screen, shop.display.latest().greeting) == (Screen.READY, None)
    shop.peer.greets_with = None
    shop.tap(uid=b"\x04other!")
    assert shop.display.latest().greeting is None
    assert "Zarafshan" not in capsys.readouterr().out
    assert "Zarafshan" not in repr(shop.agent.status()) + repr(shop.display.views)
    assert all(b"Zarafshan" not in one.envelope for one in shop.journal.envelopes(0, 10))


def test_agent_greets_nobody_with_another_s_name(shop: Shop) -> None:
    """A box that was sealed for another request is not opened; the balance still counts."""
    shop.peer.greets_with = "Zarafshan"
    shop.peer.box_for = HoldId(bytes(16))
    shop.tap()
    view = shop.display.latest()
    assert (view.screen, view.balance_points, view.greeting) == (Screen.CARD, 1_000, None)


def test_agent_forgets_the_name_with_the_card(shop: Shop) -> None:
    """Another card takes the visit over, and the first one's name is gone at once."""
    shop.peer.greets_with = "Zarafshan"
    shop.tap()
    shop.peer.answers = False
    shop.tap(uid=b"\x04other!")
    assert shop.display.latest().greeting is None


def test_agent_says_how_it_stands(shop: Shop) -> None:
    """The hint names each layer, and is told again when one changes."""
    shop.run(2_000)
    said = json.loads(shop.peer.states[-1])
    assert said == {
        "session": "0a0b", "online": True, "reader": "up", "till": "up", "clock": "synchronised",
        "configuration_version": 1, "programme_version": 4,
        "pending": 0, "rejected": 0, "unread_receipts": 0,
    }  # fmt: skip
    told = len(shop.peer.states)
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.DOWN))
    shop.run(2_000)
    assert json.loads(shop.peer.states[-1])["till"] == "down"
    assert len(shop.peer.states) == told + 1


def test_agent_counts_in_its_hint_once_a_minute(shop: Shop) -> None:
    """However many sales there are, their numbers are told once a minute, if they moved."""
    shop.peer.answers = False
    shop.run(2_000)
    told = len(shop.peer.states)
    for number in range(1, 6):
        shop.tap(uid=bytes([4, number, 1, 2, 3, 4, 5]))
        shop.ring(number)
    assert len(shop.peer.states) == told
    shop.run(61_000)
    assert json.loads(shop.peer.states[-1])["pending"] == 5
    assert len(shop.peer.states) == told + 1
    shop.run(200_000)
    assert len(shop.peer.states) == told + 1


def test_agent_says_that_it_is_offline_only_when_it_lasts(shop: Shop) -> None:
    """A connection that comes back at once is no news; one that stays away is told."""
    shop.broker.cut_off(TERMINAL)
    shop.run(4_000)
    assert not shop.display.latest().offline
    shop.run(3_000)
    assert shop.display.latest().offline
    shop.broker.reconnect(TERMINAL)
    shop.run(10_000)
    assert not shop.display.latest().offline


def test_agent_full_journal_refuses_and_says_what_to_do(make_shop: MakeShop) -> None:
    """Without room nothing is accepted, nothing is overwritten, and the screen says so."""
    shop = make_shop(reserve_bytes=2**62)
    shop.tap()
    shop.ring(1)
    assert shop.display.latest().refusal is Refusal.JOURNAL_FULL
    assert shop.agent.on_control(Refund(receipt_number="R1")).code is AnswerCode.JOURNAL_FULL
    assert shop.agent.status().accepted == 0


def test_agent_forked_journal_stops_accepting(shop: Shop) -> None:
    """A receipt for another chain than ours stops the lane for good, and the screen says so."""
    shop.tap()
    shop.peer.answers = False
    shop.ring(1)
    shop.peer.settle(watermark_hash=EnvelopeHash(bytes(32)))
    shop.run()
    shop.run(7_000)
    assert shop.display.latest().refusal is Refusal.JOURNAL_FORKED
    shop.tap()
    shop.ring(2)
    assert shop.agent.status().accepted == 1
    assert shop.agent.status().stopped is not None
    assert shop.display.latest().screen is Screen.REFUSED


def test_agent_ignores_what_is_not_the_gateways(shop: Shop) -> None:
    """Another key's seal, another terminal's receipt, a foreign type and noise change nothing."""
    shop.tap()
    shop.peer.answers = False
    shop.ring(1)
    stranger = FileSigner.generate()
    receipt = Receipt(
        terminal=TERMINAL,
        epoch=1,
        watermark=1,
        watermark_hash=shop.peer.hashes[1],
        offsite_watermark=0,
        issued_at_ms=START_MS,
    )
    shop.peer.send(encode_receipt(receipt), SealType.RECEIPT, stranger)
    foreign = replace(receipt, terminal=TerminalId("lane-2"))
    shop.peer.send(encode_receipt(foreign), SealType.RECEIPT)
    other_epoch = replace(receipt, epoch=2)
    shop.peer.send(encode_receipt(other_epoch), SealType.RECEIPT)
    shop.peer.send(encode_receipt(receipt), SealType.TRANSACTION)
    shop.peer.link.publish(topic_rx(TERMINAL), b"noise")
    asked = ResendRequest(terminal=TERMINAL, epoch=2, from_seq=1, issued_at_ms=0)
    shop.peer.send(encode_resend_request(asked), SealType.RESEND_REQUEST)
    shop.run()
    status = shop.agent.status()
    assert (status.pending, status.bad_messages) == (1, 6)


def test_agent_takes_only_newer_configurations_of_its_gateway(shop: Shop) -> None:
    """An older version and a stranger's configuration are not taken over."""
    shop.peer.configure(replace(PROGRAMME, version=7), version=5)
    shop.run()
    shop.peer.configure(PROGRAMME, version=2)
    shop.run()
    assert shop.agent.status().configuration_version == 5
    assert shop.agent.status().programme_version == 7
    shop.peer.signer = FileSigner.generate()
    shop.peer.configure(PROGRAMME, version=9)
    shop.run()
    assert shop.agent.status().configuration_version == 5
    assert shop.agent.status().bad_messages == 1


def test_agent_answers_a_resend_request(shop: Shop) -> None:
    """What the gateway misses is sent again, even when it was settled before."""
    shop.tap()
    shop.ring(1)
    shop.peer.transactions.clear()
    asked = ResendRequest(terminal=TERMINAL, epoch=1, from_seq=1, issued_at_ms=0)
    shop.peer.send(encode_resend_request(asked), SealType.RESEND_REQUEST)
    shop.run()
    assert sorted(shop.peer.transactions) == [1]


def test_agent_enrols_the_card_on_the_screen(shop: Shop) -> None:
    """Enrol needs a card, is sealed, and a refusal of the gateway comes to the screen."""
    assert shop.agent.on_control(Enrol()).code is AnswerCode.NO_CARD
    shop.tap()
    shop.peer.answers = False
    assert shop.agent.on_control(Enrol()).code is AnswerCode.DONE
    assert shop.display.latest().screen is Screen.ENROLLED
    shop.run()
    assert shop.peer.kinds() == [Kind.ENROL]
    shop.peer.settle(Status.REFUSED, Reason.CARD_ALREADY_ENROLLED)
    shop.run()
    assert shop.display.latest().reason is Reason.CARD_ALREADY_ENROLLED


def test_agent_refunds_by_receipt_number(shop: Shop) -> None:
    """A known receipt is named by its sale's key as well, an unknown one by its number alone."""
    shop.tap()
    shop.ring(1)
    assert shop.agent.on_control(Refund(receipt_number="R1")).code is AnswerCode.DONE
    unknown = shop.agent.on_control(Refund(receipt_number="R77"))
    assert unknown.code is AnswerCode.SALE_NOT_FOUND
    shop.run()
    known, other = shop.peer.transactions[2].original, shop.peer.transactions[3].original
    assert known is not None
    assert other is not None
    assert (known.key, known.receipt_number) == (sale(1).key, "R1")
    assert (other.key, other.receipt_number) == (None, "R77")
    shop.run(7_000)
    assert shop.display.latest().screen is Screen.READY


def test_agent_tells_what_is_missing_for_a_redemption(shop: Shop) -> None:
    """Without card, total or enough money the command says what is missing."""
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NO_CARD
    shop.tap()
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NO_SALE
    shop.total(total_minor=100)
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NOT_REDEEMABLE
    assert shop.display.latest().reason is Reason.BELOW_MINIMUM


def test_agent_cancel_steps_back(shop: Shop) -> None:
    """Cancel ends a visit; with nobody there, there is nothing to cancel."""
    assert shop.agent.on_control(Cancel()).code is AnswerCode.NOTHING_TO_CANCEL
    shop.tap()
    assert shop.agent.on_control(Cancel()).code is AnswerCode.DONE
    assert shop.display.latest().screen is Screen.READY


def test_agent_doubtful_paper_is_left_to_a_person(shop: Shop) -> None:
    """A receipt that could not be read ends the sale on the screen, is counted, and not earned."""
    shop.tap()
    shop.total()
    doubt = NeedsReview(reasons=(ReviewReason.TOTALS_DIFFER,), lines=("TOTAL",), key=sale(1).key)
    shop.till.say(doubt)
    shop.run()
    assert shop.display.latest().notice is Notice.NEEDS_REVIEW
    assert shop.agent.status().unread_receipts == 1
    assert shop.agent.status().accepted == 0


def test_agent_void_and_refund_papers_are_not_sales(shop: Shop) -> None:
    """A void ends the sale on the screen; a refund is shown and never posted by itself."""
    shop.tap()
    shop.total()
    shop.till.say(NotASale(reason=NotASaleReason.VOID))
    shop.run()
    assert shop.display.latest().notice is Notice.SALE_CANCELLED
    shop.till.say(RefundSeen(total_minor=500))
    shop.run()
    assert shop.display.latest().notice is Notice.REFUND_SEEN
    assert shop.agent.status().accepted == 0


def test_agent_names_what_is_wrong_with_a_card(shop: Shop) -> None:
    """A card that leaves in the middle is named on the screen, and nothing is asked about it."""
    torn = FaultyCard(UidCard(UID), {0: CardFault.TEAR_BEFORE})
    shop.reader.tap(torn)
    assert shop.display.latest().trouble is CardTrouble.REMOVED_EARLY
    assert shop.peer.requests == []


def test_agent_reads_real_paper(make_shop: MakeShop) -> None:
    """Bytes of a printer's line become the sale that the tapped card earns on."""
    shop = make_shop(till=PaperTill(load_profile("generic-escpos-eur")))
    shop.tap()
    for at in range(0, len(PAPER), 16):
        now_ms = shop.clock.monotonic_ms()
        shop.agent.on_pos_event(PosBytes(data=PAPER[at : at + 16], monotonic_ms=now_ms))
        shop.run(50)
    shop.run()
    earned = shop.peer.transactions[1].sale
    assert earned is not None
    assert (earned.total_minor, earned.source) == (2_000, SaleSource.RECEIPT)


def test_agent_half_a_paper_is_no_sale(make_shop: MakeShop) -> None:
    """A receipt cut off by a lost line is left to a person, and the next one is read afresh."""
    shop = make_shop(till=PaperTill(load_profile("generic-escpos-eur")))
    shop.tap()
    half = PosBytes(data=PAPER[: len(PAPER) // 2], monotonic_ms=shop.clock.monotonic_ms())
    shop.agent.on_pos_event(half)
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.DOWN))
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
    whole = PosBytes(data=PAPER, monotonic_ms=shop.clock.monotonic_ms())
    shop.agent.on_pos_event(whole)
    shop.run(3_000)
    assert shop.peer.kinds() == [Kind.EARN]


def test_agent_names_the_device_that_is_gone(shop: Shop) -> None:
    """The screen says which cable to look at, reader before till, and forgets it afterwards."""
    shop.reader.unplug()
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.DOWN))
    assert shop.display.latest().notice is Notice.READER_LOST
    shop.reader.plug()
    assert shop.display.latest().notice is Notice.TILL_LOST
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
    assert shop.display.latest().notice is None


def test_agent_guessed_clock_is_said(shop: Shop) -> None:
    """A transaction made without a synchronised clock says so."""
    shop.clock._synchronised_at_ms = None
    shop.tap()
    shop.ring(1)
    assert shop.peer.transactions[1].time.quality is ClockQuality.GUESSED
    assert shop.agent.status().clock == "guessed"


def test_agent_same_seed_gives_the_same_day(make_shop: MakeShop) -> None:
    """Time and chance come from outside: two agents with one seed ask the same questions."""
    asked: list[list[HoldId]] = []
    for _ in range(2):
        shop = make_shop(configured=False)
        shop.peer.configure(PROGRAMME)
        shop.run()
        shop.tap()
        asked.append([request.request_id for request in shop.peer.requests])
    assert asked[0] == asked[1]
    assert asked[0]


def test_agent_status_counts(shop: Shop) -> None:
    """The status names every part by how it stands now."""
    shop.ring(1)
    shop.run(16_000)
    status = shop.agent.on_control(AskStatus()).status
    assert status is not None
    assert (status.link, status.reader, status.till) == ("up", "ready", "up")
    assert (status.anonymous_sales, status.accepted, status.state) == (1, 0, "idle")
    assert status.terminal == TERMINAL
