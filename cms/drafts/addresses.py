"""Addresses that commands look up: where an edition stands, and what stands at a path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select, update

from cms.content.addresses import SiteAddress, path_key, read_address
from cms.content.builtin import CATEGORY
from cms.content.content_type import ContentType
from cms.drafts.category_tree import CategoryTree
from cms.drafts.loading import visible_types
from cms.reading.visibility import is_in_force
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Address, CategoryPath, CategoryPlace, Edition, Entry, Revision
from cms.work.work import Reading, Work

# Databases limit the number of parameters of a statement.
_BATCH = 5_000


async def path_of(
    reading: Reading,
    content_type: type[ContentType],
    edition: Edition,
    slug: str,
    category_id: str | None,
) -> str | None:
    """Return where an edition stands with this slug and category; ``None`` if it is no page.

    A category stands in its parent. In a transaction, the tree path is held, so that it does not
    change before the path is stored.
    """
    if not slug:
        return None
    path = ""
    if content_type.stands_in_category():
        if content_type.name == CATEGORY:
            category_id = await parent_of(reading, edition.entry_id)
        path = await _tree_path(reading, category_id, edition.locale)
    return content_type.path_for(slug, edition.locale, path)


async def _tree_path(reading: Reading, category_id: str | None, locale: str) -> str:
    if category_id is None:
        return ""
    wanted = select(CategoryPath.path).where(
        CategoryPath.category_id == category_id, CategoryPath.locale == locale
    )
    if isinstance(reading, Work):
        wanted = wanted.with_for_update(read=True)
    return await reading.session.scalar(wanted) or ""


async def parent_of(reading: Reading, category_id: str) -> str | None:
    """Return the parent of a category; ``None`` for a root."""
    return await reading.session.scalar(
        select(CategoryPlace.parent_id).where(
            CategoryPlace.category_id == category_id, is_in_force(CategoryPlace)
        )
    )


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
        .select_from(Edition)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(Entry.content_type.in_(types_in(tree.site, categories)))
    )
    return [
        {"id": row.id, "path": path}
        for row in await rows_in(session, heads, (Revision.category_id, Entry.id), categories)
        if (path := derived_path(tree, placed_in(row))) != row.path
    ]


def types_in(site: Site, categories: Collection[str] | None) -> list[str]:
    """Return the content types whose pages can stand elsewhere when categories change."""
    types = site.content_types.items()
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


class Placed(NamedTuple):
    """The values that the path of an edition derives from."""

    content_type: str
    entry_id: str
    locale: str
    slug: str
    category_id: str | None


def derived_path(tree: CategoryTree, placed: Placed) -> str | None:
    """Return where an edition stands in a tree; ``None`` if it is no page."""
    content_type = tree.site.content_type(placed.content_type)
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


async def entries_at(
    reading: Reading, paths: Iterable[str], locale: str, source_id: str
) -> Mapping[str, str]:
    """Return the ids of the entries that stand, or will stand, at these site paths.

    What is public comes first, and redirects; then the newest revision of each edition counts; then
    what was public, since its path leads on to where it stands now.

    Args:
        reading: the snapshot and the actor.
        paths: canonical paths; see :class:`~cms.content.addresses.SiteAddress`.
        locale: a locale of the host.
        source_id: the entry whose text mentions the paths.
    """
    wanted = frozenset(paths)
    if not wanted:
        return {}  # SQLite would scan all editions for none
    addresses = await addresses_at(reading, wanted, locale)
    known = {path: each.entry_id for path, each in addresses.items() if each.entry_id}
    in_force = {path: entry_id for path, entry_id in known.items() if addresses[path].is_open}
    return {**known, **await _drafted_at(reading, wanted, locale, source_id), **in_force}


async def public_at(reading: Reading, addresses: Iterable[str], locale: str) -> Mapping[str, str]:
    """Return the ids of the entries whose pages are public at these addresses, in any spelling.

    Args:
        reading: the snapshot.
        addresses: paths or URLs of the site.
        locale: the locale whose host paths are on.
    """
    own = reading.site.addresses
    read = {each: address for each in addresses if (address := read_address(each, own))}
    pages: dict[SiteAddress, str] = {}
    for place, here in by_locale(read.values(), locale).items():
        found = await addresses_at(reading, {each.path for each in here}, place)
        pages |= {
            each: str(found[each.path].entry_id)
            for each in here
            if each.path in found and found[each.path].is_page
        }
    return {written: pages[address] for written, address in read.items() if address in pages}


def by_locale(
    addresses: Iterable[SiteAddress], locale: str
) -> Mapping[str, AbstractSet[SiteAddress]]:
    """Return addresses by the locale whose host they are on: by default this one."""
    found: dict[str, set[SiteAddress]] = {}
    for each in addresses:
        found.setdefault(each.locale or locale, set()).add(each)
    return found


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
    rows = await reading.session.scalars(
        select(Address)
        .where(
            Address.path.in_(spellings_of(paths)),
            Address.locale.in_(reading.site.addresses.locales_beside(locale)),
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
    return {
        path_key(each.path): FoundAddress(
            locale=each.locale,
            edition_id=each.edition_id,
            entry_id=each.entry_id,
            url=each.url,
            is_open=each.ended_position is None,
        )
        for each in rows
    }


def spellings_of(paths: Iterable[str]) -> list[str]:
    """Return canonical paths with and without the slash that a content type can end them with."""
    return sorted({spelled for path in paths for spelled in (path, f"{path.rstrip('/')}/")})


async def _drafted_at(
    reading: Reading, paths: Iterable[str], locale: str, source_id: str
) -> Mapping[str, str]:
    rows = await reading.session.execute(
        select(Edition.path, Edition.entry_id)
        .where(
            Edition.path.in_(spellings_of(paths)),
            Edition.locale.in_(reading.site.addresses.locales_beside(locale)),
        )
        .order_by(Edition.entry_id.desc())  # of several, the oldest is kept
    )
    found = [(path_key(str(path)), entry_id) for path, entry_id in rows]
    # A link must not tell whether a draft stands there that one may not see.
    seen = await visible_types(reading, [entry_id for _, entry_id in found], source_id)
    return {path: entry_id for path, entry_id in found if entry_id in seen}
