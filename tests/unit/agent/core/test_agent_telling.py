"""What an agent tells people and the gateway: names, its own standing, what is wrong."""

from __future__ import annotations

import json

import pytest

from gateway.model.ids import HoldId
from gateway.readers.reader import CardTrouble
from simulators.card import CardFault, FaultyCard, UidCard
from simulators.given.agent_peer import TERMINAL
from simulators.given.agent_shop import UID, Shop
from terminal_agent.control import AskStatus
from terminal_agent.pos.port import PosPortState, PosPortStateChanged
from terminal_agent.session.view import Notice, Screen


def test_agent_is_born_on_every_connection(shop: Shop) -> None:
    """The birth message is repeated with the run's session number when the link comes back."""
    born = {"session": "0a0b", "online": True}
    assert born.items() <= json.loads(shop.peer.states[0]).items()
    shop.broker.drop(TERMINAL)
    shop.run(5_000)
    gone, back = map(json.loads, shop.peer.states[-2:])
    assert gone == {"session": "0a0b", "online": False}
    assert born.items() <= back.items()


def test_agent_greets_while_the_card_s_visit_lasts(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name comes with the balance, stays for the visit, goes with it, and is written nowhere."""
    shop.peer.greets_with = "\u202eZarafshan"
    shop.tap()
    assert shop.display.latest().greeting == "Zarafshan"
    shop.ring(1)
    assert shop.display.latest().screen is Screen.APPLIED
    assert shop.display.latest().greeting == "Zarafshan"
    shop.run(7_000)
    assert (shop.display.latest().screen, shop.display.latest().greeting) == (Screen.READY, None)
    shop.peer.greets_with = None
    shop.tap(uid=b"\x04other!")
    assert shop.display.latest().greeting is None
    assert "Zarafshan" not in capsys.readouterr().out
    assert "Zarafshan" not in repr(shop.agent.status()) + repr(shop.display.views)
    assert all(b"Zarafshan" not in one.envelope for one in shop.journal.envelopes(0, 10))


def test_agent_greets_nobody_with_another_s_name(shop: Shop) -> None:
    """A box that was sealed for another request is not opened; the balance still counts."""
    shop.peer.greets_with = "Zarafshan"
    shop.peer.box_for = HoldId(bytes(16))
    shop.tap()
    view = shop.display.latest()
    assert (view.screen, view.balance_points, view.greeting) == (Screen.CARD, 1_000, None)


def test_agent_forgets_the_name_with_the_card(shop: Shop) -> None:
    """Another card takes the visit over, and the first one's name is gone at once."""
    shop.peer.greets_with = "Zarafshan"
    shop.tap()
    shop.peer.answers = False
    shop.tap(uid=b"\x04other!")
    assert shop.display.latest().greeting is None


def test_agent_says_how_it_stands(shop: Shop) -> None:
    """The hint names each layer, and is told again when one changes."""
    shop.run(2_000)
    said = json.loads(shop.peer.states[-1])
    assert said == {
        "session": "0a0b", "online": True, "reader": "up", "till": "up", "clock": "synchronised",
        "configuration_version": 1, "programme_version": 4,
        "pending": 0, "rejected": 0, "unread_receipts": 0,
    }  # fmt: skip
    told = len(shop.peer.states)
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.DOWN))
    shop.run(2_000)
    assert json.loads(shop.peer.states[-1])["till"] == "down"
    assert len(shop.peer.states) == told + 1


def test_agent_counts_in_its_hint_once_a_minute(shop: Shop) -> None:
    """However many sales there are, their numbers are told once a minute, if they moved."""
    shop.peer.answers = False
    shop.run(2_000)
    told = len(shop.peer.states)
    for number in range(1, 6):
        shop.tap(uid=bytes([4, number, 1, 2, 3, 4, 5]))
        shop.ring(number)
    assert len(shop.peer.states) == told
    shop.run(61_000)
    assert json.loads(shop.peer.states[-1])["pending"] == 5
    assert len(shop.peer.states) == told + 1
    shop.run(200_000)
    assert len(shop.peer.states) == told + 1


def test_agent_says_that_it_is_offline_only_when_it_lasts(shop: Shop) -> None:
    """A connection that comes back at once is no news; one that stays away is told."""
    shop.broker.cut_off(TERMINAL)
    shop.run(4_000)
    assert not shop.display.latest().offline
    shop.run(3_000)
    assert shop.display.latest().offline
    shop.broker.reconnect(TERMINAL)
    shop.run(10_000)
    assert not shop.display.latest().offline


def test_agent_names_what_is_wrong_with_a_card(shop: Shop) -> None:
    """A card that leaves in the middle is named on the screen, and nothing is asked about it."""
    torn = FaultyCard(UidCard(UID), {0: CardFault.TEAR_BEFORE})
    shop.reader.tap(torn)
    assert shop.display.latest().trouble is CardTrouble.REMOVED_EARLY
    assert shop.peer.requests == []


def test_agent_names_the_device_that_is_gone(shop: Shop) -> None:
    """The screen says which cable to look at, reader before till, and forgets it afterwards."""
    shop.reader.unplug()
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.DOWN))
    assert shop.display.latest().notice is Notice.READER_LOST
    shop.reader.plug()
    assert shop.display.latest().notice is Notice.TILL_LOST
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
    assert shop.display.latest().notice is None


def test_agent_status_counts(shop: Shop) -> None:
    """The status names every part by how it stands now."""
    shop.ring(1)
    shop.run(16_000)
    status = shop.agent.on_control(AskStatus()).status
    assert status is not None
    assert (status.link, status.reader, status.till) == ("up", "ready", "up")
    assert (status.anonymous_sales, status.accepted, status.state) == (1, 0, "idle")
    assert status.terminal == TERMINAL
