"""The management API over HTTP: who gets in, and what those learn who do not."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from itertools import product
from typing import Any

import httpx2
import pytest
from sqlalchemy import DDL, func, select
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from cms.authorization.actor import Grant
from cms.clock import now
from cms.tables import AuditRecord, Token
from tests.builders import Newsroom
from tests.graphql_api.http.desk import (
    DAY,
    EMAIL,
    EVENTS,
    JSON,
    ME,
    OWN,
    PAGE,
    PASSWORD,
    PATH,
    REFRESH,
    SIGN_IN,
    SIGN_OUT,
    Desk,
    app_of,
    bearer,
    check_turned_away,
    endpoint_of,
    error_of,
    open_desk,
    take_roles,
)


def code_of(response: httpx2.Response) -> str:
    return str(error_of(response)["extensions"]["code"])


async def refreshed(desk: Desk, refresh_token: str) -> Any:
    """Return what becomes of an attempt to go on with a session."""
    response = await desk.post(REFRESH, token=refresh_token)
    return response.json()["data"]["refreshSession"]


async def count_of_records(newsroom: Newsroom) -> int | None:
    """Return how long the audit chain is."""
    async with newsroom.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(AuditRecord))


async def test_a_session_lasts_from_signing_in_to_signing_out(desk: Desk) -> None:
    await desk.give_password(desk.newsroom.author)
    first = await desk.sign_in(EMAIL.upper())
    assert first["account"] == {"email": EMAIL}
    answer = await desk.post(ME, first["accessToken"])
    assert answer.json() == {"data": {"me": {"account": {"email": EMAIL}}}}
    assert answer.headers["cache-control"] == "private, no-store"

    second = await refreshed(desk, first["refreshToken"])
    assert second["errors"] == []
    assert (await desk.post(ME, second["accessToken"])).json() == answer.json()

    assert "errors" not in (await desk.post(SIGN_OUT, second["accessToken"])).json()
    for secret in (first["accessToken"], second["accessToken"]):
        check_turned_away(await desk.post(ME, secret))
    ended = await refreshed(desk, second["refreshToken"])
    assert [each["code"] for each in ended["errors"]] == ["INVALID_TOKEN"]
    assert ended["accessToken"] is None


async def test_credentials_that_are_not_good_are_all_turned_away_alike(desk: Desk) -> None:
    await desk.give_password(desk.newsroom.author)
    session = await desk.sign_in(EMAIL)
    expired = await desk.issue(desk.newsroom.author, now() - 2 * DAY)
    values = (
        f"Bearer {expired}",
        f"Bearer {session['refreshToken']}",
        f"Bearer {session['accessToken']}x",
        f"Basic {session['accessToken']}",
        session["accessToken"],
        "Bearer",
        "Bearer é",
        "Bearer " + "x" * 10_000,
        "",
    )
    queries = (ME, SIGN_IN, "{ nothing", "subscription { entryChanged { action } }")
    for value, query, accept in product(values, queries, (JSON, OWN)):
        headers = {"Accept": accept, "Authorization": value.encode("latin-1")}
        response = await desk.client.post(PATH, json={"query": query}, headers=headers)
        check_turned_away(response, accept)
        assert session["accessToken"] not in response.text


# What somebody might ask who has no account.
STRANGE = (
    ME,
    "{ __typename }",
    "{ __schema { types { name } } }",
    '{ __type(name: "Account") { fields { name } } }',
    "mutation { __typename }",
    "query A { me { scopes } } mutation B { signOut { errors { code } } }",
    "{ signIn: me { scopes } }",
    'mutation { signIn: createAccount(input: {email: "x"}) { errors { code } } }',
    "fragment F on Query { me { scopes } } { ...F }",
    """fragment F on Mutation { createAccount(input: {email: "x"}) { account { id } } }
    mutation { ...F }""",
    """mutation { signIn(input: {email: "a", password: "b"}) { errors { code } }
    createAccount(input: {email: "x"}) { errors { code } } }""",
    'mutation { signIn(input: {email: "a", password: "b"}) @skip(if: true) { errors { code } } }',
    'mutation { signIn(input: {email: "a", password: "b"}) { passwordHash } }',
    'mutation { signIn(input: {email: 1, password: "b"}) { errors { code } } }',
    "mutation { signIn { errors { code } } }",
    "subscription { entryChanged { action } }",
    "{ entrys { totalCount } }",
    "{ nothing }",
    "{",
    "not GraphQL",
    "{ " + "a: me { scopes } " * 3_000 + "}",
    "query($x: Nothing) { me }",
)


async def test_without_an_account_one_learns_nothing_about_what_there_is(desk: Desk) -> None:
    bodies = set()
    before = await count_of_records(desk.newsroom)
    for query in STRANGE:
        for accept in (JSON, OWN, EVENTS):
            response = await desk.post(query, None, accept)
            check_turned_away(response, OWN if accept == EVENTS else accept)
            bodies.add(response.content)
    assert len(bodies) == 1
    assert await count_of_records(desk.newsroom) == before


async def test_without_an_account_one_can_sign_in_however_it_is_written(desk: Desk) -> None:
    await desk.give_password(desk.newsroom.author)
    given = f'(input: {{email: "{EMAIL}", password: "{PASSWORD}"}})'
    for query in (
        f"mutation {{ in: signIn{given} {{ accessToken }} }}",
        f"mutation {{ ...F }} fragment F on Mutation {{ in: signIn{given} {{ accessToken }} }}",
        f"mutation {{ ... {{ in: signIn{given} {{ accessToken __typename }} }} __typename }}",
    ):
        response = await desk.post(query)
        assert response.json()["data"]["in"]["accessToken"].startswith("copydesk_access_")
    events = await desk.post(f"mutation {{ signIn{given} {{ errors {{ code }} }} }}", None, EVENTS)
    assert '"errors"' in events.text
    assert events.headers["cache-control"] == "private, no-store"


async def test_guesses_are_limited_whether_or_not_there_is_such_an_account(desk: Desk) -> None:
    await desk.give_password(desk.newsroom.author)
    told = [
        [(await desk.sign_in(email, "wrong"))["errors"][0]["code"] for _ in range(6)]
        for email in (EMAIL, "nobody@example.org")
    ]
    assert told[0] == told[1] == ["SIGN_IN_FAILED"] * 5 + ["TOO_MANY_ATTEMPTS"]
    held_up = await desk.sign_in(EMAIL)
    assert held_up["accessToken"] is None
    assert held_up["account"] is None


async def test_only_post_is_answered_and_a_browser_gets_the_page(desk: Desk) -> None:
    secret = await desk.secret(desk.newsroom.author)
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        for accept in (JSON, OWN, EVENTS, f"{PAGE}" if method != "GET" else JSON):
            response = await desk.client.request(
                method, PATH, params={"query": ME}, headers={"Accept": accept, **bearer(secret)}
            )
            assert response.status_code == 405
            assert response.headers["allow"] == "POST"
            assert response.headers["cache-control"] == "private, no-store"
            assert code_of(response) == "METHOD_NOT_ALLOWED"
    asking = await desk.client.get(PATH, params={"query": ME}, headers={"Accept": PAGE})
    assert asking.status_code == 405
    assert (await desk.client.head(PATH)).status_code == 405
    assert (await desk.client.options(PATH)).status_code == 405
    page = await desk.client.get(PATH, headers={"Accept": PAGE})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert "connect-src 'self'" in page.headers["content-security-policy"]


FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")


async def test_what_a_form_on_another_page_can_send_is_refused(desk: Desk) -> None:
    secret = await desk.secret(desk.newsroom.administrator)
    before = await count_of_records(desk.newsroom)
    body = json.dumps(
        {"query": 'mutation { createAccount(input: {email: "x"}) { errors { code } } }'}
    )
    for media_type in FORMS:
        headers = {"Content-Type": media_type, "Origin": "https://evil.example", **bearer(secret)}
        response = await desk.client.post(PATH, content=body, headers=headers)
        assert response.status_code == 415
        assert code_of(response) == "UNSUPPORTED_MEDIA_TYPE"
        assert response.headers["cache-control"] == "private, no-store"
        assert not [name for name in response.headers if name.startswith("access-control")]
    assert await count_of_records(desk.newsroom) == before
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    allowed = await desk.client.options(PATH, headers=preflight)
    assert not [name for name in allowed.headers if name.startswith("access-control")]


ASK = '"query": "query($n: Int) { entries(first: $n) { totalCount } }"'
MALFORMED = (
    b"",
    b"[]",
    b"{}",
    b'[{"query": "{ me { scopes } }"}]' * 1_000,
    b'{"query": "\xff"}',
    b'{"query": "\\ud800"}',
    f'{{{ASK}, "variables": {{"n": 1e400}}}}'.encode(),
    f'{{{ASK}, "variables": {{"n": NaN}}}}'.encode(),
    f'{{{ASK}, "variables": {{"n": 123456789012345678901234567890}}}}'.encode(),
    b'{"query": "{ me { scopes } }", "query": "{ nothing }"}',
    b'{"query": "{ me { scopes } }", "variables": {"x": "' + b"x" * 1024 * 1024 + b'"}}',
    b"\x1f\x8b" + b"\0" * 1_000,
)


async def test_a_malformed_request_is_refused(desk: Desk) -> None:
    for secret in (await desk.secret(desk.newsroom.author), None):
        for body in MALFORMED:
            headers = {"Content-Type": JSON, "Accept": OWN, **bearer(secret)}
            response = await desk.client.post(PATH, content=body, headers=headers)
            assert response.status_code in {400, 401, 413}, body[:50]
            assert code_of(response) in {"BAD_REQUEST", "UNAUTHENTICATED", "LIMIT_EXCEEDED"}
            assert response.headers["cache-control"] == "private, no-store"
    odd = {"query": ME, "variables": {"__proto__": {"x": 1}, "constructor": None}}
    answer = await desk.client.post(
        PATH, json=odd, headers=bearer(await desk.secret(desk.newsroom.author))
    )
    assert answer.json()["data"]["me"]["account"] == {"email": EMAIL}


def nested(depth: int) -> str:
    """Return a query with an entry within its own review, so many times."""
    inner = "entry { openReview { " * depth + "id" + " } }" * depth
    return f'{{ reviewRequest(id: "x") {{ {inner} }} }}'


TOO_MUCH = (
    nested(1_000),
    nested(8),
    "{ me { " + " ".join(f"a{number}: scopes" for number in range(31)) + " } }",
    "{ " + "me { scopes } " * 21 + "}",
    "{ " + "...F " * 1_000 + "} fragment F on Query { me { scopes } }",
    "{ me { scopes " + "@include(if: true) " * 1_000 + "} }",
    "{ " + " ".join(f"__typename @skip(if: {each})" for each in ["true", "false"] * 500) + " }",
    """{ entries(first: 100) { nodes { revisions(first: 100) { nodes { entry {
    revisions(first: 100) { nodes { id } } } } } } } }""",
    "# " + "x" * 1024 * 1024,
)


async def test_who_asks_for_too_much_is_told_which_limit_it_is(desk: Desk) -> None:
    secret = await desk.secret(desk.newsroom.author)
    for query in TOO_MUCH:
        response = await desk.post(query, secret, OWN)
        assert response.status_code in {400, 413}, query[:80]
        errors = response.json()["errors"]
        assert {each["extensions"]["code"] for each in errors} == {"LIMIT_EXCEEDED"}, query[:80]
    lists = "query($names: [ID!]!) { nodes(ids: $names) { id } }"
    many = await desk.post(lists, secret, OWN, names=["x"] * 2_001)
    assert code_of(many) == "LIMIT_EXCEEDED"
    circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    assert (await desk.post(circle, secret, OWN)).status_code == 400


async def test_what_cannot_be_stored_is_refused_and_not_a_failure(desk: Desk) -> None:
    secret = await desk.secret(desk.newsroom.author)
    for query in (
        r'{ blame(entryId: "\u0000") { path } }',
        r'{ entry(by: {id: "\u0000"}) { id } checkPublish(entryId: "\u0000") { gate } }',
        r'mutation { leaveEntry(input: {entryId: "\u0000"}) { errors { code } } }',
        r'mutation { archiveEntry(input: {entryId: "\u0000"}) { errors { code } } }',
        r'mutation { createArticle(input: {values: {title: "\u0000"}}) { errors { code } } }',
        r'mutation { refreshSession(input: {refreshToken: "\u0000"}) { errors { code } } }',
        r'mutation { signIn(input: {email: "\u0000", password: "\u0000"}) { errors { code } } }',
        r'subscription { presenceChanged(entryId: "\u0000") { entry { id } } }',
    ):
        response = await desk.post(query, secret, EVENTS if "subscription" in query else JSON)
        assert response.status_code in {200, 400}
        assert "INTERNAL" not in response.text
        assert '"code"' in response.text


async def test_one_sees_when_a_service_token_was_used_last(desk: Desk) -> None:
    secret = await desk.secret(desk.newsroom.author)
    query = "{ me { tokens { nodes { name lastUsedAt } } } }"
    (token,) = (await desk.post(query, secret)).json()["data"]["me"]["tokens"]["nodes"]
    assert token["name"] == "a tool"
    assert token["lastUsedAt"] is not None
    async with desk.newsroom.database.reading() as session:
        used = list(await session.scalars(select(Token.last_used_at)))
    await desk.post("{ nothing", secret)
    async with desk.newsroom.database.reading() as session:
        assert (
            list(await session.scalars(select(Token.last_used_at))) == used
        )  # a minute has to pass


async def test_what_one_may_not_see_answers_like_what_is_not_there(desk: Desk) -> None:
    newsroom = desk.newsroom
    stranger = await newsroom.person("Nora Notes", Grant(role="author", content_type="Note"))
    made = await desk.article("Hidden")
    queries = (
        """query($e: ID!, $r: ID!) { entry(by: {id: $e}) { id } node(id: $e) { id }
        nodes(ids: [$e]) { id } revision(id: $r) { id } blame(entryId: $e) { path }
        checkPublish(entryId: $e) { gate } commentThreads(entryId: $e) { start }
        changesSinceLook(entryId: $e) { isEmpty }
        compareRevisions(fromRevisionId: $r, toRevisionId: $r) { isEmpty } }""",
        """mutation($e: ID!, $r: ID!) {
        archiveEntry(input: {entryId: $e}) { errors { code message path } }
        markSeen(input: {entryId: $e, revisionId: $r}) { errors { code message path } }
        announcePresence(input: {entryId: $e}) { errors { code message path } }
        requestReview(input: {entryId: $e, baseRevision: $r}) { errors { code message path } } }""",
        "subscription($e: ID!) { presenceChanged(entryId: $e) { entry { id } } }",
    )
    secret = await desk.secret(stranger)
    for query in queries:
        accept = EVENTS if "subscription" in query else JSON
        used = {
            name: made[kind] for name, kind in (("e", "entry"), ("r", "id")) if f"${name}" in query
        }
        hidden = await desk.post(query, secret, accept, **used)
        missing = await desk.post(
            query, secret, accept, **{name: value[:-4] + "zzzz" for name, value in used.items()}
        )
        text = hidden.text
        for value in used.values():
            text = text.replace(value, value[:-4] + "zzzz")
        assert "NOT_FOUND" in text or '"entry"' in text
        assert (hidden.status_code, text) == (missing.status_code, missing.text)
        assert "Hidden" not in text


async def test_a_token_changes_nothing_about_what_is_public(desk: Desk) -> None:
    await desk.article("A draft", slug="a-draft")
    secret = await desk.secret(desk.newsroom.administrator)
    query = "{ entries { totalCount nodes { title } } }"
    answers = [
        await desk.client.post("/graphql", json={"query": query}, headers=headers)
        for headers in ({}, bearer(secret))
    ]
    assert len({(each.status_code, each.content) for each in answers}) == 1
    bad = await desk.client.post("/graphql", json={"query": query}, headers=bearer("garbage"))
    assert bad.status_code == 401
    assert answers[0].json()["data"]["entries"] == {"totalCount": 0, "nodes": []}


async def test_no_secret_gets_into_a_log_or_an_error(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    newsroom = desk.newsroom
    await desk.give_password(newsroom.author)
    session = await desk.sign_in(EMAIL)
    service = await desk.secret(newsroom.author)
    async with newsroom.database.engine.begin() as connection:
        await connection.execute(DDL("alter table account rename to lost"))  # type: ignore[no-untyped-call]  # untyped
    secrets = (PASSWORD, session["accessToken"], session["refreshToken"], service, EMAIL)
    texts = []
    for token, query, given in (
        (None, SIGN_IN, {"email": EMAIL, "password": PASSWORD}),
        (session["accessToken"], ME, {}),
        (service, ME, {}),
        (service, "subscription { entryChanged { action } }", {}),
    ):
        body = {"query": query, "variables": given}
        accept = EVENTS if "subscription" in query else JSON
        headers = {"Accept": accept, **bearer(token)}
        response = await desk.client.post(PATH, json=body, headers=headers)
        assert response.status_code == 500
        error = error_of(response)
        assert error["extensions"].keys() == {"code", "reference"}
        assert error["extensions"]["reference"] in caplog.text
        assert response.headers["cache-control"] == "private, no-store"
        texts.append(response.text)
    async with desk.socket(session["accessToken"]) as socket:
        assert await socket.closed() == 4500
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in "".join(texts)
    for word in ("Traceback", "select", "account"):
        assert word not in "".join(texts).lower()


async def test_a_role_that_is_taken_away_is_gone_with_the_next_request(desk: Desk) -> None:
    publisher = desk.newsroom.publisher
    create = "mutation($name: String!) { createCategory(input: {values: {name: $name}})"
    create += " { errors { code } } }"
    secret = await desk.secret(publisher)
    made = await desk.post(create, secret, name="x")
    assert made.json()["data"]["createCategory"]["errors"] == []
    await take_roles(desk.newsroom, publisher)
    refused = await desk.post(create, secret, name="y")
    assert refused.json()["data"]["createCategory"]["errors"] == [{"code": "NOT_ALLOWED"}]


async def raw(host: str, *lines: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a request that is never whole."""
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    head = [f"POST {PATH} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", *lines]
    writer.write("\r\n".join([*head, "Content-Length: 100", "", '{"query"']).encode())
    return reader, writer


async def test_a_request_that_does_not_arrive_is_not_waited_for(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_of(newsroom)
    patient = endpoint_of(app)
    hasty = replace(patient, body_seconds=0.01)
    both = Starlette(routes=[Route(PATH, hasty, methods=["POST"]), Mount("/patient", app)])
    async with open_desk(newsroom, app, both) as desk:
        reader, writer = await raw(desk.host)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert json.loads(await reader.read())["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        writer.close()
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        _, writer = await raw(
            desk.host, f"Authorization: Bearer {await desk.secret(newsroom.author)}"
        )
        await writer.drain()
        writer.transport.abort()
        assert (await desk.post(ME, await desk.secret(newsroom.author))).status_code == 200
    assert "request failed" not in caplog.text
