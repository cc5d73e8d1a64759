"""The rows in which the words of something stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Select, or_, select

from cms.comparison.anchors import text_at
from cms.identifiers import kind_of
from cms.reading.periods import is_public_now
from cms.storage.database import ReadSession
from cms.tables import (
    Account,
    Address,
    Base,
    ChangeRequest,
    Comment,
    Edition,
    Entry,
    ImportedFile,
    Publication,
    Purge,
    Review,
    Revision,
    SignOff,
    Token,
    Tombstone,
)

Keys: TypeAlias = Collection[str]

# The tables of what can be purged by itself, by the kind of its id.
SINGLE: Mapping[str, type[Base]] = {
    "address": Address,
    "changes": ChangeRequest,
    "comment": Comment,
    "purge": Purge,
    "review": Review,
    "signoff": SignOff,
}
# Tables with words about a revision, and those with words about an edition.
_ABOUT_REVISIONS = (Publication, Review, SignOff, ChangeRequest)
_ABOUT_EDITIONS = (*_ABOUT_REVISIONS, Comment)
_AT_ONCE = 500


@dataclass
class Found:
    """The rows in which words stand, and what they belong to.

    Attributes:
        ids: ids of the rows, by table.
        editions: ids of the editions that are purged as a whole.
        accounts: ids of the accounts.
    """

    ids: dict[type[Base], set[str]] = field(default_factory=lambda: defaultdict(set))
    editions: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def add(self, table: type[Base], ids: Iterable[str]) -> None:
        """Add rows of a table."""
        if chosen := set(ids):
            self.ids[table] |= chosen

    def all_ids(self) -> set[str]:
        """Return the ids of all rows."""
        return set().union(*self.ids.values())

    def counts(self) -> Mapping[str, int]:
        """Return the number of rows by table."""
        return {table.__tablename__: len(ids) for table, ids in sorted_by_table(self.ids)}


def sorted_by_table(
    ids: Mapping[type[Base], Keys],
) -> list[tuple[type[Base], list[str]]]:
    """Return the ids of rows by table, both in order."""
    named = sorted(ids.items(), key=lambda each: each[0].__tablename__)
    return [(table, sorted(keys)) for table, keys in named if keys]


async def find_words(session: ReadSession, keys: Sequence[str]) -> Found:
    """Return the rows in which the words of what the keys name stand.

    Rows that were purged already are left out.

    Args:
        session: a snapshot, or the transaction of the purge.
        keys: ids that exist: of entries, editions, revisions, accounts and single rows.
    """
    found = Found()
    by_kind: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        by_kind[kind_of(key) or ""].append(key)
    entries = [key for kind in ("entry", "cat", "person") for key in by_kind[kind]]
    await _find_entries(session, found, entries)
    await _find_editions(session, found, {*by_kind["edition"], *found.editions})
    await _find_revisions(session, found, by_kind["rev"])
    await _find_accounts(session, found, by_kind["account"])
    for kind, table in SINGLE.items():
        found.add(table, by_kind[kind])
    await _leave_out_purged(session, found)
    return found


async def _find_entries(session: ReadSession, found: Found, entries: Keys) -> None:
    found.add(Entry, entries)
    found.editions |= set(await _ids(session, Edition.id, Edition.entry_id, entries))
    # Redirects that publishers made, which have ended: an open one is refused.
    found.add(Address, await _ids(session, Address.id, Address.entry_id, entries))
    found.add(ImportedFile, await _ids(session, ImportedFile.id, ImportedFile.entry_id, entries))


async def _find_editions(session: ReadSession, found: Found, editions: Keys) -> None:
    found.editions |= set(editions)
    found.add(Edition, editions)
    for table in (Revision, Address, *_ABOUT_EDITIONS):
        columns = table.__table__.c
        found.add(table, await _ids(session, columns.id, columns.edition_id, editions))


async def _find_revisions(session: ReadSession, found: Found, revisions: Keys) -> None:
    found.add(Revision, revisions)
    for table in _ABOUT_REVISIONS:
        columns = table.__table__.c
        found.add(table, await _ids(session, columns.id, columns.revision_id, revisions))
    editions = set(await _ids(session, Revision.edition_id, Revision.id, revisions))
    for edition_id in sorted(editions - found.editions):
        await _find_around(session, found, edition_id)


async def _find_around(session: ReadSession, found: Found, edition_id: str) -> None:
    """Find the addresses and comments of an edition that only its purged revisions explain."""
    purged = found.ids[Revision]
    left = (
        await session.execute(
            select(Revision.slug, Revision.content).where(
                Revision.edition_id == edition_id,
                Revision.id.not_in(purged),
                Revision.purged_at.is_(None),
            )
        )
    ).all()
    found.add(
        Address, await _left_addresses(session, edition_id, purged, {row.slug for row in left})
    )
    comments = await session.scalars(
        select(Comment).where(Comment.edition_id == edition_id, Comment.quote.is_not(None))
    )
    found.add(
        Comment,
        [each.id for each in comments if not any(_has_passage(row.content, each) for row in left)],
    )


async def _left_addresses(
    session: ReadSession, edition_id: str, purged: Keys, slugs: Keys
) -> list[str]:
    """Return the addresses that an edition has left and that have slugs of purged revisions.

    An address has the slugs of the revisions that were public while the edition stood there.
    """
    stood = await session.execute(
        select(Address.id, Revision.id.label("revision_id"), Revision.slug)
        .join(Publication, Publication.edition_id == Address.edition_id)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(
            Address.edition_id == edition_id,
            Address.ended_position.is_not(None),
            Publication.position < Address.ended_position,
            or_(is_public_now(Publication), Publication.ended_position > Address.position),
        )
    )
    with_others: dict[str, bool] = {}
    for address_id, revision_id, slug in stood:
        is_other = revision_id not in purged or slug in slugs
        with_others[address_id] = with_others.get(address_id, False) or is_other
    return [address_id for address_id, has_other in with_others.items() if not has_other]


def _has_passage(content: Any, comment: Comment) -> bool:
    """Return whether a content has the words that a comment is about, with those around them."""
    text = text_at(content, str(comment.field_path))
    return text is not None and f"{comment.before}{comment.quote}{comment.after}" in text


async def _find_accounts(session: ReadSession, found: Found, accounts: Keys) -> None:
    found.accounts |= set(accounts)
    found.add(Account, accounts)
    found.add(Token, await _ids(session, Token.id, Token.account_id, accounts))


async def _leave_out_purged(session: ReadSession, found: Found) -> None:
    for table, ids in found.ids.items():
        named = Tombstone.table_name == table.__tablename__
        for some in in_parts(sorted(ids)):
            ids -= set(
                await session.scalars(select(Tombstone.key).where(named, Tombstone.key.in_(some)))
            )


async def _ids(session: ReadSession, column: Any, owner: Any, owners: Keys) -> list[str]:
    """Return the values of a column where another has one of these values."""
    ids: list[str] = []
    for some in in_parts(sorted(owners)):
        chosen: Select[Any] = select(column).where(owner.in_(some))
        ids += await session.scalars(chosen)
    return ids


def in_parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    """Yield keys in parts that fit into one statement."""
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
