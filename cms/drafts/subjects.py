"""Subjects of rights: what roles are checked against for editions, and what an actor sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, select

from cms.authorization.actions import Action, Subject
from cms.content.builtin import category_in_rights
from cms.drafts.category_tree import lineage_in
from cms.identifiers import kind_of
from cms.reading.periods import is_in_force, is_public_now
from cms.site import Site
from cms.storage.dialects import is_among, is_among_given, texts
from cms.tables import CategoryPlace, Edition, Entry, Link, Publication, Revision
from cms.work.work import Reading

# A category and all above it, by the category's id.
Ancestries: TypeAlias = Mapping[str, frozenset[str]]


class Place(NamedTuple):
    """The place of an edition that rights depend on: that of its newest revision.

    Attributes:
        edition_id: the edition.
        entry_id: its entry.
        content_type: the stored name of the entry's type.
        locale: the locale of the edition.
        category_id: the category of the revision.
    """

    edition_id: str
    entry_id: str
    content_type: str
    locale: str
    category_id: str | None

    @property
    def category_in_rights(self) -> str | None:
        """The category by which rights are limited."""
        return category_in_rights(self.content_type, self.entry_id, self.category_id)

    def subject(self, above: Ancestries, *, is_own: bool = False) -> Subject:
        """Return what roles are checked against.

        Args:
            above: the categories above, among them that of the place.
            is_own: whether the object is the actor's own work.
        """
        return Subject(
            content_type=self.content_type,
            categories=above.get(self.category_in_rights or "", frozenset()),
            locale=self.locale,
            is_own=is_own,
        )


def place_of(entry: Entry, edition: Edition, category_id: str | None) -> Place:
    """Return the place of an edition in a category."""
    return Place(edition.id, entry.id, entry.content_type, edition.locale, category_id)


async def ancestry(reading: Reading, category_id: str | None) -> frozenset[str]:
    """Return the ids of a category and of all above it."""
    return (await ancestries(reading, [category_id])).get(category_id or "", frozenset())


async def ancestries(reading: Reading, category_ids: Iterable[str | None]) -> Ancestries:
    """Return the ids of categories, each with those of all above it."""
    wanted = {each for each in category_ids if each is not None and kind_of(each)}
    if not wanted:
        return {}
    place = select(CategoryPlace.category_id, CategoryPlace.parent_id).where(
        is_in_force(CategoryPlace)
    )
    chosen = place.where(is_among(CategoryPlace.category_id, wanted))
    tree = chosen.cte("ancestry", recursive=True)
    above = place.join(tree, CategoryPlace.category_id == tree.c.parent_id)
    rows = await reading.session.execute(select(tree.union(above)))
    parents: dict[str, str | None] = dict(rows.all())
    return {each: frozenset(lineage_in(parents, each)) for each in wanted if each in parents}


async def ancestries_in_rights(reading: Reading, category_ids: Iterable[str | None]) -> Ancestries:
    """Return what :func:`ancestries` does, or nothing if no right of the actor depends on it."""
    if all(each.category_id is None for each in reading.actor.grants):
        return {}
    return await ancestries(reading, category_ids)


async def visible_among(
    reading: Reading, places: Collection[Place], above: Ancestries
) -> frozenset[str]:
    """Return the ids of the editions that the actor may know of; public content is known to all.

    Args:
        reading: the snapshot and the actor.
        places: the editions.
        above: the categories above theirs.
    """
    readable = {
        each.edition_id for each in places if reading.may(Action.ENTRY_READ, each.subject(above))
    }
    others = [each.edition_id for each in places if each.edition_id not in readable]
    if not others:
        return frozenset(readable)
    public = await reading.session.scalars(
        select(Publication.edition_id).where(
            is_among(Publication.edition_id, others), is_public_now(Publication)
        )
    )
    return frozenset(readable.union(public))


async def places_of(reading: Reading, entry_ids: Collection[str]) -> list[Place]:
    """Return the places of all editions of entries."""
    if not entry_ids:
        return []
    rows = await reading.session.fetch(_places(), entries=texts(entry_ids))
    return [Place(*row) for row in rows]


@cache
def _places() -> Select[*tuple[Any, ...]]:
    return (
        select(Edition.id, Entry.id, Entry.content_type, Edition.locale, Revision.category_id)
        .select_from(Entry)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(is_among_given(Entry.id, "entries"))
    )


async def visible_types(
    reading: Reading, entry_ids: Iterable[str], source_id: str
) -> Mapping[str, str]:
    """Return the content types of those entries that the actor may know of, by their ids.

    The current targets of an entry are among them, so that an editor can keep the links.

    Args:
        reading: the snapshot and the actor.
        entry_ids: the entries.
        source_id: the entry that leads to them, or will.
    """
    wanted = {source_id: set(entry_ids)}
    places = await places_of(reading, wanted[source_id])
    return (await visible_types_among(reading, places, wanted))[source_id]


async def visible_types_among(
    reading: Reading, places: Collection[Place], wanted: Mapping[str, Collection[str]]
) -> Mapping[str, Mapping[str, str]]:
    """Return what :func:`visible_types` does for several sources, of entries that are loaded.

    Args:
        reading: the snapshot and the actor.
        places: the places of all editions of the entries.
        wanted: the entries, by the id of the entry that leads to them, or will.
    """
    if not places:
        return {source_id: {} for source_id in wanted}
    above = await ancestries_in_rights(reading, [each.category_in_rights for each in places])
    seen = await visible_among(reading, places, above)
    types = {each.entry_id: _declared_name(reading.site, each.content_type) for each in places}
    visible = {each.entry_id for each in places if each.edition_id in seen}
    hidden = types.keys() - visible
    kept = await _targets_among(reading, wanted, hidden) if hidden else {}
    return {
        source_id: {
            each: types[each]
            for each in targets
            if each in visible or (each in types and each in kept.get(source_id, ()))
        }
        for source_id, targets in wanted.items()
    }


def _declared_name(site: Site, stored_name: str) -> str:
    declared = site.find_stored_type(stored_name)
    return declared.name if declared is not None else stored_name


async def _targets_among(
    reading: Reading, sources: Iterable[str], entry_ids: Collection[str]
) -> Mapping[str, Collection[str]]:
    """Return the entries among these to which revisions of the sources lead, by source."""
    rows = await reading.session.execute(
        select(Edition.entry_id, Link.target_id)
        .join(Revision, Revision.edition_id == Edition.id)
        .join(Link, Link.revision_id == Revision.id)
        .where(is_among(Edition.entry_id, sources), is_among(Link.target_id, entry_ids))
        .distinct()
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for source_id, target_id in rows:
        found[source_id].add(str(target_id))
    return found
