"""Raw frames through PC/SC: which way, what is sent, and every answer as a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.drive import drive
from gateway.readers.native import (
    FRAME_BYTES_MAX,
    FrameAnswer,
    FrameFault,
    FrameStyle,
    FrameTrouble,
    close_frames,
    exchange_frame,
    frame_style,
    open_frames,
    select_again,
)
from gateway.readers.native_carrier import carried_frame, carry_answer, carry_nothing

BOTH = [FrameStyle.TRANSPARENT, FrameStyle.ACR122]
FRAME = bytes.fromhex("3004")
DATA = bytes(range(16))


def ask(style: FrameStyle, answer: bytes, frame: bytes = FRAME) -> FrameAnswer:
    """Send a frame to a reader that always answers this."""
    return drive(exchange_frame(style, frame), lambda _command: answer)


def fault(style: FrameStyle, answer: str) -> FrameTrouble:
    """The trouble that comes of an answer."""
    found = ask(style, bytes.fromhex(answer))
    assert isinstance(found, FrameFault), found
    return found.trouble


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("ACS ACR122U PICC Interface 00 00", FrameStyle.ACR122),
        ("ACS ACR122U 01 00", FrameStyle.ACR122),
        ("ACS ACR1252 1S CL Reader PICC 0", FrameStyle.TRANSPARENT),
        ("HID Global OMNIKEY 5022 Smart Card Reader 00 00", FrameStyle.TRANSPARENT),
        ("Lane 1 00 00", FrameStyle.TRANSPARENT),
        ("", FrameStyle.TRANSPARENT),
    ],
)
def test_the_style_follows_from_the_readers_name(name: str, style: FrameStyle) -> None:
    """The ACR122 has its own way; every other reader is taken at the standard's word."""
    assert frame_style(name) is style


def sent(style: FrameStyle) -> list[str]:
    """Everything that one frame in a session of its own sends."""
    log: list[str] = []

    def answer(command: bytes) -> bytes:
        log.append(command.hex())
        return bytes.fromhex("9000")

    for step in (open_frames(style), exchange_frame(style, FRAME), close_frames(style)):
        drive(step, answer)
    return log


def test_a_transparent_session_sends_what_pc_sc_part_3_says() -> None:
    """Begin, switch to layer 3, one exchange with its timer, end."""
    assert sent(FrameStyle.TRANSPARENT) == [
        "ffc2000002810000",
        "ffc20002048f02000300",
        "ffc200010b5f460450c300009502300400",
        "ffc2000002820000",
    ]


def test_an_acr122_is_sent_one_in_communicate_thru() -> None:
    """Nothing begins and nothing ends there."""
    assert sent(FrameStyle.ACR122) == ["ff00000004d4423004"]


@pytest.mark.parametrize(
    ("style", "answer"),
    [
        (FrameStyle.TRANSPARENT, "c003009000920100960200009710" + DATA.hex() + "9000"),
        (FrameStyle.TRANSPARENT, "c003009000960200009710" + DATA.hex() + "9000"),
        (FrameStyle.TRANSPARENT, "97 81 10" + DATA.hex() + "9000"),
        (FrameStyle.ACR122, "d54300" + DATA.hex() + "9000"),
        (FrameStyle.ACR122, "d54340" + DATA.hex() + "9000"),
    ],
)
def test_a_frame_comes_back_as_it_is(style: FrameStyle, answer: str) -> None:
    """With and without the objects that a reader may leave out, in both lengths."""
    assert ask(style, bytes.fromhex(answer)) == DATA


@pytest.mark.parametrize(
    ("style", "answer", "trouble"),
    [
        (FrameStyle.TRANSPARENT, "6d00", FrameTrouble.UNSUPPORTED),
        (FrameStyle.TRANSPARENT, "6a81", FrameTrouble.UNSUPPORTED),
        (FrameStyle.TRANSPARENT, "6401", FrameTrouble.SILENT),
        (FrameStyle.TRANSPARENT, "6400", FrameTrouble.SILENT),
        (FrameStyle.TRANSPARENT, "6300", FrameTrouble.GARBLED),
        (FrameStyle.TRANSPARENT, "c003036a81 9000", FrameTrouble.UNSUPPORTED),
        (FrameStyle.TRANSPARENT, "c003036400 9000", FrameTrouble.SILENT),
        (FrameStyle.TRANSPARENT, "c00203 64 9000", FrameTrouble.GARBLED),
        (FrameStyle.TRANSPARENT, "c003009000 9000", FrameTrouble.SILENT),
        (FrameStyle.TRANSPARENT, "c003009000 920104 970100 9000", FrameTrouble.SHORT),
        (FrameStyle.TRANSPARENT, "c003009000 96020100 970100 9000", FrameTrouble.GARBLED),
        (FrameStyle.TRANSPARENT, "9705aa 9000", FrameTrouble.GARBLED),
        (FrameStyle.TRANSPARENT, "9701aa 9701bb 9000", FrameTrouble.GARBLED),
        (FrameStyle.TRANSPARENT, "97 9000", FrameTrouble.GARBLED),
        (FrameStyle.TRANSPARENT, "978201 9000", FrameTrouble.GARBLED),
        (FrameStyle.ACR122, "6300", FrameTrouble.GARBLED),
        (FrameStyle.ACR122, "d54301 9000", FrameTrouble.SILENT),
        (FrameStyle.ACR122, "d54302 9000", FrameTrouble.SHORT),
        (FrameStyle.ACR122, "d5430b 9000", FrameTrouble.GARBLED),
        (FrameStyle.ACR122, "d54300 9000", FrameTrouble.SILENT),
        (FrameStyle.ACR122, "d543 9000", FrameTrouble.GARBLED),
        (FrameStyle.ACR122, "d54100aa 9000", FrameTrouble.GARBLED),
        (FrameStyle.NONE, "9000", FrameTrouble.UNSUPPORTED),
    ],
)
def test_what_is_no_frame_is_a_named_fault(
    style: FrameStyle, answer: str, trouble: FrameTrouble
) -> None:
    """Refusal, silence, four bits and noise are told apart wherever the reader tells them apart."""
    assert fault(style, answer) is trouble


@pytest.mark.parametrize("style", BOTH)
def test_an_endless_frame_is_garbled(style: FrameStyle) -> None:
    """No card of these has a frame that long."""
    answer = carry_answer(style, bytes(FRAME_BYTES_MAX + 1)).to_bytes()
    found = ask(style, answer)
    assert isinstance(found, FrameFault)
    assert found.trouble is FrameTrouble.GARBLED


@given(st.sampled_from(list(FrameStyle)), st.binary(min_size=2, max_size=80))
def test_no_answer_of_a_reader_is_an_error(style: FrameStyle, answer: bytes) -> None:
    """Whatever bytes come back, there is a frame or a named fault, and an end."""
    found = ask(style, answer)
    assert isinstance(found, bytes | FrameFault)
    opened = drive(open_frames(style), lambda _command: answer)
    assert opened is None or isinstance(opened, FrameFault)
    drive(select_again(style), lambda _command: answer)


@given(
    st.sampled_from(BOTH),
    st.binary(min_size=1, max_size=FRAME_BYTES_MAX),
    st.binary(min_size=1, max_size=FRAME_BYTES_MAX),
)
def test_the_readers_side_carries_what_the_dialogue_wraps(
    style: FrameStyle, frame: bytes, answer: bytes
) -> None:
    """A reader of ours that unwraps and wraps hands every frame through, both ways."""

    def play(command: bytes) -> bytes:
        carried = carried_frame(CommandApdu.from_bytes(command))
        assert carried is not None
        assert (carried.style, carried.frame) == (style, frame)
        return carry_answer(carried.style, answer).to_bytes()

    assert drive(exchange_frame(style, frame), play) == answer


@pytest.mark.parametrize("style", BOTH)
@pytest.mark.parametrize(
    ("said", "trouble"), [(0x00, FrameTrouble.SHORT), (None, FrameTrouble.SILENT)]
)
def test_refusal_and_silence_survive_the_readers_side(
    style: FrameStyle, said: int | None, trouble: FrameTrouble
) -> None:
    """Four bits and nothing at all are told apart through both ways."""
    assert fault(style, carry_answer(style, said).to_bytes().hex()) is trouble


@pytest.mark.parametrize("style", BOTH)
def test_the_readers_side_knows_when_to_select(style: FrameStyle) -> None:
    """Selecting again is asked for in each reader's own way, and answered."""
    asked: list[bool] = []

    def play(command: bytes) -> bytes:
        carried = carried_frame(CommandApdu.from_bytes(command))
        assert carried is not None
        assert carried.frame is None
        asked.append(carried.selects)
        return carry_nothing(carried).to_bytes()

    drive(select_again(style), play)
    assert asked == [True]


@pytest.mark.parametrize(
    "command", ["ffca000000", "ffc2000100", "ffc20003028100", "ff00000002d43200", "00a40400"]
)
def test_other_commands_are_not_taken_for_frames(command: str) -> None:
    """GET DATA, an exchange without a frame, other functions and other chip commands."""
    assert carried_frame(CommandApdu.from_bytes(bytes.fromhex(command))) is None


def test_a_reader_that_refuses_the_session_is_named() -> None:
    """The log says what the reader said, and nothing is sent to the card."""
    refused = ResponseApdu(status=0x6A81).to_bytes()
    found = drive(open_frames(FrameStyle.TRANSPARENT), lambda _command: refused)
    assert isinstance(found, FrameFault)
    assert found.trouble is FrameTrouble.UNSUPPORTED
    assert "6A81" in found.detail
