"""Frames on the line to a microcontroller: the published vectors, and what lines do to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ValueRangeError, WireError
from gateway.readers.mcu.frames import (
    FLAG,
    PAYLOAD_BYTES_MAX,
    Frame,
    FrameDecoder,
    crc16,
    encode_frame,
)
from gateway.readers.mcu.messages import (
    CardCommand,
    CardNews,
    Greeting,
    Light,
    Refused,
    Status,
)
from gateway.readers.mcu.update import FirmwareImage

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "mcu" / "frames.json").read_text()
)
BY_NAME = {one["name"]: one for one in VECTORS["frames"]}

frames = st.builds(
    Frame,
    version=st.integers(0, 255),
    kind=st.integers(0, 255),
    sequence=st.integers(0, 255),
    payload=st.binary(max_size=40),
)


def decode(line: bytes) -> list[Frame]:
    """What a receiver that has just begun to listen finds."""
    return list(FrameDecoder().feed(line))


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=list(BY_NAME))
def test_each_vector_is_sent_and_read_as_written(vector: dict[str, Any]) -> None:
    """Fields give these bytes, and these bytes give the fields."""
    frame = Frame(
        version=vector["version"],
        kind=vector["kind"],
        sequence=vector["sequence"],
        payload=bytes.fromhex(vector["payload"]),
    )
    line = bytes.fromhex(vector["line"])
    assert encode_frame(frame) == line
    assert decode(line) == [frame]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda one: one["name"])
def test_what_is_no_frame_is_dropped_and_counted(vector: dict[str, Any]) -> None:
    """Damaged bytes bring nothing, and the frame behind them is found."""
    decoder = FrameDecoder()
    assert list(decoder.feed(bytes.fromhex(vector["line"]))) == []
    assert decoder.bad_count >= 1
    good = BY_NAME["status"]
    assert len(list(decoder.feed(bytes.fromhex(good["line"])))) == 1


def test_the_check_is_the_catalogues() -> None:
    """CRC-16/IBM-3740 by its check value, so that an integrator can take any library's."""
    data = bytes.fromhex(VECTORS["crc16"]["data"])
    assert crc16(data) == int(VECTORS["crc16"]["crc"], 16)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("hello answer", Greeting.from_bytes),
        ("card that speaks APDUs", CardNews.from_bytes),
        ("several cards", CardNews.from_bytes),
        ("apdu", CardCommand.from_bytes),
        ("signal", Light.from_bytes),
        ("status answer", Status.from_bytes),
        ("wrong image", Refused.from_bytes),
    ],
)
def test_payloads_are_read_and_written_alike(name: str, read: Any) -> None:  # noqa: ANN401 - several types
    """What a payload says survives, and every cut payload is a WireError or a shorter whole."""
    payload = bytes.fromhex(BY_NAME[name]["payload"])
    assert read(payload).to_bytes() == payload
    for end in range(len(payload)):
        try:
            read(payload[:end])
        except WireError:
            continue


def test_an_image_file_is_read_or_refused() -> None:
    """The vector is read; cut, damaged or foreign files are refused before anything is sent."""
    raw = bytes.fromhex(VECTORS["image"]["file"])
    image = FirmwareImage.from_bytes(raw)
    assert (image.model, str(image.version)) == ("ACME-T1", "1.5.0")
    assert image.to_bytes() == raw
    for wrong in (raw[:-1], raw + b"\0", raw[:-1] + b"\0", b"ELF" + raw, b"MFW1", b"MFW1\xff"):
        with pytest.raises(WireError):
            FirmwareImage.from_bytes(wrong)


@settings(max_examples=60)
@given(sent=st.lists(frames, max_size=5), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_any_chunking_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    """A line brings bytes in whatever pieces it likes."""
    line = b"".join(map(encode_frame, sent))
    decoder = FrameDecoder()
    found: list[Frame] = []
    start = 0
    for cut in [*sorted(cuts), len(line)]:
        found.extend(decoder.feed(line[start:cut]))
        start = max(start, cut)
    assert found == sent


@settings(max_examples=60)
@given(noise=st.binary(max_size=60), frame=frames)
def test_garbage_before_a_frame_costs_nothing(noise: bytes, frame: Frame) -> None:
    """Boot messages of a chip, or the end of another frame, do not swallow what follows."""
    assert frame in decode(noise + encode_frame(frame))


@settings(max_examples=60)
@given(frame=frames, data=st.data())
def test_a_single_wrong_bit_is_never_accepted(frame: Frame, data: st.DataObject) -> None:
    """Wherever it is, the frame is dropped and the one behind it is read."""
    line = bytearray(encode_frame(frame))
    bit = data.draw(st.integers(0, len(line) * 8 - 1))
    line[bit // 8] ^= 1 << bit % 8
    after = Frame(version=1, kind=2, sequence=3, payload=b"after")
    found = decode(bytes(line) + encode_frame(after))
    assert found in ([after], [frame, after])
    if found[0] == frame:
        # Only a flag at the end may be damaged: the next frame's flag does its work.
        assert bit // 8 == len(line) - 1


@settings(max_examples=60)
@given(noise=st.binary(max_size=2_000))
def test_noise_never_raises_nor_grows(noise: bytes) -> None:
    """Whatever comes, the decoder keeps at most one frame of it."""
    decoder = FrameDecoder()
    list(decoder.feed(bytes((FLAG,)) + noise))
    assert len(decoder._body) <= PAYLOAD_BYTES_MAX + 8


def test_a_frame_that_no_receiver_takes_is_not_made() -> None:
    """A payload beyond the limit is an error of ours and is noticed before the line."""
    with pytest.raises(ValueRangeError):
        Frame(version=1, kind=1, sequence=0, payload=bytes(PAYLOAD_BYTES_MAX + 1))
