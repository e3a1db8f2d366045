"""What every answer tells the browser about itself."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

from gateway.config import WebSettings

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)
_ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_YEAR_S: Final = 31_536_000


def security_headers(settings: WebSettings) -> dict[str, str]:
    """The headers of every answer.

    Args:
        settings: whether browsers reach the pages by HTTPS. Only then may a browser be told to use
            nothing else: on a plain network that would shut everybody out.
    """
    if settings.public_url is None or not settings.public_url.startswith("https://"):
        return dict(_ALWAYS)
    return _ALWAYS | {"Strict-Transport-Security": f"max-age={_YEAR_S}"}


def add_headers(app: Flask, settings: WebSettings) -> None:
    """Put the headers on every answer of an application, its faults included."""
    always = security_headers(settings)

    @app.after_request
    def with_headers(response: Response) -> Response:
        for name, value in always.items():
            response.headers[name] = value
        # Pages hold people's data: only what says otherwise itself (our static files) is kept.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
