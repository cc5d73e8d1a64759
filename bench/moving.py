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
from cms.access.accounts import grant_role, load_actor
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.snapshot import Changes
from cms.copydesk import desk_of
from cms.drafts.saving import update_entry
from cms.publishing.moving import move_pages_by_type
from cms.publishing.publishing import break_glass_publish
from cms.site import Site
from cms.storage.database import Database
from cms.tables import Account, CategoryPlace, Edition
from cms.taxonomy.categories import move_category
from cms.work.work import Desk


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
    root, other, *further = await _categories(desk)
    async with desk.work(OPERATOR) as work:
        for each in further:
            await move_category(work, each, parent_id=root)
    started = time.perf_counter()
    async with desk.work(OPERATOR) as work:
        await move_category(work, root, parent_id=other)
    found.append((f"another parent of {pages:,} pages' category", time.perf_counter() - started))
    found.append((f"another slug above {pages:,} pages", await _time_slug(desk, root)))
    await database.close()
    return found


async def _categories(desk: Desk) -> list[str]:
    """Return the ids of all categories, the roots first."""
    order = CategoryPlace.parent_id.is_(None).desc(), CategoryPlace.ordinal
    async with desk.work(OPERATOR) as work:
        return list(await work.session.scalars(select(CategoryPlace.category_id).order_by(*order)))


async def _time_slug(desk: Desk, category_id: str) -> float:
    """Return the seconds in which a category is published with another slug."""
    administrator = await _administrator(desk)
    async with desk.work(administrator) as work:
        edition = select(Edition.head_id).where(Edition.entry_id == category_id)
        saved = await update_entry(
            work,
            category_id,
            Changes(slug="moved"),
            base_revision=(await work.session.scalars(edition)).one() or "",
        )
    started = time.perf_counter()
    async with desk.work(administrator) as work:
        await break_glass_publish(
            work, category_id, revision_id=saved.revision.id, reason="It is measured."
        )
    return time.perf_counter() - started


async def _administrator(desk: Desk) -> Actor:
    async with desk.work(OPERATOR) as work:
        account_id = (await work.session.scalars(select(Account.id).limit(1))).one()
        await grant_role(work, account_id, Grant(role="administrator"))
        return await load_actor(work.session, account_id)


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
