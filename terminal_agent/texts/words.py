"""Turns a view into the lines that a display prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.formatting.dates import write_date
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.instrument import Instrument
from terminal_agent.session.view import Part, Screen, Title, View
from terminal_agent.texts.catalogue import Texts

_SEPARATORS: Final = {Language.FA: "، ", Language.EN: ", "}
#: Screens of a sale that is recorded: what was held is used.
_RECORDED: Final = frozenset({Screen.ACCEPTED, Screen.APPLIED, Screen.HELD, Screen.NOT_APPLIED})
_REWARDS: Final = frozenset({Instrument.REWARD, Instrument.COUPON})


def words_of(view: View, texts: Texts, unit: MoneyUnit) -> tuple[str, ...]:
    """Write a view in words.

    Args:
        view: what to show.
        texts: in which language.
        unit: whether rials are shown as tomans.

    Returns:
        the screen's own lines first, behind the first of them what is held or was used; then what
        went wrong and what to do, then the remark.
    """
    first, *rest = _screen(view, texts, unit).splitlines()
    table = "used" if view.screen in _RECORDED else "held"
    parts = [
        line
        for part in view.parts
        for line in (_part(table, part, view, texts, unit), *_lines_off(part, view, texts, unit))
    ]
    remarks = {
        "refusal": view.refusal,
        "reason": view.reason,
        "trouble": view.trouble,
        "notice": view.notice,
    }
    told = [texts.write(f"{kind}.{code}") for kind, code in remarks.items() if code is not None]
    return tuple("\n".join((first, *parts, *rest, *told)).splitlines())


def _screen(view: View, texts: Texts, unit: MoneyUnit) -> str:
    def money(amount_minor: int | None) -> str | None:
        return texts.money(amount_minor, view.currency, unit, view.before)

    member = view.member
    return texts.write(
        f"screen.{view.screen}",
        points=points_to_come(view, texts),
        coming=money(view.coming_minor),
        promised=texts.number(view.promised_points),
        balance=texts.number(view.balance_points),
        total=money(view.total_minor),
        redeem_points=texts.number(view.redeem_points),
        redeem_amount=money(view.redeem_minor),
        due=money(view.due_minor),
        tier=None if member.tier is None else named(member.tier, texts.language),
        benefits=_listed((named(one, texts.language) for one in member.benefits), texts),
        credit=money(member.credit_minor),
        pending=texts.number(member.pending_points),
        last_points=texts.number(member.last_points),
        last_day=None if member.last_day is None else write_date(member.last_day, texts.language),
        owned=_owned(view, texts),
        purse=money(view.purse_minor),
        load=money(view.load_minor),
    )


def points_to_come(view: View, texts: Texts) -> str | None:
    """The points that a sale brings; a preview that may differ from the receipt says so."""
    written = texts.number(view.points)
    if written is None or not view.about:
        return written
    return texts.write("word.about", value=written)


def named(title: Title, language: Language) -> str:
    """What something is called in a language, or in the other one, or by its id."""
    names = (title.fa, title.en) if language is Language.FA else (title.en, title.fa)
    return next(filter(None, names), title.id)


def _part(table: str, part: Part, view: View, texts: Texts, unit: MoneyUnit) -> str:
    given = part.instrument in _REWARDS and not part.amount_minor
    return texts.write(
        f"{table}.{part.instrument}{'_given' if given else ''}",
        amount=texts.money(part.amount_minor, view.currency, unit, view.before),
        points=texts.number(part.points),
        name=None if part.title is None else named(part.title, texts.language),
    )


def _lines_off(part: Part, view: View, texts: Texts, unit: MoneyUnit) -> list[str]:
    """What comes off which goods, for a till on which that is keyed in line by line."""
    return [
        texts.write(
            "word.line_off",
            name=line.label,
            value=texts.money(line.amount_minor, view.currency, unit, view.before),
        )
        for line in part.lines
    ]


def _owned(view: View, texts: Texts) -> str | None:
    return _listed(
        (
            texts.write(
                "word.owned",
                name=named(one.title, texts.language),
                quantity=texts.number(one.quantity),
            )
            for one in view.member.owned
        ),
        texts,
    )


def _listed(items: Iterable[str], texts: Texts) -> str | None:
    return _SEPARATORS[texts.language].join(items) or None
