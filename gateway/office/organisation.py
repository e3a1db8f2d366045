"""Who runs the programme, as pages and displays show it: name, colour, logo, language, units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, insert, select, update

from gateway.errors import ValueRangeError
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.checks import check_text
from gateway.office.database import Database
from gateway.office.logo import Logo, LogoKind
from gateway.office.schema import METADATA, number, octets, text

NAME_CHARACTERS_MAX: Final = 64
_ZONE_CHARACTERS_MAX: Final = 64
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
#: There is one organisation, and it has this row.
_ONLY: Final = 1

_ORGANISATION: Final = Table(
    "organisation",
    METADATA,
    number("organisation_id", key=True),
    text("name"),
    text("colour"),
    text("language"),
    text("time_zone"),
    text("money_unit"),
    text("logo_kind", null=True),
    octets("logo", null=True),
    # Counts changes, so that browsers fetch the colour and the logo again after one.
    number("revision"),
)
_LOOKS: Final = [column for column in _ORGANISATION.columns if column.name != "logo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What people see of an organisation.

    Attributes:
        name: as people read it, in any script.
        colour: of buttons and links, ``#rrggbb`` in lower case.
        language: of pages by default.
        time_zone: an IANA name, such as ``Asia/Tehran``.
        money_unit: whether rials are shown as tomans.
        has_logo: whether there is one.
        revision: counts changes; 0 before the first.

    Raises:
        ValueRangeError: if a field cannot be shown or used.
    """

    name: str = "Mohr"
    colour: str = "#a5322b"
    language: Language = Language.FA
    time_zone: str = "Asia/Tehran"
    money_unit: MoneyUnit = MoneyUnit.TOMAN
    has_logo: bool = False
    revision: int = 0

    def __post_init__(self) -> None:
        check_text("name", self.name, 1, NAME_CHARACTERS_MAX)
        if _COLOUR.fullmatch(self.colour) is None:
            raise ValueRangeError("colour must be # and six hexadecimal digits in lower case")
        if not is_time_zone(self.time_zone):
            raise ValueRangeError(f"there is no time zone {self.time_zone!r}")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)


def is_time_zone(name: str) -> bool:
    """Whether this machine knows a time zone of this name."""
    # The form is checked first: a name is looked up as a path.
    if len(name) > _ZONE_CHARACTERS_MAX or _ZONE.fullmatch(name) is None:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # Its documentation names all three for a name that is none, or names a folder.
        return False
    return True


class Organisations:
    """Keeps the one organisation. May be used from any thread."""

    def __init__(self, database: Database) -> None:
        """Use the office's database."""
        self._database = database

    def read(self) -> Organisation:
        """The organisation; what ``Organisation()`` says until somebody has said otherwise.

        Raises:
            OfficeError: if the database fails.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(*_LOOKS)).one_or_none()
        return Organisation() if row is None else _organisation(row)

    def save(self, wanted: Organisation) -> None:
        """Keep what is said here, the logo excepted; ``has_logo`` and ``revision`` are ignored.

        Raises:
            OfficeError: if the database fails.
        """
        self._change(
            {
                "name": wanted.name,
                "colour": wanted.colour,
                "language": wanted.language.value,
                "time_zone": wanted.time_zone,
                "money_unit": wanted.money_unit.value,
            }
        )

    def logo(self) -> Logo | None:
        """The logo; None where there is none.

        Raises:
            OfficeError: if the database fails.
        """
        wanted = select(_ORGANISATION.c.logo_kind, _ORGANISATION.c.logo)
        with self._database.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None or row.logo_kind is None:
            return None
        return Logo(kind=LogoKind(row.logo_kind), content=row.logo)

    def set_logo(self, logo: Logo | None) -> None:
        """Show this logo from now on, or none.

        Raises:
            OfficeError: if the database fails.
        """
        self._change(
            {"logo_kind": None, "logo": None}
            if logo is None
            else {"logo_kind": logo.kind.value, "logo": logo.content}
        )

    def _change(self, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            changed = connection.execute(
                update(_ORGANISATION).values(revision=_ORGANISATION.c.revision + 1, **values)
            )
            if changed.rowcount:
                return
            first = Organisation()
            connection.execute(
                insert(_ORGANISATION).values(
                    {
                        "organisation_id": _ONLY,
                        "name": first.name,
                        "colour": first.colour,
                        "language": first.language.value,
                        "time_zone": first.time_zone,
                        "money_unit": first.money_unit.value,
                        "revision": 1,
                        **values,
                    }
                )
            )


def _organisation(row: Row[Any]) -> Organisation:
    return Organisation(
        name=row.name,
        colour=row.colour,
        language=Language(row.language),
        time_zone=row.time_zone,
        money_unit=MoneyUnit(row.money_unit),
        has_logo=row.logo_kind is not None,
        revision=row.revision,
    )
