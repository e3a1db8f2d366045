"""How an agent reserves points, posts them with the sale, and gives back what was not used."""

from __future__ import annotations

from gateway.model.authorisation import AuthKind
from gateway.model.ids import HoldId, SaleKey
from gateway.model.outcome import Reason
from gateway.model.sale import TenderKind
from gateway.model.transaction import Kind
from simulators.given.agent_peer import START_MS
from simulators.given.agent_shop import MakeShop, Shop
from terminal_agent.control import AnswerCode, Redeem, Total
from terminal_agent.journal.values import OpenHold
from terminal_agent.session.view import Notice, Screen


def test_agent_redeems_online_in_one_commit(shop: Shop) -> None:
    """Reserve, answer, close: the posting and the earn are numbered one after the other."""
    shop.tap()
    shop.total()
    assert shop.agent.on_control(Redeem(points=200)).code is AnswerCode.ASKED
    shop.run()
    assert shop.display.latest().screen is Screen.RESERVED
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NOT_REDEEMABLE
    assert shop.display.latest().notice is Notice.HELD_ALREADY
    shop.ring(1)
    assert shop.peer.kinds() == [Kind.REDEEM, Kind.EARN]
    redeem, earn = shop.peer.transactions[1], shop.peer.transactions[2]
    asked = shop.peer.asked(AuthKind.RESERVE)[0]
    assert asked.programme_version == 4
    assert redeem.redemption is not None
    assert redeem.redemption.hold_id == asked.request_id
    assert earn.sale is not None
    assert [tender.kind for tender in earn.sale.tenders] == [TenderKind.POINTS]
    assert shop.agent.status().open_holds == 0


def test_agent_posts_under_the_papers_own_name(shop: Shop) -> None:
    """Whatever the hold was asked for, posting and earn carry the key that the paper gives."""
    shop.tap()
    assert shop.agent.on_control(Total(total_minor=2_000)).code is AnswerCode.DONE
    shop.agent.on_control(Redeem(points=100))
    shop.run()
    shop.ring(9)
    reserved = shop.peer.asked(AuthKind.RESERVE)[0]
    for transaction in shop.peer.transactions.values():
        assert transaction.sale is not None
        assert transaction.sale.key != reserved.sale_key
        assert transaction.sale.receipt_number == "R9"
    assert len({one.sale.key for one in shop.peer.transactions.values() if one.sale}) == 1
    shop.tap()
    shop.ring(9)
    assert len(shop.peer.transactions) == 2, "the reprint is known by that name"


def test_agent_redeem_without_network_gives_up_and_earns(shop: Shop) -> None:
    """No answer in time: nothing is taken off, the reservation is cancelled, the sale earns."""
    shop.tap()
    shop.total()
    shop.peer.answers = False
    shop.agent.on_control(Redeem())
    shop.run(5_200)
    assert shop.display.latest().notice is Notice.REDEEM_OFFLINE
    shop.ring(1)
    assert shop.peer.kinds() == [Kind.EARN]
    reserved = shop.peer.asked(AuthKind.RESERVE)
    assert len({request.request_id for request in reserved}) == 1
    assert len(reserved) > 1, "an unanswered question is put again, the same one"
    cancelled = shop.peer.asked(AuthKind.CANCEL)
    assert {request.hold_id for request in cancelled} == {reserved[0].request_id}
    assert shop.agent.status().open_holds == 1
    shop.peer.answers = True
    shop.run(3_000)
    assert shop.agent.status().open_holds == 0


def test_agent_refused_reservation_is_closed(shop: Shop) -> None:
    """A refusal is shown with its reason and leaves no hold open."""
    shop.tap()
    shop.total()
    shop.peer.answers = False
    shop.agent.on_control(Redeem())
    shop.run()
    shop.peer.answer(shop.peer.asked(AuthKind.RESERVE)[0], Reason.INSUFFICIENT_POINTS)
    shop.run()
    assert shop.display.latest().reason is Reason.INSUFFICIENT_POINTS
    assert shop.agent.status().open_holds == 0


def test_agent_forgets_holds_that_ran_out_while_it_was_off(make_shop: MakeShop) -> None:
    """A hold whose time is over is closed at the start without asking anybody."""
    first = make_shop()
    hold = OpenHold(
        hold_id=HoldId(bytes(16)),
        sale_key=SaleKey(bytes(16)),
        asked_at_ms=START_MS - 600_000,
        expires_at_ms=START_MS - 300_000,
    )
    first.journal.remember_hold(hold)
    again = make_shop(configured=False)
    assert again.agent.status().open_holds == 0
    assert again.peer.asked(AuthKind.CANCEL) == []


def test_agent_late_grant_is_cancelled(shop: Shop) -> None:
    """A grant that arrives after the sale has closed is given back."""
    shop.tap()
    shop.total()
    shop.peer.answers = False
    shop.agent.on_control(Redeem())
    shop.run()
    shop.ring(1)
    before = len({request.request_id for request in shop.peer.asked(AuthKind.CANCEL)})
    shop.peer.answer(shop.peer.asked(AuthKind.RESERVE)[0])
    shop.run()
    cancels = {request.request_id for request in shop.peer.asked(AuthKind.CANCEL)}
    assert len(cancels) == before + 1


def test_agent_gives_back_what_an_earlier_run_reserved(make_shop: MakeShop) -> None:
    """A hold that was open when the power went is cancelled at the next start."""
    shop = make_shop()
    shop.tap()
    shop.total()
    shop.agent.on_control(Redeem())
    shop.run()
    assert shop.agent.status().open_holds == 1
    hold = shop.peer.asked(AuthKind.RESERVE)[0].request_id
    again = make_shop(configured=False, seed=2)
    assert [request.hold_id for request in again.peer.asked(AuthKind.CANCEL)] == [hold]
    again.run()
    assert again.agent.status().open_holds == 0


def test_agent_stop_frees_and_says_goodbye(shop: Shop) -> None:
    """An orderly end cancels the reservation under way and publishes that it is offline."""
    shop.tap()
    shop.total()
    shop.agent.on_control(Redeem())
    shop.run()
    shop.agent.stop()
    shop.broker.step(shop.clock.monotonic_ms() + 50)
    assert len(shop.peer.asked(AuthKind.CANCEL)) == 1
    assert shop.peer.states[-1] == b'{"session": "0a0b", "online": false}'
    assert shop.display.latest().screen is Screen.STOPPED


def test_agent_tells_what_is_missing_for_a_redemption(shop: Shop) -> None:
    """Without card, total or enough money the command says what is missing."""
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NO_CARD
    shop.tap()
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NO_SALE
    shop.total(total_minor=100)
    assert shop.agent.on_control(Redeem()).code is AnswerCode.NOT_REDEEMABLE
    assert shop.display.latest().reason is Reason.BELOW_MINIMUM
