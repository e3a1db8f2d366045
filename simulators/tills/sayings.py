"""What goes over a till's line at one sale, in every language that we listen to. Pure.

Where till and card terminal talk to each other, it is what a tap on both wires hears, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from gateway.errors import ConfigError
from gateway.model.money import EUR, IRR, Currency
from simulators.receipts import Paper, ReceiptLanguage, render_receipt, seeded_receipts
from simulators.tills import zvt_frames as zvt
from simulators.tills.caisse_ap_ends import CaisseApTerminal, CaisseApTill
from simulators.tills.card_dialogue import converse
from simulators.tills.card_terminal import TerminalEnd
from simulators.tills.sadad_ends import SadadTerminal, SadadTill
from simulators.tills.stx_terminals import ConcertTerminal, Ecr17Terminal, TransbankTerminal
from simulators.tills.stx_till_ends import ConcertTill, Ecr17Till, TransbankTill
from simulators.tills.stx_tills import concert_request, ecr17_request, transbank_sale
from simulators.tills.zvt_ends import ZvtTerminal, ZvtTill
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.profile import Dialect

_CLP: Final = Currency(code="CLP", exponent=0)
_EUR_MINOR_MAX: Final = 50_000
_IRR_MINOR_MAX: Final = 90_000_000
_ROW: Final = 20

#: Dialects whose messages carry a check that can be wrong.
CHECKED: Final = frozenset(
    {
        Dialect.CONCERT,
        Dialect.TRANSBANK,
        Dialect.ECR17,
        Dialect.GENERIC_ECR,
        Dialect.ZVT_SERIAL,
        Dialect.SADAD,
    }
)
_IN_RIALS: Final = frozenset({Dialect.SADAD})
#: Dialects that come in euro and in rials, by the language of the shop.
_EITHER: Final = frozenset(
    {
        Dialect.ESCPOS, Dialect.STAR, Dialect.CD5220, Dialect.DM_D, Dialect.PLAIN_DISPLAY,
        Dialect.MOHR_LINES,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One sale on the line.

    Attributes:
        data: every byte of it.
        amount_minor: what the customer pays.
        currency: of the amount.
        receipt_number: as printed; empty where none is.
    """

    data: bytes
    amount_minor: int
    currency: Currency
    receipt_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sale:
    """What a dialect puts into its own form; ``wrong_checks`` frames of it carry a wrong check."""

    language: ReceiptLanguage
    number: int
    seed: int
    amount_minor: int
    wrong_checks: int


def currency_of(dialect: Dialect, language: ReceiptLanguage) -> Currency:
    """What a till that speaks so counts in."""
    if dialect is Dialect.TRANSBANK:
        return _CLP
    persian = language is ReceiptLanguage.PERSIAN and dialect in _EITHER
    return IRR if persian or dialect in _IN_RIALS else EUR


def profile_name(dialect: Dialect, language: ReceiptLanguage) -> str:
    """Name of the shipped profile that reads such a till."""
    maker = "generic-" if dialect in _PAPERS else ""
    return f"{maker}{dialect.value}-{currency_of(dialect, language).code.lower()}"


def sayings(
    dialect: Dialect,
    seed: int,
    count: int,
    *,
    language: ReceiptLanguage = ReceiptLanguage.GERMAN,
    wrong_checks: float = 0.0,
) -> Iterator[Saying]:
    """A till's sales, one after the other; they follow from the seed alone.

    Args:
        dialect: the language on the line.
        seed: of the sales.
        count: how many.
        language: of the shop; printers and displays write it, and Persian shops count in rials.
        wrong_checks: share of the sales in which a message first comes with a wrong check.

    Raises:
        ConfigError: if the dialect has no check and one is to be wrong, or is not heard by a tap.
    """
    if dialect not in _SAID and dialect not in _PAPERS:
        raise ConfigError(f"{dialect.value} is a conversation with us: it cannot be played alone")
    if wrong_checks and dialect not in CHECKED:
        checked = ", ".join(sorted(one.value for one in CHECKED))
        raise ConfigError(
            f"{dialect.value} has no check that could be wrong; these have: {checked}"
        )
    return _played(dialect, seed, count, language, wrong_checks)


def _played(
    dialect: Dialect, seed: int, count: int, language: ReceiptLanguage, wrong_checks: float
) -> Iterator[Saying]:
    chance = Random(seed)
    currency = currency_of(dialect, language)
    most = _EUR_MINOR_MAX if currency is EUR else _IRR_MINOR_MAX
    for number in range(1, count + 1):
        sale = _Sale(
            language=language,
            number=number,
            seed=seed,
            amount_minor=chance.randint(100, most),
            wrong_checks=int(chance.random() < wrong_checks),
        )
        if dialect in _PAPERS:
            yield _receipt(_PAPERS[dialect], sale, currency)
        else:
            data = _SAID[dialect](sale)
            yield Saying(data=data, amount_minor=sale.amount_minor, currency=currency)


def _receipt(paper: Paper, sale: _Sale, currency: Currency) -> Saying:
    receipt = seeded_receipts(sale.seed * 1_000_000 + sale.number, 1, sale.language)[0]
    return Saying(
        data=render_receipt(receipt, paper),
        amount_minor=receipt.total_minor,
        currency=currency,
        receipt_number=receipt.receipt_number,
    )


def _display_rows(sale: _Sale) -> tuple[bytes, bytes]:
    """Both rows of a display that shows a total, in the display's encoding."""
    if sale.language is ReceiptLanguage.PERSIAN:
        # CP1256 has no Farsi yeh and kaf: tills send the Arabic ones.
        upper = "جمع كل".encode("cp1256")
        lower = f"{sale.amount_minor:,}".encode("ascii")
    else:
        upper = (b"SUMME" if sale.language is ReceiptLanguage.GERMAN else b"TOTAL") + b" EUR"
        lower = f"{sale.amount_minor // 100},{sale.amount_minor % 100:02d}".encode("ascii")
    return upper, lower


def _cd5220(sale: _Sale) -> bytes:
    upper, lower = _display_rows(sale)
    return b"\x1b@\x0c\x1bQA" + upper + b"\r\x1bQB" + lower + b"\r"


def _dm_d(sale: _Sale) -> bytes:
    upper, lower = _display_rows(sale)
    return b"\x1b@\x0c\x1f$\x01\x01" + upper + b"\x1f$\x01\x02" + lower.rjust(_ROW)


def _plain_display(sale: _Sale) -> bytes:
    upper, lower = _display_rows(sale)
    return b"\x0c" + upper.ljust(_ROW) + lower.rjust(_ROW)


def _overheard(first: bytes, till: TerminalEnd, terminal: TerminalEnd) -> bytes:
    line: list[bytes] = []
    converse(first, till, terminal, lambda data, _: line.append(data))
    return b"".join(line)


def _concert(sale: _Sale) -> bytes:
    till = ConcertTill()
    terminal = ConcertTerminal(wrong_checks=sale.wrong_checks)
    return _overheard(till.ask(concert_request(sale.amount_minor)), till, terminal)


def _transbank(sale: _Sale) -> bytes:
    till, asked = TransbankTill(), transbank_sale(sale.amount_minor, f"T{sale.number}")
    terminal = TransbankTerminal(wrong_checks=sale.wrong_checks)
    return _overheard(till.ask(asked), till, terminal)


def _ecr17(sale: _Sale) -> bytes:
    till = Ecr17Till()
    terminal = Ecr17Terminal(wrong_checks=sale.wrong_checks)
    return _overheard(till.ask(ecr17_request(amount_minor=sale.amount_minor)), till, terminal)


def _generic_ecr(sale: _Sale) -> bytes:
    """By the forms of the shipped example; each side says ACK, or NAK to a wrong check."""
    settings = FrameSettings()
    asked = f"T00\x1c01\x1c{sale.amount_minor:09d}\x1c{sale.number}".encode("ascii")
    answer = f"A00\x1c000000\x1c{sale.amount_minor:09d}\x1cR{sale.number}".encode("ascii")
    said = settings.frame(asked) + b"\x06"
    if sale.wrong_checks:
        wrong = settings.frame(answer)
        said += wrong[:-1] + bytes((wrong[-1] ^ 0x5A,)) + b"\x15"
    return said + settings.frame(answer) + b"\x06"


def _zvt_serial(sale: _Sale) -> bytes:
    till = ZvtTill(zvt.SerialLink())
    terminal = ZvtTerminal(zvt.SerialLink(), wrong_checks=sale.wrong_checks)
    return _overheard(till.ask(zvt.authorisation(sale.amount_minor)), till, terminal)


def _zvt_tcp(sale: _Sale) -> bytes:
    till = ZvtTill(zvt.TcpLink())
    return _overheard(
        till.ask(zvt.authorisation(sale.amount_minor)), till, ZvtTerminal(zvt.TcpLink())
    )


def _sadad(sale: _Sale) -> bytes:
    till = SadadTill()
    terminal = SadadTerminal(serial=True, wrong_checks=sale.wrong_checks)
    return _overheard(till.pay(sale.amount_minor), till, terminal)


def _caisse_ap(sale: _Sale) -> bytes:
    till = CaisseApTill()
    return _overheard(till.ask(sale.amount_minor), till, CaisseApTerminal())


_PAPERS: Final[Mapping[Dialect, Paper]] = {
    Dialect.ESCPOS: Paper.EPSON,
    Dialect.STAR: Paper.STAR,
}
_SAID: Final[Mapping[Dialect, Callable[[_Sale], bytes]]] = {
    Dialect.CD5220: _cd5220,
    Dialect.DM_D: _dm_d,
    Dialect.PLAIN_DISPLAY: _plain_display,
    Dialect.CONCERT: _concert,
    Dialect.TRANSBANK: _transbank,
    Dialect.ECR17: _ecr17,
    Dialect.GENERIC_ECR: _generic_ecr,
    Dialect.ZVT_SERIAL: _zvt_serial,
    Dialect.ZVT_TCP: _zvt_tcp,
    Dialect.SADAD: _sadad,
    Dialect.CAISSE_AP: _caisse_ap,
}
