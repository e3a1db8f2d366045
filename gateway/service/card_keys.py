"""Opens, makes and restores the key store that a gateway's settings name."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from gateway.clock import Clock
from gateway.config import CardKeySettings
from gateway.crypto.keystore.key_store import KeyStore
from gateway.crypto.keystore.key_version import KeyVersion, new_key_version
from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE, PIN_VARIABLE
from gateway.crypto.keystore.sealed_file import SealedFileStore, write_box
from gateway.errors import ConfigError, KeyStoreError
from gateway.service.data_dir import DataDir


def secret_variable(settings: CardKeySettings) -> str:
    """The environment variable that may hold what opens the store."""
    return PASSPHRASE_VARIABLE if settings.store == "file" else PIN_VARIABLE


def open_card_keys(
    data_dir: DataDir, settings: CardKeySettings, secret: str, clock: Clock
) -> KeyStore:
    """Open the store.

    Args:
        data_dir: of the gateway.
        settings: which store.
        secret: its passphrase or PIN (``gateway.crypto.keystore.opening``).
        clock: says how old is what is known of a token.

    Raises:
        KeyStoreError: if there is none or it does not open; the message says what to do.
        ConfigError: if the extra for tokens is not installed.
    """
    if settings.module is None or settings.token is None:
        return SealedFileStore(data_dir.card_keys, secret)
    return _open_token(settings.module, settings.token, secret, clock, data_dir.path)


def make_card_keys(
    data_dir: DataDir, settings: CardKeySettings, secret: str, clock: Clock
) -> KeyStore:
    """Make the first version where there is none; see ``open_card_keys``.

    Returns:
        the store, opened.

    Raises:
        KeyStoreError: if there are keys already, or they cannot be kept.
        ConfigError: if the extra for tokens is not installed.
    """
    if settings.store == "file":
        write_box(data_dir.card_keys, secret, [new_key_version(1, secrets.token_bytes)])
        return open_card_keys(data_dir, settings, secret, clock)
    store = open_card_keys(data_dir, settings, secret, clock)
    if store.states():
        store.close()
        raise KeyStoreError("the token holds card keys already: mohr key add makes a new version")
    store.add_version()
    return store


def restore_card_keys(
    data_dir: DataDir,
    settings: CardKeySettings,
    secret: str,
    clock: Clock,
    versions: Sequence[KeyVersion],
) -> KeyStore:
    """Put versions of a backup into the store, which is made where there is none.

    Returns:
        the store, opened. What it held besides is still there.

    Raises:
        KeyStoreError: if it holds other keys under one of the numbers: then nothing was changed.
            Or if they cannot be kept.
        ConfigError: if the extra for tokens is not installed.
    """
    if settings.store == "file" and not data_dir.card_keys.exists():
        write_box(data_dir.card_keys, secret, versions)
        return open_card_keys(data_dir, settings, secret, clock)
    store = open_card_keys(data_dir, settings, secret, clock)
    try:
        compare(store, versions)
        for keys in versions:
            store.import_version(keys)
    except KeyStoreError:
        store.close()
        raise
    return store


def compare(store: KeyStore, versions: Sequence[KeyVersion]) -> tuple[int, ...]:
    """Hold a backup beside a store.

    Returns:
        the versions of the backup that the store does not have.

    Raises:
        KeyStoreError: if both have a version and its keys differ.
    """
    there = {state.version for state in store.states()}
    for keys in versions:
        if keys.version in there and store.check_value(keys.version) != keys.check_value:
            raise KeyStoreError(
                f"version {keys.version} is here with other keys: this is the backup of another "
                "store; nothing was changed"
            )
    return tuple(keys.version for keys in versions if keys.version not in there)


def _open_token(module: Path, token: str, pin: str, clock: Clock, folder: Path) -> KeyStore:
    try:
        # Imported here: an extra brings the library.
        from gateway.crypto.keystore.pkcs11 import Pkcs11KeyStore  # noqa: PLC0415 - see above
        from gateway.crypto.keystore.pkcs11_session import TokenPlace  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        raise ConfigError(f"keys in a token need {error.name}: install mohr[pkcs11]") from error
    return Pkcs11KeyStore(TokenPlace(module=module, token=token), pin, clock, folder)
