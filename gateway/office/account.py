"""What an account is, and what may stand in it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from gateway.formatting.fold import fold
from gateway.model.ids import BranchId
from gateway.office.roles import Role

LOGIN_CHARACTERS_MAX: Final = 64
NAME_CHARACTERS_MAX: Final = 80
#: Letters and digits of any script, and these.
_LOGIN_SIGNS: Final = frozenset("._-@+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person who may log in.

    Attributes:
        account_id: names it for ever; never used again.
        login: what is typed to log in, in the form of ``normal_login``.
        display_name: the person's name as others see it; their own text.
        role: what they may do.
        branches: the branches whose rows they may see; None for all.
        language: ``fa`` or ``en``.
        disabled: whether it may not log in.
        must_change_password: whether somebody else knows the password.
        has_code: whether a code of an authenticator is asked for.
        created_at_ms: Unix time.
        seen_at_ms: Unix time of the last login; None before the first.
    """

    account_id: int
    login: str
    display_name: str
    role: Role
    branches: frozenset[BranchId] | None
    language: str
    disabled: bool
    must_change_password: bool
    has_code: bool
    created_at_ms: int
    seen_at_ms: int | None


def normal_login(text: str) -> str | None:
    """Bring a login to the one form in which it is kept and compared.

    It is folded as for searching: two logins that a person would read as the same are the same,
    whatever keyboard they come from.

    Returns:
        the login, or None where the text cannot be one.
    """
    if len(text) > 4 * LOGIN_CHARACTERS_MAX:
        return None
    login = fold(text)
    if not 1 <= len(login) <= LOGIN_CHARACTERS_MAX:
        return None
    if not all(sign.isalnum() or sign in _LOGIN_SIGNS for sign in login):
        return None
    return login


def clean_name(text: str) -> str | None:
    """Bring a person's name to the form in which it is kept.

    Returns:
        the name with single spaces and no control characters, or None where nothing or too much
        remains.
    """
    if len(text) > 8 * NAME_CHARACTERS_MAX:
        return None
    # Control characters, and halves of a pair that no encoding takes (JSON can bring them).
    visible = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in text)
    name = " ".join(visible.split())
    return name if 1 <= len(name) <= NAME_CHARACTERS_MAX else None
