"""From a view of the counter to what the customer sees of it. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from gateway.formatting.numbers import MoneyUnit, write_signed
from terminal_agent.customer_display.words import (
    MATTERS,
    NOTICES,
    REASONS,
    REFUSALS,
    SCREENS,
    TABLE,
    TAKES_PAGE,
    TROUBLES,
    Look,
    Mark,
    Tone,
)
from terminal_agent.session.view import Notice, Screen, View
from terminal_agent.texts.catalogue import Texts

#: Screens that ask for a card: a card that failed, or a reader that is away, changes what they say.
_ASKS_FOR_CARD: Final = frozenset({Screen.READY, Screen.SALE, Screen.LATE})
#: Screens on which it matters to the customer that the gateway is out of reach.
_TELLS_OFFLINE: Final = frozenset(
    {Screen.READY, Screen.CARD, Screen.SALE, Screen.PREVIEW, Screen.LATE}
)
_NAMED: Final = frozenset({Screen.CARD, Screen.APPLIED})
_WHOLE_PERCENT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The one figure that is written large, with its unit where it is no amount of money."""

    value: str
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure with its name."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is to the next reward.

    Attributes:
        percent: 0 to 100, for the bar; rounded down, so that only a whole reward fills it.
        text: what is missing, or that a reward is ready.
        hint: what the reward is worth; empty where the currency is not known.
    """

    percent: int
    text: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that the page draws; every word and figure is written already.

    Attributes:
        screen: the name of the view's screen, for those who style or test the page.
        mark: the drawing.
        tone: the mood.
        title: the heading; never empty.
        lines: sentences beneath it.
        hero: the large figure.
        facts: smaller figures, in order.
        progress: the way to the next reward.
        notices: what went differently, and what to do; calm, at the foot of the page. One at
            most: read from two metres, a small screen has no room for a second.
    """

    screen: Screen
    mark: Mark
    tone: Tone
    title: str
    lines: tuple[str, ...] = ()
    hero: Hero | None = None
    facts: tuple[Fact, ...] = ()
    progress: Progress | None = None
    notices: tuple[str, ...] = ()


def picture_of(view: View, texts: Texts, unit: MoneyUnit) -> Picture:
    """Draw a view for the customer.

    Args:
        view: what the counter shows.
        texts: in which language.
        unit: whether rials are shown as tomans.

    Returns:
        the picture; equal views give equal pictures.
    """
    return _Drawing(view, texts, unit).picture()


def picture_json(picture: Picture) -> bytes:
    """A picture as one line of JSON; members that are None are null."""
    return json.dumps(asdict(picture), ensure_ascii=False, separators=(",", ":")).encode()


class _Drawing:
    """One view with what it takes to write it."""

    def __init__(self, view: View, texts: Texts, unit: MoneyUnit) -> None:
        self._view = view
        self._texts = texts
        self._unit = unit

    def picture(self) -> Picture:
        view = self._view
        look = self._look()
        title, *lines = self._write(look.text).splitlines()
        if self._card_failed and view.trouble is not None:
            lines.append(self._write(TROUBLES[view.trouble]))
        facts, notices = self._facts(), self._notices()[:1]
        if lines and facts and notices:
            # A remark takes the place of an invitation it may well contradict, but not of what
            # was wrong with the card.
            lines, facts = (lines, []) if self._card_failed else ([], facts)
        return Picture(
            screen=view.screen,
            mark=look.mark,
            tone=look.tone,
            title=title,
            lines=tuple(lines),
            hero=self._hero(),
            facts=tuple(facts),
            progress=self._progress(),
            notices=tuple(notices),
        )

    @property
    def _card_failed(self) -> bool:
        """Whether the card that was asked for could not be read: then that is what matters."""
        return self._view.screen in _ASKS_FOR_CARD and self._view.trouble is not None

    @property
    def _matter(self) -> Look | None:
        """How the page looks where a reason is what it is about, such as a locked card."""
        view = self._view
        told = None if view.reason is None else REASONS[view.reason]
        if told is None or told not in TAKES_PAGE.get(view.screen, ()):
            return None
        return MATTERS[told]

    def _look(self) -> Look:
        """The screen's look, or another one where a card, a reason or a name asks for it."""
        view = self._view
        look = SCREENS[view.screen]
        if self._card_failed:
            return Look("try_again", Mark.CARD, Tone.CAREFUL)
        if self._matter is not None:
            return self._matter
        if view.screen is Screen.READY and view.notice is Notice.READER_LOST:
            return Look("reader_away", Mark.HELP, Tone.CALM)
        if view.screen is Screen.ACCEPTED and view.offline:
            return Look("accepted_offline", look.mark, look.tone)
        if view.screen in _NAMED and view.greeting is not None:
            return Look(f"{look.text}_named", look.mark, look.tone)
        return look

    def _hero(self) -> Hero | None:
        """The figure that this moment is about."""
        view = self._view
        match view.screen:
            case Screen.SALE | Screen.PREVIEW | Screen.AUTHORISING:
                value = self._money(view.total_minor)
                return None if value is None else Hero(value=value)
            case Screen.RESERVED:
                value = self._money(view.redeem_minor)
                return None if value is None else Hero(value=value)
            case Screen.CARD:
                return self._points(self._texts.number(view.balance_points))
            case Screen.ACCEPTED | Screen.APPLIED | Screen.HELD:
                coming = view.points or None
                written = None if coming is None else write_signed(coming, self._texts.language)
                return self._points(written)
            case _:
                return None

    def _facts(self) -> list[Fact]:
        view = self._view
        coming = self._texts.number(view.points or None)
        match view.screen:
            case Screen.PREVIEW:
                balance = self._texts.number(view.balance_points)
                told = [("label_points", coming), ("label_balance", balance)]
            case Screen.RESERVED:
                told = [
                    ("label_total", self._money(view.total_minor)),
                    ("label_due", self._due()),
                ]
            case Screen.LATE:
                told = [("label_total", self._money(view.total_minor))]
            case Screen.ACCEPTED:
                told = [("label_paid", self._money(view.redeem_minor))]
            case Screen.APPLIED:
                told = [
                    ("label_paid", self._money(view.redeem_minor)),
                    ("label_balance_new", self._texts.number(view.balance_points)),
                ]
            case _:
                told = []
        return [
            Fact(label=self._write(label), value=value)
            for label, value in told
            if value is not None
        ]

    def _progress(self) -> Progress | None:
        view = self._view
        goal, balance = view.reward_points, view.balance_points
        if view.screen not in (Screen.CARD, Screen.APPLIED) or goal is None or balance is None:
            return None
        percent = min(max(balance, 0) * _WHOLE_PERCENT // goal, _WHOLE_PERCENT)
        text = "progress_ready" if balance >= goal else "progress_missing"
        return Progress(percent=percent, text=self._write(text), hint=self._write("progress_gain"))

    def _notices(self) -> list[str]:
        """What went differently, the most pressing first."""
        view = self._view
        told = [
            None if view.trouble is None or self._card_failed else TROUBLES[view.trouble],
            None if view.refusal is None else REFUSALS[view.refusal],
            self._reason(),
            None if view.notice is None else NOTICES[view.notice],
            "offline" if view.offline and view.screen in _TELLS_OFFLINE else None,
        ]
        # A text of two lines has a heading without a full stop.
        return [". ".join(self._write(name).splitlines()) for name in told if name is not None]

    def _reason(self) -> str | None:
        """The reason's remark, unless the page says it already."""
        view = self._view
        if view.reason is None or self._matter is not None or view.screen is Screen.NOT_APPLIED:
            return None
        return REASONS[view.reason]

    def _points(self, value: str | None) -> Hero | None:
        return None if value is None else Hero(value=value, unit=self._write("points_unit"))

    def _money(self, amount_minor: int | None) -> str | None:
        return self._texts.money(amount_minor, self._view.currency, self._unit)

    def _due(self) -> str | None:
        view = self._view
        if view.total_minor is None or view.redeem_minor is None:
            return None
        return self._money(max(view.total_minor - view.redeem_minor, 0))

    def _write(self, name: str) -> str:
        view, number = self._view, self._texts.number
        missing = None
        if view.reward_points is not None and view.balance_points is not None:
            missing = max(view.reward_points - view.balance_points, 0)
        return self._texts.write(
            f"{TABLE}.{name}",
            name=view.greeting,
            # Nobody is promised nothing: without points to come the sentence is left out.
            points=number(view.points or None),
            balance=number(view.balance_points),
            redeem_points=number(view.redeem_points),
            redeem_amount=self._money(view.redeem_minor),
            reward_points=number(view.reward_points),
            reward_amount=self._money(view.reward_minor),
            missing=number(missing),
        )
