"""A link passes the gates exactly if readers can follow it, in their locale or its fallbacks."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.authorization.actor import OPERATOR, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown, Reference
from cms.content.snapshot import Draft
from cms.drafts.entries import add_edition, create_entry
from cms.drafts.saving import save_draft
from cms.errors import Refused
from cms.publishing.loading import live_page_of
from cms.publishing.publish_impact import check_publish, preview_publish, preview_unpublish
from cms.publishing.publishing import publish_entry, publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.view import View
from cms.site import Site
from cms.tables import Edition, Link, Rendition, Revision
from cms.work.work import Work
from tests.builders import Newsroom, Rehearsals
from tests.depth import EXAMPLES
from tests.sites import SITE, URLS


def with_site(newsroom: Newsroom, **arguments: Any) -> None:
    """Declare the site of a newsroom with other arguments."""
    given = {
        "content_types": list(newsroom.site.content_types.values()),
        "locales": newsroom.site.locales,
        "url": URLS,
        **arguments,
    }
    newsroom.site = Site("Test site", **given)


async def refusal(
    newsroom: Newsroom, head: Revision, locale: str | None = None
) -> list[tuple[str, str]]:
    """Return why a revision is not published."""
    entry_id = await newsroom.entry_id(head)
    errors = await newsroom.refusal(
        newsroom.publisher, publish_entry, entry_id, revision_id=head.id, locale=locale
    )
    return [(each.code, each.message) for each in errors]


async def test_the_gate_names_the_page_its_title_and_the_locales(newsroom: Newsroom) -> None:
    with_site(newsroom, fallbacks={"de": ["en"]})
    target = await newsroom.draft(title="Dropout", slug="dropout")
    target_id = await newsroom.entry_id(target)
    page = await newsroom.draft(
        slug="page", body="[x](dropout#part)", related=["./dropout"], about=target_id
    )
    await newsroom.review(page)
    name = f"“Dropout” (/articles/dropout, {target_id}), which is not public in en"
    assert await refusal(newsroom, page) == [
        ("BROKEN_LINK", f"a reference leads to {name}"),
        ("BROKEN_LINK", f"the text links to {name}"),
        ("BROKEN_LINK", f"a link leads to {name}"),
    ]
    german = await newsroom.translate(page, "de", slug="seite", body=f"[x]({target_id})")
    await newsroom.review(german, "de")
    ((_, message),) = await refusal(newsroom, german, "de")
    assert message.endswith("which is not public in de, en")
    await newsroom.publish(target)
    ((_, message),) = await refusal(newsroom, page)
    assert message == (
        f"the text links to #part of “Dropout” (/articles/dropout, {target_id}), "
        "which its edition in en does not have"
    )


async def test_a_title_is_named_to_those_who_may_read_it(newsroom: Newsroom) -> None:
    secret, own = await newsroom.category("Secret"), await newsroom.category("Own")
    target = await newsroom.draft(title="Secret plan", slug="target", category=secret)
    page = await newsroom.draft(slug="page", body="[x](target)", category=own)
    target_id, entry_id = await newsroom.entry_id(target), await newsroom.entry_id(page)
    limited = await newsroom.person("Lim", Grant(role="publisher", category_id=own.id))
    await newsroom.review(page)
    (error,) = await newsroom.refusal(limited, publish_entry, entry_id, revision_id=page.id)
    assert error.message == f"the text links to {target_id}, which is not public in en"


async def test_an_address_with_nothing_behind_it_says_when_there_is_a_page(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft(slug="page", body="[x](later?y#z)")
    await newsroom.review(head)
    nothing = "the text links to /articles/later, where there is no page"
    assert await refusal(newsroom, head) == [("BROKEN_LINK", nothing)]
    await newsroom.published(title="Later", slug="later", body="# Z")
    entry_id = await newsroom.entry_id(head)
    async with newsroom.desk.reading(newsroom.author) as work:
        errors = [
            each.message for check in await check_publish(work, entry_id) for each in check.errors
        ]
    assert errors == [
        "the text links to /articles/later, where “Later” is by now; save again to link to it"
    ]
    await newsroom.publish(await newsroom.update(head))


@pytest.mark.parametrize("href", ["/search?q=x", "../account/orders", f"{URLS['en']}/account/x#y"])
async def test_a_route_of_the_frontend_is_never_broken(newsroom: Newsroom, href: str) -> None:
    with_site(newsroom, routes=["/search", "/account/*"])
    page = await newsroom.draft(slug="page", body=f"[x]({href})", sources=["/search", "/account/x"])
    (publication,) = await newsroom.publish(page)
    async with newsroom.database.reading() as session:
        urls = await session.scalars(
            select(Link.url).where(Link.revision_id == publication.revision_id)
        )
        assert {*urls} == {href, "/search", "/account/x"}


@pytest.mark.parametrize("href", ["#part", "/articles/page#part", "page#part", "?x=1#part"])
async def test_an_anchor_of_the_page_itself_has_to_be_there(newsroom: Newsroom, href: str) -> None:
    page = await newsroom.draft(slug="page", body=f"# Other\n\n[x]({href})")
    await newsroom.review(page)
    ((code, message),) = await refusal(newsroom, page)
    assert code == "BROKEN_LINK"
    assert "#part" in message
    await newsroom.publish(await newsroom.update(page, body=f"# Part\n\n[x]({href})"))


async def test_the_gate_takes_the_fallbacks_of_the_locale(newsroom: Newsroom) -> None:
    with_site(newsroom, fallbacks={"de": ["en"]})
    target = await newsroom.draft(title="Target", slug="target", body="# Part")
    target_id = await newsroom.entry_id(target)
    page = await newsroom.draft(slug="page")
    german = await newsroom.translate(page, "de", slug="seite", body=f"[x]({target_id}#part)")
    await newsroom.publish(target)
    await newsroom.publish(german, locale="de")
    # The edition that takes the place of the fallback has other anchors.
    translated = await newsroom.translate(target, "de", title="Ziel", slug="ziel", body="# Teil")
    await newsroom.review(translated, "de")
    ((code, message),) = await refusal(newsroom, translated, "de")
    assert code == "WOULD_BREAK_LINKS"
    assert message == (
        "“A title” (/articles/seite, de) links to #part, which the edition in de would not have; "
        "keep that anchor, or change that link first"
    )
    # Nor does the fallback lose its anchor, or its readers in the other locale.
    changed = await newsroom.update(target, body="# Other")
    await newsroom.review(changed)
    ((_, message),) = await refusal(newsroom, changed)
    assert "(/articles/seite, de) links to #part" in message
    impact = await newsroom.do(newsroom.author, preview_publish, target_id)
    assert impact.broken == ["/articles/seite"]
    (error,) = await newsroom.refusal(newsroom.publisher, unpublish_entry, target_id)
    assert error.message == (
        "“A title” (/articles/seite, de) links to “Target” (/articles/target); "
        "change that link first"
    )


async def test_an_edition_is_unpublished_where_a_fallback_takes_its_place(
    newsroom: Newsroom,
) -> None:
    with_site(newsroom, fallbacks={"de": ["en"]})
    target = await newsroom.draft(slug="target", body="# Part")
    target_id = await newsroom.entry_id(target)
    german = await newsroom.translate(target, "de", slug="ziel", body="# Part\n\n# Teil")
    page = await newsroom.draft(slug="page")
    linking = await newsroom.translate(
        page, "de", slug="seite", body=f"[x]({target_id}#part) [y]({target_id}#teil)"
    )
    await newsroom.publish(target)
    await newsroom.publish(german, linking, locale="de")
    entry_id = await newsroom.entry_id(german)
    (error,) = await newsroom.refusal(newsroom.publisher, unpublish_entry, entry_id, locale="de")
    assert "links to #teil, which the edition in en would not have" in error.message
    impact = await newsroom.do(newsroom.author, preview_unpublish, entry_id, locale="de")
    assert (impact.broken, list(impact.errors)) == (["/articles/seite"], [error])
    german_page = await newsroom.save(
        linking, locale="de", title="A title", slug="seite", body=f"[x]({target_id}#part)"
    )
    await newsroom.publish(german_page, locale="de")
    await newsroom.do(newsroom.publisher, unpublish_entry, entry_id, locale="de")


class Thing(ContentType, path="/things/{slug}"):
    """Stands at an address."""

    body = Markdown()
    about = Reference()
    related = Links("Related")


async def test_an_address_that_pages_link_to_is_not_lost_with_the_path_of_a_type(
    newsroom: Newsroom,
) -> None:
    with_site(newsroom, content_types=[Thing])
    target = await newsroom.draft("Thing", title="Target", slug="target")
    await newsroom.publish(target)
    by_text = await newsroom.draft("Thing", slug="by-text", body="[x](target)")
    by_list = await newsroom.draft("Thing", slug="by-list", body="", related=["./target"])
    by_reference = await newsroom.draft(
        "Thing", slug="by-reference", body="", about="/things/target"
    )
    await newsroom.publish(by_text, by_list, by_reference)
    pathless = type("Thing", (ContentType,), {**Thing.fields, "__doc__": "Has no address."})
    with_site(newsroom, content_types=[pathless])
    changed = await newsroom.update(target, title="Changed")
    await newsroom.review(changed)
    lost = "links to “Target” (/things/target), which would have no address; change that link first"
    assert await refusal(newsroom, changed) == [
        ("WOULD_BREAK_LINKS", f"“A title” (/things/by-list, en) {lost}"),
        ("WOULD_BREAK_LINKS", f"“A title” (/things/by-text, en) {lost}"),
    ]


async def test_a_text_links_to_pages_and_a_list_to_other_entries_too(newsroom: Newsroom) -> None:
    snippet = await newsroom.published("Snippet", title="Snippet", text="x")
    page = await newsroom.draft(
        "Note", slug="page", text="x", related=[snippet.entry_id], mentions=[snippet.entry_id]
    )
    await newsroom.publish(page)
    linking = await newsroom.draft(slug="linking", body=f"[x]({snippet.entry_id})")
    await newsroom.review(linking)
    name = f"“Snippet” ({snippet.entry_id})"
    message = f"the text links to {name}, which has no address; link to a page"
    assert await refusal(newsroom, linking) == [("BROKEN_LINK", message)]


LOCALES = ("en", "de", "fr")
BODIES = ("# Part", "# Other", "# Part\n\n# Other")
_fallbacks = st.fixed_dictionaries(
    {},
    optional={
        locale: st.permutations([each for each in LOCALES if each != locale]).flatmap(
            lambda others: st.integers(1, 2).map(lambda count: others[:count])
        )
        for locale in LOCALES
    },
)
_editions = st.dictionaries(st.sampled_from(LOCALES), st.sampled_from(BODIES), min_size=1)
_pages = st.dictionaries(
    st.sampled_from(LOCALES), st.sampled_from(["", "#part", "#other"]), min_size=1
)
_operations = st.lists(
    st.tuples(st.sampled_from(LOCALES), st.sampled_from(["", *BODIES])), max_size=4
)


@settings(max_examples=EXAMPLES // 2)
@given(_fallbacks, _editions, _pages, _operations)
def test_gates_and_readers_agree(
    rehearsals: Rehearsals,
    fallbacks: Mapping[str, Sequence[str]],
    editions: Mapping[str, str],
    pages: Mapping[str, str],
    operations: Sequence[tuple[str, str]],
) -> None:
    rehearsals.newsroom.site = Site(
        "Test site",
        content_types=[*SITE.content_types.values()],
        locales=LOCALES,
        fallbacks=fallbacks,
        url={locale: f"https://{locale}.example" for locale in LOCALES},
    )

    async def attempt(work: Work) -> None:
        target, public = await write(work, "target", editions), dict(editions)
        for locale in editions:
            assert await publish(work, target, locale)
        page = await write(work, "page", {each: f"[x]({target}{to})" for each, to in pages.items()})
        leading: dict[str, str] = {}
        for locale, to in pages.items():
            edition = await edition_of(work, page, locale)
            is_whole = not await broken_links(work, str(edition.head_id), locale)
            assert await publish(work, page, locale) is is_whole
            leading |= {locale: to} if is_whole else {}
        for locale, body in operations:
            if not (locale in editions if body else locale in public):
                continue
            after = {each: words for each, words in {**public, locale: body}.items() if words}
            is_refused = any(not leads(each, to, work.site, after) for each, to in leading.items())
            assert await operate(work, target, locale, body) is not is_refused
            public = public if is_refused else after
            for each in leading:
                edition = await edition_of(work, page, each)
                linking = (await live_page_of(work, edition)).publication
                assert linking is not None
                assert await broken_links(work, linking.revision_id, each) == []

    try:
        rehearsals.rehearse(attempt, OPERATOR)
    finally:
        rehearsals.newsroom.site = SITE


def leads(locale: str, to: str, site: Site, public: Mapping[str, str]) -> bool:
    """Return whether a link of a page leads to an edition that is public, and to its anchor."""
    shown = next((public[each] for each in site.locales_for(locale) if each in public), None)
    return shown is not None and f"# {to[1:].title()}".strip("# ") in shown


async def write(work: Work, slug: str, bodies: Mapping[str, str]) -> str:
    """Create an entry with these texts by locale, and return its id."""
    entry_id = ""
    for locale, body in bodies.items():
        if entry_id:
            await add_edition(work, entry_id, locale, source_locale=next(iter(bodies)))
            await save(work, await edition_of(work, entry_id, locale), slug, body)
        else:
            draft = Draft(title="T", slug=slug, fields={"body": body})
            entry_id = (await create_entry(work, "Article", draft, locale=locale)).entry_id
    return entry_id


async def save(work: Work, edition: Edition, slug: str, body: str) -> None:
    """Save another text of an edition."""
    await save_draft(
        work,
        edition.entry_id,
        Draft(title="T", slug=slug, fields={"body": body}),
        base_revision=str(edition.head_id),
        locale=edition.locale,
    )


async def operate(work: Work, entry_id: str, locale: str, body: str) -> bool:
    """Publish another text of an edition, or unpublish it; return whether it was done."""
    if body:
        await save(work, await edition_of(work, entry_id, locale), "target", body)
        return await publish(work, entry_id, locale)
    return await passes(unpublish_entry(work, entry_id, locale=locale))


async def publish(work: Work, entry_id: str, locale: str) -> bool:
    """Publish the newest revision of an edition; return whether the gates of links pass it."""
    head_id = str((await edition_of(work, entry_id, locale)).head_id)
    command = publish_imported(work, {entry_id: head_id}, source="Test", locale=locale)
    return await passes(command)


async def passes(command: Awaitable[object]) -> bool:
    """Return whether a command passes the gates of links, which are all that can refuse it."""
    try:
        await command
    except Refused as refused:
        codes = {each.code for each in refused.errors}
        if not codes <= {"BROKEN_LINK", "WOULD_BREAK_LINKS"}:
            raise
        return False
    return True


async def edition_of(work: Work, entry_id: str, locale: str) -> Edition:
    """Return an edition of an entry."""
    found = await work.session.scalars(
        select(Edition).where(Edition.entry_id == entry_id, Edition.locale == locale)
    )
    return found.one()


async def broken_links(work: Work, revision_id: str, locale: str) -> list[str]:
    """Return the links of a revision that readers of a locale cannot follow."""
    view = View(work.site.locales_for(locale))
    links = await work.session.scalars(select(Link).where(Link.revision_id == revision_id))
    followed = relations.links(view).where(Link.revision_id == revision_id)
    targets = {row.target_id for row in await work.session.execute(followed)}
    shown = narrowed(relations.entries(view), ("id", "revision_id")).subquery("shown")
    rows = await work.session.execute(
        select(shown.c.id, Rendition.anchors)
        .join(Rendition, Rendition.revision_id == shown.c.revision_id)
        .where(shown.c.id.in_(targets))
    )
    anchors = {row.id: row.anchors for row in rows}
    return [
        f"{each.target_id}#{each.fragment}"
        for each in links
        if each.target_id not in targets
        or (each.fragment and each.fragment not in anchors[each.target_id])
    ]
