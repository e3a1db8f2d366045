"""Value on the card: exactly once, torn anywhere, settled at the next tap, counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.cards.transaction_mac import verify_transaction_mac
from gateway.errors import ReaderError
from gateway.model.ids import CardToken
from gateway.readers.cards.desfire import CardAccess, KeyNotHeldError
from gateway.readers.cards.desfire_layout import HISTORY_FILE, PURSE_FILE, REMEMBERED_MAX
from gateway.readers.cards.desfire_tmi import operation_input
from gateway.readers.cards.desfire_value import (
    CardIntent,
    OperationOutcome,
    OperationResult,
    Purse,
    open_purse,
)
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.drive import drive
from gateway.readers.errors import CardRemovedError
from simulators.card import CardFault, WrongStatus
from simulators.cards.desfire_state import DataFile, Generation, ValueFile
from terminal_agent.card_journal import CardJournal
from terminal_agent.card_purse import CardInHand, CardPurses, PurseOrder

if TYPE_CHECKING:
    from tests.unit.readers.desfire.conftest import Bench, Hand

UID = bytes.fromhex("04a1b2c3d4e5f6")
TOKEN = CardToken(bytes(range(32)))
MAC_KEY = bytes(range(16))
DONE, NOT_DONE, UNKNOWN = OperationResult.DONE, OperationResult.NOT_DONE, OperationResult.UNKNOWN


@dataclass
class Books:
    """A double-entry count of what a terminal says was done; it sums to zero."""

    accounts: Counter[str] = field(default_factory=Counter)

    def post(self, amount: int) -> None:
        """Value goes from the shop to the card, or back."""
        self.accounts["card"] += amount
        self.accounts["shop"] -= amount


@dataclass
class Terminal:
    """A terminal with its own journal, which can be switched off and on."""

    access: CardAccess
    path: Path
    count: int = 0

    def __post_init__(self) -> None:
        self.journal = CardJournal.open(self.path)

    def restart(self) -> None:
        """Switch it off and on."""
        self.journal.close()
        self.journal = CardJournal.open(self.path)

    def order(self, amount: int) -> PurseOrder:
        """The next order."""
        self.count += 1
        name = self.path.stem.encode().rjust(4)[:4] + self.count.to_bytes(4)
        return PurseOrder(operation_id=name, amount=amount, ordered_at_ms=self.count)

    def operate(self, hand: Hand, amount: int) -> OperationOutcome:
        """Do one operation on a card."""
        return CardPurses(self.access, self.journal).operate(in_hand(hand), self.order(amount))

    def look(self, hand: Hand) -> Purse:
        """Read a purse and settle what is open."""
        return CardPurses(self.access, self.journal).look(in_hand(hand))


def in_hand(hand: Hand) -> CardInHand:
    """The card as the terminal sees it."""
    return CardInHand(uid=UID, token=TOKEN, transmit=hand.transmit)


def value_of(hand: Hand) -> int:
    """What the card really holds."""
    file = hand.inside.state.applications[0].file(PURSE_FILE)
    assert isinstance(file, ValueFile)
    return file.value


@pytest.fixture
def terminal(bench: Bench, tmp_path: Path) -> Iterator[Terminal]:
    """One terminal that holds the VALUE key."""
    terminal = Terminal(bench.access(bench.name(KeyPurpose.VALUE)), tmp_path / "card.sqlite3")
    yield terminal
    terminal.journal.close()


@pytest.mark.parametrize(
    ("which", "commands"), [(Generation.EV1, 9), (Generation.EV2, 8), (Generation.EV3, 8)]
)
def test_an_operation_takes_the_fewest_commands(
    bench: Bench, terminal: Terminal, which: Generation, commands: int
) -> None:
    """Select, authenticate, read history and value, write both, commit."""
    hand = bench.hold(bench.state(which, value=100))
    outcome = terminal.operate(hand, -30)
    assert outcome.result is DONE
    assert len(hand.said) == commands
    assert hand.instructions[-5:] == ["bd", "6c", "3d", "dc", "c7"]
    assert value_of(hand) == 70


def test_the_gateway_can_check_what_a_terminal_says_was_done(
    bench: Bench, terminal: Terminal
) -> None:
    """The intent alone gives the bytes that the card signed; another amount does not."""
    hand = bench.hold(bench.state(value=100))
    before = terminal.look(hand)
    mac = terminal.operate(hand, -30).transaction_mac
    assert mac is not None
    intent = CardIntent(
        operation_id=b"card\0\0\0\1",
        card=TOKEN,
        amount=-30,
        value_before=before.value,
        history_before=before.history,
        intended_at_ms=1,
    )
    said = operation_input(intent)
    assert verify_transaction_mac(MAC_KEY, UID, mac.counter, said, mac.value)
    lie = operation_input(replace(intent, amount=-20))
    assert not verify_transaction_mac(MAC_KEY, UID, mac.counter, lie, mac.value)


@pytest.mark.parametrize("amount", [40, -30])
@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "switched off"])
def test_torn_at_every_command_card_journal_and_books_agree_after_the_next_tap(
    bench: Bench,
    generation: Generation,
    tmp_path: Path,
    amount: int,
    fault: CardFault,
    restarted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Before and after execution at each APDU: nothing is lost, nothing is done twice."""
    commands = 9 if generation is Generation.EV1 else 8
    access = bench.access(bench.name(KeyPurpose.VALUE))
    for at in range(commands):
        terminal = Terminal(access, tmp_path / f"{at}.sqlite3")
        hand = bench.hold(bench.state(generation, value=100), {at: fault})
        result = None
        try:
            result = terminal.operate(hand, amount).result
        except ReaderError:
            assert terminal.journal.open_intents() == ()
        if restarted:
            terminal.restart()
        committed = value_of(hand) != 100
        assert committed == (fault is CardFault.TEAR_AFTER and at == commands - 1)
        # What the terminal said before the next tap was never wrong.
        assert result in {None, UNKNOWN, DONE if committed else NOT_DONE}
        hand.card.power_on()
        purse = terminal.look(hand)
        assert terminal.journal.open_intents() == ()
        books = Books()
        books.post(100)
        books.post(terminal.journal.moved(TOKEN))
        assert purse.value == value_of(hand) == books.accounts["card"]
        assert sum(books.accounts.values()) == 0
        terminal.journal.close()


@settings(max_examples=25)
@given(
    plan=st.lists(
        st.tuples(
            st.integers(0, 1),
            st.integers(-120, 120).filter(bool),
            st.one_of(st.none(), st.integers(0, 9)),
            st.sampled_from([CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER]),
        ),
        max_size=8,
    ),
    which=st.sampled_from(Generation),
)
def test_two_terminals_and_any_tears_come_to_one_count(
    plan: list[tuple[int, int, int | None, CardFault]],
    which: Generation,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> None:
    """Each journal settles its own operations, though the other has moved the purse since."""
    bench: Bench = request.getfixturevalue("bench")
    folder = tmp_path_factory.mktemp("journals")
    terminals = [
        Terminal(bench.access(bench.name(KeyPurpose.VALUE)), folder / f"{name}.sqlite3")
        for name in ("one", "two")
    ]
    hand = bench.hold(bench.state(which, value=100))
    faulty = hand.card
    for lane, amount, at, fault in plan:
        faulty.power_on()
        faulty._faults = {} if at is None else {faulty.command_count + at: fault}
        try:
            terminals[lane].operate(hand, amount)
        except CardRemovedError:
            continue
    faulty._faults = {}
    for terminal in terminals:
        faulty.power_on()
        terminal.look(hand)
    open_intents = [one for terminal in terminals for one in terminal.journal.open_intents()]
    moved = sum(terminal.journal.moved(TOKEN) for terminal in terminals)
    for intent in open_intents:
        # Only an operation buried under more than the card remembers may stay open.
        assert len(plan) > REMEMBERED_MAX
        assert intent.history_before.moves + REMEMBERED_MAX < terminals[0].look(hand).history.moves
    if not open_intents:
        assert 100 + moved == value_of(hand)
    for terminal in terminals:
        terminal.journal.close()


@settings(max_examples=60)
@given(
    data=st.data(),
    which=st.sampled_from(Generation),
    amount=st.integers(-110, 110).filter(bool),
)
def test_garbled_answers_bring_no_journal_to_a_lie(
    data: st.DataObject,
    which: Generation,
    amount: int,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> None:
    """Whatever is done to one answer of an operation, the next tap brings both to one count."""
    bench: Bench = request.getfixturevalue("bench")
    path = tmp_path_factory.mktemp("journal") / "card.sqlite3"
    terminal = Terminal(bench.access(bench.name(KeyPurpose.VALUE)), path)
    hand = bench.hold(bench.state(which, value=100))
    hand.garble = data.draw(bench.garbles())
    result = None
    with suppress(ReaderError):
        result = terminal.operate(hand, amount).result
    moved = value_of(hand) - 100
    assert result in {None, UNKNOWN, DONE if moved else NOT_DONE}
    hand.garble = None
    hand.card.power_on()
    assert terminal.look(hand).value == value_of(hand) == 100 + terminal.journal.moved(TOKEN)
    assert terminal.journal.open_intents() == ()
    terminal.journal.close()


def test_a_purse_that_does_not_hold_enough_is_not_moved(
    bench: Bench, terminal: Terminal, generation: Generation
) -> None:
    """The card refuses, the journal says so, and nothing stays open."""
    hand = bench.hold(bench.state(generation, value=10))
    outcome = terminal.operate(hand, -11)
    assert outcome.result is NOT_DONE
    assert terminal.journal.open_intents() == ()
    assert value_of(hand) == 10
    assert terminal.operate(hand, -10).result is DONE


@pytest.mark.parametrize("status", [0x9100, 0x911E, 0x91CA, 0x6A82])
def test_a_commit_with_a_strange_answer_is_asked_about_at_once(
    bench: Bench, terminal: Terminal, generation: Generation, status: int
) -> None:
    """An answer without proof settles nothing; the card that is still there does."""
    at = 8 if generation is Generation.EV1 else 7
    hand = bench.hold(bench.state(generation, value=100), {at: WrongStatus(status=status)})
    assert terminal.operate(hand, 5).result is NOT_DONE
    assert value_of(hand) == 100
    assert terminal.journal.open_intents() == ()


def test_a_lost_answer_is_unknown_until_the_next_tap(bench: Bench, terminal: Terminal) -> None:
    """The one case in which nobody at the counter can know."""
    hand = bench.hold(bench.state(value=100), {7: CardFault.TEAR_AFTER})
    assert terminal.operate(hand, 5).result is UNKNOWN
    (intent,) = terminal.journal.open_intents(TOKEN)
    assert terminal.journal.open_intents(CardToken(bytes(32))) == ()
    hand.card.power_on()
    terminal.look(hand)
    settled = terminal.journal.outcome(intent.operation_id)
    assert settled is not None
    assert settled.result is DONE


def test_ev1_is_not_believed_to_have_forgotten(bench: Bench, terminal: Terminal) -> None:
    """EV1 takes a commit from anybody, so an operation cut before ours stays open."""
    hand = bench.hold(bench.state(Generation.EV1, value=100))
    last = {"credited": False}

    def between(command: bytes) -> bytes:
        if last["credited"]:
            raise CardRemovedError("somebody stands between")
        answer = hand.transmit(command)
        if command[1] == 0x0C:
            last["credited"] = True
            # Somebody else's commit: EV1 asks for no MAC.
            assert hand.inside.transmit(bytes.fromhex("90c7000000"))[-2:] == b"\x91\x00"
            raise CardRemovedError("somebody stands between")
        return answer

    held = CardInHand(uid=UID, token=TOKEN, transmit=between)
    outcome = CardPurses(terminal.access, terminal.journal).operate(held, terminal.order(50))
    assert outcome.result is UNKNOWN
    hand.card.power_on()
    assert terminal.look(hand).value == 150
    assert terminal.journal.moved(TOKEN) == 50


def test_without_the_value_key_nothing_is_intended(bench: Bench, tmp_path: Path) -> None:
    """A terminal that holds the TERMINAL key alone cannot touch a purse."""
    terminal = Terminal(bench.access(bench.name(KeyPurpose.TERMINAL)), tmp_path / "t.sqlite3")
    with pytest.raises(KeyNotHeldError):
        terminal.operate(bench.hold(bench.state(value=100)), 5)
    assert terminal.journal.open_intents() == ()
    terminal.journal.close()


def test_a_card_whose_history_is_none_is_refused(bench: Bench, terminal: Terminal) -> None:
    """A count without its ids was not written by us."""
    state = bench.state(value=100)
    application = state.applications[0]
    file = application.file(HISTORY_FILE)
    assert isinstance(file, DataFile)
    broken = replace(file, content=(5).to_bytes(4) + bytes(24))
    hand = bench.hold(state.with_application(application.with_file(broken)))
    with pytest.raises(ReaderError):
        terminal.look(hand)


@given(
    answers=st.lists(
        st.one_of(st.binary(max_size=60), st.binary(max_size=50).map(lambda one: one + b"\x91\0")),
        max_size=10,
    )
)
def test_malformed_answers_to_a_purse_are_named_errors(answers: list[bytes]) -> None:
    """No card can make opening a purse end in anything else."""
    name = CardKeyName(purpose=KeyPurpose.VALUE, version=1)
    keys = SharedCardKeys(organisation=bytes(8), masters={name: bytes(16)})
    told = iter(answers)
    with pytest.raises(ReaderError):
        drive(
            open_purse(CardAccess(keys=keys, random_bytes=bytes), UID),
            lambda _command: next(told, b"\x91\xae"),
        )
