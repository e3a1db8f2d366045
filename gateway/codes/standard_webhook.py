"""Signs a message as Standard Webhooks 1.0.0 says, with a shared secret (``v1``). Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from gateway.errors import ValueRangeError
from gateway.model.checks import check_bytes

_PREFIX: Final = "whsec_"
#: The specification's bounds of a secret.
_KEY_BYTES_MIN: Final = 24
_KEY_BYTES_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret:
    """What both sides of a webhook know.

    Attributes:
        key: 24 to 64 bytes.

    Raises:
        ValueRangeError: if it has another length.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_bytes("key", self.key, _KEY_BYTES_MIN, _KEY_BYTES_MAX)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a secret as it is handed around: ``whsec_`` and its key in base64.

        Raises:
            ValueRangeError: if it is none; what it is stands in no message.
        """
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueRangeError(f"a webhook's secret is {_PREFIX} and base64") from None
        return cls(key=key)


def signed_headers(
    secret: WebhookSecret, *, message_id: str, at_s: int, body: bytes
) -> Mapping[str, str]:
    """The three headers that tell a receiver who sent a message, and when.

    Args:
        secret: shared with the receiver.
        message_id: the same for each attempt at one message; it holds no full stop.
        at_s: Unix time in seconds.
        body: exactly the bytes that are sent.
    """
    signed = f"{message_id}.{at_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret.key, signed, sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{signature}",
    }
