"""Gets a package's tarball with npm, and takes named files out of it. Nothing of it is run."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from base64 import b64encode
from hashlib import sha512
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from web_admin.vendoring.errors import VendorError

_TIMEOUT_S: Final = 300.0
_TARBALL_BYTES_MAX: Final = 64 * 1024 * 1024
_MEMBER_BYTES_MAX: Final = 4 * 1024 * 1024


def npm_pack(name: str, version: str) -> bytes:
    """Have npm fetch a package's tarball.

    Raises:
        VendorError: if npm is missing or fails.
    """
    with TemporaryDirectory() as folder:
        command = [_npm(), "pack", f"{name}@{version}", "--silent", "--ignore-scripts"]
        try:
            subprocess.run(  # noqa: S603 - names and versions come from our own vendor.toml
                command, cwd=folder, check=True, capture_output=True, timeout=_TIMEOUT_S
            )
            (file,) = Path(folder).glob("*.tgz")
            return file.read_bytes()
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            raise VendorError(f"npm could not fetch {name} {version}: {error}") from error


def npm_integrity(name: str, version: str) -> str:
    """Ask npm what the package's tarball must hash to.

    Raises:
        VendorError: if npm is missing or fails.
    """
    command = [_npm(), "view", f"{name}@{version}", "dist.integrity"]
    try:
        done = subprocess.run(  # noqa: S603 - as above
            command, check=True, capture_output=True, timeout=_TIMEOUT_S, text=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise VendorError(f"npm knows nothing of {name} {version}: {error}") from error
    return done.stdout.strip()


def _npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError("npm is not installed; it is needed to fetch, not to check")
    return npm


def integrity_of(tarball: bytes) -> str:
    """Hash a tarball the way npm writes it."""
    return f"sha512-{b64encode(sha512(tarball).digest()).decode()}"


class Tarball:
    """The files of a package."""

    def __init__(self, name: str, data: bytes) -> None:
        """Read the directory of a tarball.

        Raises:
            VendorError: if it is none, or too large to be one of ours.
        """
        if len(data) > _TARBALL_BYTES_MAX:
            raise VendorError(f"{name}: the tarball has {len(data)} bytes")
        self._name = name
        try:
            self._archive = tarfile.open(fileobj=io.BytesIO(data), mode="r:gz")  # noqa: SIM115 - in memory
            # npm packs below one folder, which is nearly always called "package".
            self._members = {
                member.name.partition("/")[2]: member
                for member in self._archive.getmembers()
                if member.isfile()
            }
        except (tarfile.TarError, OSError, EOFError) as error:
            raise VendorError(f"{name}: not a tarball: {error}") from error

    def read(self, path: str) -> bytes:
        """Read one file.

        Raises:
            VendorError: if there is no such file, or it is too large to be one of ours.
        """
        member = self._members.get(path)
        if member is None or member.size > _MEMBER_BYTES_MAX:
            raise VendorError(f"{self._name}: no such file as {path}, or too large a one")
        stream = self._archive.extractfile(member)
        if stream is None:
            raise VendorError(f"{self._name}: {path} is no file")
        return stream.read()
