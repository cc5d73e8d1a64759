"""Addresses that commands look up: where an edition stands, and what stands at a path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import aliased

from cms.content.addresses import OwnAddresses, SiteAddress, path_key, read_address
from cms.content.builtin import CATEGORY
from cms.drafts.category_tree import CategoryTree
from cms.drafts.subjects import Place, visible_types_among
from cms.reading.periods import is_in_force
from cms.site import Site
from cms.storage.database import ReadSession
from cms.storage.dialects import is_among, is_among_given
from cms.tables import Address, CategoryPath, CategoryPlace, Edition, Entry, Revision
from cms.work.bulk import grouped
from cms.work.work import Reading, Work

# Databases limit the number of parameters of a statement.
_BATCH = 5_000


class Placed(NamedTuple):
    """The values that the path of an edition derives from."""

    content_type: str
    entry_id: str
    locale: str
    slug: str
    category_id: str | None


async def paths_of(reading: Reading, placed: Iterable[Placed]) -> Mapping[Placed, str | None]:
    """Return where editions stand; ``None`` if one is no page.

    A category stands in its parent. In a transaction, the tree paths are held, so that they do not
    change before the paths are stored.
    """
    pages = set(placed)
    nested = {
        each
        for each in pages
        if each.slug and reading.site.stored_type(each.content_type).stands_in_category()
    }
    parents = await parents_of(
        reading, [each.entry_id for each in nested if each.content_type == CATEGORY]
    )
    places = {
        each: (parents.get(each.entry_id), each.locale)
        if each.content_type == CATEGORY
        else (each.category_id, each.locale)
        for each in nested
    }
    trees = await _tree_paths(reading, places.values())
    return {
        each: reading.site.stored_type(each.content_type).path_for(
            each.slug, each.locale, trees.get(places[each], "") if each in places else ""
        )
        if each.slug
        else None
        for each in pages
    }


async def _tree_paths(
    reading: Reading, places: Iterable[tuple[str | None, str]]
) -> Mapping[tuple[str | None, str], str]:
    categories = {category_id for category_id, _ in places if category_id is not None}
    if not categories:
        return {}
    wanted = (
        select(CategoryPath)
        .where(is_among(CategoryPath.category_id, categories))
        .order_by(CategoryPath.category_id, CategoryPath.locale)
        .execution_options(populate_existing=True)
    )
    if isinstance(reading, Work):
        wanted = wanted.with_for_update(read=True)
    found = await reading.session.scalars(wanted)
    return {(each.category_id, each.locale): each.path for each in found}


async def parents_of(reading: Reading, category_ids: Collection[str]) -> Mapping[str, str | None]:
    """Return the parents of categories, by the category; ``None`` for a root."""
    if not category_ids:
        return {}
    rows = await reading.session.execute(
        select(CategoryPlace.category_id, CategoryPlace.parent_id).where(
            is_among(CategoryPlace.category_id, category_ids), is_in_force(CategoryPlace)
        )
    )
    return dict(rows.all())


async def move_drafts(work: Work, tree: CategoryTree, categories: Collection[str] | None) -> None:
    """Store where the newest revisions of editions would stand, if that has changed.

    Args:
        work: the transaction.
        tree: the tree as it is now.
        categories: ids of the categories in which that can have changed; ``None`` for all pages.
    """
    if drafts := await misplaced_drafts(work.session, tree, categories):
        # Many rows, each with a value of its own: one statement with many parameters.
        await work.session.execute(update(Edition), drafts)


async def misplaced_drafts(
    session: ReadSession, tree: CategoryTree, categories: Collection[str] | None = None
) -> list[dict[str, str | None]]:
    """Return the editions whose newest revision would stand elsewhere, with that path.

    Args:
        session: a snapshot.
        tree: the tree of categories in it.
        categories: only what is in these categories.
    """
    heads = (
        select(Edition.id, Edition.locale, Edition.path, Revision.slug)
        .add_columns(Entry.id.label("entry_id"), Entry.content_type, Revision.category_id)
        .add_columns(Revision.purged_at)
        .select_from(Edition)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(Entry.content_type.in_(types_in(tree.site, categories)))
    )
    return [
        {"id": row.id, "path": path}
        for row in await rows_in(session, heads, (Revision.category_id, Entry.id), categories)
        if (path := _path_of_draft(tree, row)) != row.path
    ]


def _path_of_draft(tree: CategoryTree, row: Any) -> str | None:
    """Return where a newest revision would stand; nowhere once it was purged."""
    return derived_path(tree, placed_in(row)) if row.purged_at is None else None


def types_in(site: Site, categories: Collection[str] | None) -> list[str]:
    """Return the content types whose pages can stand elsewhere when categories change."""
    types = site.stored_types.items()
    return [name for name, each in types if categories is None or each.stands_in_category()]


async def rows_in(
    session: ReadSession,
    chosen: Select[*tuple[Any, ...]],
    columns: Sequence[Any],
    categories: Collection[str] | None,
) -> Sequence[Any]:
    """Return the rows that are in one of the categories, if these are given.

    Args:
        session: a snapshot.
        chosen: the rows.
        columns: their columns with the category and with the entry, which may be a category.
        categories: the categories.
    """
    if categories is None:
        return (await session.execute(chosen)).all()
    category_id, entry_id = columns
    found: list[Any] = []
    for batch in batches([*categories]):
        is_in = or_(category_id.in_(batch), entry_id.in_(batch))
        found += await session.execute(chosen.where(is_in))
    return found


def derived_path(tree: CategoryTree, placed: Placed) -> str | None:
    """Return where an edition stands in a tree; ``None`` if it is no page."""
    content_type = tree.site.stored_type(placed.content_type)
    is_category = placed.content_type == CATEGORY
    category_id = tree.parents.get(placed.entry_id) if is_category else placed.category_id
    path = tree.path(category_id, placed.locale)
    return content_type.path_for(placed.slug, placed.locale, path) if placed.slug else None


def placed_in(row: Any) -> Placed:
    """Return the values that a path derives from, of a row that has them as columns."""
    return Placed(*(getattr(row, name) for name in Placed._fields))


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield as many values at a time as a statement can have as parameters."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


# A canonical path, and a locale of the host that it is on.
PathKey: TypeAlias = tuple[str, str]


class PagesAhead:
    """Pages that will stand at paths, of which no row says so yet.

    Args:
        pages: the paths, each with the place of the edition that will stand there.
    """

    def __init__(self, pages: Iterable[tuple[str, Place]] = ()) -> None:
        self._by_path = grouped((path_key(path), place) for path, place in pages)

    @property
    def places(self) -> list[Place]:
        """The places of all of them."""
        return [each for places in self._by_path.values() for each in places]

    def at(self, key: PathKey, own: OwnAddresses) -> list[str]:
        """Return the ids of the entries of the pages that will stand at a path."""
        path, locale = key
        if path not in self._by_path:
            return []
        beside = own.locales_beside(locale)
        return [each.entry_id for each in self._by_path[path] if each.locale in beside]


@dataclass(frozen=True)
class EntriesAt:
    """The entries at paths of the site.

    Attributes:
        ids: the ids by path, for each entry whose text mentions them.
        places: the places of those entries whose newest revisions stand there.
    """

    ids: Mapping[str, Mapping[PathKey, str]]
    places: Collection[Place] = ()


async def entries_at(
    reading: Reading, wanted: Mapping[str, Collection[PathKey]], beginning: PagesAhead
) -> EntriesAt:
    """Return the entries that stand, or will stand, at paths of the site.

    What is public comes first, and redirects; then the newest revision of each edition counts; then
    what was public, since its path leads on to where it stands now.

    Args:
        reading: the snapshot and the actor.
        wanted: the paths, by the id of the entry whose text mentions them.
        beginning: the pages that begin with the same command; they count like newest revisions.
    """
    paths = {each for mentioned in wanted.values() for each in mentioned}
    if not paths:
        return EntriesAt({source_id: {} for source_id in wanted})
    addresses = await addresses_among(reading, paths)
    known = {key: each.entry_id for key, each in addresses.items() if each.entry_id}
    in_force = {key: entry_id for key, entry_id in known.items() if addresses[key].is_open}
    stored, places = await _drafted_at(reading, paths)
    own = reading.site.addresses
    drafted = {key: [*stored[key], *beginning.at(key, own)] for key in paths}
    # A link must not tell whether a draft stands there that one may not see.
    seen = await visible_types_among(
        reading,
        [*places, *beginning.places],
        {
            source_id: {each for key in mentioned for each in drafted[key]}
            for source_id, mentioned in wanted.items()
        },
    )
    return EntriesAt(
        {
            source_id: {
                key: entry_id
                for key in mentioned
                if (
                    entry_id := in_force.get(key)
                    or next((each for each in drafted[key] if each in seen[source_id]), None)
                    or known.get(key)
                )
            }
            for source_id, mentioned in wanted.items()
        },
        places,
    )


async def public_at(reading: Reading, addresses: Iterable[str], locale: str) -> Mapping[str, str]:
    """Return the ids of the entries whose pages are public at these addresses, in any spelling.

    Args:
        reading: the snapshot.
        addresses: paths or URLs of the site.
        locale: the locale whose host paths are on.
    """
    own = reading.site.addresses
    read = {
        each: path_key_of(address, locale)
        for each in addresses
        if (address := read_address(each, own))
    }
    found = await addresses_among(reading, read.values())
    return {
        written: str(found[key].entry_id)
        for written, key in read.items()
        if key in found and found[key].is_page
    }


def path_key_of(address: SiteAddress, locale: str) -> PathKey:
    """Return the path of an address, with the locale whose host it is on: by default this one."""
    return address.path, address.locale or locale


@dataclass(frozen=True)
class FoundAddress:
    """The meaning of a path: a page, a redirect, or the last page that has left it.

    Attributes:
        locale: the locale in which it is the path.
        edition_id: the edition of the page; ``None`` for a redirect.
        entry_id: the entry of the page, or that the redirect leads to.
        url: the target of a redirect to another site.
        is_open: whether the page or the redirect is there now.
    """

    locale: str
    edition_id: str | None
    entry_id: str | None
    url: str | None
    is_open: bool

    @property
    def is_page(self) -> bool:
        """True if a page is there now."""
        return self.is_open and self.edition_id is not None

    @property
    def leads_elsewhere(self) -> bool:
        """True if the path is redirected to another site, or to a path of the frontend."""
        return self.is_open and self.url is not None


async def addresses_at(
    reading: Reading, paths: Iterable[str], locale: str
) -> Mapping[str, FoundAddress]:
    """Return the meaning of those paths on a locale's host that mean anything.

    Args:
        reading: the snapshot.
        paths: canonical paths.
        locale: a locale of the host.
    """
    found = await addresses_among(reading, [(path, locale) for path in paths])
    return {path: each for (path, _), each in found.items()}


async def addresses_among(
    reading: Reading, wanted: Iterable[PathKey]
) -> Mapping[PathKey, FoundAddress]:
    """Return the meaning of those paths, on the hosts of locales, that mean anything."""
    keys = set(wanted)
    if not keys:
        return {}  # SQLite would scan all addresses for none
    own = reading.site.addresses
    paths = spellings_of(path for path, _ in keys)
    rows = await reading.session.fetch(_addresses_at(), paths=paths)
    by_path: defaultdict[str, list[Any]] = defaultdict(list)
    for each in rows:
        by_path[path_key(str(each.path))].append(each)
    found: dict[PathKey, FoundAddress] = {}
    for path, locale in keys:
        beside = own.locales_beside(locale)
        here = [each for each in by_path[path] if each.locale in beside]
        if here:
            found[path, locale] = _found(here[-1])
    return found


@cache
def _addresses_at() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Address.path,
            Address.locale,
            Address.edition_id,
            Address.entry_id,
            Address.url,
            Address.ended_position,
        )
        .where(
            is_among_given(Address.path, "paths"),
            # A redirect that was removed leads nowhere.
            or_(is_in_force(Address), Address.edition_id.is_not(None)),
        )
        # Of several, the last is kept: what is in force, and a page before a redirect.
        .order_by(
            is_in_force(Address),
            Address.edition_id.is_not(None),
            Address.ended_position,
            Address.id,
        )
    )


def _found(address: Any) -> FoundAddress:
    return FoundAddress(
        locale=address.locale,
        edition_id=address.edition_id,
        entry_id=address.entry_id,
        url=address.url,
        is_open=address.ended_position is None,
    )


def spellings_of(paths: Iterable[str]) -> list[str]:
    """Return canonical paths with and without the slash that a content type can end them with."""
    return sorted({spelled for path in paths for spelled in (path, f"{path.rstrip('/')}/")})


async def _drafted_at(
    reading: Reading, wanted: Collection[PathKey]
) -> tuple[Mapping[PathKey, Sequence[str]], Collection[Place]]:
    """Return the ids of the entries whose newest revisions stand at paths, the oldest first.

    Beside them are the places of all editions of these entries.
    """
    paths = spellings_of(path for path, _ in wanted)
    rows = await reading.session.fetch(_editions_at(), paths=paths)
    places: set[Place] = set()
    by_path: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for path, locale, *place in rows:
        places.add(each := Place(*place))
        by_path[path_key(str(path))].add((each.entry_id, locale))
    own = reading.site.addresses
    found = {
        (path, locale): [
            entry_id
            for entry_id, other in sorted(by_path[path])
            if other in own.locales_beside(locale)
        ]
        for path, locale in wanted
    }
    return found, places


@cache
def _editions_at() -> Select[*tuple[Any, ...]]:
    edition = aliased(Edition)
    return (
        select(Edition.path, Edition.locale, edition.id, Entry.id)
        .add_columns(Entry.content_type, edition.locale, Revision.category_id)
        .select_from(Edition)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(edition, edition.entry_id == Entry.id)
        .join(Revision, Revision.id == edition.head_id)
        .where(is_among_given(Edition.path, "paths"))
    )
