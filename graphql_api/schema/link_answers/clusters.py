"""Groups of pages: connected parts of the graph, and communities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.clusters import clusters
from cms.links.graph import Indexes
from cms.links.key_terms import key_terms
from cms.links.metrics import PageGraph, components_of, page_degrees
from cms.links.titles import titles_of
from graphql_api.schema.delivery.link_clusters import (
    MEMBERS,
    MOST_CLUSTERS,
    MOST_MEMBERS,
    MOST_TERMS,
    MOST_TITLES,
)
from graphql_api.schema.link_answers.inputs import choice_of, number_of, page_graph_of


async def link_components(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the parts of the graph that no link connects with each other."""
    position, pages = await page_graph_of(reading, inputs)
    labels = await reading.graphs.run(components_of, pages)
    return await _clusters(reading, inputs, position, pages, labels)


async def link_communities(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the communities of the pages."""
    graph, pages, labels = await reading.communities(*choice_of(inputs))
    return await _clusters(reading, inputs, graph.position, pages, labels)


async def _clusters(
    reading: GraphReading,
    inputs: Mapping[str, Any],
    position: int,
    pages: PageGraph,
    labels: Indexes,
) -> Json:
    most = number_of(inputs, "first", MOST_CLUSTERS)
    members = number_of(inputs, "members", MOST_MEMBERS, MEMBERS)
    groups = await reading.graphs.run(lambda: clusters(labels, page_degrees(pages)[0]))
    shown = groups[:most]
    terms = await _terms(reading, [_ids(pages, each[:MOST_TITLES]) for each in shown])
    return {
        "position": position,
        "totalCount": len(groups),
        "nodes": [
            {"size": len(group), "keyTerms": words, "members": _ids(pages, group[:members])}
            for group, words in zip(shown, terms, strict=True)
        ],
    }


def _ids(pages: PageGraph, nodes: Indexes) -> list[str]:
    return [pages.ids[each] for each in nodes.tolist()]


async def _terms(reading: GraphReading, groups: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the key terms of groups of entries."""
    titles = await titles_of(reading, [each for group in groups for each in group])
    known = [[titles[each] for each in group if each in titles] for group in groups]
    return [list(each) for each in await reading.graphs.run(key_terms, known, MOST_TERMS)]
