"""Commands that change the category tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from cms.authorization.actions import Action, Subject
from cms.content.builtin import CATEGORY, Category
from cms.content.snapshot import Draft
from cms.drafts.category_tree import (
    CategoryTree,
    hold_tree,
    load_tree,
    refuse_wrong_paths,
    store_paths,
)
from cms.drafts.loading import get_built_in
from cms.drafts.new_editions import first_edition, new_entry
from cms.drafts.saving import Saved
from cms.drafts.subjects import ancestry
from cms.errors import CategoryCycle, Refused, UserError
from cms.events import CategoryCreated, CategoryMoved
from cms.identifiers import new_id
from cms.ledger.counters import current
from cms.publishing.addresses import Move
from cms.publishing.moving import errors_of_moves, move_to_derived_addresses, moves_between
from cms.publishing.referenced import errors_of_parent
from cms.reading.periods import is_in_force
from cms.tables import CategoryPlace
from cms.work.work import Reading, Work, command


@dataclass(frozen=True)
class MoveImpact:
    """The effects that a category's move would have.

    Attributes:
        tree_path: the tree path that the category would have, in the default locale.
        moves: the moves of public pages.
        errors: why it would be refused.
    """

    tree_path: str
    moves: Sequence[Move] = ()
    errors: Sequence[UserError] = ()


@command(Action.CATEGORY_CREATE)
async def create_category(
    work: Work, draft: Draft, *, parent_id: str | None = None, note: str = ""
) -> Saved:
    """Create a category in the default locale, as a draft, and return the first revision.

    It is the last among its siblings. Readers see it once the revision is published.

    Args:
        work: the transaction and the actor.
        draft: the category: the title is the name, the summary the description.
        parent_id: the parent category; ``None`` for a root.
        note: what the author has to say about the revision.

    Raises:
        Refused: if the actor is not allowed to, the parent is unknown, a sibling has this slug, or
            a value does not fit.
    """
    await hold_tree(work)
    work.authorise(Action.CATEGORY_CREATE, Subject(categories=await ancestry(work, parent_id)))
    if parent_id is not None:
        await get_built_in(work, Category, parent_id)
    entry = await new_entry(work, work.site.content_type(CATEGORY))
    last = await work.session.scalar(
        select(func.max(CategoryPlace.ordinal)).where(
            CategoryPlace.parent_id.is_not_distinct_from(parent_id), is_in_force(CategoryPlace)
        )
    )
    ordinal = last + 1 if last is not None else 0
    # It changes nothing that readers get, so it takes no position.
    await work.insert(
        _place(entry.id, parent_id, ordinal, await current(work.session, "position"), work.now)
    )
    revision = await first_edition(work, entry, draft, work.site.default_locale, note)
    work.emit(CategoryCreated(subject=entry.id))
    return Saved(entry.id, revision)


@command(Action.CATEGORY_MOVE)
async def move_category(
    work: Work, category_id: str, *, parent_id: str | None = None, ordinal: int | None = None
) -> Sequence[Move]:
    """Move a category, with all below it, in the tree, and return the moves of public pages.

    Pages whose addresses name the category move, and their former addresses lead to the new ones.

    Args:
        work: the transaction and the actor.
        category_id: the category.
        parent_id: the parent category; empty for a root, ``None`` for the parent that it has.
        ordinal: the place among its siblings, from 0; ``None`` for the one that it has, or the
            last below another parent.

    Raises:
        Refused: if the actor is not allowed to, a category is unknown, a sibling has this slug,
            the category would be below itself, or a page would come to a path that is not free.
    """
    # Whoever publishes waits for pages that move, and is waited for.
    work = await work.in_turn()
    before = await hold_tree(work)
    parent = await _new_parent(work, before, category_id, parent_id)
    after = before.with_parent(category_id, parent)
    _refuse_wrong_paths(after)
    if errors := await errors_of_parent(work, category_id, parent):
        raise Refused(*errors)
    if not await _put(work, category_id, parent, ordinal):
        return ()
    changed = await store_paths(work, after)
    moves = await move_to_derived_addresses(work, after, changed) if changed else ()
    work.emit(
        CategoryMoved(
            subject=category_id,
            entry=category_id,
            parent=parent,
            position=await work.take_position(),
            moved_pages=len(moves) or None,
        )
    )
    return moves


async def check_move_category(
    reading: Reading, category_id: str, *, parent_id: str | None = None
) -> MoveImpact:
    """Return what moving a category below another parent would do, without doing it.

    Raises:
        Refused: if the actor may not move it there, or a category is unknown.
    """
    before = await load_tree(reading.session, reading.site)
    parent = await _new_parent(reading, before, category_id, parent_id)
    after = before.with_parent(category_id, parent)
    path = after.path(category_id, reading.site.default_locale)
    errors = await errors_of_parent(reading, category_id, parent)
    try:
        _refuse_wrong_paths(after)
    except Refused as refused:
        return MoveImpact(path, errors=[*errors, *refused.errors])
    moves = await moves_between(reading, before, after)
    return MoveImpact(path, moves, [*errors, *await errors_of_moves(reading, moves)])


def _refuse_wrong_paths(tree: CategoryTree) -> None:
    """Check the paths of a tree in which a category is below another parent."""
    try:
        refuse_wrong_paths(tree)
    except Refused as refused:
        raise _at_parent(refused) from None


def _at_parent(refused: Refused) -> Refused:
    return Refused(*(replace(each, path=("parentId",)) for each in refused.errors))


async def _new_parent(
    reading: Reading, tree: CategoryTree, category_id: str, parent_id: str | None
) -> str | None:
    """Return the current or the new parent of a category that the actor may move there."""
    await get_built_in(reading, Category, category_id)
    old = tree.parents.get(category_id)
    parent = old if parent_id is None else parent_id or None
    if parent is not None:
        try:
            await get_built_in(reading, Category, parent)
        except Refused as refused:
            raise _at_parent(refused) from None
    for place in (category_id, parent):
        subject = Subject(categories=frozenset(tree.lineage(place)))
        reading.authorise(Action.CATEGORY_MOVE, subject)
    if category_id in tree.lineage(parent):
        path = tree.path(category_id, reading.site.default_locale)
        message = f"{path!r} cannot be moved below itself; choose another parent"
        raise Refused(CategoryCycle(message=message, path=("parentId",)))
    return parent


async def _put(work: Work, category_id: str, parent_id: str | None, ordinal: int | None) -> bool:
    """Put a category at a place among the children of a parent; return whether it moved."""
    open_places = select(CategoryPlace).where(is_in_force(CategoryPlace))
    own = (
        await work.session.scalars(open_places.where(CategoryPlace.category_id == category_id))
    ).one()
    children = list(
        await work.session.scalars(
            open_places.where(CategoryPlace.parent_id.is_not_distinct_from(parent_id)).order_by(
                CategoryPlace.ordinal, CategoryPlace.category_id
            )
        )
    )
    siblings = [each for each in children if each is not own]
    stays = own.parent_id == parent_id
    if ordinal is None:
        ordinal = children.index(own) if stays else len(siblings)
    siblings.insert(max(ordinal, 0), own)
    if siblings == children:
        return False
    moved = [
        (place, index)
        for index, place in enumerate(siblings)
        if place.ordinal != index or (place is own and not stays)
    ]
    position = await work.take_position()
    begun = []
    for place, index in moved:
        at = max(work.now, place.began_at)  # clock skew: never end before the start
        await work.close(place, ended_at=at, ended_position=position)
        begun.append(_place(place.category_id, parent_id, index, position, at))
    await work.insert(*begun)
    return True


def _place(
    category_id: str, parent_id: str | None, ordinal: int, position: int, began_at: datetime
) -> CategoryPlace:
    return CategoryPlace(
        id=new_id("place"),
        position=position,
        category_id=category_id,
        parent_id=parent_id,
        ordinal=ordinal,
        began_at=began_at,
    )
