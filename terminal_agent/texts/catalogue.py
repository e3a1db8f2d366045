"""Reads a catalogue and fills its texts in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

from gateway.errors import ConfigError
from gateway.formatting.bidi import isolate
from gateway.formatting.numbers import (
    Language,
    MoneyUnit,
    shows_tomans,
    write_number,
    write_tomans,
)
from gateway.model.money import Currency
from gateway.model.rules.succession import Succession


class Texts:
    """One language's texts."""

    def __init__(self, language: Language, messages: Mapping[str, str]) -> None:
        """Keep the messages by id, such as ``screen.preview``."""
        self.language = language
        self._messages = dict(messages)

    @property
    def ids(self) -> frozenset[str]:
        """Every message id."""
        return frozenset(self._messages)

    def parameters(self, message_id: str) -> frozenset[str]:
        """The names of the values that a message takes."""
        return _parameters(self._messages[message_id])

    def write(self, message_id: str, **values: str | None) -> str:
        """Fill a message in.

        Args:
            message_id: such as ``notice.no_card``.
            values: written values by parameter; None where a value is not known.

        Returns:
            the text's lines, without those that need a value which is not known.

        Raises:
            ConfigError: if the catalogue has no such message.
        """
        if message_id not in self._messages:
            raise ConfigError(f"the {self.language} catalogue has no text {message_id!r}")
        known = {
            # A receipt number in Latin letters must not turn the Persian sentence around it.
            name: isolate(value)
            for name, value in values.items()
            if value is not None
        }
        lines = self._messages[message_id].splitlines()
        return "\n".join(
            line.format_map(known) for line in lines if _parameters(line) <= known.keys()
        )

    def number(self, value: int | None) -> str | None:
        """Write a count of points; None stays None."""
        return None if value is None else write_number(value, self.language)

    def money(
        self,
        amount_minor: int | None,
        currency: Currency | None,
        unit: MoneyUnit,
        before: Succession | None = None,
    ) -> str | None:
        """Write an amount with its unit; None stays None.

        Args:
            amount_minor: in the currency's smallest unit.
            currency: the currency.
            unit: whether rials are shown as tomans.
            before: the currency that it took the place of: the same amount follows in that.
        """
        if amount_minor is not None and currency is not None and before is not None:
            old_minor = amount_minor * before.factor(currency)
            return self._messages["money.both"].format(
                now=self.money(amount_minor, currency, unit),
                before=self.money(old_minor, before.currency, unit),
            )
        if amount_minor is None or currency is None:
            return None
        if shows_tomans(currency, unit):
            return self._messages["money.toman"].format(
                number=write_tomans(amount_minor, self.language)
            )
        number = write_number(amount_minor, self.language, exponent=currency.exponent)
        message_id = f"money.{currency.code}"
        if message_id in self._messages:
            return self._messages[message_id].format(number=number)
        return self._messages["money.other"].format(number=number, code=currency.code)


@cache
def load_texts(language: Language, package: str = __package__) -> Texts:
    """Read a language's catalogue.

    Args:
        language: which one.
        package: the package that holds ``fa.toml`` and ``en.toml``; our own by default.

    Raises:
        ConfigError: if a table of it does not hold plain texts.
    """
    resource = files(package).joinpath(f"{language}.toml")
    tables = tomllib.loads(resource.read_text(encoding="utf-8"))
    messages: dict[str, str] = {}
    for table, entries in tables.items():
        for name, text in entries.items():
            if not isinstance(text, str):
                raise ConfigError(f"{language}.toml: {table}.{name} is not a text")
            messages[f"{table}.{name}"] = text.strip("\n")
    return Texts(language, messages)


def _parameters(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
