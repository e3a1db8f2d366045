"""``mohr terminal`` as it is typed: set up, run, ask, stop."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import GatewayIdentity, Registration
from gateway.errors import ConfigError, KeyStoreError
from gateway.model.sale import SaleLine
from simulators.given.customer_views import CLAIM
from terminal_agent.cli import app
from terminal_agent.config import load_settings
from terminal_agent.control import (
    Answer,
    AnswerCode,
    AskClaim,
    Claim,
    Command,
    ControlError,
    Coupon,
    Credit,
    Decline,
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
)
from terminal_agent.control_socket import SOCKET_NAME, ControlServer
from terminal_agent.identity import load_identity

MOHR = Path(sys.executable).with_name("mohr")


@pytest.fixture
def gateway_file(tmp_path: Path) -> Path:
    """A gateway.json as the gateway writes it."""
    identity = GatewayIdentity(name="gw", public_key=FileSigner.generate().public_key)
    path = tmp_path / "gateway.json"
    path.write_text(identity.to_json(), encoding="utf-8")
    return path


def init(directory: Path, gateway_file: Path, *more: str) -> str:
    """Set a terminal up by the command line; its output."""
    arguments = ["init", "--dir", str(directory), "--id", "lane-1", "--gateway", str(gateway_file)]
    result = CliRunner().invoke(app, [*arguments, *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_cli_init_makes_a_terminal_that_loads(tmp_path: Path, gateway_file: Path) -> None:
    """Keys, pinned gateway and settings are there, for their owner alone, and fit together."""
    directory = tmp_path / "lane"
    output = init(directory, gateway_file, "--reader", "none", "--language", "en")
    registration = directory / "identity" / "terminal.json"
    assert str(registration) in output
    made = Registration.from_json(registration.read_text(encoding="utf-8"))
    assert made == load_identity(directory).registration
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    settings = load_settings(directory)
    assert (settings.reader.backend, settings.pos.device) == ("none", "none")
    assert (settings.pos.currency, settings.pos.currency_exponent) == ("IRR", 0)
    assert settings.at(settings.gateway_identity).is_file()


def test_cli_init_quotes_what_it_writes(tmp_path: Path, gateway_file: Path) -> None:
    """A path with quotes and backslashes in it comes back from the settings as it was given."""
    directory = tmp_path / "lane"
    odd = 'file://till "1"\\x.bin'
    init(directory, gateway_file, "--till", odd, "--currency", "EUR")
    assert load_settings(directory).pos.device == odd


def test_cli_init_refuses_to_overwrite(tmp_path: Path, gateway_file: Path) -> None:
    """A second set-up in the same place changes nothing."""
    directory = tmp_path / "lane"
    init(directory, gateway_file)
    before = (directory / "terminal.toml").read_bytes()
    with pytest.raises((ConfigError, KeyStoreError)):
        init(directory, gateway_file)
    assert (directory / "terminal.toml").read_bytes() == before


def test_cli_init_refuses_a_file_that_is_no_gateway(tmp_path: Path) -> None:
    """Nothing is made for a gateway that cannot be pinned."""
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(KeyStoreError):
        init(tmp_path / "lane", path)
    assert not (tmp_path / "lane").exists()


def test_cli_init_refuses_a_profile_of_another_currency(tmp_path: Path, gateway_file: Path) -> None:
    """A till that would be read in the wrong unit is refused before anything is made."""
    with pytest.raises(ConfigError, match="EUR"):
        init(
            tmp_path / "lane",
            gateway_file,
            *("--till", "/dev/null", "--profile", "generic-escpos-eur", "--currency", "IRR"),
        )
    assert not (tmp_path / "lane").exists()


@pytest.mark.parametrize("points", ["0", "-5", "1.5", "all", "۵"])
def test_cli_redeem_wants_a_whole_number(tmp_path: Path, points: str) -> None:
    """Anything but a positive whole number or max is refused before the agent is asked."""
    result = CliRunner().invoke(app, ["redeem", "--dir", str(tmp_path), "--", points])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["credit", "--", "-5"],
        ["gift", "some"],
        ["reward", "x", "--times", "0"],
        ["top-up", "0"],
        ["event", "review"],
        ["refund"],
        ["refund", "R1", "--no-receipt"],
        ["refund", "--no-receipt"],
        ["refund", "R1", "--line", "900:Tea"],
        ["refund", "R1", "--amount", "900", "--line", "Tea"],
        ["total", "900", "--line", "9,00:Tea"],
    ],
    ids=" ".join,
)
def test_cli_refuses_what_no_command_is(tmp_path: Path, arguments: list[str]) -> None:
    """A missing part, or a figure that is none, is refused before the agent is asked."""
    name, *rest = arguments
    result = CliRunner().invoke(app, [name, "--dir", str(tmp_path), *rest])
    assert result.exit_code == 2, result.output


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["redeem"], Redeem()),
        (["redeem", "500"], Redeem(points=500)),
        (["reward", "free-tea"], Reward(reward="free-tea")),
        (["coupon", "free-tea", "--times", "2"], Coupon(reward="free-tea", times=2)),
        (["offers"], Offers()),
        (["decline"], Decline()),
        (["credit"], Credit()),
        (["credit", "250"], Credit(amount_minor=250)),
        (["gift", "max"], Gift()),
        (["top-up", "5000"], TopUp(amount_minor=5_000)),
        (["load-gift", "5000"], LoadGift(amount_minor=5_000)),
        (["event", "review", "--source", "7"], RecordEvent(name="review", source="7")),
        (["phone", "0912 123 4567"], Phone(number="0912 123 4567")),
        (["claim"], AskClaim()),
        (["claim", "MOHR:AMAQ"], Claim(code="MOHR:AMAQ")),
        (["refund", "R1"], Refund(receipt_number="R1")),
        (["refund", "--no-receipt", "--amount", "9"], Refund(amount_minor=9)),
        (
            ["refund", "R1", "--amount", "900", "--line", "900x2:Tea: black"],
            Refund(
                receipt_number="R1",
                amount_minor=900,
                lines=(SaleLine(label="Tea: black", quantity_milli=2_000, amount_minor=900),),
            ),
        ),
        (
            ["total", "900", "--line", "900:چای"],
            Total(
                total_minor=900,
                lines=(SaleLine(label="چای", quantity_milli=1_000, amount_minor=900),),
            ),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_cli_says_to_the_agent_what_was_typed(
    tmp_path: Path, gateway_file: Path, arguments: list[str], command: Command
) -> None:
    """Every cashier's command reaches the agent as the value it stands for."""
    directory = tmp_path / "lane"
    init(directory, gateway_file)
    heard: list[Command] = []

    def hear(said: Command) -> Answer:
        heard.append(said)
        return Answer(code=AnswerCode.ASKED)

    with ControlServer(directory / SOCKET_NAME, hear):
        result = CliRunner().invoke(app, [*arguments, "--dir", str(directory)])
    assert (result.exit_code, heard) == (0, [command])


def test_cli_asks_for_a_number_that_was_not_typed(tmp_path: Path, gateway_file: Path) -> None:
    """A customer's number need stand in no shell's history."""
    directory = tmp_path / "lane"
    init(directory, gateway_file)
    heard: list[Command] = []

    def hear(said: Command) -> Answer:
        heard.append(said)
        return Answer(code=AnswerCode.NUMBER_TAKEN)

    with ControlServer(directory / SOCKET_NAME, hear):
        result = CliRunner().invoke(app, ["phone", "--dir", str(directory)], input="0912\n")
    assert (result.exit_code, heard) == (0, [Phone(number="0912")])


def test_cli_prints_the_code_of_the_last_sale(tmp_path: Path, gateway_file: Path) -> None:
    """As text to be typed, and as a picture to be scanned; where there is none, that is said."""
    directory = tmp_path / "lane"
    init(directory, gateway_file)
    answers = [Answer(code=AnswerCode.DONE, claim=CLAIM), Answer(code=AnswerCode.NO_CLAIM)]
    with ControlServer(directory / SOCKET_NAME, lambda _command: answers.pop(0)):
        result = CliRunner().invoke(app, ["claim", "--dir", str(directory)])
        assert result.exit_code == 0, result.output
        code, *picture = result.output.splitlines()
        assert code == CLAIM
        assert len(picture) > 15
        assert CliRunner().invoke(app, ["claim", "--dir", str(directory)]).exit_code == 1


def test_cli_says_when_no_agent_runs(tmp_path: Path, gateway_file: Path) -> None:
    """Operating a terminal whose agent is not running names the command that starts it."""
    init(tmp_path / "lane", gateway_file)
    for command in (["status"], ["enrol"], ["cancel"], ["refund", "R1"], ["total", "100"]):
        result = CliRunner().invoke(app, [*command, "--dir", str(tmp_path / "lane")])
        assert isinstance(result.exception, ControlError)


def test_cli_runs_in_the_foreground_until_told_to_stop(tmp_path: Path, gateway_file: Path) -> None:
    """The agent says when it is ready, answers the command line, and ends with 0 on SIGTERM."""
    directory = tmp_path / "lane"
    init(directory, gateway_file, "--reader", "none", "--language", "en", "--port", "9")
    running = subprocess.Popen(
        [MOHR, "terminal", "run", "--dir", directory], stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        said: list[str] = []
        while "ready" not in (said[-1] if said else ""):
            said.append(running.stdout.readline())
            assert said[-1], "it ended before it was ready"
        assert any("no settings yet" in line for line in said)
        status = CliRunner().invoke(app, ["status", "--json", "--dir", str(directory)])
        assert json.loads(status.output)["terminal"] == "lane-1"
        table = CliRunner().invoke(app, ["status", "--dir", str(directory)])
        assert "configuration_version" in table.output
        answer = CliRunner().invoke(app, ["redeem", "--dir", str(directory)])
        assert (answer.exit_code, "no settings yet" in answer.output) == (1, True)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 0
        assert "stopped" in running.stdout.read()
    finally:
        running.kill()
        running.communicate()


def test_cli_faults_are_one_line(tmp_path: Path) -> None:
    """Running what was never set up ends with 2 and one line that says what to do."""
    done = subprocess.run(
        [MOHR, "terminal", "run", "--dir", tmp_path / "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "mohr terminal init" in done.stderr
