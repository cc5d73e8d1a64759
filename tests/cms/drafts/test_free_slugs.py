"""A draft without a slug gets a free one; a slug that is given stays as it is."""

from __future__ import annotations

import asyncio
from types import new_class

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Draft
from cms.drafts.entries import (
    CreateItem,
    add_edition,
    archive_entry,
    create_entries,
    create_entry,
    duplicate_entry,
)
from cms.drafts.free_slugs import _POWERS, _Family
from cms.drafts.saving import save_draft
from cms.publishing.redirects import create_redirect
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from tests.builders import Newsroom, entry_id_of
from tests.statements import counted

FIELDS = {"body": "Some *text*."}


def content_type(name: str, path: str | None) -> type[ContentType]:
    """Return a content type with a path."""
    values = {"__doc__": "Has a body.", "body": Markdown()}
    return new_class(name, (ContentType,), {"path": path}, lambda made: made.update(values))


SITE = Site(
    "Slugs",
    content_types=[
        content_type("Story", "/{locale}/stories/{slug}"),
        content_type("Tale", "/{locale}/{slug:path}"),
        content_type("Guide", "/{locale}/{category}/{slug}"),
        content_type("Snippet", None),
    ],
    locales=("en", "de"),
    url="https://example.org",
    routes=("/en/stories/search",),
)


@pytest.fixture
def desk(newsroom: Newsroom) -> Newsroom:
    """A newsroom of the site."""
    return newsroom.at(SITE)


async def created(desk: Newsroom, *titles: str, type_: str = "Story", slug: str = "") -> list[str]:
    """Create entries with one command; return their slugs."""
    drafts = [Draft(title=each, slug=slug, fields=FIELDS) for each in titles]
    items = [CreateItem(content_type=type_, draft=each) for each in drafts]
    async with desk.as_(desk.author) as work:
        outcomes = await create_entries(work, items)
    return [each.result.revision.slug for each in outcomes if each.result is not None]


async def test_equal_titles_get_different_slugs(desk: Newsroom) -> None:
    assert await created(desk, "It") == ["it"]
    assert await created(desk, "It") == ["it-2"]
    assert await created(desk, "It", "It", "Other", "It") == ["it-3", "it-4", "other", "it-5"]
    # Other types: one with pages elsewhere, and one without pages.
    assert await created(desk, "It", "It", type_="Tale") == ["it", "it-2"]
    assert await created(desk, "It", "It", type_="Snippet") == ["it", "it-2"]
    assert await created(desk, "It", type_="Snippet") == ["it-3"]
    assert await created(desk, "!!!", "!!!") == ["", ""]
    assert await created(desk, "Łódź", "Lodz") == ["lodz", "lodz-2"]


async def test_a_slug_that_is_given_stays(desk: Newsroom) -> None:
    assert await created(desk, "It") == ["it"]
    assert await created(desk, "Any", slug="it") == ["it"]
    items = [
        CreateItem(content_type="Story", draft=Draft(title="New", fields=FIELDS)),
        CreateItem(content_type="Story", draft=Draft(title="Any", slug="new", fields=FIELDS)),
    ]
    async with desk.as_(desk.author) as work:
        outcomes = await create_entries(work, items)
    assert [each.result.revision.slug for each in outcomes if each.result] == ["new-2", "new"]


async def test_numbers_that_are_words_of_titles_are_taken_too(desk: Newsroom) -> None:
    assert await created(desk, "It 2", "It", "It", "It 2") == ["it-2", "it", "it-3", "it-2-2"]


async def test_what_was_public_or_is_redirected_or_a_route_is_not_free(desk: Newsroom) -> None:
    head = await desk.draft("Story", title="It")
    await desk.publish(head)
    moved = await desk.save(head, title="It", slug="moved")
    await desk.publish(moved)
    assert await created(desk, "It") == ["it-2"]
    assert await created(desk, "Moved") == ["moved-2"]
    gone = await desk.draft("Story", title="Gone")
    await desk.publish(gone)
    gone_id = await entry_id_of_head(desk, gone)
    await desk.do(desk.publisher, unpublish_entry, gone_id)
    await desk.do(desk.administrator, archive_entry, gone_id)
    assert await created(desk, "Gone") == ["gone-2"]
    async with desk.as_(desk.publisher) as work:
        await create_redirect(work, "/en/stories/led", "https://example.com", locale="en")
    assert await created(desk, "Led", "Search") == ["led-2", "search-2"]


async def entry_id_of_head(desk: Newsroom, head: object) -> str:
    """Return the entry of a revision."""
    async with desk.as_(desk.author) as work:
        return await entry_id_of(work, head)  # type: ignore[arg-type]


async def test_copies_and_translations_get_free_slugs(desk: Newsroom) -> None:
    first, second = [await desk.draft("Story", title="It", slug=each) for each in ("it", "other")]
    first_id, second_id = [await entry_id_of_head(desk, each) for each in (first, second)]
    async with desk.as_(desk.author) as work:
        copies = [(await duplicate_entry(work, first_id)).revision.slug for _ in range(3)]
        assert copies == ["it-copy", "it-copy-2", "it-copy-3"]
        assert (await duplicate_entry(work, first_id, slug="it")).revision.slug == "it"
        # Each locale has paths of its own.
        assert (await add_edition(work, first_id, "de")).revision.slug == "it"
        german = Draft(title="Es", slug="other", fields=FIELDS)
        await create_entry(work, "Story", german, locale="de")
        assert (await add_edition(work, second_id, "de")).revision.slug == "other-2"


async def test_a_slug_is_free_in_its_category(desk: Newsroom) -> None:
    one, two = await desk.category("One"), await desk.category("Two")
    slugs = [
        (await desk.draft("Guide", title="It", category=each)).slug for each in (one, two, one)
    ]
    assert slugs == ["it", "it", "it-2"]


async def test_a_long_title_leaves_room_for_a_number(desk: Newsroom) -> None:
    title = "word " * 60
    first, second = await created(desk, title, title)
    assert len(first) <= 200
    assert len(second) <= 200
    assert second.endswith("-2")
    assert first != second


async def test_writers_at_once_get_different_slugs(desk: Newsroom) -> None:
    found = await asyncio.gather(*(created(desk, "It", "It") for _ in range(4)))
    slugs = [slug for some in found for slug in some]
    assert len(set(slugs)) == len(slugs)


async def test_many_entries_of_one_title_cost_few_statements(desk: Newsroom) -> None:
    async def statements(count: int) -> int:
        with counted(desk.database) as executed:
            slugs = await created(desk, *["It"] * count)
        assert len(set(slugs)) == count
        return len(executed)

    few = await statements(2)
    assert await statements(500) <= few + 8
    assert await statements(500) <= few + 16


@given(st.sets(st.integers(1, 5_000)), st.integers(1, 3_000))
def test_a_free_number_is_found_among_any_that_are_taken(some: set[int], dense: int) -> None:
    family = _Family(("en",), "/\0", "it")
    taken = {family.name(number) for number in some | {*range(1, dense)}}
    numbers: object = _POWERS
    rounds = 0
    while numbers:
        family.narrow(numbers, taken)  # type: ignore[arg-type]
        numbers = family.probes() if family.free - family.taken > 1 else ()
        rounds += 1
    assert family.name(family.free) not in taken
    assert family.free == 1 or family.name(family.free - 1) in taken
    assert rounds <= 6


@pytest.mark.parametrize("slug", ["", "it-2"])
async def test_a_page_that_is_saved_without_a_slug_keeps_its_own(desk: Newsroom, slug: str) -> None:
    async with desk.as_(desk.author) as work:
        await create_entry(work, "Story", Draft(title="It", fields=FIELDS))
    async with desk.as_(desk.author) as work:
        saved = await create_entry(work, "Story", Draft(title="It", slug=slug, fields=FIELDS))
    assert saved.revision.slug == "it-2"
    async with desk.as_(desk.author) as work:
        saved = await save_draft(
            work,
            saved.entry_id,
            Draft(title="Else", fields=FIELDS),
            base_revision=saved.revision.id,
        )
    assert saved.revision.slug == "it-2"
