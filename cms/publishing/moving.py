"""Moves of many pages at once: to the addresses that their categories and types give them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Select, select, update

from cms.authorization.actions import Action
from cms.content.addresses import path_key
from cms.content.links import Origin
from cms.errors import PathInUse, Refused, UserError, WouldBreakLinks
from cms.events import PagesMoved
from cms.ledger.counters import wait_for_turn
from cms.publishing.addresses import Move, holders_of, move_pages
from cms.reading.visibility import is_public_now, stands_now
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Address, Category, Edition, Entry, Link, Publication, Revision
from cms.work.work import Work, command

# Databases limit the number of parameters of a statement.
_BATCH = 5_000
# The most collisions that are listed.
_MOST_ERRORS = 20
_MIGRATE = "run: copydesk migrate"

_Rows: TypeAlias = Select[*tuple[Any, ...]]


@command(Action.PAGE_MOVE)
async def move_pages_by_type(work: Work) -> int:
    """Move pages to the addresses that their content types give them now; return how many moved.

    Raises:
        Refused: as :func:`move_to_derived_addresses`.
    """
    work.authorise(Action.PAGE_MOVE)
    await wait_for_turn(work.session, "position")
    work = work.after_waiting()
    moves = await move_to_derived_addresses(work)
    if moves:
        position = await work.take_position()
        work.emit(PagesMoved(subject=str(position), position=position, pages=len(moves)))
    return len(moves)


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
        Refused: with :class:`~cms.errors.PathInUse` for each path that is not free, and
            :class:`~cms.errors.WouldBreakLinks` for each page that would have no address although
            public pages link to it.
    """
    if drafts := await _misplaced_drafts(work.session, work.site, categories):
        # Many rows, each with a value of its own: one statement with many parameters.
        await work.session.execute(update(Edition), drafts)
    moves = await _moves(work.session, work.site, work.now, categories)
    if errors := [*await _collisions(work, moves), *await _losses(work, moves)]:
        raise Refused(*errors[:_MOST_ERRORS])
    if moves:
        await move_pages(work, moves, await work.take_position())
    return moves


async def faults_of_addresses(session: ReadSession, site: Site, now: datetime) -> list[str]:
    """Return a line for each page or draft that is not at the address that it should have.

    Args:
        session: a snapshot.
        site: the site's declaration.
        now: the time.
    """
    drafts = await _misplaced_drafts(session, site)
    moves = await _moves(session, site, now)
    return [
        *(
            f"edition {each.edition_id} is not valid: its address is {each.old_path or 'missing'}, "
            f"and should be {each.path or 'none'}; {_MIGRATE}"
            for each in moves
        ),
        *(
            f"edition {each['id']} is not valid: its draft should have the path "
            f"{each['path'] or 'none'}; {_MIGRATE}"
            for each in drafts
        ),
    ]


async def _misplaced_drafts(
    session: ReadSession, site: Site, categories: Collection[str] | None = None
) -> list[dict[str, str | None]]:
    """Return the editions whose newest revision would stand elsewhere, with that path."""
    heads = (
        select(Edition.id, Edition.locale, Edition.path, Entry.content_type, Revision.slug)
        .add_columns(Category.path.label("category"))
        .select_from(Edition)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .outerjoin(Category, Category.id == Revision.category_id)
        .where(Entry.content_type.in_(_types(site, categories)))
    )
    return [
        {"id": row.id, "path": path}
        for row in await _rows(session, heads, Revision.category_id, categories)
        if (path := _path_of(site, row)) != row.path
    ]


async def _moves(
    session: ReadSession, site: Site, at: datetime, categories: Collection[str] | None = None
) -> list[Move]:
    """Return the moves of public pages to the addresses that they should have."""
    pages = (
        select(Publication.entry_id, Publication.edition_id, Publication.locale)
        .add_columns(Publication.content_type, Revision.slug, Address)
        .add_columns(Category.path.label("category"))
        .select_from(Publication)
        .join(Revision, Revision.id == Publication.revision_id)
        .outerjoin(Address, stands_now())
        .outerjoin(Category, Category.id == Publication.category_id)
        .where(is_public_now(Publication), Publication.content_type.in_(_types(site, categories)))
    )
    moves = (
        Move(
            entry_id=row.entry_id,
            edition_id=row.edition_id,
            locale=row.locale,
            old=row.Address,
            path=_path_of(site, row),
            at=at,
        )
        for row in await _rows(session, pages, Publication.category_id, categories)
    )
    return [move for move in moves if move.path != move.old_path]


def _types(site: Site, categories: Collection[str] | None) -> list[str]:
    """Return the content types whose pages can be misplaced."""
    types = site.content_types.items()
    return [name for name, each in types if categories is None or each.stands_in_category()]


async def _rows(
    session: ReadSession, chosen: _Rows, category: Any, categories: Collection[str] | None
) -> Sequence[Any]:
    """Return the rows that are in one of the categories, if these are given."""
    if categories is None:
        return (await session.execute(chosen)).all()
    found: list[Any] = []
    for batch in _batches([*categories]):
        found += await session.execute(chosen.where(category.in_(batch)))
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
                entries = [move.entry_id for move in by_path[key]]
                holder, *others = [holders[key], *entries] if key in holders else entries
                errors += [_in_use(key, holder, other) for other in others]
    return errors


async def _losses(work: Work, moves: Sequence[Move]) -> list[UserError]:
    """Return an error for each page that would have no address although public pages link to it."""
    lost = {move.entry_id: move for move in moves if move.path is None}
    linked: dict[str, str] = {}
    for batch in _batches([*lost]):
        rows = await work.session.execute(
            select(Link.target_id, Publication.entry_id)
            .join(Publication, Publication.revision_id == Link.revision_id)
            .where(
                Link.target_id.in_(batch),
                Link.origin != Origin.REFERENCE,
                Publication.entry_id.not_in(batch),
                is_public_now(Publication),
            )
        )
        linked |= {str(target): source for target, source in rows}
    return [
        WouldBreakLinks(
            message=f"{lost[target].old_path} would not exist any more, and {source} links to it; "
            "change that link first",
            path=(target,),
        )
        for target, source in sorted(linked.items())
    ]


def _in_use(path: str, holder: str, entry_id: str) -> UserError:
    message = f"{entry_id} would move to {path}, the path of {holder}; change one of the slugs"
    return PathInUse(message=message, path=(entry_id,))


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
