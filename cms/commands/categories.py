"""Grow the tree of topics, and the tags."""

from __future__ import annotations

from sqlalchemy import func, select

from cms.commands.lookups import ancestry, get
from cms.commands.work import Work, command
from cms.content.slug import is_slug, slugify
from cms.editorial.authorization import Action, Subject
from cms.errors import DuplicateName, InvalidValue, Refused
from cms.identifiers import new_id
from cms.tables import Category, Tag


@command(Action.CATEGORY_CREATE)
async def create_category(
    work: Work, name: str, *, parent_id: str | None = None, slug: str = "", description: str = ""
) -> Category:
    """Create a category, last among its siblings, and return it.

    Args:
        work: the transaction and the actor.
        name: what readers see.
        parent_id: the category it goes under; ``None`` makes it a root.
        slug: its word in paths; made of the name if empty.
        description: one or two sentences for readers.

    Raises:
        Refused: if the actor may not, the parent is unknown, or a sibling has this slug.
    """
    work.authorise(Action.CATEGORY_CREATE, Subject(categories=await ancestry(work, parent_id)))
    parent = await get(work, Category, parent_id) if parent_id is not None else None
    word = check_slug(slug or slugify(name))
    path = f"{parent.path}/{word}" if parent is not None else word
    if await work.session.scalar(select(Category.id).where(Category.path == path)):
        raise Refused(DuplicateName(message=f"there is a category {path!r} already"))
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
    work.session.add(category)
    return category


@command(Action.TAG_CREATE)
async def create_tag(work: Work, name: str, *, slug: str = "") -> Tag:
    """Create a tag and return it.

    Raises:
        Refused: if the actor may not, or there is such a tag.
    """
    work.authorise(Action.TAG_CREATE)
    word = check_slug(slug or slugify(name))
    if await work.session.scalar(select(Tag.id).where(Tag.slug == word)):
        raise Refused(DuplicateName(message=f"there is a tag {word!r} already"))
    tag = Tag(id=new_id("tag"), slug=word, name=name, created_at=work.now)
    work.session.add(tag)
    return tag


def check_slug(slug: str) -> str:
    """Return the slug.

    Raises:
        Refused: if it cannot stand in a path.
    """
    if not is_slug(slug):
        message = f"{slug!r} cannot stand in a path; {slugify(slug) or 'a-word'!r} could"
        raise Refused(InvalidValue(message=message, path=("slug",)))
    return slug
