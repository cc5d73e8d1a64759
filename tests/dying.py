"""A process that ends in the middle of a command, at one of its statements."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from cms.authorization.actor import Actor
from cms.drafts.saving import save_draft
from cms.publishing.publishing import publish_entry
from cms.purging.purging import purge_words
from cms.review.sign_offs import sign_off
from cms.storage.database import Database
from cms.taxonomy.categories import move_category
from cms.work.work import Work
from tests.builders import Newsroom, draft_of
from tests.sites import SITE

DIED = 9
DIED_AFTER_COMMIT = 10


@dataclass(frozen=True)
class Target:
    """A revision, and who does something with it.

    Attributes:
        url: URL of the database.
        signing_key: file of the site's key.
        actor: who does it.
        entry_id: its entry.
        revision_id: its id.
        digest: its digest.
    """

    url: str
    signing_key: Path
    actor: Actor
    entry_id: str
    revision_id: str
    digest: str


async def save(work: Work, target: Target) -> object:
    """Save a revision with links, tags and another slug on top of it."""
    body = "[One](/articles/one) and [outside](https://example.org)."
    draft = draft_of(title="Another title", slug="another", body=body, tags=["A word"])
    return await save_draft(work, target.entry_id, draft, base_revision=target.revision_id)


async def sign(work: Work, target: Target) -> object:
    """Sign it off."""
    return await sign_off(work, target.entry_id, digest=target.digest)


async def publish(work: Work, target: Target) -> object:
    """Publish it."""
    return await publish_entry(work, target.entry_id, revision_id=target.revision_id)


async def move(work: Work, target: Target) -> object:
    """Move it to the root of the tree, if it is of a category."""
    return await move_category(work, target.entry_id, parent_id="")


async def purge(work: Work, target: Target) -> object:
    """Purge its entry."""
    return await purge_words(work, [target.entry_id], reason="A request.")


OPERATIONS: Mapping[str, Callable[[Work, Target], Awaitable[object]]] = {
    "save": save,
    "sign off": sign,
    "publish": publish,
    "move": move,
    "purge": purge,
}


def die_at(statement: int | None, operation: str, target: Target) -> None:
    """Run a command, and end the process before a statement, or after the commit.

    Args:
        statement: number of the statement, from 1; ``None`` for after the commit.
        operation: name of the operation.
        target: what it is done to.
    """
    asyncio.run(_run(statement, operation, target))
    os._exit(DIED_AFTER_COMMIT if statement is None else 0)


async def _run(statement: int | None, operation: str, target: Target) -> None:
    database = Database(target.url, signing_key=target.signing_key)
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os._exit(DIED)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    async with Newsroom(database, SITE).as_(target.actor) as work:
        await OPERATIONS[operation](work, target)
