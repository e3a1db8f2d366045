"""The TLS side of a connection, from its settings."""

from __future__ import annotations

import ssl
from typing import Any

from mqtt.settings import TlsSettings


class TlsContext(ssl.SSLContext):
    """Remembers the socket it wrapped: paho drops one whose handshake failed without closing it."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:  # noqa: ANN401 - as in ssl
        """See ``ssl.SSLContext``."""
        self.wrapped = super().wrap_socket(*arguments, **options)
        return self.wrapped


def tls_context(settings: TlsSettings) -> TlsContext:
    """Make the TLS side of a connection.

    It is made anew for each one, so that renewed certificate files are taken up by themselves.

    Raises:
        OSError: if a file cannot be read or is no certificate (``ssl.SSLError`` is an OSError).
    """
    context = TlsContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=settings.ca_file)
    if settings.certificate_file is not None:
        context.load_cert_chain(settings.certificate_file, settings.key_file)
    return context
