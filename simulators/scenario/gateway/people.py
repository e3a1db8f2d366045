"""Who is who: the scenario's names of members and cards, and what the ledger calls them."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import ValueRangeError
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.ledger.store import LedgerStore
from gateway.model.card import CardEvidence
from gateway.model.ids import CardToken, MemberId
from simulators.scenario.gateway.names import card_of


class People:
    """Names, as far as somebody showed a card.

    A member keeps the name of the card that made one, or the one that the scenario gives.
    """

    def __init__(self) -> None:
        self._cards: dict[CardToken, str] = {}
        self._names: dict[MemberId, str] = {}

    def show(self, card: str) -> CardEvidence:
        """What a terminal says of a card that somebody shows."""
        evidence = card_of(card)
        self._cards.setdefault(evidence.token, card)
        return evidence

    def name(self, member_id: MemberId, name: str) -> None:
        """Give a member a name."""
        self._names[member_id] = name

    def newcomers(self, store: LedgerStore, tokens: Iterable[CardToken]) -> list[str]:
        """Of cards that are shown, those that nobody owns yet, each once."""
        shown = list(dict.fromkeys(tokens))
        with store.batch() as batch:
            owned = {row.token for row in batch.rows(CardRow, shown)}
        return [self._cards[token] for token in shown if token not in owned]

    def members(self, batch: LedgerBatch) -> dict[str, MemberId]:
        """Every member whom a card that was shown names, in the order of enrolment."""
        for card in batch.rows(CardRow, list(self._cards)):
            self._names.setdefault(card.member_id, self._cards[card.token])
        return {name: member_id for member_id, name in self._names.items()}

    def member(self, store: LedgerStore, name: str) -> MemberId:
        """A member by name.

        Raises:
            ValueRangeError: if there is none.
        """
        with store.batch() as batch:
            found = self.members(batch).get(name)
        if found is None:
            raise ValueRangeError(f"nobody knows {name!r}")
        return found

    def owner(self, store: LedgerStore, card: str) -> MemberId | None:
        """Whose a card is; None for nobody's."""
        with store.batch() as batch:
            rows = batch.rows(CardRow, [card_of(card).token])
        return rows[0].member_id if rows else None

    def active_cards(self, batch: LedgerBatch) -> dict[str, CardEvidence]:
        """Of every member who has one, a card that may be used."""
        names = {member_id: name for name, member_id in self.members(batch).items()}
        return {
            names[row.member_id]: card_of(self._cards[row.token])
            for row in batch.rows(CardRow, list(self._cards))
            if row.state is CardState.ACTIVE
        }

    def card_of_member(self, store: LedgerStore, name: str) -> CardEvidence:
        """A card of a member's: one that may be used, if there is one.

        Raises:
            ValueRangeError: if there is no such member.
        """
        member_id = self.member(store, name)
        with store.batch() as batch:
            mine = [row for row in batch.every(CardRow) if row.member_id == member_id]
        mine.sort(key=lambda row: row.state is not CardState.ACTIVE)
        return card_of(self._cards[mine[0].token])
