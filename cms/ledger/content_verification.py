"""Verification of revisions: the digest and the columns against the content that they come from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select

from cms.content.canonical_json import Json, digest_of
from cms.content.strict_json import in_doubles
from cms.content.tags import tags_by_slug
from cms.ledger.chain import UNREADABLE, AnyRow, Rows, UnreadableError, batches, reason_of
from cms.ledger.row_verification import RowFault
from cms.storage.database import ReadSession
from cms.tables import AuditedRow, Edition, Entry, Link, Revision, RevisionTag

# Columns of a link, and the members of a link in the content.
_LINK = {
    "field_path": "fieldPath",
    "ordinal": "ordinal",
    "origin": "origin",
    "kind": "kind",
    "label": "label",
    "note": "note",
    "target_id": "target",
    "query": "query",
    "fragment": "fragment",
    "url": "url",
}
_Link = tuple[Json, ...]


@dataclass
class _Parts:
    """The links and tags of some revisions, by revision, and why some cannot be read."""

    links: dict[str, list[_Link]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


async def verify_contents(
    session: ReadSession, progress: Callable[[int], object], after: int = 0
) -> AsyncGenerator[RowFault]:
    """Verify that the digest, columns, links and tags of revisions follow from their contents.

    Args:
        session: a snapshot.
        progress: called with 1 after each revision.
        after: number of an audit record; revisions written up to it are left out.
    """
    last = ""
    try:
        async with aclosing(batches(session, _revisions(after), Revision.id)) as found:
            async for rows in found:
                parts = await _parts_of(session, [row.id for row in rows])
                for row in rows:
                    last = row.id
                    if reason := parts.unreadable.get(row.id):
                        yield RowFault("revision", row.id, f"a part cannot be read: {reason}")
                    elif faults := ", ".join(_faults_of(row, parts)):
                        yield RowFault("revision", row.id, f"its content does not match {faults}")
                    progress(1)
    except UnreadableError as error:
        following = _revisions(after).with_only_columns(Revision.id).where(Revision.id > last)
        unread = await session.scalar(following.order_by(Revision.id).limit(1))
        yield RowFault("revision", str(unread), f"it cannot be read: {error}")


def _revisions(after: int) -> Rows:
    chosen = (
        select(
            *(Revision.id, Revision.digest, Revision.title, Revision.slug, Revision.summary),
            *(Revision.category_id, Revision.content, Revision.purged_at),
            *(Edition.locale, Entry.content_type),
        )
        .outerjoin(Edition, Edition.id == Revision.edition_id)
        .outerjoin(Entry, Entry.id == Edition.entry_id)
    )
    if not after:
        return chosen
    return chosen.where(
        exists().where(
            AuditedRow.table_name == "revision",
            AuditedRow.key == Revision.id,
            AuditedRow.sequence > after,
        )
    )


async def _parts_of(session: ReadSession, ids: Sequence[str]) -> _Parts:
    """Return the links and tags of revisions; each by itself if some cannot be read."""
    parts = _Parts()
    try:
        await _read_parts(session, ids, parts)
    except UNREADABLE:
        parts = _Parts()
        for each in ids:
            try:
                await _read_parts(session, [each], parts)
            except UNREADABLE as error:
                parts.unreadable[each] = reason_of(error)
    return parts


async def _read_parts(session: ReadSession, ids: Sequence[str], parts: _Parts) -> None:
    columns = [getattr(Link, name) for name in _LINK]
    chosen = select(Link.revision_id, *columns).where(Link.revision_id.in_(ids))
    for revision_id, *values in await session.execute(chosen):
        parts.links.setdefault(revision_id, []).append(tuple(values))
    tagged = select(RevisionTag.revision_id, RevisionTag.slug, RevisionTag.word)
    for revision_id, slug, word in await session.execute(
        tagged.where(RevisionTag.revision_id.in_(ids))
    ):
        parts.tags.setdefault(revision_id, {})[slug] = word


def _faults_of(row: AnyRow, parts: _Parts) -> Iterator[str]:
    """Yield the names of what does not follow from a revision's content.

    Of a purged revision the digest is left, of which the content is gone.
    """
    content = row.content
    if row.purged_at is not None:
        if content != {} or parts.links.get(row.id) or parts.tags.get(row.id):
            yield "its purge"
        return
    try:
        if digest_of(in_doubles(content)) != row.digest:
            yield "its digest"
    except (ValueError, TypeError, RecursionError) as error:
        yield f"any digest ({error})"
    if not isinstance(content, Mapping):
        return
    expected = {
        "title": row.title,
        "slug": row.slug,
        "summary": row.summary,
        "category": row.category_id,
        "locale": row.locale,
        "type": row.content_type,
    }
    yield from (f"its {name}" for name, value in expected.items() if content.get(name) != value)
    if _tags_in(content.get("tags")) != parts.tags.get(row.id, {}):
        yield "its tags"
    if _links_in(content.get("links")) != _in_order(parts.links.get(row.id, [])):
        yield "its links"


def _links_in(links: Any) -> list[_Link] | None:
    """Return the links in a content in the form of rows; ``None`` if it is no list of links."""
    if not isinstance(links, list | tuple) or not all(isinstance(each, Mapping) for each in links):
        return None
    return _in_order([tuple(each.get(name) for name in _LINK.values()) for each in links])


def _in_order(links: Sequence[_Link]) -> list[_Link]:
    return sorted(links, key=lambda link: (str(link[0]), str(link[1])))


def _tags_in(words: Any) -> Mapping[str, str] | None:
    """Return the tags in a content by their slugs; ``None`` if it is no list of tags."""
    return tags_by_slug(map(str, words)) if isinstance(words, list | tuple) else None
