"""Redirects: from paths where no page is, straight to a page or another site."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cms.drafts.deleting import delete_entry
from cms.publishing.redirects import (
    RedirectItem,
    create_redirect,
    create_redirects,
    remove_redirect,
)
from cms.site import Site
from cms.tables import Address, AuditRecord
from cms.work.bulk import NoneDone
from tests.builders import Newsroom
from tests.graphql_api.conftest import api_of
from tests.sites import SITE, URLS

ROUTE = """query($path: String!, $at: SitePosition) @view(position: $at) { route(path: $path) {
  __typename
  ... on PageRoute { entry { title } }
  ... on RedirectRoute { status to entry { title } }
  ... on UrlRedirectRoute { status to }
  ... on GoneRoute { since }
} }"""
WITH_ROUTES = Site(
    SITE.name,
    content_types=list(SITE.content_types.values()),
    locales=SITE.locales,
    url=URLS,
    routes=["/search", "/account/*"],
)


async def redirect(newsroom: Newsroom, path: str, to: str, **more: Any) -> Address:
    return await newsroom.do(newsroom.publisher, create_redirect, path, to, **more)


async def refused(newsroom: Newsroom, path: str, to: str, **more: Any) -> list[Any]:
    errors = await newsroom.refusal(newsroom.publisher, create_redirect, path, to, **more)
    return [(error.code, error.path) for error in errors]


async def route(newsroom: Newsroom, path: str, at: str | None = None) -> Any:
    answer = await api_of(newsroom.site, newsroom).data(ROUTE, path=path, at=at)
    return answer["route"]


def to(path: str, title: str | None = None) -> dict[str, Any]:
    if title is None:
        return {"__typename": "UrlRedirectRoute", "status": 301, "to": path}
    return {"__typename": "RedirectRoute", "status": 301, "to": path, "entry": {"title": title}}


async def test_many_redirects_are_created_at_one_position(newsroom: Newsroom) -> None:
    page = await newsroom.published(title="Page", slug="page")
    items = [
        RedirectItem(path="/one", to=page.entry_id),
        RedirectItem(path="/articles/page", to=page.entry_id),
        RedirectItem(path="/two/", to="/articles/page"),
        RedirectItem(path="/one/", to="https://example.com/"),
        RedirectItem(path="/three", to="/nowhere"),
        RedirectItem(path="/four", to="entry_01m8nfb4w4tjeczv4cn3rmqb6f"),
    ]
    with pytest.raises(NoneDone):
        await newsroom.do(newsroom.publisher, create_redirects, items)
    assert await route(newsroom, "/one") is None
    outcomes = await newsroom.do(newsroom.publisher, create_redirects, items, mode="each")
    assert [[(error.code, error.path) for error in each.errors] for each in outcomes] == [
        [],
        [("PATH_IN_USE", ("path",))],
        [],
        [("PATH_IN_USE", ("path",))],
        [("INVALID_VALUE", ("to",))],
        [("NOT_FOUND", ("to",))],
    ]
    made = [each.result for each in outcomes if each.result is not None]
    assert len({each.position for each in made}) == 1
    for path in ("/one", "/two"):
        assert await route(newsroom, path) == to("/articles/page", "Page")


async def test_a_redirect_follows_its_entry_until_it_is_removed(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Page", slug="page")
    await newsroom.publish(head)
    made = await redirect(newsroom, "/old/p%C3%A4ge/", "https://example.com/articles/page/")
    assert (made.path, made.url) == ("/old/päge", None)
    assert await route(newsroom, "/old/päge") == to("/articles/page", "Page")

    head = await newsroom.save(head, title="Moved", slug="moved")
    await newsroom.publish(head)
    assert await route(newsroom, "/old/päge") == to("/articles/moved", "Moved")

    await newsroom.do(newsroom.publisher, remove_redirect, "/old/päge")
    assert await route(newsroom, "/old/päge") is None
    errors = await newsroom.codes(newsroom.publisher, remove_redirect, "/old/päge")
    assert errors == ["NOT_FOUND"]


async def test_the_past_has_the_redirects_of_then(newsroom: Newsroom) -> None:
    await newsroom.published(title="Page", slug="page")
    api = api_of(newsroom.site, newsroom)
    before = (await api.data("{ position }"))["position"]
    await redirect(newsroom, "/old", "/articles/page")
    then = (await api.data("{ position }"))["position"]
    await newsroom.do(newsroom.publisher, remove_redirect, "/old")
    assert await route(newsroom, "/old", before) is None
    assert await route(newsroom, "/old", then) == to("/articles/page", "Page")
    assert await route(newsroom, "/old") is None


async def test_a_redirect_leads_to_other_sites_and_routes(newsroom: Newsroom) -> None:
    newsroom.site = WITH_ROUTES
    await redirect(newsroom, "/elsewhere", "https://other.example/a?b#c")
    assert await route(newsroom, "/elsewhere") == to("https://other.example/a?b#c")
    await redirect(newsroom, "/find", "/search?q=1")
    assert await route(newsroom, "/find") == to("/search?q=1")


async def test_a_redirect_that_links_lead_through_is_not_removed(newsroom: Newsroom) -> None:
    await redirect(newsroom, "/shop", "https://shop.example/")
    source = await newsroom.draft(slug="source", body="[buy](../shop/?ref=1)")
    await newsroom.publish(source)
    (error,) = await newsroom.refusal(newsroom.publisher, remove_redirect, "/shop")
    assert (error.code, error.message) == (
        "WOULD_BREAK_LINKS",
        "/articles/source links to /shop; change that link first",
    )
    await newsroom.publish(await newsroom.save(source, slug="source", body="None."))
    await newsroom.do(newsroom.publisher, remove_redirect, "/shop")
    assert await route(newsroom, "/shop") is None


async def test_a_target_that_is_redirected_stands_for_where_it_leads(newsroom: Newsroom) -> None:
    page = await newsroom.published(title="Page", slug="page")
    await redirect(newsroom, "/one", page.entry_id)
    second = await redirect(newsroom, "/two", "/one")
    assert second.entry_id == page.entry_id
    await newsroom.do(newsroom.publisher, remove_redirect, "/one")
    assert await route(newsroom, "/two") == to("/articles/page", "Page")


async def test_a_redirect_takes_the_place_of_what_a_page_has_left(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Page", slug="page")
    await newsroom.publish(head)
    await newsroom.publish(await newsroom.save(head, title="Page", slug="moved"))
    await newsroom.published(title="Other", slug="other")
    await redirect(newsroom, "/articles/page", "/articles/other")
    assert await route(newsroom, "/articles/page") == to("/articles/other", "Other")
    await newsroom.do(newsroom.publisher, remove_redirect, "/articles/page")
    assert await route(newsroom, "/articles/page") == to("/articles/moved", "Page")


async def test_a_redirect_to_a_page_that_is_gone_is_gone(newsroom: Newsroom) -> None:
    page = await newsroom.published(title="Page", slug="page")
    await redirect(newsroom, "/old", page.entry_id)
    await newsroom.unpublish(page)
    assert await route(newsroom, "/old") == {"__typename": "GoneRoute", "since": None}


async def test_a_draft_that_a_redirect_leads_to_is_not_deleted(newsroom: Newsroom) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft(slug="draft"))
    await redirect(newsroom, "/old", entry_id)
    assert await route(newsroom, "/old") == {"__typename": "GoneRoute", "since": None}
    assert await newsroom.codes(newsroom.author, delete_entry, entry_id) == ["HAS_HISTORY"]


async def test_paths_that_are_taken_are_refused(newsroom: Newsroom) -> None:
    newsroom.site = WITH_ROUTES
    await newsroom.published(slug="page")
    await redirect(newsroom, "/old", "/articles/page")
    taken = ("/articles/page", "/articles/page/", "/old", "/OLD/../old", "/search", "/account/x")
    for path in taken:
        assert await refused(newsroom, path, "https://other.example/") == [
            ("PATH_IN_USE", ("path",))
        ]


async def test_a_page_does_not_come_to_the_path_of_a_redirect(newsroom: Newsroom) -> None:
    page = await newsroom.published(slug="page")
    await redirect(newsroom, "/articles/later", page.entry_id)
    head = await newsroom.draft(slug="later")
    await newsroom.review(head)
    with pytest.raises(Exception, match="the path of a redirect"):
        await newsroom.publish(head)
    await newsroom.do(newsroom.publisher, remove_redirect, "/articles/later")
    assert len(await newsroom.publish(head)) == 1


@pytest.mark.parametrize(
    ("path", "target", "place"),
    [
        ("/old", "/nowhere", "to"),
        ("/old", "/old/", "to"),
        ("/old", "javascript:alert(1)", "to"),
        ("/old", "mailto:a@example.org", "to"),
        ("/old", "https://", "to"),
        ("/old", "//evil.example/x", "to"),
        ("/old", "/\\\\evil.example", "to"),
        ("/old", "https:/\\evil.example", "to"),
        ("/old", "/articles/page#part", "to"),
        ("", "/articles/page", "path"),
        ("/old?x=1", "/articles/page", "path"),
        ("https://other.example/old", "/articles/page", "path"),
    ],
)
async def test_what_is_no_path_or_no_target_is_refused(
    newsroom: Newsroom, path: str, target: str, place: str
) -> None:
    await newsroom.published(slug="page")
    assert await refused(newsroom, path, target) == [("INVALID_VALUE", (place,))]


async def test_each_host_has_redirects_of_its_own(newsroom: Newsroom) -> None:
    page = await newsroom.published(slug="page")
    await redirect(newsroom, "/old", page.entry_id)
    german = await redirect(newsroom, "https://example.de/old", page.entry_id)
    assert german.locale == "de"
    assert await refused(newsroom, "https://example.de/x", page.entry_id, locale="en") == [
        ("INVALID_VALUE", ("locale",))
    ]
    assert await refused(newsroom, "/x", page.entry_id, locale="fr") == [
        ("INVALID_VALUE", ("locale",))
    ]


async def test_redirects_are_recorded_and_only_publishers_make_them(newsroom: Newsroom) -> None:
    page = await newsroom.published(slug="page")
    for actor in (newsroom.author, newsroom.reviewers[0]):
        codes = await newsroom.codes(actor, create_redirect, "/old", page.entry_id)
        assert codes == ["NOT_ALLOWED"]
    made = await redirect(newsroom, "/old", page.entry_id)
    assert await newsroom.codes(newsroom.author, remove_redirect, "/old") == ["NOT_ALLOWED"]
    async with newsroom.database.reading() as session:
        record = await session.scalar(select(AuditRecord).where(AuditRecord.subject == made.id))
    assert record is not None
    assert (record.actor, record.action) == (newsroom.publisher.account_id, "redirect:create")


AFFECTED = """query($since: SitePosition!) { affectedPaths(since: $since) {
  nodes { path reason type } } position }"""


async def test_redirects_that_come_and_go_are_affected_paths(newsroom: Newsroom) -> None:
    api = api_of(newsroom.site, newsroom)
    head = await newsroom.draft(title="Page", slug="page")
    await newsroom.publish(head)

    async def affected(since: str) -> tuple[Any, str]:
        found = await api.data(AFFECTED, since=since)
        return found["affectedPaths"]["nodes"], found["position"]

    _, last = await affected("0")
    await redirect(newsroom, "/old", "/articles/page")
    await redirect(newsroom, "/elsewhere", "https://other.example/")
    old = {"path": "/old", "reason": "REDIRECT", "type": "Article"}
    elsewhere = {"path": "/elsewhere", "reason": "REDIRECT", "type": None}
    found, last = await affected(last)
    assert found == [elsewhere, old]

    await newsroom.publish(await newsroom.save(head, title="Page", slug="moved"))
    found, last = await affected(last)
    left = {"path": "/articles/page", "reason": "LEFT", "type": "Article"}
    moved = {"path": "/articles/moved", "reason": "CHANGED", "type": "Article"}
    assert found == [moved, left, old]

    await newsroom.do(newsroom.publisher, remove_redirect, "/elsewhere")
    found, _ = await affected(last)
    assert found == [elsewhere]


async def test_a_redirect_has_a_path_that_can_be_indexed(newsroom: Newsroom) -> None:
    # Characters without a pattern, which no database can compress.
    path = "/" + "".join(chr(0x4E00 + number**3 % 20_000) for number in range(1_000))
    to = "https://elsewhere.example/"
    assert await refused(newsroom, path, to) == [("INVALID_VALUE", ("path",))]
    await redirect(newsroom, path[:667], to)
