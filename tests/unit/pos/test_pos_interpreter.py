"""When a paper ends, when its total is told, and what may leave the terminal."""

from __future__ import annotations

from dataclasses import replace

from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    NotASaleReason,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.profile import Boundary, ShopProfile
from terminal_agent.pos.profile_file import load_profile

BODY = b"Brot          3,00\nMilch         3,30\nSUMME         6,30\n"
CUT = b"\x1dV\x00"
PULSE = b"\x1bp\x00\x32\x32"
VISA = "4111 1111 1111 1111"


def eur() -> ShopProfile:
    """The shipped euro profile."""
    return load_profile("generic-escpos-eur")


def listen(data: bytes, profile: ShopProfile | None = None) -> list[TillEvent]:
    """What a fresh listener makes of bytes that come at once, without any silence."""
    return PaperListener(profile or eur()).feed(data, 0)


def sales(events: list[TillEvent]) -> list[int]:
    """The totals of the closed sales."""
    return [event.sale.total_minor for event in events if isinstance(event, SaleClosed)]


def test_total_is_told_before_the_paper_ends() -> None:
    """The prompt for a card need not wait for the cut."""
    events = listen(BODY)
    assert [type(event) for event in events] == [TotalSeen]
    assert isinstance(events[0], TotalSeen)
    assert events[0].total_minor == 630


def test_total_comes_with_the_goods_that_add_up_to_it() -> None:
    """What offers take off may depend on what is bought, and is asked before the paper ends."""
    (seen,) = listen(BODY)
    assert isinstance(seen, TotalSeen)
    assert [(line.label, line.amount_minor) for line in seen.lines] == [
        ("Brot", 300),
        ("Milch", 330),
    ]


def test_paper_of_nothing_is_told_with_what_it_would_be() -> None:
    """Whoever knows that everything was taken off can make a sale of it; by itself it is none."""
    body = b"Kaffee        3,00\nRabatt       -3,00\nSUMME         0,00\nBeleg-Nr. 77\n"
    (event,) = listen(body + CUT)
    assert isinstance(event, NotASale)
    assert event.reason is NotASaleReason.ZERO_TOTAL
    assert event.sale is not None
    assert (event.sale.total_minor, event.sale.receipt_number) == (0, "77")


def test_total_that_changes_is_told_again() -> None:
    """A grand total behind a total replaces it, on the prompt and in the sale."""
    events = listen(BODY + b"MwSt          1,20\nGesamtbetrag  7,50\n" + CUT)
    seen = [event.total_minor for event in events if isinstance(event, TotalSeen)]
    assert list(dict.fromkeys(seen)) == [630, 750]
    assert sales(events) == [750]


def test_tax_below_a_total_is_told_with_it_again() -> None:
    """Offers that look at amounts before tax can be asked what they take off once it is known."""
    events = listen(BODY + b"MwSt 19%      1,01\nDanke\n" + CUT)
    seen = [(one.total_minor, one.tax_minor) for one in events if isinstance(one, TotalSeen)]
    assert seen == [(630, None), (630, 101)]
    (closed,) = (one.sale for one in events if isinstance(one, SaleClosed))
    assert (closed.total_minor, closed.tax_minor) == (630, 101)


def test_cut_closes_and_pulse_does_not() -> None:
    """A drawer pulse before, within and after a receipt ends nothing and begins nothing."""
    events = listen(PULSE + BODY[:20] + PULSE + BODY[20:] + PULSE)
    assert not sales(events)
    listener = PaperListener(eur())
    closed = listener.feed(PULSE + BODY + PULSE + CUT + PULSE, 0) + listener.idle(60_000)
    assert sales(closed) == [630]
    assert len(closed) == 2


def test_initialise_behind_text_closes() -> None:
    """A till without a cutter ends a receipt where it begins the next."""
    assert sales(listen(b"\x1b@" + BODY + b"\x1b@")) == [630]
    assert listen(b"\x1b@\x1b@\x1b@") == []


def test_silence_closes() -> None:
    """A till that sends neither cut nor initialise ends a receipt by falling silent."""
    listener = PaperListener(eur())
    listener.feed(BODY, 0)
    assert listener.deadline_ms == 2_000
    assert listener.idle(1_999) == []
    assert sales(listener.idle(2_000)) == [630]
    assert listener.deadline_ms is None


def test_last_line_without_a_line_feed_counts() -> None:
    """A total cut off right behind its last digit is still a line."""
    assert sales(listen(BODY[:-1] + CUT)) == [630]


def test_profile_says_what_ends_a_receipt() -> None:
    """A till that initialises within receipts can be told apart by its profile."""
    profile = replace(eur(), boundaries=frozenset({Boundary.CUT}))
    assert sales(listen(BODY[:20] + b"\x1b@" + BODY[20:] + CUT, profile)) == [630]


def test_several_papers_are_several_sales() -> None:
    """Each cut gives its own sale."""
    assert sales(listen((BODY + CUT) * 3)) == [630, 630, 630]


def test_customer_display_on_the_same_cable_is_not_printed() -> None:
    """Text routed to a display by ESC = never becomes part of a receipt."""
    display = b"\x1b=\x02SUMME        99,99\n\x1b=\x01"
    assert sales(listen(BODY[:20] + display + BODY[20:] + CUT)) == [630]


def test_display_that_is_never_switched_back_does_not_deafen() -> None:
    """A lost switch back to the printer heals at the next silence."""
    listener = PaperListener(eur())
    listener.feed(b"\x1b=\x02Hello", 0)
    assert sales(listener.feed(BODY + CUT, 10_000)) == [630]


def test_lost_line_drops_half_a_receipt_and_asks() -> None:
    """What was half heard is no sale, but a total that was there is asked about."""
    listener = PaperListener(eur())
    listener.feed(BODY, 0)
    events = listener.lost()
    assert [type(event) for event in events] == [NeedsReview]
    assert isinstance(events[0], NeedsReview)
    assert events[0].reasons == (ReviewReason.LINE_LOST,)
    assert events[0].candidates_minor == (630,)
    assert listener.feed(CUT, 10) == []


def test_lost_line_without_a_total_says_nothing() -> None:
    """Half a header is not worth a question."""
    listener = PaperListener(eur())
    listener.feed(b"CAFE MUELLER\nBrot     3,00\n", 0)
    assert listener.lost() == []


def test_picture_alone_is_told_as_such() -> None:
    """A till that prints everything as pictures needs another tap: the agent must hear of it."""
    picture = b"\x1dv0\x00\x01\x00\x02\x00\xff\xff"
    assert listen(picture + CUT) == [NotASale(reason=NotASaleReason.IMAGE_ONLY)]


def test_unknown_commands_lower_the_confidence() -> None:
    """Behind a command nobody knows, size no longer confirms a label; the items still do."""
    big = b"\x1d!\x11SUMME   6,30\n\x1d!\x00"
    assert sales(listen(big + CUT)) == [630]
    assert not sales(listen(b"\x1bZ" + big + CUT))
    assert sales(listen(b"\x1bZ" + BODY + CUT)) == [630]


def test_reprint_without_a_notice_has_the_same_key() -> None:
    """The same paper twice is the same sale: number, date and total name it."""
    paper = b"Beleg-Nr: 4711\n23.11.2025 14:07\n" + BODY + CUT
    keys = {event.sale.key for event in listen(paper + paper) if isinstance(event, SaleClosed)}
    other = listen(paper.replace(b"4711", b"4712"))
    assert len(keys) == 1
    assert keys.isdisjoint(event.sale.key for event in other if isinstance(event, SaleClosed))


def test_prompt_and_sale_share_the_key_where_the_number_is_known() -> None:
    """A receipt that prints number and date first is named the same before and after its end."""
    events = listen(b"Beleg-Nr: 4711\n23.11.2025 14:07\n" + BODY + CUT)
    assert isinstance(events[0], TotalSeen)
    assert isinstance(events[1], SaleClosed)
    assert events[0].key == events[1].sale.key


def test_card_number_never_leaves() -> None:
    """A card number on the paper is masked in labels, in questions, and is no receipt number."""
    numbered = f"Beleg-Nr: {VISA.replace(' ', '')}\nKarte {VISA} 3,00\n".encode()
    closed = listen(numbered + b"Brot          3,30\nSUMME         6,30\n" + CUT)
    asked = listen(numbered + b"SUMME         6,31\n" + CUT)
    assert sales(closed) == [630]
    assert any(isinstance(event, NeedsReview) for event in asked)
    for event in (*closed, *asked):
        assert "41111111" not in repr(event).replace(" ", "")


def test_paper_without_end_is_asked_about_and_bounded() -> None:
    """A journal of thousands of lines is neither kept whole nor awarded."""
    events = listen(b"Brot          3,00\n" * 3_000 + b"SUMME     9.000,00\n" + CUT)
    assert not sales(events)
    assert len(events) == 1
