"""How members can be sent something: the number and the language in their profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.formatting.numbers import Language
from gateway.model.ids import MemberId
from gateway.office.errors import OfficeError
from gateway.office.people import People

#: The writer waits behind this; somebody who saves a profile must not hold it up.
_PATIENCE_MS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How a member can be sent something.

    Attributes:
        phone: digits, country code first.
        language: to write in; None where nobody said it.
    """

    phone: str = field(repr=False)
    language: Language | None = None


class OfficePhones:
    """Knows the numbers that stand in profiles."""

    def __init__(self, people: People) -> None:
        """Know whom the office knows.

        Args:
            people: the office's profiles.
        """
        self._people = people
        self._log = structlog.get_logger("mohr.gateway")

    def phone_of(self, member: MemberId) -> Reached | None:
        """A member's number; None where nobody said it, or it cannot be read at once.

        A number is for what the member asks for at a till. It needs no consent to messages.
        """
        try:
            found = self._people.profiles([member], patience_ms=_PATIENCE_MS).get(member)
        except OfficeError as error:
            # The text may name the member; its kind is enough to look further.
            self._log.error("no number can be read", fault=type(error).__name__)
            return None
        if found is None or found.phone is None:
            return None
        return Reached(phone=found.phone, language=found.language)
