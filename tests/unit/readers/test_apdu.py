"""APDUs: the seven command forms, answers, and chaining by 61xx and 6Cxx."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError, WireError
from gateway.readers.apdu import (
    CONTINUATIONS_MAX,
    CommandApdu,
    ResponseApdu,
    StatusWord,
    describe_status,
    exchange,
    get_response,
    get_uid,
    read_binary,
    read_storage,
    select_application,
    select_file,
)
from gateway.readers.drive import drive

byte = st.integers(0, 255)


@st.composite
def commands(draw: st.DrawFn) -> CommandApdu:
    """Any command that can be made, extended ones only moderately long."""
    extended = draw(st.booleans())
    data = draw(st.binary(max_size=700 if extended else 255))
    expected = draw(st.none() | st.integers(1, 65_536 if extended else 256))
    cla, ins, p1, p2 = draw(st.tuples(byte, byte, byte, byte))
    return CommandApdu(
        cla=cla,
        ins=ins,
        p1=p1,
        p2=p2,
        data=data,
        expected=expected,
        # A case 1 command has no length field that could tell the two apart.
        extended=extended and (bool(data) or expected is not None),
    )


@given(commands())
def test_every_command_decodes_to_itself(command: CommandApdu) -> None:
    """Encoding loses nothing, in short and in extended form."""
    assert CommandApdu.from_bytes(command.to_bytes()) == command


@given(st.binary(max_size=300))
def test_a_decoded_command_encodes_to_the_same_bytes(raw: bytes) -> None:
    """Bytes are either refused or are the one encoding of what they decode to."""
    try:
        command = CommandApdu.from_bytes(raw)
    except WireError:
        return
    assert command.to_bytes() == raw


@pytest.mark.parametrize(
    ("command", "coded"),
    [
        (get_uid(), "ffca000000"),
        (read_storage(4, 16), "ffb0000410"),
        (read_storage(0x0123, 4), "ffb0012304"),
        (select_application(bytes.fromhex("d2760000850101")), "00a4040007d276000085010100"),
        (select_file(0xE103), "00a4000c02e103"),
        (read_binary(0, 15), "00b000000f"),
        (read_binary(0x1234, 256), "00b0123400"),
        (get_response(0x0E, 0), "02c0000000"),
        (get_response(0x90, 5), "00c0000005"),
        (CommandApdu(cla=0, ins=0x44), "00440000"),
        (CommandApdu(cla=0, ins=0xB0, expected=65_536, extended=True), "00b00000000000"),
        (
            CommandApdu(cla=0, ins=0xD6, data=b"ab", expected=258, extended=True),
            "00d60000000002" + "6162" + "0102",
        ),
    ],
)
def test_commands_are_coded_as_the_standards_print_them(command: CommandApdu, coded: str) -> None:
    """The commands we send have the bytes of ISO/IEC 7816-4, PC/SC part 3 and NFC Forum T4T."""
    assert command.to_bytes().hex() == coded


@pytest.mark.parametrize(
    "coded",
    [
        "",
        "00a404",
        "00a4040002aa",  # two bytes promised, one there
        "00a4040001aabbcc",  # two bytes where Le has one
        "00a404000000",  # extended length cut short
        "00a4040000000000",  # extended Lc of nothing
        "00a40400000002aa",
        "00a40400000001aabb",  # Le of one byte in an extended command
    ],
)
def test_a_malformed_command_is_refused(coded: str) -> None:
    """Lengths that disagree with the bytes are never guessed at."""
    with pytest.raises(WireError):
        CommandApdu.from_bytes(bytes.fromhex(coded))


@pytest.mark.parametrize(
    ("data", "expected"), [(bytes(256), None), (b"", 257), (b"", 0), (b"", True)]
)
def test_a_short_command_cannot_hold_extended_lengths(data: bytes, expected: int | None) -> None:
    """The form of a command is chosen, never slipped into."""
    with pytest.raises(ValueRangeError):
        CommandApdu(cla=0, ins=0, data=data, expected=expected)


@given(st.binary(max_size=300), st.integers(0, 0xFFFF))
def test_every_answer_decodes_to_itself(data: bytes, status: int) -> None:
    """Data and status word are told apart from the end."""
    response = ResponseApdu(data=data, status=status)
    assert ResponseApdu.from_bytes(response.to_bytes()) == response


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_without_a_status_word_is_refused(raw: bytes) -> None:
    """The empty answer of a torn card never passes for an answer."""
    with pytest.raises(WireError):
        ResponseApdu.from_bytes(raw)


def run_exchange(
    command: CommandApdu, answers: list[ResponseApdu]
) -> tuple[ResponseApdu, list[CommandApdu]]:
    """Drive ``exchange`` with listed answers; give its result and what it sent."""
    sent: list[CommandApdu] = []
    left = list(reversed(answers))

    def transmit(raw: bytes) -> bytes:
        sent.append(CommandApdu.from_bytes(raw))
        return left.pop().to_bytes()

    return drive(exchange(command), transmit), sent


def test_more_data_is_fetched_and_joined() -> None:
    """61xx is followed by GET RESPONSE for as many bytes as wait, until 9000."""
    answers = [
        ResponseApdu(data=b"one ", status=0x6103),
        ResponseApdu(data=b"two", status=0x6100),
        ResponseApdu(data=b" three", status=0x9000),
    ]
    result, sent = run_exchange(get_uid(), answers)
    assert result == ResponseApdu(data=b"one two three", status=0x9000)
    assert [command.to_bytes().hex() for command in sent] == [
        "ffca000000",
        "00c0000003",
        "00c0000000",
    ]


def test_a_wrong_le_is_corrected_once() -> None:
    """6Cxx repeats the command with the length the card named, and not for ever."""
    result, sent = run_exchange(
        read_binary(0, 240), [ResponseApdu(status=0x6C10), ResponseApdu(status=0x6C10)]
    )
    assert [command.expected for command in sent] == [240, 16]
    assert result == ResponseApdu(status=0x6C10)


def test_half_an_answer_is_no_answer() -> None:
    """Data that came before an error in a later part is dropped."""
    result, _sent = run_exchange(
        get_uid(), [ResponseApdu(data=b"half", status=0x6102), ResponseApdu(status=0x6F00)]
    )
    assert result == ResponseApdu(status=0x6F00)


def test_a_card_that_always_has_more_is_given_up() -> None:
    """A card cannot keep a lane busy by answering 61xx without end."""
    endless = [ResponseApdu(data=b"x", status=0x61FF)] * (CONTINUATIONS_MAX + 1)
    result, sent = run_exchange(get_uid(), endless)
    assert result == ResponseApdu(status=StatusWord.UNKNOWN_ERROR)
    assert len(sent) == CONTINUATIONS_MAX + 1


def test_status_words_are_named_for_the_log() -> None:
    """A known status word is said in words, an unknown one as a number."""
    assert describe_status(0x6A82) == "6A82 file not found"
    assert describe_status(0x6283) == "6283"
