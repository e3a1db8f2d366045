"""Pseudonyms of new members."""

from __future__ import annotations

import secrets

from gateway.model.ids import MemberId


def random_member_id() -> MemberId:
    """Make a new member's pseudonym: 128 random bits that say nothing about anybody."""
    return MemberId(secrets.token_hex(16))
