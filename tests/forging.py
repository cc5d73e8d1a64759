"""Trials of changing rows behind the product's back, and what the verification says of each.

Each trial changes one thing in a database without triggers and constraints, verifies the ledger in
the same transaction, and undoes the change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cms.cli.deriving import verify_derived
from cms.content.link_places import LinkPlace
from cms.ledger.rows import COVERED, PART_OF, key_of
from cms.ledger.verification import Invalid, verify_ledger
from cms.storage.database import Database, ReadSession
from cms.storage.dialects import JsonDocument, Moment
from cms.tables import Base
from tests.tampering import tampering

Row = Mapping[str, Any]

# Tables whose rows are facts, or the ledger itself, or derive from facts.
DERIVED = (
    "category_path",
    "rendition",
    "search_document",
    "search_gram",
    "search_word",
    "tag_count",
)
# Columns of facts that derive from others.
DERIVED_COLUMNS = {
    *(
        ("edition", name)
        for name in (
            "path",
            "content_type",
            "category_id",
            "byline_id",
            "title_key",
            "slug",
            "changed_at",
        )
    ),
    *(("link", each.name) for each in fields(LinkPlace)),
}
TABLES = (*COVERED, *PART_OF, "attestation", "audit_record", "audit_row", *DERIVED)
# Columns that can change without a finding, as cms.ledger.rows says.
LEFT_OUT = {
    ("audit_row", "salt"),  # of a hash that a newer one replaced
    # Of a publication that has ended, which nothing reads.
    *(("publication", name) for name in ("due_at", "reviewed_at", "reviewers")),
    ("search_document", "id"),  # a number that means nothing
    ("token", "last_used_at"),
}


@dataclass(frozen=True)
class Forgery:
    """A change made by hand.

    Attributes:
        table: table of the changed row.
        kind: name of the changed column, or what was done with the row.
        names: texts of which a finding has to contain one.
    """

    table: str
    kind: str
    names: tuple[str, ...]


@dataclass
class Score:
    """Forgeries tried and named, by table.

    Attributes:
        tried: numbers of forgeries.
        named: numbers of forgeries that a finding names.
        missed: the forgeries that none does.
    """

    tried: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[Forgery, Sequence[str]]] = field(default_factory=list)

    def add(self, forgery: Forgery, faults: Sequence[str]) -> None:
        """Count a forgery."""
        self.tried[forgery.table] += 1
        if any(name in fault for fault in faults for name in forgery.names):
            self.named[forgery.table] += 1
        else:
            self.missed.append((forgery, faults))

    def lines(self) -> Iterator[str]:
        """Yield a line for each table."""
        for table, tried in sorted(self.tried.items()):
            yield f"{table:22}{self.named[table]:4} of {tried:4}"
        yield f"{'all':22}{self.named.total():4} of {self.tried.total():4}"


@dataclass(frozen=True)
class Forger:
    """Somebody who owns the database, and has dropped what guards it.

    Attributes:
        connection: a connection without triggers and constraints.
        random: chooses rows and values.
        public_key: the site's public key.
    """

    connection: AsyncConnection
    random: Random
    public_key: str

    async def try_all(self, kinds: Sequence[tuple[str, str]], score: Score) -> None:
        """Try forgeries of these tables and kinds, as far as there are rows for them."""
        for table, kind in kinds:
            await self.try_one(Base.metadata.tables[table], kind, score)

    async def try_one(self, table: Table, kind: str, score: Score) -> None:
        """Try a forgery; another value is chosen if the database refuses one."""
        rows = (await self.connection.execute(select(table))).mappings().all()
        for _ in range(8 if rows else 0):
            trial = await self.connection.begin_nested()
            try:
                forgery = await self._forge(table, kind, [dict(row) for row in rows])
            except DBAPIError:  # a unique value, or one that is too large
                forgery = None
            if forgery is not None:
                score.add(forgery, await self.faults(derives=_derives(table, kind)))
            await trial.rollback()
            if forgery is not None:
                return

    async def faults(self, *, derives: bool = False) -> list[str]:
        """Return what the verification finds, in what derives or in the rest."""
        async with ReadSession(
            bind=self.connection, join_transaction_mode="create_savepoint"
        ) as session:
            findings = (
                verify_derived(session, "tests.sites:SITE", 1)
                if derives
                else verify_ledger(session, self.public_key, no_progress)
            )
            return [each.words async for each in findings if isinstance(each, Invalid)]

    async def _forge(self, table: Table, kind: str, rows: Sequence[Row]) -> Forgery | None:
        row = self.random.choice(rows)
        if kind == "deleted":
            await self.connection.execute(delete(table).where(*_is(table, row)))
            return Forgery(table.name, kind, names_of(table, row))
        if kind == "inserted":
            made = {**row, **self._fresh_values(table, row)}
            await self.connection.execute(insert(table).values(**made))
            return Forgery(table.name, kind, names_of(table, made))
        column = table.columns[kind.removeprefix("swapped ")]
        if kind.startswith("swapped"):
            return await self._swap(table, column, row, rows)
        value = self._other(column, row[column.name], rows)
        await self.connection.execute(update(table).where(*_is(table, row)).values({column: value}))
        names = names_of(table, row) + names_of(table, {**row, column.name: value})
        return Forgery(table.name, kind, names)

    async def _swap(
        self, table: Table, column: Column[Any], row: Row, rows: Sequence[Row]
    ) -> Forgery | None:
        others = [each for each in rows if each[column.name] != row[column.name]]
        if column.primary_key or not others:
            return None
        other = self.random.choice(others)
        for target, source in ((row, other), (other, row)):
            values = {column: source[column.name]}
            await self.connection.execute(update(table).where(*_is(table, target)).values(values))
        return Forgery(
            table.name, f"swapped {column.name}", names_of(table, row) + names_of(table, other)
        )

    def _fresh_values(self, table: Table, row: Row) -> Row:
        """Return new values for the primary key and the unique columns of a copied row."""
        unique = {
            column.name for each in table.indexes if each.unique for column in each.columns
        } | {column.name for column in table.columns if column.unique or column.primary_key}
        if len(table.primary_key) > 1:
            unique = {list(table.primary_key)[-1].name}
        return {
            name: self._other(table.columns[name], row[name], ())
            for name in unique
            if row[name] is not None
        }

    def _other(self, column: Column[Any], value: Any, rows: Sequence[Row]) -> Any:
        """Return another value that the column can have."""
        others = [row[column.name] for row in rows if row[column.name] != value]
        if others and self.random.random() < 0.5:
            return self.random.choice(others)
        if value is not None and column.nullable and self.random.random() < 0.3:
            return None
        if isinstance(column.type, Boolean):
            return not value
        if isinstance(column.type, Integer):
            return (value or 0) + self.random.choice([1, 2, 1_000])
        if isinstance(column.type, Moment):
            start = value if isinstance(value, datetime) else datetime.fromisoformat(LONG_AGO)
            return start + timedelta(milliseconds=self.random.choice([1, 1_000, 10**9]))
        if column.type is JsonDocument or "JSON" in type(column.type).__name__:
            return self._other_document(value)
        return f"{value or ''}{self.random.choice(['x', ' ', 'é'])}"

    def _other_document(self, value: Any) -> Any:
        if isinstance(value, list):
            return [*value, {"x": 1}]
        changed = dict(value or {})
        name = self.random.choice([*changed, "x"])
        changed[name] = [changed.get(name)]
        return changed


LONG_AGO = "2020-01-01T00:00:00+00:00"


@contextmanager
def no_progress(_label: str, _length: int) -> Iterator[Callable[[int], object]]:
    """Show no progress."""
    yield lambda _: None


@asynccontextmanager
async def forging(database: Database, seed: int) -> AsyncIterator[Forger]:
    """Give somebody a database without triggers and checks; what they do is undone."""
    async with tampering(database) as connection:
        await _drop_checks(connection)
        public_key = database.key_file.load().public_key_pem()
        yield Forger(connection, Random(seed), public_key)  # noqa: S311  # not a secret


async def _drop_checks(connection: AsyncConnection) -> None:
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("pragma ignore_check_constraints=on")
        return
    found = await connection.exec_driver_sql(
        "select format('alter table %s drop constraint %I', conrelid::regclass, conname) "
        "from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace"
    )
    for statement in found.scalars().all():
        await connection.exec_driver_sql(statement)


def kinds_of(table: Table) -> list[str]:
    """Return the kinds of forgeries of a table: each column, and rows as a whole."""
    columns = [column.name for column in table.columns if (table.name, column.name) not in LEFT_OUT]
    swapped = [
        f"swapped {column.name}"
        for column in table.columns
        if column.name in columns and not column.primary_key
    ]
    return [*columns, "deleted", "inserted", *swapped]


def names_of(table: Table, row: Row) -> tuple[str, ...]:
    """Return the texts of which one has to be in a finding about a row."""
    if table.name in PART_OF:
        owner, column = PART_OF[table.name]
        key = key_of(row[each.name] for each in table.primary_key)
        return (f"{owner} {row[column]} ", f"{table.name} {key}")
    match table.name:
        case "audit_record":
            return (f"audit record {row['sequence']} ", f"; {row['sequence']} comes next")
        case "attestation":
            number = row["sequence"]
            return (f"attestation {number} ", f"; {number} comes next", row["id"])
        case "category_path":
            return (f"category {row['category_id']} ",)
        case "rendition" | "search_document":
            return (f" {row['revision_id']} ",)
        case "search_word" | "search_gram":
            return (f"search_word {row['locale']} {row['word']} ",)
        case "audit_row":
            # Of a hash that is gone, and was replaced before, only the record is known.
            record = f"audit record {row['sequence']} is not valid"
            return (f"{row['table_name']} {row['key']}", record)
        case _:
            key = key_of(row[column.name] for column in table.primary_key)
            return (f"{table.name} {key} ",)


def _derives(table: Table, kind: str) -> bool:
    """Return whether a kind of forgery is one of what derives."""
    column = kind.removeprefix("swapped ")
    return table.name in DERIVED or (table.name, column) in DERIVED_COLUMNS


def _is(table: Table, row: Row) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key]
