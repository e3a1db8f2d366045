"""What the demonstration says, in the language that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.audit.report import AuditReport
from gateway.formatting.bidi import without_controls
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.money import EUR
from simulators.demo.front import Sign
from terminal_agent.texts.catalogue import Texts, load_texts

_PACKAGE: Final = "simulators.demo.texts"


class Happening(StrEnum):
    """What is worth a line on the screen. Each has a text of the same name under ``news``."""

    SOLD = "sold"
    PAYS_WITH_POINTS = "pays_with_points"
    SETTLED = "settled"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that happened, in no language yet."""

    what: Happening
    till: str | None = None
    amount_minor: int | None = None
    accepted: int | None = None
    settled: int | None = None


class DemoWords:
    """Writes the screen's words; the tills' displays have texts of their own."""

    def __init__(self, language: Language) -> None:
        """Load both catalogues of a language.

        Raises:
            ConfigError: if a catalogue is damaged.
        """
        self.displays: Texts = load_texts(language)
        self._texts = load_texts(language, _PACKAGE)

    def frame(self, name: str) -> str:
        """A heading of the screen."""
        return self._texts.write(f"frame.{name}")

    def number(self, value: int) -> str:
        """A count, in the language's digits."""
        return self._texts.number(value) or ""

    def news(self, news: News) -> str:
        """Tell one thing that happened."""
        return self._texts.write(
            f"news.{news.what}",
            till=news.till,
            amount=self.displays.money(news.amount_minor, EUR, MoneyUnit.CURRENCY),
            accepted=self._texts.number(news.accepted),
            settled=self._texts.number(news.settled),
        )

    def sign(self, sign: Sign) -> str:
        """Tell the way in: the pages, the login, each customer's page."""
        lines = [
            self._texts.write("sign.pages", address=sign.address),
            self._texts.write("sign.login", login=sign.login, password=sign.password),
        ]
        lines += [
            self._texts.write("sign.display", till=till, address=address)
            for till, address in sign.displays
        ]
        # The marks around values are for texts that are laid out; in a terminal they stick to an
        # address that somebody copies.
        return without_controls("\n".join(lines))

    def end(self, report: AuditReport, receipts: int) -> str:
        """Sum the day up."""
        return self._texts.write(
            "end.clean" if report.clean else "end.findings",
            rows=self._texts.number(report.checked.journal_rows),
            receipts=self._texts.number(receipts),
            found=self._texts.number(report.found),
        )
