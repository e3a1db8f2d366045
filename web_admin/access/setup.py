"""Puts access before an application's pages: hosts, guard, limits, form tokens, headers."""

from __future__ import annotations

import secrets
from typing import Final

from flask import Flask
from flask_wtf import CSRFProtect

from gateway.config import WebSettings
from web_admin.access.current import keep_settings, may
from web_admin.access.guard import guard_request
from web_admin.access.headers import add_headers
from web_admin.access.hosts import check_hosts
from web_admin.access.limits import init_limits
from web_admin.access.permissions import Permission
from web_admin.context import house_or_none

#: Flask's own signed cookie: a form token and notices, never who somebody is.
FORM_COOKIE: Final = "mohr_form"


def init_access(app: Flask, settings: WebSettings) -> None:
    """Guard an application. Comes before its pages are registered.

    Args:
        app: the application, which has its door already.
        settings: the public address, and when sessions end.
    """
    keep_settings(app.extensions, settings)
    with app.app_context():
        house = house_or_none()
    # Before there is an office there is nobody to stay logged in: a key for this run will do.
    app.secret_key = (
        secrets.token_bytes(32) if house is None else house.office.key.derive("form cookie")
    )
    https = settings.public_url is not None and settings.public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME=FORM_COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        # A token lives as long as the session it belongs to, which ends by itself.
        WTF_CSRF_TIME_LIMIT=None,
    )
    # In this order: whose name was called, who asks, how often, and by whose form.
    check_hosts(app, settings)
    app.before_request(guard_request)
    init_limits(app)
    CSRFProtect(app)
    add_headers(app, settings)
    app.jinja_env.globals.update(may=may, Permission=Permission)
