"""Codes of sales without a card: every refusal, and what is remembered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.crypto.receipt_claim import claim_key, read_claim
from gateway.model.ids import BranchId, SaleKey, TerminalId
from gateway.model.money import EUR, IRR
from gateway.model.sale import Sale, SaleLine, SaleSource
from terminal_agent.claims import KEPT_MAX, ClaimFault, ClaimGround, Claims

GROUND = ClaimGround(branch=BranchId("b1"), currency=EUR, key=claim_key(bytes(32)))
NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
COFFEE = SaleLine(label="Coffee", quantity_milli=1_000, amount_minor=2_000)


def sale(number: int) -> Sale:
    """A sale by number, with goods and a receipt's number."""
    return Sale(
        key=SaleKey(number.to_bytes(16, "big")),
        total_minor=2_000,
        source=SaleSource.RECEIPT,
        profile="shop",
        lines=(COFFEE,),
        tax_minor=333,
        receipt_number=f"R{number}",
    )


def lane(name: str = "till-1", days: int = 30) -> Claims:
    """A terminal's claims."""
    return Claims(TerminalId(name), days)


def code_of(one: Sale, ground: ClaimGround = GROUND, unix_ms: int = NOW_MS) -> str:
    """The code that another terminal writes for a sale."""
    other = lane("till-2")
    other.note(one, ground.currency, ground, unix_ms)
    code = other.code_of(one.key)
    assert code is not None
    return code


def test_a_claim_of_another_terminal_is_the_sale_without_its_goods() -> None:
    """Key, total, tax and the receipt's number; who told it is the code."""
    read = lane().read(code_of(sale(1)), GROUND, NOW_MS)
    assert read == replace(sale(1), source=SaleSource.CLAIMED, profile="claim", lines=())


def test_a_claim_of_our_own_is_the_sale_with_its_goods() -> None:
    """As long as the terminal remembers it."""
    claims = lane()
    claims.note(sale(1), EUR, GROUND, NOW_MS)
    code = claims.code_of(sale(1).key)
    assert code is not None
    assert claims.read(code, GROUND, NOW_MS) == replace(sale(1), source=SaleSource.CLAIMED)
    for number in range(2, KEPT_MAX + 2):
        claims.note(sale(number), EUR, GROUND, NOW_MS)
    assert claims.code_of(sale(1).key) is None
    forgotten = claims.read(code, GROUND, NOW_MS)
    assert isinstance(forgotten, Sale)
    assert forgotten.lines == ()


@pytest.mark.parametrize(
    ("ground", "fault"),
    [
        (replace(GROUND, key=claim_key(bytes(31) + b"x")), ClaimFault.WRONG),
        (replace(GROUND, branch=BranchId("b2")), ClaimFault.OTHER_BRANCH),
        (replace(GROUND, currency=IRR), ClaimFault.OTHER_CURRENCY),
        (replace(GROUND, currency=replace(EUR, exponent=0)), ClaimFault.OTHER_CURRENCY),
    ],
)
def test_a_claim_from_elsewhere_is_refused(ground: ClaimGround, fault: ClaimFault) -> None:
    """Another programme's, another branch's, and one that counts in another unit."""
    assert lane().read(code_of(sale(1)), ground, NOW_MS) is fault


def test_a_claim_in_the_currency_of_its_moment_is_written() -> None:
    """A sale that closed as the currency changed is counted in what its till told."""
    claims = lane()
    claims.note(sale(1), IRR, GROUND, NOW_MS)
    code = claims.code_of(sale(1).key)
    assert code is not None
    assert read_claim(code, GROUND.key).currency == IRR
    assert claims.read(code, GROUND, NOW_MS) is ClaimFault.OTHER_CURRENCY


def test_a_claim_holds_for_its_days() -> None:
    """To the second; and a time to come is one of two clocks, and no reason to refuse."""
    code, claims = code_of(sale(1)), lane(days=2)
    assert isinstance(claims.read(code, GROUND, NOW_MS + 2 * DAY_MS), Sale)
    assert claims.read(code, GROUND, NOW_MS + 2 * DAY_MS + 1) is ClaimFault.TOO_OLD
    assert isinstance(claims.read(code, GROUND, NOW_MS - 5 * DAY_MS), Sale)


@pytest.mark.parametrize("text", ["", "MOHR:", "MOHR:AMAQ", "hello", "MOHR:" + "A" * 500, "mohr:1"])
def test_what_is_no_claim_is_refused(text: str) -> None:
    """Whatever is typed or scanned is a refusal and no fault."""
    assert lane().read(text, GROUND, NOW_MS) is ClaimFault.WRONG


def test_a_typed_claim_is_read_in_either_case() -> None:
    """Blanks around it come from copying."""
    assert isinstance(lane().read(f" {code_of(sale(1)).lower()}\n", GROUND, NOW_MS), Sale)


def test_the_newest_claim_is_of_a_sale_that_nobody_has() -> None:
    """A late tap, or a claim, takes the code out of what is printed."""
    claims = lane()
    assert claims.newest(()) is None
    claims.note(sale(1), EUR, GROUND, NOW_MS)
    claims.note(sale(2), EUR, GROUND, NOW_MS)
    assert claims.newest(()) == claims.code_of(sale(2).key)
    assert claims.newest([sale(2).key]) == claims.code_of(sale(1).key)
    assert claims.newest([sale(2).key, sale(1).key]) is None


def test_a_sale_that_is_told_twice_keeps_its_claim() -> None:
    """The code on the screen does not change while it is being photographed."""
    claims = lane()
    claims.note(sale(1), EUR, GROUND, NOW_MS)
    first = claims.code_of(sale(1).key)
    claims.note(sale(1), EUR, GROUND, NOW_MS + 5_000)
    assert claims.code_of(sale(1).key) == first


def test_codes_stand_in_no_repr() -> None:
    """Whoever has a code has the points: none reaches a log by way of a value."""
    claims = lane()
    claims.note(sale(1), EUR, GROUND, NOW_MS)
    code = claims.code_of(sale(1).key)
    assert code is not None
    assert code[10:20] not in repr(vars(claims))
    assert GROUND.key.hex() not in repr(GROUND)
    assert repr(GROUND.key) not in repr(GROUND)
