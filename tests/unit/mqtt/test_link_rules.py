"""The link's pure rules: settings, waiting, versions and the order of acknowledgements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt.link import LinkError, Will
from mqtt.ordering import AckOrder
from mqtt.reconnect import Attempt, Backoff, VersionChoice
from mqtt.settings import LinkSettings, MqttVersion, TlsSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"port": 0},
        {"port": 65_536},
        {"client_id": ""},
        {"subscriptions": ("a/b#",)},
        {"subscriptions": ("a/#/b",)},
        {"subscriptions": ("a+/b",)},
        {"subscriptions": ("",)},
        {"will": Will(topic="a/+", payload=b"")},
        {"will": Will(topic="a", payload=bytes(65_536))},
        {"session_expiry_s": 60},
        {"clean": False, "session_expiry_s": 2**32},
        {"keepalive_s": 0},
        {"inflight_max": 0},
        {"receive_max": 65_536},
        {"reconnect_min_s": 0.0},
        {"reconnect_min_s": 2.0, "reconnect_max_s": 1.0},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """Each impossible setting raises before anything is started."""
    right: dict[str, Any] = {"host": "broker", "port": 1883, "client_id": "till-1"}
    LinkSettings(**right)
    with pytest.raises(LinkError):
        LinkSettings(**{**right, **wrong})


def test_a_certificate_without_its_key_is_refused() -> None:
    """Client certificate and key come together or not at all."""
    TlsSettings(ca_file=Path("ca"), certificate_file=Path("crt"), key_file=Path("key"))
    with pytest.raises(LinkError, match="together"):
        TlsSettings(ca_file=Path("ca"), certificate_file=Path("crt"))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=80))
def test_waits_grow_within_their_bounds(units: list[float]) -> None:
    """Every wait lies between the least and the greatest, however long the outage."""
    backoff = Backoff(min_s=1.0, max_s=120.0)
    waits = [backoff.next_wait_s(unit) for unit in units]
    assert all(1.0 <= wait <= 120.0 for wait in waits)
    assert waits[0] <= 2.0


def test_waits_spread_a_fleet() -> None:
    """After some failures the random number decides over the whole range, and reset undoes it."""
    backoff = Backoff(min_s=1.0, max_s=120.0, failures=20)
    assert (backoff.next_wait_s(0.0), backoff.next_wait_s(1.0)) == (1.0, 120.0)
    backoff.reset()
    assert backoff.next_wait_s(1.0) == 2.0


def choice(wanted: MqttVersion = MqttVersion.AUTO) -> VersionChoice:
    """Make a choice that goes back to MQTT 5 after an hour."""
    return VersionChoice(wanted=wanted, retry_after_s=3600.0)


@pytest.mark.parametrize("attempt", [Attempt.VERSION_REFUSED, Attempt.SILENT])
def test_version_falls_back_and_returns_after_the_retry_time(attempt: Attempt) -> None:
    """A refusal or silence leads to 3.1.1 at once, for exactly the retry time."""
    versions = choice()
    assert versions.version(0.0) is MqttVersion.V5
    assert versions.ended(MqttVersion.V5, attempt, 10.0)
    assert versions.version(3609.9) is MqttVersion.V311
    assert not versions.ended(MqttVersion.V311, Attempt.ACCEPTED, 20.0)
    assert versions.version(3609.9) is MqttVersion.V311
    assert versions.version(3610.0) is MqttVersion.V5


def test_version_returns_when_311_fares_no_better() -> None:
    """A broker that is silent in both versions is asked in MQTT 5 again, after a wait."""
    versions = choice()
    versions.ended(MqttVersion.V5, Attempt.SILENT, 0.0)
    assert not versions.ended(MqttVersion.V311, Attempt.SILENT, 1.0)
    assert versions.version(2.0) is MqttVersion.V5


def test_version_is_not_blamed_for_an_outage() -> None:
    """No route to the broker changes nothing, in either state."""
    versions = choice()
    assert not versions.ended(MqttVersion.V5, Attempt.OTHER, 0.0)
    assert versions.version(0.0) is MqttVersion.V5
    versions.ended(MqttVersion.V5, Attempt.VERSION_REFUSED, 0.0)
    assert not versions.ended(MqttVersion.V311, Attempt.OTHER, 1.0)
    assert versions.version(2.0) is MqttVersion.V311


@given(st.sampled_from([MqttVersion.V5, MqttVersion.V311]), st.lists(st.sampled_from(Attempt)))
def test_a_named_version_is_kept(wanted: MqttVersion, attempts: list[Attempt]) -> None:
    """Whatever happens, a version that the settings name is the one that is spoken."""
    versions = choice(wanted)
    for attempt in attempts:
        assert not versions.ended(wanted, attempt, 0.0)
        assert versions.version(0.0) is wanted


@given(st.permutations(range(1, 12)))
def test_acknowledgements_leave_in_order_of_arrival(given_order: list[int]) -> None:
    """Given in any order, each id leaves once, in order, and no earlier than its predecessors."""
    order = AckOrder()
    for packet_id in range(1, 12):
        assert order.arrived(packet_id)
    sent: list[int] = []
    acknowledged: set[int] = set()
    for packet_id in given_order:
        acknowledged.add(packet_id)
        sent.extend(order.given(packet_id))
        assert set(sent) <= acknowledged
        assert len(order) == 11 - len(sent)
    assert sent == list(range(1, 12))


def test_unknown_and_repeated_acknowledgements_do_nothing() -> None:
    """An id that is not waiting yields nothing, and one that waits cannot arrive again."""
    order = AckOrder()
    assert order.given(5) == ()
    assert order.arrived(5)
    assert not order.arrived(5)
    assert order.given(5) == (5,)
    assert order.given(5) == ()
    assert order.arrived(5)
