"""The values that derive from revisions: their computation, storage and comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, and_, bindparam, delete, insert, select, update

from cms.content.canonical_json import Json, JsonObject, is_same
from cms.content.collation import sort_key
from cms.content.content_type import ContentType
from cms.content.fields.base import stored_values
from cms.content.link_places import LinkPlace, link_places
from cms.content.renderer import RENDERER
from cms.content.snapshot import Derived, Rendered, derive, links_of
from cms.content.unrendered import Unrendered
from cms.events import DraftSaved, EntryPublished, EntryUnpublished, Event, WordsPurged
from cms.search.document import searchable_body, searchable_summary, searchable_title
from cms.search.tag_counts import change_tag_counts
from cms.search.word_counts import change_word_counts
from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import (
    JsonDocument,
    Unindexed,
    WithMembers,
    element_json,
    element_number,
    element_text,
    elements_of,
    is_among,
)
from cms.tables import Edition, Entry, Link, Rendition, Revision, SearchDocument
from cms.work.bulk import in_turn
from cms.work.work import Work


@dataclass(frozen=True, kw_only=True)
class DerivedValues:
    """The values of a revision in the tables ``rendition`` and ``search_document``, by column.

    Attributes:
        links: those of its links, by the path of the value and the index.
    """

    title_key: str
    anchors: list[Json]
    rendered: JsonObject
    title_words: int
    title: str
    summary: str
    body: str
    shown: JsonObject
    links: Mapping[tuple[str, int], LinkPlace] = field(default_factory=dict)


_OF_RENDITION = ("title_key", "anchors", "rendered")
_OF_SEARCH_DOCUMENT = tuple(
    each.name for each in fields(DerivedValues) if each.name not in {*_OF_RENDITION, "links"}
)
_OF_LINK = tuple(each.name for each in fields(LinkPlace))
_PLACE_OF_LINK = ("field_path", "ordinal")


async def update_derived_values(work: Work, events: Sequence[Event]) -> None:
    """Write the values that derive from the revisions and publications of a command.

    This is the reaction "derive".

    Args:
        work: the transaction of the command.
        events: the events of the command.
    """
    drafts = [each for each in events if isinstance(each, DraftSaved)]
    rendered = [(each, each.snapshot) for each in drafts if isinstance(each.snapshot, Rendered)]
    derived = await in_turn(rendered, lambda each: _derived(work, *each))
    saved = {each.subject: values for (each, _), values in zip(rendered, derived, strict=True)}
    if saved:
        await insert_derived_values(work.session, saved)
    if kept := {
        each.subject: (each, each.snapshot)
        for each in drafts
        if isinstance(each.snapshot, Unrendered)
    }:
        await _copy_derived_values(work, kept)
    for each in events:
        if isinstance(each, WordsPurged):
            await delete_derived_values(work.session, each.revisions)
    if changes := dict(_changes_of_counts(events)):
        await change_word_counts(work.session, changes)
        await change_tag_counts(work.session, changes)


def _derived(work: Work, event: DraftSaved, snapshot: Rendered) -> DerivedValues:
    content_type = work.site.stored_type(event.content_type)
    # Its links have been written with what derives of them.
    return derived_values(content_type, snapshot.content, snapshot.derived)


async def _copy_derived_values(
    work: Work, drafts: Mapping[str, tuple[DraftSaved, Unrendered]]
) -> None:
    """Insert the derived values of revisions with the fields of earlier ones.

    If those of an earlier one are of another version, everything is derived.

    Args:
        work: the transaction of the command.
        drafts: the revisions, by id.
    """
    copies = [_copy_of(each, snapshot) for each, snapshot in drafts.values()]
    rows = await work.session.fetch(_COPY_RENDITIONS, copies=copies)
    copied = {each.revision_id for each in rows}
    if found := [each for each in copies if each["copy"] in copied]:
        await work.session.run_each(_COPY_SEARCH_DOCUMENTS, [{"copies": found}])
    if outdated := drafts.keys() - copied:
        derived: dict[str, DerivedValues] = {}
        for revision_id in sorted(outdated):
            event, snapshot = drafts[revision_id]
            content_type = work.site.stored_type(event.content_type)
            path = (await work.session.get_one(Revision, revision_id)).path
            derived[revision_id] = derived_of(content_type, snapshot.content, path)
        await insert_derived_values(work.session, derived)
        await update_links(work.session, derived)


def _copy_of(event: DraftSaved, snapshot: Unrendered) -> JsonObject:
    """Return the values of a copy that are its own, with the revisions that it is of."""
    content = snapshot.content
    title, summary = searchable_title(content), searchable_summary(content)
    return {
        "copy": event.subject,
        "source": snapshot.before,
        "title_key": sort_key(str(content["title"])),
        "title_words": title.word_count,
        "title": title.words,
        "summary": summary.words,
        "shown": {"title": title.shown, "summary": summary.shown},
    }


_COPIES = elements_of(bindparam("copies", type_=JsonDocument), "copies")
_SOURCE = element_text(_COPIES, "source")
_COPY_RENDITIONS = (
    insert(Rendition)
    .from_select(
        ["revision_id", "version", *_OF_RENDITION],
        select(
            element_text(_COPIES, "copy"),
            Rendition.version,
            element_text(_COPIES, "title_key"),
            Rendition.anchors,
            Rendition.rendered,
        )
        .join_from(_COPIES, Rendition, Rendition.revision_id == _SOURCE)
        .join(SearchDocument, SearchDocument.revision_id == _SOURCE)
        # Most rows have this version.
        .where(Unindexed(Rendition.__table__.c.version) == RENDERER),
    )
    .returning(Rendition.revision_id)
)
_COPY_SEARCH_DOCUMENTS = insert(SearchDocument).from_select(
    ["revision_id", *_OF_SEARCH_DOCUMENT],
    select(
        element_text(_COPIES, "copy"),
        element_number(_COPIES, "title_words"),
        element_text(_COPIES, "title"),
        element_text(_COPIES, "summary"),
        SearchDocument.body,
        WithMembers(SearchDocument.shown, element_json(_COPIES, "shown")),
    ).join_from(_COPIES, SearchDocument, SearchDocument.revision_id == _SOURCE),
)


async def delete_derived_values(session: WriteSession, revisions: Iterable[str]) -> None:
    """Delete the derived values of revisions, with one statement a table."""
    connection = await session.connection()
    for table in (Rendition, SearchDocument):
        await connection.execute(delete(table).where(is_among(table.revision_id, revisions)))


def _changes_of_counts(events: Sequence[Event]) -> Iterator[tuple[str, int]]:
    """Yield the id of each publication that began or ended, and the change of the counts."""
    for each in events:
        if isinstance(each, EntryPublished):
            yield each.subject, 1
            if each.replaced is not None:
                yield each.replaced, -1
        elif isinstance(each, EntryUnpublished):
            yield each.subject, -1


async def insert_derived_values(
    session: WriteSession, derived: Mapping[str, DerivedValues]
) -> None:
    """Insert the derived values of revisions, with one statement a table.

    Args:
        session: the transaction.
        derived: the values, by the id of the revision.
    """
    for table, names, more in (
        (Rendition, _OF_RENDITION, {"version": RENDERER}),
        (SearchDocument, _OF_SEARCH_DOCUMENT, {}),
    ):
        rows = [
            {"revision_id": revision_id, **more, **{name: getattr(each, name) for name in names}}
            for revision_id, each in derived.items()
        ]
        if len(rows) == 1:
            await session.run_each(_insertion(table, tuple(rows[0])), rows)
        else:
            # One statement with all rows: for several, SQLite would write a segment of the
            # full-text index for each.
            connection = await session.connection()
            await connection.execute(insert(table).returning(table.revision_id), rows)


@cache
def _insertion(table: type[Rendition | SearchDocument], names: tuple[str, ...]) -> Insert:
    return insert(table).values({name: bindparam(name) for name in names}).inline()


async def update_links(session: WriteSession, derived: Mapping[str, DerivedValues]) -> None:
    """Write what derives of the links of revisions, with one statement.

    Args:
        session: the transaction.
        derived: the values, by the id of the revision.
    """
    rows = [
        {"of_revision": revision_id, "of_field": field_path, "of_ordinal": ordinal, **vars(place)}
        for revision_id, values in derived.items()
        for (field_path, ordinal), place in values.links.items()
    ]
    if not rows:
        return
    is_link = and_(
        Link.revision_id == bindparam("of_revision"),
        Link.field_path == bindparam("of_field"),
        Link.ordinal == bindparam("of_ordinal"),
    )
    connection = await session.connection()
    await connection.execute(
        update(Link).where(is_link).values({each: bindparam(each) for each in _OF_LINK}),
        rows,
    )


async def stored_links(
    session: ReadSession, revisions: Iterable[str]
) -> Mapping[str, Mapping[tuple[str, int], LinkPlace]]:
    """Return what is stored of the links of revisions, by the id of the revision."""
    names = ("revision_id", *_PLACE_OF_LINK, *_OF_LINK)
    chosen = select(*(getattr(Link, name) for name in names))
    found: defaultdict[str, dict[tuple[str, int], LinkPlace]] = defaultdict(dict)
    for revision_id, field_path, ordinal, *values in await session.execute(
        chosen.where(is_among(Link.revision_id, revisions))
    ):
        place = LinkPlace(**dict(zip(_OF_LINK, values, strict=True)))
        found[revision_id][field_path, ordinal] = place
    return found


def derived_of(
    content_type: type[ContentType], content: JsonObject, path: str | None
) -> DerivedValues:
    """Return the values that derive from the content of a revision, and from nothing else.

    Args:
        content_type: content type of the content.
        content: the content as it is stored.
        path: the path of the revision.
    """
    derived = derive(content_type, content)
    places = link_places(links_of(content), derived.places, path)
    values = derived_values(content_type, content, derived)
    return replace(values, links={edge.place: place for edge, place in places})


def derived_values(
    content_type: type[ContentType], content: JsonObject, derived: Derived
) -> DerivedValues:
    """Return the derived values of a content that has been rendered, without those of links.

    Args:
        content_type: content type of the content.
        content: the content.
        derived: its rendered values.
    """
    title, summary = searchable_title(content), searchable_summary(content)
    body = searchable_body(content_type, derived.rendered)
    return DerivedValues(
        title_key=derived.title_key,
        anchors=list(derived.anchors),
        rendered=stored_values(content_type.fields, derived.rendered),
        title_words=title.word_count,
        title=title.words,
        summary=summary.words,
        body=body.words,
        shown={"title": title.shown, "summary": summary.shown, "body": body.shown},
    )


def differences(stored: DerivedValues, derived: DerivedValues) -> tuple[str, ...]:
    """Return the columns in which stored values differ from derived ones.

    Args:
        stored: the values as they are stored.
        derived: the values of :func:`derived_of`.

    Returns:
        their names, with the table: ``rendition.rendered``; none if all are equal.
    """
    links = sorted(
        name
        for name in _OF_LINK
        if any(
            getattr(place, name) != getattr(derived.links.get(key), name, None)
            for key, place in stored.links.items()
        )
    )
    return (*_differences_of_page(stored, derived), *(f"link.{name}" for name in links))


def _differences_of_page(stored: DerivedValues, derived: DerivedValues) -> tuple[str, ...]:
    return tuple(
        f"{table}.{name}"
        for table, names in (
            (Rendition.__tablename__, _OF_RENDITION),
            (SearchDocument.__tablename__, _OF_SEARCH_DOCUMENT),
        )
        for name in names
        if not is_same(getattr(stored, name), getattr(derived, name))
    )


def revisions_with_derived_values() -> Select[*tuple[Any, ...]]:
    """Return the revisions with the values of both tables; null where a row is missing.

    Purged revisions, of which nothing derives, are left out.

    The columns are ``revision_id``, ``content_type``, ``content``, ``path``, ``version`` and those
    of :class:`DerivedValues` but for the links.
    """
    return (
        select(
            Revision.id.label("revision_id"),
            Entry.content_type,
            Revision.content,
            Revision.path,
            Rendition.version,
            *(getattr(Rendition, name) for name in _OF_RENDITION),
            *(getattr(SearchDocument, name) for name in _OF_SEARCH_DOCUMENT),
        )
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Rendition, Rendition.revision_id == Revision.id, isouter=True)
        .join(SearchDocument, SearchDocument.revision_id == Revision.id, isouter=True)
        .where(Revision.purged_at.is_(None))
    )
