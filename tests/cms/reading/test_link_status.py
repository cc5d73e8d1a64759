"""The status of links: what the gate of a page would say of each, as SQL over lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.authorization.actor import OPERATOR
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.drafts.saving import save_draft
from cms.errors import Refused
from cms.publishing.publish_impact import check_publish
from cms.publishing.publishing import publish_imported
from cms.publishing.redirects import create_redirect, remove_redirect
from cms.publishing.unpublishing import unpublish_entry
from cms.reading import relations
from cms.reading.link_status import LinkStatus, status_of
from cms.reading.view import EVERYTHING, Perspective, View
from cms.site import Site
from cms.tables import Edition
from cms.work.work import Work
from tests.builders import Rehearsals
from tests.depth import EXAMPLES
from tests.sites import SITE

LOCALES = ("en", "de")
SLUGS = ("a", "b", "c")
# What happens to the two targets before a page links to them.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.sampled_from("01"), st.sampled_from(SLUGS)),
        st.tuples(st.just("publish"), st.sampled_from("01"), st.just("")),
        st.tuples(st.just("publish"), st.sampled_from("01"), st.just("")),
        st.tuples(st.just("withdraw"), st.sampled_from("01"), st.just("")),
        st.tuples(st.just("redirect"), st.sampled_from("01"), st.sampled_from(["x", "y"])),
        st.tuples(st.just("elsewhere"), st.just("0"), st.sampled_from(["x", "y"])),
        st.tuples(st.just("remove"), st.just("0"), st.sampled_from(["x", "y"])),
    ),
    max_size=8,
)
ADDRESSES = (
    *(f"/articles/{slug}" for slug in SLUGS),
    *("/articles/a#here", "b?x=1#nowhere", "./c", "page#top", "/articles/page#nowhere"),
    *("/x", "/y#here", "https://en.example/articles/a", "https://www.example/x/"),
    *("https://de.example/articles/a", "https://de.example/z", "/search?q=x", "/account/one"),
    *("https://other.example/articles/a", "mailto:a@en.example", "/nothing"),
)


# Fallbacks, steps before pages link to the targets, the links and the locale of these pages, and
# steps after that.
linked = given(
    st.sampled_from([{}, {"de": ["en"]}]),
    STEPS,
    st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=4, unique=True),
    st.sampled_from(LOCALES),
    STEPS,
)


@settings(max_examples=EXAMPLES // 2)
@linked
def test_a_link_is_broken_or_waiting_exactly_if_the_gate_is_shut(
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
        pages = [
            (await create_entry(work, "Article", page_with(href), locale=locale)).entry_id
            for href in hrefs
        ]
        for step in after:
            await take(work, targets, *step)
        found = await statuses(work, locale)
        for href, page in zip(hrefs, pages, strict=True):
            checks = await check_publish(work, page, locale=locale)
            gate = next(each for each in checks if each.gate.name == "link_targets")
            # The view does not show a link to an entry without an edition in its locales.
            status = found.get(page, LinkStatus.WAITING)
            is_shut = status in {LinkStatus.BROKEN, LinkStatus.WAITING}
            assert is_shut is bool(gate.errors), (href, status, gate.errors)

    rehearsals.rehearse(attempt, OPERATOR)


def site_of_links(fallbacks: Mapping[str, Sequence[str]]) -> Site:
    """Return the test site in two languages, with addresses of its own and routes."""
    return Site(
        "Test site",
        content_types=[*SITE.content_types.values()],
        locales=LOCALES,
        fallbacks=fallbacks,
        url={each: f"https://{each}.example" for each in LOCALES},
        own_hosts=["www.example"],
        routes=["/search", "/account/*"],
    )


async def targets_after(work: Work, steps: Sequence[tuple[str, str, str]]) -> list[str]:
    """Create two targets, take these steps, and return the ids of the targets."""
    targets = [
        (await create_entry(work, "Article", Draft(title=each, slug=each))).entry_id
        for each in "ab"
    ]
    for step in steps:
        await take(work, targets, *step)
    return targets


def page_with(href: str) -> Draft:
    """Return a page with one link."""
    return Draft(title="Page", slug="page", fields={"body": f"# Top\n\n[x]({href})"})


async def take(work: Work, targets: Sequence[str], name: str, which: str, word: str) -> None:
    """Do something with a target, unless it is refused."""
    entry_id = targets[int(which)]
    edition = (
        await work.session.scalars(select(Edition).where(Edition.entry_id == entry_id))
    ).one()
    with suppress(Refused):
        match name:
            case "save":
                draft = Draft(title="T", slug=word, fields={"body": f"# Here\n\n# {word}"})
                await save_draft(work, entry_id, draft, base_revision=str(edition.head_id))
            case "publish":
                revisions = {entry_id: str(edition.head_id)}
                await publish_imported(work, revisions, source="Elsewhere")
            case "withdraw":
                await unpublish_entry(work, entry_id)
            case "redirect":
                await create_redirect(work, f"/{word}", entry_id)
            case "elsewhere":
                await create_redirect(work, f"/{word}", "https://other.example/")
            case "remove":
                await remove_redirect(work, f"/{word}")


async def statuses(work: Work, locale: str) -> Mapping[str, str]:
    """Return the status of the link of each draft, by its entry."""
    site = work.site
    view = View(
        site.locales_for(locale),
        perspective=Perspective.DRAFT,
        scopes=EVERYTHING,
        built_in_locales=site.locales_for_built_in(locale),
    )
    links = relations.site_links(view).subquery("edge")
    chosen = select(links.c.source_id, status_of(links.c, view, site.addresses))  # type: ignore[arg-type]  # a row is what has the columns
    return dict((await work.session.execute(chosen)).all())
