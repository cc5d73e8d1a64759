"""The past does not change: what readers saw at a position or a time is what they see of it now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms.authorization.actor import OPERATOR
from cms.content.builtin import Category as BuiltInCategory
from cms.content.builtin import Person as BuiltInPerson
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Changes, Draft
from cms.copydesk import desk_of
from cms.drafts.entries import add_edition, create_entry
from cms.drafts.people import create_person
from cms.drafts.saving import update_entry
from cms.errors import Refused
from cms.publishing.publishing import publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from cms.storage.database import Database
from cms.taxonomy.categories import create_category, move_category
from cms.work.work import Work
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.depth import EXAMPLES
from tests.graphql_api.conftest import Api, api_of


class Page(ContentType, path="/{locale}/{category}/{slug}"):
    """A page in a category."""

    body = Markdown(required=True)


class Category(BuiltInCategory, path="/{locale}/topics/{category}/{slug}"):
    """A category with a page of its own."""


class Person(BuiltInPerson, path="/{locale}/people/{slug}"):
    """A person with a page of their own."""


PAST = Site("Past", content_types=(Page, Category, Person), locales=("en", "de"))
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
SEEN = """query($position: SitePosition, $asOf: DateTime, $locale: Locale!)
@view(position: $position, asOf: $asOf, locale: $locale) {
  position
  categories {
    nodes {
      id locale name treePath path
      parent { name } ancestors { name treePath } children { name treePath }
      entries { nodes { path } }
    }
  }
  within: categories(where: {within: "a"}, orderBy: [treePath_ASC]) { nodes { treePath } }
  one: category(by: {treePath: "a"}) { name }
  people { nodes { id locale name path } }
  pages(orderBy: [categoryTreePath_DESC]) {
    nodes { path category { treePath name } jsonLd }
    facets(fields: [category]) { value count }
  }
  sitemap(where: {type: {in: [Page, Category, Person]}}) { nodes { path } }
}"""
SLUGS = st.sampled_from(["a", "b", "c", "d"])
WHICH = st.integers(0, 3)
LOCALES = st.sampled_from(["en", "en", "de"])
# What happens: to which of the categories, pages and people, in which language.
STEPS = st.one_of(
    st.tuples(st.just("reword"), WHICH, LOCALES, SLUGS),
    st.tuples(st.just("reword"), WHICH, LOCALES, SLUGS),
    st.tuples(st.just("draft"), WHICH, LOCALES, SLUGS),
    st.tuples(st.just("move"), st.integers(0, 2), st.sampled_from(["", "0", "1", "2"]), SLUGS),
    st.tuples(st.just("move"), st.integers(0, 2), st.sampled_from(["", "0", "1", "2"]), SLUGS),
    st.tuples(st.just("place"), st.integers(0, 2), LOCALES, SLUGS),
    st.tuples(st.just("create"), WHICH, LOCALES, SLUGS),
    st.tuples(st.just("withdraw"), WHICH, LOCALES, SLUGS),
)
Step: TypeAlias = tuple[str, int, str, str]


@dataclass(frozen=True)
class Turn:
    """What happens to an entry.

    Attributes:
        entry_id: the entry.
        where: the language, or the number of the new parent.
        slug: the new slug, or a word for the place among siblings.
    """

    entry_id: str
    where: str
    slug: str

    @property
    def ordinal(self) -> int | None:
        """The place among siblings."""
        return {"a": 0, "b": 1, "c": 2}.get(self.slug)


@dataclass
class Chronicle:
    """A small site, and what its readers have seen of it.

    Attributes:
        database: where it is.
        api: what readers ask.
        entries: three categories, a person, and a page in each of two categories.
        heads: the newest revision of each edition.
        seen: what readers saw at each position and time.
        hours: how many hours have passed.
    """

    database: Database
    api: Api
    entries: list[str] = field(default_factory=list)
    heads: dict[tuple[str, str], str] = field(default_factory=dict)
    seen: list[tuple[datetime, list[Any]]] = field(default_factory=list)
    hours: int = 0

    @property
    def now(self) -> datetime:
        """The time."""
        return BEGUN + timedelta(hours=self.hours)

    async def begin(self) -> None:
        """Create and publish a little of everything."""
        async with desk_of(self.database, PAST).work(OPERATOR, self.now) as work:
            root = await create_category(work, Draft(title="A", slug="a"))
            below = await create_category(work, Draft(title="B", slug="b"), parent_id=root.entry_id)
            other = await create_category(work, Draft(title="C", slug="c"))
            person = await create_person(work, Draft(title="P", slug="p"))
            pages = [
                await create_entry(work, "Page", self._page(each.entry_id, slug))
                for each, slug in ((root, "x"), (below, "y"))
            ]
            for saved in (root, below, other, person, *pages):
                self.entries.append(saved.entry_id)
                self.heads[saved.entry_id, "en"] = saved.revision.id
            chosen = {entry_id: self.heads[entry_id, "en"] for entry_id in self.entries}
            await publish_imported(work, chosen, source="a test")
        await self.remember()

    def _page(self, category: str, slug: str) -> Draft:
        return Draft(title=slug, slug=slug, category=category, fields={"body": "Text."})

    async def step(self, what: str, which: int, where: str, slug: str) -> None:
        """Do something an hour later, unless the rules refuse it; see it as readers do."""
        self.hours += 1
        with suppress(Refused):
            async with desk_of(self.database, PAST).work(OPERATOR, self.now) as work:
                await getattr(self, f"_{what}")(work, Turn(self.entries[which], where, slug))
        await self.remember()

    async def _reword(self, work: Work, turn: Turn) -> None:
        await self._draft(work, turn)
        chosen = {turn.entry_id: self.heads[turn.entry_id, turn.where]}
        await publish_imported(work, chosen, source="a test", locale=turn.where)

    async def _draft(self, work: Work, turn: Turn) -> None:
        key = turn.entry_id, turn.where
        if key not in self.heads:
            self.heads[key] = (await add_edition(work, *key)).revision.id
        changes = Changes(title=f"{turn.slug} {self.hours}", slug=turn.slug)
        saved = await update_entry(
            work, turn.entry_id, changes, base_revision=self.heads[key], locale=turn.where
        )
        self.heads[key] = saved.revision.id

    async def _move(self, work: Work, turn: Turn) -> None:
        parent_id = self.entries[int(turn.where)] if turn.where else ""
        await move_category(work, turn.entry_id, parent_id=parent_id, ordinal=turn.ordinal)

    async def _place(self, work: Work, turn: Turn) -> None:
        await move_category(work, turn.entry_id, ordinal=turn.ordinal)

    async def _create(self, work: Work, turn: Turn) -> None:
        parent = turn.entry_id if turn.entry_id.startswith("cat_") else None
        await create_category(work, Draft(title="New", slug=f"{turn.slug}-new"), parent_id=parent)

    async def _withdraw(self, work: Work, turn: Turn) -> None:
        await unpublish_entry(work, turn.entry_id, locale=turn.where)

    async def remember(self) -> None:
        """Keep what readers see now."""
        self.seen.append((self.now, await self._look()))

    async def check(self) -> None:
        """See each past position and time as it was when it was the present."""
        for moment, seen in self.seen:
            assert await self._look(position=seen[0]["position"]) == seen
            assert await self._look(asOf=moment.isoformat()) == seen

    async def _look(self, **past: str) -> list[Any]:
        return [await self.api.data(SEEN, locale=locale, **past) for locale in ("EN", "DE")]


@pytest.mark.parametrize("kind", KINDS)
@given(steps=st.lists(STEPS, min_size=4, max_size=10))
@settings(
    max_examples=EXAMPLES // 5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_past_is_seen_as_it_was(kind: str, templates: Templates, steps: Sequence[Step]) -> None:
    async def live() -> None:
        url = await templates.copy(kind)
        database = templates.open(url)
        chronicle = Chronicle(database, api_of(PAST, Newsroom(database, PAST)))
        await chronicle.begin()
        for step in steps:
            await chronicle.step(*step)
        await chronicle.check()
        await database.close()
        await templates.drop(url)

    asyncio.run(live())
