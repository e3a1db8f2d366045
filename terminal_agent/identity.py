"""Who this terminal is: its two private keys, and the file that introduces it to a gateway.

The keys lie in ``identity/`` of the data directory, which appears whole or not at all and is never
overwritten: the signing key is the only thing that can go on with the terminal's chain.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.registration import GatewayIdentity, Registration
from gateway.crypto.sealed_box import AgreementKey
from gateway.crypto.signer import Algorithm, Signer
from gateway.durable import PUBLIC, sync_directory, write_durably
from gateway.errors import KeyStoreError
from gateway.model.ids import TerminalId

IDENTITY_DIRECTORY: Final = "identity"
SIGNING_KEY_FILE: Final = "signing.key"
AGREEMENT_KEY_FILE: Final = "agreement.key"
REGISTRATION_FILE: Final = "terminal.json"
PASSPHRASE_VARIABLE: Final = "MOHR_TERMINAL_PASSPHRASE"  # noqa: S105 - a name, not a passphrase

_TEXT_BYTES_MAX: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalIdentity:
    """A terminal with its private keys in memory.

    Attributes:
        terminal: its id.
        epoch: counts its signing keys.
        signer: seals what it asserts.
        agreement: opens what the gateway encrypts to it.
    """

    terminal: TerminalId
    epoch: int
    signer: Signer
    agreement: AgreementKey

    @property
    def public_key(self) -> PublicKey:
        """The signing key's public half."""
        return PublicKey.from_cose_key(self.signer.public_key)

    @property
    def registration(self) -> Registration:
        """What the gateway must know of it; public."""
        return Registration(
            terminal=self.terminal,
            epoch=self.epoch,
            public_key=self.signer.public_key,
            agreement_key=self.agreement.public_bytes,
        )


def create_identity(
    data_dir: Path,
    terminal: TerminalId,
    *,
    epoch: int = 1,
    algorithm: Algorithm = Algorithm.ESP256,
    passphrase: str | None = None,
) -> TerminalIdentity:
    """Make a terminal's keys and its registration file.

    Args:
        data_dir: made if missing, readable by its owner alone.
        terminal: the id it will have, on every topic and in every transaction.
        epoch: 1, or one more than the epoch whose key was lost.
        algorithm: of the signing key.
        passphrase: encrypts both keys at rest, where given.

    Raises:
        ValueRangeError: if the id or the epoch is malformed.
        KeyStoreError: if there is an identity already, or it cannot be written.
    """
    identity = TerminalIdentity(
        terminal=terminal,
        epoch=epoch,
        signer=(signer := FileSigner.generate(algorithm)),
        agreement=AgreementKey.generate(),
    )
    registration = identity.registration.to_json()
    final = data_dir / IDENTITY_DIRECTORY
    if final.exists():
        raise KeyStoreError(f"{final} exists; an identity is never overwritten: move it away first")
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkdtemp makes it 0700; the rename below cannot replace a directory that holds anything.
        unfinished = Path(tempfile.mkdtemp(prefix=".identity-", dir=data_dir))
    except OSError as error:
        raise KeyStoreError(f"cannot write to {data_dir}: {error}") from error
    try:
        signer.save(unfinished / SIGNING_KEY_FILE, passphrase)
        identity.agreement.save(unfinished / AGREEMENT_KEY_FILE, passphrase)
        # Durable with its name: the rename must not be so before what it renames is whole.
        write_durably(unfinished / REGISTRATION_FILE, registration.encode(), mode=PUBLIC)
        unfinished.rename(final)
        sync_directory(data_dir)
    except OSError as error:
        raise KeyStoreError(f"cannot write the identity to {final}: {error}") from error
    finally:
        if unfinished.exists():
            shutil.rmtree(unfinished)
    return identity


def load_identity(data_dir: Path, passphrase: str | None = None) -> TerminalIdentity:
    """Read a terminal's keys and make sure that they belong together.

    Raises:
        KeyStoreError: saying what is missing, open to others or does not fit, and what to do.
    """
    directory = data_dir / IDENTITY_DIRECTORY
    try:
        mode = stat.S_IMODE(directory.stat().st_mode)
    except OSError as error:
        raise KeyStoreError(
            f"{directory} is missing: run mohr terminal init --dir {data_dir}"
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyStoreError(f"{directory} is open to others (mode {mode:04o}): run chmod 700 on it")
    registration = Registration.from_json(_read_text(directory / REGISTRATION_FILE))
    identity = TerminalIdentity(
        terminal=registration.terminal,
        epoch=registration.epoch,
        signer=FileSigner.load(directory / SIGNING_KEY_FILE, passphrase),
        agreement=AgreementKey.load(directory / AGREEMENT_KEY_FILE, passphrase),
    )
    if identity.registration != registration:
        raise KeyStoreError(f"the keys in {directory} are not the ones {REGISTRATION_FILE} names")
    return identity


def load_gateway_identity(path: Path) -> GatewayIdentity:
    """Read the file that introduces the gateway.

    Raises:
        KeyStoreError: if it cannot be read or is no such file.
    """
    return GatewayIdentity.from_json(_read_text(path))


def find_passphrase(
    environment: Mapping[str, str],
    *,
    file: Path | None = None,
    prompt: Callable[[], str] | None = None,
) -> str | None:
    """Get the keys' passphrase from wherever it was given.

    Args:
        environment: the process's; ``MOHR_TERMINAL_PASSPHRASE`` counts if no file is named.
        file: holds the passphrase on its first line, readable by its owner alone.
        prompt: asks a person, where neither of the others is given.

    Returns:
        the passphrase, or None where none of the three is given: the keys lie unencrypted.

    Raises:
        KeyStoreError: if the file cannot be read or is open to others, or the passphrase is empty.
    """
    if file is not None:
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyStoreError(f"{file} is open to others: run chmod 600 on it")
        passphrase = _read_text(file).split("\n", 1)[0].rstrip("\r")
    elif PASSPHRASE_VARIABLE in environment:
        passphrase = environment[PASSPHRASE_VARIABLE]
    elif prompt is not None:
        passphrase = prompt()
    else:
        return None
    if not passphrase:
        raise KeyStoreError("the passphrase is empty; leave it out to keep the keys unencrypted")
    return passphrase


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_TEXT_BYTES_MAX + 1)
        if len(content) > _TEXT_BYTES_MAX:
            raise KeyStoreError(f"{path} is too long for what it should be")
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyStoreError(f"{path} cannot be read: {error}") from error
