"""Measures moves of many pages at once: ``python -m bench.moving``."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from types import new_class

import click
from sqlalchemy import select

from bench.__main__ import database_of, prepare
from bench.site import Guide, Term
from cms.authorization.actor import OPERATOR
from cms.content.content_type import ContentType
from cms.copydesk import desk_of
from cms.publishing.moving import move_pages_by_type
from cms.site import Site
from cms.storage.database import Database
from cms.tables import Category
from cms.taxonomy.categories import change_category


def _in_categories(content_type: type[ContentType]) -> type[ContentType]:
    """Return the content type with paths that name categories."""
    path = f"/{{category}}/{content_type.name.lower()}/{{slug}}"
    return new_class(content_type.name, (content_type,), {"path": path})


async def _measure(url: str, folder: Path) -> list[tuple[str, float]]:
    database = Database(url, signing_key=folder / "signing.key")
    site = Site("Bench", content_types=[_in_categories(each) for each in (Term, Guide)])
    desk = desk_of(database, site)
    found = []
    started = time.perf_counter()
    async with desk.work(OPERATOR) as work:
        pages = await move_pages_by_type(work)
    found.append((f"another path for {pages:,} pages", time.perf_counter() - started))
    async with desk.work(OPERATOR) as work:
        root, *others = await work.session.scalars(
            select(Category.id).order_by(Category.parent_id.is_(None).desc(), Category.path)
        )
        for each in others:
            await change_category(work, each, parent_id=root)
    started = time.perf_counter()
    async with desk.work(OPERATOR) as work:
        await change_category(work, root, slug="moved")
    found.append((f"a category with {pages:,} pages below", time.perf_counter() - started))
    await database.close()
    return found


@click.command()
@click.option("--entries", default=10_000, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(entries: int, database: tuple[str, ...]) -> None:
    """Measure seconds of moves, commit included, on both databases."""
    for kind in database or ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder,
            database_of(kind, Path(folder)) as url,
        ):
            asyncio.run(prepare(url, entries, Path(folder)))
            for name, seconds in asyncio.run(_measure(url, Path(folder))):
                print(f"{kind} {name}: {seconds:.1f} s")


if __name__ == "__main__":
    main()
