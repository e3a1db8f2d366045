"""The door from a blank folder: a whole gateway with its bench, and a member greeted by name."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gateway.config_programme import default_programme
from gateway.errors import ConfigError
from gateway.model.ids import BranchId, CardToken, TerminalId
from gateway.office import test_bench as port
from gateway.office.house import FirstSteps, House
from gateway.office.profile import CheckedProfile, TypedProfile, check_profile
from gateway.service.front_door import GatewayDoor
from gateway.system_clock import SystemClock
from simulators.notifier import RecordingNotifier

pytestmark = [pytest.mark.enable_socket, pytest.mark.slow]

FIRST = TerminalId("test-1")
STEPS = FirstSteps(
    organisation="کافه نارنج",
    identity="gateway",
    programme=default_programme("IRR"),
    language="fa",
    broker_host=None,
    broker_port=0,
    test_mode=True,
    branch=BranchId("main"),
)
T = TypeVar("T")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[GatewayDoor]:
    """A door before a blank folder."""
    with GatewayDoor(tmp_path / "gateway", SystemClock(), RecordingNotifier()) as made:
        yield made


def _wait(look: Callable[[], T | None], what: str) -> T:
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def _bench(house: House) -> port.TestBench:
    assert house.test_bench is not None
    return house.test_bench


def _counter(house: House) -> port.BenchCounter:
    (found,) = _bench(house).counters("fa")
    return found


def _picture(house: House) -> dict[str, Any]:
    address = f"{_counter(house).display_address}state"
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own, on loopback
        found: dict[str, Any] = json.load(answer)
    return found


def _welcome(house: House) -> str:
    """What the customer is welcomed with, once the balance is known."""
    _wait(lambda: _picture(house)["screen"] == "ready" or None, "the counter to be free")
    _bench(house).tap(FIRST, "first")

    def welcomed() -> str | None:
        picture = _picture(house)
        text = json.dumps(picture, ensure_ascii=False)
        return text if picture["screen"] == "card" and picture["hero"] is not None else None

    return _wait(welcomed, "the welcome")


def test_a_blank_folder_becomes_a_shop_that_greets_who_agreed(door: GatewayDoor) -> None:
    """From nothing to points; then a member who consented, and no other, is greeted by name."""
    assert door.house is None
    house = door.set_up(STEPS)
    assert door.set_up(STEPS) is house, "twice at once makes one shop"
    _bench(house).add_counter(FIRST, "main")
    _wait(lambda: _counter(house).ready or None, "the counter's configuration")
    token = CardToken(bytes.fromhex(_bench(house).tap(FIRST, "first")))
    _bench(house).print_receipt(FIRST, [port.BenchItem(label="قهوه", amount_minor=1_050_000)])
    balance = _wait(lambda: house.ledger.balance_of_card(token), "the first points")
    assert balance.available == 105

    for agreed in (False, True):
        typed = TypedProfile(name="سارا", show_name=agreed)
        profile = check_profile(typed, date(2026, 11, 23))
        assert isinstance(profile, CheckedProfile)
        house.office.people.save(balance.member_id, balance.branch, profile, 1)
        assert ("سارا" in _welcome(house)) is agreed
        # The next customer comes when this one has paid.
        _bench(house).print_receipt(FIRST, [port.BenchItem(label="چای", amount_minor=500_000)])


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A directory that holds other things is refused, and nothing in it is touched."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "beach.jpg").write_bytes(b"sea")
    with GatewayDoor(folder, SystemClock(), RecordingNotifier()) as door:
        with pytest.raises(ConfigError, match="is not empty"):
            door.set_up(STEPS)
        assert door.house is None
    assert [path.name for path in folder.iterdir()] == ["beach.jpg"]
