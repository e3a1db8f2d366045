"""The agent and the codes of receipts: when one is shown, given out, taken and refused."""

from __future__ import annotations

import pytest

from gateway.crypto.receipt_claim import claim_key, read_claim
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.sale import SaleSource
from gateway.model.transaction import Kind
from simulators.given.agent_peer import CARD_KEY, PROGRAMME, TERMINAL
from simulators.given.agent_shop import MakeShop, Shop, sale
from terminal_agent.control import Answer, AnswerCode, AskClaim, Claim
from terminal_agent.session.view import Notice, Screen
from terminal_agent.texts.catalogue import load_texts
from terminal_agent.texts.words import words_of

DAY_MS = 86_400_000


@pytest.fixture
def code(shop: Shop) -> str:
    """The code of a sale that closed and found no card."""
    shop.ring(1)
    shop.run(30_000)
    claim = shop.agent.on_control(AskClaim()).claim
    assert claim is not None
    return claim


def test_agent_shows_the_code_while_a_card_is_awaited(shop: Shop) -> None:
    """From the close of the sale to the end of the wait, and never on the console."""
    shop.ring(1)
    view = shop.display.latest()
    assert (view.screen, view.notice) == (Screen.LATE, None)
    assert view.claim is not None
    claim = read_claim(view.claim, claim_key(CARD_KEY))
    assert (claim.sale_key, claim.total_minor) == (sale(1).key, 2_000)
    assert (claim.branch, claim.terminal, claim.receipt_number) == ("b1", TERMINAL, "R1")
    for language in Language:
        printed = words_of(view, load_texts(language), MoneyUnit.CURRENCY)
        assert view.claim not in "\n".join(printed)
    shop.run(30_000)
    assert shop.display.latest().claim is None


def test_agent_gives_the_last_code_until_it_is_used(shop: Shop, code: str) -> None:
    """A late card, or a claim, and there is no code to give."""
    assert shop.agent.on_control(AskClaim()) == Answer(code=AnswerCode.DONE, claim=code)
    assert shop.agent.on_control(Claim(code=code)).code is AnswerCode.CLAIM_TAKEN
    assert shop.display.latest().claim is None, "a code that was shown need not be kept"
    shop.tap()
    assert shop.agent.on_control(AskClaim()).code is AnswerCode.NO_CLAIM
    assert shop.agent.on_control(Claim(code=code)).code is AnswerCode.CLAIM_KNOWN


def test_agent_records_a_claim_as_the_sale_it_was(shop: Shop, code: str) -> None:
    """Its key, total and number; how it was learned is told with it."""
    shop.reader.scan(code.encode())
    shop.tap()
    (earned,) = shop.peer.transactions.values()
    assert earned.kind is Kind.EARN
    assert earned.sale is not None
    assert (earned.sale.key, earned.sale.total_minor) == (sale(1).key, 2_000)
    assert (earned.sale.source, earned.sale.receipt_number) == (SaleSource.CLAIMED, "R1")


def test_agent_takes_a_claim_for_the_card_on_the_screen(shop: Shop, code: str) -> None:
    """No second tap is needed."""
    shop.tap()
    assert shop.agent.on_control(Claim(code=code)).code is AnswerCode.DONE
    shop.run()
    assert [one.kind for one in shop.peer.transactions.values()] == [Kind.EARN]


def test_agent_remarks_on_a_code_that_claims_nothing(shop: Shop, code: str) -> None:
    """Scanned or typed, with one letter wrong or too old: a remark, and nothing is recorded."""
    wrong = code[:-3] + ("A" if code[-3] != "A" else "B") + code[-2:]
    shop.reader.scan(wrong.encode())
    assert shop.display.latest().notice is Notice.CLAIM_WRONG
    assert shop.agent.on_control(Claim(code=wrong)).code is AnswerCode.CLAIM_WRONG
    shop.clock.advance(31 * DAY_MS)
    shop.reader.scan(code.encode())
    assert shop.display.latest().notice is Notice.CLAIM_TOO_OLD
    shop.tap()
    shop.run(200_000)
    assert shop.peer.transactions == {}


def test_agent_without_settings_claims_nothing(make_shop: MakeShop) -> None:
    """It has no key to know a code by, and nothing to tell of."""
    shop, code = make_shop(configured=False), "MOHR:AMAQ"
    assert shop.agent.on_control(Claim(code=code)).code is AnswerCode.NOT_CONFIGURED
    shop.reader.scan(code.encode())
    assert shop.display.latest().screen is Screen.NOT_CONFIGURED
    assert shop.agent.on_control(AskClaim()).code is AnswerCode.NO_CLAIM


def test_agent_takes_a_code_after_a_restart(make_shop: MakeShop, code: str) -> None:
    """A code says all of itself; only the list of those that can be printed is gone."""
    shop = make_shop(configured=False)
    assert shop.agent.on_control(AskClaim()).code is AnswerCode.NO_CLAIM
    assert shop.agent.on_control(Claim(code=code)).code is AnswerCode.CLAIM_TAKEN


def test_agent_takes_no_claim_that_its_journal_cannot_keep(make_shop: MakeShop, code: str) -> None:
    """A full disk refuses a claim as any sale, and the code stays good."""
    shop = make_shop(reserve_bytes=2**60)
    shop.peer.configure(PROGRAMME, version=2)
    shop.run()
    shop.tap()
    assert shop.agent.on_control(Claim(code=code)).code is AnswerCode.JOURNAL_FULL
    assert shop.peer.transactions == {}
