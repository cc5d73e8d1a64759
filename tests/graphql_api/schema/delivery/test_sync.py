"""A site that is built step by step is the site that is built at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.content.builtin import Category as BuiltInCategory
from cms.content.builtin import Person as BuiltInPerson
from cms.content.snapshot import Draft
from cms.errors import Refused
from cms.publishing.publishing import publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes
from cms.review.invalidation import invalidate_sign_offs
from cms.site import Site as SiteDeclaration
from cms.storage.database import Database
from cms.tables import Publication, Revision
from cms.taxonomy.categories import create_category, move_category
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom, Topic
from tests.conftest import KINDS, Templates
from tests.depth import EXAMPLES
from tests.graphql_api.conftest import Api, Desk, api_of
from tests.positions import number_of, tokens_of
from tests.rewording import reword
from tests.schemas import delivery_schema_of
from tests.sites import SITE

# What a site keeps of each page, and how a page looks. Both by entry and language.
Build: TypeAlias = dict[tuple[str, str], Mapping[str, Any]]
# How each page looks, by its language and path.
Pages: TypeAlias = dict[tuple[str, str], bytes]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

SYNC = """query(
  $since: SitePosition, $position: SitePosition, $after: String, $first: Int!, $where: SyncWhere
)
  @view(position: $position) {
    sync(since: $since, after: $after, first: $first, where: $where) {
      until
      nodes {
        kind entryId type locale: localeName path position digest
        entry { id locale: localeName path title review { signedAt reviewers { id } } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }"""
WHOLE = """query($position: SitePosition!, $where: EntryWhere)
  @view(position: $position, fallbackLocales: [DE]) {
  entries(first: 100, where: $where) { nodes { ...T translations { ...T } } }
}
fragment T on Entry {
  id locale: localeName path title revision { digest } review { signedAt reviewers { id } }
}"""
# With which sync lists categories and people as well.
ALL_TYPES = {"type": {"in": list(SITE.content_types)}}
# The parts of an entry that a build keeps.
SHOWN = ("path", "title", "review")
# What a page shows of itself and of others.
PAGE = """fragment P on Entry {
  id locale: localeName path title isOutdated
  translations { title path }
  links(first: 10) { nodes { label url target { ... on Entry { title path } } } }
  incomingLinks(first: 10) { nodes { source { title path } } }
  category { treePath ...C ancestors { name } children { ...C } }
  review { signedAt reviewers { name } }
  jsonLd
  ... on Article { about { ...A } mentions { ...A } }
}
fragment A on Entry {
  title path ... on Snippet { links { nodes { label url } } review { signedAt } }
}
fragment C on Category { name entries(first: 10) { nodes { title path } } }
"""
VIEW = "@view(position: $position, locale: $locale, fallbackLocales: $others)"
SHARED = "settings { brand menu { links { label url } } }"
VARIABLES = "$position: SitePosition, $locale: Locale!, $others: [Locale!]!"
PAGES = f"""query({VARIABLES}, $own: Locale!) {VIEW} {{
  {SHARED}
  entries(first: 10, where: {{path: {{isNull: false}}, locale: {{eq: $own}}}}) {{
    nodes {{ ...P }}
  }}
}}
{PAGE}"""
ROUTE = f"""query({VARIABLES}, $path: String!) {VIEW} {{
  {SHARED}
  route(path: $path) {{
    __typename ... on PageRoute {{ entry {{ ...P }} }} ... on RedirectRoute {{ to }}
  }}
}}
{PAGE}"""
AFFECTED = """query($since: SitePosition, $position: SitePosition, $after: String)
@view(position: $position) {
  affectedPaths(since: $since, first: 3, after: $after) {
    nodes { path locale: localeName reason entry { path locale: localeName } }
    pageInfo { hasNextPage endCursor }
  }
}"""
ACTIONS = (
    *("publish", "publish", "publish", "unpublish", "sign", "sign"),
    *("object", "invalidate", "settings", "snippet"),
    *("category", "move", "byline"),
)
# What is no page, among the entries that have a number.
SETTINGS, SNIPPET = -1, -2
# With which a site begins: pages that lead to each other, and parts that lead to some of them.
BEGINNING = (
    ("publish", (0, "en")),
    ("publish", (1, "en")),
    ("settings", (SETTINGS, "en")),
    ("snippet", (SNIPPET, "en")),
    ("publish", (2, "en")),
    ("publish", (0, "de")),
)


@dataclass
class Publisher:
    """Publishes and takes back a few entries that lead to each other, at random.

    Attributes:
        newsroom: who does it.
        categories: where entries can be.
        heads: the newest revision of each, by its number and language.
        live: what is public, likewise.
        slugs: the slugs of the pages, likewise.
        paths: every path at which one of them ever stood, with its language.
        versions: how often something was published.
    """

    newsroom: Newsroom
    categories: Sequence[Topic | None]
    heads: dict[tuple[int, str], Revision] = field(default_factory=dict)
    live: dict[tuple[int, str], Publication] = field(default_factory=dict)
    slugs: dict[tuple[int, str], str] = field(default_factory=dict)
    paths: set[tuple[str, str]] = field(default_factory=set)
    versions: int = 0

    async def act(
        self, draw: Draw, action: str | None = None, key: tuple[int, str] | None = None
    ) -> None:
        """Do one thing, if it can be done."""
        action = action or draw(st.sampled_from(ACTIONS))
        key = key or (draw(st.integers(SNIPPET, 3)), draw(st.sampled_from(["en", "en", "de"])))
        number, locale = key
        match action:
            case "settings":
                menu = [{"links": self._some(draw, (SETTINGS, locale))}]
                await self._part("Settings", SETTINGS, locale, brand=self._version(), menu=menu)
            case "snippet":
                related = self._some(draw, (SNIPPET, locale))
                await self._part("Snippet", SNIPPET, locale, text=self._version(), related=related)
            case "unpublish" if key in self.live and not self._is_linked(key):
                await self.newsroom.unpublish(self.live.pop(key))
            case "sign" if key in self.live:
                await self.newsroom.review(self.heads[key], locale)
            case "object" if key in self.live:
                await self._object(key)
            case "invalidate":
                await self.newsroom.do(
                    self.newsroom.administrator,
                    invalidate_sign_offs,
                    str(self.newsroom.reviewers[0].account_id),
                    since=datetime(2000, 1, 1, tzinfo=UTC),
                    reason="Taken over.",
                )
            case "category":
                await self._rename_category(draw)
            case "move":
                await self._move_category(draw)
            case "byline":
                await self._rename_person(draw)
            case "publish" if number >= 0:
                await self._publish(key, draw)

    async def _rename_category(self, draw: Draw) -> None:
        topic = draw(st.sampled_from(self._topics()))
        new = f"topic-{self._version()}"
        await self._reword(topic.id, title=new, slug=draw(st.sampled_from([topic.slug, new])))

    async def _move_category(self, draw: Draw) -> None:
        topics = self._topics()
        topic = draw(st.sampled_from(topics))
        parent = draw(st.sampled_from(["", *(each.id for each in topics)]))
        place = draw(st.none() | st.integers(0, 2))
        with suppress(Refused):  # below itself
            await self.newsroom.do(
                self.newsroom.administrator,
                move_category,
                topic.id,
                parent_id=parent,
                ordinal=place,
            )

    async def _rename_person(self, draw: Draw) -> None:
        newsroom = self.newsroom
        actor = draw(st.sampled_from([newsroom.author, newsroom.reviewers[0]]))
        await self._reword(str(actor.person_id), title=f"Person {self._version()}")

    async def _reword(self, entry_id: str, **words: str) -> None:
        await reword(self.newsroom, entry_id, **words)

    def _topics(self) -> list[Topic]:
        return [each for each in self.categories if each is not None]

    async def _object(self, key: tuple[int, str]) -> None:
        """Take the name of a reviewer off a page."""
        await self.newsroom.do(
            self.newsroom.reviewers[0],
            request_changes,
            self.live[key].entry_id,
            digest=self.heads[key].digest,
            reason="Unclear.",
            locale=key[1],
        )

    async def _publish(self, key: tuple[int, str], draw: Draw) -> None:
        _, locale = key
        if not self._has_original(key):
            return
        slug = self._slug(draw, key)
        links = self._some(draw, key)
        about = links[:1] if draw(st.booleans()) else []
        shows = (SNIPPET, locale) in self.live and draw(st.booleans())
        values: dict[str, Any] = {
            "title": f"Title {draw(st.integers(0, 2))}",
            "slug": slug,
            "category": draw(st.sampled_from(self.categories)),
            "related": links[len(about) :],
            "mentions": [self.live[SNIPPET, locale].entry_id] if shows else [],
            **({"about": about[0]} if about else {}),
        }
        head = await self._saved(key, values)
        self.heads[key] = head
        self.slugs[key] = slug
        self.paths.add((locale, f"/articles/{slug}"))
        (self.live[key],) = await self.newsroom.publish(head, locale=locale)

    def _slug(self, draw: Draw, key: tuple[int, str]) -> str:
        """Return the slug as it is, a new one, or one that several pages have in turns."""
        number, locale = key
        taken = {self.slugs[each] for each in self.live if each[0] >= 0 and each[1] == locale}
        own = self.slugs.get(key)
        stays = [own] if own is not None and (key in self.live or own not in taken) else []
        shared = {f"{locale}-shared"} - taken
        new = f"{locale}{number}-{self._version()}"
        slug: str = draw(st.sampled_from([*stays, *shared, new]))
        return slug

    def _has_original(self, key: tuple[int, str]) -> bool:
        """Return whether an entry is in English, or has an English edition to translate."""
        number, locale = key
        return locale == "en" or (number, "en") in self.heads

    async def _saved(
        self, key: tuple[int, str], values: dict[str, Any], content_type: str = "Article"
    ) -> Revision:
        number, locale = key
        if key in self.heads:
            return await self.newsroom.save(self.heads[key], locale=locale, **values)
        if locale == "de":
            return await self.newsroom.translate(self.heads[number, "en"], "de", **values)
        return await self.newsroom.draft(content_type, **values)

    async def _part(self, content_type: str, number: int, locale: str, **values: Any) -> None:
        key = number, locale
        if not self._has_original(key):
            return
        head = await self._saved(key, values, content_type)
        self.heads[key] = head
        (self.live[key],) = await self.newsroom.publish(head, locale=locale)

    def _version(self) -> str:
        self.versions += 1
        return str(self.versions)

    def _some(self, draw: Draw, key: tuple[int, str]) -> list[str]:
        """Return the paths of some of the public pages in the language of another entry."""
        others = sorted(each for each in self.slugs if each in self.live and each[1] == key[1])
        chosen = [each for each in others if each != key and draw(st.booleans())]
        return [f"/articles/{self.slugs[each]}" for each in chosen]

    def _is_linked(self, key: tuple[int, str]) -> bool:
        """Say whether a public page leads to an entry; such a one cannot be taken back."""
        entry_id = self.live[key].entry_id
        return any(
            entry_id in str(self.heads[other].content) for other in self.live if other != key
        )


@dataclass
class Site:
    """A database in which things are published, and the API over it.

    Attributes:
        runner: runs what is asked of it.
        publisher: publishes things.
        delivery: the API.
        fallbacks: the languages that stand in for one in which something is missing.
    """

    runner: asyncio.Runner
    publisher: Publisher
    delivery: Delivery
    fallbacks: Sequence[str] = ("en", "de")

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of an answer."""
        return self.runner.run(self.asked(query, **variables))

    def tokens(self) -> Sequence[str]:
        """Return all positions so far, the beginning included."""
        return self.runner.run(tokens_of(self.publisher.newsroom.database))

    async def asked(self, query: str, **variables: Any) -> Any:
        """Return the data of an answer."""
        response = orjson.loads(
            (await self.delivery.answer(GraphQLRequest(query, None, variables))).body
        )
        assert "errors" not in response
        return response["data"]


async def three_categories(newsroom: Newsroom) -> list[Topic]:
    """Publish a category, one below it, and one below that."""
    above = await newsroom.category("A")
    below = await newsroom.category("B", above)
    return [above, below, await newsroom.category("C", below)]


@pytest.fixture(scope="module", params=KINDS)
def fresh(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Callable[[], Site]]:
    """Return what makes a site with nothing in it."""
    opened: list[tuple[Database, str]] = []
    schema = delivery_schema_of(SITE)
    with asyncio.Runner() as runner:

        async def make() -> Site:
            url = await templates.copy(request.param, fill=three_categories)
            database = templates.open(url)
            opened.append((database, url))
            newsroom = templates.newsroom(request.param, database)
            categories = [None, *templates.content(request.param, three_categories)]
            delivery = Delivery(SITE, schema, database.reader)
            return Site(runner, Publisher(newsroom, categories), delivery)

        async def close() -> None:
            while opened:
                database, url = opened.pop()
                await database.close()
                await templates.drop(url)

        def begin() -> Site:
            runner.run(close())
            return runner.run(make())

        yield begin
        runner.run(close())


def from_scratch(site: Site, position: str, where: Any = None) -> Build:
    """Return what a site is at a position."""
    data = site.ask(WHOLE, position=position, where=where)
    build: Build = {}
    for node in data["entries"]["nodes"]:
        for each in (node, *node["translations"]):
            shown = {name: each[name] for name in SHOWN}
            build[each["id"], each["locale"]] = {**shown, "digest": each["revision"]["digest"]}
    return build


async def changed(
    site: Site,
    build: Build,
    since: str,
    position: str | None,
    where: Any,
    between: Callable[[], Awaitable[None]],
) -> tuple[Build, list[Any], str]:
    """Return a build brought up to a position page by page, while others go on publishing.

    Without a position it is the one of the first page.
    """
    build, after, changes, until = dict(build), None, [], None
    while True:
        data = await site.asked(
            SYNC, since=since, position=position, after=after, first=2, where=where
        )
        until = until or data["sync"]["until"]
        assert data["sync"]["until"] == until
        for change in data["sync"]["nodes"]:
            changes.append(change)
            key = change["entryId"], change["locale"]
            if change["kind"] == "DELETE":
                assert (change["entry"], change["digest"]) == (None, None)
                build.pop(key, None)
                continue
            entry = change["entry"]
            assert (entry["id"], entry["locale"], entry["path"]) == (*key, change["path"])
            shown = {name: entry[name] for name in SHOWN}
            build[key] = {**shown, "digest": change["digest"]}
        await between()
        if not data["sync"]["pageInfo"]["hasNextPage"]:
            return build, changes, until
        after = data["sync"]["pageInfo"]["endCursor"]


@settings(max_examples=EXAMPLES // 5)
@given(data=st.data())
def test_a_build_plus_what_has_changed_is_a_build_from_scratch(
    fresh: Callable[[], Site], data: st.DataObject
) -> None:
    site = fresh()

    async def act() -> None:
        await site.publisher.act(data.draw)

    for _ in range(data.draw(st.integers(1, 8))):
        site.runner.run(act())
    tokens = site.tokens()
    assert site.ask("{ position }") == {"position": tokens[-1]}
    position = data.draw(st.none() | st.sampled_from(tokens))
    until = tokens[-1] if position is None else position
    since = data.draw(st.sampled_from(tokens[: tokens.index(until) + 1]))
    where = data.draw(st.none() | st.just(ALL_TYPES))
    expected, before = (from_scratch(site, each, where) for each in (until, since))
    built, changes, reached = site.runner.run(
        changed(site, before, since, position, where, between=act)
    )
    assert reached == until
    assert built == expected
    positions = [number_of(change["position"]) for change in changes]
    assert positions == sorted(positions)
    assert {change["position"] for change in changes} <= set(tokens)
    assert all(number_of(since) < each <= number_of(until) for each in positions)
    # Nothing comes twice, and nothing is said to go that was not there.
    assert len({(each["entryId"], each["locale"]) for each in changes}) == len(changes)
    gone = {(each["entryId"], each["locale"]) for each in changes if each["kind"] == "DELETE"}
    assert gone <= before.keys()
    # What more was published in between did not matter.
    assert from_scratch(site, until, where) == expected


@settings(max_examples=EXAMPLES // 5)
@given(data=st.data())
def test_a_site_with_its_affected_paths_built_again_is_one_that_is_built_from_scratch(
    fresh: Callable[[], Site], data: st.DataObject
) -> None:
    site = fresh()
    site.fallbacks = data.draw(st.sampled_from([["en", "de"], []]))
    for action, key in BEGINNING:
        site.runner.run(site.publisher.act(data.draw, action, key))
    for _ in range(data.draw(st.integers(0, 2))):
        site.runner.run(site.publisher.act(data.draw))
    since = site.ask("{ position }")["position"]
    before, redirects = built(site, since), led_on(site, since)
    for _ in range(data.draw(st.integers(1, 5))):
        site.runner.run(site.publisher.act(data.draw))
    assert built(site, since) == before
    tokens = site.tokens()
    until = data.draw(st.none() | st.sampled_from(tokens[tokens.index(since) :]))
    after = dict(before)
    for locale, path in every_affected(site, since, until):
        after.pop((locale, path), None)
        redirects.pop((locale, path), None)
        found = seen(site, ROUTE, until, locale, path=path)
        match found["route"]["__typename"]:
            case "PageRoute":
                after[locale, path] = page_of(found, found["route"]["entry"])
            case "RedirectRoute":
                redirects[locale, path] = found["route"]["to"]
    assert after == built(site, until)
    assert redirects == led_on(site, until)


def built(site: Site, position: str | None) -> Pages:
    """Return all pages of a site at a position, each seen in its own language."""
    pages: Pages = {}
    for locale in ("en", "de"):
        data = seen(site, PAGES, position, locale, own=locale.upper())
        for node in data["entries"]["nodes"]:
            pages[locale, node["path"]] = page_of(data, node)
    return pages


def led_on(site: Site, position: str | None) -> dict[tuple[str, str], str]:
    """Return where each path leads at which a page stood once, by its language and path."""
    found = {}
    for locale, path in site.publisher.paths:
        data = seen(site, ROUTE, position, locale, path=path)
        route = data["route"] or {"__typename": "GoneRoute"}
        if route["__typename"] == "RedirectRoute":
            found[locale, path] = route["to"]
    return found


def seen(site: Site, query: str, position: str | None, locale: str, **more: Any) -> Any:
    """Return the data of an answer, as a language has it at a position."""
    others = [each.upper() for each in site.fallbacks]
    return site.ask(query, position=position, locale=locale.upper(), others=others, **more)


def page_of(data: Any, entry: Any) -> bytes:
    """Return how a page looks."""
    return orjson.dumps([data["settings"], entry])


def every_affected(site: Site, since: str, position: str | None) -> list[tuple[str, str]]:
    pages, after = [], None
    while True:
        data = site.ask(AFFECTED, since=since, position=position, after=after)["affectedPaths"]
        for page in data["nodes"]:
            key = page["locale"], page["path"]
            has_left = page["reason"] == "LEFT"
            assert page["entry"] == (None if has_left else {"path": key[1], "locale": key[0]})
            pages.append(key)
        if not data["pageInfo"]["hasNextPage"]:
            assert len(set(pages)) == len(pages)
            return pages
        after = data["pageInfo"]["endCursor"]


async def test_a_page_is_affected_for_the_most_direct_reason(api: Api) -> None:
    newsroom = api.newsroom
    category = await newsroom.category("Topics")
    target = await newsroom.draft(title="Target", slug="target")
    await newsroom.publish(target)
    await newsroom.published(title="Sibling", slug="sibling", category=category)
    middle = await newsroom.draft(
        title="Middle", slug="middle", category=category, related=["/articles/target"]
    )
    await newsroom.publish(middle)
    await newsroom.published(title="Source", slug="source", related=["/articles/middle"])
    await newsroom.published(title="Far", slug="far")
    since = (await api.data("{ position }"))["position"]
    query = """query($since: SitePosition) { affectedPaths(since: $since) {
      totalCount nodes { path reason type }
    } }"""
    assert (await api.data(query, since=since))["affectedPaths"]["nodes"] == []
    changed = await newsroom.save(
        middle, title="New", slug="middle", category=category, related=["/articles/target"]
    )
    await newsroom.publish(changed)
    pages = (await api.data(query, since=since))["affectedPaths"]["nodes"]
    assert {page["path"].removeprefix("/articles/"): page["reason"] for page in pages} == {
        "middle": "CHANGED",
        "sibling": "SAME_CATEGORY",
        "source": "LINKS_TO_CHANGED",
        "target": "LINKED_FROM_CHANGED",
    }
    assert pages[0]["type"] == "Article"
    await newsroom.published("Settings", title="Settings", brand="Brand")
    pages = (await api.data(query, since=since))["affectedPaths"]["nodes"]
    reasons = {page["path"].removeprefix("/articles/"): page["reason"] for page in pages}
    assert reasons["far"] == "SITE_CHANGED"
    assert reasons["middle"] == "CHANGED"


REASONS = """query($since: SitePosition, $position: SitePosition) @view(position: $position) {
  affectedPaths(since: $since, first: 100) {
    totalCount nodes { path reason type locale entry { title } }
  }
}"""


async def reasons(api: Api, since: int, position: int | None = None) -> dict[str, str]:
    """Return why each path is affected."""
    tokens = await tokens_of(api.newsroom.database)
    until = None if position is None else tokens[position]
    found = (await api.data(REASONS, since=tokens[since], position=until))["affectedPaths"]
    assert found["totalCount"] == len(found["nodes"])
    return {page["path"].removeprefix("/articles/"): page["reason"] for page in found["nodes"]}


async def test_what_is_no_page_changes_with_what_it_leads_to(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    inner = await newsroom.published("Snippet", text="x", related=["/articles/one"])
    outer = await newsroom.draft(title="Two", slug="two", mentions=[inner.entry_id])
    await newsroom.publish(outer)
    await newsroom.published(title="Far", slug="far")
    head = await newsroom.save(head, title="One", slug="moved")
    await newsroom.publish(head)
    moved = {"moved": "CHANGED", "one": "LEFT", "two": "LINKS_TO_CHANGED"}
    assert await reasons(api, 4) == moved
    menu = [{"links": ["/articles/moved"]}]
    await newsroom.published("Settings", title="Settings", brand="Brand", menu=menu)
    await newsroom.publish(await newsroom.save(head, title="One, newer", slug="moved"))
    assert await reasons(api, 6) == {**moved, "far": "SITE_CHANGED"}


async def test_a_page_that_is_signed_off_again_is_affected(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    await newsroom.published(title="Two", slug="two")
    assert await reasons(api, 2) == {}
    await newsroom.review(head)
    assert await reasons(api, 2) == {"one": "REVIEWED"}
    assert await reasons(api, 1) == {"one": "REVIEWED", "two": "CHANGED"}
    # A sign-off counts from a position of its own.
    assert await reasons(api, 2, position=2) == {}
    await newsroom.published(title="Three", slug="three")
    assert await reasons(api, 2, position=3) == {"one": "REVIEWED"}
    assert await reasons(api, 2, position=4) == {"one": "REVIEWED", "three": "CHANGED"}
    assert await reasons(api, 3) == {"three": "CHANGED"}


async def test_clients_learn_of_a_sign_off_on_what_is_public(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    await newsroom.published(title="Two", slug="two")
    query = """query($since: SitePosition) { sync(since: $since) { nodes {
      kind position digest entry { path review { reviewers { name } } }
    } } }"""
    assert (await api.data(query, since=await api.at(2)))["sync"]["nodes"] == []
    await newsroom.ask(head)
    await newsroom.sign(head, newsroom.reviewers[1])
    reviewers = [{"name": "Rita Reviewer"}, {"name": "Rolf Reviewer"}]
    reviewed = {
        "kind": "UPSERT",
        "position": await api.at(3),
        "digest": head.digest,
        "entry": {"path": "/articles/one", "review": {"reviewers": reviewers}},
    }
    assert (await api.data(query, since=await api.at(2)))["sync"]["nodes"] == [reviewed]
    assert (await api.data(query, since=await api.at(3)))["sync"]["nodes"] == []


async def test_a_page_shows_that_a_part_of_it_is_signed_off_again(api: Api) -> None:
    newsroom = api.newsroom
    part = await newsroom.draft("Snippet", text="x")
    (published,) = await newsroom.publish(part)
    settings = await newsroom.draft("Settings", title="Settings", brand="Brand")
    await newsroom.publish(settings)
    await newsroom.published(title="One", slug="one", mentions=[published.entry_id])
    await newsroom.published(title="Two", slug="two")
    await newsroom.review(part)
    assert await reasons(api, 4) == {"one": "LINKS_TO_CHANGED"}
    await newsroom.review(settings)
    assert await reasons(api, 4) == {"one": "LINKS_TO_CHANGED", "two": "SITE_CHANGED"}


async def test_sign_offs_count_by_position_though_an_older_history_was_imported(api: Api) -> None:
    newsroom = api.newsroom
    present = await newsroom.published(title="Present", slug="present")
    older = await newsroom.draft(title="Older", slug="older")
    await newsroom.review(older)
    then = present.published_at - timedelta(days=9)
    entry_id = await newsroom.entry_id(older)
    await newsroom.do_at(then, newsroom.publisher, publish_entry, entry_id, revision_id=older.id)
    await newsroom.published(title="Last", slug="last")
    query = """query($position: SitePosition) @view(position: $position) {
      entry(by: {path: "/articles/present"}) { review { signedAt } }
    }"""
    for number in (1, 2, 3):
        review = (await api.data(query, position=await api.at(number)))["entry"]["review"]
        assert review is not None
    assert await reasons(api, 1, position=2) == {"older": "CHANGED"}
    assert await reasons(api, 1, position=3) == {"older": "CHANGED", "last": "CHANGED"}
    assert await reasons(api, 2, position=3) == {"last": "CHANGED"}


async def test_a_sign_off_on_what_is_not_public_affects_nothing(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    await api.newsroom.review(await api.newsroom.save(head, title="Other", slug="one"))
    assert await reasons(api, 1) == {}


async def test_pages_show_another_edition_where_one_comes_or_goes(api: Api) -> None:
    """In a language without an edition, pages show the links and the category of another."""
    newsroom = api.newsroom
    topics = await newsroom.category("Topics")
    await newsroom.published(title="Target", slug="target")
    await newsroom.published(title="Sibling", slug="sibling", category=topics)
    await newsroom.published(title="Far", slug="far")
    english = await newsroom.draft(
        title="One", slug="one", category=topics, related=["/articles/target"]
    )
    await newsroom.publish(english)
    german = await newsroom.translate(english, "de", title="Eins", slug="eins")
    (publication,) = await newsroom.publish(german, locale="de")
    nearby = {"target": "LINKED_FROM_CHANGED", "sibling": "SAME_CATEGORY"}
    assert await reasons(api, 4) == {"one": "CHANGED", "eins": "CHANGED", **nearby}
    await newsroom.unpublish(publication)
    assert await reasons(api, 5) == {"one": "CHANGED", "eins": "LEFT", **nearby}


async def test_a_category_above_lists_what_changes_below(api: Api) -> None:
    newsroom = api.newsroom
    topics = await newsroom.category("Topics")
    below = await newsroom.category("Below", topics)
    deep = await newsroom.category("Deep", below)
    beside = await newsroom.category("Beside", topics)
    for category in (topics, below, beside):
        slug = category.slug
        await newsroom.published(title=slug, slug=slug, category=category)
    head = await newsroom.draft(title="One", slug="one", category=deep)
    await newsroom.publish(head)
    listing = {"topics": "SAME_CATEGORY", "below": "SAME_CATEGORY"}
    assert await reasons(api, 3) == {"one": "CHANGED", **listing}
    # It leaves one for another.
    await newsroom.publish(await newsroom.save(head, title="One", slug="one", category=beside))
    assert await reasons(api, 4) == {"one": "CHANGED", "beside": "SAME_CATEGORY", **listing}


async def test_pages_show_the_names_of_categories_around_them(api: Api) -> None:
    newsroom = api.newsroom
    topics = await newsroom.category("Topics")
    below = await newsroom.category("Below", topics)
    deep = await newsroom.category("Deep", below)
    beside = await newsroom.category("Beside")
    for category in (topics, below, deep, beside):
        slug = category.slug
        await newsroom.published(title=slug, slug=slug, category=category)
    inside = {"below": "CATEGORY", "deep": "CATEGORY"}
    head = await reword(newsroom, below.id, title="Lower", slug="lower")
    assert await reasons(api, 4) == {**inside, "topics": "SAME_CATEGORY"}
    # Both the old and the new parent list their children.
    await newsroom.do(newsroom.administrator, move_category, below.id, parent_id=beside.id)
    around = {"topics": "SAME_CATEGORY", "beside": "SAME_CATEGORY"}
    assert await reasons(api, 5) == {**inside, **around}
    assert await reasons(api, 5, position=5) == {}
    # A place among siblings is shown where these are listed.
    other = await newsroom.category("Other", beside)
    since = len(await tokens_of(newsroom.database)) - 1
    await newsroom.do(newsroom.administrator, move_category, other.id, ordinal=0)
    assert await reasons(api, since) == {**inside, "beside": "SAME_CATEGORY"}
    await newsroom.publish(await newsroom.update(head, title="Draft"))
    assert (await reasons(api, since))["below"] == "CATEGORY"


class Category(BuiltInCategory, path="/{category}/{slug}/"):
    """A category with a page of its own, which lists what is in it."""


class Person(BuiltInPerson, path="/people/{slug}"):
    """A person with a page of their own, which lists what they wrote and signed off."""


PAGED = SiteDeclaration(
    "Paged",
    content_types=[
        *(each for name, each in SITE.content_types.items() if name not in {"Category", "Person"}),
        *(Category, Person),
    ],
)


async def test_pages_of_categories_and_people_list_what_changes(newsroom: Newsroom) -> None:
    newsroom.site = PAGED
    api = api_of(PAGED, newsroom)
    topics = await newsroom.category("Topics")
    below = await newsroom.category("Below", topics)
    await newsroom.category("Beside")
    for actor in (newsroom.author, newsroom.second_author, *newsroom.reviewers[:2]):
        await reword(newsroom, str(actor.person_id), summary="Works here.")
    head = await newsroom.draft(title="One", slug="one", category=below)
    since = len(await tokens_of(newsroom.database)) - 1
    await newsroom.publish(head)
    people = {"/people/ada-author": "PERSON", "/people/rita-reviewer": "PERSON"}
    listing = {"/topics/": "SAME_CATEGORY", "/topics/below/": "SAME_CATEGORY"}
    assert await reasons(api, since) == {"one": "CHANGED", **people, **listing}
    # Signed off once more, it is listed at another reviewer.
    await newsroom.ask(head)
    await newsroom.sign(head, newsroom.reviewers[1])
    reviewers = {"/people/rolf-reviewer": "PERSON"}
    assert await reasons(api, since + 1) == {"one": "REVIEWED", **reviewers}
    await newsroom.object_to(head, newsroom.reviewers[1])
    assert await reasons(api, since + 2) == {"one": "REVIEWED", **reviewers}


async def test_a_draft_of_a_category_or_a_person_affects_nothing(api: Api) -> None:
    newsroom = api.newsroom
    topics = await newsroom.category("Topics")
    await newsroom.published(title="One", slug="one", category=topics)
    await newsroom.update(topics.revision, title="Draft")
    await newsroom.do(
        newsroom.administrator, create_category, Draft(title="New"), parent_id=topics.id
    )
    assert await reasons(api, 1) == {}


async def test_pages_show_the_names_of_their_authors_and_reviewers(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.published(title="Ada's", slug="adas")
    abes = await newsroom.draft(title="Ada's first", slug="abes")
    abes = await newsroom.save(abes, newsroom.second_author, title="Abe's", slug="abes")
    await newsroom.publish(abes)
    await reword(newsroom, str(newsroom.author.person_id), title="Ada A.")
    assert await reasons(api, 2) == {"adas": "PERSON"}
    await reword(newsroom, str(newsroom.reviewers[0].person_id), title="Rita R.")
    assert await reasons(api, 3) == {"adas": "PERSON", "abes": "PERSON"}
    await reword(newsroom, str(newsroom.reviewers[2].person_id), title="Runa R.")
    assert await reasons(api, 4) == {}


async def test_paths_that_have_been_left_are_affected(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    gone = await newsroom.published(title="Gone", slug="gone")
    head = await newsroom.save(head, title="One", slug="moved")
    await newsroom.publish(head)
    await newsroom.unpublish(gone)
    assert await reasons(api, 2) == {"moved": "CHANGED", "one": "LEFT", "gone": "LEFT"}
    assert await reasons(api, 2, position=3) == {"moved": "CHANGED", "one": "LEFT"}
    (page,) = (await api.data(REASONS, since=await api.at(3)))["affectedPaths"]["nodes"]
    left = {"reason": "LEFT", "type": "Article", "locale": "EN", "entry": None}
    assert page == {"path": "/articles/gone", **left}
    # What has gone before it was known is not spoken of, but where a page stood in between.
    assert await reasons(api, 0) == {"moved": "CHANGED", "one": "LEFT"}
    await newsroom.publish(await newsroom.save(head, title="One", slug="again"))
    # The first path leads elsewhere now.
    assert await reasons(api, 4) == {"again": "CHANGED", "moved": "LEFT", "one": "LEFT"}
    # What others have taken is not left.
    await newsroom.published(title="Taken", slug="one")
    assert await reasons(api, 3) == {
        "again": "CHANGED",
        "one": "CHANGED",
        "moved": "LEFT",
        "gone": "LEFT",
    }


async def test_a_path_that_was_taken_and_left_again_in_between_is_affected(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    await newsroom.publish(await newsroom.save(head, title="One", slug="moved"))
    await newsroom.unpublish(await newsroom.published(title="Taken", slug="one"))
    # As a page of its own, and as a redirect to one, it is gone.
    left = {"one": "LEFT"}
    assert await reasons(api, 1) == {"moved": "CHANGED", **left}
    assert await reasons(api, 2) == left
    # At a position in between it is a page, and known as such.
    assert await reasons(api, 2, position=3) == {"one": "CHANGED"}
    assert await reasons(api, 3) == left
    # It is gone for good.
    await newsroom.unpublish(await newsroom.published(title="Taken", slug="taken"))
    assert await reasons(api, 4) == {}


async def test_what_came_and_went_in_between_is_not_spoken_of(api: Api) -> None:
    newsroom = api.newsroom
    query = "query($since: SitePosition) { sync(since: $since) { nodes { kind path position } } }"
    publication = await newsroom.published(title="One", slug="one")
    await newsroom.unpublish(publication)
    assert (await api.data(query, since=await api.at(0)))["sync"]["nodes"] == []
    tombstone = {"kind": "DELETE", "path": "/articles/one", "position": await api.at(2)}
    assert (await api.data(query, since=await api.at(1)))["sync"]["nodes"] == [tombstone]
    assert (await api.data(query, since=await api.at(2)))["sync"]["nodes"] == []
    # It was gone already, and came and went once more.
    async with newsroom.as_(newsroom.publisher) as work:
        await publish_entry(work, publication.entry_id, revision_id=publication.revision_id)
        await unpublish_entry(work, publication.entry_id)
    assert (await api.data(query, since=await api.at(2)))["sync"]["nodes"] == []


async def test_changes_can_be_narrowed_to_types_and_languages(api: Api) -> None:
    head = await api.newsroom.draft(title="Article", slug="a")
    await api.newsroom.publish(head)
    await api.newsroom.published("Note", title="Note", slug="n", text="x")
    german = await api.newsroom.translate(head, "de", title="Artikel", slug="b")
    await api.newsroom.publish(german, locale="de")
    query = """query($where: SyncWhere) { sync(where: $where) {
      totalCount nodes { locale type entry { title } }
    } }"""
    for where, titles in (
        (None, ["Article", "Note", "Artikel"]),
        ({"type": {"eq": "Note"}}, ["Note"]),
        ({"locale": {"eq": "DE"}}, ["Artikel"]),
        ({"type": {"in": ["Note"]}, "locale": {"eq": "DE"}}, []),
    ):
        sync = (await api.data(query, where=where))["sync"]
        assert [node["entry"]["title"] for node in sync["nodes"]] == titles
        assert sync["totalCount"] == len(titles)


async def test_all_pages_of_changes_are_of_the_moment_of_the_first(api: Api) -> None:
    query = """query($after: String) { sync(first: 1, after: $after) {
      until totalCount
      nodes { path entry { title links(first: 5) { nodes { target { ...on Entry { title } } } } } }
      pageInfo { endCursor hasNextPage }
    } }"""
    newsroom = api.newsroom
    await newsroom.published(title="One", slug="one")
    head = await newsroom.draft(title="Two", slug="two", related=["/articles/one"])
    (publication,) = await newsroom.publish(head)
    first = (await api.data(query))["sync"]
    assert [node["path"] for node in first["nodes"]] == ["/articles/one"]
    assert (first["until"], first["totalCount"]) == (await api.at(2), 2)
    # Meanwhile, what is still to come changes, and goes; and more comes.
    await newsroom.publish(await newsroom.save(head, title="Other", slug="two"))
    await newsroom.unpublish(publication)
    await newsroom.published(title="Three", slug="three")
    second = (await api.data(query, after=first["pageInfo"]["endCursor"]))["sync"]
    assert (second["until"], second["totalCount"]) == (await api.at(2), 2)
    links = {"nodes": [{"target": {"title": "One"}}]}
    entry = {"title": "Two", "links": links}
    assert second["nodes"] == [{"path": "/articles/two", "entry": entry}]
    assert not second["pageInfo"]["hasNextPage"]
    fresh = (await api.data(query))["sync"]
    assert (fresh["until"], fresh["totalCount"]) == (await api.at(5), 2)


async def test_changes_are_told_up_to_a_position(api: Api) -> None:
    query = """query($at: SitePosition) @view(position: $at) {
      position sync { until totalCount }
    }"""
    begun = await api.at(0)
    nothing = {"until": begun, "totalCount": 0}
    assert await api.data(query) == {"position": begun, "sync": nothing}
    await api.newsroom.published(title="One", slug="one")
    await api.newsroom.published(title="Two", slug="two")
    for number in (0, 1, 2):
        token = await api.at(number)
        sync = {"until": token, "totalCount": number}
        assert await api.data(query, at=token) == {"position": token, "sync": sync}
    assert await api.data(query) == await api.data(query, at=await api.at(2))


async def test_a_view_at_a_position_is_not_moved_by_a_cursor(api: Api) -> None:
    query = """query($at: SitePosition, $after: String) @view(position: $at) {
      sync(first: 1, after: $after) {
        until nodes { path } pageInfo { endCursor hasNextPage }
      }
    }"""
    for slug in ("one", "two", "three"):
        await api.newsroom.published(title=slug, slug=slug)
    first = (await api.data(query))["sync"]
    assert first["until"] == await api.at(3)
    cursor = first["pageInfo"]["endCursor"]
    found = (await api.data(query, at=await api.at(2), after=cursor))["sync"]
    assert (found["until"], found["nodes"]) == (await api.at(2), [{"path": "/articles/two"}])
    assert not found["pageInfo"]["hasNextPage"]


async def test_changes_are_what_is_public_whoever_asks(desk: Desk) -> None:
    newsroom = desk.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    await newsroom.published(title="Two", slug="two", related=["/articles/one"])
    await newsroom.review(await newsroom.save(head, title="Draft", slug="one"))
    query = """{ sync { nodes { entry { title links { nodes { target {
      ... on Entry { title review { reviewers { name } } }
    } } } } } } }"""
    nodes = (await desk.data(newsroom.author, query))["sync"]["nodes"]
    reviewers = [{"name": "Rita Reviewer"}]
    target = {"title": "One", "review": {"reviewers": reviewers}}
    assert [node["entry"] for node in nodes] == [
        {"title": "One", "links": {"nodes": []}},
        {"title": "Two", "links": {"nodes": [{"target": target}]}},
    ]


async def test_a_cursor_of_changes_has_to_be_one(api: Api) -> None:
    await api.newsroom.published(title="One", slug="one")
    query = "query($after: String) { sync(after: $after) { until } }"
    other = (await api.data("{ entries { pageInfo { endCursor } } }"))["entries"]["pageInfo"]
    for cursor in (
        "x",
        other["endCursor"],
        b'["",1,"a",1.5]'.hex(),
        b'["",1,"a",null]'.hex(),
        b'["",1,"a","1"]'.hex(),
    ):
        (error,) = await api.refused(query, {"after": cursor})
        assert error.extensions == {"code": "BAD_USER_INPUT"}
        assert "cursor" in error.message


@pytest.mark.parametrize("name", ["sync", "affectedPaths"])
async def test_changes_are_counted_in_positions_and_not_in_time(api: Api, name: str) -> None:
    query = f"""query @view(asOf: "2026-01-01T00:00:00Z") {{
      {name} {{ totalCount }}
    }}"""
    (error,) = await api.refused(query)
    assert error.extensions == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("name", ["sync", "affectedPaths"])
async def test_without_a_position_nothing_is_known(api: Api, name: str) -> None:
    await api.newsroom.published(title="One", slug="one")
    query = f"query($since: SitePosition) {{ {name}(since: $since) {{ nodes {{ path }} }} }}"
    everything = {name: {"nodes": [{"path": "/articles/one"}]}}
    assert await api.data(f"{{ {name} {{ nodes {{ path }} }} }}") == everything
    for since in (None, "0"):
        assert await api.data(query, since=since) == everything
    assert await api.data(query, since=await api.at(1)) == {name: {"nodes": []}}
    # A position after that of the view is one of the same history: there is no change between.
    query = f'query($since: SitePosition) @view(position: "0") {{ {name}(since: $since) '
    query += "{ totalCount } }"
    assert await api.data(query, since=await api.at(1)) == {name: {"totalCount": 0}}


async def test_a_build_can_begin_at_a_time(api: Api) -> None:
    query = "query($at: DateTime) @view(asOf: $at) { position }"
    head = await api.newsroom.draft(title="One", slug="one")
    (first,) = await api.newsroom.publish(head)
    second = await api.newsroom.published(title="Two", slug="two")
    await api.newsroom.unpublish(second)
    for at, number in (
        (first.published_at - timedelta(seconds=1), 0),
        (first.published_at, 1),
        (second.published_at, 2),
        (second.published_at + timedelta(days=1), 3),
        (None, 3),
    ):
        given = at.isoformat() if at is not None else None
        assert (await api.data(query, at=given))["position"] == await api.at(number)


async def test_a_build_from_a_time_misses_nothing_where_an_older_history_was_imported(
    api: Api,
) -> None:
    newsroom = api.newsroom
    present = await newsroom.published(title="Present", slug="present")
    older = await newsroom.draft(title="Older", slug="older")
    await newsroom.review(older)
    then = present.published_at - timedelta(days=9)
    entry_id = await newsroom.entry_id(older)
    await newsroom.do_at(then, newsroom.publisher, publish_entry, entry_id, revision_id=older.id)
    query = "query($at: DateTime) @view(asOf: $at) { position entries { nodes { title } } }"
    data = await api.data(query, at=(then + timedelta(days=1)).isoformat())
    assert data == {"position": await api.at(0), "entries": {"nodes": [{"title": "Older"}]}}
    query = "{ sync { nodes { path } } }"
    nodes = (await api.data(query))["sync"]["nodes"]
    assert [node["path"] for node in nodes] == ["/articles/present", "/articles/older"]
