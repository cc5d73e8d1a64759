"""Commands that change the category tree."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from cms.authorization.actions import Action, Subject
from cms.content.slug import check_slug, slugify
from cms.drafts.loading import ancestry, get
from cms.errors import CategoryCycle, DuplicateName, Refused
from cms.events import CategoryChanged, CategoryCreated
from cms.identifiers import new_id
from cms.ledger.counters import advance, wait_for_turn
from cms.publishing.moving import move_to_derived_addresses
from cms.tables import Category
from cms.work.work import Work, command


@command(Action.CATEGORY_CREATE)
async def create_category(
    work: Work, name: str, *, parent_id: str | None = None, slug: str = "", description: str = ""
) -> Category:
    """Create a category, last among its siblings, and return it.

    Args:
        work: the transaction and the actor.
        name: the public name.
        parent_id: the parent category; ``None`` for a root.
        slug: the URL slug; derived from the name if empty.
        description: one or two sentences for readers.

    Raises:
        Refused: if the actor is not allowed to, the parent is unknown, or a sibling has this
            slug.
    """
    await _hold_tree(work)
    work.authorise(Action.CATEGORY_CREATE, Subject(categories=await ancestry(work, parent_id)))
    parent = await get(work, Category, parent_id) if parent_id is not None else None
    word = check_slug(slug or slugify(name))
    path = f"{parent.path}/{word}" if parent is not None else word
    if await work.session.scalar(select(Category.id).where(Category.path == path)):
        raise Refused(DuplicateName(message=f"there is already a category {path!r}"))
    siblings = select(func.count()).where(Category.parent_id.is_not_distinct_from(parent_id))
    category = Category(
        id=new_id("cat"),
        parent_id=parent_id,
        slug=word,
        path=path,
        name=name,
        description=description,
        ordinal=await work.session.scalar(siblings) or 0,
        created_at=work.now,
    )
    await work.insert(category)
    work.emit(CategoryCreated(subject=category.id))
    return category


@command(Action.CATEGORY_CHANGE)
async def change_category(
    work: Work,
    category_id: str,
    *,
    name: str | None = None,
    slug: str | None = None,
    description: str | None = None,
    parent_id: str | None = None,
    ordinal: int | None = None,
) -> Category:
    """Change a category and the paths of its descendants, and return it.

    Pages whose addresses name the category move, and their former addresses lead to the new ones.

    Args:
        work: the transaction and the actor.
        category_id: the category. Arguments that are ``None`` change nothing.
        name: the public name.
        slug: the URL slug.
        description: one or two sentences for readers.
        parent_id: the parent category; empty for a root.
        ordinal: the position among its siblings, from 0.

    Raises:
        Refused: if the actor is not allowed to, a category is unknown, a sibling has this slug,
            the category would be below itself, or a page would come to a path that is not free.
    """
    # Whoever publishes waits for pages that move, and is waited for.
    await wait_for_turn(work.session, "position")
    work = work.after_waiting()
    tree = await _hold_tree(work)
    category = await get(work, Category, category_id)
    for place in (category_id,) if parent_id is None else (category_id, parent_id or None):
        subject = Subject(categories=await ancestry(work, place))
        work.authorise(Action.CATEGORY_CHANGE, subject)
    parent = await _parent_of(work, category, parent_id)
    word = check_slug(slug) if slug is not None else category.slug
    path = f"{parent.path}/{word}" if parent is not None else word
    moved = await _rewrite_paths(work, tree, category, path)
    await work.update(
        category,
        parent_id=parent.id if parent is not None else None,
        slug=word,
        name=name if name is not None else category.name,
        description=description if description is not None else category.description,
    )
    if ordinal is not None:
        await _put_at(work, category, ordinal)
    pages = await move_to_derived_addresses(work, moved) if moved else ()
    work.emit(CategoryChanged(subject=category.id, moved_pages=len(pages) or None))
    return category


async def _hold_tree(work: Work) -> Sequence[Category]:
    """Return all categories, and lock the tree until the transaction ends."""
    await advance(work.session, "taxonomy")
    found = await work.session.scalars(
        select(Category).order_by(Category.id).execution_options(populate_existing=True)
    )
    return found.all()


async def _parent_of(work: Work, category: Category, parent_id: str | None) -> Category | None:
    """Return the current or the new parent of a category."""
    wanted = category.parent_id if parent_id is None else parent_id or None
    parent = await get(work, Category, wanted) if wanted is not None else None
    if category.id in await ancestry(work, wanted):
        message = f"{category.name!r} cannot be moved below itself; choose another parent"
        raise Refused(CategoryCycle(message=message, path=("parentId",)))
    return parent


async def _put_at(work: Work, category: Category, ordinal: int) -> None:
    siblings = select(Category).where(
        Category.parent_id.is_not_distinct_from(category.parent_id), Category.id != category.id
    )
    in_order = list(await work.session.scalars(siblings.order_by(Category.ordinal, Category.path)))
    in_order.insert(max(ordinal, 0), category)
    for place, each in enumerate(in_order):
        if each.ordinal != place:
            await work.update(each, ordinal=place)


async def _rewrite_paths(
    work: Work, tree: Sequence[Category], category: Category, path: str
) -> list[str]:
    """Set the paths of a category and its descendants; return the ids of those that changed."""
    if any(each.path == path and each is not category for each in tree):
        message = f"there is already a category {path!r}"
        raise Refused(DuplicateName(message=message, path=("slug",)))
    before = category.path
    if before == path:
        return []
    await work.update(category, path=path)
    below = [each for each in tree if each.path.startswith(f"{before}/")]
    for each in below:
        await work.update(each, path=f"{path}{each.path.removeprefix(before)}")
    return [category.id, *(each.id for each in below)]
