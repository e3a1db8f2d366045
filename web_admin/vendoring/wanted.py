"""Reads ``vendor.toml``: which files of which packages go where."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from web_admin.vendoring.errors import VendorError

FILE: Final = Path(__file__).resolve().parent / "vendor.toml"


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Member(_Value):
    """One file of a package.

    Attributes:
        source: its path in the tarball, below ``package/``.
        destinations: where copies of it go, below the checkout.
    """

    source: str = Field(alias="from")
    destinations: tuple[str, ...] = Field(alias="to", min_length=1)


class Package(_Value):
    """One package of npm.

    Attributes:
        name: on npm.
        version: exactly this one.
        licence: SPDX name.
        licence_from: the licence's path in the tarball...
        licence_text: ...or its text, where the tarball has none.
        licence_to: where the licence goes.
        members: the files that are taken.
        sprite_to: where the one file of all ``icons`` goes, if there are any.
        sprite_from: the folder of the icons in the tarball.
        icons: their names.
    """

    name: str
    version: str
    licence: str
    licence_from: str | None = None
    licence_text: str | None = None
    licence_to: tuple[str, ...] = Field(min_length=1)
    members: tuple[Member, ...] = ()
    sprite_to: str | None = None
    sprite_from: str | None = None
    icons: tuple[str, ...] = ()


class _Wanted(_Value):
    package: tuple[Package, ...]


def read_wanted(file: Path = FILE) -> tuple[Package, ...]:
    """Read what is wanted.

    Raises:
        VendorError: if the file cannot be read or does not make sense.
    """
    try:
        return _Wanted.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).package
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise VendorError(f"{file.name} cannot be read: {error}") from error
