"""The root of the delivery schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, select

from cms.content.addresses import OwnAddresses
from cms.content.builtin import CATEGORY, PERSON
from cms.content.content_type import ContentType
from cms.content.fields.names import lower_first
from cms.reading import relations
from cms.reading.view import Perspective
from cms.site import Site
from cms.storage.dialects import JsonDocument, Key
from graphql_api.planner.arguments import Given, Input
from graphql_api.planner.declarations import Call, EachOf, Extent, OneOf, OrderKey, Row, Rows
from graphql_api.planner.json_sql import Elements, element_index, element_text
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.declaring.connection import OF_COUNTED_TAGS, OF_TAGS, connection
from graphql_api.schema.declaring.fields import Argument, Declared, of_call, one
from graphql_api.schema.declaring.paths import is_at, paths_of
from graphql_api.schema.declaring.row_sources import (
    Condition,
    asks_for_types,
    best_row,
    entry_rows,
    is_certain,
    revision_with_id,
    rows_of_type,
    site_entry_rows,
    tag_rows,
)
from graphql_api.schema.declaring.search import SUGGEST, entry_connection

# The inputs of ``by`` of the built-in types, with their fields in words.
_BY = {CATEGORY: ("CategoryBy", "Id, path or tree path")}
# The orders of the lists of the built-in types.
_LISTED = {
    CATEGORY: "at all depths of the tree, siblings in the editors' order",
    PERSON: "by name",
}
# The columns whose names differ from those of the fields of ``by``.
_COLUMNS = {"treePath": "tree_path"}


def _condition_of_by(call: Call) -> Condition:
    """Return the condition for the one field given in ``by``."""
    name, given = _name_in(call)
    column = _COLUMNS.get(name, name)
    return lambda row: row[column] == call.bind(given, row[column].type)


def _name_in(call: Call) -> tuple[str, Given]:
    by = call.arguments["by"]
    if not isinstance(by, Input):
        raise TypeError("by is a required input object")
    ((name, given),) = by.fields.items()
    if not isinstance(given, Given):
        raise TypeError("by has exactly one field, which is not null")
    return name, given


def _entry_condition(own: OwnAddresses, call: Call) -> Condition:
    """Return the condition on an entry for the one field given in ``by``."""
    name, given = _name_in(call)
    if name != "path":
        return _condition_of_by(call)
    bind = partial(call.bind, given)
    if call.view.perspective is not Perspective.DRAFT:
        return lambda entry: is_at(own, entry, bind)
    # Where the newest revisions would stand or the public ones do, which indexes know.
    places = relations.draft_places().subquery("place_of_draft")

    def condition(entry: Columns) -> ColumnElement[bool]:
        at = select(places.c.edition_id).where(places.c.path.in_(paths_of(own, bind)))
        return and_(entry.edition_id.in_(at), is_at(own, entry, bind))

    return condition


def _entry(own: OwnAddresses, call: Call) -> Rows:
    rows = entry_rows(call.view, _entry_condition(own, call))
    name, _given = _name_in(call)
    return rows if name == "id" or is_certain(call.view) else best_row(call.view, rows)


# The rows of a type of node with an id.
NodeRows: TypeAlias = Callable[[Call, Sql], Rows]

# The node types other than entries, with those of their rows that the view may read.
NODES: Mapping[str, NodeRows] = {
    "Revision": revision_with_id,
}


def node_fields(nodes: Mapping[str, NodeRows]) -> dict[str, Declared]:
    """Return the root fields ``node`` and ``nodes``, which find objects by id."""

    def rows_with(call: Call, identifier: Sql) -> tuple[Rows, ...]:
        """Return the rows of each type with the id, of which one has it: ids are unique."""
        others = (replace(rows(call, identifier), typename=name) for name, rows in nodes.items())
        return (entry_rows(call.view, lambda row: row.id == identifier), *others)

    def rows_of_element(element: Columns, call: Call) -> tuple[Rows, ...]:
        return rows_with(call, element_text(element))

    return {
        "node": Declared(
            "Node | None",
            OneOf(
                lambda _, call: rows_with(call, call.bind(call.required_scalar("id"), Key)),
                relations=len(nodes) + 1,
            ),
            "Object with this id; null if there is none that the view may read.",
            (Argument("id", "ID", "Id of the object."),),
        ),
        "nodes": Declared(
            "list[Node | None]",
            EachOf(
                lambda _, call: _identifiers(call),
                of_call(rows_of_element),
                relations=len(nodes) + 1,
            ),
            "Objects with these ids, in the order of the ids; null for each id that is not found.",
            (Argument("ids", "list[ID]", "Ids of the objects."),),
        ),
    }


def _identifiers(call: Call) -> Rows:
    return Rows(
        Elements(call.bind(call.required_scalar("ids"), JsonDocument)),
        order=lambda element: (OrderKey(element_index(element)),),
    )


def _tag(_: Row, call: Call) -> Rows:
    _name, given = _name_in(call)
    return tag_rows(call.view, call.bind(given, Key))


def _entries(_: Row, call: Call) -> Rows:
    return (entry_rows if asks_for_types(call) else site_entry_rows)(call.view)


class Query:
    """Read operations on public content. All root fields read one snapshot."""

    entries = entry_connection(
        "Entry",
        _entries,
        "Entries of all content types, newest first. Categories and people are among them only if "
        "`where` asks for types by `eq` or `in`.",
        where="EntryWhere",
        order="EntryOrder",
        extent=Extent(is_ordered=True, is_whole=True),
    )
    tag = one(
        "Tag | None",
        _tag,
        "Tag with this slug; null if no entry that the view shows has it.",
        (Argument("by", "TagBy", "Slug of the tag."),),
        work=1_000,
    )
    tags = connection(
        "Tag",
        lambda _, call: tag_rows(call.view),
        "Tags of the entries that the view shows, by name.",
        where="TagWhere",
        order="TagOrder",
        extent=OF_TAGS,
        plain_extent=OF_COUNTED_TAGS,
    )
    suggest = SUGGEST


def fields_of_types(site: Site) -> dict[str, Declared]:
    """Return the root fields of a site's content types: one entry, and a list."""
    fields = {
        "entry": one(
            "Entry | None",
            lambda _, call: _entry(site.addresses, call),
            "Entry with this id or at this path; null if there is none.",
            (Argument("by", "EntryBy", "Id or path of the entry."),),
        )
    }
    for content_type in site.content_types.values():
        if content_type.singleton:
            fields[lower_first(content_type.name)] = _singleton(content_type)
        else:
            fields[lower_first(content_type.name)] = _single(content_type, site.addresses)
            fields[lower_first(content_type.plural)] = _list(content_type)
    return fields


def _single(content_type: type[ContentType], own: OwnAddresses) -> Declared:
    def rows(_: Row, call: Call) -> Rows:
        found = rows_of_type(call.view, content_type.stored_name, _entry_condition(own, call))
        name, _given = _name_in(call)
        # Pages in different categories can have one slug.
        is_unique = name in {"path", "treePath"} or not (
            content_type.path is None or content_type.stands_in_category()
        )
        is_clear = name == "id" or (is_unique and is_certain(call.view))
        return found if is_clear else best_row(call.view, found)

    by, keys = _BY.get(content_type.name, ("EntryOfTypeBy", "Id, path or slug"))
    return one(
        f"{content_type.name} | None",
        rows,
        f"`{content_type.name}` with this {lower_first(keys)}; null if there is none.",
        (Argument("by", by, f"{keys} of the `{content_type.name}`."),),
    )


def _list(content_type: type[ContentType]) -> Declared:
    order = _LISTED.get(content_type.name, "newest first")
    return entry_connection(
        content_type.name,
        lambda _, call: rows_of_type(call.view, content_type.stored_name),
        f"Entries of type `{content_type.name}`, {order}.",
        where=f"{content_type.name}Where",
        order=f"{content_type.name}Order",
        extent=Extent(
            content_type=content_type.stored_name,
            is_ordered=True,
            is_whole=not content_type.is_built_in(),
        ),
    )


def _singleton(content_type: type[ContentType]) -> Declared:
    return one(
        f"{content_type.name} | None",
        lambda _, call: rows_of_type(call.view, content_type.stored_name),
        f"The only `{content_type.name}`; null if there is none.",
    )
