"""Links that indexes find by their status: the same as all links with that status."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from typing import Any

from hypothesis import settings
from sqlalchemy import BigInteger, literal, select

from cms.authorization.actor import OPERATOR
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.errors import Refused
from cms.publishing.publishing import publish_imported
from cms.reading import relations
from cms.reading.link_faults import LinkDeclarations
from cms.reading.link_status import LinkStatus, status_of
from cms.reading.positions import newest_position
from cms.reading.view import AsOf, Past, View, view_of
from cms.reading.visibility import Relation
from cms.site import Site
from cms.work.work import Work
from tests.builders import Rehearsals
from tests.cms.reading.test_link_status import (
    LOCALES,
    linked,
    page_with,
    site_of_links,
    take,
    targets_after,
)
from tests.depth import EXAMPLES
from tests.sites import SITE

FOUND = (LinkStatus.BROKEN, LinkStatus.REDIRECTING, LinkStatus.EXTERNAL)
SETS = [each for size in (1, 2, 3) for each in combinations(FOUND, size)]


@settings(max_examples=EXAMPLES // 2)
@linked
def test_an_index_finds_all_links_with_a_status(
    rehearsals: Rehearsals,
    fallbacks: Mapping[str, Sequence[str]],
    before: Sequence[tuple[str, str, str]],
    hrefs: Sequence[str],
    locale: str,
    after: Sequence[tuple[str, str, str]],
) -> None:
    rehearsals.newsroom.site = site_of_links(fallbacks)

    async def attempt(work: Work) -> None:
        targets = await targets_after(work, before)
        for number, href in enumerate(hrefs):
            draft = page_with(href)
            page = await create_entry(
                work,
                "Article",
                Draft(title=draft.title, slug=f"page-{number}", fields=draft.fields),
                locale=locale,
            )
            with suppress(Refused):
                await publish_imported(
                    work, {page.entry_id: page.revision.id}, source="Elsewhere", locale=locale
                )
        middle = await work.session.scalar(select(newest_position())) or 0
        for step in after:
            await take(work, targets, *step)
        now = view_of(work.site, locale)
        past = Past(AsOf.POSITION, literal(middle, BigInteger()))
        await compare(work, now)
        await compare(work, View(now.locales, past=past, built_in_locales=now.built_in_locales))

    rehearsals.rehearse(attempt, OPERATOR)


async def compare(work: Work, view: View) -> None:
    """Check that each set of statuses has the same links with its index and without."""
    every = await links(work, relations.site_links(view), view, [*LinkStatus])
    of_site = LinkDeclarations(
        work.site.addresses,
        [name for name, each in work.site.stored_types.items() if each.path is None],
    )
    for statuses in SETS:
        relation = relations.links_of(view, statuses, of_site)
        expected = {key: status for key, status in every.items() if status in statuses}
        assert await links(work, relation, view, statuses) == expected
    to_urls = relations.links_to_urls(view)
    external = {key for key, status in every.items() if status == LinkStatus.EXTERNAL}
    assert external <= {*await links(work, to_urls, view, [*LinkStatus])}


async def links(
    work: Work, relation: Relation, view: View, statuses: Collection[LinkStatus]
) -> Mapping[tuple[Any, ...], str]:
    """Return the statuses of links with one of some, by the place of each link."""
    found = relation.subquery("edge")
    status = status_of(found.c, view, work.site.addresses)  # type: ignore[arg-type]  # a row is what has the columns
    chosen = select(*(found.c[name] for name in ("revision_id", "field_path", "ordinal")), status)
    rows = (await work.session.execute(chosen.where(status.in_(list(statuses))))).all()
    assert len({tuple(key) for *key, _ in rows}) == len(rows)
    return {tuple(key): status for *key, status in rows}


def test_an_index_finds_redirects_on_a_site_below_a_path(rehearsals: Rehearsals) -> None:
    rehearsals.newsroom.site = Site(
        "Test site",
        content_types=[*SITE.content_types.values()],
        locales=LOCALES,
        url={each: f"https://{each}.example/docs" for each in LOCALES},
    )

    async def attempt(work: Work) -> None:
        targets = [(await create_entry(work, "Article", Draft(title="a", slug="a"))).entry_id]
        for step in ("save", "publish"):
            await take(work, targets, step, "0", "a")
        page = await create_entry(work, "Article", page_with("https://en.example/docs/articles/a"))
        await publish_imported(work, {page.entry_id: page.revision.id}, source="Elsewhere")
        for step in ("save", "publish"):
            await take(work, targets, step, "0", "b")
        view = view_of(work.site, "en")
        every = await links(work, relations.site_links(view), view, [*LinkStatus])
        assert [*every.values()] == [LinkStatus.REDIRECTING]
        await compare(work, view)

    rehearsals.rehearse(attempt, OPERATOR)
