"""What was seen of a world from outside, which the product knows nothing of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from gateway.ledger.kinds import CardState
from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.ids import CardToken, EnvelopeHash, HoldId, TerminalId, TransactionId
from gateway.model.programme import Programme
from gateway.model.receipt import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a world's story."""

    at_ms: int
    who: str
    text: str


@dataclass(slots=True)
class History:
    """Everything noted so far.

    Attributes:
        now_ms: the world's time.
        counts: how often what happened, by name.
        lines: the story.
        findings: what was wrong at the moment it was seen, each beginning with its kind.
        told: what terminals said was accepted, with the hash their journal held at that moment.
        sealed: every envelope that a terminal published.
        receipts: every receipt that the gateway published, in order.
        answers: the first answer to each request that may move points.
        rules: versions of the programme, each with the journal index from which it was known.
        card_acts: states that an administrator gave cards, whether or not he heard of it.
    """

    now_ms: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    told: dict[TransactionId, EnvelopeHash] = field(default_factory=dict)
    sealed: dict[TransactionId, EnvelopeHash] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    answers: dict[HoldId, AuthAnswer] = field(default_factory=dict)
    rules: list[tuple[int, Programme]] = field(default_factory=list)
    card_acts: list[tuple[CardToken, CardState]] = field(default_factory=list)
    _watermarks: dict[TerminalId, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        """Count one of something."""
        self.counts[what] += 1

    def say(self, who: str, text: str) -> None:
        """Add a line to the story."""
        self.lines.append(Line(at_ms=self.now_ms, who=who, text=text))

    def find(self, kind: str, text: str) -> None:
        """Note something that must not be."""
        self.findings.append(f"{kind}: {text}")
        self.say("!", f"{kind}: {text}")

    def note_told(self, name: TransactionId, its_hash: EnvelopeHash) -> None:
        """A terminal said that this is accepted."""
        if self.told.setdefault(name, its_hash) != its_hash:
            self.find("two envelopes", f"{_of(name)} was accepted as two different envelopes")
        self.note_sealed(name, its_hash)

    def note_sealed(self, name: TransactionId, its_hash: EnvelopeHash) -> None:
        """An envelope was seen."""
        if self.sealed.setdefault(name, its_hash) != its_hash:
            self.find("two envelopes", f"{_of(name)} was sealed as two different envelopes")

    def note_receipt(self, receipt: Receipt) -> None:
        """The gateway published a receipt."""
        self.receipts.append(receipt)
        before = self._watermarks.get(receipt.terminal, 0)
        if receipt.watermark < before:
            text = f"{receipt.terminal}'s watermark went from {before} to {receipt.watermark}"
            self.find("receipt", text)
        self._watermarks[receipt.terminal] = receipt.watermark

    def note_answer(self, answer: AuthAnswer) -> None:
        """The gateway published an answer; the same request must get the same answer again.

        An inquiry changes nothing and is answered afresh each time.
        """
        if answer.kind is AuthKind.INQUIRE:
            return
        known = self.answers.setdefault(answer.request_id, answer)
        told = (answer.status, answer.reason, answer.points, answer.amount_minor)
        if told != (known.status, known.reason, known.points, known.amount_minor):
            self.find("answer", f"request {answer.request_id.hex()[:8]} was answered in two ways")


def _of(name: TransactionId) -> str:
    return f"{name.terminal} seq {name.seq}"
