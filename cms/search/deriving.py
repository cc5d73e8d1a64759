"""The values that derive from revisions: their computation, storage and comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, and_, bindparam, delete, insert, select, update

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields.base import stored_values
from cms.content.link_places import LinkPlace, link_places
from cms.content.renderer import RENDERER
from cms.content.snapshot import Derived, derive, links_of
from cms.events import DraftSaved, EntryPublished, EntryUnpublished, Event, WordsPurged
from cms.search.document import searchable_text_of
from cms.search.tag_counts import change_tag_counts
from cms.search.word_counts import change_word_counts
from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import is_among
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
    derived = await in_turn(drafts, lambda each: _derived(work, each))
    saved = {each.subject: values for each, values in zip(drafts, derived, strict=True)}
    if saved:
        await insert_derived_values(work.session, saved)
    for each in events:
        if isinstance(each, WordsPurged):
            await delete_derived_values(work.session, each.revisions)
    if changes := dict(_changes_of_counts(events)):
        await change_word_counts(work.session, changes)
        await change_tag_counts(work.session, changes)


def _derived(work: Work, event: DraftSaved) -> DerivedValues:
    content_type = work.site.stored_type(event.content_type)
    # Its links have been written with what derives of them.
    return derived_values(content_type, event.snapshot.content, event.snapshot.derived)


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
    text = searchable_text_of(content_type, content, derived.rendered)
    return DerivedValues(
        title_key=derived.title_key,
        anchors=list(derived.anchors),
        rendered=stored_values(content_type.fields, derived.rendered),
        title_words=text.title_words,
        title=text.words["title"],
        summary=text.words["summary"],
        body=text.words["body"],
        shown=text.shown,
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
        if not _is_same(getattr(stored, name), getattr(derived, name))
    )


def _is_same(one: Json, other: Json) -> bool:
    """Return whether two JSON values are the same; unlike for ``==``, true is not 1.

    A loop, since syntax trees are nested too deeply for a recursion.
    """
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            if left.keys() != right.keys():
                return False
            pairs += [(value, right[name]) for name, value in left.items()]
        elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif left != right or isinstance(left, bool) is not isinstance(right, bool):
            return False
    return True


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
