"""Every picture that a customer's page shows on a shop day, and the most it may have to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.formatting.numbers import Language
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, IRR, Currency
from gateway.model.outcome import Reason
from gateway.readers.reader import CardTrouble
from simulators.given.customer_views import CLAIM
from terminal_agent.session.view import (
    MemberView,
    Notice,
    Part,
    Refusal,
    Screen,
    Title,
    View,
)


def a_visit(language: Language) -> dict[str, View]:
    """Every picture of a shop day, with the figures it would have."""
    return _until_the_sale_closes(language) | _when_it_closed(language)


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a day's pictures tell: the amounts and names of a shop in that language."""

    currency: Currency
    total_minor: int
    off_minor: int
    name: str

    @property
    def sale(self) -> dict[str, object]:
        return {"total_minor": self.total_minor, "points": 24}

    @property
    def points(self) -> Part:
        return Part(instrument=Instrument.POINTS, points=100, amount_minor=self.off_minor)

    def view(self, screen: Screen, **said: object) -> View:
        figures: dict[str, object] = {
            "currency": self.currency, "reward_points": 100, "reward_minor": self.off_minor,
        }  # fmt: skip
        return View(screen=screen, **(figures | said))  # type: ignore[arg-type] # parts by name


_FIGURES: Final = {
    Language.FA: _Figures(currency=IRR, total_minor=2_450_000, off_minor=500_000, name="مریم"),
    Language.EN: _Figures(currency=EUR, total_minor=1_895, off_minor=500, name="Anna"),
}


def _until_the_sale_closes(language: Language) -> dict[str, View]:
    day = _FIGURES[language]
    view, sale, points, off, total = (
        day.view, day.sale, day.points, day.off_minor, day.total_minor,
    )  # fmt: skip
    paid = {"redeem_points": 100, "redeem_minor": off}
    spring = Title(id="spring", en="Spring greeting", fa="شادباش بهار")
    offer = Part(instrument=Instrument.OFFER, amount_minor=off, title=spring)
    gift = Part(instrument=Instrument.GIFT, points=off, amount_minor=off)
    gold = MemberView(tier=Title(id="gold", en="Gold", fa="طلایی"), credit_minor=off // 2)
    return {
        "idle": view(Screen.READY),
        "soon": view(Screen.NOT_CONFIGURED),
        "offline": view(Screen.READY, offline=True),
        "reader": view(Screen.READY, notice=Notice.READER_LOST),
        "trouble": view(Screen.READY, trouble=CardTrouble.RANDOM_UID),
        "card": view(Screen.CARD, balance_points=42),
        "named": view(Screen.CARD, balance_points=1_234, greeting=day.name),
        "gold": view(Screen.CARD, balance_points=1_234, greeting=day.name, member=gold),
        "gift-card": view(Screen.READY, purse_minor=off, notice=Notice.GIFT_CARD_SEEN),
        "unknown": view(Screen.CARD, reason=Reason.UNKNOWN_CARD),
        "sale": view(Screen.SALE, **sale),
        "preview": view(Screen.PREVIEW, balance_points=342, **sale, **paid),
        "remark": view(
            Screen.PREVIEW, balance_points=42, notice=Notice.REDEEM_OFFLINE, offline=True, **sale
        ),
        "cash-back": view(
            Screen.PREVIEW, balance_points=342, coming_minor=off // 10, about=True, **sale
        ),
        "waiting": view(Screen.AUTHORISING, balance_points=342, **sale),
        "reserved": view(
            Screen.RESERVED, balance_points=242, parts=(points,), due_minor=total - off, **sale
        ),
        "offer": view(Screen.RESERVED, parts=(offer,), due_minor=total - off, **sale),
        "gift-pays": view(Screen.RESERVED, parts=(gift,), due_minor=total - off, **sale),
        "several": view(
            Screen.RESERVED, parts=(offer, points, gift), due_minor=total - 3 * off, **sale
        ),
    }


def _when_it_closed(language: Language) -> dict[str, View]:
    day = _FIGURES[language]
    view, sale, points, total = day.view, day.sale, day.points, day.total_minor
    return {
        "late": view(Screen.LATE, **sale),
        "claim": view(Screen.LATE, claim=CLAIM, **sale),
        "claiming": view(Screen.LATE, notice=Notice.CLAIM_TAKEN, **sale),
        "claimed": view(
            Screen.NOT_APPLIED,
            reason=Reason.SALE_ALREADY_RECORDED,
            notice=Notice.CLAIM_KNOWN,
            **sale,
        ),
        "accepting": view(Screen.ACCEPTING),
        "accepted": view(Screen.ACCEPTED, offline=True, **sale),
        "applied": view(
            Screen.APPLIED, balance_points=66, greeting=day.name, parts=(points,), **sale
        ),
        "otherwise": view(Screen.APPLIED, balance_points=66, promised_points=30, **sale),
        "held": view(Screen.HELD, points=24),
        "not-applied": view(Screen.NOT_APPLIED, reason=Reason.CARD_BLOCKED),
        "refused": view(Screen.REFUSED, refusal=Refusal.JOURNAL_FULL),
        "enrolled": view(Screen.ENROLLED),
        "refunded": view(Screen.REFUND_ACCEPTED),
        "loading": view(Screen.LOADING, load_minor=total),
        "topped-up": view(Screen.TOPPED_UP, load_minor=total),
        "gift-loaded": view(Screen.GIFT_LOADED, load_minor=total),
        "event": view(Screen.EVENT_RECORDED),
        "fault": view(Screen.FAULT),
        "stopped": view(Screen.STOPPED),
    }


def long_words(language: Language) -> dict[str, View]:
    """The most that a moment may have to say: large amounts, long names, a remark beside them."""
    persian = language is Language.FA
    total, off = (987_654_320, 123_456_780) if persian else (12_345_678, 1_234_567)
    name = "فاطمه‌زهرا حسینی‌نژاد" if persian else "Alexandra Papadopoulos"
    figures: dict[str, object] = {
        "currency": IRR if persian else EUR, "total_minor": total, "points": 123_456,
        "balance_points": 1_234_567, "redeem_points": 1_000_000, "redeem_minor": off,
        "reward_points": 2_000_000, "reward_minor": off, "greeting": name,
        "coming_minor": off, "purse_minor": off, "load_minor": total, "due_minor": total - off,
    }  # fmt: skip
    title = Title(
        id="long",
        en="A breakfast for two at the window seat",
        fa="صبحانهٔ دونفره کنار پنجره",
    )
    reward = Part(instrument=Instrument.REWARD, points=100_000, amount_minor=off, title=title)
    top = MemberView(tier=title, credit_minor=off)

    def view(screen: Screen, **said: object) -> View:
        return View(screen=screen, **(figures | said))  # type: ignore[arg-type]

    return {
        "long-card": view(Screen.CARD, offline=True),
        "long-gold": view(Screen.CARD, offline=True, member=top),
        "long-unknown": view(Screen.CARD, balance_points=None, reason=Reason.UNKNOWN_CARD),
        "long-preview": view(Screen.PREVIEW),
        "long-few": view(Screen.PREVIEW, reason=Reason.INSUFFICIENT_POINTS, offline=True),
        "long-trouble": view(Screen.PREVIEW, trouble=CardTrouble.RANDOM_UID),
        "long-reserved": view(Screen.RESERVED, parts=(reward,), notice=Notice.ALREADY_RECORDED),
        "long-about": view(Screen.PREVIEW, about=True, notice=Notice.PRESENT_GIFT_CARD),
        "long-otherwise": view(Screen.APPLIED, parts=(reward,), promised_points=654_321),
        "long-late": view(Screen.LATE, offline=True),
        "long-claim": view(Screen.LATE, claim=CLAIM, offline=True),
        "long-late-trouble": view(Screen.LATE, trouble=CardTrouble.RANDOM_UID, offline=True),
        "long-accepted": view(Screen.ACCEPTED, offline=True, notice=Notice.REDEEM_TOO_LATE),
        "long-applied": view(Screen.APPLIED, notice=Notice.NEEDS_REVIEW),
        "long-held": view(Screen.HELD, notice=Notice.NO_CARD),
    }
