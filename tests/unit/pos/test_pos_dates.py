"""When a paper was printed: dates and times of many countries, and what looks like one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_agent.pos.interpreters.dates import DateReader
from terminal_agent.pos.interpreters.events import NeedsReview, RefundSeen, SaleClosed
from terminal_agent.pos.interpreters.fiscal import read_fiscal
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile import DateOrder
from terminal_agent.pos.profile_file import load_profile

CUT = b"\x1dV\x00"


def printed(profile: str, *lines: str, order: DateOrder | None = None) -> str | None:
    """The moment that a profile finds on a paper."""
    reader = DateReader(replace(load_profile(f"generic-escpos-{profile}"), date_order=order))
    moment = reader.printed_at(list(lines))
    return None if moment is None else moment.iso


@pytest.mark.parametrize(
    ("profile", "lines", "moment"),
    [
        ("eur", ["23.11.2025 14:07"], "2025-11-23T14:07:00"),
        ("eur", ["2025-11-22T14:07:33"], "2025-11-22T14:07:33"),
        ("eur", ["Datum 23.11.25", "Uhrzeit: 14:07 Uhr"], "2025-11-23T14:07:00"),
        ("eur", ["22.11.2025/14:07"], "2025-11-22T14:07:00"),
        ("eur", ["22.11.2025-14:07:33 Kasse 1"], "2025-11-22T14:07:33"),
        ("eur", ["04/05/2025"], "2025-05-04"),
        ("usd", ["04/05/2025"], "2025-04-05"),
        ("usd", ["11/23/25 5:42 PM"], "2025-11-23T17:42:00"),
        ("usd", ["11/23/25 12:05 am"], "2025-11-23T00:05:00"),
        ("usd", ["23/11/2025"], "2025-11-23"),
        ("usd", ["Monday 6th of April 2015 02:56:25 PM"], "2015-04-06T14:56:25"),
        ("usd", ["Nov 22, 2025 2:07pm"], "2025-11-22T14:07:00"),
        ("eur", ["22-NOV-2025"], "2025-11-22"),
        ("eur", ["6. März 2025 um 14.07 Uhr"], "2025-03-06T14:07:00"),
        ("eur", ["22 novembre 2025 à 14h07"], "2025-11-22T14:07:00"),
        ("eur", ["le 1er août 2025"], "2025-08-01"),
        ("eur", ["22 de noviembre de 2025"], "2025-11-22"),
        ("pln", ["22 listopada 2025 14:07"], "2025-11-22T14:07:00"),
        ("rub", ["22 ноября 2025"], "2025-11-22"),
        ("try", ["22 Kasım 2025"], "2025-11-22"),
        ("irr", ["تاریخ: 1404/08/22 ساعت: 14:07"], "2025-11-13T14:07:00"),
        ("irr", ["۱۴۰۴/۰۸/۲۲", "۱۴:۰۷:۳۳"], "2025-11-13T14:07:33"),
        ("irr", ["04/08/22 09:05"], "2025-11-13T09:05:00"),
        ("irr", ["99/12/30"], "2021-03-20"),
        ("irr", ["22/08/1404"], "2025-11-13"),
        ("irr", ["۲۲ آبان ۱۴۰۴"], "2025-11-13"),
        ("irr", ["2025/11/13 14:07"], "2025-11-13T14:07:00"),
        ("cny", ["2025年11月22日 14:07:33"], "2025-11-22T14:07:33"),
        ("cny", ["2025-11-22 下午 02:07"], "2025-11-22T14:07:00"),
        ("jpy", ["2025年11月22日(土) 14時07分"], "2025-11-22T14:07:00"),
        ("krw", ["2025년 11월 22일 오후 2:07"], "2025-11-22T14:07:00"),
        ("twd", ["114年11月22日"], "2025-11-22"),
        ("twd", ["25/11/22"], "2025-11-22"),
    ],
)
def test_dates_are_read_as_the_country_writes_them(
    profile: str, lines: list[str], moment: str
) -> None:
    """Each form, Gregorian or Jalali, becomes one local ISO 8601 moment."""
    assert printed(profile, *lines) == moment


@pytest.mark.parametrize(
    ("profile", "line"),
    [
        ("irr", "1404/12/30"),
        ("irr", "1403/13/01"),
        ("eur", "31.02.2025"),
        ("eur", "192.168.10.20"),
        ("eur", "1.2.2025.4"),
        ("eur", "Steuernr. 12/345/67890"),
        ("eur", "Tel. 030-12-34"),
        ("eur", "gültig bis 31.12.2025"),
        ("irr", "اعتبار تا 1405/01/01"),
        ("eur", "14:07"),
        ("eur", "20251122 140733"),
        ("eur", "01.01.1890"),
    ],
)
def test_what_is_no_date_of_the_paper_is_none(profile: str, line: str) -> None:
    """Days that do not exist, addresses, tax numbers and last days of offers are not its date."""
    assert printed(profile, line) is None


def test_the_profile_says_what_ambiguous_numbers_are() -> None:
    """``date_order`` decides where the currency's custom is not the shop's."""
    assert printed("eur", "04/05/06", order=DateOrder.DAY_FIRST) == "2006-05-04"
    assert printed("eur", "04/05/06", order=DateOrder.MONTH_FIRST) == "2006-04-05"
    assert printed("eur", "04/05/06", order=DateOrder.YEAR_FIRST) == "2004-05-06"


def test_opening_hours_are_no_time() -> None:
    """The date with a time of its own wins over those around it; a range of hours is none."""
    head = ("Mo-Fr 08:00 - 18:00", "Aktion seit 01.11.2025")
    assert printed("eur", *head, "22.11.2025 14:07") == "2025-11-22T14:07:00"
    assert printed("eur", "22.11.2025", "Mo-Fr 08:00 - 18:00") == "2025-11-22"


def test_sale_question_and_refund_tell_when() -> None:
    """All three carry the printed moment."""
    body = b"22.11.2025 14:07\nBrot   3,00\n"
    profile = load_profile("generic-escpos-eur")
    papers = (
        (body + b"SUMME  3,00\n", SaleClosed),
        (body + b"SUMME  4,00\n", NeedsReview),
        (b"RETOURE\n" + body + b"SUMME  3,00\n", RefundSeen),
    )
    for paper, kind in papers:
        event = PaperListener(profile).feed(paper + CUT, 0)[-1]
        assert isinstance(event, kind)
        assert event.occurred_at == "2025-11-22T14:07:00"


def test_a_question_carries_the_sale_it_would_be() -> None:
    """Who finds the likeliest total right needs goods and evidence with it."""
    paper = b"Brot   3,00\nMilch  1,00\nSUMME  4,00\nGegeben 5,00\nR\xfcckgeld 2,00\n"
    (event,) = [
        one
        for one in PaperListener(
            replace(load_profile("generic-escpos-eur"), default_encoding="cp1252")
        ).feed(paper + CUT, 0)
        if isinstance(one, NeedsReview)
    ]
    assert event.sale is not None
    assert (event.sale.total_minor, event.candidates_minor[0]) == (400, 400)
    assert event.sale.key == event.key
    assert {kind.value for kind in event.evidence} == {"items", "label"}


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2025-11-22T13:07:33.000Z", "2025-11-22T14:07:33"),
        ("2025-07-10T18:41:04.000Z", "2025-07-10T20:41:04"),
        ("2025-03-30T00:59:59.000Z", "2025-03-30T01:59:59"),
        ("2025-03-30T01:00:00.000Z", "2025-03-30T03:00:00"),
        ("2025-10-26T00:59:59.000Z", "2025-10-26T02:59:59"),
        ("2025-10-26T01:00:00.000Z", "2025-10-26T02:00:00"),
        ("2025-12-31T23:30:00.000Z", "2026-01-01T00:30:00"),
        ("2025-13-01T00:00:00.000Z", None),
        ("yesterday", None),
    ],
)
def test_a_german_fiscal_code_tells_utc(utc: str, local: str | None) -> None:
    """Its end becomes what clocks in Berlin show, on the days they change too."""
    data = f"V0;K;Kassenbeleg-V1;Beleg^3.00_0.00_0.00_0.00_0.00^3.00:Bar;1;2;{utc};{utc};a;b;c;d"
    finding = read_fiscal(data.encode())
    assert finding is not None
    assert (finding.total_minor, finding.occurred_at) == (300, local)


def test_the_code_tells_when_the_text_does_not() -> None:
    """A paper without a printed date has the fiscal code's."""
    code = b"_R1-AT1_K1_1_2025-11-22T14:07:33_3,00_0,00_0,00_0,00_0,00_x_1_c_s"
    body = b"1P0" + code
    qr = b"\x1d(k" + len(body).to_bytes(2, "little") + body + b"\x1d(k\x03\x001Q0"
    paper = b"Brot   3,00\nSUMME  3,00\n" + qr + CUT
    event = PaperListener(load_profile("generic-escpos-eur")).feed(paper, 0)[-1]
    assert isinstance(event, SaleClosed)
    assert event.occurred_at == "2025-11-22T14:07:33"


@given(lines=st.lists(st.text(max_size=60), max_size=6))
def test_no_text_breaks_the_reader(lines: list[str]) -> None:
    """Whatever is printed, there is a moment or none."""
    for profile in ("eur", "usd", "irr", "twd"):
        moment = printed(profile, *lines)
        assert moment is None or len(moment) in (10, 19)
