"""Fiscal codes, sale keys and masking, each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.interpreters.fiscal import FiscalFinding, FiscalKind, read_fiscal
from terminal_agent.pos.interpreters.pan import mask_pans
from terminal_agent.pos.sale_key import sale_key


def german(data: str, process: str = "Kassenbeleg-V1") -> FiscalFinding | None:
    """Read a TSE code with this process data."""
    return read_fiscal(f"V0;KASSE-1;{process};{data};4711;9422;t0;t1;alg;fmt;sig;key".encode())


def test_german_code_gives_the_total() -> None:
    """Five tax groups that agree with the payments are the total, in cents."""
    assert german("Beleg^10.00_8.95_0.00_0.00_0.00^20.00:Bar_-1.05:Bar") == FiscalFinding(
        kind=FiscalKind.SALE, total_minor=1895
    )


def test_german_code_with_foreign_cash_gives_the_groups() -> None:
    """Foreign cash is not in euro; the tax groups still are."""
    assert german("Beleg^18.95_0.00_0.00_0.00_0.00^20.00:Bar:CHF") == FiscalFinding(
        kind=FiscalKind.SALE, total_minor=1895
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("AVTraining^1.00_0.00_0.00_0.00_0.00^1.00:Bar", FiscalKind.TRAINING),
        ("AVBelegstorno^1.00_0.00_0.00_0.00_0.00^1.00:Bar", FiscalKind.CANCELLED),
        ("AVBelegabbruch^^", FiscalKind.CANCELLED),
        ("AVBestellung^^", FiscalKind.NO_SALE),
        ("Beleg^18.95_0.00_0.00_0.00_0.00^18.94:Bar", FiscalKind.UNREADABLE),
        ("Beleg^18.95_0.00_0.00_0.00^18.95:Bar", FiscalKind.UNREADABLE),
        ("Beleg^18,9_0.00_0.00_0.00_0.00^18.95:Bar", FiscalKind.UNREADABLE),
        ("Irgendwas", FiscalKind.UNREADABLE),
    ],
)
def test_german_code_that_is_no_plain_sale(data: str, kind: FiscalKind) -> None:
    """Training, cancellation, orders and sums that disagree give no total."""
    assert german(data) == FiscalFinding(kind=kind)


def test_german_order_is_no_sale() -> None:
    """An order's own process type is told from a receipt's."""
    assert german("1;Schnitzel;12.50", "Bestellung-V1") == FiscalFinding(kind=FiscalKind.NO_SALE)


@pytest.mark.parametrize("data", [b"https://example.com/?t=18.95", b"V0;", b"", b"\xff\xfe18.95"])
def test_other_codes_are_not_fiscal(data: bytes) -> None:
    """A link to the shop's page holds no total."""
    assert read_fiscal(data) is None


def austrian(turnover: str = "bW9ocg==") -> FiscalFinding | None:
    """Read an RKSV code with two tax groups."""
    fields = f"R1-AT1_K1_83469_2015-11-25T19:20:11_10,00_8,95_0,00_0,00_0,00_{turnover}_1a_p_s"
    return read_fiscal(f"_{fields}".encode())


def test_austrian_code_gives_the_total() -> None:
    """Five groups with decimal commas add up to the total; training and cancellation do not."""
    assert austrian() == FiscalFinding(
        kind=FiscalKind.SALE, total_minor=1895, occurred_at="2015-11-25T19:20:11"
    )
    assert austrian("U1RP") == FiscalFinding(kind=FiscalKind.CANCELLED)
    assert austrian("VFJB") == FiscalFinding(kind=FiscalKind.TRAINING)
    assert read_fiscal(b"_R1-AT1_K1_1_x_1,00") == FiscalFinding(kind=FiscalKind.UNREADABLE)


@given(data=st.binary(max_size=200))
def test_no_code_breaks_the_reader(data: bytes) -> None:
    """Any bytes in a QR code are read or left alone."""
    for prefix in (b"", b"V0;a;Kassenbeleg-V1;Beleg^", b"_R1-AT1_"):
        finding = read_fiscal(prefix + data)
        assert finding is None or (finding.total_minor is None) == (
            finding.kind is not FiscalKind.SALE
        )


def key(number: str | None = "1", at: str = "d", total: int = 1, text: str = "") -> bytes:
    """A sale key with short defaults."""
    return sale_key(
        profile="p", receipt_number=number, printed_at=at, total_minor=total, text=[text]
    )


def test_key_tells_sales_apart() -> None:
    """Another number, date, total or shop is another sale."""
    keys = {key(), key(number="2"), key(at="e"), key(total=2), key(number=None), key(at="")}
    other_shop = sale_key(profile="q", receipt_number="1", printed_at="d", total_minor=1)
    assert len(keys | {other_shop}) == 7
    assert all(len(one) == 16 for one in keys)


def test_text_matters_only_where_number_or_date_is_missing() -> None:
    """With number and date the text may differ (a reprint's notice); without, it names the sale."""
    assert key(text="a") == key(text="b")
    assert key(number=None, text="a") == key(number=None, text="a")
    assert key(number=None, text="a") != key(number=None, text="b")
    assert key(at="", text="a") != key(at="", text="b")


def test_a_missing_number_is_not_an_empty_one() -> None:
    """No number and the empty number are different things."""
    assert key(number=None, at="") != key(number="", at="")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Karte 4111111111111111", "Karte ************1111"),
        ("4111 1111 1111 1111 VISA", "**** **** **** 1111 VISA"),
        ("4111-1111-1111-1111", "****-****-****-1111"),
        ("4111.1111.1111.1111", "****.****.****.1111"),
        ("۴۱۱۱ ۱۱۱۱ ۱۱۱۱ ۱۱۱۱", "**** **** **** ۱۱۱۱"),
        ("1 4111 1111 1111 1111", "1 **** **** **** 1111"),
        ("378282246310005", "***********0005"),
        ("Tel 030 1234567", "Tel 030 1234567"),
        ("************1111", "************1111"),
    ],
)
def test_card_numbers_are_masked(text: str, masked: str) -> None:
    """Cards with and without blanks, dots or dashes lose all but the last four digits."""
    assert mask_pans(text) == masked


@given(body=st.text("0123456789", min_size=12, max_size=18), before=st.text("ab 1", max_size=4))
def test_no_card_number_survives(body: str, before: str) -> None:
    """Any 13 to 19 digits with a good check digit are masked, whatever stands before them."""
    doubled = [int(digit) * 2 - 9 * (int(digit) > 4) for digit in body[::-2]]
    check = -(sum(doubled) + sum(int(digit) for digit in body[-2::-2])) % 10
    number = f"{body}{check}"
    assert number not in mask_pans(before + number)
