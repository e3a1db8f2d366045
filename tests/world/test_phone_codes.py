"""A number that was keyed, a code on a phone, and two terminals at one real gateway."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.audit.auditor import audit
from gateway.codes.folder import read_folder
from gateway.config import CodeSettings, GatewaySettings
from gateway.crypto.card_token import card_token
from gateway.crypto.public_key import PublicKey
from gateway.crypto.registration import Registration
from gateway.crypto.seal import parse_envelope
from gateway.formatting.numbers import Language
from gateway.ledger.queries import LedgerReader
from gateway.model.card import Assurance, CardProfile, Tap
from gateway.model.ids import MemberId, SaleKey, TerminalId
from gateway.model.outcome import Reason
from gateway.model.sale import Sale, SaleSource
from gateway.notifier import LogNotifier
from gateway.office.commands import AddTerminal
from gateway.office.organisation import Organisation
from gateway.office.reaching import Reached
from gateway.readers.reader import CardSeen
from gateway.service.assembly import RunningGateway
from gateway.service.data_dir import DataDir, read_card_key
from gateway.service.greeting import KnownPeople
from gateway.service.one_time_codes import APART_MS, PROVEN_MS
from gateway.service.set_up import NewGateway, set_up
from gateway.wire.auth import decode_auth_answer
from mqtt.topics import topic_auth, topic_cfg, topic_rx, topic_tx
from simulators.clock import VirtualClock
from simulators.direct_link import DirectLink, Sent
from simulators.given.agent_lane import WiredAgent, new_identity, open_journal, wire_agent
from simulators.rules_shop import club
from terminal_agent import commands
from terminal_agent.control import AnswerCode
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.session.view import Notice, View

START_MS = 1_800_000_000_000
TYPED = "۰۹۱۲ ۱۲۳ ۴۵۶۷"
NUMBER = "989121234567"
_LOOKS = 1_000
_LOOK_S = 0.02


@dataclass
class Lane:
    """A whole agent, whose messages a test carries to the gateway and back."""

    house: House
    wired: WiredAgent
    terminal: TerminalId
    taken: int = 0
    given: int = 0

    def view(self) -> View:
        """What the display shows."""
        return self.wired.display.latest()

    def say(self, command: commands.Command) -> AnswerCode:
        """Give a command, and let the gateway answer what it asks."""
        code = self.wired.agent.on_control(command).code
        self.carry()
        return code

    def tap(self, number: int) -> None:
        """Show a plain card."""
        tap = Tap(
            reader="r",
            profile=CardProfile.UID,
            identity=bytes([number]) * 7,
            assurance=Assurance.IDENTIFIED,
            seen_at_ms=START_MS,
        )
        self.wired.agent.on_reader_event(CardSeen(tap=tap))
        self.carry()

    def close(self, number: int, total_minor: int) -> None:
        """The till closes a sale."""
        sale = Sale(
            key=SaleKey(number.to_bytes(16)),
            total_minor=total_minor,
            source=SaleSource.RECEIPT,
            profile="shop",
            receipt_number=f"R{number}",
        )
        self.wired.till.say(SaleClosed(sale=sale, evidence=frozenset()))
        self.wired.agent.tick()
        self.carry()

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self.house.clock.advance(ms)
        self.wired.agent.tick()
        self.carry()

    def next_visit(self) -> None:
        """Everybody goes."""
        self.wait(120_000)
        while self.wired.agent.on_control(commands.Cancel()).code is AnswerCode.DONE:
            pass
        self.carry()

    def carry(self) -> None:
        """Carry messages both ways until nobody has anything more to say."""
        mine = (topic_auth(self.terminal), topic_tx(self.terminal))
        while True:
            sent = [one for one in self.wired.link.sent if one.topic in mine][self.taken :]
            if not sent:
                return
            self.taken += len(sent)
            for one in sent:
                self._carry_one(one)
            self.wired.agent.tick()

    def _carry_one(self, sent: Sent) -> None:
        """Every message is answered by one."""
        self.house.link.deliver(sent.topic, sent.payload)
        assert self.house.link.wait_for(lambda: len(self._answers()) > self.given)
        self.wired.link.deliver(topic_rx(self.terminal), self._answers()[self.given])
        self.given += 1

    def _answers(self) -> list[bytes]:
        return [one.payload for one in self.house.link.sent if one.topic == topic_rx(self.terminal)]


class House:
    """A running gateway whose codes go into a folder."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.data_dir = DataDir(folder / "gateway")
        self.identity = set_up(
            self.data_dir,
            NewGateway(
                name="Mohr", identity="gateway", programme=club(), host="127.0.0.1", port=1883
            ),
        )
        self.clock = VirtualClock(unix_ms=START_MS, synchronised_at_ms=START_MS)
        self.link = DirectLink()
        self.phones: dict[MemberId, Reached] = {}
        settings = GatewaySettings(codes=CodeSettings(sender="folder"))
        self.running = stack.enter_context(
            RunningGateway(
                self.data_dir,
                settings,
                self.link,
                self.clock,
                LogNotifier(),
                people=KnownPeople(
                    phone_of=self.phones.get,
                    organisation=lambda: Organisation(name="کافه"),
                ),
            )
        )
        assert self.running.service.wait_up(20)
        self.ledger = LedgerReader(self.data_dir.ledger_place(settings))

    def lane(self, name: str) -> Lane:
        """Register a terminal and let its agent connect."""
        identity = new_identity(TerminalId(name))
        registration = Registration(
            terminal=identity.terminal,
            epoch=1,
            public_key=identity.signer.public_key,
            agreement_key=identity.agreement.public_bytes,
        )
        command = AddTerminal(registration=registration.to_json(), branch="main")
        assert self.running.service.administer(command).ok
        journal = self.stack.enter_context(open_journal(self.folder / f"{name}.sqlite3", identity))
        gateway = PublicKey.from_cose_key(self.identity.public_key)
        wired = wire_agent(
            identity, journal, gateway, self.clock, random.Random(name), asks_offers=False
        )
        settings = [one for one in self.link.sent if one.topic == topic_cfg(name)]
        wired.link.deliver(topic_cfg(name), settings[-1].payload)
        return Lane(self, wired, identity.terminal)

    def owner(self, profile: CardProfile, identity: bytes) -> MemberId:
        """Who owns a card by now."""
        found = self.ledger.balance_of_card(
            card_token(read_card_key(self.data_dir), profile, identity)
        )
        assert found is not None
        return found.member_id

    def code(self, newest: int = 1) -> str:
        """The code that came last, once so many have come."""
        folder = self.data_dir.codes
        for _ in range(_LOOKS):
            # Nobody tells when a file was written.
            if self.link.wait_for(lambda: len(read_folder(folder, 99)) >= newest, _LOOK_S):
                return read_folder(folder, 1)[0][1].code
        raise AssertionError("no code came")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A running gateway."""
    with ExitStack() as stack:
        yield House(tmp_path, stack)


def _earned_by_number(house: House, lane: Lane) -> None:
    """A thousand points for whoever has the number, which the office then knows."""
    assert lane.say(commands.Phone(number=TYPED)) is AnswerCode.NUMBER_TAKEN
    lane.close(1, 100_000)
    owner = house.owner(CardProfile.PHONE, NUMBER.encode())
    house.phones[owner] = Reached(phone=NUMBER, language=Language.FA)
    lane.next_visit()


def _wants_to_pay(lane: Lane) -> Reason | None:
    """Key the number and a total, ask for points, and say what the gateway objected to."""
    lane.say(commands.Phone(number=TYPED))
    lane.say(commands.Total(total_minor=5_000))
    assert lane.say(commands.Redeem(points=100)) is AnswerCode.ASKED
    return lane.view().reason


def test_a_keyed_number_earns_and_spends_with_the_code_on_its_phone(house: House) -> None:
    """Claimed, a number earns only; the code that went to it lets the very same visit pay."""
    lane = house.lane("till-1")
    _earned_by_number(house, lane)
    assert _wants_to_pay(lane) is Reason.CARD_TOO_WEAK
    assert lane.say(commands.Code()) is AnswerCode.ASKED
    assert lane.view().notice is Notice.CODE_SENT
    code = house.code()
    assert lane.say(commands.Code(said=code)) is AnswerCode.ASKED
    assert lane.view().notice is Notice.CODE_RIGHT
    assert lane.say(commands.Redeem(points=100)) is AnswerCode.ASKED
    assert [part.points for part in lane.view().parts] == [100]
    lane.close(2, 5_000)
    balance = house.ledger.balance_of_card(
        card_token(read_card_key(house.data_dir), CardProfile.PHONE, NUMBER.encode())
    )
    assert balance is not None
    assert balance.available < 1_000
    with house.ledger.batch() as batch:
        report = audit(batch)
    assert (report.findings, report.checked.believed_codes) == ((), 1)
    sent = b"".join(one.payload for one in house.link.sent)
    assert code.encode() not in sent
    ((_, message),) = read_folder(house.data_dir.codes, 9)
    assert (message.to, message.language) == (NUMBER, Language.FA)
    assert "کافه" in message.text
    assert code in message.text


def test_three_wrong_codes_end_it(house: House) -> None:
    """A wrong code is told three times; then the right one does not count either."""
    lane = house.lane("till-1")
    _earned_by_number(house, lane)
    _wants_to_pay(lane)
    lane.say(commands.Code())
    code = house.code()
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(3):
        lane.say(commands.Code(said=wrong))
        assert lane.view().reason is Reason.CODE_WRONG
    lane.say(commands.Code(said=code))
    assert lane.view().reason is Reason.CODE_ENDED
    assert _wants_to_pay(lane) is Reason.CARD_TOO_WEAK


def test_another_terminal_is_not_proven_and_the_proof_runs_out(house: House) -> None:
    """What was told at one terminal counts at that one, and for ten minutes."""
    first, second = house.lane("till-1"), house.lane("till-2")
    _earned_by_number(house, first)
    first.say(commands.Phone(number=TYPED))
    first.say(commands.Code())
    code = house.code()
    second.say(commands.Phone(number=TYPED))
    second.say(commands.Code(said=code))
    assert second.view().reason is Reason.CODE_ENDED
    first.say(commands.Code(said=code))
    assert first.view().notice is Notice.CODE_RIGHT
    assert _wants_to_pay(second) is Reason.CARD_TOO_WEAK
    assert _wants_to_pay(first) is None
    first.next_visit()
    first.wait(PROVEN_MS)
    assert _wants_to_pay(first) is Reason.CARD_TOO_WEAK


def test_codes_are_apart_and_grow_old(house: House) -> None:
    """The next code waits half a minute, and one is no code any more after five."""
    lane = house.lane("till-1")
    _earned_by_number(house, lane)
    lane.say(commands.Phone(number=TYPED))
    lane.say(commands.Code())
    house.code()
    lane.say(commands.Code())
    assert lane.view().reason is Reason.CODE_TOO_SOON
    lane.wait(APART_MS)
    lane.say(commands.Phone(number=TYPED))
    lane.say(commands.Code())
    assert lane.view().notice is Notice.CODE_SENT
    code = house.code(newest=2)
    lane.wait(300_000)
    lane.say(commands.Phone(number=TYPED))
    lane.say(commands.Code(said=code))
    assert lane.view().reason is Reason.CODE_ENDED


def test_no_code_goes_where_nobody_knows_a_number(house: House) -> None:
    """A card without a known owner, a member without a number, and another number: not sent."""
    lane = house.lane("till-1")
    lane.say(commands.Phone(number=TYPED))
    lane.say(commands.Code())
    assert lane.view().reason is Reason.CODE_NOT_SENT
    lane.close(1, 100_000)
    lane.next_visit()
    owner = house.owner(CardProfile.PHONE, NUMBER.encode())
    for known in (None, Reached(phone="989127654321")):
        if known is not None:
            house.phones[owner] = known
        lane.say(commands.Phone(number=TYPED))
        lane.say(commands.Code())
        assert lane.view().reason is Reason.CODE_NOT_SENT
    assert read_folder(house.data_dir.codes, 9) == ()


def test_answers_about_codes_are_nobody_elses(house: House) -> None:
    """An answer names the request and says a reason, and nothing of the member or the number."""
    lane = house.lane("till-1")
    _earned_by_number(house, lane)
    lane.say(commands.Phone(number=TYPED))
    lane.say(commands.Code())
    payload = [one for one in house.link.sent if one.topic == topic_rx("till-1")][-1].payload
    answer = decode_auth_answer(parse_envelope(payload).payload)
    assert (answer.balance_points, answer.standing, answer.greeting_box) == (None, None, None)


def test_nothing_of_codes_reaches_the_ledger(house: House) -> None:
    """A code that was asked for and told leaves the journal as it was."""
    lane = house.lane("till-1")
    _earned_by_number(house, lane)
    lane.say(commands.Phone(number=TYPED))
    with house.ledger.batch() as batch:
        before = len(batch.journal(0, 1_000))
    lane.say(commands.Code())
    lane.say(commands.Code(said=house.code()))
    assert lane.view().notice is Notice.CODE_RIGHT
    with house.ledger.batch() as batch:
        assert len(batch.journal(0, 1_000)) == before
