"""Paths in arguments, in every spelling of an address on the site."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.authorization.actor import OPERATOR
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.drafts.entries import create_entry
from cms.publishing.publishing import publish_imported
from cms.site import Site
from cms.storage.database import Database
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom, draft_of
from tests.cms.content.test_addresses import OWN, spellings
from tests.cms.reading.test_narrowing import plan_of
from tests.conftest import KINDS, Templates
from tests.graphql_api.conftest import Api, api_of
from tests.schemas import delivery_schema_of
from tests.sites import SITE, URLS

PATH = "/articles/größe-日"
EVERYWHERE = """query($path: String!, $locale: Locale) @view(locale: $locale) {
  route(path: $path) {
    ... on PageRoute { entry { title } } ... on RedirectRoute { to } ... on GoneRoute { status }
  }
  entry(by: {path: $path}) { title }
  article(by: {path: $path}) { title }
  eq: entries(where: {path: {eq: $path}}) { nodes { title } }
  in: articles(where: {path: {in: ["/nowhere", $path]}}) { nodes { title } }
  insensitive: articles(where: {path: {eq: $path, mode: INSENSITIVE}}) { nodes { title } }
  ne: entries(where: {path: {ne: $path}}) { nodes { title } }
  notIn: articles(where: {path: {notIn: [$path]}}) { nodes { title } }
}"""


def only(title: str | None) -> dict[str, Any]:
    """Return the fields that find a page, which do not find the others."""
    found = {"title": title} if title is not None else None
    nodes = {"nodes": [found] if found is not None else []}
    return {
        "route": {"entry": found} if found is not None else None,
        **dict.fromkeys(("entry", "article"), found),
        **dict.fromkeys(("eq", "in", "insensitive"), nodes),
    }


async def found_at(api: Api, path: str, locale: str = "EN") -> tuple[dict[str, Any], list[str]]:
    """Return what is found at an address, and the titles of all other entries."""
    data = await api.data(EVERYWHERE, path=path, locale=locale)
    others = [[each["title"] for each in data.pop(name)["nodes"]] for name in ("ne", "notIn")]
    assert others[0] == others[1]
    return data, others[0]


async def test_every_spelling_finds_the_page_by_the_same_statement(api: Api) -> None:
    await api.newsroom.published(title="It", slug="größe-日")
    await api.newsroom.published(title="Other", slug="other")
    decomposed = unicodedata.normalize("NFD", PATH)
    for path in (
        *(PATH, quote(PATH), quote(PATH).lower(), decomposed, quote(decomposed)),
        *(f"{PATH}/", f"{PATH}?x=1", f"{PATH}/#x", f"/x/.././{PATH.removeprefix('/')}"),
        *(URLS["en"] + PATH, f"{URLS['en'].upper()}:443{quote(PATH)}/", f"//example.com{PATH}"),
    ):
        assert await found_at(api, path) == (only("It"), ["Other"]), path
    assert len(set(api.reader.statements)) == 1
    data, _ = await found_at(api, "/Articles/GRÖßE-日/")
    assert data == {**only(None), "insensitive": {"nodes": [{"title": "It"}]}}


@pytest.mark.parametrize(
    "path",
    [
        *("https://example.org/articles/it", "https://example.com:444/articles/it"),
        *("https://user@example.com/articles/it", "https://[", "mailto:it@example.org"),
        *("/\\example.com/articles/it", "/articles//it", "/articles%2Fit", "", "/", "\0"),
    ],
)
async def test_an_address_elsewhere_finds_nothing(api: Api, path: str) -> None:
    await api.newsroom.published(title="It", slug="it")
    assert await found_at(api, path) == (only(None), ["It"])


async def test_a_former_path_redirects_in_every_spelling(api: Api) -> None:
    head = await api.newsroom.draft(title="It", slug="größe-日")
    await api.newsroom.publish(head)
    await api.newsroom.publish(await api.newsroom.save(head, title="It", slug="new"))
    for path in (PATH, quote(PATH), f"{URLS['en']}{quote(PATH)}/?x=1"):
        data, _ = await found_at(api, path)
        assert data["route"] == {"to": "/articles/new"}
    data, _ = await found_at(api, URLS["de"] + PATH)
    assert data["route"] is None


async def test_an_absolute_address_names_the_locale_of_its_host(api: Api) -> None:
    for english, german in (("English", "Deutsch"), ("Other", "Anders")):
        head = await api.newsroom.draft(title=english, slug=english.lower())
        await api.newsroom.publish(head)
        other = await api.newsroom.translate(head, "de", title=german, slug=english.lower())
        await api.newsroom.publish(other, locale="de")
    path = "/articles/english"
    assert await found_at(api, path, "DE") == (only("Deutsch"), ["Anders"])
    assert await found_at(api, URLS["de"] + path, "DE") == (only("Deutsch"), ["Anders"])
    # The view has only English pages; routes are of any locale.
    data, others = await found_at(api, URLS["de"] + path)
    assert data == {**only(None), "route": {"entry": {"title": "Deutsch"}}}
    assert others == ["Other", "English"]
    query = """query($paths: [String!]) {
      articles(where: {path: {in: $paths}}) { nodes { title } }
      insensitive: articles(where: {path: {in: $paths, mode: INSENSITIVE}}) { nodes { title } }
    }"""
    paths = [URLS["de"] + path, f"{URLS['en']}/articles/other/"]
    only_other = {"nodes": [{"title": "Other"}]}
    assert await api.data(query, paths=paths) == {"articles": only_other, "insensitive": only_other}


class Home(ContentType, path="/", singleton=True, plural="Homes"):
    """The page at the root."""

    text = Text()


class Post(ContentType, path="/posts/{slug}/"):
    """Its paths end with a slash."""

    text = Text()


async def test_a_path_that_ends_with_a_slash_is_found_without_it(database: Database) -> None:
    site = Site("Slashes", content_types=[Home, Post], url="https://example.org/docs")
    newsroom = Newsroom(database, site)
    await newsroom.hire()
    await newsroom.published("Home", title="Home", slug="home", text="x")
    head = await newsroom.draft("Post", title="Former", slug="former", text="x")
    await newsroom.publish(head)
    await newsroom.publish(await newsroom.save(head, title="Post", slug="post", text="x"))
    query = """query($path: String!) {
      route(path: $path) { ... on PageRoute { entry { path } } ... on RedirectRoute { to } }
      entry(by: {path: $path}) { path }
      entries(where: {path: {in: [$path]}}) { nodes { path } }
    }"""
    api = api_of(site, newsroom)
    for shown, paths in {
        "/": ("/", "", "?x=1", "https://example.org/docs", "https://example.org/docs/"),
        "/posts/post/": ("/posts/post", "/posts/post/", "https://example.org/docs/posts/post"),
    }.items():
        for path in paths:
            assert await api.data(query, path=path) == {
                "route": {"entry": {"path": shown}},
                "entry": {"path": shown},
                "entries": {"nodes": [{"path": shown}]},
            }
    for path in ("/posts/former", "/posts/former/"):
        assert (await api.data(query, path=path))["route"] == {"to": "/posts/post/"}


async def test_a_page_is_found_by_the_index_of_its_path(newsroom: Newsroom) -> None:
    async with newsroom.as_(OPERATOR) as work:
        pages = [
            await create_entry(work, "Article", draft_of(title="T", slug=f"t{number}"))
            for number in range(100)
        ]
        revisions = {page.entry_id: page.revision.id for page in pages}
        await publish_imported(work, revisions, source="elsewhere")
    await newsroom.database.refresh_statistics()
    for field in ("entry(by: {path: $path})", "article(by: {path: $path})"):
        query = f'query($path: String! = "/articles/t7") {{ {field} {{ title }} }}'
        assert "_path" in await plan_of(newsroom, query)


Title = Callable[[str], Any]


@pytest.fixture(scope="module", params=KINDS)
def title_at(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Title]:
    """What a site with one page answers for an address."""
    site = Site(
        "Test site",
        content_types=[*SITE.content_types.values()],
        locales=("en", "de"),
        url=OWN.urls,
        own_hosts=[*OWN.hosts],
    )
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        newsroom = Newsroom(database, site)
        runner.run(newsroom.hire())
        runner.run(newsroom.published(title="It", slug="größe-日"))
        delivery = Delivery(site, delivery_schema_of(site), database.reader)

        def title(path: str) -> Any:
            query = "query($path: String!) { entry(by: {path: $path}) { title } }"
            request = GraphQLRequest(query, None, {"path": path})
            return orjson.loads(runner.run(delivery.answer(request)).body)

        yield title
        runner.run(database.close())
        runner.run(templates.drop(url))


@given(st.data())
def test_all_spellings_of_an_address_have_one_answer(title_at: Title, data: st.DataObject) -> None:
    spelling = data.draw(spellings(PATH))
    assert title_at(spelling) == {"data": {"entry": {"title": "It"}}}
