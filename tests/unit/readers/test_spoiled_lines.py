"""Lines of readers, scanners and keyboards that bring anything: ten thousand pieces in soaks.

What comes is counted or judged, never more than came, and what is whole behind it is still found.
"""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random
from typing import Final

import pytest

from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.codes.judge import CodeJudge, ReceiptCode
from gateway.readers.codes.scan_line import (
    Scan,
    ScanFramer,
    ScannedLine,
    ScanSettings,
    Terminator,
)
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.wedge import US_LAYOUT, KeyEvent, KeysLost, WedgeDecoder, WedgeEvent
from gateway.readers.mcu.frames import FLAG, PAYLOAD_BYTES_MAX, Frame, FrameDecoder, encode_frame
from gateway.readers.mcu.link import LinkState, McuLink, Question
from gateway.readers.mcu.messages import CardCommand, Kind
from simulators.cards import named_states
from simulators.cards.sim_keys import ORGANISATION, STRIPE
from simulators.mcu_firmware import Flash, McuFirmware

PIECES: Final = 10_000 if os.environ.get("MOHR_SOAK") else 300
NOW_MS: Final = 1_900_000_000_000
WHOLE: Final = Frame(version=1, kind=Kind.STATUS, sequence=9, payload=b"\x7e\x7d whole")


def _spoil(piece: bytes, dice: Random) -> bytes:
    """Bytes that were right before."""
    held = bytearray(piece)
    for _ in range(dice.choice((0, 1, 1, 2, 5))):
        if not held:
            break
        place = dice.randrange(len(held))
        match dice.randrange(4):
            case 0:
                held[place] ^= 1 << dice.randrange(8)
            case 1:
                del held[place : place + dice.randrange(1, 9)]
            case 2:
                held[place:place] = dice.randbytes(dice.randrange(1, 20))
            case _:
                held += held[:place]
    return dice.randbytes(dice.randrange(60)) if dice.random() < 0.2 else bytes(held)


def _some_frame(dice: Random) -> bytes:
    size = dice.choice((0, 1, 4, 40, PAYLOAD_BYTES_MAX))
    kind = dice.choice((*Kind, dice.randrange(256)))
    frame = Frame(
        version=dice.randrange(3),
        kind=kind,
        sequence=dice.randrange(256),
        payload=dice.randbytes(size),
    )
    return encode_frame(frame)


def test_a_framer_finds_the_next_whole_frame_behind_anything() -> None:
    """Garbage costs what it touches; a flag later the frame that follows is read as sent."""
    dice = Random("frames")
    decoder = FrameDecoder()
    for _ in range(PIECES):
        piece = _spoil(_some_frame(dice), dice)
        found = list(decoder.feed(piece))
        assert len(found) <= piece.count(FLAG)
        # An open frame is ended by its flag, whatever it was.
        list(decoder.feed(bytes((FLAG,))))
        assert list(decoder.feed(encode_frame(WHOLE))) == [WHOLE]


def test_a_link_survives_every_line_or_says_why_not() -> None:
    """It is up, or lost with a reason; it never sends more than its questions and answers."""
    dice = Random("link")
    command = CardCommand(card=1, deadline_ms=500, data=bytes(5))
    question = Question(kind=Kind.APDU, payload=command.to_bytes())
    link, firmware, now_ms = McuLink(0), McuFirmware(Flash(), boot=1), 0
    for _ in range(PIECES):
        if link.state is LinkState.LOST:
            assert link.lost_because
            link, firmware = McuLink(now_ms), McuFirmware(Flash(), boot=1)
        elif link.state is LinkState.UP and dice.random() < 0.3:
            link.ask(question, now_ms)
        said = firmware.receive(link.outgoing(), now_ms)
        spoils = dice.random() < 0.5
        came = (_some_frame(dice) if dice.random() < 0.3 else b"") + said
        link.take(_spoil(came, dice) if spoils else came, now_ms)
        now_ms += dice.choice((1, 10, 100, 300))
        link.pass_time(now_ms)
        assert len(link.outgoing()) <= 8 * PAYLOAD_BYTES_MAX


def _scans(dice: Random) -> bytes:
    shown = dice.choice(
        (
            named_states.printed_code(1),
            named_states.changing_code(2, NOW_MS),
            named_states.stripe(3),
            named_states.bank_stripe(),
        )
    )
    return shown.data


def _settings(dice: Random) -> ScanSettings:
    return ScanSettings(
        terminator=dice.choice(tuple(Terminator)),
        prefix=dice.choice((b"", b"]Q1", b"<")),
        suffix=dice.choice((b"", b">")),
        bytes_max=dice.choice((1, 64, 1_024)),
    )


def _judged(judge: CodeJudge, scan: Scan) -> CardIdentity | CardProblem | ReceiptCode:
    found = judge.identify(scan, NOW_MS)
    return judge.admit(found, NOW_MS) if isinstance(found, CardIdentity) else found


def _key(dice: Random) -> WedgeEvent:
    chance = dice.random()
    if chance < 0.05:
        return KeysLost()
    if chance < 0.8:
        return KeyEvent(code=dice.choice(tuple(US_LAYOUT)), value=dice.randrange(3))
    return KeyEvent(code=dice.randrange(-1, 800), value=dice.randrange(-1, 5))


def test_a_scanners_line_gives_scans_and_the_judge_a_verdict_on_each() -> None:
    """However bytes are spoiled and cut, what is scanned is judged, and time ends what is open."""
    dice = Random("scans")
    judge = CodeJudge(replace(CodeSettings(), stripe=STRIPE), ORGANISATION)
    for number in range(PIECES):
        settings = _settings(dice)
        framer, now_ms = ScanFramer(settings), number
        ends = b"" if settings.terminator is Terminator.NONE else b"\r"
        line = settings.prefix + _scans(dice) + settings.suffix + ends
        scans = framer.feed(_spoil(line, dice), now_ms)
        if dice.random() < 0.2:
            framer.lose(now_ms)
        scans += framer.pass_time(now_ms + settings.gap_ms)
        assert framer.next_due_ms is None
        for scan in scans:
            assert not isinstance(scan, ScannedLine) or len(scan.data) <= settings.bytes_max
            assert isinstance(_judged(judge, scan), CardIdentity | CardProblem | ReceiptCode)


def test_a_keyboards_events_give_a_byte_each_at_most() -> None:
    """Any key in any order types one character or none; lost keys are told of, one by one."""
    dice = Random("keys")
    decoder = WedgeDecoder()
    for _ in range(PIECES):
        events = [_key(dice) for _ in range(dice.randrange(40))]
        typed = decoder.feed(events)
        lost = sum(isinstance(event, KeysLost) for event in events)
        assert typed.count(None) == lost
        assert all(len(piece) == 1 for piece in typed if piece is not None)
        assert len(typed) <= len(events)


@pytest.mark.parametrize("seed", range(4))
def test_stripes_are_judged_whatever_stands_on_them(seed: int) -> None:
    """A line of any characters of a stripe's alphabets is judged too, and never ends otherwise."""
    dice = Random(f"stripes {seed}")
    judge = CodeJudge(replace(CodeSettings(), stripe=STRIPE), ORGANISATION)
    for _ in range(PIECES // 4):
        text = "".join(
            dice.choice("%;+?=^ 0123456789ABZ_\x00\x7f") for _ in range(dice.randrange(90))
        )
        text = dice.choice(("", "%", ";990", "%990", "MOHR:")) + text
        found = judge.identify(ScannedLine(data=text.encode("ascii")), NOW_MS)
        assert isinstance(found, CardIdentity | CardProblem | ReceiptCode)
