"""Presence in editions and the last revisions seen. Neither is in the editorial record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import delete, select

from cms.authorization.actions import Action
from cms.drafts.loading import authorise_on, get_revision, hold, look_at
from cms.reading.management import PRESENT_SECONDS
from cms.storage.rows import insert_rows, update_rows
from cms.tables import Look, Presence
from cms.work.work import Reading, Work

Row = TypeVar("Row", Look, Presence)

_PRESENT_FOR = timedelta(seconds=PRESENT_SECONDS)


async def mark_seen(
    work: Work, entry_id: str, *, revision_id: str, locale: str | None = None
) -> Look:
    """Remember that the actor has seen a revision, and return that.

    Raises:
        Refused: if the actor may not read it, or there is no such revision.
    """
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_READ, held)
    revision = await get_revision(work, held.edition, revision_id)
    key = {"account_id": work.account_id(), "edition_id": held.edition.id}
    return await _put(work, Look, key, revision_id=revision.id, looked_at=work.now)


async def announce_presence(
    work: Work, entry_id: str, *, field_path: str | None = None, locale: str | None = None
) -> Presence:
    """Heartbeat: mark the actor as present in an edition for 60 seconds; return the presence.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        field_path: the value that is being edited, if one is.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not read it.
    """
    held = await look_at(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_READ, held)
    await work.session.execute(delete(Presence).where(Presence.seen_at < work.now - _PRESENT_FOR))
    key = {"account_id": work.account_id(), "edition_id": held.edition.id}
    return await _put(work, Presence, key, field_path=field_path, seen_at=work.now)


async def _put(work: Work, table: type[Row], key: Mapping[str, str], **values: object) -> Row:
    """Store values of the row with a key, and return the row."""
    row = await work.session.get(table, key)
    if row is None:
        row = table(**key, **values)
        await insert_rows(work.session, [row])
    else:
        await update_rows(work.session, [(row, values)])
    return row


async def leave_entry(work: Work, entry_id: str, *, locale: str | None = None) -> None:
    """End the presence of the actor in an edition.

    Raises:
        Refused: if the actor may not read it.
    """
    held = await look_at(work, entry_id, locale)
    await work.session.execute(
        delete(Presence).where(
            Presence.account_id == work.account_id(), Presence.edition_id == held.edition.id
        )
    )


async def forget_visits(work: Work, edition_ids: Sequence[str]) -> None:
    """Delete who has been in editions, before these are deleted."""
    for table in (Look, Presence):
        await work.session.execute(delete(table).where(table.edition_id.in_(edition_ids)))


async def forget_visitor(work: Work, account_id: str) -> None:
    """Delete where an account has been, before it is purged."""
    for table in (Look, Presence):
        await work.session.execute(delete(table).where(table.account_id == account_id))


async def present_in(
    reading: Reading, entry_id: str, locale: str | None
) -> frozenset[tuple[str, str | None]]:
    """Return the accounts that have an edition open, each with the value that it edits.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(reading, entry_id, locale)
    await authorise_on(reading, Action.ENTRY_READ, held)
    rows = await reading.session.execute(
        select(Presence.account_id, Presence.field_path).where(
            Presence.edition_id == held.edition.id, Presence.seen_at > reading.now - _PRESENT_FOR
        )
    )
    return frozenset((account_id, field_path) for account_id, field_path in rows)
