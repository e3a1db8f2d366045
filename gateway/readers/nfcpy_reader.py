"""``nfcpy``: readers without a daemon: PN532 by UART or USB, Sony RC-S380, and nfcpy's UDP driver.

``reader_name`` is nfcpy's path of the device: ``usb`` (the default) takes the first on USB,
``tty:USB0:pn532`` a chip on a serial line. A USB reader cannot be shared with pcscd. Cards of
ISO/IEC 14443 type A are read, and no others; MIFARE Classic is recognised by its SAK.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.clock import Clock
from gateway.readers.abandonable import AbandonableDevice
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.described import ReaderDescription
from gateway.readers.nfcpy_calls import NfcpyDevice, usb_readers
from gateway.readers.polled import CardDevice, PolledReader
from gateway.readers.settings import ReaderSettings

FIRST_ON_USB: Final = "usb"


class NfcpyReader(PolledReader):
    """Cards in front of one device that nfcpy drives.

    Args:
        settings: ``reader_name`` is the device's path; empty for the first on USB.
        clock: see ``PolledReader``.
        profiles: see ``PolledReader``.
    """

    backend = "nfcpy"
    poll_ms = 100

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> None:
        super().__init__(settings, clock=clock, profiles=profiles)
        self._deadlines = clock
        self._description: ReaderDescription | None = None

    @classmethod
    def present_readers(cls) -> tuple[str, ...]:
        """The devices on USB; chips on a serial line cannot be found without disturbing others.

        Raises:
            ReaderUnavailableError: if USB cannot be searched.
        """
        return usb_readers()

    @property
    def description(self) -> ReaderDescription | None:
        """See ``Described``."""
        return self._description

    def open_device(self) -> CardDevice:
        """See ``PolledReader``."""
        self._description = None
        return AbandonableDevice(self._open)

    def _open(self) -> NfcpyDevice:
        device = NfcpyDevice(self.settings.reader_name or FIRST_ON_USB, self._deadlines)
        self._description = ReaderDescription(
            reader=self.name, driver=device.driver, firmware=device.chip, detail=device.detail
        )
        return device
