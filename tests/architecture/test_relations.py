"""Visibility has one door: a relation takes a view, or is the same for all views."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, modules_in, source_of

SOURCES = modules_in("cms", "graphql_api")
PERIODS = ROOT / "cms" / "reading" / "periods.py"
MODULES = [
    *sorted((ROOT / "cms").glob("*/relations.py")),
    ROOT / "cms" / "reading" / "management.py",
]
# The relations that are the same for all views: what is public by itself, what one asks for with
# an id that came through a view, and what a right of its own guards.
SAME_FOR_ALL_VIEWS = {
    "cms.links.relations": set(),
    "cms.publishing.relations": {"affected_pages", "changes"},
    "cms.reading.management": {
        "accounts",
        "attestations",
        "audit_records",
        "grants",
        "made_redirects",
        "presences",
        "publications",
        "service_tokens",
    },
    "cms.reading.relations": {
        *("bylines", "draft_places", "link_targets", "references", "renditions"),
        "revision_tags",
    },
    "cms.review.relations": {
        *("assignees", "change_requests", "comments", "counted_sign_offs", "signatures"),
    },
    # These select from a relation that has taken a view, or return ids to find its rows by.
    "cms.search.relations": {
        *("best_entries", "matching_entries", "matching_in_order", "matching_revisions"),
        *("other_entries", "ranked_entries"),
    },
}


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def relations(file: Path) -> Iterator[ast.FunctionDef]:
    """Yield the public functions of a module that return a relation."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            returned = ast.unparse(node.returns) if node.returns is not None else ""
            # So that a relation under another type is not overlooked.
            is_column = returned.startswith("ColumnElement[")
            assert returned in {"Relation", "Sequence[Relation]"} or is_column
            if not is_column:
                yield node


def takes_view(function: ast.FunctionDef) -> bool:
    annotations = [each.annotation for each in function.args.args]
    return "View" in {ast.unparse(each) for each in annotations if each is not None}


@pytest.mark.parametrize("file", MODULES, ids=module_of)
def test_a_relation_takes_a_view_or_is_the_same_for_all(file: Path) -> None:
    found = list(relations(file))
    assert found
    without = {each.name for each in found if not takes_view(each)}
    assert without == SAME_FOR_ALL_VIEWS[module_of(file)]


def test_every_list_is_of_a_module_that_is_there() -> None:
    assert SAME_FOR_ALL_VIEWS.keys() == {module_of(file) for file in MODULES}


def test_being_public_is_written_once() -> None:
    found = {module_of(file): len(ends) for file in SOURCES if (ends := source_of(file).open_ends)}
    assert found == {module_of(PERIODS): 1}
