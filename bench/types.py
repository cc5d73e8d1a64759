"""Measures migrations to other content types: ``python -m bench.types``."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import click
from sqlalchemy import func, insert, literal, select

from bench.__main__ import database_of, prepare
from cms.cli.deriving import derives_in_processes
from cms.cli.group import collect_rarely
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown, Text
from cms.copydesk import Copydesk
from cms.settings import Settings
from cms.site import Site
from cms.storage.database import Database
from cms.tables import Rendition, Revision, SearchDocument

REVISIONS_EACH = 3


def first() -> Site:
    """Return the site as it was filled."""

    class Term(ContentType, path="/terms/{slug}"):
        body = Markdown(required=True)
        source = Text(indexed=True)
        related = Links("Related")
        further = Links("Further reading")

    class Guide(ContentType, path="/guides/{slug}"):
        body = Markdown(required=True)
        related = Links("Related")
        further = Links("Further reading")

    return Site("Bench", content_types=(Term, Guide))


def renamed() -> Site:
    """Return the site with other names, a new field, and a text with fewer characters."""

    class Lemma(ContentType, path="/terms/{slug}", was="Term", plural="Lemmas"):
        text = Markdown(required=True, was="body")
        origin = Text(indexed=True, was="source", longest=500)
        related = Links("Related")
        further = Links("Further reading")
        note = Text()

    class Guide(ContentType, path="/guides/{slug}"):
        text = Markdown(required=True, was="body")
        related = Links("Related")
        further = Links("Further reading")

    return Site("Bench", content_types=(Lemma, Guide))


def without_fields() -> Site:
    """Return the site without a field of all pages, so that their values are derived again."""

    class Lemma(ContentType, path="/terms/{slug}", plural="Lemmas"):
        text = Markdown(required=True)
        origin = Text(indexed=True, longest=500)
        related = Links("Related")
        note = Text()

    class Guide(ContentType, path="/guides/{slug}"):
        text = Markdown(required=True)
        related = Links("Related")

    return Site("Bench", content_types=(Lemma, Guide))


FIRST, RENAMED, WITHOUT = first(), renamed(), without_fields()


async def _multiply(url: str) -> int:
    """Add earlier revisions to each edition, and return the number of all revisions."""
    database = Database(url)
    async with database.transaction() as session:
        originals = select(Revision.id).where(Revision.number == 1)
        for number in range(2, REVISIONS_EACH + 1):
            for table, key in (
                (Revision, "id"),
                (Rendition, "revision_id"),
                (SearchDocument, "revision_id"),
            ):
                columns = table.__table__.columns
                names = [each.name for each in columns if each.name != "id" or key == "id"]
                copied = {key: func.concat(columns[key], f"_{number}"), "number": literal(number)}
                chosen = select(*(copied.get(name, columns[name]) for name in names))
                await session.execute(
                    insert(table).from_select(names, chosen.where(columns[key].in_(originals)))
                )
    async with database.reading() as session:
        count = await session.scalar(select(func.count()).select_from(Revision))
    await database.refresh_statistics()
    await database.close()
    return count or 0


async def _measure(url: str, folder: Path) -> None:
    settings = Settings(database_url=url, signing_key=folder / "signing.key")
    for name, variable in (
        ("the first version", "FIRST"),
        ("renames, a new field, a shorter text", "RENAMED"),
        ("a field gone", "WITHOUT"),
    ):
        async with Copydesk(globals()[variable], settings) as copydesk:
            started = time.perf_counter()
            await copydesk.check_types()
            checked = time.perf_counter()
            done = await copydesk.migrate(
                derives_in=derives_in_processes(f"bench.types:{variable}")
            )
            ended = time.perf_counter()
        click.echo(
            f"    {name}: check {checked - started:.1f} s, migrate {ended - checked:.1f} s, "
            f"{done.rebuilt:,} revisions derived again"
        )


@click.command()
@click.option("--entries", default=100_000, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(entries: int, database: tuple[str, ...]) -> None:
    """Measure seconds of checks and migrations of content types, on both databases."""
    collect_rarely()
    for kind in database or ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder,
            database_of(kind, Path(folder)) as url,
        ):
            asyncio.run(prepare(url, entries, Path(folder)))
            revisions = asyncio.run(_multiply(url))
            click.echo(f"{kind}, {entries:,} entries, {revisions:,} revisions")
            asyncio.run(_measure(url, Path(folder)))


if __name__ == "__main__":
    main()
