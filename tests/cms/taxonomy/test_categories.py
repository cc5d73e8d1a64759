"""The tree of topics is a tree, and its paths are those of its words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from cms.authorization.actor import Grant
from cms.tables import Category
from cms.taxonomy.categories import change_category, create_category
from tests.builders import Newsroom


async def change(newsroom: Newsroom, category: Category, **changes: Any) -> Category:
    return await newsroom.do(newsroom.publisher, change_category, category.id, **changes)


async def refused(newsroom: Newsroom, category: Category, **changes: Any) -> list[Any]:
    errors = await newsroom.refusal(newsroom.publisher, change_category, category.id, **changes)
    return [(error.code, error.path) for error in errors]


async def paths(newsroom: Newsroom) -> list[str]:
    """Return all paths, siblings in their order."""
    async with newsroom.database.reading() as session:
        found = await session.scalars(
            select(Category.path).order_by(Category.ordinal, Category.path)
        )
        return list(found)


async def tree(newsroom: Newsroom) -> tuple[Category, Category, Category, Category]:
    """Make two roots, one of which has a child and a grandchild."""
    animals = await newsroom.category("Animals")
    birds = await newsroom.category("Birds", animals)
    owls = await newsroom.category("Owls", birds)
    return animals, birds, owls, await newsroom.category("Animals and plants")


async def test_a_new_word_is_in_all_paths_below_and_in_no_other(newsroom: Newsroom) -> None:
    animals, *_ = await tree(newsroom)
    changed = await change(newsroom, animals, slug="beasts", name="Beasts", description="All.")
    assert (changed.name, changed.description, changed.path) == ("Beasts", "All.", "beasts")
    assert set(await paths(newsroom)) == {
        "beasts",
        "beasts/birds",
        "beasts/birds/owls",
        "animals-and-plants",
    }


async def test_what_is_not_named_stays(newsroom: Newsroom) -> None:
    _, birds, *_ = await tree(newsroom)
    changed = await change(newsroom, birds, name="Fowl")
    assert (changed.name, changed.slug, changed.path) == ("Fowl", "birds", "animals/birds")
    assert (changed.parent_id, changed.description) == (birds.parent_id, "")


async def test_a_category_moves_with_all_below_it(newsroom: Newsroom) -> None:
    animals, birds, owls, other = await tree(newsroom)
    moved = await change(newsroom, birds, parent_id=other.id)
    assert (moved.parent_id, moved.path) == (other.id, "animals-and-plants/birds")
    assert "animals-and-plants/birds/owls" in await paths(newsroom)
    root = await change(newsroom, owls, parent_id="", slug="night-birds")
    assert (root.parent_id, root.path) == (None, "night-birds")
    back = await change(newsroom, birds, parent_id=animals.id, slug="fowl", name="Fowl")
    assert back.path == "animals/fowl"


async def test_siblings_stand_where_they_are_put(newsroom: Newsroom) -> None:
    parent = await newsroom.category("Top")
    one, _, three = [await newsroom.category(name, parent) for name in ("One", "Two", "Three")]

    async def order() -> list[str]:
        return [path.removeprefix("top/") for path in await paths(newsroom) if "/" in path]

    assert await order() == ["one", "two", "three"]
    await change(newsroom, three, ordinal=0)
    assert await order() == ["three", "one", "two"]
    await change(newsroom, one, ordinal=99)
    assert await order() == ["three", "two", "one"]
    await change(newsroom, one, ordinal=-1)
    assert await order() == ["one", "three", "two"]
    await change(newsroom, one, ordinal=1)
    assert await order() == ["three", "one", "two"]


async def test_nothing_goes_below_itself(newsroom: Newsroom) -> None:
    animals, birds, owls, _ = await tree(newsroom)
    before = await paths(newsroom)
    for below in (animals, birds, owls):
        assert await refused(newsroom, animals, parent_id=below.id) == [
            ("CATEGORY_CYCLE", ("parentId",))
        ]
    assert await paths(newsroom) == before


async def test_two_moves_at_once_make_no_cycle(newsroom: Newsroom) -> None:
    one, two = await newsroom.category("One"), await newsroom.category("Two")
    await asyncio.gather(
        change(newsroom, one, parent_id=two.id),
        change(newsroom, two, parent_id=one.id),
        return_exceptions=True,
    )
    async with newsroom.database.reading() as session:
        parents = (await session.scalars(select(Category.parent_id))).all()
    assert None in parents  # so there still is a root


@pytest.mark.parametrize("is_root", [True, False])
async def test_a_path_leads_to_one_category(newsroom: Newsroom, *, is_root: bool) -> None:
    parent = None if is_root else await newsroom.category("Top")
    one, two = await newsroom.category("One", parent), await newsroom.category("Two", parent)
    below = await newsroom.category("One", two)
    assert await refused(newsroom, two, slug="one") == [("DUPLICATE_NAME", ("slug",))]
    place = parent.id if parent is not None else ""
    assert await refused(newsroom, below, parent_id=place) == [("DUPLICATE_NAME", ("slug",))]
    assert await refused(newsroom, two, slug="one", ordinal=0) == [("DUPLICATE_NAME", ("slug",))]
    assert await newsroom.codes(
        newsroom.publisher,
        create_category,
        "One",
        parent_id=parent.id if parent else None,
    ) == ["DUPLICATE_NAME"]
    # The same word in another place is another path.
    assert (await change(newsroom, below, name="Other one")).slug == one.slug


async def test_unknown_categories_and_words_that_do_not_fit_are_refused(newsroom: Newsroom) -> None:
    category = await newsroom.category("One")
    unknown = "cat_" + "0" * 26
    assert await refused(newsroom, category, parent_id=unknown) == [("NOT_FOUND", ())]
    for slug in ("", "two words", "a/b", "..", "Caps"):
        assert await refused(newsroom, category, slug=slug) == [("INVALID_VALUE", ("slug",))]
    assert await newsroom.codes(newsroom.publisher, change_category, unknown, name="x") == [
        "NOT_FOUND"
    ]
    assert await newsroom.codes(newsroom.publisher, create_category, "x", parent_id=unknown) == [
        "NOT_FOUND"
    ]
    assert await paths(newsroom) == ["one"]


async def test_only_publishers_change_the_tree(newsroom: Newsroom) -> None:
    category = await newsroom.category("One")
    for actor in (newsroom.author, newsroom.reviewers[0]):
        assert await newsroom.codes(actor, change_category, category.id, name="x") == [
            "NOT_ALLOWED"
        ]


async def test_whoever_has_a_part_of_the_tree_moves_nothing_out_of_it_or_into_it(
    newsroom: Newsroom,
) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    below = await newsroom.category("Below", mine)
    other = await newsroom.category("Other", theirs)
    limited = await newsroom.person("Lim", Grant(role="publisher", category_id=mine.id))
    for category, place in ((below, theirs.id), (other, mine.id), (below, "")):
        assert await newsroom.codes(
            limited,
            change_category,
            category.id,
            parent_id=place,
        ) == ["NOT_ALLOWED"]
    renamed = await newsroom.do(limited, change_category, below.id, slug="under", name="Under")
    assert renamed.path == "mine/under"
