"""What opens a key store, a passphrase or a PIN, where nobody sits before the machine.

Never from the command line: every user of a machine can read the command lines of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.errors import KeyStoreError

#: The name under which systemd hands it over (systemd.exec(5), ``LoadCredential``).
CREDENTIAL: Final = "mohr-card-keys"
CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
PASSPHRASE_VARIABLE: Final = "MOHR_CARD_KEYS_PASSPHRASE"  # noqa: S105 - a name, no passphrase
PIN_VARIABLE: Final = "MOHR_CARD_KEYS_PIN"


def unattended_secret(
    environment: Mapping[str, str], variable: str, credential: str = CREDENTIAL
) -> str | None:
    """Find a secret, such as what opens the store: the variable, or else the systemd credential.

    Args:
        environment: of the process.
        variable: such as ``PASSPHRASE_VARIABLE`` or ``PIN_VARIABLE``.
        credential: the systemd credential's name.

    Returns:
        the secret, such as a passphrase or a PIN; None where neither was given.

    Raises:
        KeyStoreError: if the credential cannot be read, or what was given is empty.
    """
    if variable in environment:
        return _not_empty(environment[variable], variable)
    folder = environment.get(CREDENTIALS_VARIABLE)
    if folder is None or not (Path(folder) / credential).exists():
        return None
    return first_line(Path(folder) / credential)


def first_line(file: Path) -> str:
    """Read a secret that stands in a file as its first line.

    Raises:
        KeyStoreError: if the file cannot be read, or the line is empty.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        # What could not be decoded is part of the error, and is a secret.
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise KeyStoreError(f"{file} cannot be read: {reason}") from None
    return _not_empty(lines[0] if lines else "", str(file))


def _not_empty(secret: str, where: str) -> str:
    if not secret:
        raise KeyStoreError(f"{where} is empty: the secret that it is named after stands there")
    return secret
