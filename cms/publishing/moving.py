"""Moves of many pages at once: to the addresses that their categories and types give them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.content.addresses import path_key
from cms.content.links import Origin
from cms.drafts.addresses import (
    batches,
    derived_path,
    misplaced_drafts,
    move_drafts,
    placed_in,
    rows_in,
    types_in,
)
from cms.drafts.category_tree import (
    CategoryTree,
    changed_paths,
    faults_of_paths,
    hold_tree,
    load_tree,
    store_paths,
)
from cms.drafts.loading import EditionKey
from cms.errors import PathInUse, Refused, UserError, WouldBreakLinks
from cms.events import PagesMoved
from cms.publishing.addresses import Move, holders_of, move_pages
from cms.reading.periods import is_public_now, stands_now
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Address, Link, Publication, Revision
from cms.work.work import Reading, Work, command

# The most collisions that are listed.
_MOST_ERRORS = 20
_MIGRATE = "run: copydesk migrate"


@command(Action.PAGE_MOVE)
async def move_pages_by_type(work: Work) -> int:
    """Move pages to the addresses that their content types give them now; return how many moved.

    Raises:
        Refused: as :func:`move_to_derived_addresses`.
    """
    work.authorise(Action.PAGE_MOVE)
    work = await work.in_turn()
    tree = await hold_tree(work)
    await store_paths(work, tree)
    moves = await move_to_derived_addresses(work, tree)
    if moves:
        position = await work.take_position()
        work.emit(PagesMoved(subject=str(position), position=position, pages=len(moves)))
    return len(moves)


async def move_to_derived_addresses(
    work: Work, tree: CategoryTree, categories: Collection[str] | None = None
) -> Sequence[Move]:
    """Move pages, and what drafts say of theirs, to the addresses that they should have.

    Publications, dates and sign-offs stay as they are; the former addresses lead to the new ones.

    Args:
        work: the transaction, in which the position counter is locked.
        tree: the tree of categories as it is now.
        categories: ids of the categories whose pages have to move; ``None`` for all pages.

    Returns:
        The moves of public pages.

    Raises:
        Refused: with :class:`~cms.errors.PathInUse` for each path that is not free, and
            :class:`~cms.errors.WouldBreakLinks` for each page that would have no address although
            public pages link to it.
    """
    await move_drafts(work, tree, categories)
    moves = await _moves(work.session, tree, work.now, categories)
    if errors := await errors_of_moves(work, moves):
        raise Refused(*errors)
    if moves:
        await move_pages(work, moves, await work.take_position())
    return moves


async def refresh_tree(work: Work) -> None:
    """Store the paths of categories as they are now, and move the pages whose addresses change."""
    tree = await hold_tree(work)
    if changed := await store_paths(work, tree):
        await move_to_derived_addresses(work, tree, changed)


async def faults_of_addresses(session: ReadSession, site: Site, now: datetime) -> list[str]:
    """Return a line for each page, draft or category that is not where it should be.

    Args:
        session: a snapshot.
        site: the site's declaration.
        now: the time.
    """
    tree = await load_tree(session, site)
    drafts = await misplaced_drafts(session, tree)
    moves = await _moves(session, tree, now)
    return [
        *await faults_of_paths(session, tree),
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


async def _moves(
    session: ReadSession,
    tree: CategoryTree,
    at: datetime,
    categories: Collection[str] | None = None,
) -> list[Move]:
    """Return the moves of public pages to the addresses that they have with a tree."""
    pages = (
        select(Publication.entry_id, Publication.edition_id, Publication.locale)
        .add_columns(Publication.content_type, Publication.category_id, Revision.slug, Address)
        .select_from(Publication)
        .join(Revision, Revision.id == Publication.revision_id)
        .outerjoin(Address, stands_now())
        .where(
            is_public_now(Publication),
            Publication.content_type.in_(types_in(tree.site, categories)),
        )
    )
    columns = (Publication.category_id, Publication.entry_id)
    moves = (
        Move(
            entry_id=row.entry_id,
            edition_id=row.edition_id,
            content_type=row.content_type,
            locale=row.locale,
            old=row.Address,
            path=derived_path(tree, placed_in(row)),
            at=at,
            category_id=row.category_id,
        )
        for row in await rows_in(session, pages, columns, categories)
    )
    return [move for move in moves if move.path != move.old_path]


async def moves_between(reading: Reading, before: CategoryTree, after: CategoryTree) -> list[Move]:
    """Return the moves of public pages if the tree becomes another one."""
    changed = changed_paths(before, after)
    return await _moves(reading.session, after, reading.now, changed) if changed else []


async def moves_to_types(reading: Reading, tree: CategoryTree) -> list[Move]:
    """Return the moves of public pages to the addresses that their content types declare."""
    return await _moves(reading.session, tree, reading.now)


@dataclass(frozen=True)
class TreeError:
    """A reason why the tree of categories cannot become another.

    Attributes:
        error: the reason.
        category_ids: the categories on whose slugs it depends.
    """

    error: UserError
    category_ids: frozenset[str]


async def errors_of_tree(
    reading: Reading,
    before: CategoryTree,
    after: CategoryTree,
    besides: Collection[str] = (),
) -> list[TreeError]:
    """Return why the tree cannot become another: a path would be wrong, or pages cannot move.

    Args:
        reading: the snapshot.
        before: the tree as it is.
        after: the tree as it would be.
        besides: ids of the editions whose pages do not count.
    """
    # Categories whose path is wrong in several locales are one error.
    if wrong := {each.category_ids: each for each in reversed([*after.wrong_paths()])}:
        return [
            TreeError(each.error, _lineages(after, each.category_ids))
            for each in [*reversed(wrong.values())][:_MOST_ERRORS]
        ]
    moves = await moves_between(reading, before, after)
    others = [each for each in moves if each.edition_id not in besides]
    return [
        TreeError(
            each.to_error(),
            _lineages(after, [move.category_id for move in (each.move, each.other) if move]),
        )
        for each in await obstacles_to_moves(reading, others)
    ]


def blame_categories(
    errors: Iterable[TreeError], keys: Collection[EditionKey]
) -> list[tuple[Collection[EditionKey], UserError]]:
    """Return the errors of a tree, each with those editions of categories on which it depends.

    Args:
        errors: the errors.
        keys: the editions that change the tree; an error that depends on none of them is that of
            all.
    """
    return [
        ([key for key in keys if key[0] in each.category_ids] or keys, each.error)
        for each in errors
    ]


def _lineages(tree: CategoryTree, category_ids: Iterable[str | None]) -> frozenset[str]:
    """Return the ids of categories, and of all above them."""
    return frozenset(above for each in category_ids for above in tree.lineage(each))


@dataclass(frozen=True)
class Obstacle:
    """A reason why a page cannot move.

    Attributes:
        move: the move.
        error: the type of the error that reports it.
        reason: why.
        remedy: what to do.
        in_the_way: ids of the entries with which something has to be done.
        other: the move of another page to the same path, if that is the reason.
    """

    move: Move
    error: type[PathInUse | WouldBreakLinks]
    reason: str
    remedy: str
    in_the_way: tuple[str, ...]
    other: Move | None = None

    def to_error(self) -> UserError:
        """Return the error."""
        return self.error(message=f"{self.reason}; {self.remedy}", path=(self.move.entry_id,))


async def errors_of_moves(reading: Reading, moves: Sequence[Move]) -> list[UserError]:
    """Return why pages cannot move, at most twenty reasons."""
    return [each.to_error() for each in await obstacles_to_moves(reading, moves)]


async def obstacles_to_moves(reading: Reading, moves: Sequence[Move]) -> list[Obstacle]:
    """Return what is in the way of moves, at most twenty obstacles."""
    found = [*await _collisions(reading, moves), *await _losses(reading, moves)]
    return found[:_MOST_ERRORS]


async def _collisions(reading: Reading, moves: Sequence[Move]) -> list[Obstacle]:
    """Return an obstacle for each page that would come to a path that is not free."""
    comers: Mapping[str, dict[str, list[Move]]] = defaultdict(lambda: defaultdict(list))
    for move in moves:
        if move.path is not None:
            comers[reading.site.addresses.urls[move.locale]][path_key(move.path)].append(move)
    leaving = {move.edition_id for move in moves}
    found: list[Obstacle] = []
    for by_path in comers.values():
        for batch in batches([*by_path]):
            first = by_path[batch[0]][0]
            holders = await holders_of(reading, batch, first.locale, leaving)
            for key in batch:
                movers = by_path[key]
                if key in holders:
                    found += [_collision(key, holders[key], each) for each in movers]
                    continue
                winner, *losers = movers
                found += [_collision(key, winner.entry_id, each, winner) for each in losers]
    return found


async def _losses(reading: Reading, moves: Sequence[Move]) -> list[Obstacle]:
    """Return an obstacle for each page that would have no address, and that others link to."""
    lost = {move.entry_id: move for move in moves if move.path is None}
    linked: dict[str, set[str]] = defaultdict(set)
    for batch in batches([*lost]):
        rows = await reading.session.execute(
            select(Link.target_id, Publication.entry_id)
            .join(Publication, Publication.revision_id == Link.revision_id)
            .where(
                Link.target_id.in_(batch),
                Link.origin != Origin.REFERENCE,
                Publication.entry_id != Link.target_id,
                is_public_now(Publication),
            )
        )
        for target, source in rows:
            linked[str(target)].add(source)
    return [_loss(lost[target], sorted(sources)) for target, sources in sorted(linked.items())]


def _loss(move: Move, sources: Sequence[str]) -> Obstacle:
    return Obstacle(
        move=move,
        error=WouldBreakLinks,
        reason=f"{move.old_path} would not exist any more, and {sources[0]} links to it",
        remedy="change that link first",
        in_the_way=tuple(sources),
    )


def _collision(path: str, holder: str, move: Move, other: Move | None = None) -> Obstacle:
    return Obstacle(
        move=move,
        error=PathInUse,
        reason=f"{move.entry_id} would move to {path}, the path of {holder}",
        remedy="change one of the slugs",
        in_the_way=(holder, move.entry_id),
        other=other,
    )
