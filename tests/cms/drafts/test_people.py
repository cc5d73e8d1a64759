"""People are entries: made by administrators as drafts, each with a slug of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.content.snapshot import Changes, Draft
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import add_edition, create_entry, duplicate_entry
from cms.drafts.people import create_person
from cms.drafts.saving import Saved, update_entry
from cms.identifiers import kind_of
from cms.tables import Entry, Publication
from tests.builders import Newsroom
from tests.signing_in import records

PROFILES = [{"name": "The register", "url": "https://example.org/ada"}]


async def a_person(newsroom: Newsroom, **values: Any) -> Saved:
    return await newsroom.do(newsroom.administrator, create_person, Draft(**values))


async def codes(newsroom: Newsroom, **values: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Return why an administrator cannot create a person."""
    errors = await newsroom.refusal(newsroom.administrator, create_person, Draft(**values))
    return [(error.code, error.path) for error in errors]


async def test_a_person_is_a_draft_with_a_biography_and_profiles(newsroom: Newsroom) -> None:
    made = await a_person(
        newsroom, title="Zoë Newcomer", summary="Writes.", fields={"profiles": PROFILES}
    )
    assert kind_of(made.entry_id) == "person"
    assert (made.revision.slug, made.revision.summary) == ("zoe-newcomer", "Writes.")
    assert made.revision.content["fields"] == {"profiles": PROFILES}
    assert [each.subject for each in await records(newsroom, "person:create")][-1] == made.entry_id
    async with newsroom.database.reading() as session:
        entry = await session.get_one(Entry, made.entry_id)
        public = select(Publication).where(Publication.entry_id == made.entry_id)
        assert (await session.scalars(public)).all() == []
    assert entry.content_type == "Person"


async def test_it_is_reviewed_and_published_like_any_entry(newsroom: Newsroom) -> None:
    made = await a_person(newsroom, title="Nora")
    better = await newsroom.update(made.revision, summary="Writes.")
    (publication,) = await newsroom.publish(better)
    assert (publication.entry_id, publication.basis) == (made.entry_id, "signed_off")
    begun = await newsroom.do(newsroom.author, add_edition, made.entry_id, "de")
    german = await newsroom.do(
        newsroom.author,
        update_entry,
        made.entry_id,
        Changes(summary="Schreibt."),
        base_revision=begun.revision.id,
        locale="de",
    )
    (translated,) = await newsroom.publish(german.revision, locale="de")
    assert translated.summary == "Schreibt."


async def test_only_administrators_create_people(newsroom: Newsroom) -> None:
    for actor in (newsroom.author, newsroom.reviewers[0], newsroom.publisher):
        assert await newsroom.codes(actor, create_person, Draft(title="Nora")) == ["NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"title": ""}, ("title",)),
        ({"title": "♥"}, ("title",)),
        ({"title": "Nora", "slug": "No Slug"}, ("slug",)),
        ({"fields": {"profiles": [{"name": "N", "url": "nowhere"}]}}, None),
        ({"fields": {"links": []}}, ("fields", "links")),
    ],
)
async def test_what_does_not_fit_leaves_nothing(
    newsroom: Newsroom, values: dict[str, Any], path: tuple[str, ...] | None
) -> None:
    async def entries() -> int | None:
        async with newsroom.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(Entry))

    before = await entries()
    ((code, found), *_) = await codes(newsroom, **{"title": "Nora", **values})
    assert code == "INVALID_VALUE"
    assert found == path if path is not None else found[:3] == ("fields", "profiles", 0)
    assert await entries() == before


async def test_a_person_is_in_no_category(newsroom: Newsroom) -> None:
    topic = await newsroom.category("Topic")
    assert await codes(newsroom, title="Nora", category=topic.id) == [
        ("INVALID_VALUE", ("category",))
    ]


async def test_a_slug_is_that_of_one_person(newsroom: Newsroom) -> None:
    taken = [("DUPLICATE_NAME", ("slug",))]
    assert await codes(newsroom, title="Another", slug="ada-author") == taken
    nora = await a_person(newsroom, title="Nora")
    assert await codes(newsroom, title="Nora") == taken
    assert (await newsroom.update(nora.revision, summary="Writes.")).slug == "nora"
    other = await a_person(newsroom, title="Other")
    (error,) = await newsroom.refusal(
        newsroom.author, lambda _: newsroom.update(other.revision, slug="nora")
    )
    assert (error.code, error.path) == ("DUPLICATE_NAME", ("slug",))
    # Pages and categories have slugs of their own.
    assert (await newsroom.draft(slug="nora")).slug == "nora"
    assert (await newsroom.category("Nora")).slug == "nora"


async def test_a_slug_that_is_public_stays_taken_until_another_is(newsroom: Newsroom) -> None:
    nora = await a_person(newsroom, title="Nora")
    await newsroom.publish(nora.revision)
    renamed = await newsroom.update(nora.revision, slug="nora-new")
    taken = [("DUPLICATE_NAME", ("slug",))]
    for slug in ("nora", "nora-new"):
        assert await codes(newsroom, title="Other", slug=slug) == taken
    await newsroom.publish(renamed)
    assert (await a_person(newsroom, title="Nora")).revision.slug == "nora"


async def test_of_two_who_take_a_slug_at_once_one_gets_it(newsroom: Newsroom) -> None:
    both = await asyncio.gather(
        *(a_person(newsroom, title="Nora") for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["Refused", "Saved"]


async def test_people_and_categories_are_not_made_copied_or_deleted_like_pages(
    newsroom: Newsroom,
) -> None:
    topic = await newsroom.category("Topic")
    administrator, author_id = newsroom.administrator, str(newsroom.author.person_id)
    for name, entry_id in (("Person", author_id), ("Category", topic.id)):
        (error,) = await newsroom.refusal(administrator, create_entry, name, Draft(title="X"))
        assert (error.code, error.path) == ("INVALID_VALUE", ("contentType",))
        assert f"create_{name.lower()}" in error.message
        codes_of_copy = await newsroom.codes(administrator, duplicate_entry, entry_id, slug="x")
        assert codes_of_copy == ["INVALID_VALUE"]
        assert await newsroom.codes(administrator, delete_entry, entry_id) == ["HAS_HISTORY"]
