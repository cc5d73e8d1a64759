"""Addresses over time: a path leads to the page that has it, or where its last page is now."""

from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms.authorization.actor import OPERATOR
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Changes, Draft
from cms.copydesk import desk_of
from cms.drafts.entries import create_entry
from cms.drafts.saving import restore_revision, update_entry
from cms.errors import Refused
from cms.publishing.publishing import publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from cms.storage.database import Database
from cms.taxonomy.categories import create_category, move_category
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.graphql_api.conftest import api_of


class Page(ContentType, path="/{category}/{slug}/"):
    """A page in a category."""

    body = Markdown(required=True)


class Note(ContentType, path="/a/{slug}"):
    """A page that can have the path of one in a category."""

    body = Markdown(required=True)


PLACES = Site("Places", content_types=(Page, Note), url="https://example.org")
SLUGS = ("x", "y", "z")
TOPICS = ("a", "b")
ROUTES = "query($path: String!) { route(path: $path) { __typename ... on RedirectRoute { to } } }"
HUB = """query($path: String!) { entry(by: {path: $path}) {
  links { nodes { url } } ... on Note { body { html } } } }"""

# What happens to one of the pages, or to a category.
STEPS = st.one_of(
    st.tuples(st.just("rename"), st.integers(0, 2), st.sampled_from(SLUGS)),
    st.tuples(st.just("restore"), st.integers(0, 2), st.just("")),
    st.tuples(st.just("withdraw"), st.integers(1, 2), st.just("")),
    st.tuples(st.just("reword"), st.integers(0, 1), st.sampled_from(("a", "b", "c"))),
    st.tuples(st.just("move"), st.integers(0, 1), st.sampled_from(("root", "0", "1"))),
)
CYCLE = "CATEGORY_CYCLE"


@dataclass
class Stand:
    """A page: where it stands, if it is public."""

    entry_id: str
    first: str
    head: str
    content_type: str
    category: int | None
    slug: str
    path: str | None = None


@dataclass
class World:
    """Pages and categories, in the database and in a model of it."""

    database: Database
    topics: list[str] = field(default_factory=lambda: list(TOPICS))
    parents: list[int | None] = field(default_factory=lambda: [None, None])
    categories: list[str] = field(default_factory=list)
    # The newest revision of each category.
    words: list[str] = field(default_factory=list)
    pages: list[Stand] = field(default_factory=list)
    # Which page has left a path last.
    left: dict[str, Stand] = field(default_factory=dict)

    async def begin(self) -> None:
        """Create two categories, two pages in them, a note, and a page that links to the first."""
        async with desk_of(self.database, PLACES).work(OPERATOR) as work:
            for topic in TOPICS:
                made = await create_category(work, Draft(title=topic))
                self.categories.append(made.entry_id)
                self.words.append(made.revision.id)
            chosen = dict(zip(self.categories, self.words, strict=True))
            await publish_imported(work, chosen, source="a test")
            for kind, category in (("Page", 0), ("Page", 1), ("Note", None)):
                draft = self._draft(category, SLUGS[len(self.pages)], "Text.")
                saved = await create_entry(work, kind, draft)
                slug = SLUGS[len(self.pages)]
                first = saved.revision.id
                stand = Stand(saved.entry_id, first, first, kind, category, slug)
                await self._publish(work, stand)
                self.pages.append(stand)
            links = "[one](x/?q#) [two](https://EXAMPLE.org/a/./x) [three](/a/%78)"
            saved = await create_entry(work, "Note", self._draft(None, "hub", links))
            await publish_imported(work, {saved.entry_id: saved.revision.id}, source="a test")

    def _draft(self, category: int | None, slug: str, body: str) -> Draft:
        chosen = self.categories[category] if category is not None else None
        return Draft(title=slug, slug=slug, category=chosen, fields={"body": body})

    async def _publish(self, work: Any, stand: Stand) -> None:
        await publish_imported(work, {stand.entry_id: stand.head}, source="a test")
        self._come(stand, self.path_of(stand))

    def path_of(self, stand: Stand) -> str:
        """Return where a page would stand."""
        if stand.category is None:
            return f"/a/{stand.slug}"
        return f"/{self.tree_path(stand.category)}/{stand.slug}/"

    def tree_path(self, category: int) -> str:
        """Return the slugs from the root down to a category."""
        parent = self.parents[category]
        above = f"{self.tree_path(parent)}/" if parent is not None else ""
        return f"{above}{self.topics[category]}"

    def _come(self, stand: Stand, path: str | None) -> None:
        if stand.path not in (None, path):
            self.left[str(stand.path).rstrip("/")] = stand
        stand.path = path

    async def step(self, what: str, which: int, word: str) -> None:
        """Take a step in both; it is refused where a path would be taken, and only there."""
        before = [each.path for each in self.pages]
        wrong = self._refusal(what, which, word)
        expected = self._expected(what, which, word) if wrong is None else before
        taken = [str(path).rstrip("/") for path in expected if path is not None]
        is_free = len(set(taken)) == len(taken)
        codes: set[str] = set()
        try:
            async with desk_of(self.database, PLACES).work(OPERATOR) as work:
                await getattr(self, f"_{what}")(work, which, word)
        except Refused as refused:
            codes = {error.code for error in refused.errors}
        if codes:
            assert codes == {wrong or "PATH_IN_USE"}
            assert wrong or not is_free
            assert before == [each.path for each in self.pages]
            return
        assert is_free
        assert wrong is None
        self._change_tree(what, which, word)
        for each, path in zip(self.pages, expected, strict=True):
            self._come(each, path)

    def _refusal(self, what: str, which: int, word: str) -> str | None:
        """Return why a step would be refused for the tree alone."""
        if what == "move" and str(which) == word:
            return CYCLE
        before = self.topics, self.parents
        self._change_tree(what, which, word)
        try:
            if what == "move" and None not in self.parents:
                return CYCLE
            # Two categories cannot have one path, whatever is in them.
            return "DUPLICATE_NAME" if self.tree_path(0) == self.tree_path(1) else None
        finally:
            self.topics, self.parents = before

    def _change_tree(self, what: str, which: int, word: str) -> None:
        if what == "reword":
            self.topics = [word if place == which else t for place, t in enumerate(self.topics)]
        if what == "move":
            parent = None if word == "root" else int(word)
            self.parents = [parent if at == which else p for at, p in enumerate(self.parents)]

    def _expected(self, what: str, which: int, word: str) -> list[str | None]:
        paths = [each.path for each in self.pages]
        if what == "withdraw":
            paths[which] = None
        elif what in {"rename", "restore"}:
            slug = self.pages[which].slug
            self.pages[which].slug = word if what == "rename" else SLUGS[which]
            paths[which] = self.path_of(self.pages[which])
            self.pages[which].slug = slug
        else:
            before = self.topics, self.parents
            self._change_tree(what, which, word)
            for place, each in enumerate(self.pages):
                if each.path is not None:
                    paths[place] = self.path_of(each)
            self.topics, self.parents = before
        return paths

    async def _rename(self, work: Any, which: int, word: str) -> None:
        stand = self.pages[which]
        saved = await update_entry(
            work, stand.entry_id, Changes(slug=word), base_revision=stand.head
        )
        stand.head = saved.revision.id  # which stays, though it may not be published
        await publish_imported(work, {stand.entry_id: stand.head}, source="a test")
        stand.slug = word

    async def _restore(self, work: Any, which: int, word: str) -> None:
        del word
        stand = self.pages[which]
        saved = await restore_revision(work, stand.entry_id, stand.first, base_revision=stand.head)
        stand.head = saved.revision.id
        await publish_imported(work, {stand.entry_id: stand.head}, source="a test")
        stand.slug = SLUGS[which]

    async def _withdraw(self, work: Any, which: int, word: str) -> None:
        del word
        if self.pages[which].path is not None:
            await unpublish_entry(work, self.pages[which].entry_id)

    async def _reword(self, work: Any, which: int, word: str) -> None:
        category = self.categories[which]
        saved = await update_entry(
            work, category, Changes(slug=word), base_revision=self.words[which]
        )
        self.words[which] = saved.revision.id  # which stays, likewise
        await publish_imported(work, {category: saved.revision.id}, source="a test")

    async def _move(self, work: Any, which: int, word: str) -> None:
        parent = "" if word == "root" else self.categories[int(word)]
        await move_category(work, self.categories[which], parent_id=parent)

    async def check(self) -> None:
        """Check every path that there ever was, and the links."""
        api = api_of(PLACES, Newsroom(self.database, PLACES))
        stands = {str(each.path).rstrip("/"): each for each in self.pages if each.path}
        for path in {*stands, *self.left}:
            found = (await api.data(ROUTES, path=f"{path}/?x"))["route"]
            if path in stands:
                assert found == {"__typename": "PageRoute"}
            elif self.left[path].path is not None:
                assert found == {"__typename": "RedirectRoute", "to": self.left[path].path}
            else:
                assert found == {"__typename": "GoneRoute"}
        found = (await api.data("{ categories { nodes { id treePath } } }"))["categories"]["nodes"]
        assert {each["id"]: each["treePath"] for each in found} == {
            category: self.tree_path(place) for place, category in enumerate(self.categories)
        }
        hub = (await api.data(HUB, path="/a/hub"))["entry"]
        target = self.pages[0].path
        assert [each["url"] for each in hub["links"]["nodes"]] == [f"{target}?q", target, target]
        assert hub["body"]["html"].count(f'"{target}') == 3


@pytest.mark.parametrize("kind", KINDS)
@given(steps=st.lists(STEPS, min_size=4, max_size=8))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_paths_and_links_follow_pages(
    kind: str, templates: Templates, steps: list[tuple[str, int, str]]
) -> None:
    async def walk() -> None:
        url = await templates.copy(kind)
        database = templates.open(url)
        world = World(database)
        await world.begin()
        for step in steps:
            await world.step(*step)
        await world.check()
        await database.close()
        await templates.drop(url)

    asyncio.run(walk())


def take(url: str, signing_key: Any, slug: str, start: Any, won: Any) -> None:
    """Publish a page at a path as soon as all are ready; say whether it got it."""
    won.put(asyncio.run(_take(url, signing_key, slug, start)))


async def _take(url: str, signing_key: Any, slug: str, start: Any) -> str:
    database = Database(url, signing_key=signing_key)
    draft = Draft(title="A page", slug=slug, fields={"body": "Text."})
    async with desk_of(database, PLACES).work(OPERATOR) as work:
        saved = await create_entry(work, "Note", draft)
    start.wait()
    try:
        async with desk_of(database, PLACES).work(OPERATOR) as work:
            await publish_imported(work, {saved.entry_id: saved.revision.id}, source="a test")
    except Refused as refused:
        return ",".join(error.code for error in refused.errors)
    finally:
        await database.close()
    return "PUBLISHED"


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_two_processes_gets_a_path(kind: str, templates: Templates) -> None:
    url = asyncio.run(templates.copy(kind))
    context = multiprocessing.get_context("spawn")
    start, won = context.Barrier(2), context.Queue()
    racers = [
        context.Process(target=partial(take, url, templates.signing_key, "same", start, won))
        for _ in range(2)
    ]
    for each in racers:
        each.start()
    found = sorted(won.get(timeout=120) for _ in racers)
    for each in racers:
        each.join()
    asyncio.run(templates.drop(url))
    assert found == ["PATH_IN_USE", "PUBLISHED"]
