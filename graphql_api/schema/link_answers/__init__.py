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
from graphql_api.schema.link_answers.graph import link_graph

_AnswerQuestion: TypeAlias = Callable[[GraphReading, Mapping[str, Any]], Awaitable[Json]]


def _answered(
    answer: _AnswerQuestion,
) -> Callable[[Reading, View, LinkGraphs, Mapping[str, Any]], Awaitable[Json]]:
    def run(
        reading: Reading, view: View, graphs: LinkGraphs, inputs: Mapping[str, Any]
    ) -> Awaitable[Json]:
        return answer(GraphReading(reading, view, graphs), inputs)

    return run


# Each under the name of its root field.
ANSWERS = {
    name: _answered(answer)
    for name, answer in {
        "linkGraph": link_graph,
    }.items()
}
