"""Codes to whoever sends text messages for a shop: one signed HTTPS request each."""

from __future__ import annotations

import json
import secrets
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gateway.clock import Clock
from gateway.codes.sender import CodeMessage, CodeSender, CodeSendError
from gateway.codes.standard_webhook import WebhookSecret, signed_headers
from gateway.errors import ConfigError

#: A customer waits, and so do the codes behind this one.
TIMEOUT_S: Final = 10.0
_ID_BYTES: Final = 16
_LOOPBACK_NAME: Final = "localhost"


class WebhookSender(CodeSender):
    """Posts each message to one address; any answer from 200 to 299 means that it was taken.

    A redirection is an answer like any other refusal: a code goes to the host that was configured
    and to no other. No proxy of the environment is used.
    """

    def __init__(
        self,
        url: str,
        secret: WebhookSecret,
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Look at the address; nothing is connected yet.

        Args:
            url: ``https://…``; ``http://`` only to this very machine.
            secret: shared with the receiver.
            clock: dates the messages.
            timeout_s: for the connection, and again for the answer.
            tls: which authorities are believed; those of the system by default.

        Raises:
            ConfigError: if codes must not be sent there.
        """
        self._url = checked_url(url)
        self._secret = secret
        self._clock = clock
        self._timeout_s = timeout_s
        self._tls = tls

    def send(self, message: CodeMessage) -> None:
        """Post the message.

        Raises:
            CodeSendError: if nobody answered in time, or the answer was no.
        """
        told = {
            "to": f"+{message.to}",
            "text": message.text,
            "code": message.code,
            "language": message.language.value,
        }
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            **signed_headers(
                self._secret,
                message_id=f"msg_{secrets.token_hex(_ID_BYTES)}",
                at_s=self._clock.unix_ms() // 1_000,
                body=body,
            ),
        }
        try:
            status = self._post(body, headers)
        except (OSError, HTTPException) as error:
            raise CodeSendError(f"{self._url.hostname}: {_reason(error)}") from error
        if not 200 <= status < 300:
            raise CodeSendError(f"{self._url.hostname} answered {status}")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        connection = self._connection()
        try:
            target = self._url.path or "/"
            if self._url.query:
                target = f"{target}?{self._url.query}"
            connection.request("POST", target, body=body, headers=headers)
            # What else the answer says is nobody's business here, however long it is.
            return connection.getresponse().status
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            return HTTPConnection(host, port, timeout=self._timeout_s)
        context = self._tls or ssl.create_default_context()
        return HTTPSConnection(host, port, timeout=self._timeout_s, context=context)


def checked_url(url: str) -> SplitResult:
    """Take an address that codes may be sent to.

    Raises:
        ConfigError: if it is none. What it is stands in no message: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError("the url of codes is no URL") from None
    if not parts.hostname or port == 0 or parts.username is not None or parts.fragment:
        raise ConfigError("the url of codes is https://host/path, without a name or a password")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return parts
    raise ConfigError("the url of codes begins with https://; http:// only to this machine")


def _is_loopback(host: str) -> bool:
    if host == _LOOPBACK_NAME:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be believed: {error.verify_message}"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
