"""Pages move to the addresses that their content types and categories give them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update

from cms import clock
from cms.authorization.actor import OPERATOR
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.errors import Refused
from cms.publishing.moving import faults_of_addresses, move_pages_by_type
from cms.publishing.publish_impact import check_publish
from cms.site import Site
from cms.tables import Address, Edition, Publication
from tests.builders import Newsroom
from tests.graphql_api.conftest import api_of
from tests.rewording import reword


def site_with(path: str | None, other: str = "/other/{slug}") -> Site:
    """Return a site whose pages stand at this path."""

    class Page(ContentType, path=path):
        """A page."""

        body = Markdown(required=True)

    class Other(ContentType, path=other):
        """Another page."""

        body = Markdown(required=True)

    return Site("Moving", content_types=(Page, Other), url="https://example.org")


ROUTE = """query($path: String!) { route(path: $path) {
  __typename ... on RedirectRoute { to } ... on PageRoute { entry { path publishedAt } } } }"""


async def route(newsroom: Newsroom, path: str) -> Any:
    return (await api_of(newsroom.site, newsroom).data(ROUTE, path=path))["route"]


async def faults(newsroom: Newsroom) -> list[str]:
    async with newsroom.database.reading() as session:
        return await faults_of_addresses(session, newsroom.site, clock.now())


async def test_a_changed_pattern_moves_pages_and_drafts(newsroom: Newsroom) -> None:
    newsroom.site = site_with("/old/{slug}")
    page = await newsroom.published("Page", slug="page")
    draft = await newsroom.draft("Page", slug="draft")
    kept = await newsroom.published("Other", slug="kept")
    assert await faults(newsroom) == []
    assert await newsroom.do(OPERATOR, move_pages_by_type) == 0

    newsroom.site = site_with("/new/{slug}/")
    assert len(await faults(newsroom)) == 3  # the page, its draft, and the other draft
    assert await newsroom.do(OPERATOR, move_pages_by_type) == 1
    assert await faults(newsroom) == []
    assert await newsroom.path(kept) == "/other/kept"
    moved = {"path": "/new/page/", "publishedAt": clock_text(page)}
    assert await route(newsroom, "/new/page") == {"__typename": "PageRoute", "entry": moved}
    assert await route(newsroom, "/old/page") == {
        "__typename": "RedirectRoute",
        "to": "/new/page/",
    }
    async with newsroom.database.reading() as session:
        edition = await session.get_one(Edition, draft.edition_id)
        assert edition.path == "/new/draft/"
        public = select(func.count()).where(Publication.content_type != "Person")
        assert await session.scalar(public) == 2


def clock_text(publication: Publication) -> str:
    return f"{publication.published_at:%Y-%m-%dT%H:%M:%S}.{publication.published_at:%f}"[:23] + "Z"


async def test_pages_that_would_share_a_path_do_not_move(newsroom: Newsroom) -> None:
    newsroom.site = site_with("/old/{slug}")
    await newsroom.published("Page", slug="x")
    await newsroom.published("Other", slug="same")
    await newsroom.published("Page", slug="free")
    newsroom.site = site_with("/same/{slug}", "/{slug}/x")
    (error,) = await newsroom.refusal(OPERATOR, move_pages_by_type)
    assert (error.code, "/same/x" in error.message) == ("PATH_IN_USE", True)
    assert (await route(newsroom, "/old/free"))["__typename"] == "PageRoute"
    newsroom.site = site_with("/all/{slug}", "/{slug}/x")
    assert await newsroom.do(OPERATOR, move_pages_by_type) == 3


async def test_pages_that_lose_their_paths_are_gone(newsroom: Newsroom) -> None:
    newsroom.site = site_with("/old/{slug}")
    await newsroom.published("Page", slug="page")
    newsroom.site = site_with(None)
    assert await newsroom.do(OPERATOR, move_pages_by_type) == 1
    assert await route(newsroom, "/old/page") == {"__typename": "GoneRoute"}


async def test_pages_that_others_link_to_do_not_lose_their_paths(newsroom: Newsroom) -> None:
    newsroom.site = site_with("/old/{slug}")
    page = await newsroom.published("Page", slug="page")
    source = await newsroom.published("Other", slug="source", body="[a](/old/page)")
    newsroom.site = site_with(None)
    (error,) = await newsroom.refusal(OPERATOR, move_pages_by_type)
    assert (error.code, error.path) == ("WOULD_BREAK_LINKS", (page.entry_id,))
    assert source.entry_id in error.message
    assert await newsroom.path(page) == "/old/page"


async def test_only_the_operator_moves_all_pages(newsroom: Newsroom) -> None:
    assert await newsroom.codes(newsroom.administrator, move_pages_by_type) == ["NOT_ALLOWED"]


async def test_a_category_that_moves_is_refused_where_a_path_is_taken(newsroom: Newsroom) -> None:
    newsroom.site = site_with("/{category}/{slug}", "/taken/{slug}")
    topics = await newsroom.category("Topics")
    page = await newsroom.published("Page", slug="page", category=topics)
    await newsroom.published("Other", slug="page")
    with pytest.raises(Refused, match="/taken/page"):
        await reword(newsroom, topics.id, slug="taken")
    checks = await newsroom.do(newsroom.author, check_publish, topics.id)
    (failed,) = [each for each in checks if each.errors]
    assert (failed.gate.name, [each.code for each in failed.errors]) == ("path", ["PATH_IN_USE"])
    assert await newsroom.path(page) == "/topics/page"
    await reword(newsroom, topics.id, slug="free")
    assert await newsroom.path(page) == "/free/page"
    assert await faults(newsroom) == []


async def test_an_address_that_is_not_the_one_it_should_be_is_found(newsroom: Newsroom) -> None:
    newsroom.site = site_with("/old/{slug}")
    page = await newsroom.published("Page", slug="page")
    async with newsroom.database.engine.begin() as connection:
        wrong = update(Edition).where(Edition.id == page.edition_id).values(path="/elsewhere")
        await connection.execute(wrong)
    (fault,) = await faults(newsroom)
    assert "its draft should have the path /old/page" in fault
    async with newsroom.database.reading() as session:
        stands = Address.edition_id == page.edition_id
        assert await session.scalar(select(Address.path).where(stands)) == "/old/page"


class First(ContentType, path="/{locale}/{slug}"):
    """A page whose path begins with its locale."""

    body = Markdown(required=True)


class Last(ContentType, path="/{slug}/{locale}"):
    """A page whose path ends with its locale."""

    body = Markdown(required=True)


async def test_locales_on_one_host_share_its_paths(newsroom: Newsroom) -> None:
    newsroom.site = Site(
        "Shared", content_types=(First, Last), locales=("en", "de"), url="https://example.org"
    )
    await newsroom.published("Last", slug="de")
    assert (await route(newsroom, "/de/en"))["__typename"] == "PageRoute"
    head = await newsroom.draft("First", slug="page")
    german = await newsroom.translate(head, "de", slug="en")
    with pytest.raises(Refused, match="/de/en is the path of entry_"):
        await newsroom.publish(german, locale="de")
