"""Counts of links between groups of entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.graph import NONE
from cms.links.matrix import MatrixCell, matrix_of
from graphql_api.schema.delivery.link_matrix import CELLS, MOST_CELLS
from graphql_api.schema.link_answers.inputs import number_of, subjects_of


async def link_matrix(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the counts of links between categories, or between content types."""
    most = number_of(inputs, "first", MOST_CELLS, CELLS)
    graph = await subjects_of(reading, inputs)
    is_by_type = inputs["by"] == "TYPE"
    groups = graph.types if is_by_type else graph.categories
    found, count = await reading.graphs.run(matrix_of, graph, groups, most)
    types = reading.reading.site.content_types
    stored = [types[each].stored_name for each in graph.type_names]
    names = stored if is_by_type else graph.category_ids
    suffix = "Type" if is_by_type else "Category"
    return {
        "position": graph.position,
        "totalCount": count,
        "cells": [_cell(each, names, suffix) for each in found],
    }


def _cell(cell: MatrixCell, names: Sequence[str], suffix: str) -> Json:
    ends = {"source": cell.source, "target": cell.target}
    return {
        **{f"{end}{suffix}": names[code] for end, code in ends.items() if code != NONE},
        "edges": cell.edges,
        "pairs": cell.pairs,
    }
