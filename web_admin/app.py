"""The application: what is served, and what a request meets on its way to a page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, cast

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway.config import WebSettings
from gateway.office.house import Door
from web_admin.access.current import account_or_none
from web_admin.access.guard import public
from web_admin.access.permissions import PERMISSIONS
from web_admin.access.routes import blueprints as access_blueprints
from web_admin.access.setup import init_access
from web_admin.api.app import create_api
from web_admin.compression import init_compression
from web_admin.context import house_or_none, keep_door, organisation_or_none
from web_admin.desk.routes import blueprints as desk
from web_admin.error_pages import init_error_pages
from web_admin.filters import init_filters
from web_admin.language import init_language
from web_admin.live.routes import blueprint as live
from web_admin.navigation import NavItem, items_for
from web_admin.navigation_counts import counts_for
from web_admin.pages.brand import blueprint as brand
from web_admin.pages.dashboard import blueprint as dashboard
from web_admin.pages.developer import blueprint as developer
from web_admin.pages.members import blueprint as members
from web_admin.pages.organisation import blueprint as organisation
from web_admin.pages.phone_card import blueprint as phone_card
from web_admin.pages.queues import blueprint as queues
from web_admin.pages.reviews import blueprint as reviews
from web_admin.pages.system import blueprint as system
from web_admin.pages.terminals import blueprint as terminals
from web_admin.pages.tokens import blueprint as tokens
from web_admin.programme.routes import blueprint as programme
from web_admin.setup.routes import blueprint as setup
from web_admin.setup_code import SetupCode
from web_admin.static_files import init_static

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: An upload is a terminal's registration or a logo.
BODY_BYTES_MAX: Final = 1024 * 1024
_STOPS: Final = "mohr-stops"
_SETUP_CODE: Final = "mohr-setup-code"
_API_PREFIX: Final = "/api"


def create_app(door: Door, settings: WebSettings) -> Flask:
    """Make the application.

    Args:
        door: the gateway behind it, set up or not.
        settings: how it is served.

    Returns:
        the application, with the HTTP API mounted beside the pages.
    """
    app = Flask("web_admin", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.config["WEB"] = settings
    # A misspelt name in a template is a fault, and shows as one in the tests.
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    keep_door(app.extensions, door)
    app.extensions[_SETUP_CODE] = SetupCode(door)
    init_static(app)
    init_language(app)
    init_filters(app)
    init_access(app, settings)
    _add_pages(app)
    init_error_pages(app)
    init_compression(app)
    app.context_processor(_surroundings)
    mounted = _ApiMount(app.wsgi_app, door)
    app.wsgi_app = mounted  # type: ignore[assignment, method-assign] # as Flask's own pages show
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # the same
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=0
        )
    return app


def end_app(app: Flask) -> None:
    """Stop the threads that areas of the application have started."""
    for stop in cast("list[Callable[[], None]]", app.extensions.get(_STOPS, [])):
        stop()


def setup_code_of(app: Flask) -> str | None:
    """The one-time code of the first run; None once there is an owner."""
    return cast("SetupCode", app.extensions[_SETUP_CODE]).value


def _add_pages(app: Flask) -> None:
    areas = (
        setup,
        brand,
        dashboard,
        live,
        members,
        phone_card,
        *desk,
        programme,
        terminals,
        queues,
        reviews,
        system,
        organisation,
        tokens,
        developer,
        *access_blueprints,
    )
    for blueprint in areas:
        app.register_blueprint(blueprint)

    @app.get("/healthz")
    @public("a load balancer or systemd asks whether the pages are served")
    def healthz() -> tuple[str, int]:
        return "ok\n", 200


def _surroundings() -> dict[str, object]:
    """What every page's frame shows, whoever renders it."""
    house, account = house_or_none(), account_or_none()
    test_mode = house is not None and house.test_bench is not None
    items: tuple[NavItem, ...] = ()
    if account is not None:
        items = items_for(PERMISSIONS[account.role], test_mode=test_mode)
    return {
        "navigation": items,
        "navigation_counts": counts_for(items),
        "account": account,
        "test_mode": test_mode,
        "organisation": organisation_or_none(),
    }


class _ApiMount:
    """Sends ``/api`` to the API's own application, which is made once there is a house."""

    def __init__(self, pages: WSGIApplication, door: Door) -> None:
        self._pages = pages
        self._door = door
        self._lock = threading.Lock()
        self._api: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != _API_PREFIX and not path.startswith(f"{_API_PREFIX}/"):
            return self._pages(environ, start)
        api = self._open()
        if api is None:
            return self._pages(environ, start)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + _API_PREFIX
        environ["PATH_INFO"] = path.removeprefix(_API_PREFIX)
        return api(environ, start)

    def _open(self) -> WSGIApplication | None:
        house = self._door.house
        if house is None:
            return None
        with self._lock:
            if self._api is None:
                self._api = create_api(house).wsgi_app
            return self._api
