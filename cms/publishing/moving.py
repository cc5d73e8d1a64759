"""Moves of many pages at once: to the addresses that their categories and types give them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Select, and_, select, update

from cms.content.addresses import path_key
from cms.errors import PathInUse, Refused, UserError
from cms.publishing.addresses import Move, holders_of, move_pages
from cms.reading.visibility import is_in_force, is_public_now
from cms.site import Site
from cms.tables import Address, Category, Edition, Entry, Publication, Revision
from cms.work.work import Work

# Databases limit the number of parameters of a statement.
_BATCH = 5_000
# The most collisions that are listed.
_MOST_ERRORS = 20

_Rows: TypeAlias = Select[*tuple[Any, ...]]


async def move_to_derived_addresses(
    work: Work, categories: Collection[str] | None = None
) -> Sequence[Move]:
    """Move pages, and what drafts say of theirs, to the addresses that they should have.

    Publications, dates and sign-offs stay as they are; the former addresses lead to the new ones.

    Args:
        work: the transaction, in which the position counter is locked.
        categories: ids of the categories whose pages have to move; ``None`` for all pages.

    Returns:
        The moves of public pages.

    Raises:
        Refused: with :class:`~cms.errors.PathInUse` for each path that is not free.
    """
    types = [
        name
        for name, each in work.site.content_types.items()
        if categories is None or each.stands_in_category()
    ]
    if not types:
        return ()
    await _move_drafts(work, types, categories)
    moves = await _moves(work, types, categories)
    if errors := await _collisions(work, moves):
        raise Refused(*errors[:_MOST_ERRORS])
    if moves:
        await move_pages(work, moves, await work.take_position())
    return moves


async def _move_drafts(
    work: Work, types: Sequence[str], categories: Collection[str] | None
) -> None:
    heads = (
        select(Edition.id, Edition.locale, Edition.path, Entry.content_type, Revision.slug)
        .add_columns(Category.path.label("category"))
        .select_from(Edition)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .outerjoin(Category, Category.id == Revision.category_id)
        .where(Entry.content_type.in_(types))
    )
    changed = [
        {"id": row.id, "path": path}
        for row in await _rows(work, heads, Revision.category_id, categories)
        if (path := _path_of(work.site, row)) != row.path
    ]
    if changed:
        # Many rows, each with a value of its own: one statement with many parameters.
        await work.session.execute(update(Edition), changed)


async def _moves(
    work: Work, types: Sequence[str], categories: Collection[str] | None
) -> list[Move]:
    stands = and_(Address.edition_id == Publication.edition_id, is_in_force(Address))
    pages = (
        select(Publication.entry_id, Publication.edition_id, Publication.locale)
        .add_columns(Publication.content_type, Revision.slug, Address)
        .add_columns(Category.path.label("category"))
        .select_from(Publication)
        .join(Revision, Revision.id == Publication.revision_id)
        .outerjoin(Address, stands)
        .outerjoin(Category, Category.id == Publication.category_id)
        .where(is_public_now(Publication), Publication.content_type.in_(types))
    )
    moves = (
        Move(
            entry_id=row.entry_id,
            edition_id=row.edition_id,
            locale=row.locale,
            old=row.Address,
            path=_path_of(work.site, row),
            at=work.now,
        )
        for row in await _rows(work, pages, Publication.category_id, categories)
    )
    return [move for move in moves if move.path != move.old_path]


async def _rows(
    work: Work, chosen: _Rows, category: Any, categories: Collection[str] | None
) -> Sequence[Any]:
    """Return the rows that are in one of the categories, if these are given."""
    if categories is None:
        return (await work.session.execute(chosen)).all()
    found: list[Any] = []
    for batch in _batches([*categories]):
        found += await work.session.execute(chosen.where(category.in_(batch)))
    return found


def _path_of(site: Site, row: Any) -> str | None:
    content_type = site.content_type(row.content_type)
    return content_type.path_for(row.slug, row.locale, row.category or "") if row.slug else None


async def _collisions(work: Work, moves: Sequence[Move]) -> list[UserError]:
    """Return an error for each page that would come to a path that is not free."""
    comers: Mapping[str, dict[str, list[Move]]] = defaultdict(lambda: defaultdict(list))
    for move in moves:
        if move.path is not None:
            comers[work.site.addresses.urls[move.locale]][path_key(move.path)].append(move)
    leaving = {move.edition_id for move in moves}
    errors: list[UserError] = []
    for by_path in comers.values():
        for batch in _batches([*by_path]):
            first = by_path[batch[0]][0]
            holders = await holders_of(work, batch, first.locale, leaving)
            for key in batch:
                holder, *others = [*filter(None, [holders.get(key)]), *_entries(by_path[key])]
                errors += [_in_use(key, holder, other) for other in others]
    return errors


def _entries(moves: Sequence[Move]) -> Iterator[str]:
    yield from (move.entry_id for move in moves)


def _in_use(path: str, holder: str, entry_id: str) -> UserError:
    message = f"{entry_id} would move to {path}, the path of {holder}; change one of the slugs"
    return PathInUse(message=message, path=(entry_id,))


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
