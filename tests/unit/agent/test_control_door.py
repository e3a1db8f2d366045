"""The control socket: strict lines, a door for its owner alone, and no trouble from old files."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.sale import LINES_MAX, SaleLine
from terminal_agent.control import (
    LINE_BYTES_MAX,
    AgentStatus,
    Answer,
    AnswerCode,
    AskClaim,
    AskStatus,
    Cancel,
    Claim,
    Command,
    ControlError,
    Coupon,
    Credit,
    Decline,
    Enrol,
    Gift,
    LoadGift,
    Offers,
    Phone,
    RecordEvent,
    Redeem,
    Refund,
    Reward,
    TopUp,
    Total,
    read_answer,
    read_command,
    write_answer,
    write_command,
)
from terminal_agent.control_socket import ControlServer, ask_agent

TEA = SaleLine(label="چای سیاه " * 7, quantity_milli=1_500, amount_minor=900, sku="4006381333931")
COMMANDS: tuple[Command, ...] = (
    Total(total_minor=1_999),
    Total(total_minor=1_999, lines=(TEA, replace(TEA, amount_minor=-100))),
    Redeem(),
    Redeem(points=500),
    Reward(reward="free-tea"),
    Coupon(reward="free-tea", times=3),
    Offers(),
    Decline(),
    Credit(),
    Credit(amount_minor=250),
    Gift(),
    TopUp(amount_minor=5_000),
    LoadGift(amount_minor=5_000),
    RecordEvent(name="review", source="اردیبهشت"),
    Refund(receipt_number="۱۲۳-A"),
    Refund(receipt_number="12", amount_minor=900, lines=(TEA,) * LINES_MAX),
    Refund(amount_minor=900),
    Phone(number="۰۹۱۲ ۱۲۳ ۴۵۶۷"),
    Enrol(),
    Cancel(),
    Claim(code="MOHR:AMAQ"),
    AskClaim(),
    AskStatus(),
)
STATUS = AgentStatus(
    terminal="lane-1",
    epoch=1,
    state="idle",
    link="up",
    reader="ready",
    till="none",
    configuration_version=1,
    configuration_at_ms=1_900_000_000_000,
    programme_version=2,
    clock="guessed",
    accepted=3,
    settled=2,
    pending=1,
    rejected=0,
    oldest_pending_at_ms=None,
    open_holds=0,
    gateway_silent_attempts=0,
    anonymous_sales=0,
    unread_receipts=0,
    bad_messages=0,
    stopped=None,
)


@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_control_commands_survive_the_line(command: Command) -> None:
    """What one side writes, the other reads as the same command."""
    line = write_command(command)
    assert line.count(b"\n") == 1
    assert read_command(line) == command


@pytest.mark.parametrize("code", AnswerCode)
def test_control_answers_survive_the_line(code: AnswerCode) -> None:
    """Every answer, with and without a status, reads back the same."""
    for answer in (
        Answer(code=code),
        Answer(code=code, status=STATUS),
        Answer(code=code, claim="MOHR:AMAQ"),
    ):
        assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"redeem",
        b"[]",
        b"{}",
        b'{"command": "open_drawer"}',
        b'{"command": ["redeem"]}',
        b'{"command": "redeem", "points": 0}',
        b'{"command": "redeem", "points": true}',
        b'{"command": "redeem", "points": 1.0}',
        b'{"command": "redeem", "point": 1}',
        b'{"command": "refund"}',
        b'{"command": "refund", "receipt_number": ""}',
        b'{"command": "refund", "receipt_number": "1", "amount_minor": 1, "lines": [1]}',
        b'{"command": "refund", "receipt_number": "1", "amount_minor": 1, "lines": "tea"}',
        (
            b'{"command": "refund", "receipt_number": "1", "amount_minor": 1,'
            b' "lines": [{"label": "Tea", "quantity_milli": 1000, "amount_minor": -1}]}'
        ),
        b'{"command": "total", "total_minor": 5, "lines": [{"label": "Tea"}]}',
        b'{"command": "total", "total_minor": 5, "lines": [{"label": "Tea", "price": 5}]}',
        b'{"command": "reward"}',
        b'{"command": "reward", "reward": "Free Tea"}',
        b'{"command": "coupon", "reward": "tea", "times": 0}',
        b'{"command": "top_up", "amount_minor": 0}',
        b'{"command": "event", "name": "review"}',
        b'{"command": "gift", "amount_minor": true}',
        b'{"command": "total", "total_minor": -1}',
        b"[" * 4_000,
        b'{"command": "' + b"x" * LINE_BYTES_MAX + b'"}',
    ],
)
def test_control_refuses_what_is_no_command(line: bytes) -> None:
    """Unknown names, unknown fields, missing fields and wrong types are all refused."""
    with pytest.raises(ControlError):
        read_command(line)


@given(st.binary(max_size=200))
def test_control_never_stumbles_over_bytes(line: bytes) -> None:
    """Any bytes are refused with a ControlError, on both sides; nothing else is raised."""
    for read in (read_command, read_answer):
        with pytest.raises(ControlError):
            read(line)


def test_control_refuses_an_answer_of_another_version() -> None:
    """A status with other fields than ours is not half understood."""
    with pytest.raises(ControlError, match="another version"):
        read_answer(b'{"answer": "done", "status": {"terminal": "t"}}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is."""
    return tmp_path / "control.sock"


@pytest.fixture
def server(path: Path) -> Iterator[list[Command]]:
    """A listening server that notes commands and answers each with DONE."""
    taken: list[Command] = []

    def handle(command: Command) -> Answer:
        taken.append(command)
        return Answer(code=AnswerCode.DONE)

    with ControlServer(path, handle):
        yield taken


def test_control_carries_commands(path: Path, server: list[Command]) -> None:
    """One command after the other reaches the agent and is answered."""
    for command in COMMANDS:
        assert ask_agent(path, command) == Answer(code=AnswerCode.DONE)
    assert server == list(COMMANDS)


@pytest.mark.usefixtures("server")
def test_control_socket_is_its_owners(path: Path) -> None:
    """Nobody but the agent's own user may open the door."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_control_answers_nonsense_and_goes_on(path: Path, server: list[Command]) -> None:
    """Nonsense, too long a line and a caller that hangs up do not stop the next command."""
    for sent in (b"nonsense\n", b"x" * (3 * LINE_BYTES_MAX) + b"\n"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.connect(str(path))
            caller.sendall(sent)
            assert read_answer(caller.recv(LINE_BYTES_MAX)).code is AnswerCode.NOT_UNDERSTOOD
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.connect(str(path))
    assert ask_agent(path, Cancel()).code is AnswerCode.DONE
    assert server == [Cancel()]


@pytest.mark.usefixtures("server")
def test_control_door_has_room_for_one_agent(path: Path) -> None:
    """A second agent on the same folder is told that the first one listens."""
    with pytest.raises(ControlError, match="another agent"):
        ControlServer(path, lambda _: Answer(code=AnswerCode.DONE)).start()
    assert ask_agent(path, Cancel()).code is AnswerCode.DONE


def test_control_replaces_a_stale_socket(path: Path) -> None:
    """The file that a killed agent left behind does not keep the next one from starting."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(path))
    with ControlServer(path, lambda _: Answer(code=AnswerCode.BUSY)):
        assert ask_agent(path, Cancel()).code is AnswerCode.BUSY
    assert not path.exists()


def test_control_leaves_other_files_alone(path: Path) -> None:
    """A file that is no socket is not removed."""
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ControlError, match="in the way"):
        ControlServer(path, lambda _: Answer(code=AnswerCode.DONE)).start()
    assert path.read_text(encoding="utf-8") == "mine"


def test_control_says_that_no_agent_runs(path: Path) -> None:
    """Without an agent the command line is told how to start one."""
    with pytest.raises(ControlError, match="mohr terminal run"):
        ask_agent(path, Cancel())


def test_control_says_that_a_path_is_too_long(tmp_path: Path) -> None:
    """Unix allows short paths only; the fault says so instead of a bare errno."""
    deep = tmp_path / ("x" * 120) / "control.sock"
    with pytest.raises(ControlError, match="shorter"):
        ask_agent(deep, Cancel())
