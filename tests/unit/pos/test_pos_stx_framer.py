"""The framer of STX, ETX and a check byte: any chunking, noise, turned bits and broken frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from terminal_agent.pos.framers.stx import (
    Control,
    ControlSeen,
    Progress,
    StxEvent,
    StxFrame,
    StxFramer,
)
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.stx_listeners import ECR17_FRAME

PLAIN = FrameSettings()
BODIES = st.text(alphabet=[chr(code) for code in range(0x20, 0x7F)], min_size=1, max_size=60).map(
    str.encode
)


def frames(events: list[StxEvent]) -> list[bytes]:
    """The bodies of the frames."""
    return [event.body for event in events if isinstance(event, StxFrame)]


def fed(data: bytes, settings: FrameSettings = PLAIN) -> list[StxEvent]:
    """What a fresh framer makes of it in one piece."""
    return StxFramer(settings).feed(data, 0)


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        (FrameSettings(lrc_initial=0x7F, lrc_covers_etx=False), 0x3E),
        (FrameSettings(lrc_initial=0x7F, lrc_covers_stx=True), 0x3F),
        (FrameSettings(lrc_initial=0x7F), 0x3D),
        (FrameSettings(lrc_initial=0x7F, lrc_covers_stx=True, lrc_covers_etx=False), 0x3C),
    ],
)
def test_the_four_checks_of_ecr17(settings: FrameSettings, check: int) -> None:
    """The body ``A`` has the checks that an independent implementation computes."""
    assert settings.frame(b"A") == bytes((2, 0x41, 3, check))
    assert frames(fed(settings.frame(b"A"), settings)) == [b"A"]


def test_other_peoples_frames(pos_corpus_folder: Path) -> None:
    """Captured frames hold, also where the check equals ETX or STX."""
    for name, count in (("concert_telium_lrc_traps.hex", 2), ("transbank_integrado.hex", 2)):
        lines = (pos_corpus_folder / "frames" / name).read_text("ascii").splitlines()
        data = b"".join(bytes.fromhex(line) for line in lines if line.strip())
        assert len(frames(fed(data))) == count


@given(bodies=st.lists(BODIES, max_size=5), cuts=st.lists(st.integers(1, 300), max_size=20))
def test_any_chunking_gives_the_same_frames(bodies: list[bytes], cuts: list[int]) -> None:
    """However the bytes are split between reads, the very same events come."""
    data = b"\x05".join(PLAIN.frame(body) for body in bodies)
    framer, events, at = StxFramer(PLAIN), [], 0
    for cut in sorted({cut for cut in cuts if cut < len(data)} | {len(data)}):
        events += framer.feed(data[at:cut], 0)
        at = cut
    assert events == fed(data)
    assert frames(events) == bodies


@given(noise=st.binary(max_size=300), body=BODIES, settings=st.sampled_from([PLAIN, ECR17_FRAME]))
@example(noise=b"\x02ABC\x03", body=b"01", settings=PLAIN)
@example(noise=b"\x02", body=b"01", settings=PLAIN)
@example(noise=b"\x01PLEASE WAIT", body=b"01", settings=ECR17_FRAME)
@example(noise=b"\x06\x03", body=b"01", settings=ECR17_FRAME)
def test_noise_before_a_frame_loses_no_frame(
    noise: bytes, body: bytes, settings: FrameSettings
) -> None:
    """Whatever came before it at once, a good frame is found."""
    assert body in frames(fed(noise + settings.frame(body), settings))


@given(body=BODIES, at=st.integers(0), bit=st.integers(0, 7))
def test_a_turned_bit_never_gives_another_frame(body: bytes, at: int, bit: int) -> None:
    """One bit wrong anywhere: the frame is gone, or what it was."""
    data = bytearray(PLAIN.frame(body))
    data[at % len(data)] ^= 1 << bit
    assert set(frames(fed(bytes(data)))) <= {body}


@given(data=st.binary(max_size=3_000))
def test_nothing_is_raised_and_nothing_piles_up(data: bytes) -> None:
    """Any bytes: no exception, and no more is kept than one frame may hold."""
    for settings in (PLAIN, ECR17_FRAME):
        framer = StxFramer(settings)
        framer.feed(data, 0)
        assert framer.counters.bytes_in == len(data)
        framer.idle(60_000)
        assert framer.deadline_ms is None


def test_an_endless_body_is_no_frame_and_what_follows_is_found() -> None:
    """A body beyond the limit is passed over and counted."""
    framer = StxFramer(PLAIN)
    for _ in range(100):
        framer.feed(b"\x02" + b"9" * 5_000, 0)
    assert frames(framer.feed(PLAIN.frame(b"good"), 0)) == [b"good"]
    assert framer.counters.malformed >= 100


def test_a_frame_that_stops_is_given_up() -> None:
    """Silence within a frame ends it; the next one is whole."""
    framer = StxFramer(PLAIN)
    framer.feed(b"\x020100", 0)
    assert framer.deadline_ms == PLAIN.byte_gap_ms
    framer.idle(PLAIN.byte_gap_ms)
    assert framer.counters.abandoned == 1
    assert frames(framer.feed(PLAIN.frame(b"0200"), 5_000)) == [b"0200"]


def test_a_frame_that_never_ends_is_given_up() -> None:
    """A byte just within every gap keeps no frame alive beyond its time."""
    settings = FrameSettings(frame_ms=2_000)
    framer = StxFramer(settings)
    framer.feed(b"\x02", 0)
    for now_ms in range(500, 4_000, 500):
        framer.feed(b"1", now_ms)
    assert framer.counters.abandoned >= 1


def test_ecr17s_own_controls_and_progress() -> None:
    """Acknowledgements come framed, progress without a check, and both are told."""
    acknowledged = bytes((6, 3, ECR17_FRAME.lrc(b"\x06", 3)))
    told = fed(acknowledged + b"\x01" + b"WAIT".ljust(20) + b"\x04", ECR17_FRAME)
    assert told == [ControlSeen(control=Control.ACK), Progress(text="WAIT")]


def test_a_seven_bit_line_is_read() -> None:
    """Parity bits are cleared before anything is looked at."""
    settings = FrameSettings(seven_bits=True)
    data = bytes(byte | 0x80 for byte in PLAIN.frame(b"0100"))
    assert frames(fed(data, settings)) == [b"0100"]


@pytest.mark.parametrize(
    "wrong", [{"lrc_initial": 256}, {"body_bytes_max": 0}, {"separators": b"\x02"}]
)
def test_settings_are_checked(wrong: dict[str, int | bytes]) -> None:
    """What no frame could be made of is refused."""
    with pytest.raises(ValueRangeError):
        FrameSettings(**wrong)  # type: ignore[arg-type] # as a careless caller would
