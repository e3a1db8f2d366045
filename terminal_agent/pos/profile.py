"""A shop profile: how one shop's till prints. Data, versioned, carried in every sale it reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ConfigError
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.money import Currency
from terminal_agent.pos.card_line import CardLineSettings
from terminal_agent.pos.display_settings import DisplaySettings
from terminal_agent.pos.framers.events import UTF_8_PAGE
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.message_forms import MessageForms
from terminal_agent.pos.text.encodings import is_text_encoding
from terminal_agent.pos.words import WordKind

IDLE_GAP_MS_DEFAULT: Final = 2_000
#: One piece alone is never enough, and few papers carry more than four.
EVIDENCE_NEEDED_MIN: Final = 2
EVIDENCE_NEEDED_MAX: Final = 4
#: Dots of a normal character of Epson and Star at 203 dpi.
CELL_DOTS_DEFAULT: Final = 12
_SEPARATORS: Final = frozenset(".,'/ ·")


class Dialect(StrEnum):
    """The language on the line. Dialects collide, so it is set and never guessed."""

    ESCPOS = "escpos"
    STAR = "star"
    CD5220 = "cd5220"
    """A customer display that understands CD5220."""
    DM_D = "dm-d"
    """An Epson customer display (DM-D), in ESC/POS."""
    PLAIN_DISPLAY = "plain-display"
    """A customer display that is sent text and line ends only."""
    CONCERT = "concert"
    """Concert E and E+, between a till and a card terminal (France)."""
    TRANSBANK = "transbank"
    """POS Integrado, between a till and a card terminal (Chile)."""
    ECR17 = "ecr17"
    """ECR17, between a till and a card terminal (Italy)."""
    GENERIC_ECR = "generic-ecr"
    """Framed messages whose forms stand in the profile."""
    ZVT_SERIAL = "zvt-serial"
    """ZVT 700 on a serial line, between a till and a card terminal (Germany, Austria)."""
    ZVT_TCP = "zvt-tcp"
    """The same over TCP."""
    SADAD = "sadad"
    """Sadad PcPos, versions 000 and 002, between a till and a card terminal (Iran)."""
    CAISSE_AP = "caisse-ap"
    """Caisse-AP over IP, between a till and a card terminal (France)."""
    MOHR_LINES = "mohr-lines"
    """The till speaks Mohr's own line protocol (docs/pos/line-protocol.md)."""


class TextOrder(StrEnum):
    """How the till stores right-to-left text."""

    LOGICAL = "logical"
    VISUAL = "visual"
    """Last letter first, digits as they read: tills that shape Persian by themselves."""


class DigitOrder(StrEnum):
    """How the till stores numbers."""

    LOGICAL = "logical"
    REVERSED = "reversed"
    """Last digit first. Where letters are stored as they look, whole lines are turned round."""


class DateOrder(StrEnum):
    """What the numbers of a date such as 04/05/06 are, first to last."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


class AmountSide(StrEnum):
    """Which amount of an item line with several is the line's own."""

    END = "end"
    START = "start"
    LARGEST = "largest"
    """For columns in any order: a line costs no less than one of its pieces."""


class Boundary(StrEnum):
    """What ends a receipt."""

    CUT = "cut"
    INITIALISE = "initialise"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePageCodec:
    """What a printer's page number means: number of ``ESC t`` and name of Python's codec."""

    number: int
    codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraWords:
    """Words of this shop for one meaning.

    Attributes:
        kind: what they mean.
        words: the words, as printed.
        only: they replace the built-in words instead of adding to them.
    """

    kind: WordKind
    words: tuple[str, ...]
    only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopProfile:
    """How a shop's till prints.

    Attributes:
        name: machine name; part of every sale and of its key.
        version: counts up with every change.
        dialect: the printer language.
        currency: what amounts are counted in.
        printer: the model whose page numbers the printer understands; None: not said.
        cell_dots: dots from one normal character to the next, for columns made of positions.
        code_pages: meaning of page numbers, the model's with the profile's own over them. Empty:
            the default encoding throughout, which is how Chinese, Korean and Japanese tills print.
        default_encoding: codec for text before any ``ESC t``.
        multi_byte_encoding: codec for text under ``FS &``; None: no such text.
        decimal_separators: characters between whole and minor units.
        thousands_separators: characters between thousands.
        decimals_optional: 80 and 80.5 are printed for 80.00 and 80.50. Then a bare number is an
            amount only in a column of its own, or beside a word that says so.
        printed_unit_minor: minor units for one printed minor unit: 10 where toman are printed.
        currency_words: how the currency is printed; empty: the usual words of its code.
        amount_side: which amount of a line with several counts.
        text_order: how right-to-left text is stored.
        digit_order: how numbers are stored.
        date_order: what the numbers of a date are; None: as usual where the currency is.
        words: words of this shop.
        boundaries: what ends a receipt.
        idle_gap_ms: silence that ends a receipt.
        auto_award_ceiling_minor: a larger total is asked about instead of awarded.
        evidence_needed: so many pieces of evidence must agree on the total of a paper, 2 to 4.
        display: how a customer display is built; None: two rows of twenty.
        frame: how a card terminal's messages are framed; None: as usual for the dialect.
        messages: their forms, for ``generic-ecr``.
        card_line: how patiently ZVT, Sadad and Caisse-AP are listened to; None: as usual.

    Raises:
        ConfigError: naming the key and what to write.
    """

    name: str
    version: int
    currency: Currency
    dialect: Dialect = Dialect.ESCPOS
    printer: str | None = None
    cell_dots: int = CELL_DOTS_DEFAULT
    code_pages: tuple[CodePageCodec, ...] = ()
    default_encoding: str = "cp437"
    multi_byte_encoding: str | None = None
    decimal_separators: str = "."
    thousands_separators: str = ","
    decimals_optional: bool = False
    printed_unit_minor: int = 1
    currency_words: tuple[str, ...] = ()
    amount_side: AmountSide = AmountSide.END
    text_order: TextOrder = TextOrder.LOGICAL
    digit_order: DigitOrder = DigitOrder.LOGICAL
    date_order: DateOrder | None = None
    words: tuple[ExtraWords, ...] = ()
    boundaries: frozenset[Boundary] = frozenset(Boundary)
    idle_gap_ms: int = IDLE_GAP_MS_DEFAULT
    auto_award_ceiling_minor: int | None = None
    evidence_needed: int = EVIDENCE_NEEDED_MIN
    display: DisplaySettings | None = None
    frame: FrameSettings | None = None
    messages: MessageForms | None = None
    card_line: CardLineSettings | None = None

    def __post_init__(self) -> None:
        try:
            check_name("name", self.name)
            check_int("version", self.version, 1, 2**31 - 1)
            check_int("printed_unit_minor", self.printed_unit_minor, 1, 1_000)
            check_int("idle_gap_ms", self.idle_gap_ms, 200, 60_000)
            check_int("cell_dots", self.cell_dots, 4, 48)
            check_int(
                "evidence_needed", self.evidence_needed, EVIDENCE_NEEDED_MIN, EVIDENCE_NEEDED_MAX
            )
            if self.auto_award_ceiling_minor is not None:
                check_int("auto_award_ceiling_minor", self.auto_award_ceiling_minor, 1, I63_MAX)
        except ValueError as error:
            raise ConfigError(f"profile {self.name!r}: {error}") from error
        self._check_encodings()
        self._check_separators()
        if not self.boundaries & {Boundary.CUT, Boundary.IDLE}:
            raise ConfigError(f"profile {self.name!r}: boundaries must hold cut or idle")

    def codec(self, code_page: int | None, *, multi_byte: bool) -> str:
        """The codec for text under a page number.

        A page that the profile does not know is read as ASCII: letters beyond it become U+FFFD,
        digits and separators stay right.
        """
        if code_page == UTF_8_PAGE:
            return "utf-8"
        if multi_byte and self.multi_byte_encoding is not None:
            return self.multi_byte_encoding
        if code_page is None or not self.code_pages:
            return self.default_encoding
        for page in self.code_pages:
            if page.number == code_page:
                return page.codec
        return "ascii"

    def _check_encodings(self) -> None:
        names = [("default_encoding", self.default_encoding)]
        names += [(f"code_pages.{page.number}", page.codec) for page in self.code_pages]
        if self.multi_byte_encoding is not None:
            names.append(("multi_byte_encoding", self.multi_byte_encoding))
        for key, name in names:
            if not is_text_encoding(name):
                raise ConfigError(
                    f"profile {self.name!r}: {key} = {name!r} is no text encoding Python has; "
                    "write one such as cp437, cp858, cp1256, iran-system, utf-8, gb18030 or euc-kr"
                )

    def _check_separators(self) -> None:
        for key, value in (
            ("decimal_separators", self.decimal_separators),
            ("thousands_separators", self.thousands_separators),
        ):
            if not set(value) <= _SEPARATORS:
                raise ConfigError(
                    f"profile {self.name!r}: {key} = {value!r}; write characters out of . , ' / · "
                    "and blank"
                )
        if self.currency.exponent and not self.decimal_separators:
            raise ConfigError(
                f"profile {self.name!r}: decimal_separators is empty, but {self.currency.code} has "
                f"{self.currency.exponent} decimals; write one, such as ','"
            )
        if " " in self.decimal_separators:
            raise ConfigError(f"profile {self.name!r}: a blank cannot be a decimal separator")
