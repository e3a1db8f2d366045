"""The table ``[scanner]`` of ``terminal.toml``: what codes and stripes count, and how they come."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from gateway.crypto.public_key import PublicKey
from gateway.errors import MohrError
from gateway.model.code_window import CodeWindow
from gateway.readers.codes.scan_line import ScanSettings, Terminator
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.stripe import StripeFormat


class ScannerTable(BaseModel):
    """For the readers ``serial-scan`` and ``evdev``; ``issuers`` also for signed tags.

    Attributes:
        terminator: what the scanner sends after a scan: ``any`` (CR, LF or TAB), ``cr``, ``lf``,
            ``tab`` or ``none``.
        gap_ms: characters of one scan come closer together than this.
        prefix: what the scanner is set to send before a scan; U+0002 is STX.
        suffix: the same behind it, before the terminator.
        baud_rate: of a serial device.
        issuers: public keys in hexadecimal whose membership codes and signed records count.
        code_window_s: how long a code counts from the beginning of its step.
        code_skew_s: how far a phone's clock may be off.
        stripe_prefix: what the numbers on our stripes begin with; empty where there are none.
        stripe_rest_min: at least so many digits or letters follow it.
        stripe_rest_max: at most so many.
        stripe_track: the track they are on; left out, any.
        stripe_luhn: whether they end with Luhn's check digit.
        stripe_lrc: whether the reader sends each track's LRC.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    terminator: Terminator = Terminator.ANY
    gap_ms: int = 200
    prefix: str = ""
    suffix: str = ""
    baud_rate: int = 9_600
    issuers: tuple[str, ...] = Field(default=(), max_length=16)
    code_window_s: int = 60
    code_skew_s: int = 10
    stripe_prefix: str = ""
    stripe_rest_min: int = 1
    stripe_rest_max: int = 16
    stripe_track: int | None = None
    stripe_luhn: bool = False
    stripe_lrc: bool = False
    _codes: CodeSettings = PrivateAttr(default_factory=CodeSettings)

    @model_validator(mode="after")
    def _read(self) -> Self:
        """Make the settings once, so that what is wrong is told when the file is read."""
        try:
            self._codes = self._made()
        except MohrError as error:
            raise ValueError(str(error)) from error
        return self

    def codes(self) -> CodeSettings:
        """What the readers need."""
        return self._codes

    def _made(self) -> CodeSettings:
        return CodeSettings(
            scan=ScanSettings(
                terminator=self.terminator,
                gap_ms=self.gap_ms,
                prefix=self.prefix.encode(),
                suffix=self.suffix.encode(),
            ),
            issuers=tuple(PublicKey.from_cose_key(bytes.fromhex(key)) for key in self.issuers),
            window=CodeWindow(window_s=self.code_window_s, skew_s=self.code_skew_s),
            stripe=self._stripe(),
            baud_rate=self.baud_rate,
        )

    def _stripe(self) -> StripeFormat | None:
        if not self.stripe_prefix:
            return None
        return StripeFormat(
            prefix=self.stripe_prefix,
            rest_min=self.stripe_rest_min,
            rest_max=self.stripe_rest_max,
            track=self.stripe_track,
            luhn=self.stripe_luhn,
            lrc=self.stripe_lrc,
        )
