"""Purge words for good: rows are emptied, digests and ids stay, and the ledger names the hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import defer

from cms.access.accounts import disable_account
from cms.access.rate_limit import forget_account
from cms.access.secret_tokens import revoke_tokens
from cms.authorization.actions import Action
from cms.content.builtin import CATEGORY
from cms.drafts.addresses import move_drafts
from cms.drafts.category_tree import hold_tree, store_paths
from cms.drafts.presence import forget_visitor, forget_visits
from cms.errors import Purged, Refused
from cms.events import WordsPurged
from cms.identifiers import new_id
from cms.ledger.tombstones import EmptiedLinks, empty_links, empty_salts
from cms.purging.elsewhere import Elsewhere, find_elsewhere
from cms.purging.findings import Found, find_words, in_parts, sorted_by_table
from cms.purging.links import find_links
from cms.purging.refusals import refuse_unpurgeable
from cms.review.reviews import check_reason
from cms.storage.database import ReadSession
from cms.tables import (
    Account,
    Base,
    Edition,
    Entry,
    ImportedFile,
    Publication,
    Purge,
    Review,
    Revision,
    Token,
    Tombstone,
)
from cms.work.idempotency import empty_answers
from cms.work.work import Reading, Work, command

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class PurgePlan:
    """The rows that a purge would empty.

    Attributes:
        counts: their number by table.
        elsewhere: the first places in which it would leave words.
    """

    counts: dict[str, int]
    elsewhere: Sequence[Elsewhere]


async def plan_purge(reading: Reading, keys: Sequence[str]) -> PurgePlan:
    """Return where the words of what the keys name stand; see :func:`purge_words`.

    Raises:
        Refused: as for :func:`purge_words`.
    """
    reading.authorise(Action.WORDS_PURGE)
    await refuse_unpurgeable(reading, keys)
    found = await _find(reading.session, keys)
    links = await find_links(reading.session, found)
    counts = {**found.counts(), **_counts_of(links)}
    return PurgePlan(counts, await find_elsewhere(reading.session, found))


async def with_bylines(session: ReadSession, keys: Sequence[str]) -> Sequence[str]:
    """Return the keys, followed by the people to whom accounts among them belong."""
    people = await session.scalars(
        select(Account.person_id)
        .where(Account.id.in_(keys), Account.person_id.is_not(None))
        .order_by(Account.person_id)
    )
    return list(dict.fromkeys([*keys, *map(str, people)]))


@command(Action.WORDS_PURGE)
async def purge_words(work: Work, keys: Sequence[str], *, reason: str) -> Purge:
    """Empty the words of what the keys name, for good, and return the purge; the operator's alone.

    Ids, digests and times stay, and tombstones name the rows that were emptied. Of an entry or an
    edition, all revisions are emptied, with all that was said about them; of a revision, what was
    said about it. An entry is archived. An account is disabled, and loses its address, its secrets
    and where it signed in from; what it wrote stays.

    Args:
        work: the transaction and the operator.
        keys: ids of entries, editions, revisions, accounts, comments, reviews, sign-offs, change
            requests, redirects that were removed, and purges, of which the reason is emptied.
        reason: why; it is kept in the purge, and in no record that cannot be emptied.

    Raises:
        Refused: if the actor is not the operator, something is unknown, is public or is the
            newest revision, an account is the last administrator, or all words are gone already.
    """
    work.authorise(Action.WORDS_PURGE)
    words = check_reason(reason)
    work = await work.in_turn()
    await _hold_entries(work, keys)
    await refuse_unpurgeable(work, keys)
    for account_id in (await find_words(work.session, keys)).accounts:
        await _close_account(work, account_id)
    found = await _find(work.session, keys)
    links = await find_links(work.session, found)
    purge = Purge(
        id=new_id("purge"),
        keys=list(keys),
        reason=words,
        position=await work.take_position() if await _was_public(work, found) else None,
        purged_at=work.now,
    )
    await work.insert(purge)
    await work.insert(*_tombstones(purge, found, links))
    await _end_what_is_open(work, found)
    await _empty(work, found)
    await empty_links(work.session, links)
    await empty_salts(work.session, purge.id)
    await empty_answers(work.session)
    await _rename_categories(work, found)
    work.emit(
        WordsPurged(
            subject=purge.id,
            keys=tuple(keys),
            rows=sum({**found.counts(), **_counts_of(links)}.values()),
            position=purge.position,
            revisions=tuple(sorted(found.ids[Revision])),
        )
    )
    return purge


async def _hold_entries(work: Work, keys: Sequence[str]) -> None:
    """Lock the entries of what the keys name, so that nothing is written about them meanwhile."""
    of_revisions = (
        select(Edition.entry_id)
        .join(Revision, Revision.edition_id == Edition.id)
        .where(Revision.id.in_(keys))
    )
    of_editions = select(Edition.entry_id).where(Edition.id.in_(keys))
    named = or_(Entry.id.in_(keys), Entry.id.in_(of_editions), Entry.id.in_(of_revisions))
    await work.session.scalars(
        select(Entry).where(named).order_by(Entry.id).with_for_update(key_share=True)
    )


async def _find(session: ReadSession, keys: Sequence[str]) -> Found:
    found = await find_words(session, keys)
    if not found.all_ids():
        named = ", ".join(keys)
        raise Refused(Purged(message=f"there are no words left to purge of {named}"))
    return found


def _counts_of(links: EmptiedLinks) -> dict[str, int]:
    counts = {"attestation": len(links.attestations), "audit_record": len(links.records)}
    return {table: count for table, count in counts.items() if count}


def _tombstones(purge: Purge, found: Found, links: EmptiedLinks) -> list[Tombstone]:
    named = [
        *((table.__tablename__, each, None) for table, ids in found.ids.items() for each in ids),
        *links.tombstones(),
    ]
    return [
        Tombstone(table_name=table, key=key, purge_id=purge.id, remainder=remainder)
        for table, key, remainder in named
    ]


async def _was_public(work: Work, found: Found) -> bool:
    """Return whether clients have known one of the editions that are purged as a whole."""
    for ids in in_parts(sorted(found.editions)):
        public = select(Publication.id).where(Publication.edition_id.in_(ids)).limit(1)
        if await work.session.scalar(public) is not None:
            return True
    return False


async def _close_account(work: Work, account_id: str) -> None:
    """Disable an account, and delete what is kept of its visits and its attempts to sign in."""
    account = await disable_account(work, account_id)
    await forget_account(work.session, account.email)
    await forget_visitor(work, account_id)


async def _end_what_is_open(work: Work, found: Found) -> None:
    """Archive entries, and end open reviews, previews and sources of what is purged."""
    for entry in await _rows_of(work, Entry, sorted(found.ids[Entry])):
        if entry.archived_at is None:
            await work.update(entry, archived_at=work.now)
    files = await _rows_of(work, ImportedFile, sorted(found.ids[ImportedFile]))
    await work.close(*(each for each in files if each.ended_at is None), ended_at=work.now)
    for ids in in_parts(sorted(found.editions)):
        reviews = await work.session.scalars(
            select(Review).where(Review.edition_id.in_(ids), Review.ended_at.is_(None))
        )
        await work.close(*reviews, ended_at=work.now, outcome="withdrawn")
    for ids in in_parts(sorted(found.editions)):
        await forget_visits(work, ids)
    for ids in in_parts(sorted(found.ids[Revision])):
        await revoke_tokens(work, Token.revision_id.in_(ids))


async def _empty(work: Work, found: Found) -> None:
    for table, ids in sorted_by_table(found.ids):
        for some in in_parts(ids):
            await work.empty(*await _rows_of(work, table, some))


async def _rows_of(work: Work, table: type[Row], ids: Sequence[str]) -> Sequence[Row]:
    columns = table.__table__.c
    chosen = select(table).where(columns.id.in_(ids)).order_by(columns.id)
    if table is Revision:
        chosen = chosen.options(defer(Revision.content))
    # Locked, so that the hash of what is left is that of the row as it stays.
    chosen = chosen.with_for_update().execution_options(populate_existing=True)
    return (await work.session.scalars(chosen)).all()


async def _rename_categories(work: Work, found: Found) -> None:
    """Store the paths of categories without the slugs of purged ones."""
    editions = await _rows_of(work, Edition, sorted(found.editions))
    entry_ids = {*found.ids[Entry], *(each.entry_id for each in editions)}
    entries = await _rows_of(work, Entry, sorted(entry_ids))
    if any(each.content_type == CATEGORY for each in entries):
        tree = await hold_tree(work)
        if changed := await store_paths(work, tree):
            await move_drafts(work, tree, changed)
