"""Which host names the pages answer to.

A page elsewhere can give its own host name the address of a machine in this network, and a
visitor's browser then takes both for one site (DNS rebinding). So only names that are ours are
answered. An address in digits is no name: nobody can point it anywhere.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, Response, request

from gateway.config import WebSettings


def host_of(authority: str) -> str:
    """The host of ``host:port``, without brackets, in lower case; empty where there is none."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Whether a host is written in digits."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def own_host(authority: str, settings: WebSettings) -> bool:
    """Whether a request's ``Host`` is ours.

    Args:
        authority: the header's text.
        settings: the address that is listened on, and the public one.
    """
    host = host_of(authority)
    if not host:
        return False
    own = {"localhost", settings.host.lower()}
    if settings.public_url is not None:
        own.add(host_of(urlsplit(settings.public_url).netloc))
    return host in own or host.endswith(".localhost") or is_address(host)


def check_hosts(app: Flask, settings: WebSettings) -> None:
    """Refuse requests for other hosts, before anything else looks at them."""

    @app.before_request
    def refuse_other_hosts() -> Response | None:
        if own_host(request.headers.get("Host", ""), settings):
            return None
        # Plain, without a template: nothing of ours is told to whoever is behind that name.
        return Response(
            "This is not a name of this server. Set public_url under [web] in gateway.toml.\n"
            "این نام از آنِ این سرور نیست. public_url را در بخش [web] از gateway.toml بنویسید.\n",
            status=421,
            content_type="text/plain; charset=utf-8",
        )
