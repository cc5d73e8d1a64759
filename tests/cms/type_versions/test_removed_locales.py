"""Editions in locales that are no longer declared."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Reference
from cms.content.snapshot import Draft
from cms.drafts.entries import add_edition, create_entry
from cms.publishing.publish_impact import check_publish
from cms.site import Site
from tests.builders import Newsroom
from tests.changing import Changing


def site_in(*locales: str) -> Site:
    """Return a site in these locales."""

    class Page(ContentType, path="/{locale}/{slug}"):
        about = Reference()

    return Site("S", content_types=(Page,), locales=locales)


async def test_a_link_to_an_entry_with_a_draft_in_such_a_locale_is_checked(
    newsroom: Newsroom,
) -> None:
    changing = Changing(newsroom)
    await changing.migrate(site_in("en", "de"))
    async with newsroom.as_(newsroom.author) as work:
        target = await create_entry(work, "Page", Draft(title="Target"))
        await add_edition(work, target.entry_id, "de")
        page = await create_entry(
            work, "Page", Draft(title="Page", fields={"about": f"/en/{target.revision.slug}"})
        )
    await changing.migrate(site_in("en"))
    async with newsroom.desk.reading(newsroom.author) as reading:
        checks = await check_publish(reading, page.entry_id)
    (error,) = (each for one in checks for each in one.errors if "Target" in each.message)
    assert error.path == ("fields", "about")
