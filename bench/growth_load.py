"""Writes the rows of a site that grows into a database, in parts, as fast as it takes them.

What would be checked or indexed row by row is dropped first and made again at the end. Each part is
a transaction that also writes down how far it came, so a run that was stopped goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import asyncpg
from pysqlite3 import dbapi2 as sqlite

from bench.growth_plan import Plan, is_draft, targets
from bench.growth_rows import Row, Rows, type_of
from bench.growth_site import site
from bench.growth_text import BODIES, RARE, check, draft_of, suggested, words_of
from cms.content.content_type import ContentType
from cms.copydesk import Copydesk
from cms.search.spelling import grams
from cms.search.tag_counts import recount_tags
from cms.search.tokens import fold
from cms.settings import Settings
from cms.storage.dialects import JsonDocument, Moment, as_text
from cms.tables import Base

_PART = 2_000
_TABLES = Base.metadata.tables
Say: TypeAlias = Callable[[str], object]


class _Store(Protocol):
    """A database that rows are loaded into."""

    async def begin(self) -> int:
        """Prepare the database, and return the number of the first entry that it lacks."""

    async def add(self, rows: dict[str, list[dict[str, Any]]], done: int) -> None:
        """Add rows, and write down that all entries up to a number are there."""

    async def end(self, position: int, say: Say) -> None:
        """Make again what was dropped."""


async def load(url: str, folder: Path, entries: int, say: Say) -> None:
    """Fill a database with a site, or go on with that.

    Args:
        url: the database.
        folder: where the signing key is.
        entries: the number of entries.
        say: shows how far it came.
    """
    check()
    settings = Settings(database_url=url, signing_key=folder / "signing.key")
    store: _Store = _Sqlite(url) if url.startswith("sqlite") else _Postgres(url)
    first = await store.begin() if await _has_begun(url) else -1
    if first < 0:
        async with Copydesk(site, settings) as copydesk:
            await copydesk.migrate()
        first = await store.begin()
    plan = Plan(entries)
    rows = Rows(plan, targets(entries))
    for start in range(first, entries, _PART):
        end = min(start + _PART, entries)
        before = () if start else (*rows.of_setup(), *_suggestions(plan))
        made = (row for number in range(start, end) for row in rows.of_entry(number))
        await store.add(_by_table(chain(before, made)), end)
        if end % (entries // 10) < _PART:
            say(f"{end:,} entries")
    await store.end(plan.last_position, say)
    async with Copydesk(site, settings) as copydesk:
        await copydesk.migrate()
        async with copydesk.database.transaction() as session:
            await recount_tags(session)
        await copydesk.database.refresh_statistics()


async def _has_begun(url: str) -> bool:
    if url.startswith("sqlite"):
        return await asyncio.to_thread(Path(url.removeprefix("sqlite:///")).exists)
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("select to_regclass('alembic_version') is not null"))
    finally:
        await connection.close()


def _by_table(rows: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for table, row in rows:
        found.setdefault(table, []).append(row)
    return found


def _suggestions(plan: Plan) -> Iterator[Row]:
    """Yield the words of all public editions, with the numbers of editions that have them."""
    bodies: dict[tuple[type[ContentType], int], set[str]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    titles: Counter[tuple[str, str]] = Counter()
    whole: Counter[tuple[str, type[ContentType], int]] = Counter()
    for number in range(plan.entries):
        change = plan.change_of(number)
        locales = ["en"] if change is None or not plan.is_unpublished_after(change) else []
        if is_draft(number):
            locales, number = ["de"], number - 1  # noqa: PLW2901  # the translation of the one before
        key = type_of(number), number % BODIES
        if key not in bodies:
            draft = draft_of(type_of(number), number, 1, "", [], [])
            bodies[key] = suggested(words_of(type_of(number), "en", draft, number))
        version = 2 if change is not None and locales == ["en"] else 1
        draft = draft_of(type_of(number), number, version, "", [], [])
        own = {*draft.title.split()[:2], *draft.summary.split()[:2]} | (
            {RARE} if RARE in draft.summary else set()
        )
        for locale in locales:
            whole[locale, *key] += 1
            counts.update((locale, word) for word in own - bodies[key])
            titles.update((locale, word) for word in own)
    for (locale, content_type, body), count in whole.items():
        for word in bodies[content_type, body]:
            counts[locale, word] += count
    for (locale, word), count in counts.items():
        known = grams(fold(word))
        yield (
            "search_word",
            {
                "locale": locale,
                "word": word,
                "folded": fold(word),
                "grams": len(known),
                "editions": count,
                "titles": titles[locale, word],
            },
        )
        for gram in known:
            yield "search_gram", {"locale": locale, "gram": gram, "word": word}


def _columns(table: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    given = {name for row in rows for name in row}
    return [column.name for column in _TABLES[table].columns if column.name in given]


class _Sqlite:
    def __init__(self, url: str) -> None:
        self._file = url.removeprefix("sqlite:///")

    def _connect(self) -> Any:
        connection = sqlite.connect(self._file, isolation_level=None)
        for pragma in ("journal_mode=wal", "synchronous=off", "cache_size=-400000"):
            connection.execute(f"pragma {pragma}")
        return connection

    async def begin(self) -> int:
        connection = self._connection = self._connect()
        known = "select name from sqlite_master where name in ('audit_record', 'growth')"
        names = {name for (name,) in connection.execute(known)}
        if "audit_record" not in names:
            connection.close()
            return -1
        if "growth" in names:
            (done,) = connection.execute("select coalesce(max(done), 0) from growth").fetchone()
            return int(done)
        (entries,) = connection.execute("select count(*) from entry").fetchone()
        if entries:
            raise SystemExit(f"{self._file} is full already")
        connection.execute("begin")
        connection.execute("create table growth (sql text, done integer)")
        dropped = connection.execute(
            "select type, name, sql from sqlite_master where sql is not null and "
            "(type = 'index' or (type = 'trigger' and name not like 'search_%'))"
        ).fetchall()
        for kind, name, sql in dropped:
            connection.execute("insert into growth (sql) values (?)", [sql])
            connection.execute(f"drop {kind} {name}")
        connection.execute("commit")
        return 0

    async def add(self, rows: dict[str, list[dict[str, Any]]], done: int) -> None:
        execute = self._connection.executemany
        self._connection.execute("begin")
        for table, each in rows.items():
            names = _columns(table, each)
            types = [_TABLES[table].c[name].type for name in names]
            marks = ["jsonb(?)" if type_ is JsonDocument else "?" for type_ in types]
            moments = [isinstance(type_, Moment) for type_ in types]
            sql = f"insert into {table} ({', '.join(names)}) values ({', '.join(marks)})"
            columns = list(zip(names, moments, strict=True))
            execute(
                sql, ([_text(row.get(n)) if m else row.get(n) for n, m in columns] for row in each)
            )
        self._connection.execute("insert into growth (done) values (?)", [done])
        self._connection.execute("commit")

    async def end(self, position: int, say: Say) -> None:
        run = self._connection.execute
        run("begin")
        for (sql,) in run("select sql from growth where sql is not null").fetchall():
            run(sql)
            say(sql.split("(")[0].strip()[:70]) if "create index" in sql.lower() else None
        for name, value in _counters(position).items():
            run("update counter set value = ? where name = ?", [value, name])
        run("drop table growth")
        run("commit")
        run("pragma wal_checkpoint(truncate)")
        self._connection.close()


class _Postgres:
    def __init__(self, url: str) -> None:
        self._url = url

    async def begin(self) -> int:
        connection = self._connection = await asyncpg.connect(self._url)
        for setting in ("session_replication_role = replica", "synchronous_commit = off"):
            await connection.execute(f"set {setting}")
        await connection.execute("set maintenance_work_mem = '1GB'")
        if await connection.fetchval("select to_regclass('audit_record') is null"):
            await connection.close()
            return -1
        if await connection.fetchval("select to_regclass('growth') is not null"):
            return int(await connection.fetchval("select coalesce(max(done), 0) from growth"))
        if await connection.fetchval("select count(*) from entry"):
            raise SystemExit("the database is full already")
        async with connection.transaction():
            await connection.execute("create table growth (sql text, done integer)")
            dropped = await connection.fetch(
                "select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as sql "
                "from pg_index join pg_class on pg_class.oid = indrelid "
                "where relnamespace = 'public'::regnamespace and not exists "
                "(select from pg_constraint where conindid = indexrelid)"
            )
            for each in dropped:
                await connection.execute("insert into growth (sql) values ($1)", each["sql"])
                await connection.execute(f"drop index {each['name']}")
        return 0

    async def add(self, rows: dict[str, list[dict[str, Any]]], done: int) -> None:
        async with self._connection.transaction():
            for table, each in rows.items():
                names = _columns(table, each)
                await self._connection.copy_records_to_table(
                    table,
                    columns=names,
                    records=[tuple(row.get(name) for name in names) for row in each],
                )
            await self._connection.execute("insert into growth (done) values ($1)", done)

    async def end(self, position: int, say: Say) -> None:
        run = self._connection.execute
        async with self._connection.transaction():
            for (sql,) in await self._connection.fetch(
                "select sql from growth where sql is not null"
            ):
                await run(sql)
                say(sql.split(" USING")[0][:70])
            for name, value in _counters(position).items():
                await run("update counter set value = $1 where name = $2", value, name)
            await run("drop table growth")
        await run("vacuum analyze")
        await self._connection.close()


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)


def _counters(position: int) -> dict[str, int]:
    return {"position": position, "audit": 2 * position}
