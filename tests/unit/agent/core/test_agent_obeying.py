"""What an agent takes from its gateway and its cashier, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.seal import SealType
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt, ResendRequest
from gateway.model.transaction import Kind
from gateway.wire.receipt import encode_receipt, encode_resend_request
from mqtt.topics import topic_rx
from simulators.given.agent_peer import PROGRAMME, START_MS, TERMINAL
from simulators.given.agent_shop import MakeShop, Shop, sale
from terminal_agent.control import AnswerCode, Cancel, Enrol, Refund
from terminal_agent.session.view import Refusal, Screen


def test_agent_full_journal_refuses_and_says_what_to_do(make_shop: MakeShop) -> None:
    """Without room nothing is accepted, nothing is overwritten, and the screen says so."""
    shop = make_shop(reserve_bytes=2**62)
    shop.tap()
    shop.ring(1)
    assert shop.display.latest().refusal is Refusal.JOURNAL_FULL
    assert shop.agent.on_control(Refund(receipt_number="R1")).code is AnswerCode.JOURNAL_FULL
    assert shop.agent.status().accepted == 0


def test_agent_forked_journal_stops_accepting(shop: Shop) -> None:
    """A receipt for another chain than ours stops the lane for good, and the screen says so."""
    shop.tap()
    shop.peer.answers = False
    shop.ring(1)
    shop.peer.settle(watermark_hash=EnvelopeHash(bytes(32)))
    shop.run()
    shop.run(7_000)
    assert shop.display.latest().refusal is Refusal.JOURNAL_FORKED
    shop.tap()
    shop.ring(2)
    assert shop.agent.status().accepted == 1
    assert shop.agent.status().stopped is not None
    assert shop.display.latest().screen is Screen.REFUSED


def test_agent_ignores_what_is_not_the_gateways(shop: Shop) -> None:
    """Another key's seal, another terminal's receipt, a foreign type and noise change nothing."""
    shop.tap()
    shop.peer.answers = False
    shop.ring(1)
    stranger = FileSigner.generate()
    receipt = Receipt(
        terminal=TERMINAL,
        epoch=1,
        watermark=1,
        watermark_hash=shop.peer.hashes[1],
        offsite_watermark=0,
        issued_at_ms=START_MS,
    )
    shop.peer.send(encode_receipt(receipt), SealType.RECEIPT, stranger)
    foreign = replace(receipt, terminal=TerminalId("lane-2"))
    shop.peer.send(encode_receipt(foreign), SealType.RECEIPT)
    other_epoch = replace(receipt, epoch=2)
    shop.peer.send(encode_receipt(other_epoch), SealType.RECEIPT)
    shop.peer.send(encode_receipt(receipt), SealType.TRANSACTION)
    shop.peer.link.publish(topic_rx(TERMINAL), b"noise")
    asked = ResendRequest(terminal=TERMINAL, epoch=2, from_seq=1, issued_at_ms=0)
    shop.peer.send(encode_resend_request(asked), SealType.RESEND_REQUEST)
    shop.run()
    status = shop.agent.status()
    assert (status.pending, status.bad_messages) == (1, 6)


def test_agent_takes_only_newer_configurations_of_its_gateway(shop: Shop) -> None:
    """An older version and a stranger's configuration are not taken over."""
    shop.peer.configure(replace(PROGRAMME, version=7), version=5)
    shop.run()
    shop.peer.configure(PROGRAMME, version=2)
    shop.run()
    assert shop.agent.status().configuration_version == 5
    assert shop.agent.status().programme_version == 7
    assert shop.agent.status().configuration_at_ms == START_MS
    shop.peer.signer = FileSigner.generate()
    shop.peer.configure(PROGRAMME, version=9)
    shop.run()
    assert shop.agent.status().configuration_version == 5
    assert shop.agent.status().bad_messages == 1


def test_agent_answers_a_resend_request(shop: Shop) -> None:
    """What the gateway misses is sent again, even when it was settled before."""
    shop.tap()
    shop.ring(1)
    shop.peer.transactions.clear()
    asked = ResendRequest(terminal=TERMINAL, epoch=1, from_seq=1, issued_at_ms=0)
    shop.peer.send(encode_resend_request(asked), SealType.RESEND_REQUEST)
    shop.run()
    assert sorted(shop.peer.transactions) == [1]


def test_agent_enrols_the_card_on_the_screen(shop: Shop) -> None:
    """Enrol needs a card, is sealed, and a refusal of the gateway comes to the screen."""
    assert shop.agent.on_control(Enrol()).code is AnswerCode.NO_CARD
    shop.tap()
    shop.peer.answers = False
    assert shop.agent.on_control(Enrol()).code is AnswerCode.DONE
    assert shop.display.latest().screen is Screen.ENROLLED
    shop.run()
    assert shop.peer.kinds() == [Kind.ENROL]
    shop.peer.settle(Status.REFUSED, Reason.CARD_ALREADY_ENROLLED)
    shop.run()
    assert shop.display.latest().reason is Reason.CARD_ALREADY_ENROLLED


def test_agent_refunds_by_receipt_number(shop: Shop) -> None:
    """A known receipt is named by its sale's key as well, an unknown one by its number alone."""
    shop.tap()
    shop.ring(1)
    assert shop.agent.on_control(Refund(receipt_number="R1")).code is AnswerCode.DONE
    unknown = shop.agent.on_control(Refund(receipt_number="R77"))
    assert unknown.code is AnswerCode.SALE_NOT_FOUND
    shop.run()
    known, other = shop.peer.transactions[2].original, shop.peer.transactions[3].original
    assert known is not None
    assert other is not None
    assert (known.key, known.receipt_number) == (sale(1).key, "R1")
    assert (other.key, other.receipt_number) == (None, "R77")
    shop.run(7_000)
    assert shop.display.latest().screen is Screen.READY


def test_agent_cancel_steps_back(shop: Shop) -> None:
    """Cancel ends a visit; with nobody there, there is nothing to cancel."""
    assert shop.agent.on_control(Cancel()).code is AnswerCode.NOTHING_TO_CANCEL
    shop.tap()
    assert shop.agent.on_control(Cancel()).code is AnswerCode.DONE
    assert shop.display.latest().screen is Screen.READY
