"""The thread that sends codes: it keeps nobody waiting, and what fails is told of."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from gateway.codes.sender import CodeMessage, CodeSender, CodeSendError
from gateway.codes.words import message_of
from gateway.formatting.numbers import Language
from gateway.notifier import Notice, Notifier
from gateway.office.reaching import Reached
from gateway.service.code_post import CodeOrder, CodePost
from simulators.clock import VirtualClock

NUMBER = "989121234567"


class Gate(CodeSender):
    """A sender that lets one message through each time it is told to, or fails."""

    def __init__(self) -> None:
        self.taken = threading.Semaphore(0)
        self.open = threading.Semaphore(0)
        self.sent: list[str] = []
        self.fault: Exception | None = None

    def send(self, message: CodeMessage) -> None:
        """See ``CodeSender``."""
        self.taken.release()
        self.open.acquire()
        if self.fault is not None:
            raise self.fault
        self.sent.append(message.code)


class Told(Notifier):
    """Keeps what it is told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.some = threading.Semaphore(0)

    def notify(self, notice: Notice) -> None:
        """See ``Notifier``."""
        self.notices.append(notice)
        self.some.release()


class Bench:
    """A post over a gate."""

    def __init__(self) -> None:
        self.gate, self.told = Gate(), Told()
        self.post = CodePost(
            self.gate, self._write, self.told, VirtualClock(unix_ms=7), queue_max=2
        )

    def _write(self, order: CodeOrder) -> CodeMessage:
        return message_of(
            order.code,
            order.to.phone,
            organisation="Mohr",
            language=Language.EN,
            minutes=order.minutes,
        )

    def put(self, code: str) -> bool:
        """Put a code in."""
        return self.post.post(CodeOrder(code=code, to=Reached(phone=NUMBER), minutes=5))


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A post, closed afterwards with no thread left."""
    before = threading.active_count()
    made = Bench()
    yield made
    made.gate.open.release(10)
    made.post.close()
    made.post.close()
    assert threading.active_count() == before


def test_a_slow_network_keeps_nobody_waiting(bench: Bench) -> None:
    """While one message hangs, so many wait; what is more is refused at once."""
    assert bench.put("1000")
    assert bench.gate.taken.acquire(timeout=20)
    assert [bench.put(code) for code in ("2000", "3000", "4000")] == [True, True, False]
    bench.gate.open.release(3)
    assert bench.gate.taken.acquire(timeout=20)
    assert bench.gate.taken.acquire(timeout=20)


@pytest.mark.parametrize(
    "fault", [CodeSendError("sms.example answered 500"), RuntimeError("code 271828 for 98912")]
)
def test_a_failure_is_told_without_the_secret(bench: Bench, fault: Exception) -> None:
    """A person hears of it with the number masked and never the code, and the next one is sent."""
    bench.gate.fault = fault
    bench.gate.open.release()
    assert bench.put("271828")
    assert bench.told.some.acquire(timeout=20)
    (notice,) = bench.told.notices
    assert (notice.code, notice.at_ms) == ("code_not_sent", 7)
    assert "••• 4567" in notice.text
    assert "271828" not in notice.text
    assert "98912" not in notice.text
    bench.gate.fault = None
    bench.gate.open.release()
    assert bench.put("314159")
    for _ in range(2):
        assert bench.gate.taken.acquire(timeout=20)


def test_closing_drops_what_waits() -> None:
    """A gateway that stops finishes the message in hand and sends no more."""
    bench = Bench()
    bench.put("1000")
    assert bench.gate.taken.acquire(timeout=20)
    bench.put("2000")
    closing = threading.Thread(target=bench.post.close)
    closing.start()
    assert bench.post._closing.wait(20)
    bench.gate.open.release()
    closing.join(20)
    assert not closing.is_alive()
    assert bench.gate.sent == ["1000"]
