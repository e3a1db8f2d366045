"""A forgotten card's sale is claimed once: real gateway, ledger and agents of one branch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gateway.audit.auditor import audit
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import parse_envelope
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.ledger.kinds import JournalKind
from gateway.model.ids import BranchId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.sale import SaleSource
from gateway.model.transaction import Kind
from gateway.wire.transaction import decode_transaction
from simulators.broker import SimBroker
from simulators.card import UidCard
from simulators.clock import VirtualClock
from simulators.display import RecordingDisplay
from simulators.receipts import ReceiptItem, ReceiptLanguage, TillReceipt, render_receipt
from simulators.shop.checker import Circumstances, check_books, journal_rows
from simulators.shop.counter import CounterKit, ShopCounter
from simulators.shop.day import OPENING_MS, PROGRAMME
from simulators.shop.server import ShopServer
from terminal_agent.control import AnswerCode, AskClaim, Claim, Refund
from terminal_agent.customer_display.picture import picture_of
from terminal_agent.session.view import Notice, Screen, View
from terminal_agent.texts.catalogue import load_texts
from terminal_agent.texts.words import words_of

ANNA, BEN = UidCard(b"\x04" + b"anna42"), UidCard(b"\x04" + b"ben423")
#: Ten euros, and so ten points.
BREAD = ReceiptItem(label="Bread", amount_minor=1_000)
PAPER = render_receipt(
    TillReceipt(
        shop="Street shop",
        items=(BREAD,),
        receipt_number="R-000001",
        printed_at="15.01.2027 08:00",
        language=ReceiptLanguage.ENGLISH,
    )
)
STEP_MS = 100
#: Longer than any wait of the counter.
LONG_MS = 70_000


def _same(screen: RecordingDisplay) -> RecordingDisplay:
    """The same display for an agent, however often it starts."""
    return screen


class Street:
    """A gateway, two tills of the branch ``north`` and one of the branch ``south``."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(unix_ms=OPENING_MS, synchronised_at_ms=OPENING_MS)
        self.broker = SimBroker(random.Random(1))
        signer = FileSigner.generate()
        chance, card_key = random.Random(2), bytes(range(32))
        self.server = ShopServer(
            folder / "ledger.db", self.broker, signer, card_key, chance, self.clock
        )
        self.screens = {f"till-{number}": RecordingDisplay() for number in (1, 2, 3)}
        self.tills = [
            ShopCounter(
                folder / name,
                TerminalId(name),
                self.broker,
                PublicKey.from_cose_key(signer.public_key),
                random.Random(name),
                self.clock,
                kit=CounterKit(display=partial(_same, screen)),
            )
            for name, screen in self.screens.items()
        ]
        self.branches = [BranchId("north"), BranchId("north"), BranchId("south")]
        registrations = [one.identity.registration for one in self.tills]
        self.server.prepare(PROGRAMME, registrations, self.branches)
        self.server.start()
        for till in self.tills:
            till.start()
        self.run(2_000)

    def run(self, ms: int) -> None:
        """Let time pass for everybody."""
        for _ in range(ms // STEP_MS):
            self.clock.advance(STEP_MS)
            self.broker.step(self.clock.monotonic_ms())
            self.server.work()
            for till in self.tills:
                till.tick()

    def sell(self, till: ShopCounter) -> str:
        """A sale closes, nobody's card comes, and its code is kept."""
        till.print(PAPER)
        self.run(1_000)
        view = self.view(till)
        self.run(LONG_MS)
        code = till.command(AskClaim()).claim
        assert (view.screen, view.claim) == (Screen.LATE, code)
        assert code is not None
        return code

    def view(self, till: ShopCounter) -> View:
        """What a till shows."""
        return self.screens[till.terminal].latest()

    def earned(self) -> list[tuple[Status | None, Reason | None, SaleSource]]:
        """How each earn ended, and how its sale was learned, in the ledger's order."""
        rows = [
            (row, decode_transaction(parse_envelope(row.envelope).payload))
            for row in journal_rows(self.server.store)
            if row.kind is JournalKind.TRANSACTION and row.envelope is not None
        ]
        return [
            (row.status, row.reason, one.sale.source)
            for row, one in rows
            if one.kind is Kind.EARN and one.sale is not None
        ]

    def settled(self) -> None:
        """Everything has come home, and model and auditor come to the same."""
        branches = {
            one.terminal: branch for one, branch in zip(self.tills, self.branches, strict=True)
        }
        about = Circumstances(rules=[(0, PROGRAMME)], branches=branches)
        verdict = check_books([one.journal for one in self.tills], self.server.store, about)
        assert (verdict.lost, verdict.doubled, verdict.findings) == (0, 0, [])
        with self.server.store.batch() as batch:
            assert audit(batch).findings == ()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """A street, open."""
    made = Street(tmp_path)
    yield made
    for till in made.tills:
        till.close()
    made.server.close()


ONCE = (Status.APPLIED, Reason.NONE, SaleSource.CLAIMED)
AGAIN = (Status.REFUSED, Reason.SALE_ALREADY_RECORDED, SaleSource.CLAIMED)


def test_a_claim_counts_once_at_another_terminal_of_the_branch(street: Street) -> None:
    """Anna claims at the second till; Ben scans the same receipt at the first and is refused."""
    first, second, _ = street.tills
    code = street.sell(first)
    second.scan(code)
    assert street.view(second).notice is Notice.CLAIM_TAKEN
    second.tap(ANNA)
    street.run(2_000)
    assert (street.view(second).screen, street.view(second).points) == (Screen.APPLIED, 10)
    street.run(LONG_MS)

    first.tap(BEN)
    street.run(2_000)
    first.scan(code)
    street.run(2_000)
    refused = street.view(first)
    assert (refused.screen, refused.reason) == (Screen.NOT_APPLIED, Reason.SALE_ALREADY_RECORDED)
    for language, said in ((Language.EN, "claimed already"), (Language.FA, "پیش‌تر گرفته شده")):
        texts = load_texts(language)
        assert said in "\n".join(words_of(refused, texts, MoneyUnit.CURRENCY))
        assert said in " ".join(picture_of(refused, texts, MoneyUnit.CURRENCY).notices)
    assert street.earned() == [ONCE, AGAIN]
    street.settled()


@pytest.mark.parametrize("first_online", [0, 1])
def test_a_claim_counts_once_where_both_terminals_are_offline(
    street: Street, first_online: int
) -> None:
    """Each accepts it, because neither can know; whichever queue comes first has the points."""
    code = street.sell(street.tills[0])
    lanes = street.tills[:2]
    for till, card in zip(lanes, (ANNA, BEN), strict=True):
        street.broker.cut_off(till.terminal)
        street.run(1_000)
        till.scan(code)
        till.tap(card)
        street.run(1_000)
        assert street.view(till).screen is Screen.ACCEPTED
        street.run(LONG_MS)
    for place in (first_online, 1 - first_online):
        street.broker.reconnect(lanes[place].terminal)
        street.run(LONG_MS)
    assert street.earned() == [ONCE, AGAIN]
    street.settled()


def test_a_late_tap_takes_the_claim_away(street: Street) -> None:
    """The code on the screen is worth nothing once the card came after all."""
    first, second, _ = street.tills
    first.print(PAPER)
    street.run(1_000)
    code = street.view(first).claim
    assert code is not None
    first.tap(ANNA)
    street.run(2_000)
    assert first.command(AskClaim()).code is AnswerCode.NO_CLAIM
    assert first.command(Claim(code=code)).code is AnswerCode.CLAIM_KNOWN
    second.tap(BEN)
    second.scan(code)
    street.run(2_000)
    assert street.earned() == [(Status.APPLIED, Reason.NONE, SaleSource.RECEIPT), AGAIN]
    street.settled()


def test_another_branch_refuses_a_claim(street: Street) -> None:
    """Its keys are others' business: nothing is sealed, and both screens say where to go."""
    first, _, south = street.tills
    code = street.sell(first)
    south.scan(code)
    assert street.view(south).notice is Notice.CLAIM_OTHER_BRANCH
    assert south.command(Claim(code=code)).code is AnswerCode.CLAIM_OTHER_BRANCH
    south.tap(ANNA)
    street.run(LONG_MS)
    assert street.earned() == []


def test_claimed_goods_that_come_back_take_their_points(street: Street) -> None:
    """The receipt's number is in the code, so a refund at the claiming till finds the sale."""
    first, second, _ = street.tills
    code = street.sell(first)
    assert second.command(Claim(code=code)).code is AnswerCode.CLAIM_TAKEN
    second.tap(ANNA)
    street.run(LONG_MS)
    assert second.command(Refund(receipt_number="R-000001")).code is AnswerCode.DONE
    street.run(LONG_MS)
    second.tap(ANNA)
    street.run(2_000)
    assert street.view(second).balance_points == 0
    street.settled()


def test_a_claim_in_the_middle_of_a_sale_waits(street: Street) -> None:
    """The sale on the screen goes on as if nothing had been scanned."""
    first, second, _ = street.tills
    code = street.sell(first)
    second.tap(BEN)
    second.key_total(700)
    street.run(1_000)
    assert second.command(Claim(code=code)).code is AnswerCode.CLAIM_LATER
    second.scan(code)
    view = street.view(second)
    assert (view.screen, view.notice) == (Screen.PREVIEW, Notice.CLAIM_LATER)
    assert view.total_minor == 700
    street.run(LONG_MS)
    assert street.earned() == []
