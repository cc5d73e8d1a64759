"""Write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from cms.commands.lookups import (
    entries_at,
    get,
    get_edition,
    get_revision,
    refuse_stale,
    subject_of,
)
from cms.commands.work import Work, command
from cms.content.collation import sort_key
from cms.content.edges import Edge, is_internal
from cms.content.snapshot import Draft, Snapshot, clean_draft, paths_in, take_snapshot
from cms.editorial.authorization import Action
from cms.errors import InvalidValue, Refused, UserError
from cms.identifiers import new_id
from cms.tables import Category, Edition, Entry, Link, Revision, RevisionTag, Tag


@command(Action.ENTRY_SAVE)
async def save_draft(
    work: Work,
    entry_id: str,
    draft: Draft,
    *,
    base_revision: str,
    locale: str | None = None,
    note: str = "",
) -> Revision:
    """Save a new revision of an entry and return it.

    A draft may be unfinished. Saving what is saved already makes no new revision.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        draft: the whole page as it shall be.
        base_revision: the id of the revision that the writer started from.
        locale: the edition; by default the site's default locale.
        note: what the author has to say about the revision.

    Raises:
        Refused: if the actor may not, somebody has saved since, or a value does not fit.
    """
    entry = await get(work, Entry, entry_id)
    edition = await get_edition(work, entry_id, locale)
    head = await get_revision(work, edition, edition.head_id)
    for category_id in {head.category_id, draft.category}:
        work.authorise(Action.ENTRY_SAVE, await subject_of(work, entry, category_id))
    refuse_stale(head, base_revision)
    return await add_revision(work, entry, edition, draft, note, head)


async def add_revision(
    work: Work,
    entry: Entry,
    edition: Edition,
    draft: Draft,
    note: str,
    head: Revision | None = None,
) -> Revision:
    """Add a revision to an edition that the caller holds; the first if there is no head yet.

    Raises:
        Refused: with everything in the draft that does not fit.
    """
    snapshot, cleaned = await _snapshot(work, entry, edition, draft)
    if head is not None and head.digest == snapshot.digest:
        return head
    revision = Revision(
        id=new_id("rev"),
        edition_id=edition.id,
        number=head.number + 1 if head is not None else 1,
        title=cleaned.title,
        title_key=sort_key(cleaned.title),
        slug=cleaned.slug,
        summary=cleaned.summary,
        category_id=cleaned.category,
        content=snapshot.content,
        rendered=snapshot.rendered,
        anchors=list(snapshot.anchors),
        digest=snapshot.digest,
        author_id=work.account_id(),
        note=note,
        created_at=work.now,
    )
    work.session.add(revision)
    await work.session.flush()  # what follows refers to it
    work.session.add_all(_link(revision, edge) for edge in snapshot.edges)
    work.session.add_all(RevisionTag(revision_id=revision.id, tag_id=tag) for tag in cleaned.tags)
    edition.head_id = revision.id
    return revision


async def _snapshot(
    work: Work, entry: Entry, edition: Edition, draft: Draft
) -> tuple[Snapshot, Draft]:
    content_type = work.site.content_type(entry.content_type)
    cleaned, problems = clean_draft(content_type, draft)
    problems += await _unknown(work, Category, [cleaned.category], "category")
    problems += await _unknown(work, Tag, cleaned.tags, "tags")
    found = await entries_at(work, paths_in(content_type, cleaned), edition.locale)
    snapshot = take_snapshot(content_type, edition.locale, cleaned, found)
    problems += await _wrong_targets(work, snapshot.edges)
    if problems:
        raise Refused(*problems)
    return snapshot, cleaned


async def _unknown(
    work: Work, table: type[Category | Tag], ids: Iterable[str | None], name: str
) -> list[UserError]:
    wanted = {each for each in ids if each is not None}
    known = set(await work.session.scalars(select(table.id).where(table.id.in_(wanted))))
    return [
        InvalidValue(message=f"there is no {table.__tablename__} {each!r}", path=(name,))
        for each in sorted(wanted - known)
    ]


async def _wrong_targets(work: Work, edges: Iterable[Edge]) -> list[UserError]:
    wanted = [edge.target for edge in edges if edge.target is not None]
    rows = await work.session.execute(
        select(Entry.id, Entry.content_type).where(Entry.id.in_(wanted))
    )
    types = {row.id: row.content_type for row in rows}
    faults = ((edge, _fault_of(edge, types)) for edge in edges)
    return [InvalidValue(message=fault, path=edge.value_path()) for edge, fault in faults if fault]


def _fault_of(edge: Edge, types: Mapping[str, str]) -> str:
    if edge.target is None:
        is_foreign = edge.accepts and not is_internal(str(edge.url))
        return f"only entries of type {', '.join(edge.accepts)} fit here" if is_foreign else ""
    if edge.target not in types:
        return f"there is no entry {edge.target!r}"
    if edge.accepts and types[edge.target] not in edge.accepts:
        return f"a {types[edge.target]} does not fit here, only {', '.join(edge.accepts)}"
    return ""


def _link(revision: Revision, edge: Edge) -> Link:
    return Link(
        revision_id=revision.id,
        field_path=edge.field_path,
        ordinal=edge.ordinal,
        origin=edge.origin,
        kind=edge.kind,
        label=edge.label,
        note=edge.note,
        target_id=edge.target,
        fragment=edge.fragment,
        url=edge.url,
    )
