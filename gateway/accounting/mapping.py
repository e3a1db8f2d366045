"""The file in which an accountant names the accounts of the shop's own chart.

A table for each ledger, in it an account for each class::

    ["PTS:points"]
    available = "2410"
    issued = "6200"

    ["CR:EUR"]
    available = "2420"
    topped_up = "1000"
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from gateway.accounting.account_class import AccountClass
from gateway.accounting.general_ledger import Key
from gateway.errors import ConfigError


def read_mapping(path: Path) -> dict[Key, str]:
    """Read the accounts of a shop's chart by ledger and class.

    Raises:
        ConfigError: if the file cannot be read, or names a class that there is not.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    mapping: dict[Key, str] = {}
    for ledger, accounts in tables.items():
        if not isinstance(accounts, dict):
            raise ConfigError(f"{path}: {ledger} must be a table of accounts")
        for name, account in accounts.items():
            mapping[ledger, _class_of(path, ledger, name)] = str(account)
    return mapping


def _class_of(path: Path, ledger: str, name: str) -> AccountClass:
    try:
        return AccountClass(name)
    except ValueError as error:
        known = ", ".join(AccountClass)
        raise ConfigError(
            f"{path}: {ledger} has no account class {name!r}; there are {known}"
        ) from error
