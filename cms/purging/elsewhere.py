"""Places in which a purge leaves words: those of other entries, and texts that quote an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, func, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.types import JSON

from cms.ledger.rows import key_of
from cms.purging.findings import Found, in_parts
from cms.storage.database import ReadSession
from cms.storage.dialects import DocumentText
from cms.tables import Account, Base, Edition, Entry, Link, Revision

# Places that are named; there can be more.
MOST = 20


@dataclass(frozen=True)
class Elsewhere:
    """A row in which words of what is purged stand, and which the purge does not empty.

    Attributes:
        table: name of the table.
        key: its key.
        reason: the words, as a clause for messages.
    """

    table: str
    key: str
    reason: str


async def find_elsewhere(session: ReadSession, found: Found) -> Sequence[Elsewhere]:
    """Return the first places in which words stand that the purge does not empty.

    Those are entries that link to a purged one, with labels and addresses of their own, revisions
    with the same content as a purged one, and rows that quote the e-mail address of a purged
    account.

    Args:
        session: a snapshot before the purge, or its transaction before it empties rows.
        found: the purged rows.
    """
    places = await _linking(session, sorted(found.ids[Entry]))
    places += await _with_same_content(session, found)
    emails = await session.scalars(
        select(Account.email).where(Account.id.in_(found.ids[Account])).order_by(Account.email)
    )
    for email in emails.all():
        places += await _quoting(session, email, found)
    return places[:MOST]


async def _linking(session: ReadSession, entries: Sequence[str]) -> list[Elsewhere]:
    places: list[Elsewhere] = []
    for ids in in_parts(entries):
        rows = await session.execute(
            select(Edition.entry_id, Link.target_id)
            .join(Revision, Revision.edition_id == Edition.id)
            .join(Link, Link.revision_id == Revision.id)
            .where(Link.target_id.in_(ids), Edition.entry_id.not_in(entries))
            .distinct()
            .order_by(Edition.entry_id, Link.target_id)
            .limit(MOST)
        )
        places += [Elsewhere("entry", source, f"links to {target}") for source, target in rows]
    return places


async def _with_same_content(session: ReadSession, found: Found) -> list[Elsewhere]:
    """Return the revisions, of any entry, that restore or copy a purged one."""
    places: list[Elsewhere] = []
    purged, same = aliased(Revision), aliased(Revision)
    for ids in in_parts(sorted(found.ids[Revision])):
        rows = await session.execute(
            select(same.id, func.min(purged.id))
            .join(purged, purged.digest == same.digest)
            .where(purged.id.in_(ids), same.id.not_in(ids), same.purged_at.is_(None))
            .group_by(same.id)
            .order_by(same.id)
            .limit(MOST)
        )
        places += [
            Elsewhere("revision", identifier, f"has the same content as {original}")
            for identifier, original in rows
            if identifier not in found.ids[Revision]
        ]
    return places


async def _quoting(session: ReadSession, text: str, found: Found) -> list[Elsewhere]:
    """Return the rows that quote a text, but for those that are purged."""
    places: list[Elsewhere] = []
    purged = {table.__tablename__: ids for table, ids in found.ids.items()}
    for table in Base.metadata.sorted_tables:
        columns = [_as_text(column) for column in table.columns]
        quoting = [
            func.lower(each).contains(text, autoescape=True) for each in columns if each is not None
        ]
        if not quoting or table.name == "client_mutation":  # all answers are emptied
            continue
        rows = await session.execute(select(*table.primary_key).where(or_(*quoting)).limit(MOST))
        places += [
            Elsewhere(table.name, key, "quotes the e-mail address of the account")
            for row in rows
            if (key := key_of(row)) not in purged.get(table.name, set())
        ]
    return places


def _as_text(column: ColumnElement[Any]) -> ColumnElement[str] | None:
    if isinstance(column.type, JSON):
        return DocumentText(column)
    return column if type(column.type) is Text else None
