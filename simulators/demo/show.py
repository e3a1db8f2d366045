"""The shop that goes on until Ctrl-C: customers come and go, and the screen shows what happens."""

from __future__ import annotations

import random
import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.formatting.numbers import Language, MoneyUnit
from simulators.card import UidCard
from simulators.demo.front import Sign
from simulators.demo.house import DemoHouse
from simulators.demo.words import DemoWords, Happening, News
from simulators.receipts import ReceiptLanguage, render_receipt, seeded_receipts
from simulators.test_bench.counter import SimCounter
from simulators.test_bench.errors import BenchError
from terminal_agent.control import AnswerCode, AskStatus, Redeem, Total
from terminal_agent.session.view import Screen, View
from terminal_agent.texts.catalogue import Texts
from terminal_agent.texts.words import words_of

CUSTOMERS: Final = 6
_REFRESH_PER_S: Final = 8
_NEWS_MAX: Final = 10
_RECEIPTS_A_DAY: Final = 200


@dataclass(slots=True)
class _Stage:
    """What the shop's people share with the screen."""

    news: deque[News]
    stopping: threading.Event
    fault: BenchError | None = None


def run_show(house: DemoHouse, seed: int | None, language: Language, sign: Sign) -> None:
    """Keep the shop going and show it, until Ctrl-C.

    Args:
        house: the shop.
        seed: whose day it has; None for a shop without customers but you.
        language: of the screen.
        sign: how to come in by the browser.

    Raises:
        BenchError: if an agent stopped or did not do its part.
    """
    stage = _Stage(news=deque(maxlen=_NEWS_MAX), stopping=threading.Event())
    words = DemoWords(language)
    people = [
        threading.Thread(target=_serve, args=(till, random.Random(f"{seed}/{till.name}"), stage))
        for till in (house.tills if seed is not None else ())
    ]
    console = Console()
    if not console.is_terminal:
        # The live picture comes at the very end there, and nobody could come in before.
        console.print(words.sign(sign), soft_wrap=True)
    for one in people:
        one.start()
    try:
        with Live(
            draw(house, list(stage.news), words, sign),
            console=console,
            refresh_per_second=_REFRESH_PER_S,
        ) as live:
            while all(one.is_alive() for one in people):
                stage.stopping.wait(1 / _REFRESH_PER_S)
                live.update(draw(house, list(stage.news), words, sign))
    except KeyboardInterrupt:
        stage.news.append(News(what=Happening.CLOSING))
    finally:
        stage.stopping.set()
        for one in people:
            one.join()
    if stage.fault is not None:
        raise stage.fault
    Console().print(words.end(house.audit(), house.receipts.verified))


def draw(
    house: DemoHouse, news: list[News], words: DemoWords, sign: Sign | None = None
) -> RenderableType:
    """One picture of the shop: the way in, each till's display, what happened, what is owed."""
    displays = Table.grid(expand=True)
    for _ in house.tills:
        displays.add_column(ratio=1)
    displays.add_row(*(_display(till.name, till.view, words.displays) for till in house.tills))
    headings = (words.frame(name) for name in ("member", "points", "held"))
    balances = Table(*headings, expand=True, title=words.frame("ledger"))
    for one in house.queries().balances():
        balances.add_row(one.member_id[:8], words.number(one.available), words.number(one.held))
    lines = Text("\n".join(words.news(one) for one in news))
    told = Panel(lines, title=words.frame("news"), height=_NEWS_MAX + 2)
    below = Table.grid(expand=True)
    below.add_column(ratio=2)
    below.add_column(ratio=1)
    below.add_row(told, balances)
    shop = (displays, below, Text(words.frame("leave"), style="dim"))
    if sign is None:
        return Group(*shop)
    return Group(Panel(Text(words.sign(sign)), title=words.frame("sign")), *shop)


def _display(name: str, view: View | None, texts: Texts) -> Panel:
    lines = () if view is None else words_of(view, texts, MoneyUnit.CURRENCY)
    good = view is not None and view.screen in (Screen.ACCEPTED, Screen.APPLIED)
    return Panel(
        Text("\n".join(lines)), title=name, height=8, border_style="green" if good else "blue"
    )


def _serve(till: SimCounter, rng: random.Random, stage: _Stage) -> None:
    """One till's day, over and over."""
    while not stage.stopping.is_set():
        receipts = seeded_receipts(rng.randrange(2**32), _RECEIPTS_A_DAY, ReceiptLanguage.ENGLISH)
        for receipt in receipts:
            card = UidCard(b"\x04\x00\x00\x00\x00\x00" + bytes((rng.randrange(CUSTOMERS),)))
            try:
                _visit(till, rng, stage, card, receipt.total_minor)
            except BenchError as fault:
                if not stage.stopping.is_set():
                    stage.fault = fault
                return
            till.print(render_receipt(receipt))
            sold = News(what=Happening.SOLD, till=till.name, amount_minor=receipt.total_minor)
            stage.news.append(sold)
            _pause(stage, rng.uniform(1.5, 3.0))
            _tell_accepted(till, stage)
            if stage.stopping.is_set():
                return


def _visit(
    till: SimCounter, rng: random.Random, stage: _Stage, card: UidCard, total_minor: int
) -> None:
    till.tap(card)
    _pause(stage, rng.uniform(0.8, 1.5))
    balance = till.view.balance_points if till.view is not None else None
    if balance is None or balance < 10 or rng.random() < 0.5:
        return
    till.tell(Total(total_minor=total_minor))
    if till.tell(Redeem(points=None)).code is not AnswerCode.ASKED:
        return
    till.wait_view(lambda view: view.screen is not Screen.AUTHORISING, "the reservation", 10.0)
    stage.news.append(News(what=Happening.PAYS_WITH_POINTS, till=till.name))
    _pause(stage, 1.0)


def _tell_accepted(till: SimCounter, stage: _Stage) -> None:
    status = till.tell(AskStatus()).status
    if status is not None:
        stage.news.append(
            News(
                what=Happening.SETTLED,
                till=till.name,
                accepted=status.accepted,
                settled=status.settled,
            )
        )


def _pause(stage: _Stage, seconds: float) -> None:
    stage.stopping.wait(seconds)
