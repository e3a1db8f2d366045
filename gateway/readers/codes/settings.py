"""What a reader of codes and stripes is told beyond what every reader is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.crypto.public_key import PublicKey
from gateway.model.code_window import CodeWindow
from gateway.readers.codes.scan_line import ScanSettings
from gateway.readers.codes.stripe import StripeFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSettings:
    """Settings of one lane's scanner or stripe reader.

    Attributes:
        scan: what the device sends around a scan.
        issuers: the Ed25519 keys whose static membership codes count, and whose signed records on
            tags do; without any, none does. Looked at anew at each scan: they may be exchanged.
        window: how long a rotating code counts.
        stripe: how our stripes look; None where there are none.
        baud_rate: of a serial device.
    """

    scan: ScanSettings = ScanSettings()
    issuers: Sequence[PublicKey] = ()
    window: CodeWindow = CodeWindow()
    stripe: StripeFormat | None = None
    baud_rate: int = 9_600
