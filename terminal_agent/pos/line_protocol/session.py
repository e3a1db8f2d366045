"""The terminal's side of the line protocol. Pure: lines in; answers, events and questions out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.model.ids import SaleKey
from gateway.model.sale import Sale, SaleSource
from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    NotASaleReason,
    ReceiptEvent,
    RefundSeen,
    ReviewReason,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.line_protocol.decoding import decode_message
from terminal_agent.pos.line_protocol.framer import LineBroken, LineEvent, LineFramer
from terminal_agent.pos.line_protocol.memory import Memory, digest_of
from terminal_agent.pos.line_protocol.messages import (
    VERSION,
    BalanceAsked,
    Cancel,
    Hello,
    Message,
    Ping,
    RedeemAsked,
    RefundDone,
    SaleDone,
    Total,
    Void,
)
from terminal_agent.pos.line_protocol.replies import (
    Ack,
    Do,
    RefusalCode,
    Refused,
    Reply,
    Result,
    ResultStatus,
)
from terminal_agent.pos.line_protocol.steps import (
    Question,
    Step,
    Withdrawal,
    acked,
    no_such_sale,
    refused,
    said_before,
    sale_name,
)
from terminal_agent.pos.line_protocol.sums import evidence_of, sums_objection
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.sale_key import sale_key

#: Questions that may be open at once; a till asks one after the other.
_QUESTIONS_MAX: Final = 4


class LineSession:
    """One till's conversation; it outlives connections, so that what is sent again is known."""

    def __init__(
        self,
        profile: ShopProfile,
        *,
        hello_needed: bool = True,
        answers: bool = True,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        """Begin with a till that has said nothing.

        Args:
            profile: whose currency the till must count in; names the sales.
            hello_needed: refuse what comes before a hello. Not where a recording is read.
            answers: somebody answers questions; without, they are refused.
            ready: whether the terminal can take a sale just now.
        """
        self.profile = profile
        self._hello_needed = hello_needed
        self._answers = answers
        self._ready = ready
        self._framer = LineFramer()
        self._memory = Memory()
        self._greeted = False
        self._open_sale: str | None = None
        self._questions: dict[str, Question] = {}
        self._malformed = 0
        self._handlers: Mapping[type[Message], Callable[[Any], Step]] = {
            Ping: acked,
            Total: self._total,
            SaleDone: self._sale,
            RefundDone: self._refund,
            Void: self._void,
            RedeemAsked: self._ask,
            BalanceAsked: self._ask,
            Cancel: self._cancel,
        }

    def feed(self, data: bytes, now_ms: int) -> Step:
        """Take bytes read at ``now_ms``."""
        return self._on_lines(self._framer.feed(data, now_ms))

    def idle(self, now_ms: int) -> Step:
        """Let time pass without bytes."""
        return self._on_lines(self._framer.idle(now_ms))

    def lost(self) -> Step:
        """The connection is gone: half a line with it, and who comes next must say hello."""
        self._framer.reset()
        self._greeted = False
        return Step()

    def answered(self, result: Result) -> Step:
        """The counter has answered a question; nothing where it was withdrawn meanwhile."""
        if self._questions.pop(result.id, None) is None:
            return Step()
        self._memory.remember_result(result)
        return Step(replies=(result,))

    @property
    def deadline_ms(self) -> int | None:
        """When ``idle`` has something to do; None where nothing waits."""
        return self._framer.deadline_ms

    @property
    def counters(self) -> FramerCounters:
        """What passed through; ``malformed`` are checked lines that were refused all the same."""
        return replace(self._framer.counters, malformed=self._malformed)

    # -- lines ------------------------------------------------------------------------------------

    def _on_lines(self, lines: Sequence[LineEvent]) -> Step:
        steps = [self._on_line(line) for line in lines]
        return Step(
            events=tuple(event for step in steps for event in step.events),
            replies=tuple(reply for step in steps for reply in step.replies),
            questions=tuple(question for step in steps for question in step.questions),
        )

    def _on_line(self, line: LineEvent) -> Step:
        if isinstance(line, LineBroken):
            code = RefusalCode(line.fault.value)
            return refused(None, code, Do.RESEND, "the line did not arrive whole")
        message = decode_message(line.text)
        if isinstance(message, Refused):
            self._malformed += 1
            return Step(replies=(message,))
        known = self._memory.answer(message.id)
        if known is not None:
            if known.digest != digest_of(line.text):
                return refused(message.id, RefusalCode.ID_REUSED, Do.CORRECT, "an id names one")
            again: tuple[Reply, ...] = (known.reply,)
            if known.result is not None:
                again += (known.result,)
            if isinstance(message, Hello):
                self._greeted = True
            return Step(replies=again)
        step = self._on_message(message)
        reply = step.replies[0]
        if isinstance(reply, Ack):
            # Refusals are not kept: what was too early may be said again, unchanged.
            self._memory.remember(message.id, line.text, reply)
        return step

    def _on_message(self, message: Message) -> Step:
        if isinstance(message, Hello):
            return self._hello(message)
        if self._hello_needed and not self._greeted:
            return refused(
                message.id, RefusalCode.HELLO_FIRST, Do.RESEND, "say hello, then this again"
            )
        if isinstance(message, Total | SaleDone | RefundDone):
            if not self._ready():
                text = "the terminal cannot take anything yet; say it again in some seconds"
                return refused(message.id, RefusalCode.NOT_READY, Do.RESEND, text)
            code = self.profile.currency.code
            if message.currency != code:
                text = f"this terminal counts in {code}"
                return refused(
                    message.id, RefusalCode.OTHER_CURRENCY, Do.CORRECT, text, field="currency"
                )
        return self._handlers[type(message)](message)

    def _hello(self, message: Hello) -> Step:
        if VERSION not in message.versions:
            text = f"this terminal speaks version {VERSION}"
            return refused(message.id, RefusalCode.OTHER_VERSION, Do.CORRECT, text)
        self._greeted = True
        currency = self.profile.currency
        more = (
            ("version", VERSION),
            ("currency", currency.code),
            ("exponent", currency.exponent),
            ("answers", self._answers),
        )
        return Step(replies=(Ack(id=message.id, more=more),))

    # -- sales ------------------------------------------------------------------------------------

    def _total(self, message: Total) -> Step:
        if self._memory.closed(sale_name(message.sale_id)) is not None:
            return refused(
                message.id, RefusalCode.SALE_CLOSED, Do.CORRECT, "this sale is closed", "sale_id"
            )
        objection = sums_objection(
            total_minor=message.total_minor,
            lines=message.lines,
            tax_minor=message.tax_minor,
            discount_minor=message.discount_minor,
        )
        if objection is not None:
            return refused(message.id, RefusalCode.SUMS_DIFFER, Do.CORRECT, objection)
        self._open_sale = message.sale_id
        event = TotalSeen(
            total_minor=message.total_minor,
            key=self._key(sale_name(message.sale_id)),
            evidence=evidence_of(message.lines, ()),
            lines=message.lines,
            tax_minor=message.tax_minor,
        )
        return Step(events=(event,), replies=(Ack(id=message.id),))

    def _sale(self, message: SaleDone) -> Step:
        name, content = sale_name(message.sale_id), replace(message, id="")
        before = self._memory.closed(name)
        if before is not None:
            return said_before(message.id, same=before == content)
        objection = sums_objection(
            total_minor=message.total_minor,
            lines=message.lines,
            tax_minor=message.tax_minor,
            discount_minor=message.discount_minor,
            tenders=message.tenders,
        )
        if objection is not None:
            return refused(message.id, RefusalCode.SUMS_DIFFER, Do.CORRECT, objection)
        self._memory.close(name, content)
        if self._open_sale == message.sale_id:
            self._open_sale = None
        return Step(events=(self._sale_event(message),), replies=(Ack(id=message.id),))

    def _sale_event(self, message: SaleDone) -> ReceiptEvent:
        sale = Sale(
            key=self._key(sale_name(message.sale_id)),
            total_minor=message.total_minor,
            source=SaleSource.PROTOCOL,
            profile=self.profile.name,
            profile_version=self.profile.version,
            lines=message.lines,
            tenders=message.tenders,
            tax_minor=message.tax_minor,
            discount_minor=message.discount_minor,
            receipt_number=message.receipt_number,
        )
        evidence = evidence_of(message.lines, message.tenders)
        if sale.total_minor == 0:
            return NotASale(reason=NotASaleReason.ZERO_TOTAL, sale=sale)
        ceiling = self.profile.auto_award_ceiling_minor
        if ceiling is not None and sale.total_minor > ceiling:
            return NeedsReview(
                reasons=(ReviewReason.ABOVE_CEILING,),
                lines=tuple(f"{line.label} {line.amount_minor}" for line in sale.lines),
                key=sale.key,
                candidates_minor=(sale.total_minor,),
                receipt_number=sale.receipt_number,
                evidence=evidence,
                sale=sale,
                occurred_at=message.occurred_at,
            )
        return SaleClosed(sale=sale, evidence=evidence, occurred_at=message.occurred_at)

    def _refund(self, message: RefundDone) -> Step:
        name, content = f"refund {message.refund_id}", replace(message, id="")
        before = self._memory.closed(name)
        if before is not None:
            return said_before(message.id, same=before == content)
        self._memory.close(name, content)
        event = RefundSeen(
            total_minor=message.amount_minor,
            receipt_number=message.receipt_number,
            original_receipt_number=message.original_receipt_number,
            occurred_at=message.occurred_at,
        )
        return Step(events=(event,), replies=(Ack(id=message.id),))

    def _void(self, message: Void) -> Step:
        if self._memory.closed(sale_name(message.sale_id)) is not None:
            text = "this sale is closed: send a refund"
            return refused(message.id, RefusalCode.SALE_CLOSED, Do.CORRECT, text, "sale_id")
        if self._open_sale != message.sale_id:
            return no_such_sale(message.id)
        self._open_sale = None
        withdrawn = [one for one in self._questions.values() if one.sale_key is not None]
        results = tuple(self._withdraw(question.request_id) for question in withdrawn)
        return Step(
            events=(NotASale(reason=NotASaleReason.VOID),),
            replies=(Ack(id=message.id), *results),
            questions=tuple(Withdrawal(request_id=one.request_id) for one in withdrawn),
        )

    # -- questions --------------------------------------------------------------------------------

    def _ask(self, message: RedeemAsked | BalanceAsked) -> Step:
        if not self._answers:
            text = "nobody answers questions on this line"
            return refused(message.id, RefusalCode.NOT_OFFERED, Do.GIVE_UP, text)
        question = Question(request_id=message.id)
        if isinstance(message, RedeemAsked):
            if self._open_sale != message.sale_id:
                return no_such_sale(message.id)
            key = self._key(sale_name(message.sale_id))
            question = replace(question, sale_key=key, points=message.points)
        if len(self._questions) >= _QUESTIONS_MAX:
            return refused(message.id, RefusalCode.BUSY, Do.RESEND, "await a result first")
        self._questions[message.id] = question
        return Step(replies=(Ack(id=message.id),), questions=(question,))

    def _cancel(self, message: Cancel) -> Step:
        if message.request not in self._questions:
            text = "no such request is open; what was granted ends with void"
            return refused(message.id, RefusalCode.NO_SUCH_REQUEST, Do.GIVE_UP, text, "request")
        return Step(
            replies=(Ack(id=message.id), self._withdraw(message.request)),
            questions=(Withdrawal(request_id=message.request),),
        )

    def _withdraw(self, request_id: str) -> Result:
        del self._questions[request_id]
        withdrawn = Result(id=request_id, status=ResultStatus.WITHDRAWN)
        self._memory.remember_result(withdrawn)
        return withdrawn

    def _key(self, name: str) -> SaleKey:
        """The same for a sale's totals and its close, whatever the total and the number become."""
        return sale_key(
            profile=self.profile.name,
            receipt_number=None,
            printed_at="",
            total_minor=0,
            text=("mohr-lines", name),
        )
