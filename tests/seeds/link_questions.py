"""The answers to questions about the links of the demo, compared with those of networkx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import networkx as nx

from seeds.site import site

# Returns the data of a response of the delivery API.
Ask: TypeAlias = Callable[..., Any]

PAGES = """query($after: String) { entries(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes { id type path links(first: 100) { totalCount nodes { origin target { ...Id } } } }
} }
fragment Id on LinkTarget { ... on Entry { id } }"""
WHOLE = (
    """{
      linkOrphans { totalCount nodes { entry { id } } }
      linkDeadEnds { totalCount nodes { entry { id } } }
      linkTooDeep(depth: 1) { totalCount nodes { entry { id } clickDepth } }
      linkCycles { totalCount nodes { size length isShortest } }
      linkHubs { totalCount nodes { entry { id } cutOff parts } }
    }""",
    """{
      linkComponents { totalCount nodes { size } }
      linkCommunities(members: 25) { nodes { size keyTerms members { id title } } }
      linkMatrix(by: TYPE) { cells { sourceType targetType edges } }
    }""",
)
NEAR = """query($of: ID!, $to: ID!) {
  linkNeighborhood(of: $of, depth: 2, direction: OUTGOING, first: 500) {
    isCutOff nodes { entryId distance } edges { count }
  }
  linkPaths(from: $of, to: $to) { paths { length entries { id } } }
  linkSimilar(of: $of) { nodes { shared entry { id } } }
}"""


@dataclass
class Links:
    """The links of the public pages, as entries list them.

    Attributes:
        graph: the pages with the links between them.
        types: the content type of each page.
        roots: the pages that the navigation leads to, and the home page.
    """

    graph: nx.MultiDiGraph[str] = field(default_factory=nx.MultiDiGraph)
    types: dict[str, str] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)

    @property
    def pairs(self) -> nx.DiGraph[str]:
        """The graph with one link at most from a page to another, none to itself."""
        found: nx.DiGraph[str] = nx.DiGraph(self.graph)
        found.remove_edges_from(list(nx.selfloop_edges(found)))
        return found


def assert_questions_answered(ask: Ask) -> None:
    """Assert that all answers are those that networkx computes of what entries list."""
    links = _links(ask)
    assert links.graph.number_of_edges() > 100
    answers = {name: answer for query in WHOLE for name, answer in ask(query).items()}
    _check_faults(links, answers)
    _check_parts(links, answers)
    _check_groups(links, answers)
    _check_near(links, ask)


def _links(ask: Ask) -> Links:
    entries: list[Any] = []
    after = None
    while True:
        page = ask(PAGES, after=after)["entries"]
        entries += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    found = Links()
    pages = {each["id"] for each in entries if not _is_singleton(each)}
    found.graph.add_nodes_from(pages)
    for each in entries:
        found.types[each["id"]] = each["type"]
        assert each["links"]["totalCount"] == len(each["links"]["nodes"])
        targets = [
            link["target"]["id"]
            for link in each["links"]["nodes"]
            if link["origin"] != "REFERENCE" and link["target"] is not None
        ]
        reached = [target for target in targets if target in pages]
        if _is_singleton(each):
            found.roots.update(reached)
        else:
            found.graph.add_edges_from((each["id"], target) for target in reached)
        if each["path"] == "/":
            found.roots.add(each["id"])
    return found


def _is_singleton(entry: Any) -> bool:
    return site.content_types[entry["type"]].singleton


def _check_faults(links: Links, answers: Any) -> None:
    pairs = links.pairs
    depths = nx.multi_source_dijkstra_path_length(pairs, links.roots, weight=None)
    orphans = {each for each, degree in pairs.in_degree() if not degree} - links.roots
    assert _ids(answers["linkOrphans"]) == orphans
    dead_ends = {each for each, degree in pairs.out_degree() if not degree}
    assert _ids(answers["linkDeadEnds"]) == dead_ends
    found = {each["entry"]["id"]: each["clickDepth"] for each in answers["linkTooDeep"]["nodes"]}
    assert found == {each: depths.get(each) for each in pairs if depths.get(each, 2) > 1}
    for name in ("linkOrphans", "linkDeadEnds", "linkTooDeep"):
        assert answers[name]["totalCount"] == len(answers[name]["nodes"])


def _ids(answer: Any) -> set[str]:
    return {each["entry"]["id"] for each in answer["nodes"]}


def _check_parts(links: Links, answers: Any) -> None:
    pairs = links.pairs
    connected = pairs.to_undirected()
    groups = [each for each in nx.strongly_connected_components(pairs) if len(each) > 1]
    cycles = answers["linkCycles"]
    assert cycles["totalCount"] == len(groups)
    sizes = sorted(map(len, groups), reverse=True)
    assert [each["size"] for each in cycles["nodes"]] == sizes[:20]
    assert all(each["isShortest"] for each in cycles["nodes"])
    hubs = answers["linkHubs"]
    assert _ids(hubs) == set(nx.articulation_points(connected))
    for hub in hubs["nodes"]:
        own = hub["entry"]["id"]
        rest = connected.subgraph(nx.node_connected_component(connected, own) - {own})
        parts = [len(each) for each in nx.connected_components(rest)]
        assert (hub["cutOff"], hub["parts"]) == (sum(parts) - max(parts), len(parts))
    components = answers["linkComponents"]
    expected = sorted(map(len, nx.connected_components(connected)), reverse=True)
    assert components["totalCount"] == len(expected)
    assert [each["size"] for each in components["nodes"]] == expected[:20]


def _check_groups(links: Links, answers: Any) -> None:
    cells = Counter(
        (links.types[source], links.types[target]) for source, target in links.graph.edges()
    )
    assert {
        (each["sourceType"], each["targetType"]): each["edges"]
        for each in answers["linkMatrix"]["cells"]
    } == cells
    for community in answers["linkCommunities"]["nodes"]:
        assert len(community["members"]) == min(community["size"], 25)
        words = " ".join(each["title"] for each in community["members"]).casefold()
        if community["size"] == len(community["members"]):
            assert all(term.casefold() in words for term in community["keyTerms"])


def _check_near(links: Links, ask: Ask) -> None:
    pairs = links.pairs
    start = max(pairs, key=lambda each: (pairs.out_degree(each), each))
    lengths = nx.single_source_shortest_path_length(pairs, start)
    end = max(lengths, key=lambda each: (lengths[each], each))
    answers = ask(NEAR, of=start, to=end)
    near = {node: length for node, length in lengths.items() if length <= 2}
    found = answers["linkNeighborhood"]
    assert {each["entryId"]: each["distance"] for each in found["nodes"]} == near
    among = links.graph.subgraph(near).number_of_edges()
    assert sum(each["count"] for each in found["edges"]) == among
    expected = [list(each) for each in nx.all_shortest_paths(pairs, start, end)]
    paths = answers["linkPaths"]["paths"]
    assert {each["length"] for each in paths} == {lengths[end]}
    assert [[each["id"] for each in path["entries"]] for path in paths] == sorted(expected)[:20]
    for each in answers["linkSimilar"]["nodes"]:
        shared = set(pairs[start]) & set(pairs[each["entry"]["id"]])
        assert each["shared"] == len(shared)
