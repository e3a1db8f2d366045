"""Names on their way to a screen: only for answered inquiries, only in a box, kept nowhere."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config_programme import default_programme
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.greeting import open_greeting
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, open_envelope
from gateway.errors import MohrError
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.card import Assurance
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Status
from gateway.service.core import GatewayCore
from gateway.service.greeting import nobody
from gateway.service.messages import Publish
from gateway.wire.auth import decode_auth_answer
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import AckToken, Delivered
from mqtt.topics import topic_auth, topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_800_000_000_000
NAME = "زرافشان"


class Scene:
    """A gateway that greets, one terminal, and one member with 1,000 points."""

    def __init__(self, path: Path, greet: Callable[[MemberId], str | None]) -> None:
        self.asked: list[MemberId] = []
        self._greet = greet
        self.signer = FileSigner.generate()
        self.path = path
        self.store = SqlLedgerStore(path)
        self.store.add_programme(default_programme("EUR"))
        self.box = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
        self.store.add_terminal(self.box.registration, BranchId("north"), NOW_MS)
        counter = itertools.count(1)
        writer = Writer(
            self.store,
            new_member_id=lambda: MemberId(f"{next(counter):032x}"),
            settings=WriterSettings(),
        )
        self.core = GatewayCore(
            self.store, writer, self.signer, card_key=bytes(32), greet=self._say
        )
        self._packets = itertools.count(1)
        self.deliver(topic_tx("till-1"), self.box.earn(card_evidence(1), sale_key(1), 100_000))

    def _say(self, member: MemberId) -> str | None:
        self.asked.append(member)
        return self._greet(member)

    def deliver(self, topic: str, payload: bytes) -> tuple[Publish, ...]:
        """Deliver one message; what is sent because of it, sealed as the shell has it sealed."""
        token = AckToken(generation=1, packet_id=next(self._packets))
        delivered = Delivered(topic=topic, payload=payload, token=token)
        step = self.core.apply([self.core.open(delivered)], NOW_MS)
        return tuple(map(self.core.sealed, step.replies))

    def answer(self, payload: bytes) -> AuthAnswer:
        """The answer to one request."""
        (publish,) = self.deliver(topic_auth("till-1"), payload)
        assert NAME.encode() not in publish.payload
        key = PublicKey.from_cose_key(self.signer.public_key)
        envelope = open_envelope(publish.payload, SealType.AUTH_ANSWER, key)
        return decode_auth_answer(envelope.payload)

    def name_in(self, answer: AuthAnswer) -> str:
        """What the terminal reads."""
        assert answer.greeting_box is not None
        return open_greeting(
            answer.greeting_box, self.box.agreement, TerminalId("till-1"), answer.request_id
        )


def reserve(scene: Scene) -> bytes:
    """A question that holds points."""
    return scene.box.reserve(
        scene.box.new_id(), card_evidence(1), sale_key(2), points=500, total_minor=10_000
    )


@pytest.fixture
def make_scene(tmp_path: Path) -> Callable[..., Scene]:
    """Scenes on files of their own."""
    numbers = itertools.count()
    return lambda greet: Scene(tmp_path / f"ledger-{next(numbers)}.sqlite3", greet)


def test_an_inquiry_is_answered_with_a_name(make_scene: Callable[..., Scene]) -> None:
    """A member who wants it is named to the terminal that asked, and to nobody else."""
    scene = make_scene(lambda _member: NAME)
    answer = scene.answer(scene.box.inquire(card_evidence(1)))
    assert (answer.status, answer.balance_points) == (Status.APPLIED, 1_000)
    assert scene.name_in(answer) == NAME


def test_the_same_question_again_is_answered_alike(make_scene: Callable[..., Scene]) -> None:
    """A repeated question gets the same balance and the same name, in a box of its own."""
    scene = make_scene(lambda _member: NAME)
    question = scene.box.inquire(card_evidence(1))
    first, second = scene.answer(question), scene.answer(question)
    assert scene.name_in(first) == scene.name_in(second) == NAME
    assert first.greeting_box != second.greeting_box


def test_a_claimed_number_is_told_nobodys_name(make_scene: Callable[..., Scene]) -> None:
    """Whoever keys a stranger's number in learns a balance and no name."""
    scene = make_scene(lambda _member: NAME)
    claimed = replace(card_evidence(1), assurance=Assurance.CLAIMED)
    answer = scene.answer(scene.box.inquire(claimed))
    assert (answer.status, answer.greeting_box) == (Status.APPLIED, None)
    assert scene.asked == []


def test_nobody_is_asked_after_without_an_answered_inquiry(
    make_scene: Callable[..., Scene],
) -> None:
    """An unknown card, a reservation and a cancellation ask after no name."""
    scene = make_scene(lambda _member: NAME)
    for question in (
        scene.box.inquire(card_evidence(9)),
        reserve(scene),
        scene.box.cancel(scene.box.new_id()),
    ):
        assert scene.answer(question).greeting_box is None
    assert scene.asked == []


def test_whoever_did_not_consent_is_answered_as_ever(make_scene: Callable[..., Scene]) -> None:
    """Without a name, or with one of which nothing can be shown, the answer has no box."""
    for greet in (nobody, lambda _member: "\u202e", lambda _member: ""):
        scene = make_scene(greet)
        answer = scene.answer(scene.box.inquire(card_evidence(1)))
        assert (answer.kind, answer.greeting_box) == (AuthKind.INQUIRE, None)
        assert len(scene.asked) == 1


def test_a_book_of_people_that_cannot_be_read_costs_no_answer(
    make_scene: Callable[..., Scene], capsys: pytest.CaptureFixture[str]
) -> None:
    """The balance is told all the same, and the log says what failed without naming anybody."""

    def fails(_member: MemberId) -> str | None:
        raise MohrError(f"cannot read {NAME}")

    scene = make_scene(fails)
    answer = scene.answer(scene.box.inquire(card_evidence(1)))
    assert (answer.balance_points, answer.greeting_box) == (1_000, None)
    said = capsys.readouterr().out
    assert "no greeting" in said
    assert NAME not in said


def test_a_long_name_is_cut(make_scene: Callable[..., Scene]) -> None:
    """However long the name, the box is as long as any other."""
    scene = make_scene(lambda _member: "ن" * 10_000)
    assert scene.name_in(scene.answer(scene.box.inquire(card_evidence(1)))) == "ن" * 40


def test_no_name_reaches_the_ledger(make_scene: Callable[..., Scene]) -> None:
    """After inquiries and reservations no row of any table, and no file, holds the name."""
    scene = make_scene(lambda _member: NAME)
    scene.answer(scene.box.inquire(card_evidence(1)))
    assert scene.answer(reserve(scene)).status is Status.APPLIED
    scene.store.close()
    with sqlite3.connect(scene.path) as database:
        dump = "\n".join(database.iterdump())
    database.close()
    assert "auth_request" in dump
    assert NAME not in dump
    assert NAME.encode().hex() not in dump.lower()
    for file in scene.path.parent.iterdir():
        assert NAME.encode() not in file.read_bytes()
