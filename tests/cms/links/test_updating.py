"""A graph that is brought to the newest position is the one that is read at once."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from cms.errors import Refused
from cms.links import updating
from cms.links.graph import NONE, LinkGraph
from cms.links.loading import load_graph
from cms.links.updating import update_graph
from cms.reading.view import View, view_of
from cms.site import Site
from cms.tables import Publication, Revision
from cms.taxonomy.categories import move_category
from tests.builders import Newsroom, Topic
from tests.sites import SITE, URLS

FALLING = Site(
    "Falls back",
    content_types=list(SITE.content_types.values()),
    locales=("en", "de"),
    url=URLS,
    fallbacks={"de": ("en",)},
)


def facts(graph: LinkGraph) -> dict[str, Any]:
    """Return what a graph says, without the numbers by which it says it."""
    ends = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
    more = zip(graph.kinds.tolist(), graph.layers.tolist(), strict=True)
    return {
        "position": graph.position,
        "nodes": [
            (each, graph.type_names[kind], NONE if at == NONE else graph.category_ids[at], is_page)
            for each, kind, at, is_page in zip(
                graph.ids,
                graph.types.tolist(),
                graph.categories.tolist(),
                graph.is_page.tolist(),
                strict=True,
            )
        ],
        "roots": [graph.ids[at] for at in graph.roots.tolist()],
        "edges": sorted(
            (graph.ids[source], graph.ids[target], graph.kind_names[kind], layer)
            for (source, target), (kind, layer) in zip(ends, more, strict=True)
        ),
    }


class Walk:
    """Random publications, with links among them."""

    def __init__(self, newsroom: Newsroom, seed: int) -> None:
        self.newsroom = newsroom
        self.random = Random(seed)  # noqa: S311  # no secret
        self.pages: list[Publication] = []
        self.heads: dict[str, Revision] = {}
        self.topics: list[Topic] = []

    def values(self) -> dict[str, Any]:
        few = self.random.sample(self.pages, min(len(self.pages), self.random.randrange(4)))
        related = [{"href": each.entry_id} for each in few]
        topic = self.random.choice([None, *self.topics]) if self.topics else None
        sources = related[: self.random.randrange(2)]
        return {"related": related, "sources": sources, "category": topic}

    async def begin(self, number: int) -> None:
        """Publish a page."""
        slug = f"page-{number}"
        head = await self.newsroom.draft(title=slug, slug=slug, **self.values())
        await self.publish(head)

    async def publish(self, head: Revision) -> None:
        (page,) = await self.newsroom.publish(head)
        self.pages = [each for each in self.pages if each.entry_id != page.entry_id] + [page]
        self.heads[page.entry_id] = head

    async def change(self) -> None:
        """Publish another revision of a page."""
        page = self.random.choice(self.pages)
        head = self.heads[page.entry_id]
        values = self.values() | {"title": head.title, "slug": head.slug}
        await self.publish(await self.newsroom.save(head, **values))

    async def take_back(self) -> None:
        """Take a page back, unless others lead to it."""
        page = self.random.choice(self.pages)
        try:
            await self.newsroom.unpublish(page)
        except Refused:
            return
        self.pages.remove(page)

    async def sort(self) -> None:
        """Begin a category, or move one."""
        self.topics.append(await self.newsroom.category(f"Topic {len(self.topics)}"))
        moved, above = self.random.choice(self.topics), self.random.choice(self.topics)
        try:
            await self.newsroom.do(
                self.newsroom.administrator, move_category, moved.id, parent_id=above.id
            )
        except Refused:
            return

    async def translate(self) -> None:
        """Publish a page in another language."""
        page = self.random.choice(self.pages)
        head = self.heads[page.entry_id]
        try:
            words = {"title": head.title, "slug": head.slug}
            german = await self.newsroom.translate(head, "de", **words)
            await self.newsroom.publish(german, locale="de")
        except Refused:
            return

    async def step(self, number: int) -> None:
        """Do one of these at random."""
        if len(self.pages) < 3 or self.random.random() < 0.35:
            await self.begin(number)
            return
        others = (self.change, self.take_back, self.sort, self.translate)
        await self.random.choice(others)()


async def read(newsroom: Newsroom, view: View, graph: LinkGraph | None = None) -> LinkGraph:
    async with newsroom.database.reading() as session:
        if graph is None:
            return await load_graph(session, newsroom.site, view)
        return await update_graph(session, newsroom.site, view, graph)


@pytest.mark.parametrize("seed", range(2))
async def test_an_updated_graph_is_the_one_that_is_read_at_once(
    newsroom: Newsroom, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating, "_FEW", 0)  # however many entries have changed
    newsroom.site = FALLING
    views = [view_of(FALLING, locale) for locale in FALLING.locales]
    graphs = [await read(newsroom, view) for view in views]
    walk = Walk(newsroom, seed)
    for number in range(24):
        await walk.step(number)
        if number % 3 == 0:  # several positions at once
            graphs = [
                await read(newsroom, view, graph) for view, graph in zip(views, graphs, strict=True)
            ]
            assert [facts(graph) for graph in graphs] == [
                facts(await read(newsroom, view)) for view in views
            ]
    assert np.all(graphs[0].sources[:-1] <= graphs[0].sources[1:])
