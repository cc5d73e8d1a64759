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
    revisions = select(tagged.c.revision_id).where(tagged.c.slug == tag.slug)
    return entry_rows(call.view, lambda entry: entry.revision_id.in_(revisions))


class Category(Node):
    """Node in the tree of topics."""

    id = value("ID", CategoryRow.id, "Id of the category.")
    slug = value("str", CategoryRow.slug, "URL slug, unique among siblings.")
    tree_path = value("str", CategoryRow.path, "Slugs from the root down: `a/b/c`.")
    name = value("str", CategoryRow.name, "Display name of the category.")
    description = value("str", CategoryRow.description, "Text about the topic, for readers.")
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


# The values by which categories are counted.
CATEGORIES_SUMMED = Summed((Facet("parent", CategoryRow.path, of_call(_parent)),))


class Tag:
    """Word that cuts across the tree of topics. Each revision has its own tags."""

    slug = value("str", TagRow.slug, "URL slug, made from the word; the same for all spellings.")
    name = value(
        "str", TagRow.name, "Word as the revision spells it; in lists, as most entries do."
    )
    entries = entry_connection(
        "Entry",
        _tagged_entries,
        "Entries with this tag.",
        where="EntryWhere",
        order="EntryOrder",
        extent=PART_OF_ALL,
    )
