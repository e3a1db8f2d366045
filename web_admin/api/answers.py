"""The shapes of answers. Points and money are whole numbers; money stands beside its currency.

Times are Unix time in milliseconds. Nothing here says who a member is in the world.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.ledger.kinds import CardState, PostingKind
from gateway.model.card import CardProfile
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.queries.sealed_row import SealStatus


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CurrencyAnswer(_Answer):
    """A currency.

    Attributes:
        code: ISO 4217.
        exponent: digits of its smallest unit behind the point.
    """

    code: str
    exponent: int

    @classmethod
    def of(cls, currency: Currency) -> CurrencyAnswer:
        """The answer for a currency."""
        return cls(code=currency.code, exponent=currency.exponent)


class MemberAnswer(_Answer):
    """A member, by pseudonym.

    Attributes:
        member_id: the pseudonym.
        branch: the home branch.
        enrolled_at_ms: when the membership was made.
        last_visit_ms: when a terminal last moved points of this member; null for never.
    """

    member_id: str
    branch: str
    enrolled_at_ms: int
    last_visit_ms: int | None


class MemberPage(_Answer):
    """Members, those enrolled last first.

    Attributes:
        items: the members; a page may be shorter than its limit before the last.
        next_cursor: for the next page; null at the end.
    """

    items: tuple[MemberAnswer, ...]
    next_cursor: str | None


class LotAnswer(_Answer):
    """Points that came together.

    Attributes:
        points: as they were earned.
        remaining_points: not used up.
        available_from_ms: since when they may be spent.
        expires_at_ms: when they lapse; null for never.
    """

    points: int
    remaining_points: int
    available_from_ms: int
    expires_at_ms: int | None


class HoldAnswer(_Answer):
    """Points that are reserved at a till at this moment.

    Attributes:
        points: how many.
        amount_minor: the money they stand for, in the programme's smallest unit.
        branch: where.
        terminal: through which box.
        expires_at_ms: when the reservation ends by itself.
    """

    points: int
    amount_minor: int
    branch: str
    terminal: str
    expires_at_ms: int


class CardAnswer(_Answer):
    """A card of a member.

    Attributes:
        token: stands for the card; says nothing about it without the programme's key.
        profile: of which kind.
        state: whether it may be used.
        added_at_ms: when it came to the member.
    """

    token: str
    profile: CardProfile
    state: CardState
    added_at_ms: int


class BalanceAnswer(_Answer):
    """What a member has.

    Attributes:
        member_id: whose.
        available_points: spendable; below zero they are owed.
        held_points: reserved at this moment.
        owed_points: what the next earnings go to first.
        lots: points by when they lapse, next to be spent first; at most 100.
        lots_in_all: how many lots there are.
        holds: reservations; at most 100.
        cards: at most 100.
        currency: of the money amounts.
    """

    member_id: str
    available_points: int
    held_points: int
    owed_points: int
    lots: tuple[LotAnswer, ...]
    lots_in_all: int
    holds: tuple[HoldAnswer, ...]
    cards: tuple[CardAnswer, ...]
    currency: CurrencyAnswer | None


class MovementAnswer(_Answer):
    """One movement of a member's points.

    Attributes:
        journal_index: its number in the journal.
        recorded_at_ms: when the gateway recorded it.
        happened_at_ms: when it happened by the terminal's clock; null where no good seal says so.
        posting: why points moved.
        branch: where.
        terminal: through which box; null where none was involved.
        available_points: change of the spendable points.
        held_points: change of the reserved points.
        balance_points: spendable points afterwards.
        amount_minor: the sale's total, or for a redemption the money off it.
        currency: the unit of ``amount_minor``.
        receipt_number: the till's number for the receipt.
        seal: what the terminal's seal is worth, verified for this answer.
    """

    journal_index: int
    recorded_at_ms: int
    happened_at_ms: int | None
    posting: PostingKind
    branch: str
    terminal: str | None
    available_points: int
    held_points: int
    balance_points: int
    amount_minor: int | None
    currency: CurrencyAnswer | None
    receipt_number: str | None
    seal: SealStatus


class MovementPage(_Answer):
    """A member's movements, newest first; ``next_cursor`` is null at the end."""

    items: tuple[MovementAnswer, ...]
    next_cursor: str | None


class TransactionAnswer(_Answer):
    """One row of the journal; see ``MovementAnswer`` for what is not explained here.

    Attributes:
        action: what was asked: enrol, earn, redeem, void, refund, top_up, event, inquire, reserve
            or cancel; expiry for a hold that freed itself, card for a card that was blocked or let
            go, command for what somebody did at a desk, nightly for a step of the nightly run,
            unreadable where the seal is broken.
        posting: why points moved; null where none did.
        status: how it ended.
        reason: why, where it was not applied; otherwise none.
        epoch: with ``terminal`` and ``seq`` the number that the terminal gave it.
        seq: see there.
        member_id: whose points; null where nobody's.
        points: what moved on that member's account, spendable and reserved together.
        balance_points: spendable points afterwards; null where none moved.
        programme_version: the rules it was judged by.
    """

    journal_index: int
    recorded_at_ms: int
    happened_at_ms: int | None
    action: str
    posting: PostingKind | None
    status: Status
    reason: Reason
    branch: str | None
    terminal: str | None
    epoch: int | None
    seq: int | None
    member_id: str | None
    points: int
    balance_points: int | None
    programme_version: int | None
    amount_minor: int | None
    currency: CurrencyAnswer | None
    receipt_number: str | None
    seal: SealStatus


class TransactionPage(_Answer):
    """Rows of the journal, newest first.

    Attributes:
        items: the rows; a page may be short or empty before the last.
        next_cursor: for the next page; null at the end.
    """

    items: tuple[TransactionAnswer, ...]
    next_cursor: str | None


class TerminalAnswer(_Answer):
    """A terminal: what is proved of it, and what it last said about itself.

    Attributes:
        terminal: its name.
        branch: where it stands.
        added_at_ms: when its present key was registered.
        epoch: counts its keys.
        settled_seq: everything up to this number of the epoch is settled.
        missing: numbers after it that never came.
        waiting: transactions at the gateway that wait for missing ones.
        quarantined: messages in its name that lie in quarantine.
        last_recorded_at_ms: when something of it was recorded last; null for never.
        online: whether it says that it is here; null where it said nothing since the start.
        heard_at_ms: when it last said something about itself.
        version: of its software, by its own word, as are the next two.
        pending: transactions that wait at the terminal.
        stopped: why it accepts nothing more; null where it does.
    """

    terminal: str
    branch: str
    added_at_ms: int
    epoch: int
    settled_seq: int
    missing: int
    waiting: int
    quarantined: int
    last_recorded_at_ms: int | None
    online: bool | None
    heard_at_ms: int | None
    version: str | None
    pending: int | None
    stopped: str | None


class TerminalPage(_Answer):
    """Terminals by name; ``next_cursor`` is null at the end."""

    items: tuple[TerminalAnswer, ...]
    next_cursor: str | None


class OrganisationAnswer(_Answer):
    """Who runs the programme.

    Attributes:
        name: as people read it.
        language: of pages by default.
        time_zone: an IANA name.
        money_unit: whether people are shown rials as tomans; amounts here never are.
        currency: of the programme; null before there is one.
        programme: the machine name of the newest rules; null before there are any.
        programme_version: their version.
        branches: shops where terminals stand.
    """

    name: str
    language: Language
    time_zone: str
    money_unit: MoneyUnit
    currency: CurrencyAnswer | None
    programme: str | None
    programme_version: int | None
    branches: tuple[str, ...]
