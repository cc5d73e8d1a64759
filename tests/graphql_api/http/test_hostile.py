"""Requests that other pages and careless programs make, and a site on its first day."""

from __future__ import annotations

import json
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import func, select

from cms.access.accounts import has_accounts
from cms.errors import DatabaseError
from cms.settings import Settings
from cms.signing import KeyFile
from cms.storage.database import Database
from cms.storage.schema import check_migrated
from cms.tables import Account, Token
from graphql_api.serving import is_loopback
from tests.graphql_api.http.desk import JSON, PASSWORD, PATH, Desk, bearer

ELSEWHERE = "https://evil.example"
MUTATION = 'mutation { announcePresence(input: {entryId: "x"}) { errors { code } } }'
SIGN_IN = (
    f'mutation {{ signIn(input: {{email: "ada.author@example.org", password: "{PASSWORD}"}}) '
    "{ accessToken errors { code } } }"
)


@pytest.mark.parametrize("path", [PATH, "/graphql"])
@pytest.mark.parametrize("query", [MUTATION, SIGN_IN])
async def test_a_link_changes_nothing(desk: Desk, path: str, query: str) -> None:
    await desk.give_password(desk.newsroom.author)
    headers = bearer(await desk.secret(desk.newsroom.author))
    response = await desk.client.get(path, params={"query": query}, headers=headers)
    assert "data" not in response.json()
    assert response.json()["errors"]


@pytest.mark.parametrize(
    "media_type",
    [
        *("text/plain", "text/plain; application/json", "application/x-www-form-urlencoded"),
        *("multipart/form-data; boundary=x", "application/jsonp", "application/graphql", ""),
    ],
)
async def test_a_form_of_another_page_changes_nothing(desk: Desk, media_type: str) -> None:
    await desk.give_password(desk.newsroom.author)
    headers = {"Content-Type": media_type, "Origin": ELSEWHERE}
    headers |= bearer(await desk.secret(desk.newsroom.author))
    body = json.dumps({"query": SIGN_IN})
    response = await desk.client.post(PATH, content=body, headers=headers)
    assert response.status_code == 415
    assert "data" not in response.json()


@pytest.mark.parametrize("path", [PATH, "/graphql", "/sitemap.xml"])
@pytest.mark.parametrize("method", ["OPTIONS", "POST", "GET"])
async def test_no_other_page_may_read_an_answer(desk: Desk, path: str, method: str) -> None:
    headers = {
        "Origin": ELSEWHERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
        "Content-Type": JSON,
    }
    body = b'{"query": "{ __typename }"}' if method == "POST" else None
    response = await desk.client.request(method, path, content=body, headers=headers)
    assert not [name for name in response.headers if name.startswith("access-control-")]
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "variables",
    [
        b'{"x": 1e400}',
        b'{"x": -1e400}',
        b'{"x": 99999999999999999999999999}',
        b'{"x": ' + b"1" * 5_000 + b"}",
        b'{"x": "\\ud800"}',
        b'{"x": "\xff"}',
        b'{"x": "\xed\xa0\x80"}',
        b'{"__proto__": {"x": 1}}',
        b'{"x": {"__proto__": 1, "constructor": 2}}',
        b'{"x": "\\u0000"}',
        b'{"x": -0.0}',
    ],
    ids=lambda each: str(each[:40]),
)
@pytest.mark.parametrize("path", [PATH, "/graphql"])
async def test_odd_json_is_read_or_refused_and_breaks_nothing(
    desk: Desk, path: str, variables: bytes
) -> None:
    query = b"query($x: Int) { entries(first: $x) { nodes { id } } }"
    body = b'{"query": "%b", "variables": %b}' % (query, variables)
    headers = {"Content-Type": JSON, **bearer(await desk.secret(desk.newsroom.author))}
    response = await desk.client.post(path, content=body, headers=headers)
    assert response.status_code in {200, 400}
    codes = {each["extensions"]["code"] for each in response.json().get("errors", ())}
    assert codes <= {"BAD_REQUEST", "BAD_USER_INPUT", "LIMIT_EXCEEDED"}


async def test_a_new_site_has_no_account_and_no_password(database: Database) -> None:
    async with database.reading() as session:
        assert not await has_accounts(session)
        for table in (Account, Token):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


def test_a_new_site_makes_a_signing_key_of_its_own_for_its_owner_alone(tmp_path: Path) -> None:
    files = [KeyFile(tmp_path / name) for name in ("one.key", "two.key")]
    assert all(file.make() for file in files)
    assert len({file.load().key_id for file in files}) == 2
    assert [S_IMODE(file.path.stat().st_mode) for file in files] == [0o600] * 2


def test_a_new_site_is_served_to_its_own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPYDESK_HOST", raising=False)
    settings = Settings()
    assert is_loopback(settings.host)
    assert settings.trusted_proxies == ()


async def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    tmp_path: Path,
) -> None:
    url = f"postgresql://me:hunter2@/nothing?host={tmp_path}"
    assert "hunter2" not in repr(Settings(database_url=url))
    database = Database(url)
    with pytest.raises(DatabaseError) as refused:
        await check_migrated(database)
    await database.close()
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(database.engine)
