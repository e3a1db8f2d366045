"""A till that speaks to the terminal, with a whole agent behind: sales, balances, points."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.model.authorisation import AuthKind
from gateway.model.outcome import Reason
from gateway.model.sale import SaleSource
from gateway.model.transaction import Kind
from simulators.given.agent_shop import MakeShop, Shop
from terminal_agent.line_till import LineTill
from terminal_agent.pos.line_protocol.lines import write_line
from terminal_agent.pos.port import PosBytes, PosPortEvent
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.speaking_port import SpeakingPort
from terminal_agent.session.view import Notice, Screen

Values = dict[str, Any]


class Said(SpeakingPort):
    """A line that keeps what the terminal says."""

    def __init__(self) -> None:
        self.answers: list[Values] = []

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        raise AssertionError(f"{on_event} hears nothing here: the test brings the events")

    def stop(self) -> None:
        pass

    def say(self, data: bytes) -> bool:
        self.answers += [json.loads(line[:-9]) for line in data.splitlines()]
        return True

    def by_id(self, message_id: str) -> list[Values]:
        """The answers to a message."""
        return [one for one in self.answers if one["id"] == message_id]


class Lane:
    """A shop whose till speaks lines."""

    def __init__(self, make_shop: MakeShop, *, configured: bool = True) -> None:
        self.line = Said()
        till = LineTill(load_profile("mohr-lines-eur"), self.line)
        self.shop: Shop = make_shop(till=till, configured=configured)
        self.say(type="hello", id="h", versions=[1])

    def say(self, **values: Any) -> None:  # noqa: ANN401 - a message's fields
        """Send a message without letting time pass."""
        now_ms = self.shop.clock.monotonic_ms()
        self.shop.agent.on_pos_event(PosBytes(data=write_line(values), monotonic_ms=now_ms))

    def total(self) -> None:
        """The till tells a total of 20.00."""
        self.say(type="total", id="t", sale_id="s", total_minor=2_000, currency="EUR")
        self.shop.run()

    def sale(self, message_id: str = "s1") -> None:
        """The till closes that sale."""
        self.say(
            type="sale",
            id=message_id,
            sale_id="s",
            total_minor=2_000,
            currency="EUR",
            receipt_number="88",
        )


@pytest.fixture
def lane(make_shop: MakeShop) -> Lane:
    """A configured lane."""
    return Lane(make_shop)


def test_a_sale_said_is_a_sale_posted(lane: Lane) -> None:
    """Total prompts, the card earns, and the posting says that the till told it itself."""
    lane.total()
    assert lane.shop.display.latest().screen is Screen.SALE
    lane.shop.tap()
    lane.sale()
    lane.shop.run()
    assert lane.shop.peer.kinds() == [Kind.EARN]
    sale = lane.shop.peer.transactions[1].sale
    assert sale is not None
    assert (sale.source, sale.receipt_number) == (SaleSource.PROTOCOL, "88")


def test_the_ack_comes_after_the_agent_has_taken_the_sale(lane: Lane) -> None:
    """Until the sale is in the journal the till has no yes, so that it would send it again."""
    lane.shop.tap()
    lane.total()
    lane.sale()
    assert lane.line.by_id("s1") == []
    assert lane.shop.journal.position().next_seq == 2
    lane.shop.run()
    assert [one["type"] for one in lane.line.by_id("s1")] == ["ack"]


def test_a_terminal_without_settings_takes_nothing(make_shop: MakeShop) -> None:
    """Before the gateway's first configuration a sale is to be sent again, and is not lost."""
    lane = Lane(make_shop, configured=False)
    lane.sale()
    (refused,) = lane.line.by_id("s1")
    assert (refused["code"], refused["do"]) == ("not_ready", "resend")


def test_a_balance_needs_the_card(lane: Lane) -> None:
    """No card: refused. A card whose balance the gateway has told: points."""
    lane.say(type="balance", id="b1")
    lane.shop.run()
    assert lane.line.by_id("b1")[1]["code"] == "no_card"
    lane.shop.tap()
    lane.say(type="balance", id="b2")
    lane.shop.run()
    ack, result = lane.line.by_id("b2")
    assert ack["type"] == "ack"
    assert result["status"] == "granted"
    assert result["points"] == lane.shop.display.latest().balance_points


def test_points_pay_a_sale_of_the_till(lane: Lane) -> None:
    """Asked for by the till, reserved by the gateway, told with what is due, posted."""
    lane.shop.tap()
    lane.total()
    lane.say(type="redeem", id="q", sale_id="s", points=200)
    lane.shop.run()
    _, result = lane.line.by_id("q")
    assert (result["status"], result["points"]) == ("granted", 200)
    assert result["amount_minor"] + result["due_minor"] == 2_000
    lane.sale()
    lane.shop.run()
    assert lane.shop.peer.kinds() == [Kind.REDEEM, Kind.EARN]


def test_points_without_a_card_are_refused(lane: Lane) -> None:
    """Nobody's points are spent: the card has to be there."""
    lane.total()
    lane.say(type="redeem", id="q", sale_id="s")
    lane.shop.run()
    assert lane.line.by_id("q")[1] == {
        "type": "result",
        "id": "q",
        "status": "refused",
        "code": "no_card",
    }
    assert lane.shop.peer.asked(AuthKind.RESERVE) == []


def test_what_the_gateway_refuses_is_told(lane: Lane) -> None:
    """The gateway's own reason reaches the till."""
    lane.shop.tap()
    lane.total()
    lane.shop.peer.answers = False
    lane.say(type="redeem", id="q", sale_id="s")
    lane.shop.run()
    assert len(lane.line.by_id("q")) == 1
    lane.shop.peer.answer(lane.shop.peer.asked(AuthKind.RESERVE)[0], Reason.INSUFFICIENT_POINTS)
    lane.shop.run()
    assert lane.line.by_id("q")[1]["code"] == "insufficient_points"


def test_a_gateway_that_is_away_is_told(lane: Lane) -> None:
    """No answer in time: the till is told, and the sale goes on without points."""
    lane.shop.tap()
    lane.total()
    lane.shop.peer.answers = False
    lane.say(type="redeem", id="q", sale_id="s")
    lane.shop.run(5_500)
    assert lane.line.by_id("q")[1]["code"] == Notice.REDEEM_OFFLINE.value
    lane.sale()
    lane.shop.run()
    assert lane.shop.peer.kinds() == [Kind.EARN]


def test_a_request_withdrawn_is_given_back(lane: Lane) -> None:
    """The till takes its request back: the reservation is cancelled at the gateway."""
    lane.shop.tap()
    lane.total()
    lane.shop.peer.answers = False
    lane.say(type="redeem", id="q", sale_id="s")
    lane.shop.run()
    lane.say(type="cancel", id="c", request="q")
    lane.shop.run()
    assert [one["status"] for one in lane.line.by_id("q")[1:]] == ["withdrawn"]
    assert len(lane.shop.peer.asked(AuthKind.CANCEL)) >= 1


def test_a_void_frees_what_was_granted(lane: Lane) -> None:
    """A sale called off after points were reserved gives them back and posts nothing."""
    lane.shop.tap()
    lane.total()
    lane.say(type="redeem", id="q", sale_id="s")
    lane.shop.run()
    lane.say(type="void", id="v", sale_id="s")
    lane.shop.run()
    assert len(lane.shop.peer.asked(AuthKind.CANCEL)) >= 1
    assert lane.shop.peer.kinds() == []
    assert lane.shop.agent.status().open_holds == 0
