"""The questions for groups of pages: connected parts of the graph, and communities."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entries, part_list
from graphql_api.schema.declaring.questions import (
    COMMUNITY_WORK,
    GRAPH_ARGUMENTS,
    graph_position,
    question,
)

# The most groups; the most members of each, and the default.
MOST_CLUSTERS, MOST_MEMBERS, MEMBERS = 20, 25, 10
# The most key terms of a group, and the most titles of which they are made.
MOST_TERMS, MOST_TITLES = 10, 200


class LinkCluster:
    """Group of pages."""

    size = part("int", "size", "Number of pages.")
    key_terms = part(
        "list[str]",
        "keyTerms",
        "Words that are typical of the titles of the group, compared with the other groups of the "
        f"answer, by TF-IDF: at most {MOST_TERMS}, from the first {MOST_TITLES} members.",
    )
    members = part_entries(
        "members",
        "Pages that most others link to, first; null in place of one unpublished since.",
        most=MOST_MEMBERS,
    )


class LinkClusters:
    """Groups of pages, the largest first."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of groups.")
    nodes = part_list("LinkCluster", "nodes", "The largest groups, first.", most=MOST_CLUSTERS)


_ARGUMENTS = (
    *GRAPH_ARGUMENTS,
    Argument(
        "first",
        "int | None",
        f"Number of groups to return: at most {MOST_CLUSTERS}, which is the default.",
    ),
    Argument(
        "members",
        "int | None",
        f"Number of pages to return of each: at most {MOST_MEMBERS}; default {MEMBERS}.",
    ),
)

CLUSTER_TYPES = (LinkCluster, LinkClusters)
CLUSTER_FIELDS: Mapping[str, Declared] = {
    "link_components": question(
        "LinkClusters",
        "linkComponents",
        "Parts of the graph that no link connects with each other.",
        _ARGUMENTS,
    ),
    "link_communities": question(
        "LinkClusters",
        "linkCommunities",
        "Communities: groups of pages with more links among themselves than to others.",
        _ARGUMENTS,
        work=COMMUNITY_WORK,
    ),
}
