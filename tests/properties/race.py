"""A process of its own that writes a page whenever another one does, as workers of a server do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cms.authorization.actor import Actor
from cms.content.snapshot import Changes
from cms.copydesk import desk_of
from cms.drafts.saving import update_entry
from cms.errors import Refused
from cms.storage.database import Database
from cms.tables import Edition
from tests.sites import SITE


@dataclass(frozen=True)
class Track:
    """Where a race takes place.

    Attributes:
        url: the database.
        signing_key: its key.
        entry_id: the only entry in it.
        turns: how often both save.
    """

    url: str
    signing_key: Path
    entry_id: str
    turns: int


def race(track: Track, actor: Actor, start: Any, won: Any) -> None:
    """Save on top of the newest revision at the start of every turn.

    Args:
        track: where.
        actor: who saves.
        start: the barrier at which all wait before a turn, and after it.
        won: the queue for the turns in which it was not too late.
    """
    asyncio.run(_race(track, actor, start, won))


async def _race(track: Track, actor: Actor, start: Any, won: Any) -> None:
    database = Database(track.url, signing_key=track.signing_key)
    for turn in range(track.turns):
        head = await _head(database, track.entry_id)
        changes = Changes(fields={"body": f"{actor.account_id} {turn}"})
        start.wait()
        try:
            async with desk_of(database, SITE).work(actor) as work:
                await update_entry(work, track.entry_id, changes, base_revision=head)
        except Refused as refused:
            if [error.code for error in refused.errors] != ["STALE_REVISION"]:
                raise
        else:
            won.put(turn)
        start.wait()
    await database.close()


async def _head(database: Database, entry_id: str) -> str:
    async with database.reading() as session:
        newest = select(Edition.head_id).where(Edition.entry_id == entry_id)
        return str(await session.scalar(newest))
