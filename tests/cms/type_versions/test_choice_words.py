"""Choices whose words are taken over by others."""

from __future__ import annotations

from collections.abc import Mapping

from cms.content.content_type import ContentType
from cms.content.fields import Choice
from cms.content.snapshot import Changes, Draft
from cms.drafts.entries import create_entry
from cms.drafts.saving import update_entry
from cms.search.verification import faults_in, stored_revisions
from cms.site import Site
from tests.builders import Newsroom
from tests.changing import Changing


def site_with(choices: tuple[str, ...], renamed: Mapping[str, str]) -> Site:
    """Return a site whose pages have one of these plans."""

    class Page(ContentType, path="/{slug}"):
        plan = Choice(choices=choices, renamed=renamed)

    return Site("S", content_types=(Page,))


async def test_what_derives_from_a_word_that_another_choice_has_by_now_is_derived_again(
    newsroom: Newsroom,
) -> None:
    changing = Changing(newsroom)
    await changing.migrate(site_with(("FREE", "PAID"), {}))
    async with newsroom.as_(newsroom.author) as work:
        draft = Draft(title="T", fields={"plan": "FREE"})
        page = await create_entry(work, "Page", draft)
        await update_entry(
            work,
            page.entry_id,
            Changes(fields={"plan": "PAID"}),
            base_revision=page.revision.id,
        )
    await changing.migrate(site_with(("PAID",), {}))
    await changing.migrate(site_with(("FREE",), {"FREE": "PAID"}))
    async with newsroom.database.reading() as session:
        async for batch in stored_revisions(session):
            assert faults_in(newsroom.site.stored_types, batch) == []
