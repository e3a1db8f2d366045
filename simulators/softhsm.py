"""A real PKCS #11 token of software in a temporary folder: SoftHSM 2, for tests on one machine.

It keeps keys in files as a token keeps them in hardware, and models neither slowness, nor a token
that is unplugged, nor one that lacks what SoftHSM has. SoftHSM reads its configuration where it is
initialised, from the variable ``SOFTHSM2_CONF`` of that process.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from gateway.errors import MohrError

CONFIGURATION_VARIABLE: Final = "SOFTHSM2_CONF"
#: Where Debian puts the library.
MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")

_TOOL: Final = "softhsm2-util"
_PATIENCE_S: Final = 30.0
_CONFIGURATION: Final = """\
directories.tokendir = {folder}
objectstore.backend = file
log.level = ERROR
slots.removable = false
"""


class SoftHsmError(MohrError):
    """SoftHSM is not installed, or refused."""


def missing_softhsm() -> str | None:
    """What is to be installed before a token can be made, in words; None where nothing is."""
    if MODULE.exists() and shutil.which(_TOOL) is not None:
        return None
    return "SoftHSM not found: apt-get install --no-install-recommends softhsm2"


def make_configuration(folder: Path) -> Path:
    """Make a place for tokens.

    Args:
        folder: where; made if missing.

    Returns:
        the file that ``SOFTHSM2_CONF`` must name.
    """
    tokens = folder / "tokens"
    tokens.mkdir(mode=0o700, parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(_CONFIGURATION.format(folder=tokens), encoding="utf-8")
    return configuration


def make_token(configuration: Path, label: str, pin: str) -> None:
    """Make an empty token.

    Args:
        configuration: of ``make_configuration``.
        label: the token's name.
        pin: the user's PIN, 4 to 255 characters.

    Raises:
        SoftHsmError: if SoftHSM is not installed or refuses.
    """
    needed = missing_softhsm()
    if needed is not None:
        raise SoftHsmError(needed)
    words = (_TOOL, "--init-token", "--free", "--label", label, "--so-pin", pin, "--pin", pin)
    done = subprocess.run(  # noqa: S603 - a fixed program; the PIN is a test's
        words,
        env={CONFIGURATION_VARIABLE: str(configuration), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode != 0:
        raise SoftHsmError(f"{' '.join(words[:3])}: {done.stdout}{done.stderr}")
