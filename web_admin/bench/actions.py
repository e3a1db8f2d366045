"""What a person does at a simulated counter, and the sentences that tell what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import abort, flash, request
from flask_babel import gettext as _
from markupsafe import Markup

from gateway.errors import MohrError
from gateway.model.ids import CardToken, TerminalId
from gateway.office.commands import SetCardBlocked
from gateway.office.test_bench import BenchCounter, BenchItem, TestBench
from web_admin.bench.baskets import baskets, own_item
from web_admin.bench.money import HouseMoney
from web_admin.bench.taps import Customer, customer_of, last_taps
from web_admin.bench.words import words_of_card
from web_admin.changes import recorded_command
from web_admin.context import current_house
from web_admin.faults import flash_fault
from web_admin.filters import money as money_text
from web_admin.reader import current_language

AMOUNT_CHARACTERS_MAX: Final = 40
_BLOCKED: Final = "blocked"
_NUMBER: Final = Markup('<bdi translate="no">{}</bdi>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One counter as a page draws it.

    Attributes:
        counter: what the bench says of it.
        customer: whose card was tapped last, where the ledger knows it.
        unknown_card: whether a card was tapped that nobody has.
    """

    counter: BenchCounter
    customer: Customer | None
    unknown_card: bool


def current_bench() -> TestBench:
    """The bench of the house; without one there is no such page."""
    house = current_house()
    if house.test_bench is None:
        abort(404)
    return house.test_bench


def pictures() -> Sequence[Picture]:
    """Every counter, as it is now."""
    ledger, taps = current_house().ledger, last_taps()
    found = []
    for counter in current_bench().counters(str(current_language())):
        token = taps.last(counter.terminal)
        customer = customer_of(ledger, token)
        found.append(
            Picture(
                counter=counter,
                customer=customer,
                unknown_card=token is not None and customer is None,
            )
        )
    return found


def picture_of(terminal: str) -> Picture:
    """One counter; without it there is no such page."""
    found = next((one for one in pictures() if one.counter.terminal == terminal), None)
    if found is None:
        abort(404)
    return found


def tap_from_form(terminal: str) -> None:
    """Show the card that the form names to a counter, and say what came of it."""
    bench = current_bench()
    counter = picture_of(terminal).counter
    name = request.form.get("card", "")
    card = next((card for card in bench.cards() if card.name == name), None)
    if card is None:
        abort(400)
    if not counter.ready:
        flash(_("This counter is still starting. Try again in a moment."), "warning")
        return
    try:
        text = bench.tap(TerminalId(terminal), card.name)
    except MohrError as error:
        flash_fault(_("The counter did not take the card."), error)
        return
    token = CardToken(bytes.fromhex(text)) if text else None
    last_taps().note(TerminalId(terminal), token)
    customer = customer_of(current_house().ledger, token)
    if card.outcome == _BLOCKED and token is not None:
        _block(token, customer)
        return
    flash(_("Tapped: %(card)s", card=str(words_of_card(card))), "success")


def print_from_form(terminal: str, money: HouseMoney) -> bool:
    """Let a counter's till print what the form asks for.

    Returns:
        whether it printed.
    """
    bench = current_bench()
    picture_of(terminal)
    items = _items(money)
    if items is None:
        flash(_("Write the total as a number above zero, such as 12.50."), "danger")
        return False
    try:
        number = bench.print_receipt(TerminalId(terminal), items)
    except MohrError as error:
        flash_fault(_("The till did not print."), error)
        return False
    total_minor = sum(item.amount_minor for item in items)
    # What a till prints is its own: a receipt's number is neither translated nor turned round.
    sentence = Markup.escape(_("Printed receipt %(number)s over %(total)s."))
    total = money_text(total_minor, money.currency, money.unit)
    flash(sentence % {"number": _NUMBER.format(number), "total": total}, "success")
    return True


def _items(money: HouseMoney) -> tuple[BenchItem, ...] | None:
    name = request.form.get("basket", "")
    if name:
        basket = next((one for one in baskets(money.currency) if one.name == name), None)
        return None if basket is None else basket.items
    text = request.form.get("amount", "")
    amount_minor = None if len(text) > AMOUNT_CHARACTERS_MAX else money.read(text)
    if amount_minor is None or amount_minor < 1:
        return None
    return (own_item(money.currency, amount_minor),)


def _block(token: CardToken, customer: Customer | None) -> None:
    """Block the card that is there to be blocked, once it is somebody's."""
    if customer is None:
        flash(
            _("Nobody has this card yet: print a receipt, then tap it once more."),
            "info",
        )
        return
    if customer.blocked:
        flash(_("Tapped. This card is blocked: its receipts are refused."), "success")
        return
    reply = recorded_command(
        action="card.block",
        subject=token.hex()[:8],
        before={"blocked": False},
        command=SetCardBlocked(token=token.hex(), blocked=True),
        after={"blocked": True},
    )
    if reply.ok:
        flash(_("The card is blocked from now on. Print a receipt to see it refused."), "success")
