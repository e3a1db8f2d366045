"""Opens the till's line that a terminal's settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.model.money import Currency
from terminal_agent.config import AgentSettings
from terminal_agent.pos.file_port import FilePosPort
from terminal_agent.pos.port import PosPort
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile

#: The name that stands for "not set up" in the reader's and the till's settings.
NONE: Final = "none"
#: A recording of a till's line, played at the set speed: how bugs in the field are replayed.
FILE_SCHEME: Final = "file://"


def check_profile(name: str, currency: Currency) -> ShopProfile:
    """Load a profile that counts in the till's currency.

    Raises:
        ConfigError: if there is no such profile, or it counts in something else.
    """
    profile = load_profile(name)
    if profile.currency != currency:
        raise ConfigError(
            f"profile {name} counts in {profile.currency.code} with {profile.currency.exponent}"
            f" decimals, the till in {currency.code} with {currency.exponent}: one must change"
        )
    return profile


def open_till_port(settings: AgentSettings, clock: Clock) -> PosPort:
    """Make the port of a till that is set up; nothing is opened before its ``start``.

    Raises:
        ConfigError: if the device cannot be understood, or a setting cannot be used.
    """
    device = settings.pos.device
    if device.startswith(FILE_SCHEME):
        path = settings.at(Path(device.removeprefix(FILE_SCHEME)))
        return FilePosPort(path, clock, baud=settings.pos.baud_rate)
    if "://" in device:
        raise ConfigError(
            f"pos.device {device!r} is not understood: write a serial device or {FILE_SCHEME}PATH"
        )
    # Imported here: pyserial comes with mohr[terminal] and is not needed to replay a recording.
    from gateway.readers.serial_line import SerialSettings  # noqa: PLC0415 - see above
    from terminal_agent.pos.serial_port import SerialPosPort  # noqa: PLC0415 - see above

    return SerialPosPort(SerialSettings(device=device, baud=settings.pos.baud_rate), clock)
