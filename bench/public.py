"""Measures in which tables what is public is kept best: ``python -m bench.public``.

See README.md beside this file, and decision 11.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import truediv
from pathlib import Path
from typing import Any, TypeAlias

import click
from sqlalchemy import Table
from sqlalchemy.schema import CreateIndex, CreateTable

from bench.__main__ import database_of
from bench.data import ENTRIES, SEED, write_facts
from bench.handwritten import Fetch
from bench.public_queries import Query, queries, statement
from bench.public_rows import Content, Row, Written, entries_of, values_of
from bench.public_stores import Statement, Store, open_store
from bench.public_tables import VARIANTS, Tables, Variant
from cms.storage.database import Database
from cms.storage.migration import migrate

# How long a run took in each round, by variant.
Seconds: TypeAlias = dict[str, list[float]]

# The variant that the others are compared with.
_BASE = "narrow"
# All is measured as often, so that one sees what holds.
_REPEATS = 2
_WRITES = 300
# Seconds after which a run is not repeated.
_SLOW = 0.5


@dataclass
class Loaded:
    """A variant's tables, with rows.

    Attributes:
        variant: the variant.
        tables: its tables by name.
        store: the database that they are in.
        fetch: how they are read.
        sizes: bytes of each table with its keys, and of each index.
    """

    variant: Variant
    tables: Mapping[str, Table]
    store: Store
    fetch: Fetch
    sizes: dict[str, int] = field(default_factory=dict)


@click.command()
@click.option("--entries", default=ENTRIES, show_default=True, help="How much content.")
@click.option("--rounds", default=30, show_default=True, help="How often each is repeated.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(entries: int, rounds: int, database: tuple[str, ...]) -> None:
    """Compare tables for what is public: how fast they are read and written, and their size."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        content = Content(asyncio.run(_entries(entries, Path(folder))))
        for kind in database or ("sqlite", "postgresql"):
            with database_of(kind, Path(folder)) as beside:
                asyncio.run(_measure(kind, beside, content, rounds))


async def _entries(entries: int, folder: Path) -> list[Written]:
    """Return the benchmark's data, after they were written as they are for the product."""
    database = Database(f"sqlite:///{folder / 'content.db'}", signing_key=folder / "signing.key")
    database.key_file.make()
    await migrate(database)
    await write_facts(database, entries)
    written = await entries_of(database)
    await database.close()
    return written


async def _measure(kind: str, url: str, content: Content, rounds: int) -> None:
    click.echo(f"Loading {len(VARIANTS)} databases on {kind} …", err=True)
    loaded = [await _load(kind, url, variant, content) for variant in VARIANTS]
    _report_sizes(loaded)
    for repeat in range(_REPEATS):
        measured: dict[str, Seconds] = {}
        for query in queries(content):
            click.echo(f"Measuring {query.name} …", err=True)
            await _check_same_answers(loaded, query)
            measured[query.name] = await _time_reads(loaded, query, rounds)
        drafts = range(repeat * _WRITES, (repeat + 1) * _WRITES)
        measured["write"] = await _time_writes(loaded, content, drafts)
        _report(kind, measured)


async def _load(kind: str, url: str, variant: Variant, content: Content) -> Loaded:
    """Return a new database with all rows, of which every part has been weighed."""
    store = await open_store(kind, url, variant.name.replace(", ", "-").replace(" ", "-"))
    metadata = Tables(variant).metadata
    loaded = Loaded(variant, metadata.tables, store, await store.reader())
    rows = content.rows()
    before = await store.size()
    for table in metadata.sorted_tables:
        # What derives from facts needs no foreign keys.
        derives = table.name.startswith(("public_", "past_"))
        ddl = CreateTable(table, include_foreign_key_constraints=[] if derives else None)
        await store.run(str(ddl.compile(dialect=store.dialect)))
        convert = values_of(table, content.ids, store.is_sqlite)
        await store.load(table, map(convert, rows[table.name]()))
        before = await _weigh(loaded, table.name, before)
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            await store.run(str(CreateIndex(index).compile(dialect=store.dialect)))
            before = await _weigh(loaded, str(index.name), before)
    await store.settle()
    return loaded


async def _weigh(loaded: Loaded, name: str, before: int) -> int:
    after = await loaded.store.size()
    loaded.sizes[name] = after - before
    return after


async def _check_same_answers(loaded: Sequence[Loaded], query: Query) -> None:
    """Nothing is measured that is not the same.

    Raises:
        SystemExit: if two variants answer differently.
    """
    for values in (query.values[0], query.values[len(query.values) // 2], query.values[-1]):
        answers = [json.loads(await each.fetch(_sql(each, query), *values)) for each in loaded]
        for each, answer in zip(loaded, answers, strict=True):
            if not answer or answer != answers[0]:
                raise SystemExit(f"{each.variant.name} differs on {query.name} {values}: {answer}")


def _sql(loaded: Loaded, query: Query) -> str:
    return statement(query, loaded.variant, loaded.store.is_sqlite)


async def _time_reads(loaded: Sequence[Loaded], query: Query, rounds: int) -> Seconds:
    """Return the seconds of one run in each round; the rounds are interleaved."""
    once = {each.variant.name: await _time(each, query, range(1)) for each in loaded}
    measured: Seconds = {each.variant.name: [] for each in loaded}
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    for number in range(-1, rounds):  # the first warms up
        runs = range(number * query.runs, (number + 1) * query.runs)
        # In another order each time, since a slow variant empties caches for the next.
        for each in chance.sample(loaded, len(loaded)):
            name = each.variant.name
            # Of a plan that reads a whole table for each link, one run is enough.
            seconds = once[name] if once[name] > _SLOW else await _time(each, query, runs)
            if number >= 0:
                measured[name].append(seconds)
    return measured


async def _time(loaded: Loaded, query: Query, runs: range) -> float:
    """Return the seconds of a run, as the mean of several."""
    sql = _sql(loaded, query)
    asked = [query.values[run % len(query.values)] for run in runs]
    started = time.perf_counter()
    for values in asked:
        await loaded.fetch(sql, *values)
    return (time.perf_counter() - started) / len(runs)


async def _time_writes(loaded: Sequence[Loaded], content: Content, drafts: range) -> Seconds:
    """Return the seconds of publications, each with the links of its revision."""
    measured: Seconds = {each.variant.name: [] for each in loaded}
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    for number in drafts:
        for each in chance.sample(loaded, len(loaded)):
            statements = list(_publishing(each, content, number))
            started = time.perf_counter()
            await each.store.write(statements)
            measured[each.variant.name].append(time.perf_counter() - started)
    return measured


def _publishing(loaded: Loaded, content: Content, number: int) -> Iterator[Statement]:
    """Yield what is written when a draft replaces what is public, without its revision."""
    period = content.draft(number)
    row = content.publication(period)
    links = content.links(period)
    yield _insert(loaded, content, "link", links)
    keys = loaded.store.placeholder
    before = content.present_of(period.entry)
    closed = _values(loaded, content, "publication", {**row, "key": before.number})
    ends = f"ended_at = {keys(1)}, ended_position = {keys(2)}"
    yield (
        f"update publication set {ends} where key = {keys(3)}",
        [closed["published_at"], period.position, closed["key"]],
    )
    yield _insert(loaded, content, "publication", [row])
    if loaded.variant.is_narrow:
        yield f"delete from public_edge where source = {keys(1)}", [closed["edition"]]
        yield f"delete from public_edition where edition = {keys(1)}", [closed["edition"]]
        yield _insert(loaded, content, "public_edition", [row])
        yield _insert(loaded, content, "public_edge", content.public_edges(period))


def _values(loaded: Loaded, content: Content, name: str, row: Row) -> Mapping[str, Any]:
    table = loaded.tables[name]
    values = values_of(table, content.ids, loaded.store.is_sqlite)(row)
    return dict(zip(table.columns.keys(), values, strict=True))


def _insert(loaded: Loaded, content: Content, name: str, rows: Sequence[Row]) -> Statement:
    """Return one statement that inserts rows."""
    values = [value for row in rows for value in _values(loaded, content, name, row).values()]
    width = len(loaded.tables[name].columns)
    tuples = (
        ", ".join(loaded.store.placeholder(start + place) for place in range(1, width + 1))
        for start in range(0, len(values), width)
    )
    return f"insert into {name} values " + ", ".join(f"({each})" for each in tuples), values


def _report(kind: str, measured: Mapping[str, Seconds]) -> None:
    """Print the medians, over all rounds, of the ratios within a round."""
    print(f"\n{kind}: how long each takes, relative to {_BASE}")
    print(f"{'':15}" + "".join(f"{name:>18}" for name in measured))
    bases = [seconds[_BASE] for seconds in measured.values()]
    shown = (f"{statistics.median(base) * 1000:15.3f} ms" for base in bases)
    print(f"{_BASE:15}" + "".join(shown))
    for variant in VARIANTS:
        ratios = (
            statistics.median(map(truediv, seconds[variant.name], seconds[_BASE]))
            for seconds in measured.values()
        )
        print(f"{variant.name:15}" + "".join(f"{ratio:18.2f}" for ratio in ratios))


def _report_sizes(loaded: Sequence[Loaded]) -> None:
    """Print the MiB of the tables that differ, with their indexes, and the KiB of each of these."""
    names = ("publication", "link", "public_edition", "public_edge", "past_edition", "past_edge")
    print(f"\n{'MiB':15}" + "".join(f"{name:>18}" for name in names))
    for each in loaded:
        sizes = (
            sum(each.sizes[part] for part in _parts(each.tables[name]))
            if name in each.tables
            else 0
            for name in names
        )
        print(f"{each.variant.name:15}" + "".join(f"{size / 1024**2:18.1f}" for size in sizes))
    for each in loaded:
        parts = (
            f"{part} {each.sizes[part] // 1024:,}"
            for name in names
            if name in each.tables
            for part in _parts(each.tables[name])
        )
        print(f"KiB of {each.variant.name}: " + "; ".join(parts))


def _parts(table: Table) -> list[str]:
    return [table.name, *sorted(str(index.name) for index in table.indexes)]


if __name__ == "__main__":
    main()
