"""Answers to questions about the link graph, as JSON, by the names of their declarations.

These modules load arrays and algorithms, and are loaded themselves for the first question.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading, LinkGraphs
from cms.reading.view import View
from cms.work.work import Reading
from graphql_api.schema.link_answers.anchor_texts import link_anchor_texts
from graphql_api.schema.link_answers.clusters import link_communities, link_components
from graphql_api.schema.link_answers.cycles import link_cycles
from graphql_api.schema.link_answers.graph import link_graph
from graphql_api.schema.link_answers.history import (
    link_blame,
    link_diff,
    link_metric_moves,
    link_periods,
    link_series,
)
from graphql_api.schema.link_answers.hubs import link_hubs
from graphql_api.schema.link_answers.matrix import link_matrix
from graphql_api.schema.link_answers.neighborhood import link_neighborhood
from graphql_api.schema.link_answers.pages import link_dead_ends, link_orphans, link_too_deep
from graphql_api.schema.link_answers.paths import link_paths
from graphql_api.schema.link_answers.rules import link_rule_offenders
from graphql_api.schema.link_answers.similarity import (
    link_common_sources,
    link_common_targets,
    link_similar,
)
from graphql_api.schema.link_answers.what_if import link_what_if

_AnswerQuestion: TypeAlias = Callable[[GraphReading, Mapping[str, Any]], Awaitable[Json]]


def _answered(
    answer: _AnswerQuestion,
) -> Callable[[Reading, View, LinkGraphs, Mapping[str, Any]], Awaitable[Json]]:
    def run(
        reading: Reading, view: View, graphs: LinkGraphs, inputs: Mapping[str, Any]
    ) -> Awaitable[Json]:
        of_view = reading.site.link_sets.get(view.link_set)
        if of_view is not None and inputs.get("kinds") is None:
            inputs = {**inputs, "kinds": of_view}
        return answer(GraphReading(reading, view, graphs), inputs)

    return run


# Each under the name of its root field.
ANSWERS = {
    name: _answered(answer)
    for name, answer in {
        "linkGraph": link_graph,
        "linkNeighborhood": link_neighborhood,
        "linkPaths": link_paths,
        "linkCommonTargets": link_common_targets,
        "linkCommonSources": link_common_sources,
        "linkSimilar": link_similar,
        "linkComponents": link_components,
        "linkCommunities": link_communities,
        "linkMatrix": link_matrix,
        "linkOrphans": link_orphans,
        "linkDeadEnds": link_dead_ends,
        "linkTooDeep": link_too_deep,
        "linkCycles": link_cycles,
        "linkHubs": link_hubs,
        "linkAnchorTexts": link_anchor_texts,
        "linkWhatIf": link_what_if,
        "linkRuleOffenders": link_rule_offenders,
        "linkGraphDiff": link_diff,
        "linkMetricMoves": link_metric_moves,
        "linkSeries": link_series,
        "linkPeriods": link_periods,
        "linkBlame": link_blame,
    }.items()
}
