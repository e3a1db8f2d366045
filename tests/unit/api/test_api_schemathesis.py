"""The API is asked everything that its own description allows, and much that it does not."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from schemathesis.config import (
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.engine import Status, events, from_schema
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

EXAMPLES = 500 if os.environ.get("MOHR_SOAK") else 15
PATHS = 9


def nothing_else(environ: dict[str, Any], start: Callable[..., Any]) -> Any:  # noqa: ANN401 - WSGI
    """What stands beside the API here."""
    return Response("not here", 404)(environ, start)


def configured(token: str, member: str) -> SchemathesisConfig:
    """Every check that the tool has, with a token, and a member and a terminal that are there."""
    project = ProjectConfig(
        headers={"Authorization": f"Bearer {token}"},
        parameters={"member_id": member, "terminal_name": "till-1"},
        generation=GenerationConfig(max_examples=EXAMPLES),
        phases=PhasesConfig(),
        continue_on_failure=True,
    )
    return SchemathesisConfig(seed=7, projects=ProjectsConfig(default=project))


class QuietHandler(WSGIRequestHandler):
    """Keeps the answers of thousands of requests out of the log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401 - its base
        """Say nothing."""


@pytest.fixture
def address(api: APIFlask) -> Iterator[str]:
    """Where the API is served as the gateway mounts it.

    By HTTP on loopback, because the tool's own probes do not run on an application in its process.
    """
    mounted = DispatcherMiddleware(nothing_else, {"/api": api.wsgi_app})
    server = make_server("127.0.0.1", 0, mounted, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.timeout(900)
def test_the_api_does_what_it_says(address: str, token: Callable[..., str], member: str) -> None:
    """Every answer is one that the description foresees, and every check of the tool passes."""
    config = configured(token(), member)
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json", config=config)
    failures: list[str] = []
    statuses: Counter[int] = Counter()
    tried: set[str] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            what = event.info if isinstance(event, events.NonFatalError) else event.exception
            failures.append(str(what))
        if not isinstance(event, events.ScenarioFinished):
            continue
        for case_id, interaction in event.recorder.interactions.items():
            if interaction.response is not None:
                statuses[interaction.response.status_code] += 1
                tried.add(event.recorder.cases[case_id].value.operation.label)
        failures += [
            f"{event.label} {check.name}: {check.failure_info}"
            for checks in event.recorder.checks.values()
            for check in checks
            if check.status is Status.FAILURE
        ]
    assert not failures, "\n\n".join(failures[:12])
    assert len(tried) == PATHS
    # A run in which nothing was ever answered, or nothing refused, would have proved nothing.
    assert statuses[200] > 50
    assert statuses[422] > 50
    assert statuses[401] > 0
    assert statuses[405] > 0
    assert not [status for status in statuses if status >= 500]
