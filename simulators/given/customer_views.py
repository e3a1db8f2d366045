"""What pictures for a customer are drawn from: a member, what is held, and a language."""

from __future__ import annotations

import re
from datetime import date

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.instrument import Instrument
from terminal_agent.customer_display.picture import Picture, picture_of
from terminal_agent.session.view import MemberView, Owned, Part, Title, View
from terminal_agent.texts.catalogue import load_texts

DRINK = Title(id="free-drink", en="A drink of your choice", fa="نوشیدنی به انتخاب شما")
PARTS = (
    Part(instrument=Instrument.OFFER, points=20, amount_minor=200_000, title=DRINK),
    Part(instrument=Instrument.POINTS, points=100, amount_minor=500_000),
)
#: As long as a receipt's code usually is.
CLAIM = "MOHR:" + "AMAQEAYEAUDAOCAJBIFQYDIOB4" * 4
MEMBER = MemberView(
    tier=Title(id="gold", en="Gold", fa="طلایی"),
    benefits=(Title(id="seat", en="Window seat", fa="میز کنار پنجره"),),
    owned=(Owned(title=DRINK, quantity=2),),
    credit_minor=340_000,
    pending_points=12,
    last_points=90,
    last_day=date(2026, 12, 31),
)


def drawn(view: View, language: Language = Language.EN) -> Picture:
    """The picture of a view, in tomans where there are rials."""
    return picture_of(view, load_texts(language), MoneyUnit.TOMAN)


def plain(text: str) -> str:
    """A text without the marks that isolate what was filled in."""
    return re.sub("[\u2066-\u2069]", "", text)
