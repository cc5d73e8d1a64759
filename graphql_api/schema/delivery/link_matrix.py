"""The question for counts of links between categories, or between content types."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_list, part_row
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question
from graphql_api.schema.declaring.row_sources import category_rows
from graphql_api.schema.declaring.words import part_word, type_text

# The most counts, and the default.
MOST_CELLS, CELLS = 500, 100


def _category(call: Call, key: Sql) -> Rows:
    return category_rows(call.view, lambda category: category.id == key)


def _stored(key: str) -> Callable[[Sql], Sql]:
    return lambda cell: JsonText(cell, text(key))


class LinkMatrixCell:
    """Links from the entries of one group to those of another."""

    source_type = part_word(
        "EntryType | None", "sourceType", "Content type of the sources, for `TYPE`."
    )
    source_type_name = type_text("str | None", "sourceType", _stored("sourceType"))
    target_type = part_word(
        "EntryType | None", "targetType", "Content type of the targets, for `TYPE`."
    )
    target_type_name = type_text("str | None", "targetType", _stored("targetType"))
    source_category = part_row(
        "Category | None",
        "sourceCategory",
        _category,
        "Category of the sources, for `CATEGORY`; null for none.",
    )
    target_category = part_row(
        "Category | None",
        "targetCategory",
        _category,
        "Category of the targets, for `CATEGORY`; null for none.",
    )
    edges = part("int", "edges", "Number of links.")
    pairs = part("int", "pairs", "Number of pairs of a source and a target with such links.")


class LinkMatrix:
    """Counts of links between groups of entries; those that are not listed are 0."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of counts that are not 0.")
    cells = part_list("LinkMatrixCell", "cells", "The counts, the largest first.", most=MOST_CELLS)


MATRIX_TYPES = (LinkMatrixCell, LinkMatrix)
MATRIX_FIELDS: Mapping[str, Declared] = {
    "link_matrix": question(
        "LinkMatrix",
        "linkMatrix",
        "Counts of links between categories, or between content types.",
        (
            Argument("by", "LinkMatrixGroup", "Property that groups the entries."),
            *GRAPH_ARGUMENTS,
            Argument(
                "first",
                "int | None",
                f"Number of counts to return: at most {MOST_CELLS}; default {CELLS}.",
            ),
        ),
    )
}
