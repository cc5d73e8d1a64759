"""Lean tables for the same content: integer keys, one row an entry, no history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
from pysqlite3 import dbapi2 as sqlite

from bench.limit.content import Content, Item
from bench.limit.product import TOKEN
from cms.storage.dialects import as_text

_TABLES = """
create table category (
  id integer primary key,
  parent_id integer references category,
  name text not null,
  slug text not null unique
);
create table person (id integer primary key, name text not null, slug text not null unique);
create table entry (
  id integer primary key,
  category_id integer not null references category,
  type text not null,
  published_at {moment} not null,
  slug text not null unique,
  title text not null,
  summary text not null,
  body text not null
);
create table reviewer (
  entry_id integer not null references entry,
  position integer not null,
  person_id integer not null references person,
  primary key (entry_id, position)
);
create table link (
  source_id integer not null references entry,
  position integer not null,
  target_id integer not null references entry,
  kind text not null,
  primary key (source_id, position)
);
create table revision (
  id {counted} primary key,
  entry_id integer not null references entry,
  person_id integer not null references person,
  saved_at {moment} not null default {now},
  title text not null,
  summary text not null
);
create table token (hash text primary key, person_id integer not null references person);
"""
_INDEXES = """
create index entry_newest_of_type on entry (category_id, type, published_at desc);
create index entry_newest on entry (category_id, published_at desc);
create index category_parent on category (parent_id);
create index reviewer_person on reviewer (person_id);
create index link_target on link (target_id);
create index revision_entry on revision (entry_id);
"""
_BATCH = 1_000

Row: TypeAlias = tuple[Any, ...]


def load_sqlite(file: Path, content: Content) -> None:
    """Make an SQLite file with the content."""
    connection = sqlite.connect(str(file))
    connection.execute("pragma journal_mode=wal")
    words = {"moment": "text", "counted": "integer", "now": "current_timestamp"}
    connection.executescript(_TABLES.format(**words))
    for table, rows in _rows(content, as_text):
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({places})", rows)
    connection.executescript(f"{_INDEXES} analyze;")
    connection.commit()
    connection.close()


async def load_postgresql(url: str, content: Content) -> None:
    """Fill an empty database with the content."""
    connection = await asyncpg.connect(url)
    words = {"moment": "timestamptz", "counted": "bigserial", "now": "now()"}
    await connection.execute(_TABLES.format(**words))
    for table, rows in _rows(content, lambda moment: moment):
        await connection.copy_records_to_table(table, records=rows)
    await connection.execute(_INDEXES)
    await connection.execute("vacuum analyze")
    await connection.close()


def _rows(content: Content, moment: Callable[[Any], Any]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Yield rows with their table, each after those that it refers to."""
    yield (
        "category",
        [
            (each.number, each.parent.number if each.parent else None, each.name, each.slug)
            for each in content.categories
        ],
    )
    yield "person", [(each.number, each.name, each.slug) for each in content.people]
    yield "token", [(hashlib.sha256(TOKEN.encode()).hexdigest(), 0)]
    items = content.items()
    while batch := list(islice(items, _BATCH)):
        yield "entry", [_entry(item, moment) for item in batch]
        yield (
            "reviewer",
            [
                (item.number, position, person.number)
                for item in batch
                for position, person in enumerate(item.reviewers)
            ],
        )
    # After all entries.
    for start in range(0, content.size, _BATCH):
        numbers = range(start, min(start + _BATCH, content.size))
        yield "link", [row for number in numbers for row in _links(content, number)]


def _entry(item: Item, moment: Callable[[Any], Any]) -> Row:
    return (
        *(item.number, item.category.number, item.content_type, moment(item.published_at)),
        *(item.slug, item.title, item.summary, item.body),
    )


def _links(content: Content, number: int) -> Iterable[Row]:
    for position, (kind, target) in enumerate(content.links[number]):
        yield number, position, target, kind
