"""The issuing desk: one card after another, each written down before it is touched.

Every step can be cut off by a card that leaves or a process that is killed. Whoever presents the
card again gets on where it was: the journal knows which number it was meant for and which keys it
may hold, and the dialogue finds out what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from gateway.clock import Clock
from gateway.crypto.card_token import card_token
from gateway.errors import MohrError, ReaderError
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.journal import IssuingJournal
from gateway.issuing.personaliser import CardCheck, CardOrder, Personaliser, SeenCard
from gateway.issuing.protocol import (
    FACTORY_VERSION,
    Intent,
    IntentKind,
    Note,
    Talk,
    drive_issuing,
)
from gateway.issuing.record import AuditEntry, CardRecord, CardStage, DeskAction, DeskResult
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, MemberId
from gateway.readers.cards.traits import CardTraits, traits_of
from gateway.readers.cards.uid import read_uid
from gateway.readers.drive import drive
from gateway.readers.errors import CardRefusedError
from gateway.readers.native import frame_style
from gateway.readers.slot import CardSession


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOrder:
    """What a card that nobody knows yet is to become.

    Attributes:
        number: the membership number on it; None takes the next that is free.
        member_id: whom the ledger binds it to; None for whoever enrols with it.
        random_uid: whether it hides its UID from then on, for good.
        batch: what it is issued in.
        replaces: the token of the card whose place it takes.
    """

    number: str | None = None
    member_id: MemberId | None = None
    random_uid: bool = False
    batch: str = ""
    replaces: CardToken | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """How a desk works.

    Attributes:
        card_key: the programme's card key, which makes tokens of UIDs.
        version: the key version that cards get.
        any_maker: take cards whose maker's signature is missing or wrong, such as simulated ones.
        actor: who is written down as having done it.
    """

    card_key: bytes
    version: int
    any_maker: bool = False
    actor: str

    def __repr__(self) -> str:
        return f"DeskSettings(version={self.version}, actor={self.actor!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A card that was made.

    Attributes:
        card: its record.
        was_known: whether it was issued before, and nothing was done now.
    """

    card: CardRecord
    was_known: bool = False


#: Tells the ledger whose card it is; done once for each command id, however often it is asked.
Bind = Callable[[CardRecord], None]


class IssuingDesk:
    """Issues, checks, rekeys and wipes cards of one kind. One thread.

    Args:
        journal: of this gateway.
        personaliser: for the kind of card.
        settings: see ``DeskSettings``.
        clock: gives audit rows their time.
        bind: tells the ledger of a finished card.
        new_id: a fresh random id of 32 hexadecimal digits.
    """

    def __init__(
        self,
        journal: IssuingJournal,
        personaliser: Personaliser,
        settings: DeskSettings,
        *,
        clock: Clock,
        bind: Bind,
        new_id: Callable[[], str],
    ) -> None:
        self.journal = journal
        self._personaliser = personaliser
        self._settings = settings
        self._clock = clock
        self._bind = bind
        self._new_id = new_id

    def see(self, session: CardSession) -> tuple[SeenCard, CardRecord | None]:
        """Recognise the card on the desk.

        Raises:
            WrongCardError: if it is of another kind.
            ReaderError: if the conversation failed.
        """
        seen = drive(self._see(session), session.transmit)
        return seen, self.journal.card(self._chip(seen))

    def issue(self, session: CardSession, order: DeskOrder | None) -> Issued:
        """Issue the card on the desk, or finish one that was begun.

        Args:
            session: with the card.
            order: what it is to become, if nobody knows it yet; None takes only known cards.

        Raises:
            WrongCardError: if it is not ours to write; nothing was changed.
            IssuingError: if it cannot be finished; present it again, or another one.
            ReaderError: if it left; present it again.
        """
        replaces = order is not None and order.replaces is not None
        action = DeskAction.REPLACE if replaces else DeskAction.ISSUE
        seen, known = self._seen(session, action)
        if known is not None and known.stage is CardStage.ISSUED:
            return Issued(card=known, was_known=True)
        card = known if known is not None and known.live else None
        try:
            return Issued(card=self.finish(self._made(session, seen, card, order)))
        except MohrError as error:
            self._audit(action, self.journal.card(self._chip(seen)), error)
            raise

    def _made(
        self,
        session: CardSession,
        seen: SeenCard,
        card: CardRecord | None,
        order: DeskOrder | None,
    ) -> CardRecord:
        if card is None:
            if order is None:
                raise WrongCardError("nothing is left for a new card: it was not touched")
            return self._make(session, seen, self._claim(seen, order), is_new=True)
        if order is not None and order.batch == card.batch == "":
            _check_same(order, card)
        if card.stage is CardStage.MADE:
            return card
        return self._make(session, seen, card, is_new=False)

    def finish(self, card: CardRecord) -> CardRecord:
        """Tell the ledger of a card that is made; needs no card on the desk.

        Raises:
            MohrError: if the ledger refused or cannot be asked; the card stays made.
        """
        if card.member_id is not None or card.replaces is not None:
            self._bind(card)
        if card.replaces is not None:
            self._retire(card.replaces)
        action = DeskAction.ISSUE if card.replaces is None else DeskAction.REPLACE
        entry = self._entry(action, card, None)
        return self.journal.change(replace(card, stage=CardStage.ISSUED), entry=entry)

    def rekey(self, session: CardSession) -> CardRecord:
        """Give the card on the desk the current keys.

        Raises:
            IssuingError, ReaderError: as ``issue``.
        """
        seen, known = self._seen(session, DeskAction.REKEY)
        try:
            if known is None or known.stage in {CardStage.WIPED, CardStage.GIVEN_UP}:
                raise WrongCardError("this card was not issued here: there is nothing to rekey")
            wanted = self._settings.version
            counter = self._run(session, seen, known, wanted, known.random_uid)
            card = self.journal.change(
                replace(known, key_version=wanted, counter=counter),
                proved=True,
                entry=self._entry(DeskAction.REKEY, known, None),
            )
            if card.stage is CardStage.BEGUN:
                card = self.finish(card)
        except MohrError as error:
            self._audit(DeskAction.REKEY, known, error)
            raise
        return card

    def wipe(self, session: CardSession) -> CardRecord | None:
        """Take the member and our keys off the card on the desk.

        Returns:
            its record; None for a card of ours that this journal does not know.

        Raises:
            IssuingError, ReaderError: as ``issue``.
        """
        seen, known = self._seen(session, DeskAction.WIPE)
        version = self._settings.version if known is None else known.key_version
        try:
            drive_issuing(
                self._personaliser.wipe(seen, version),
                session.transmit,
                partial(self._write_down, self._chip(seen)),
            )
            if known is None:
                self._audit(DeskAction.WIPE, None, None)
                return None
            return self.journal.change(
                replace(known, stage=CardStage.WIPED, key_version=FACTORY_VERSION),
                proved=True,
                entry=self._entry(DeskAction.WIPE, known, None),
            )
        except MohrError as error:
            self._audit(DeskAction.WIPE, known, error)
            raise

    def verify(self, session: CardSession) -> tuple[CardRecord | None, CardCheck]:
        """Read the card on the desk as gateway and terminals do, and hold it against the journal.

        Raises:
            IssuingError: if it is not what it was issued as.
            ReaderError: if the conversation failed.
        """
        seen, known = self._seen(session, DeskAction.VERIFY)
        try:
            version = self._settings.version if known is None else known.key_version
            check = drive(self._personaliser.check(seen, version), session.transmit)
            if known is not None and check.number not in {None, known.number}:
                raise IssuingError(
                    f"number {check.number} is on the card, {known.number} in the journal"
                )
        except MohrError as error:
            self._audit(DeskAction.VERIFY, known, error)
            raise
        self._audit(DeskAction.VERIFY, known, None)
        return known, check

    def token_of(self, profile: CardProfile, identity: bytes) -> CardToken:
        """The token of a card that names itself so."""
        return card_token(self._settings.card_key, profile, identity)

    # Parts.

    def _seen(self, session: CardSession, action: DeskAction) -> tuple[SeenCard, CardRecord | None]:
        try:
            return self.see(session)
        except MohrError as error:
            self._audit(action, None, error)
            raise

    def _see(self, session: CardSession) -> Talk[SeenCard]:
        asked = yield from read_uid()
        uid = asked if isinstance(asked, bytes) else None
        return (yield from self._personaliser.see(_traits(session, uid)))

    def _chip(self, seen: SeenCard) -> CardToken:
        # Under one profile, whatever the chip is issued as: a chip is one thing.
        return self.token_of(CardProfile.UID, seen.uid)

    def _claim(self, seen: SeenCard, order: DeskOrder) -> CardRecord:
        if seen.original is False and not self._settings.any_maker:
            raise WrongCardError(
                "the chip's maker did not sign it: an imitation, or a simulated card (then say"
                " --any-maker); it was not touched"
            )
        number = order.number or self.journal.next_number()
        profile = self._personaliser.profile
        return self.journal.claim(
            CardRecord(
                chip=self._chip(seen),
                profile=profile,
                token=self.token_of(profile, self._personaliser.identity(seen, number)),
                number=number,
                key_version=self._settings.version,
                random_uid=order.random_uid,
                batch=order.batch,
                member_id=order.member_id,
                replaces=order.replaces,
                command_id=self._new_id(),
                begun_at_ms=0,
                changed_at_ms=0,
            )
        )

    def _make(
        self, session: CardSession, seen: SeenCard, card: CardRecord, *, is_new: bool
    ) -> CardRecord:
        try:
            counter = self._run(session, seen, card, card.key_version, card.random_uid)
        except WrongCardError:
            if is_new and not self.journal.open_intents(card.chip):
                self.journal.release(card.chip)
            raise
        made = replace(card, stage=CardStage.MADE, counter=counter)
        return self.journal.change(made, proved=True)

    def _run(
        self,
        session: CardSession,
        seen: SeenCard,
        card: CardRecord,
        version: int,
        random_uid: bool,  # noqa: FBT001 - passed on as it stands in the record
    ) -> int | None:
        order = CardOrder(
            version=version,
            number=card.number,
            random_uid=random_uid,
            old_version=self._old_version(card, version),
        )
        return drive_issuing(
            self._personaliser.make(seen, order),
            session.transmit,
            partial(self._write_down, card.chip),
        )

    def _old_version(self, card: CardRecord, wanted: int) -> int:
        """The version that the card's keys have, if they have not got the wanted one."""
        changes = [
            one
            for one in self.journal.open_intents(card.chip)
            if one.kind is IntentKind.CHANGE_KEY and one.to_version == wanted
        ]
        if changes:
            return changes[-1].from_version
        return FACTORY_VERSION if card.stage is CardStage.BEGUN else card.key_version

    def _write_down(self, chip: CardToken, note: Note) -> None:
        if isinstance(note, Intent):
            self.journal.note(chip, note)
        else:
            self.journal.settle(chip, note.versions)

    def _retire(self, token: CardToken) -> None:
        old = self.journal.with_token(token)
        if old is not None:
            self.journal.change(replace(old, stage=CardStage.REPLACED))

    def _audit(self, action: DeskAction, card: CardRecord | None, error: MohrError | None) -> None:
        self.journal.record(self._entry(action, card, error))

    def _entry(
        self, action: DeskAction, card: CardRecord | None, error: MohrError | None
    ) -> AuditEntry:
        result = DeskResult.DONE
        if error is not None:
            lost = isinstance(error, ReaderError) and not isinstance(error, CardRefusedError)
            result = DeskResult.UNKNOWN if lost else DeskResult.REFUSED
        return AuditEntry(
            at_ms=self._clock.unix_ms(),
            actor=self._settings.actor,
            action=action,
            chip=None if card is None else card.chip,
            number="" if card is None else card.number,
            result=result,
            detail="" if error is None else str(error),
        )


def _check_same(order: DeskOrder, card: CardRecord) -> None:
    """A single card that was begun is finished for whom it was begun, and for nobody else."""
    if order.number not in {None, card.number} or order.member_id not in {None, card.member_id}:
        raise IssuingError(f"this card was begun for number {card.number}: finish it for that one")


def _traits(session: CardSession, uid: bytes | None) -> CardTraits:
    return traits_of(session.atr, uid, frame_style(session.reader))
