"""The host's end of the line to a microcontroller, against its firmware, without a line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.readers.apdu import select_application
from gateway.readers.cards.ndef_type4 import NDEF_APPLICATION
from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.mcu.frames import Frame, FrameDecoder, encode_frame
from gateway.readers.mcu.link import (
    ANSWER_MS,
    ATTEMPTS_MAX,
    HEARTBEAT_MS,
    Answer,
    LinkState,
    McuLink,
    Question,
)
from gateway.readers.mcu.messages import (
    CardCommand,
    CardNews,
    FirmwareVersion,
    Kind,
    McuError,
    Refused,
    Status,
)
from gateway.readers.mcu.update import FirmwareImage, upload
from simulators.card import Type4NdefCard, UidCard
from simulators.mcu_firmware import Flash, McuFirmware

UID = bytes.fromhex("04a1b2c3d4e5f6")
SELECT_NDEF = select_application(NDEF_APPLICATION).to_bytes()


class Pair:
    """A link and a firmware on one line that a test may cut."""

    def __init__(self, flash: Flash | None = None) -> None:
        self.now_ms = 0
        self.firmware = McuFirmware(flash or Flash(), boot=1)
        self.link = McuLink(self.now_ms)

    def turn(self, *, hears: bool = True, speaks: bool = True, passes_ms: int = 10) -> None:
        """Carry everything once each way, then let time pass."""
        out = self.link.outgoing()
        said = self.firmware.receive(out if hears else b"", self.now_ms)
        self.link.take(said if speaks else b"", self.now_ms)
        self.now_ms += passes_ms
        self.link.pass_time(self.now_ms)

    def greet(self) -> None:
        """Let the greeting be answered."""
        self.turn()
        assert self.link.state is LinkState.UP

    def ask(self, question: Question) -> Answer:
        """Ask on a good line."""
        self.link.ask(question, self.now_ms)
        for _ in range(3):
            self.turn()
            answer = self.link.take_answer()
            if answer is not None:
                return answer
        pytest.fail("no answer came")


def apdu(card: int, data: bytes = SELECT_NDEF) -> Question:
    """A question that carries an APDU."""
    command = CardCommand(card=card, deadline_ms=500, data=data)
    return Question(kind=Kind.APDU, payload=command.to_bytes())


@pytest.fixture
def pair() -> Pair:
    """A greeted pair."""
    pair = Pair()
    pair.greet()
    return pair


def test_a_greeting_brings_version_and_firmware(pair: Pair) -> None:
    """Who is there and what it runs is known before anything else is asked."""
    greeting = pair.link.greeting
    assert greeting is not None
    assert (greeting.version, str(greeting.firmware), greeting.model) == (1, "1.4.0", "MOHR-SIM")


def test_no_version_in_common_is_said_and_ends_the_link() -> None:
    """A terminal of another time refuses, and the log names the reason."""
    link = McuLink(0)
    refused = Refused(code=McuError.BAD_VERSION, text="only 2").to_bytes()
    link.take(encode_frame(Frame(version=0, kind=Kind.ERROR, sequence=0, payload=refused)), 0)
    assert link.state is LinkState.LOST
    assert "bad version: only 2" in link.lost_because


def test_a_version_that_was_not_offered_is_not_spoken(pair: Pair) -> None:
    """A terminal that answers with another version than the host's is not believed."""
    greeting = pair.link.greeting
    assert greeting is not None
    link = McuLink(0)
    payload = b"\x09" + greeting.to_bytes()[1:]
    link.take(encode_frame(Frame(version=0, kind=0x81, sequence=0, payload=payload)), 0)
    assert link.state is LinkState.LOST


def test_a_card_comes_is_spoken_to_and_goes(pair: Pair) -> None:
    """News, pass-through and departure, with the card's own number."""
    pair.firmware.put(Type4NdefCard(UID, b""))
    pair.turn()
    news = pair.link.card
    assert news is not None
    assert (news.front.uid, news.front.iso_dep) == (UID, True)
    assert pair.ask(apdu(news.card)) == bytes.fromhex("9000")
    pair.firmware.take_away()
    pair.turn()
    assert pair.link.card is None
    refused = pair.ask(apdu(news.card))
    assert isinstance(refused, Refused)
    assert refused.code == McuError.NO_CARD


def test_a_repeated_question_is_executed_once(pair: Pair) -> None:
    """The answer to a write was lost: the host asks again, the card is written once."""
    pair.firmware.put(Type4NdefCard(UID, b""))
    pair.turn()
    assert pair.link.card is not None
    pair.link.ask(apdu(pair.link.card.card), pair.now_ms)
    pair.turn(speaks=False, passes_ms=ANSWER_MS)
    pair.turn()
    assert pair.link.take_answer() == bytes.fromhex("9000")
    assert pair.firmware.executed.count(Kind.APDU) == 1


def test_news_that_nobody_acknowledged_come_again_and_count_once(pair: Pair) -> None:
    """A lost piece in either direction neither loses a tap nor doubles it."""
    pair.firmware.put(UidCard(UID))
    pair.turn(speaks=False, passes_ms=250)
    pair.turn()
    first = pair.link.card
    assert first is not None
    pair.turn(hears=False, passes_ms=250)
    pair.turn()
    assert pair.link.card is first


def test_silence_is_asked_after_and_ends_the_link(pair: Pair) -> None:
    """A stuck chip is noticed without a card, and the reason is told."""
    pair.turn(hears=False, passes_ms=HEARTBEAT_MS)
    for _ in range(ATTEMPTS_MAX):
        assert pair.link.state is LinkState.UP
        pair.turn(hears=False, passes_ms=ANSWER_MS)
    assert pair.link.state is LinkState.LOST
    assert pair.link.lost_because == "no answer to STATUS"


def test_a_restart_of_the_chip_ends_the_link(pair: Pair) -> None:
    """Whatever was set before a brown-out is gone, so the host greets anew."""
    pair.firmware = McuFirmware(Flash(), boot=2)
    pair.turn(passes_ms=HEARTBEAT_MS)
    pair.turn()
    assert pair.link.state is LinkState.LOST
    assert pair.link.lost_because == "the terminal started anew"


def test_status_counts_what_was_no_frame(pair: Pair) -> None:
    """A bad cable shows in numbers."""
    pair.firmware.receive(b"\x7enoise\x7e", pair.now_ms)
    answer = pair.ask(Question(kind=Kind.STATUS))
    assert isinstance(answer, bytes)
    assert Status.from_bytes(answer).bad_frames == 1


@settings(max_examples=40)
@given(noise=st.binary(max_size=80), cut=st.integers(0, 60))
def test_noise_neither_raises_nor_makes_cards(noise: bytes, cut: int) -> None:
    """Whatever the line brings, a link only believes what is a frame and was due."""
    pair = Pair()
    pair.greet()
    real = encode_frame(Frame(version=1, kind=Kind.CARD, sequence=1, payload=noise[:30]))
    pair.link.take(noise, pair.now_ms)
    pair.link.take(real[:cut], pair.now_ms)
    pair.link.pass_time(pair.now_ms)
    assert pair.link.state is LinkState.UP
    if pair.link.card is not None:
        # A payload that happens to read as a card is one.
        assert isinstance(pair.link.card, CardNews)


IMAGE = FirmwareImage(
    model="MOHR-SIM",
    version=FirmwareVersion(major=2, minor=0, patch=1),
    code=bytes(range(256)) * 5,
)


def send_image(pair: Pair, image: FirmwareImage, *, questions_max: int = 100) -> int:
    """Send an image, or the beginning of it; how many questions that took."""
    assert pair.link.greeting is not None
    steps = upload(image, pair.link.greeting)
    question = next(steps)
    for count in range(1, questions_max + 1):
        try:
            question = steps.send(pair.ask(question))
        except StopIteration:
            return count
    return questions_max


def test_an_update_is_resumed_after_a_restart() -> None:
    """The chip keeps what it has: a pulled plug costs the rest and not the whole."""
    flash = Flash()
    first = Pair(flash)
    first.greet()
    send_image(first, IMAGE, questions_max=4)
    assert len(flash.code) == 3 * 256
    second = Pair(flash)
    second.greet()
    assert send_image(second, IMAGE) == 4
    assert second.firmware.restarts
    assert str(flash.version) == "2.0.1"


def test_an_image_of_another_model_is_refused_at_both_ends(pair: Pair) -> None:
    """The host does not send it, and the chip does not take it."""
    wrong = FirmwareImage(model="OTHER", version=IMAGE.version, code=IMAGE.code)
    with pytest.raises(ReaderUnavailableError, match="OTHER"):
        send_image(pair, wrong)
    answer = pair.ask(Question(kind=Kind.UPDATE_BEGIN, payload=wrong.announcement()))
    assert isinstance(answer, Refused)
    assert answer.code == McuError.WRONG_IMAGE
    assert pair.firmware.flash.code == b""


def test_a_damaged_image_never_runs(pair: Pair) -> None:
    """A bit that turned in the chip's memory is found before it starts."""
    send_image(pair, IMAGE, questions_max=6)
    pair.firmware.flash.code[100] ^= 1
    answer = pair.ask(Question(kind=Kind.UPDATE_END))
    assert isinstance(answer, Refused)
    assert answer.code == McuError.BROKEN_IMAGE
    assert not pair.firmware.restarts


def test_a_chip_that_asks_for_the_same_bytes_for_ever_is_left(pair: Pair) -> None:
    """An update ends, one way or the other."""
    assert pair.link.greeting is not None
    steps = upload(IMAGE, pair.link.greeting)
    next(steps)

    def go_on() -> None:
        for _ in range(100):
            steps.send(bytes(4))

    with pytest.raises(ReaderUnavailableError, match="does not get on"):
        go_on()


def test_what_is_sent_is_frames() -> None:
    """Whatever the link sends, a receiver that has just begun to listen can read."""
    assert [one.kind for one in FrameDecoder().feed(McuLink(0).outgoing())] == [Kind.HELLO]
