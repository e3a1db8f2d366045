"""Who knows the days that members told: a port, because people are kept apart from the ledger."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberDate


class Acquaintance(ABC):
    """Knows members' birthdays and other days of theirs. Safe to be called from any thread."""

    @abstractmethod
    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """The days of members who told one; who told none is left out.

        Raises:
            MohrError: if it cannot be looked up now.
        """


class Nobody(Acquaintance):
    """Knows nobody: for a ledger without a back office."""

    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """No days of anybody."""
        del members
        return {}
