"""The limit: a small ASGI app that runs one handwritten statement, whose JSON it returns.

It takes the same requests as the others, looks at the name of the operation, and neither parses
the document nor checks a rule. ``LIMIT_DATABASE`` is an SQLite file or the URL of a PostgreSQL
database.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from pysqlite3 import dbapi2 as sqlite
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.handwritten import moment_text, words_of

Values: TypeAlias = Mapping[str, Any]
# Runs a statement, and returns its only cell.
Fetch: TypeAlias = Callable[..., Awaitable[Any]]

_PAGE = """
select {object}('data', {object}('entry', {json}((
  select {object}('title', e.title, 'summary', e.summary, 'publishedAt', {published},
    'body', {object}('markdown', e.body),
    'category', {object}('name', c.name, 'slug', c.slug,
      'parent', case when p.id is not null then {object}('name', p.name, 'slug', p.slug) end),
    'review', {object}('reviewers', {json}((
      select {array}({object}('name', n.name) order by r.position)
      from reviewer r join person n on n.id = r.person_id where r.entry_id = e.id))),
    'links', {object}('nodes', {json}((
      select {array}({object}('kind', l.kind,
        'target', {object}('title', t.title, 'slug', t.slug)) order by l.position)
      from link l join entry t on t.id = l.target_id where l.source_id = e.id))))
  from entry e
    join category c on c.id = e.category_id
    left join category p on p.id = c.parent_id
  where e.slug = {one}))))
"""

_LIST = """
select {object}('data', {object}('entries', {object}('nodes', {json}((
  select {array}({object}('title', x.title, 'slug', x.slug, 'summary', x.summary,
    'publishedAt', {published}, 'category', {object}('name', x.name, 'slug', x.category_slug)))
  from (
    select e.title, e.slug, e.summary, e.published_at, c.name, c.slug as category_slug
    from category c join entry e on e.category_id = c.id
    where c.slug = {one} and e.type = {two}
    order by e.published_at desc limit 50) x)))))
"""

_TWO_HOPS = """
select {object}('data', {object}('entries', {object}('nodes', {json}((
  select {array}({object}('title', x.title, 'slug', x.slug, 'category', {object}('name', x.name),
    'links', {object}('nodes', {json}((
      select {array}({object}('target', {object}('title', t.title, 'slug', t.slug,
        'category', {object}('name', tc.name), 'links', {object}('nodes', {json}((
          select {array}({object}('target', {object}('title', u.title, 'slug', u.slug,
            'category', {object}('name', uc.name))) order by m.position)
          from link m join entry u on u.id = m.target_id join category uc on uc.id = u.category_id
          where m.source_id = t.id))))) order by l.position)
      from link l join entry t on t.id = l.target_id join category tc on tc.id = t.category_id
      where l.source_id = x.id)))))
  from (
    select e.id, e.title, e.slug, e.published_at, c.name
    from category c join entry e on e.category_id = c.id
    where c.slug = {one} and e.published_at <= {before}
    order by e.published_at desc limit 20) x)))))
"""

_SAVE = """
with author as (select person_id from token where hash = $1),
  saved as (
    update entry set title = $3, summary = $4
    where id = $2 and exists (select from author) returning id, title, summary),
  kept as (
    insert into revision (entry_id, person_id, title, summary)
    select saved.id, author.person_id, saved.title, saved.summary from saved, author returning id)
select json_build_object('data', json_build_object('updateGlossaryTerm', json_build_object(
  'errors', '[]'::json, 'revision', json_build_object('number', kept.id),
  'entry', json_build_object('title', saved.title, 'summary', saved.summary))))::text
from saved, kept
"""

_PRAGMAS = ("synchronous=full", "mmap_size=268435456", "cache_size=-65536", "busy_timeout=5000")


def statements(*, is_sqlite: bool) -> Mapping[str, str]:
    """Return the SQL of each read in the words of a database."""
    words = {
        **words_of(is_sqlite),
        "before": "?2" if is_sqlite else "$2::text::timestamptz",
        # The result of a subquery is text in SQLite.
        "json": "json" if is_sqlite else "",
    }
    page = moment_text(is_sqlite, "e.published_at")
    listed = moment_text(is_sqlite, "x.published_at")
    return {
        "Page": _PAGE.format(**words, published=page),
        "List": _LIST.format(**words, published=listed),
        "TwoHops": _TWO_HOPS.format(**words),
    }


def _values(operation: str, variables: Values) -> tuple[str, ...]:
    """Return the parameters of a read."""
    if operation == "Page":
        return (variables["path"].rpartition("/")[2],)
    category = variables["category"].rpartition("/")[2]
    return category, variables["type" if operation == "List" else "before"]


def _hash_of(request: Request) -> str:
    """Return the hash of the token of a request."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    return hashlib.sha256(token.encode()).hexdigest()


def _number_of(variables: Values) -> int:
    return int(variables["entry"].partition("_")[2])


class Sqlite:
    """An SQLite file, asked on the event loop: a thread would only take longer."""

    def __init__(self, file: str) -> None:
        self._connection = sqlite.connect(file, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"pragma {pragma}")
        self._statements = statements(is_sqlite=True)

    async def open(self) -> None:
        """Do nothing: it is open."""

    async def read(self, operation: str, values: tuple[str, ...]) -> str:
        """Return the JSON of a read."""
        (found,) = self._connection.execute(self._statements[operation], values).fetchone()
        return str(found)

    async def save(self, token: str, variables: Values) -> str | None:
        """Save a title and a summary as a revision; return ``None`` without a valid token."""
        execute = self._connection.execute
        author = execute("select person_id from token where hash = ?", (token,)).fetchone()
        if author is None:
            return None
        number, title, summary = (
            _number_of(variables),
            variables["title"],
            variables["summary"],
        )
        execute("begin immediate")
        execute("update entry set title = ?, summary = ? where id = ?", (title, summary, number))
        (revision,) = execute(
            "insert into revision (entry_id, person_id, title, summary) values (?, ?, ?, ?) "
            "returning id",
            (number, author[0], title, summary),
        ).fetchone()
        execute("commit")
        entry = {"title": title, "summary": summary}
        saved = {"errors": [], "revision": {"number": revision}, "entry": entry}
        return json.dumps({"data": {"updateGlossaryTerm": saved}})


class Postgresql:
    """A PostgreSQL database, with four connections."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._statements = statements(is_sqlite=False)
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Open the connections."""

        async def keep(_: asyncpg.Connection) -> None:
            """Reset nothing between requests."""

        self._pool = await asyncpg.create_pool(self._url, min_size=4, max_size=4, reset=keep)

    async def read(self, operation: str, values: tuple[str, ...]) -> str:
        """Return the JSON of a read."""
        return str(await self._fetch(self._statements[operation], *values))

    async def save(self, token: str, variables: Values) -> str | None:
        """Save a title and a summary as a revision; return ``None`` without a valid token."""
        title, summary = variables["title"], variables["summary"]
        found = await self._fetch(_SAVE, token, _number_of(variables), title, summary)
        return None if found is None else str(found)

    async def _fetch(self, sql: str, *values: Any) -> Any:
        if self._pool is None:
            raise RuntimeError("the app has not started")
        return await self._pool.fetchval(sql, *values)


_DATABASE = os.environ["LIMIT_DATABASE"]
_STORE = Postgresql(_DATABASE) if _DATABASE.startswith("postgresql") else Sqlite(_DATABASE)


async def _answer(request: Request) -> Response:
    asked = json.loads(await request.body())
    operation, variables = asked["operationName"], asked["variables"]
    if operation != "Save":
        body = await _STORE.read(operation, _values(operation, variables))
        return Response(body, media_type="application/json")
    saved = await _STORE.save(_hash_of(request), variables)
    if saved is None:
        return Response(b'{"errors": [{"message": "not signed in"}]}', 401)
    return Response(saved, media_type="application/json")


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    await _STORE.open()
    yield


app = Starlette(
    routes=[Route(path, _answer, methods=["POST"]) for path in ("/graphql", "/manage/graphql")],
    lifespan=_lifespan,
)
