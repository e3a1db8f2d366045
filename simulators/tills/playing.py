"""One simulated till as ``mohr sim till`` plays it: sale after sale, in any language."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from gateway.errors import ConfigError
from gateway.model.money import Currency
from simulators.receipts import ReceiptLanguage
from simulators.tills.line_faults import LineFaults
from simulators.tills.line_till import LineTill, PtyWire, TcpWire, Wire
from simulators.tills.paying_till import PAYS_OVER_TCP, pay
from simulators.tills.sayings import Saying, currency_of, sayings
from simulators.tills.till_line import SerialLine, TcpLine, TillLine
from terminal_agent.pos.device import Address
from terminal_agent.pos.profile import Dialect

_TCP_ONLY = frozenset({Dialect.ZVT_TCP, Dialect.CAISSE_AP})
_MINOR_MAX = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TillOrder:
    """What is to be played.

    Attributes:
        dialect: the language on the line.
        language: of the shop.
        folder: where a serial till's device is made; None for TCP.
        connect: where a till on TCP connects to; None for serial.
        count: how many sales.
        seed: of everything that is drawn.
        baud: pace of a serial line.
        faults: of the line.
        unplug: share of the sales in whose middle the cable is pulled.
        wrong_checks: share of the sales in which a message first comes with a wrong check.

    Raises:
        ConfigError: if that cannot be played, saying what can.
    """

    dialect: Dialect
    language: ReceiptLanguage = ReceiptLanguage.GERMAN
    folder: Path | None = None
    connect: Address | None = None
    count: int = 1
    seed: int = 0
    baud: int = 9_600
    faults: LineFaults = field(default_factory=LineFaults)
    unplug: float = 0.0
    wrong_checks: float = 0.0

    def __post_init__(self) -> None:
        if (self.folder is None) == (self.connect is None):
            raise ConfigError("say where: a FOLDER for a serial line, or --connect HOST:PORT")
        if self.connect is None and self.dialect in _TCP_ONLY:
            raise ConfigError(f"{self.dialect.value} goes over TCP: use --connect HOST:PORT")
        for name in ("unplug", "wrong_checks"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")


class Player(ABC):
    """Plays an order's sales one by one."""

    def __init__(self, order: TillOrder) -> None:
        """Prepare the order; nothing is said yet."""
        self._order = order
        self._chance = Random(order.seed)

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it speaks."""

    @abstractmethod
    def sales(self) -> Iterator[str]:
        """Play the next sale, and tell in a line what was said.

        Raises:
            OSError: if nobody is there.
            MohrError: if what is there does not answer.
        """

    def _unplugs(self) -> bool:
        return self._chance.random() < self._order.unplug

    def _amount(self) -> tuple[int, Currency]:
        currency = currency_of(self._order.dialect, self._order.language)
        return self._chance.randint(100, _MINOR_MAX), currency


class _Talker(Player):
    """Says everything itself: printers, displays, and what a tap hears of card terminals."""

    def __init__(self, order: TillOrder, line: TillLine) -> None:
        super().__init__(order)
        self._line = line
        self._sayings = sayings(
            order.dialect,
            order.seed,
            order.count,
            language=order.language,
            wrong_checks=order.wrong_checks,
        )

    @property
    def place(self) -> str:
        return self._line.place

    def sales(self) -> Iterator[str]:
        for saying in self._sayings:
            if self._unplugs():
                self._line.break_within(saying.data)
                yield f"unplugged in the middle of {_told(saying)}"
            else:
                self._line.say(saying.data)
                yield _told(saying)


class _Payer(Player):
    """Talks with a card terminal over TCP."""

    def __init__(self, order: TillOrder, address: Address) -> None:
        super().__init__(order)
        self._address = address

    @property
    def place(self) -> str:
        return f"tcp://{self._address}"

    def sales(self) -> Iterator[str]:
        for _ in range(self._order.count):
            amount_minor, currency = self._amount()
            outcome = pay(self._order.dialect, self._address, amount_minor, hang_up=self._unplugs())
            yield f"{outcome.value}: {_written(amount_minor, currency)}"


class _Participant(Player):
    """Speaks Mohr's own line protocol with a terminal."""

    def __init__(self, order: TillOrder, wire: Wire, place: str) -> None:
        super().__init__(order)
        self._wire = wire
        self._place = place
        self._till = LineTill(wire, faults=order.faults, chance=Random(order.seed))

    @property
    def place(self) -> str:
        return self._place

    def sales(self) -> Iterator[str]:
        for number in range(1, self._order.count + 1):
            amount_minor, currency = self._amount()
            if self._unplugs():
                self._break()
            sale = {
                "type": "sale",
                "sale_id": f"{self._order.seed}-{number}",
                "total_minor": amount_minor,
                "currency": currency.code,
                "tenders": [{"kind": "cash", "amount_minor": amount_minor}],
                "receipt_number": str(number),
            }
            answer = self._till.say(sale)
            said = "taken" if answer["type"] == "ack" else f"refused, {answer['code']}"
            yield f"{said}: sale {number} of {_written(amount_minor, currency)}"

    def _break(self) -> None:
        if isinstance(self._wire, PtyWire):
            self._wire.till.unplug()
            self._wire.till.plug()
        elif isinstance(self._wire, TcpWire):
            self._wire.hang_up()


@contextmanager
def player_of(order: TillOrder) -> Iterator[Player]:
    """The player of an order; its line is closed behind it.

    Raises:
        ConfigError: if the order cannot be played.
    """
    with ExitStack() as stack:
        if order.dialect is Dialect.MOHR_LINES:
            _refuse_wrong_checks(order)
            yield _participant(order, stack)
        elif order.connect is not None and order.dialect in PAYS_OVER_TCP:
            _refuse_wrong_checks(order)
            yield _Payer(order, order.connect)
        else:
            yield _Talker(order, stack.enter_context(_line(order)))


def _line(order: TillOrder) -> TillLine:
    chance = Random(order.seed)
    if order.connect is not None:
        return TcpLine(order.connect, order.faults, chance)
    return SerialLine(_folder(order), order.faults, chance, baud=order.baud)


def _participant(order: TillOrder, stack: ExitStack) -> _Participant:
    if order.connect is not None:
        wire = TcpWire(order.connect.port, order.connect.host)
        stack.callback(wire.hang_up)
        return _Participant(order, wire, f"tcp://{order.connect}")
    cable = PtyWire(_folder(order), baud=order.baud)
    stack.callback(cable.till.close)
    return _Participant(order, cable, cable.till.device)


def _folder(order: TillOrder) -> Path:
    folder = order.folder or Path()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _refuse_wrong_checks(order: TillOrder) -> None:
    if order.wrong_checks:
        raise ConfigError(
            f"a wrong check is not played in a conversation by {order.dialect.value}: "
            "turn bits of it with --turned"
        )


def _told(saying: Saying) -> str:
    written = _written(saying.amount_minor, saying.currency)
    if saying.receipt_number:
        return f"receipt {saying.receipt_number}: {written}"
    return written


def _written(amount_minor: int, currency: Currency) -> str:
    whole, part = divmod(amount_minor, 10**currency.exponent)
    fraction = f".{part:0{currency.exponent}d}" if currency.exponent else ""
    return f"{whole}{fraction} {currency.code}"
