"""Receipts that mislead: what must be a sale, what must be asked about, what is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    ReceiptEvent,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.listener import TillListener
from terminal_agent.pos.profile_file import load_profile

EUR: Final = "generic-escpos-eur"
USD: Final = "generic-escpos-usd"
IRR: Final = "generic-escpos-irr"
TOMAN: Final = "generic-escpos-irr-toman"
KRW: Final = "generic-escpos-krw"
CNY: Final = "generic-escpos-cny"

_CODECS: Final = {IRR: "cp1256", TOMAN: "cp1256", KRW: "euc-kr", CNY: "gb18030"}
_QR_PREFIX: Final = "QR:"


@dataclass(frozen=True)
class Case:
    """A paper, one text line a printed line; ``!`` prints it big, ``QR:`` prints a QR code."""

    name: str
    profile: str
    paper: str
    expected: str


def print_paper(paper: str, codec: str) -> bytes:
    """Encode the notation of ``Case`` as ESC/POS with a cut behind it."""
    data = bytearray(b"\x1b@")
    for line in paper.strip("\n").split("\n"):
        if line.startswith(_QR_PREFIX):
            body = b"1P0" + line.removeprefix(_QR_PREFIX).encode()
            data += b"\x1d(k" + len(body).to_bytes(2, "little") + body + b"\x1d(k\x03\x001Q0"
            continue
        big = line.startswith("!")
        text = line.removeprefix("!").replace("ی", "ي") if codec == "cp1256" else line.lstrip("!")
        data += b"\x1d!\x11" * big + text.encode(codec) + b"\x1d!\x00" * big + b"\n"
    return bytes(data + b"\x1dV\x00")


def read(profile: str, data: bytes) -> list[ReceiptEvent]:
    """Everything but the early totals that a profile reads from bytes."""
    events = TillListener(load_profile(profile)).feed(data, 0)
    return [event for event in events if not isinstance(event, TotalSeen)]


def told(events: Sequence[ReceiptEvent]) -> str:
    """The outcome of one paper in a short form."""
    assert len(events) == 1, events
    match events[0]:
        case SaleClosed(sale=sale):
            return f"sale {sale.total_minor}"
        case NeedsReview(reasons=reasons):
            return f"review {' '.join(reason.value for reason in reasons)}"
        case NotASale(reason=reason):
            return f"none {reason.value}"
        case RefundSeen(total_minor=total, original_receipt_number=original):
            return f"refund {total} {original}"
    raise AssertionError(events)


CASES: Final = (
    Case(
        "items and label",
        EUR,
        """
Shop
Kaffee            2,50
Kuchen            3,00
SUMME             5,50
""",
        "sale 550",
    ),
    Case(
        "label alone is asked about",
        EUR,
        """
Shop
SUMME             5,50
""",
        "review uncorroborated",
    ),
    Case(
        "digits lost from label and payment alike leave the tax too large",
        EUR,
        """
Shop
Fernseher        999,00
!SUMME            99,00
inkl. MwSt 19%   159,50
Kartenzahlung     99,00
""",
        "review tax_above_total",
    ),
    Case(
        "big label alone is enough",
        EUR,
        """
Shop
!SUMME    5,50
""",
        "sale 550",
    ),
    Case(
        "big label against the items is asked about",
        EUR,
        """
Kaffee            2,50
Kuchen            3,00
!SUMME    8,50
""",
        "review uncorroborated",
    ),
    Case(
        "fiscal code against the label",
        EUR,
        """
Kaffee            2,50
Kuchen            3,00
SUMME             5,50
QR:V0;K;Kassenbeleg-V1;Beleg^5.60_0.00_0.00_0.00_0.00^5.60:Bar;1
""",
        "review fiscal_differs",
    ),
    Case(
        "fiscal code that disagrees with itself",
        EUR,
        """
Kaffee            2,50
Kuchen            3,00
SUMME             5,50
QR:V0;K;Kassenbeleg-V1;Beleg^5.50_0.00_0.00_0.00_0.00^5.60:Bar;1
""",
        "review fiscal_differs",
    ),
    Case(
        "fiscal code and items without a readable label",
        EUR,
        """
Kaffee            2,50
Kuchen            3,00
QR:V0;K;Kassenbeleg-V1;Beleg^2.50_3.00_0.00_0.00_0.00^5.50:Unbar;1
""",
        "sale 550",
    ),
    Case(
        "fiscal training",
        EUR,
        """
Kaffee            2,50
SUMME             2,50
QR:V0;K;Kassenbeleg-V1;AVTraining^2.50_0.00_0.00_0.00_0.00^2.50:Bar;1
""",
        "none training",
    ),
    Case(
        "fiscal cancellation",
        EUR,
        """
Kaffee            2,50
SUMME             2,50
QR:V0;K;Kassenbeleg-V1;AVBelegstorno^2.50_0.00_0.00_0.00_0.00^2.50:Bar;1
""",
        "none void",
    ),
    Case(
        "Austrian code",
        EUR,
        """
Rechnungsbetrag       18,95
QR:_R1-AT1_K1_4711_2025-11-23T14:07:33_10,00_8,95_0,00_0,00_0,00_bW9ocg==_1a_aGFsbG8=_c2ln
""",
        "sale 1895",
    ),
    Case(
        "payment against the label",
        EUR,
        """
Kaffee            2,50
Kuchen            3,00
SUMME             5,50
Gegeben          10,00
Rückgeld          5,50
""",
        "review payment_differs",
    ),
    Case(
        "payment confirms the label",
        EUR,
        """
Warenkorb
SUMME             5,50
Gegeben          10,00
Rückgeld          4,50
""",
        "sale 550",
    ),
    Case(
        "blank between thousands is not guessed",
        EUR,
        """
Uhr           1 234,56
TOTAL         1 234,56
Karte         1 234,56
""",
        "review total_unreadable",
    ),
    Case(
        "thousands",
        EUR,
        """
Uhr           1.234,56
TOTAL         1.234,56
""",
        "sale 123456",
    ),
    Case(
        "above the ceiling",
        EUR,
        """
Auto         12.345,00
TOTAL        12.345,00
""",
        "review above_ceiling",
    ),
    Case(
        "two currencies",
        EUR,
        """
Kaffee            2,50
TOTAL CHF         2,40
TOTAL EUR         2,50
""",
        "sale 250",
    ),
    Case(
        "other currency only",
        EUR,
        """
Kaffee        CHF 2,40
TOTAL         CHF 2,40
""",
        "review other_currency",
    ),
    Case(
        "goods called Total and Bar",
        USD,
        """
Colgate Total         3.99
Bar Chocolate         2.00
TOTAL                 5.99
CASH                 10.00
CHANGE                4.01
""",
        "sale 599",
    ),
    Case(
        "tax added behind a subtotal",
        USD,
        """
Book                 10.00
Pen                   2.00
SUBTOTAL             12.00
SALES TAX             0.96
TOTAL                12.96
VISA                 12.96
""",
        "sale 1296",
    ),
    Case(
        "total, tax, grand total",
        USD,
        """
Book                 10.00
Pen                   2.00
TOTAL                12.00
TAX                   0.96
GRAND TOTAL          12.96
""",
        "sale 1296",
    ),
    Case(
        "total, discount, total",
        EUR,
        """
Buch                 10,00
Stift                 2,00
SUMME                12,00
Rabatt               -2,00
SUMME                10,00
BAR                  10,00
""",
        "sale 1000",
    ),
    Case(
        "discount among the items",
        EUR,
        """
Buch                 10,00
Rabatt 10%           -1,00
SUMME                 9,00
""",
        "sale 900",
    ),
    Case(
        "voucher is a tender and no discount",
        EUR,
        """
Buch                 10,00
Stift                 2,00
SUMME                12,00
Gutschein            10,00
Zu zahlen             2,00
BAR                   2,00
""",
        "sale 1200",
    ),
    Case(
        "items with unit prices on their own lines",
        EUR,
        """
Brot
  2 x 1,50            3,00 A
Milch
  3 x 1,10            3,30 B
SUMME                 6,30
""",
        "sale 630",
    ),
    Case(
        "unit price line without the sum",
        EUR,
        """
2 x 1,50
Brot                  3,00
SUMME                 3,00
""",
        "sale 300",
    ),
    Case(
        "German tax table behind the total",
        EUR,
        """
Brot                  3,00
Milch                 3,30
SUMME                 6,30
MwSt%    Netto   MwSt  Brutto
A 7%      5,89   0,41    6,30
Gesamt    5,89   0,41    6,30
""",
        "sale 630",
    ),
    Case(
        "total including tax",
        EUR,
        """
Brot                  3,00
Total incl. VAT       3,00
VAT 7%                0,20
""",
        "sale 300",
    ),
    Case(
        "label above its amount",
        EUR,
        """
Brot                  3,00
Milch                 3,30
!TOTAL
!EUR 6,30
""",
        "sale 630",
    ),
    Case(
        "spaced letters",
        EUR,
        """
Brot                  3,00
S U M M E             3,00
""",
        "sale 300",
    ),
    Case(
        "line void within a sale",
        EUR,
        """
Brot                  3,00
Milch                 3,30
STORNO
Milch                -3,30
SUMME                 3,00
""",
        "sale 300",
    ),
    Case(
        "void paper",
        EUR,
        """
*** STORNO ***
Brot                  3,00
SUMME                 3,00
""",
        "none void",
    ),
    Case(
        "reprint at the foot",
        EUR,
        """
Brot                  3,00
SUMME                 3,00
*** KOPIE ***
""",
        "none reprint",
    ),
    Case(
        "training",
        EUR,
        """
SCHULUNG
Brot                  3,00
SUMME                 3,00
""",
        "none training",
    ),
    Case(
        "day's end",
        EUR,
        """
Z-BERICHT Nr. 12
Umsatz             1.300,00
SUMME              1.300,00
""",
        "none report",
    ),
    Case(
        "interim bill",
        EUR,
        """
ZWISCHENRECHNUNG
Brot                  3,00
SUMME                 3,00
""",
        "none proforma",
    ),
    Case(
        "kitchen ticket",
        EUR,
        """
TISCH 5
2 x Schnitzel
1 x Salat
""",
        "none no_total",
    ),
    Case(
        "card slip",
        EUR,
        """
** Kundenbeleg **
Terminal-ID 61234567
!Betrag EUR 18,95
Genehmigungs-Nr 123456
""",
        "none card_slip",
    ),
    Case(
        "first print called customer copy",
        USD,
        """
CUSTOMER COPY
Book                 10.00
TOTAL                10.00
VISA ************1111   10.00
""",
        "sale 1000",
    ),
    Case(
        "return policy in the foot",
        USD,
        """
Book                 10.00
TOTAL                10.00
No refunds without receipt
Returns within 30 days
""",
        "sale 1000",
    ),
    Case(
        "a lone refund word in the foot is asked about",
        USD,
        """
Book                 10.00
TOTAL                10.00
Refund
""",
        "review unclear_notice",
    ),
    Case(
        "refund paper",
        EUR,
        """
*** RETOURE ***
Ursprungsbeleg: 2025-004711
Brot                 -3,00
SUMME                -3,00
""",
        "refund 300 2025-004711",
    ),
    Case(
        "negative total without a word",
        EUR,
        """
Brot                 -3,00
SUMME                -3,00
""",
        "refund 300 None",
    ),
    Case(
        "long digit strings",
        EUR,
        """
EAN 4006381333931
Kundennr 0123456789012345
Brot                  3,00
SUMME                 3,00
Tel. 030 1234567
""",
        "sale 300",
    ),
    Case(
        "zero",
        EUR,
        """
Brot                  3,00
Rabatt               -3,00
SUMME                 0,00
""",
        "none zero_total",
    ),
    Case(
        "contradicting totals",
        EUR,
        """
SUMME                 3,00
TOTAL                 4,00
""",
        "review totals_differ",
    ),
    Case(
        "a price list is no sale",
        EUR,
        """
Kaffee                2,50
Kuchen                3,00
!Menü       5,50
""",
        "review uncorroborated",
    ),
    Case(
        "an offer is no sale",
        EUR,
        """
Nur heute
!4,99
""",
        "none no_total",
    ),
    Case(
        "German supermarket with a card slip below",
        EUR,
        """
BIO BANANEN                         1,79 B
   0,895 kg x   2,00 EUR/kg
MINERALWASSER                       4,14 A
  6 Stk x    0,69
--------------------------------------
SUMME                   EUR         5,93
======================================
Geg. EC-Cash            EUR         5,93
       * *  Kundenbeleg  * *
Terminal-ID                 54123456
Betrag EUR                          5,93
Steuer  %      Netto    Steuer   Brutto
A= 19,0%        3,48      0,66     4,14
B=  7,0%        1,67      0,12     1,79
Gesamtbetrag    5,15      0,78     5,93
""",
        "sale 593",
    ),
    Case(
        "card slip with a purchase line",
        USD,
        """
MERCHANT COPY
AUTH CODE 123456
Purchase             18.95
!TOTAL    18.95
""",
        "none card_slip",
    ),
    Case(
        "restaurant bill with suggested tips",
        USD,
        """
Burger                     15.00
Beer                       12.00
Subtotal                   27.00
Tax                         3.00
Total                      30.00
Tip: ____________
Total: __________
18%  5.40
20%  6.00
""",
        "sale 3000",
    ),
    Case(
        "rounding",
        EUR,
        """
Brot       4,99
Milch      4,97
Summe      9,96
Rundung   -0,01
Total      9,95
Bar       10,00
Rückgeld   0,05
""",
        "sale 995",
    ),
    Case(
        "opening hours among the header",
        EUR,
        """
Geöffnet 08.00 - 18.00
Kaffee     3,00
SUMME      3,00
""",
        "sale 300",
    ),
    Case(
        "shop called Total",
        EUR,
        """
TOTAL Station 4711
Super    35,01 l x 1,779
                      62,30 EUR
SUMME                 62,30 EUR
""",
        "sale 6230",
    ),
    Case(
        "rials",
        IRR,
        """
فروشگاه نمونه
شماره فاکتور: 1045
نان            150,000
پنیر         1,850,000
مبلغ قابل پرداخت   2,000,000 ریال
کارت ۱۲۳۴    2,000,000
""".replace("۱۲۳۴", "1234"),
        "sale 2000000",
    ),
    Case(
        "toman under a rial profile",
        IRR,
        """
نان            15,000
جمع کل         15,000 تومان
""",
        "review other_currency",
    ),
    Case(
        "toman",
        TOMAN,
        """
نان            15,000
پنیر          185,000
جمع کل        200,000 تومان
""",
        "sale 2000000",
    ),
    Case(
        "rial total with the toman beside it",
        IRR,
        """
نان            150,000
پنیر         1,850,000
جمع کل       2,000,000 ریال
معادل          200,000 تومان
""",
        "sale 2000000",
    ),
    Case(
        "Persian reprint",
        IRR,
        """
المثنی
نان            150,000
جمع کل         150,000
""",
        "none reprint",
    ),
    Case(
        "Persian refund",
        IRR,
        """
فاکتور مرجوعی
شماره فاکتور اصلی: 1045
نان            150,000
جمع کل         150,000
""",
        "refund 150000 1045",
    ),
    Case(
        "Korean",
        KRW,
        """
상호: 예제상점
사업자번호: 123-45-67890
아메리카노    4,500   2    9,000
케이크        6,000   1    6,000
합    계                  15,000
받은금액                  20,000
거스름돈                   5,000
""",
        "sale 15000",
    ),
    Case(
        "Korean reprint",
        KRW,
        """
[재출력]
아메리카노    4,500   2    9,000
합계                       9,000
""",
        "none reprint",
    ),
    Case(
        "Chinese",
        CNY,
        """
单号: 20251123001
牛肉面       1     28.00
可乐         2     10.00
合 计             38.00
微信              38.00
""",
        "sale 3800",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_paper_is_read_for_what_it_is(case: Case) -> None:
    """Each misleading paper gives exactly the outcome a careful cashier would give it."""
    data = print_paper(case.paper, _CODECS.get(case.profile, "cp437"))
    assert told(read(case.profile, data)) == case.expected
