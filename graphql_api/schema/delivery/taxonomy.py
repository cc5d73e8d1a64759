"""Categories and tags."""

from __future__ import annotations

from sqlalchemy import select

from cms.reading import relations
from cms.reading.rows import CategoryRow, TagRow
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.aggregates import Facet, Summed
from graphql_api.schema.declaring.connection import PART_OF_ALL
from graphql_api.schema.declaring.fields import many, of_call, one, value
from graphql_api.schema.declaring.row_sources import category_rows, entry_rows
from graphql_api.schema.declaring.search import entry_connection
from graphql_api.schema.delivery.node import Node


def _parent(category: CategoryRow, _: Call) -> Rows:
    return category_rows(lambda parent: parent.id == category.parent_id)


def _ancestors(category: CategoryRow, _: Call) -> Rows:
    return Rows(
        Chosen(relations.ancestors(category.parent_id)),
        order=lambda ancestor: (OrderKey(ancestor.distance, descending=True),),
    )


def _children(category: CategoryRow, _: Call) -> Rows:
    return category_rows(lambda child: child.parent_id == category.id)


def _entries(category: CategoryRow, call: Call) -> Rows:
    return entry_rows(call.view, lambda entry: entry.category_id == category.id)


def _tagged_entries(tag: TagRow, call: Call) -> Rows:
    tagged = relations.revision_tags().subquery()
    revisions = select(tagged.c.revision_id).where(tagged.c.id == tag.id)
    return entry_rows(call.view, lambda entry: entry.revision_id.in_(revisions))


class Category(Node):
    """A place in the tree of topics."""

    id = value("ID", CategoryRow.id, "Its id.")
    slug = value("str", CategoryRow.slug, "Its word, different from its siblings'.")
    tree_path = value("str", CategoryRow.path, "The slugs from the root down: a/b/c.")
    name = value("str", CategoryRow.name, "What it is called.")
    description = value("str", CategoryRow.description, "What it is about.")
    parent = one("Category | None", _parent, "The category above it; null for a root.")
    ancestors = many("list[Category]", _ancestors, "The categories above it, the root first.")
    children = many("list[Category]", _children, "The categories right below it, in order.")
    entries = entry_connection(
        "Entry",
        _entries,
        "The entries right in it.",
        where="EntryWhere",
        order="EntryOrder",
        extent=PART_OF_ALL,
    )


# What several categories can have in common.
CATEGORIES_SUMMED = Summed((Facet("parent", CategoryRow.path, of_call(_parent)),))


class Tag(Node):
    """A word that cuts across the tree of topics."""

    id = value("ID", TagRow.id, "Its id.")
    slug = value("str", TagRow.slug, "Its word in addresses.")
    name = value("str", TagRow.name, "What it is called.")
    entries = entry_connection(
        "Entry",
        _tagged_entries,
        "The entries that have this tag.",
        where="EntryWhere",
        order="EntryOrder",
        extent=PART_OF_ALL,
    )
