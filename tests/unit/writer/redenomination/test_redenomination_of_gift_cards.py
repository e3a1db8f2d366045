"""Gift cards across a redenomination: one card, a wallet in each currency."""

from __future__ import annotations

from gateway.ledger.rows_members import GiftCardRow
from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.model.money import IRR
from gateway.model.outcome import Status
from simulators.given.teheran import GIFT, IRT, Teheran
from simulators.rules_shop import HOUR_MS, Purse
from simulators.rules_till import RulesTill, card_named


def test_a_gift_card_names_its_new_wallet(shop: Teheran, till: RulesTill) -> None:
    """The card pays in tomans, is loaded in tomans, and a late load in rials reaches it too."""
    shop.do(till.load("card", 1_000_050, GIFT))
    shop.change_over()
    (old,) = shop.rows(GiftCardRow)
    till.currency = IRT
    answer = shop.ask(till.reserve("card", "sale", 4_000, GIFT))
    shop.do(till.post("card", "sale", answer), till.load("card", 500, GIFT))
    assert shop.gift("card") == Purse(active=10_000 - 4_000 + 500)
    till.currency, till.late_ms = IRR, 2 * HOUR_MS
    shop.do(till.load("card", 100_000, GIFT))
    assert shop.gift("card") == Purse(active=7_500)
    (new,) = shop.rows(GiftCardRow)
    assert new.wallet_id == f"{old.wallet_id}:IRT"


def test_a_gift_card_of_after_the_change_takes_late_rials(shop: Teheran, till: RulesTill) -> None:
    """A card that was sold in tomans first gets a wallet for the rials that a till tells late."""
    shop.change_over()
    other = shop.till("till-2")
    other.currency = IRT
    shop.do(other.load("card", 500, GIFT))
    till.late_ms = 2 * HOUR_MS
    shop.do(till.load("card", 100_000, GIFT))
    assert shop.gift("card") == Purse(active=1_500)
    (card,) = shop.rows(GiftCardRow)
    assert card.wallet_id.count(":") == 1


def test_the_first_load_of_a_gift_card_may_be_late(shop: Teheran, till: RulesTill) -> None:
    """A card that nobody knew is issued in rials and is one of tomans when the commit ends."""
    shop.change_over()
    till.late_ms = 2 * HOUR_MS
    shop.do(till.load("card", 100_000, GIFT))
    assert shop.gift("card") == Purse(active=1_000)


def test_an_empty_gift_card_is_loaded_in_the_new_currency(shop: Teheran, till: RulesTill) -> None:
    """A card with nothing on it has nothing to bring over, and takes tomans all the same."""
    shop.do(till.load("card", 100_000, GIFT))
    answer = shop.ask(till.reserve("card", "sale", 100_000, GIFT, 100_000))
    shop.do(till.post("card", "sale", answer, 100_000))
    shop.change_over()
    till.currency = IRT
    shop.do(till.load("card", 700, GIFT))
    assert shop.gift("card") == Purse(active=700)
    token = card_named("card").token.hex()
    parts: CommandParts = {"token": token, "amount": 300, "last_four": "1234"}
    assert shop.command(LedgerCommandKind.ISSUE_GIFT_CARD, **parts).status is Status.APPLIED
    assert shop.gift("card") == Purse(active=1_000)
