"""Metrics of pages are those of networkx, on graphs of every shape."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.links import communities
from cms.links.communities import communities_of, modularity_of
from cms.links.graph import LinkGraph
from cms.links.metrics import PageGraph, click_depths, metrics_of, pages_of
from tests.cms.links.comparing import assert_like_networkx, networkx_of

Pairs = list[tuple[int, int]]

# How much of the modularity of networkx's Louvain is reached at least.
SHARE_OF_LOUVAIN = 0.9


def page_graph(count: int, pairs: Pairs, roots: list[int]) -> PageGraph:
    ordered = sorted(pairs)
    sources, targets = ([pair[side] for pair in ordered] for side in (0, 1))
    return PageGraph(
        tuple(f"{each:04d}" for each in range(count)),
        *(np.array(each, dtype=np.int32) for each in (sorted(set(roots)), sources, targets)),
    )


@st.composite
def random_graphs(draw: st.DrawFn) -> PageGraph:
    count = draw(st.integers(1, 25))
    nodes = st.integers(0, count - 1)
    # Of a small graph, so many have links to themselves, parallel ones, and several parts.
    pairs = draw(st.lists(st.tuples(nodes, nodes), max_size=60))
    return page_graph(count, pairs, draw(st.lists(nodes, max_size=3)))


def _shape(made: object) -> Pairs:
    assert isinstance(made, nx.Graph)
    names = {name: at for at, name in enumerate(made)}
    return [(names[source], names[target]) for source, target in made.edges()]


SHAPES = {
    "empty": page_graph(0, [], []),
    "without links": page_graph(7, [], [0]),
    "itself": page_graph(3, [(0, 0), (1, 1), (1, 1), (1, 2)], [0]),
    "parallel": page_graph(3, [(0, 1), (0, 1), (0, 1), (0, 2), (2, 0)], [0]),
    "cycle": page_graph(50, _shape(nx.cycle_graph(50, nx.DiGraph)), [3]),
    "path": page_graph(200, _shape(nx.path_graph(200, nx.DiGraph)), [0]),
    "star": page_graph(40, [(0, each) for each in range(1, 40)], [0]),
    "star inwards": page_graph(40, [(each, 0) for each in range(1, 40)], [7]),
    "disconnected": page_graph(
        60,
        [(a + 20 * part, b + 20 * part) for part in range(3) for a in range(20) for b in (0, a)],
        [0],
    ),
    "random": page_graph(
        400, _shape(nx.gnp_random_graph(400, 0.02, seed=1, directed=True)), [0, 9]
    ),
    "scale-free": page_graph(500, _shape(nx.scale_free_graph(500, seed=2)), [0]),
    "caves": page_graph(120, _shape(nx.connected_caveman_graph(12, 10)), [0]),
}


@pytest.fixture(params=[True, False], ids=["leiden", "louvain"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The method for communities: with the extra that has a better one, and without it."""
    if request.param:
        pytest.importorskip("networkit")
    monkeypatch.setattr(communities, "HAS_NETWORKIT", request.param)


@given(random_graphs())
def test_the_metrics_of_random_graphs_are_those_of_networkx(graph: PageGraph) -> None:
    assert_like_networkx(graph)


@pytest.mark.usefixtures("method")
@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_the_metrics_of_every_shape_are_those_of_networkx(graph: PageGraph) -> None:
    assert_like_networkx(graph)


@pytest.mark.usefixtures("method")
@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_communities_are_nearly_as_good_as_those_of_networkx(graph: PageGraph) -> None:
    if not len(graph.sources):
        assert communities_of(graph.sources, graph.targets, len(graph)).tolist() == [
            *range(len(graph))
        ]
        return
    community = communities_of(graph.sources, graph.targets, len(graph))
    undirected = networkx_of(graph).to_undirected()
    weighted: nx.Graph[int] = nx.Graph()
    weighted.add_nodes_from(undirected)
    for source, target in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True):
        before = weighted.get_edge_data(source, target, {"weight": 0})["weight"]
        weighted.add_edge(source, target, weight=before + 1)
    groups = nx.community.louvain_communities(weighted, seed=1)
    best = float(nx.community.modularity(weighted, groups))
    own = modularity_of(graph.sources, graph.targets, community)
    assert own >= SHARE_OF_LOUVAIN * best - 1e-9


@pytest.mark.usefixtures("method")
def test_communities_are_found_where_pages_link_each_other() -> None:
    groups, size = 30, 40
    random = np.random.default_rng(5)
    count = groups * size
    sources = np.sort(random.integers(0, count, 20_000))
    near = sources // size * size + random.integers(0, size, len(sources))
    far = random.integers(0, count, len(sources))
    targets = np.where(random.random(len(sources)) < 0.9, near, far)
    community = communities_of(sources.astype(np.int32), targets.astype(np.int32), count)
    assert community.tolist() == [node // size * size for node in range(count)]


def test_a_page_can_be_very_deep() -> None:
    """With a new array of pages for each step, it would take minutes."""
    count = 1_000_000
    sources = np.arange(count - 1, dtype=np.int32)
    ids = tuple(map(str, range(count)))
    depths = click_depths(PageGraph(ids, np.array([1], dtype=np.int32), sources, sources + 1))
    assert depths.tolist() == [-1, *range(count - 1)]


@pytest.mark.usefixtures("method")
def test_the_metrics_of_a_graph_are_the_same_each_time() -> None:
    first, second = (metrics_of(SHAPES["scale-free"]) for _ in range(2))
    for name in vars(first):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_the_ranks_of_all_pages_are_one_together() -> None:
    assert math.isclose(metrics_of(SHAPES["scale-free"]).page_rank.sum(), 1)


def link_graph(layers: list[int], *, is_page: list[bool], pairs: Pairs) -> LinkGraph:
    count = len(is_page)
    return LinkGraph(
        position=1,
        ids=tuple(f"{each:04d}" for each in range(count)),
        types=np.zeros(count, dtype=np.int16),
        type_names=("Article",),
        categories=np.full(count, -1, dtype=np.int32),
        category_ids=(),
        is_page=np.array(is_page),
        roots=np.array([2], dtype=np.int32),
        sources=np.array([source for source, _ in pairs], dtype=np.int32),
        targets=np.array([target for _, target in pairs], dtype=np.int32),
        kinds=np.zeros(len(pairs), dtype=np.int16),
        kind_names=("",),
        layers=np.array(layers, dtype=np.int8),
    )


def test_what_is_no_page_is_left_out_with_its_links() -> None:
    graph = link_graph(
        [0, 0, 0], is_page=[True, False, True, False], pairs=[(0, 1), (0, 2), (1, 2)]
    )
    pages = pages_of(graph)
    assert pages.ids == ("0000", "0002")
    assert pages.roots.tolist() == [1]
    assert (pages.sources.tolist(), pages.targets.tolist()) == ([0], [1])


def test_what_is_no_page_is_there_with_the_links_of_another_layer() -> None:
    graph = link_graph(
        [0, 2, 2], is_page=[True, False, True, False], pairs=[(0, 2), (0, 3), (2, 3)]
    )
    pages = pages_of(graph)
    assert pages.ids == ("0000", "0002", "0003")
    assert (pages.sources.tolist(), pages.targets.tolist()) == ([0, 0, 1], [1, 2, 2])
