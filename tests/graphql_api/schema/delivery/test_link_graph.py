"""Questions about the link graph, through every view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cms.authorization.actor import ANONYMOUS
from cms.links import asking
from cms.links.asking import LinkGraphs
from cms.links.communities import communities_of
from cms.links.graph import LinkGraph
from cms.links.loading import load_graph
from cms.links.refreshing import refresh_metrics
from cms.reading.view import EVERYTHING, View, view_of
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Publication
from graphql_api.delivery import Visitor
from tests.graphql_api.conftest import Api
from tests.sites import SITE

EDITOR = Visitor(scopes=EVERYTHING)
SIZE = "linkGraph { nodes edges }"


def to(publication: Publication) -> list[dict[str, str]]:
    return [{"href": publication.entry_id}]


async def chain(api: Api, *titles: str) -> list[Publication]:
    """Publish pages of which each links the one before."""
    pages: list[Publication] = []
    for title in titles:
        related = to(pages[-1]) if pages else []
        page = await api.newsroom.published(title=title, slug=title.lower(), related=related)
        pages.append(page)
    return pages


def size(nodes: int, edges: int) -> dict[str, Any]:
    return {"linkGraph": {"nodes": nodes, "edges": edges}}


async def test_the_public_graph_has_no_draft(api: Api) -> None:
    (first, _) = await chain(api, "One", "Two")
    await api.newsroom.draft(title="Three", slug="three", related=to(first))
    assert await api.data(f"{{ {SIZE} }}") == size(2, 1)
    assert await api.seen_by(EDITOR, f"{{ view(perspective: DRAFT) {{ {SIZE} }} }}") == {
        "view": size(3, 2)
    }
    (error,) = await api.refused(f"query @view(perspective: DRAFT) {{ {SIZE} }}")
    assert error.extensions == {"code": "NOT_ALLOWED"}


async def test_one_question_is_asked_in_several_views(api: Api) -> None:
    await chain(api, "One", "Two")
    first, second = await api.at(1), await api.at(2)
    query = f"""query($first: SitePosition, $second: SitePosition) {{
      a: view(position: $first) {{ ...Size }}
      b: view(position: $second) {{ ...Size }}
      ...Size
    }} fragment Size on Query {{ {SIZE} }}"""
    assert await api.data(query, first=first, second=second) == {
        "a": size(1, 0),
        "b": size(2, 1),
        **size(2, 1),
    }
    query = "query($first: SitePosition) @view(position: $first) { linkGraph { nodes position } }"
    found = await api.data(query, first=first)
    assert found == {"linkGraph": {"nodes": 1, "position": first}}


async def test_an_answer_says_how_far_it_is_behind(api: Api) -> None:
    await chain(api, "One", "Two", "Three")
    query = "query($at: SitePosition) @view(position: $at) { linkGraph { behind } }"
    behind = await api.data(query, at=await api.at(1))
    assert behind == {"linkGraph": {"behind": 2}}
    assert await api.data("{ linkGraph { behind } }") == {"linkGraph": {"behind": 0}}


async def test_a_kept_graph_is_made_again_after_a_publication(api: Api) -> None:
    (first, second) = await chain(api, "One", "Two")
    assert await api.data(f"{{ {SIZE} }}") == size(2, 1)
    await api.newsroom.published(title="Three", slug="three", related=[*to(first), *to(second)])
    assert await api.data(f"{{ {SIZE} }}") == size(3, 3)
    await api.newsroom.unpublish(await api.newsroom.published(title="Four", slug="four"))
    assert await api.data(f"{{ {SIZE} }}") == size(3, 3)


async def test_a_preview_has_the_links_of_its_revision(api: Api) -> None:
    (first, second) = await chain(api, "One", "Two")
    draft = await api.newsroom.draft(title="Three", slug="three", related=to(second))
    visitor = Visitor(preview=draft.id, is_anonymous=False)
    assert await api.seen_by(visitor, f"{{ {SIZE} }}") == size(3, 2)
    assert await api.data(f"{{ {SIZE} }}") == size(2, 1)
    assert first.entry_id != second.entry_id


async def test_layers_and_kinds_choose_the_links(api: Api) -> None:
    (first,) = await chain(api, "One")
    await api.newsroom.published(
        title="Two", slug="two", related=to(first), sources=to(first), body="[x](/articles/one)"
    )
    every = "linkGraph { edges } fields: linkGraph(kinds: [RELATED, SOURCE]) { edges }"
    data = await api.data(f"{{ {every} one: linkGraph(kinds: [SOURCE]) {{ edges }} }}")
    data |= await api.data(
        "{ menus: linkGraph(layers: [NAVIGATION]) { edges } none: linkGraph(kinds: []) { edges } }"
    )
    assert {name: each["edges"] for name, each in data.items()} == {
        "linkGraph": 3,
        "fields": 2,
        "one": 1,
        "menus": 0,
        "none": 0,
    }


async def test_a_process_keeps_the_graphs_that_were_used_last_up_to_a_limit(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, loaded = list[float](), list[View]()
    monkeypatch.setattr(asking, "_bytes_of", lambda _: sizes[-1])
    graphs = LinkGraphs(1)

    async def load(session: ReadSession, site: Site, view: View) -> LinkGraph:
        loaded.append(view)
        # A third of what is there for each of the two parts.
        sizes.append((graphs._own if view in own else graphs._others).maxsize // 3)
        return await load_graph(session, site, view)

    monkeypatch.setattr(asking, "load_graph", load)
    own = [view_of(api.newsroom.site, locale) for locale in api.newsroom.site.locales]
    others = [replace(own[0], locales=("en", *["de"] * count)) for count in range(1, 5)]
    async with api.newsroom.desk.reading(ANONYMOUS) as reading:
        for view in (*own, *others, *own, others[-1], others[0]):
            await graphs.graph(reading, replace(view, scopes=EVERYTHING))
    # Clients who ask for many views leave the graphs of the site's own locales alone.
    assert loaded == [*own, *others, others[0]]
    assert len(graphs._others) == 3


async def test_the_least_recently_used_of_the_sites_own_graphs_goes_first(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_bytes_of", lambda _: 600_000)
    graphs = LinkGraphs(1)
    english, german = (view_of(api.newsroom.site, locale) for locale in ("en", "de"))
    async with api.newsroom.desk.reading(ANONYMOUS) as reading:
        for view in (english, german):
            await graphs.graph(reading, view)
    assert [*graphs._own] == [german]


async def test_a_graph_that_is_too_large_to_be_kept_is_reported_once(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    (first, _) = await chain(api, "One", "Two")
    graphs = LinkGraphs(0)
    async with api.newsroom.desk.reading(ANONYMOUS) as reading:
        for _ in range(2):
            graph = await graphs.graph(reading, view_of(api.newsroom.site))
            assert graph.index_of(first.entry_id) is not None
    (warning,) = caplog.messages
    assert "COPYDESK_LINK_GRAPH_MEGABYTES" in warning


WHOLE = """linkGraph { nodes edges density reciprocity averageDepth orphans deadEnds components
  modularity degreeHistogram { degree entries } behind }"""


async def test_the_graph_as_a_whole_is_the_same_computed_and_of_the_last_run(api: Api) -> None:
    (first, second, _) = await chain(api, "One", "Two", "Three")
    await api.newsroom.published(title="Four", slug="four")
    menu = [{"heading": "Menu", "links": to(second)}]
    await api.newsroom.published("Settings", title="Settings", brand="Site", menu=menu)
    expected = {
        "nodes": 4,
        "edges": 2,
        "density": 2 / 12,
        "reciprocity": 0.0,
        "averageDepth": 0.5,
        "orphans": 2,
        "deadEnds": 2,
        "components": 2,
        "modularity": 0.0,
        "degreeHistogram": [
            {"degree": 0, "entries": 1},
            {"degree": 1, "entries": 2},
            {"degree": 2, "entries": 1},
        ],
        "behind": 0,
    }
    assert await api.data(f"{{ {WHOLE} }}") == {"linkGraph": expected}
    await refresh_metrics(api.newsroom.database, SITE)
    assert await api.data(f"{{ {WHOLE} }}") == {"linkGraph": expected}
    await api.newsroom.published(title="Five", slug="five", related=to(first))
    of_the_run = {"linkGraph": {**expected, "behind": 1}}
    assert await api.data(f"{{ {WHOLE} }}") == of_the_run
    at = "query($at: SitePosition) { view(position: $at) { linkGraph { nodes behind } } }"
    newest = await api.data(at, at=await api.at(6))
    assert newest == {"view": {"linkGraph": {"nodes": 5, "behind": 0}}}
    kinds = await api.data("{ linkGraph(kinds: [RELATED]) { nodes behind } }")
    assert kinds == {"linkGraph": {"nodes": 5, "behind": 0}}


async def test_an_empty_graph_has_figures(api: Api) -> None:
    data = await api.data(f"{{ {WHOLE} }}")
    assert data["linkGraph"] == {
        **dict.fromkeys(("nodes", "edges", "orphans", "deadEnds", "components"), 0),
        **dict.fromkeys(("density", "reciprocity", "modularity"), 0.0),
        "averageDepth": None,
        "degreeHistogram": [],
        "behind": 0,
    }


async def test_the_figures_of_a_graph_are_as_much_work_as_its_communities(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chain(api, "One", "Two")
    many = " ".join(f"g{at}: {SIZE}" for at in range(4))
    (error,) = await api.refused(f"{{ {many} }}")
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}
    found: list[int] = []

    def count(*graph: Any) -> Any:
        found.append(1)
        return communities_of(*graph)

    monkeypatch.setattr(asking, "communities_of", count)
    for _ in range(2):
        await api.data(f"{{ {SIZE} linkCommunities(layers: [CONTENT]) {{ totalCount }} }}")
    assert found == [1]
