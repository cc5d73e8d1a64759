"""The tree of topics is a tree; its places are facts, and its paths follow from its slugs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha512
from typing import Any

import pytest
from sqlalchemy import select

from cms import clock
from cms.authorization.actor import OPERATOR, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Draft
from cms.drafts.category_tree import hold_tree, store_paths
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import add_edition, create_entry, duplicate_entry
from cms.errors import Refused
from cms.publishing.moving import faults_of_addresses
from cms.publishing.publish_impact import check_publish
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from cms.tables import CategoryPath, CategoryPlace
from cms.taxonomy.categories import check_move_category, create_category, move_category
from tests.builders import Newsroom, Topic
from tests.conftest import begins_with
from tests.rewording import begin_translation, reword


async def move(newsroom: Newsroom, topic: Topic, **where: Any) -> None:
    await newsroom.do(newsroom.publisher, move_category, topic.id, **where)


async def refused(newsroom: Newsroom, topic: Topic, **where: Any) -> list[Any]:
    errors = await newsroom.refusal(newsroom.publisher, move_category, topic.id, **where)
    return [(error.code, error.path) for error in errors]


async def paths(newsroom: Newsroom, locale: str = "en") -> list[str]:
    """Return all paths, siblings in their order."""
    async with newsroom.database.reading() as session:
        found = await session.scalars(
            select(CategoryPath.path)
            .join(CategoryPlace, CategoryPlace.category_id == CategoryPath.category_id)
            .where(CategoryPath.locale == locale, CategoryPlace.ended_position.is_(None))
            .order_by(CategoryPlace.ordinal, CategoryPath.path)
        )
        return list(found)


async def parents(newsroom: Newsroom) -> dict[str, str | None]:
    async with newsroom.database.reading() as session:
        rows = await session.execute(
            select(CategoryPlace.category_id, CategoryPlace.parent_id).where(
                CategoryPlace.ended_position.is_(None)
            )
        )
        return dict(rows.all())


Tree = tuple[Topic, Topic, Topic, Topic]


async def tree(newsroom: Newsroom) -> Tree:
    """Make two roots, one of which has a child and a grandchild."""
    animals = await newsroom.category("Animals")
    birds = await newsroom.category("Birds", animals)
    owls = await newsroom.category("Owls", birds)
    return animals, birds, owls, await newsroom.category("Animals and plants")


async def is_sound(newsroom: Newsroom) -> bool:
    async with newsroom.database.reading() as session:
        return await faults_of_addresses(session, newsroom.site, clock.now()) == []


# --- Words ---


@begins_with(tree)
async def test_a_published_slug_is_in_all_paths_below_and_in_no_other(
    newsroom: Newsroom, content: Tree
) -> None:
    animals, *_ = content
    await reword(newsroom, animals.id, slug="beasts", title="Beasts", summary="All.")
    assert set(await paths(newsroom)) == {
        "beasts",
        "beasts/birds",
        "beasts/birds/owls",
        "animals-and-plants",
    }
    assert await is_sound(newsroom)


@begins_with(tree)
async def test_a_draft_of_a_public_category_changes_no_path(
    newsroom: Newsroom, content: Tree
) -> None:
    animals, *_ = content
    before = await paths(newsroom)
    await newsroom.update(animals.revision, slug="beasts")
    assert await paths(newsroom) == before
    assert await is_sound(newsroom)


async def test_a_category_that_is_not_public_has_the_path_of_its_draft(newsroom: Newsroom) -> None:
    made = await newsroom.do(newsroom.publisher, create_category, Draft(title="Cats"))
    below = await newsroom.do(
        newsroom.publisher, create_category, Draft(title="Lions"), parent_id=made.entry_id
    )
    assert await paths(newsroom) == ["cats", "cats/lions"]
    await newsroom.update(made.revision, actor=newsroom.author, slug="felines")
    assert await paths(newsroom) == ["felines", "felines/lions"]
    await newsroom.update(below.revision, actor=newsroom.author, slug="big")
    assert await paths(newsroom) == ["felines", "felines/big"]
    assert await is_sound(newsroom)


@begins_with(tree)
async def test_each_locale_has_the_slugs_that_it_shows(newsroom: Newsroom, content: Tree) -> None:
    _, birds, *_ = content
    german = await begin_translation(newsroom, birds.id, "de", title="Vögel", slug="voegel")
    assert "animals/birds" in await paths(newsroom, "de")  # until it is public
    await newsroom.publish(german, locale="de")
    assert set(await paths(newsroom, "de")) == {
        "animals",
        "animals/voegel",
        "animals/voegel/owls",
        "animals-and-plants",
    }
    assert "animals/birds/owls" in await paths(newsroom)
    await newsroom.do(newsroom.publisher, unpublish_entry, birds.id, locale="de")
    assert await paths(newsroom, "de") == await paths(newsroom)
    assert await is_sound(newsroom)


async def test_a_path_leads_to_one_category(newsroom: Newsroom) -> None:
    top = await newsroom.category("Top")
    one, two = await newsroom.category("One", top), await newsroom.category("Two", top)
    below = await newsroom.category("One", two)
    (error,) = await newsroom.refusal(
        newsroom.publisher, create_category, Draft(title="One"), parent_id=top.id
    )
    assert (error.code, error.path) == ("DUPLICATE_NAME", ("slug",))
    assert await refused(newsroom, below, parent_id=top.id) == [("DUPLICATE_NAME", ("parentId",))]
    # A draft can have any slug; the path is taken when it is published.
    head = await newsroom.update(two.revision, slug="one")
    checks = await newsroom.do(newsroom.author, check_publish, two.id)
    assert [error.code for each in checks for error in each.errors] == [
        "MISSING_SIGN_OFF",
        "DUPLICATE_NAME",
    ]
    with pytest.raises(Refused, match="there is already a category 'top/one'"):
        await newsroom.publish(head)
    assert set(await paths(newsroom)) == {"top", "top/one", "top/two", "top/two/one"}
    assert one.slug == below.slug


async def test_the_path_of_a_category_has_at_most_a_thousand_bytes(newsroom: Newsroom) -> None:
    """PostgreSQL cannot index longer ones, and pages below have longer paths yet."""
    parent = await newsroom.category("Top", slug="t" * 100)
    for number in range(4):
        digits = sha512(str(number).encode()).hexdigest()  # which cannot be compressed
        parent = await newsroom.category("Below", parent, slug=(digits * 2)[:200])
    too_long = Draft(title="One more", slug="m" * 96)
    (error,) = await newsroom.refusal(
        newsroom.publisher, create_category, too_long, parent_id=parent.id
    )
    assert (error.code, error.path) == ("INVALID_VALUE", ("slug",))
    assert "would have 1,001 bytes; at most 1,000 are allowed" in error.message
    fits = await newsroom.category("One more", parent, slug="m" * 95)
    other = await newsroom.category("Other", slug="ж" * 48)
    assert await refused(newsroom, other, parent_id=parent.id) == [("INVALID_VALUE", ("parentId",))]
    head = await newsroom.update(fits.revision, slug=too_long.slug)
    with pytest.raises(Refused, match="would have 1,001 bytes"):
        await newsroom.publish(head)
    assert await is_sound(newsroom)


async def test_a_path_that_was_longer_before_is_in_the_way_of_no_other(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Former versions allowed longer paths; such a site can still work, and shorten them."""
    with monkeypatch.context() as former:
        former.setattr("cms.drafts.category_tree.LONGEST_TREE_PATH", 1_300)
        top = parent = await newsroom.category("Top", slug="a" * 200)
        for letter in "bcdef":
            parent = await newsroom.category("Below", parent, slug=letter * 200)
    other, under = await newsroom.category("Other"), await newsroom.category("Under")
    head = await newsroom.update(under.revision, slug="renamed")
    await newsroom.publish(head)
    await move(newsroom, under, parent_id=other.id)
    async with newsroom.as_(OPERATOR) as work:
        await store_paths(work, await hold_tree(work))
    assert await refused(newsroom, other, parent_id=parent.id) == [("INVALID_VALUE", ("parentId",))]
    head = await newsroom.update(top.revision, slug="a" * 100)
    with pytest.raises(Refused, match="would have 1,105 bytes"):
        await newsroom.publish(head)
    await move(newsroom, parent, parent_id="")
    await newsroom.publish(head)
    assert await is_sound(newsroom)


@pytest.mark.parametrize("draft", [Draft(), Draft(title="*"), Draft(slug="Not a slug", title="x")])
async def test_a_category_has_a_name_and_a_slug(newsroom: Newsroom, draft: Draft) -> None:
    errors = await newsroom.refusal(newsroom.publisher, create_category, draft)
    assert {error.code for error in errors} == {"INVALID_VALUE"}
    assert await paths(newsroom) == []


@begins_with(tree)
async def test_a_category_is_made_by_its_own_command_and_stays(
    newsroom: Newsroom, content: Tree
) -> None:
    animals, *_ = content
    assert await newsroom.codes(
        newsroom.administrator, create_entry, "Category", Draft(title="x")
    ) == ["INVALID_VALUE"]
    assert await newsroom.codes(newsroom.administrator, duplicate_entry, animals.id) == [
        "INVALID_VALUE"
    ]
    assert await newsroom.codes(newsroom.administrator, delete_entry, animals.id) == ["HAS_HISTORY"]
    (error,) = await newsroom.refusal(
        newsroom.publisher, create_category, Draft(title="x", category=animals.id)
    )
    assert (error.code, error.path) == ("INVALID_VALUE", ("category",))


# --- Places ---


@begins_with(tree)
async def test_a_category_moves_with_all_below_it(newsroom: Newsroom, content: Tree) -> None:
    animals, birds, owls, other = content
    await move(newsroom, birds, parent_id=other.id)
    assert "animals-and-plants/birds/owls" in await paths(newsroom)
    await move(newsroom, owls, parent_id="")
    assert (await parents(newsroom))[owls.id] is None
    assert "owls" in await paths(newsroom)
    await move(newsroom, birds, parent_id=animals.id)
    assert "animals/birds" in await paths(newsroom)
    assert await is_sound(newsroom)


async def test_siblings_stand_where_they_are_put(newsroom: Newsroom) -> None:
    parent = await newsroom.category("Top")
    one, _, three = [await newsroom.category(name, parent) for name in ("One", "Two", "Three")]

    async def order() -> list[str]:
        return [path.removeprefix("top/") for path in await paths(newsroom) if "/" in path]

    assert await order() == ["one", "two", "three"]
    await move(newsroom, three, ordinal=0)
    assert await order() == ["three", "one", "two"]
    await move(newsroom, one, ordinal=99)
    assert await order() == ["three", "two", "one"]
    await move(newsroom, one, ordinal=-1)
    assert await order() == ["one", "three", "two"]
    await move(newsroom, one, ordinal=1)
    assert await order() == ["three", "one", "two"]
    other = await newsroom.category("Other")
    await move(newsroom, other, parent_id=parent.id)
    assert await order() == ["three", "one", "two", "other"]


async def test_siblings_keep_their_order_after_one_has_left(newsroom: Newsroom) -> None:
    parent = await newsroom.category("Top")
    one, two, _ = [await newsroom.category(name, parent) for name in ("One", "Two", "Three")]

    async def order() -> list[str]:
        return [path.removeprefix("top/") for path in await paths(newsroom) if "/" in path]

    await move(newsroom, one, parent_id="")
    assert await order() == ["two", "three"]
    await move(newsroom, two)
    assert await order() == ["two", "three"]
    await newsroom.category("A fourth", parent)
    assert await order() == ["two", "three", "a-fourth"]
    await move(newsroom, one, parent_id=parent.id)
    assert await order() == ["two", "three", "a-fourth", "one"]


@begins_with(tree)
async def test_a_move_closes_places_and_one_to_where_it_is_does_nothing(
    newsroom: Newsroom, content: Tree
) -> None:
    animals, birds, _, other = content

    async def places() -> list[tuple[str | None, bool]]:
        async with newsroom.database.reading() as session:
            rows = await session.scalars(
                select(CategoryPlace)
                .where(CategoryPlace.category_id == birds.id)
                .order_by(CategoryPlace.position)
            )
            return [(each.parent_id, each.ended_position is None) for each in rows]

    await move(newsroom, birds, parent_id=animals.id)
    await move(newsroom, birds, ordinal=0)
    assert await places() == [(animals.id, True)]
    await move(newsroom, birds, parent_id=other.id)
    assert await places() == [(animals.id, False), (other.id, True)]


@begins_with(tree)
async def test_nothing_goes_below_itself(newsroom: Newsroom, content: Tree) -> None:
    animals, birds, owls, _ = content
    before = await paths(newsroom)
    for below in (animals, birds, owls):
        assert await refused(newsroom, animals, parent_id=below.id) == [
            ("CATEGORY_CYCLE", ("parentId",))
        ]
    assert await paths(newsroom) == before


async def test_two_moves_at_once_make_no_cycle(newsroom: Newsroom) -> None:
    one, two = await newsroom.category("One"), await newsroom.category("Two")
    await asyncio.gather(
        move(newsroom, one, parent_id=two.id),
        move(newsroom, two, parent_id=one.id),
        return_exceptions=True,
    )
    assert None in (await parents(newsroom)).values()  # so there still is a root
    assert await is_sound(newsroom)


async def test_unknown_categories_are_refused(newsroom: Newsroom) -> None:
    category = await newsroom.category("One")
    unknown = "cat_" + "0" * 26
    for place in (unknown, "one"):
        assert await refused(newsroom, category, parent_id=place) == [("NOT_FOUND", ("parentId",))]
    assert await newsroom.codes(newsroom.publisher, move_category, unknown) == ["NOT_FOUND"]
    person = str(newsroom.author.person_id)
    assert await newsroom.codes(newsroom.publisher, move_category, person) == ["NOT_FOUND"]
    draft = Draft(title="x")
    assert await newsroom.codes(newsroom.publisher, create_category, draft, parent_id=unknown) == [
        "NOT_FOUND"
    ]
    assert await paths(newsroom) == ["one"]


async def test_only_publishers_make_and_move_categories(newsroom: Newsroom) -> None:
    category = await newsroom.category("One")
    for actor in (newsroom.author, newsroom.reviewers[0]):
        assert await newsroom.codes(actor, move_category, category.id, parent_id="") == [
            "NOT_ALLOWED"
        ]
        assert await newsroom.codes(actor, create_category, Draft(title="x")) == ["NOT_ALLOWED"]


async def test_an_account_with_a_part_of_the_tree_moves_nothing_out_of_it_or_into_it(
    newsroom: Newsroom,
) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    below, last = await newsroom.category("Below", mine), await newsroom.category("Last", mine)
    other = await newsroom.category("Other", theirs)
    limited = await newsroom.person("Lim", Grant(role="publisher", category_id=mine.id))
    for category, place in ((below, theirs.id), (other, mine.id), (below, "")):
        for command in (move_category, check_move_category):
            assert await newsroom.codes(limited, command, category.id, parent_id=place) == [
                "NOT_ALLOWED"
            ]
    await newsroom.do(limited, move_category, below.id, parent_id=last.id)
    assert "mine/last/below" in await paths(newsroom)


async def test_words_in_a_part_of_the_tree_are_for_those_who_have_it(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    below = await newsroom.category("Below", mine)
    limited = await newsroom.person("Lim", Grant(role="author", category_id=mine.id))
    for topic in (mine, below):
        await newsroom.update(topic.revision, actor=limited, title="Other words")
    with pytest.raises(Refused):
        await newsroom.update(theirs.revision, actor=limited, title="Other words")


# --- Pages ---


class Page(ContentType, path="/{category}/{slug}"):
    """A page in a category."""

    body = Markdown(required=True)


PLACES = Site(
    "Places",
    content_types=(Page,),
    locales=("en", "de"),
    url={"en": "https://example.org", "de": "https://example.de"},
)


async def test_pages_move_with_their_category_in_each_locale(newsroom: Newsroom) -> None:
    newsroom.site = PLACES
    _, birds, _, other = await tree(newsroom)
    english = await newsroom.draft("Page", slug="snowy", category=birds)
    (page,) = await newsroom.publish(english)
    german = await newsroom.translate(english, "de", title="Schnee", slug="schnee", category=birds)
    (translated,) = await newsroom.publish(german, locale="de")
    assert await newsroom.path(translated) == "/animals/birds/schnee"

    words = await begin_translation(newsroom, birds.id, "de", title="Vögel", slug="voegel")
    await newsroom.publish(words, locale="de")
    assert await newsroom.path(translated) == "/animals/voegel/schnee"
    assert await newsroom.path(page) == "/animals/birds/snowy"

    impact = await newsroom.do(
        newsroom.publisher, check_move_category, birds.id, parent_id=other.id
    )
    moves = {(each.old_path, each.path) for each in impact.moves}
    assert (impact.tree_path, impact.errors) == ("animals-and-plants/birds", [])
    assert moves == {
        ("/animals/birds/snowy", "/animals-and-plants/birds/snowy"),
        ("/animals/voegel/schnee", "/animals-and-plants/voegel/schnee"),
    }
    assert await newsroom.path(page) == "/animals/birds/snowy"  # it was only asked

    done = await newsroom.do(newsroom.publisher, move_category, birds.id, parent_id=other.id)
    assert {(each.old_path, each.path) for each in done} == moves
    assert await newsroom.path(page) == "/animals-and-plants/birds/snowy"
    assert await newsroom.path(translated) == "/animals-and-plants/voegel/schnee"
    assert await is_sound(newsroom)


async def test_a_move_says_beforehand_why_it_would_be_refused(newsroom: Newsroom) -> None:
    one, two = await newsroom.category("One"), await newsroom.category("Two")
    below = await newsroom.category("Same", one)
    await newsroom.category("Same", two)
    impact = await newsroom.do(newsroom.publisher, check_move_category, below.id, parent_id=two.id)
    assert [each.code for each in impact.errors] == ["DUPLICATE_NAME"]


async def test_a_category_goes_below_no_parent_that_is_not_public(newsroom: Newsroom) -> None:
    birds = await newsroom.category("Birds")
    hidden = await newsroom.do(newsroom.publisher, create_category, Draft(title="Hidden"))
    assert await refused(newsroom, birds, parent_id=hidden.entry_id) == [
        ("REFERENCED_ENTRY_NOT_PUBLIC", ("parentId",))
    ]
    impact = await newsroom.do(
        newsroom.publisher, check_move_category, birds.id, parent_id=hidden.entry_id
    )
    assert [each.code for each in impact.errors] == ["REFERENCED_ENTRY_NOT_PUBLIC"]


async def test_a_translation_is_added_like_any_edition(newsroom: Newsroom) -> None:
    birds = await newsroom.category("Birds")
    saved = await newsroom.do(newsroom.author, add_edition, birds.id, "de")
    assert saved.revision.title == "Birds"
    assert await is_sound(newsroom)


@begins_with(tree)
async def test_places_do_not_overlap_if_a_clock_is_behind(
    newsroom: Newsroom, content: Tree
) -> None:
    _, birds, _, other = content
    later, now = clock.now(), clock.now() - timedelta(hours=1)
    await newsroom.do_at(later, newsroom.publisher, move_category, birds.id, parent_id=other.id)
    await newsroom.do_at(now, newsroom.publisher, move_category, birds.id, parent_id="")
    async with newsroom.database.reading() as session:
        places = list(
            await session.scalars(
                select(CategoryPlace)
                .where(CategoryPlace.category_id == birds.id)
                .order_by(CategoryPlace.position)
            )
        )
    assert [each.ended_at for each in places[:-1]] == [each.began_at for each in places[1:]]
