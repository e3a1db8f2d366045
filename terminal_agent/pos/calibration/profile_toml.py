"""A shop profile as the TOML that ``profile_file`` reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from gateway.errors import ConfigError
from terminal_agent.pos.profile import Boundary, ShopProfile
from terminal_agent.pos.profile_file import parse_profile

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write_profile(profile: ShopProfile, *, remarks: Iterable[str] = ()) -> str:
    """Write a printer's profile.

    Args:
        profile: the profile.
        remarks: lines for the head of the file.

    Raises:
        ConfigError: if the profile has settings that no printer's profile has.
    """
    lines = [f"# {remark}".rstrip() for remark in remarks]
    lines += [
        f"name = {_text(profile.name)}",
        f"version = {profile.version}",
        f"dialect = {_text(profile.dialect.value)}",
    ]
    if profile.printer is not None:
        lines.append(f"printer = {_text(profile.printer)}")
    lines += [
        f"cell_dots = {profile.cell_dots}",
        f"default_encoding = {_text(profile.default_encoding)}",
    ]
    if profile.multi_byte_encoding is not None:
        lines.append(f"multi_byte_encoding = {_text(profile.multi_byte_encoding)}")
    lines += [
        f"text_order = {_text(profile.text_order.value)}",
        f"digit_order = {_text(profile.digit_order.value)}",
        f"decimal_separators = {_texts(profile.decimal_separators)}",
        f"thousands_separators = {_texts(profile.thousands_separators)}",
        f"decimals_optional = {str(profile.decimals_optional).lower()}",
        f"printed_unit_minor = {profile.printed_unit_minor}",
        f"amount_side = {_text(profile.amount_side.value)}",
    ]
    if profile.date_order is not None:
        lines.append(f"date_order = {_text(profile.date_order.value)}")
    ends = [boundary.value for boundary in Boundary if boundary in profile.boundaries]
    lines += [f"boundaries = {_texts(ends)}", f"idle_gap_ms = {profile.idle_gap_ms}"]
    if profile.auto_award_ceiling_minor is not None:
        lines.append(f"auto_award_ceiling_minor = {profile.auto_award_ceiling_minor}")
    lines += ["", *_tables(profile)]
    written = "\n".join(lines) + "\n"
    if _by_meaning(parse_profile(written.encode(), profile.name)) != _by_meaning(profile):
        raise ConfigError(
            f"profile {profile.name!r} has settings that are not a printer's; "
            "start from a printer's profile"
        )
    return written


def _by_meaning(profile: ShopProfile) -> ShopProfile:
    """The profile with its words in one order: a table has none."""
    words = tuple(sorted(profile.words, key=lambda entry: entry.kind))
    return replace(profile, words=words)


def _tables(profile: ShopProfile) -> Iterable[str]:
    yield "[currency]"
    yield f"code = {_text(profile.currency.code)}"
    yield f"exponent = {profile.currency.exponent}"
    if profile.currency_words:
        yield f"words = {_texts(profile.currency_words)}"
    if profile.code_pages:
        yield from ("", "[code_pages]")
        yield from (f"{page.number} = {_text(page.codec)}" for page in profile.code_pages)
    if profile.words:
        yield from ("", "[words]")
        yield from (
            f"{entry.kind.value} = {_texts(entry.words)}" for entry in profile.words if entry.words
        )
        only = [entry.kind.value for entry in profile.words if entry.only]
        if only:
            yield f"only = {_texts(only)}"


def _texts(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_text(text) for text in texts) + "]"


def _text(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'
