"""A walk through a list never repeats or skips what was there throughout, whatever is published."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from graphql import GraphQLEnumType
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, literal_column

from cms.tables import Publication, Revision
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner import page_rows
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.schemas import delivery_schema_of
from tests.sites import SITE

SCHEMA = delivery_schema_of(SITE)
STEADY = 9
RESTLESS = 4


@dataclass
class Library:
    """Articles that stay, articles that come, go and change, and a reader who turns pages.

    Attributes:
        runner: runs what is done.
        newsroom: who publishes.
        delivery: what the reader asks.
        restless: the newest revision of each article that does not stay as it is.
        public: their publications, while they are public.
    """

    runner: asyncio.Runner
    newsroom: Newsroom
    delivery: Delivery
    restless: list[Revision] = field(default_factory=list)
    public: dict[int, Publication] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def page(self, walk: Walk, cursor: str | None) -> Any:
        """Return a page of the list."""
        request = GraphQLRequest(walk.query, None, walk.variables(cursor))
        response = orjson.loads(self.runner.run(self.delivery.answer(request)).body)
        assert "errors" not in response, response
        return response["data"]["articles"]

    def disturb(self, which: int) -> None:
        """Publish an article that is not public; take back or change one that is."""
        self.runner.run(self._disturb(which))

    async def _disturb(self, which: int) -> None:
        number = next(self.numbers)
        if which in self.public and number % 2:
            await self.newsroom.unpublish(self.public.pop(which))
            return
        self.restless[which] = await self.newsroom.save(
            self.restless[which], title=f"Walk {number % 7}", slug=f"r{number}", **fields(number)
        )
        (self.public[which],) = await self.newsroom.publish(self.restless[which])


@dataclass(frozen=True)
class Walk:
    """How a reader goes through the list.

    Attributes:
        orders: by what.
        search: for what, if for anything; then what fits best comes first.
        size: how many at a time.
        forward: from the beginning, or from the end.
    """

    orders: Sequence[str]
    search: str | None
    size: int
    forward: bool

    @property
    def query(self) -> str:
        """The document."""
        paging = "first: $size, after: $cursor" if self.forward else "last: $size, before: $cursor"
        return f"""query($size: Int, $cursor: String, $orders: [ArticleOrder!], $search: String) {{
          articles({paging}, orderBy: $orders, search: $search) {{
            nodes {{ slug }}
            pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }}
          }}
        }}"""

    def variables(self, cursor: str | None) -> dict[str, Any]:
        """Return the variables of the page after a cursor."""
        return {
            "size": self.size,
            "cursor": cursor,
            "orders": list(self.orders),
            "search": self.search,
        }

    def next_cursor(self, page: Any) -> str | None:
        """Return where the next page begins, or ``None`` at the end."""
        info = page["pageInfo"]
        if self.forward:
            return info["endCursor"] if info["hasNextPage"] else None
        return info["startCursor"] if info["hasPreviousPage"] else None


def fields(number: int) -> dict[str, Any]:
    """Return what articles are ordered by: often the same, and often nothing."""
    return {
        "rating": number % 3 or None,
        "pages": number % 4 or None,
        "is_free": [True, False, None][number % 3],
        "issued_on": f"2026-01-0{1 + number % 2}" if number % 3 else None,
        "level": ["HARD", "EASY", None][number % 3],
        "subtitle": "walk" if number % 2 else None,
    }


@pytest.fixture(scope="module", params=["2000", "1"], ids=["few", "many"])
def few(request: pytest.FixtureRequest) -> Iterator[None]:
    """How many rows are looked up; more are found in the order of the list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_rows, "_FEW", literal_column(request.param, Integer()))
        yield


@pytest.fixture(scope="module", params=KINDS)
def library(request: pytest.FixtureRequest, templates: Templates, few: None) -> Iterator[Library]:
    """A list in which some stay."""
    del few
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        newsroom = Newsroom(database, SITE)
        library = Library(runner, newsroom, Delivery(SITE, SCHEMA, database.reader))
        runner.run(_fill(library))
        yield library
        runner.run(database.close())
        runner.run(templates.drop(url))


async def _fill(library: Library) -> None:
    newsroom = library.newsroom
    await newsroom.hire()
    slugs = {"places": "Places", "people": "people", "more-places": "Places"}
    topics = [await newsroom.category(name, slug=slug) for slug, name in slugs.items()]
    for number in range(STEADY):
        # Some have the word that is searched for in their title, and so come first.
        word = "Run" if number % 4 == 1 else "Walk"
        title = f"{word} {number % 4}"
        topic = [*topics, None][number % 4]
        await newsroom.published(title=title, slug=f"s{number}", category=topic, **fields(number))
    library.restless.extend(
        [await newsroom.draft(title="Walk", slug=f"begun{number}") for number in range(RESTLESS)]
    )


def orders() -> st.SearchStrategy[list[str]]:
    """Return lists of orders, as clients give them."""
    order = SCHEMA.type_map["ArticleOrder"]
    assert isinstance(order, GraphQLEnumType)
    return st.lists(st.sampled_from(sorted(order.values)), max_size=3, unique=True)


walks = st.builds(
    Walk,
    orders=orders(),
    search=st.sampled_from([None, None, "walk"]),
    size=st.integers(1, 4),
    forward=st.booleans(),
)


# What happens after the first page, after the second, and so on.
disturbances = st.lists(st.lists(st.integers(0, RESTLESS - 1), max_size=2, unique=True), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(walk=walks, disturbances=disturbances)
@example(walk=Walk(["categoryName_ASC"], None, 2, forward=True), disturbances=[])
@example(walk=Walk(["categoryName_DESC"], "walk", 3, forward=False), disturbances=[])
@example(walk=Walk(["categoryTreePath_DESC", "title_ASC"], None, 2, forward=True), disturbances=[])
def test_what_stays_comes_once(
    library: Library, walk: Walk, disturbances: Sequence[Sequence[int]]
) -> None:
    # They end, or what is published ahead of a reader could keep one walking for ever.
    turns = iter(disturbances)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = library.page(walk, cursor)
        slugs = [node["slug"] for node in page["nodes"]]
        seen += slugs if walk.forward else slugs[::-1]
        cursor = walk.next_cursor(page)
        if cursor is None:
            break
        for which in next(turns, ()):
            library.disturb(which)
    steady = [slug for slug in seen if slug.startswith("s")]
    whole = library.page(Walk(walk.orders, walk.search, 100, forward=True), None)["nodes"]
    expected = [node["slug"] for node in whole if node["slug"].startswith("s")]
    assert len(expected) == STEADY
    assert steady == (expected if walk.forward else expected[::-1])
