"""What the API refuses, strangers and odd questions among it, each with a problem that says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask import Response
from werkzeug.test import TestResponse

from gateway.errors import LedgerError
from gateway.office.tokens import TokenScope
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from web_admin.api.app import create_api
from web_admin.api.guard import needs
from web_admin.api.limits import WINDOW_S, ApiLimits
from web_admin.api.problems import KINDS, Code, Problem

NOW_MS = 1_795_420_000_000
Ask = Callable[..., TestResponse]


def problem_of(answer: TestResponse) -> Problem:
    """The problem in an answer, which must say the same in its status, type and body."""
    assert answer.content_type == "application/problem+json"
    problem = Problem.model_validate_json(answer.get_data())
    assert problem.status == answer.status_code
    assert problem.type == f"urn:mohr:problem:{problem.code}"
    return problem


PATHS = {
    "/v1/members": TokenScope.MEMBERS_READ,
    "/v1/members/{member}": TokenScope.MEMBERS_READ,
    "/v1/members/{member}/balance": TokenScope.BALANCES_READ,
    "/v1/members/{member}/transactions": TokenScope.TRANSACTIONS_READ,
    "/v1/transactions": TokenScope.TRANSACTIONS_READ,
    "/v1/transactions/1": TokenScope.TRANSACTIONS_READ,
    "/v1/terminals": TokenScope.TERMINALS_READ,
    "/v1/terminals/till-1": TokenScope.TERMINALS_READ,
}


@pytest.mark.parametrize("path", PATHS)
def test_each_address_wants_its_scope(
    ask: Ask, token: Callable[..., str], member: str, path: str
) -> None:
    """One scope opens it; all others together do not, and the answer names what lacks."""
    address, wanted = path.format(member=member), PATHS[path]
    assert ask(address, by=token(wanted)).status_code == 200
    others = [scope for scope in TokenScope if scope is not wanted]
    refused = problem_of(ask(address, by=token(*others)))
    assert (refused.code, refused.required_scope) == (Code.SCOPE_MISSING, wanted.value)


def test_every_address_is_guarded(api: APIFlask, ask: Ask) -> None:
    """No route of the API answers without a token, but its description."""
    for rule in api.url_map.iter_rules():
        path = rule.rule.replace("<int:journal_index>", "1")
        status = ask(path, by=None).status_code
        assert (rule.rule, status) == (rule.rule, 200 if rule.rule == "/openapi.json" else 401)


def test_a_view_that_names_no_scope_is_open_to_nobody(quiet: QuietHouse) -> None:
    """Forgetting to say what is needed closes an address instead of opening it."""
    made = create_api(quiet.house)

    @made.get("/v1/forgotten")
    def forgotten() -> Response:
        return Response("secret")

    text = quiet.office.tokens.make(
        name="x", scopes=frozenset(TokenScope), created_by="x", expires_at_ms=None
    ).text
    headers = {"Authorization": f"Bearer {text}"}
    assert made.test_client().get("/v1/forgotten", headers=headers).status_code == 403
    needs(None)(made.view_functions["forgotten"])
    assert made.test_client().get("/v1/forgotten", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer mohr_000000000000_" + "A" * 43,
        "Bearer " + "x" * 5_000,
        "bearer mohr__",
    ],
)
def test_what_is_no_token_opens_nothing(api: APIFlask, sent: str | None) -> None:
    """Every other header is refused with 401 and the way to do it right."""
    headers = {} if sent is None else {"Authorization": sent}
    answer = api.test_client().get("/v1/members", headers=headers)
    assert problem_of(answer).code in (Code.TOKEN_MISSING, Code.TOKEN_INVALID)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mohr"'


def test_tokens_end(ask: Ask, token: Callable[..., str], clock: VirtualClock) -> None:
    """From its last moment on a token opens nothing."""
    by = token(expires_at_ms=clock.unix_ms() + 1_000)
    assert ask("/v1/members", by=by).status_code == 200
    clock.advance(1_000)
    assert problem_of(ask("/v1/members", by=by)).code is Code.TOKEN_INVALID


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1_0", "limit"),
        ("limit=+1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=", "limit"),
        ("limit=%DB%B5", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=" + "f" * 17, "cursor"),
        ("terminal=Till", "terminal"),
        ("branch=../etc", "branch"),
        ("recorded_from_ms=-1", "recorded_from_ms"),
        ("recorded_until_ms=9007199254740992", "recorded_until_ms"),
        ("sort=name", "sort"),
        ("Limit=1", "Limit"),
    ],
)
def test_parameters_are_strict(ask: Ask, query: str, parameter: str) -> None:
    """What is out of range, misspelt, repeated or unknown is refused by its name."""
    problem = problem_of(ask(f"/v1/transactions?{query}"))
    assert problem.code is Code.INVALID_PARAMETERS
    assert [fault.parameter for fault in problem.errors] == [parameter]
    assert problem.errors[0].reason


@pytest.mark.parametrize(
    ("query", "english", "persian"),
    [
        ("limit=0", "It must be 1 or more.", "باید 1 یا بیشتر باشد."),
        ("limit=101", "It must be 100 or less.", "باید 100 یا کمتر باشد."),
        (
            "limit=1_0",
            "It is no whole number in plain digits.",
            "عدد صحیحی با رقم‌های سادهٔ لاتین نیست.",
        ),
        (
            "cursor=x",
            "It does not have the form that the description asks.",
            "شکلی را که توصیف رابط می‌خواهد ندارد.",
        ),
        ("sort=name", "It is unknown here.", "اینجا ناشناخته است."),
        ("limit=1&limit=2", "It is given more than once.", "بیش از یک بار داده شده است."),
    ],
)
def test_the_reason_is_in_the_callers_language(
    ask: Ask, query: str, english: str, persian: str
) -> None:
    """Why a parameter is refused is said in English and in Persian, as the request asks."""
    for language, words in (("en", english), ("fa", persian)):
        answer = ask(f"/v1/transactions?{query}", headers={"Accept-Language": language})
        assert [fault.reason for fault in problem_of(answer).errors] == [words]


def test_no_parameter_where_none_is_known(ask: Ask, member: str) -> None:
    """Addresses of one thing take no parameters at all."""
    for path in (f"/v1/members/{member}", "/v1/terminals/till-1", "/v1/organisation"):
        assert problem_of(ask(f"{path}?x=1")).code is Code.INVALID_PARAMETERS


@pytest.mark.parametrize(
    "path",
    [
        "/v1/members/" + "0" * 32,
        "/v1/members/x",
        "/v1/members/" + "0" * 32 + "/balance",
        "/v1/members/" + "0" * 32 + "/transactions",
        "/v1/transactions/0",
        "/v1/transactions/99999999999999999999999999",
        "/v1/transactions/-1",
        "/v1/terminals/till-9",
        "/v1/terminals/%2e%2e",
        "/v1/members/",
        "//v1/members",
        "/v1/members//",
        "/v2/members",
        "/docs",
    ],
)
def test_what_is_not_there_is_not_found(ask: Ask, path: str) -> None:
    """Unknown things and unknown addresses answer alike, and nothing is redirected."""
    assert problem_of(ask(path)).code is Code.NOT_FOUND


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_api_only_reads(api: APIFlask, method: str) -> None:
    """Whatever would change something is refused, and the methods are named."""
    answer = getattr(api.test_client(), method)("/v1/members", data=b"{}")
    assert problem_of(answer).code is Code.METHOD_NOT_ALLOWED
    assert "GET" in answer.headers["Allow"]


def test_only_json_is_answered(ask: Ask) -> None:
    """A caller who takes no JSON is told so, whoever takes anything gets it."""
    wanted = {"Accept": "text/html"}
    assert problem_of(ask("/v1/members", headers=wanted)).code is Code.NOT_ACCEPTABLE
    for accepted in ("*/*", "application/*", "application/json;q=0.1", "text/html, */*;q=0.1"):
        assert ask("/v1/members", headers={"Accept": accepted}).status_code == 200


def test_large_requests_are_refused(api: APIFlask) -> None:
    """Nobody makes the gateway read megabytes that nothing here needs."""
    answer = api.test_client().get("/v1/members", data=b"x" * 20_000)
    assert problem_of(answer).code is Code.TOO_LARGE


@pytest.mark.parametrize(
    ("language", "title"), [("fa", "چنین چیزی نیست"), ("en", "There is no such thing")]
)
def test_problems_speak_the_callers_language(ask: Ask, language: str, title: str) -> None:
    """Persian and English callers read the same problem in their own words."""
    answer = ask("/v1/nothing", headers={"Accept-Language": language})
    assert problem_of(answer).title == title
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_every_code_has_a_kind() -> None:
    """No code is without a status and words."""
    assert set(KINDS) == set(Code)
    assert [kind.status for kind in KINDS.values() if not 400 <= kind.status < 600] == []


def test_a_fault_of_ours_is_a_problem_and_tells_nothing(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went wrong inside is for the log; the caller learns only that it did."""

    def fail(*_: object, **__: object) -> object:
        raise LedgerError("the secret path is /var/lib/mohr")

    monkeypatch.setattr("web_admin.api.members.newest_members", fail)
    answer = ask("/v1/members")
    assert problem_of(answer).code is Code.INTERNAL
    assert "secret" not in answer.get_data(as_text=True)


def test_answers_may_be_asked_for_again(ask: Ask) -> None:
    """An answer that is still the same costs nobody its bytes, and nobody between keeps it."""
    first = ask("/v1/terminals")
    assert first.headers["Cache-Control"] == "no-store"
    again = ask("/v1/terminals", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert ask("/v1/members").headers["ETag"] != first.headers["ETag"]


def test_each_token_has_its_own_limit(quiet: QuietHouse, clock: VirtualClock) -> None:
    """The fourth request in a minute of three is refused, another token's is not."""
    api = create_api(quiet.house, ApiLimits(requests=3, failures=2))
    texts = [
        quiet.office.tokens.make(
            name=name, scopes=frozenset(TokenScope), created_by="x", expires_at_ms=None
        ).text
        for name in ("one", "two")
    ]

    def get(text: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {text}"}
        return api.test_client().get("/v1/organisation", headers=headers)

    told = [get(texts[0]).headers["RateLimit"] for _ in range(3)]
    assert told == [f'"default";r={left};t=60' for left in (2, 1, 0)]
    clock.advance(20_000)
    refused = get(texts[0])
    assert problem_of(refused).code is Code.TOO_MANY_REQUESTS
    assert refused.headers["Retry-After"] == "40"
    assert get(texts[1]).status_code == 200
    clock.advance(40_000)
    assert get(texts[0]).status_code == 200
    # Guessing tokens has a limit of its own, which does not shut good ones out.
    codes = [problem_of(get("mohr_x_y")).code for _ in range(3)]
    assert codes == [Code.TOKEN_INVALID, Code.TOKEN_INVALID, Code.TOO_MANY_REQUESTS]
    assert get(texts[0]).status_code == 200
    assert WINDOW_S == 60


def test_every_answer_is_hardened(ask: Ask) -> None:
    """Good or bad, an answer cannot be framed, sniffed or run."""
    for path in ("/v1/members", "/v1/nothing", "/openapi.json"):
        headers = ask(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "Set-Cookie" not in headers
