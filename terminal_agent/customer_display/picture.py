"""From a view of the counter to what the customer sees of it. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Final

from gateway.formatting.numbers import MoneyUnit, write_signed
from terminal_agent.claim_picture import CodePicture, draw_code
from terminal_agent.customer_display.words import (
    MATTERS,
    NOTICES,
    REASONS,
    REFUSALS,
    RESERVED,
    SCREENS,
    TABLE,
    TAKES_PAGE,
    TROUBLES,
    USED,
    Look,
    Mark,
    Tone,
)
from terminal_agent.session.view import Notice, Screen, View
from terminal_agent.texts.catalogue import Texts
from terminal_agent.texts.words import named

#: Screens that ask for a card: a card that failed, or a reader that is away, changes what they say.
_ASKS_FOR_CARD: Final = frozenset({Screen.READY, Screen.SALE, Screen.LATE})
#: Screens on which it matters to the customer that the gateway is out of reach.
_TELLS_OFFLINE: Final = frozenset(
    {Screen.READY, Screen.CARD, Screen.SALE, Screen.PREVIEW, Screen.LATE}
)
_BRINGS: Final = frozenset({Screen.ACCEPTED, Screen.APPLIED, Screen.HELD})
_NAMED: Final = frozenset({Screen.CARD, Screen.APPLIED})
_WHOLE_PERCENT: Final = 100
_FACTS_MAX: Final = 2


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
class Claim:
    """The code with which a sale can be claimed later, and what to do with it."""

    text: str
    code: CodePicture = field(repr=False)


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
        claim: a code to keep, in the place of the drawing.
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
    claim: Claim | None = None
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
        facts, notices, progress = self._facts(), self._notices()[:1], self._progress()
        if view.screen is Screen.CARD and progress is not None and notices:
            # Points and the way to a reward are what the moment is about; the rest makes room.
            facts = []
        if view.claim is not None:
            # A code to keep needs the room; what was paid stands on the paper.
            facts = []
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
            progress=progress,
            claim=self._claim(),
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
        if self._card_failed:
            return Look("try_again", Mark.CARD, Tone.CAREFUL)
        if self._matter is not None:
            return self._matter
        look = self._own_look() or SCREENS[view.screen]
        if view.screen in _NAMED and view.greeting is not None:
            return Look(f"{look.text}_named", look.mark, look.tone)
        return look

    def _own_look(self) -> Look | None:
        """Where one screen looks in several ways."""
        view = self._view
        match view.screen:
            case Screen.READY if view.notice is Notice.READER_LOST:
                return Look("reader_away", Mark.HELP, Tone.CALM)
            case Screen.READY if view.purse_minor is not None:
                return Look("gift_card", Mark.GIFT, Tone.GLAD)
            case Screen.RESERVED if len(view.parts) == 1:
                return RESERVED[view.parts[0].instrument]
            case Screen.ACCEPTED if view.offline:
                return Look("accepted_offline", Mark.DONE, Tone.GLAD)
            case _:
                return None

    def _hero(self) -> Hero | None:
        """The figure that this moment is about."""
        view = self._view
        amounts = {
            Screen.READY: view.purse_minor,
            Screen.SALE: view.total_minor,
            Screen.PREVIEW: view.total_minor,
            Screen.AUTHORISING: view.total_minor,
            Screen.RESERVED: self._parts_minor() or None,
            Screen.LOADING: view.load_minor,
            Screen.TOPPED_UP: view.load_minor,
            Screen.GIFT_LOADED: view.load_minor,
        }
        if view.screen in amounts:
            return self._hero_of(amounts[view.screen])
        if view.screen is Screen.CARD:
            return self._points(self._texts.number(view.balance_points))
        if view.screen in _BRINGS:
            return self._points(self._coming(signed=True))
        return None

    def _facts(self) -> list[Fact]:
        view = self._view
        coming = self._coming()
        match view.screen:
            case Screen.CARD:
                told = [
                    ("label_tier", self._tier()),
                    ("label_credit", self._money(view.member.credit_minor)),
                ]
            case Screen.PREVIEW:
                balance = self._texts.number(view.balance_points)
                told = [
                    ("label_points", coming),
                    ("label_coming", self._money(view.coming_minor)),
                    ("label_balance", balance),
                ]
            case Screen.RESERVED:
                told = [
                    ("label_total", self._money(view.total_minor)),
                    ("label_due", self._money(view.due_minor)),
                ]
            case Screen.LATE:
                told = [("label_total", self._money(view.total_minor))]
            case Screen.ACCEPTED:
                told = [self._used(), ("label_coming", self._money(view.coming_minor))]
            case Screen.APPLIED:
                told = [
                    self._used(),
                    ("label_balance_new", self._texts.number(view.balance_points)),
                ]
            case _:
                told = []
        known = [(label, value) for label, value in told if value is not None]
        # Two figures beside the large one are what can be taken in at a glance.
        return [Fact(label=self._write(label), value=value) for label, value in known[:_FACTS_MAX]]

    def _progress(self) -> Progress | None:
        view = self._view
        goal, balance = view.reward_points, view.balance_points
        if view.screen not in (Screen.CARD, Screen.APPLIED) or goal is None or balance is None:
            return None
        percent = min(max(balance, 0) * _WHOLE_PERCENT // goal, _WHOLE_PERCENT)
        text = "progress_ready" if balance >= goal else "progress_missing"
        return Progress(percent=percent, text=self._write(text), hint=self._write("progress_gain"))

    def _claim(self) -> Claim | None:
        code = self._view.claim
        if code is None:
            return None
        return Claim(text=self._write("claim_code"), code=draw_code(code))

    def _notices(self) -> list[str]:
        """What went differently, the most pressing first."""
        view = self._view
        told = [
            None if view.trouble is None or self._card_failed else TROUBLES[view.trouble],
            None if view.refusal is None else REFUSALS[view.refusal],
            None if view.promised_points is None else "counted_otherwise",
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

    def _coming(self, *, signed: bool = False) -> str | None:
        """The points that the sale brings, None for none: nobody is promised nothing."""
        view, texts = self._view, self._texts
        if not view.points:
            return None
        written = texts.number(view.points)
        if signed:
            written = write_signed(view.points, texts.language)
        return texts.write("word.about", value=written) if view.about else written

    def _points(self, value: str | None) -> Hero | None:
        return None if value is None else Hero(value=value, unit=self._write("points_unit"))

    def _money(self, amount_minor: int | None) -> str | None:
        view = self._view
        return self._texts.money(amount_minor, view.currency, self._unit, view.before)

    def _hero_of(self, amount_minor: int | None) -> Hero | None:
        """An amount written large; what it was in the currency before stands small beneath."""
        view, texts = self._view, self._texts
        value = texts.money(amount_minor, view.currency, self._unit)
        if value is None or amount_minor is None or view.currency is None or view.before is None:
            return None if value is None else Hero(value=value)
        old_minor = amount_minor * view.before.factor(view.currency)
        return Hero(value=value, unit=texts.money(old_minor, view.before.currency, self._unit))

    def _parts_minor(self) -> int:
        return sum(part.amount_minor for part in self._view.parts)

    def _used(self) -> tuple[str, str | None]:
        """What was taken off or paid on a recorded sale, in one figure."""
        labels = {USED[part.instrument] for part in self._view.parts if part.amount_minor}
        label = labels.pop() if len(labels) == 1 else "label_used_several"
        return label, self._money(self._parts_minor() or None)

    def _tier(self) -> str | None:
        tier = self._view.member.tier
        return None if tier is None else named(tier, self._texts.language)

    def _part_name(self) -> str | None:
        title = self._view.parts[0].title if len(self._view.parts) == 1 else None
        return None if title is None else named(title, self._texts.language)

    def _write(self, name: str) -> str:
        view, number = self._view, self._texts.number
        missing = None
        if view.reward_points is not None and view.balance_points is not None:
            missing = max(view.reward_points - view.balance_points, 0)
        return self._texts.write(
            f"{TABLE}.{name}",
            name=view.greeting,
            points=self._coming(),
            counted=number(view.points),
            promised=number(view.promised_points),
            balance=number(view.balance_points),
            redeem_points=number(view.redeem_points),
            redeem_amount=self._money(view.redeem_minor),
            part_points=number(view.parts[0].points) if len(view.parts) == 1 else None,
            part_name=self._part_name(),
            reward_points=number(view.reward_points),
            reward_amount=self._money(view.reward_minor),
            missing=number(missing),
        )
