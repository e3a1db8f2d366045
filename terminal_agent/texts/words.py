"""Turns a view into the lines that a display prints."""

from __future__ import annotations

from gateway.formatting.numbers import MoneyUnit
from terminal_agent.session.view import View
from terminal_agent.texts.catalogue import Texts


def words_of(view: View, texts: Texts, unit: MoneyUnit) -> tuple[str, ...]:
    """Write a view in words.

    Args:
        view: what to show.
        texts: in which language.
        unit: whether rials are shown as tomans.

    Returns:
        the screen's own lines first, then what went wrong and what to do, then the remark.
    """
    due_minor = None
    if view.total_minor is not None and view.redeem_minor is not None:
        due_minor = max(view.total_minor - view.redeem_minor, 0)
    screen = texts.write(
        f"screen.{view.screen}",
        points=texts.number(view.points),
        balance=texts.number(view.balance_points),
        total=texts.money(view.total_minor, view.currency, unit),
        redeem_points=texts.number(view.redeem_points),
        redeem_amount=texts.money(view.redeem_minor, view.currency, unit),
        due=texts.money(due_minor, view.currency, unit),
    )
    remarks = {
        "refusal": view.refusal,
        "reason": view.reason,
        "trouble": view.trouble,
        "notice": view.notice,
    }
    told = [texts.write(f"{kind}.{code}") for kind, code in remarks.items() if code is not None]
    return tuple("\n".join((screen, *told)).splitlines())
