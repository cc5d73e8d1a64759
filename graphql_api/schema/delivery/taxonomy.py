"""Categories and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, literal_column, select

from cms.reading import relations
from cms.reading.rows import CategoryRow, EntryRow, TagRow
from cms.reading.visibility import is_at_or_below
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.filters import CompareSeen, Test
from graphql_api.planner.json_sql import kept_apart
from graphql_api.planner.ordering import OrderTerm
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.connection import PART_OF_ALL
from graphql_api.schema.declaring.fields import (
    FEW,
    Declared,
    many,
    of_call,
    of_row,
    one,
    seen_value,
    value,
)
from graphql_api.schema.declaring.inputs import Order, order_terms, two_terms
from graphql_api.schema.declaring.row_sources import (
    category_rows,
    entry_rows,
    found_in,
    site_entry_rows,
)
from graphql_api.schema.declaring.search import entry_connection
from graphql_api.schema.delivery.entry import Entry
from graphql_api.schema.delivery.filters import leaf_comparison


def _tree_path(category: CategoryRow, call: Call) -> Sql:
    # Where a category is an entry among others, the row has no tree path.
    known: Sql | None = getattr(category, "tree_path", None)
    return known if known is not None else relations.tree_path_of(call.view, category.id)


def _parent(category: EntryRow, call: Call) -> Rows:
    places = relations.category_places(call.view).subquery("place_of_child")
    parent = select(places.c.parent_id).where(places.c.category_id == category.id)
    return category_rows(call.view, lambda each: each.id == parent.scalar_subquery())


def _ancestors(category: EntryRow, call: Call) -> Rows:
    return Rows(
        Chosen(relations.lineage(call.view, category.id)),
        (lambda each: each.distance > literal_column("0"),),
        order=lambda each: (OrderKey(each.distance, descending=True),),
    )


def _children(category: EntryRow, call: Call) -> Rows:
    return category_rows(call.view, lambda child: child.parent_id == category.id)


def _entries(category: EntryRow, call: Call) -> Rows:
    return entry_rows(call.view, lambda entry: entry.category_id == category.id)


def _tagged_entries(tag: TagRow, call: Call) -> Rows:
    tagged, of_tag = (relations.revision_tags().subquery(name) for name in ("of_entry", "of_tag"))
    revisions = select(of_tag.c.revision_id).where(of_tag.c.slug == tag.slug)

    def has_tag(entry: EntryRow) -> ColumnElement[bool]:
        found: Select[tuple[Any]] = select(literal_column("1")).where(
            tagged.c.revision_id == entry.revision_id, tagged.c.slug == tag.slug
        )
        # Looked at for each row of the list: PostgreSQL would begin with all entries of the tag.
        return kept_apart(found).exists()

    rows = site_entry_rows(call.view, of_row(has_tag))
    return found_in(rows, call.view, "revision_id", revisions)


class Category(Entry):
    """Node in the tree of topics: an entry, whose title is the name and summary the description."""

    tree_path = seen_value("str", _tree_path, "Slugs from the root down: `a/b/c`.", parts=2)
    name = value("str", EntryRow.title, "Display name of the category: its title.")
    description = value(
        "str", EntryRow.summary, "Text about the topic, for readers: the summary of the category."
    )
    parent = one("Category | None", _parent, "Category right above; null for a root.")
    ancestors = many("list[Category]", _ancestors, "Categories above, root first.")
    children = many("list[Category]", _children, "Categories right below, in the editors' order.")
    entries = entry_connection(
        "Entry",
        _entries,
        "Entries in exactly this category, not in those below.",
        where="EntryWhere",
        order="EntryOrder",
        extent=PART_OF_ALL,
    )


def _is_within(category: CategoryRow, call: Call, root: Sql) -> ColumnElement[bool]:
    return is_at_or_below(_tree_path(category, call), root)


# The filters and the orders that only categories have.
CATEGORY_WHERE: Mapping[str, Declared] = {
    "name": leaf_comparison("str", EntryRow.title, "Name of the category."),
    "tree_path": Declared(
        "StringFilter | None",
        CompareSeen(of_call(_tree_path), narrows=FEW),
        "Slugs from the root down to the category: `a/b/c`.",
    ),
    "within": Declared(
        "str | None",
        Test(of_call(_is_within), Text(), narrows=2),
        "Only the category with this tree path and those below it, at any depth.",
    ),
}
CATEGORY_ORDERS: Mapping[str, OrderTerm] = {
    **order_terms({"name": (EntryRow.title_key, False)}),
    **two_terms([Order("treePath", of_call(_tree_path))]),
}


class Tag:
    """Word that cuts across the tree of topics. Each revision has its own tags."""

    slug = value("str", TagRow.slug, "URL slug, made from the word; the same for all spellings.")
    name = value(
        "str", TagRow.name, "Word as the revision spells it; in lists, as the newest one does."
    )
    entries = entry_connection(
        "Entry",
        _tagged_entries,
        "Entries with this tag.",
        where="EntryWhere",
        order="EntryOrder",
        extent=PART_OF_ALL,
    )
