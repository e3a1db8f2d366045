"""The blueprint of logins, accounts and the trail, by itself so that its modules can share it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

blueprint: Final = Blueprint("access", __name__)
