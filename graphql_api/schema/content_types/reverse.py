"""The reverse side of references: the entries that refer to an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement, and_, false, or_, select

from cms.reading import relations
from cms.reading.rows import EntryRow
from cms.site import Reverse
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.filters import ToMany
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Columns
from graphql_api.schema.declaring.connection import PART_OF_ALL
from graphql_api.schema.declaring.fields import THIS_TYPE, Declared, of_call
from graphql_api.schema.declaring.row_sources import entry_rows
from graphql_api.schema.declaring.search import entry_connection


def reverse_field(reverse: Reverse) -> Declared:
    """Declare the connection of the entries that refer to an entry."""
    type_ = _only_source(reverse) or "Entry"
    declared = entry_connection(
        type_,
        _rows_of(reverse),
        _description(reverse),
        where=f"{type_}Where",
        order=f"{type_}Order",
        extent=PART_OF_ALL,
    )
    return replace(declared, deprecated=reverse.deprecated)


def reverse_filter(reverse: Reverse) -> Declared:
    """Declare the filter on the entries that refer to an entry."""
    type_ = _only_source(reverse)
    where = f"{type_}ListWhere" if type_ is not None else "EntriesWhere"
    return Declared(
        f"{where} | None",
        ToMany(_rows_of(reverse)),
        _description(reverse),
        deprecated=reverse.deprecated,
    )


def _only_source(reverse: Reverse) -> str | None:
    """Return the content type with these references; ``None`` if there are several."""
    types = {content_type for content_type, _ in reverse.sources}
    return types.pop() if len(types) == 1 else None


def _rows_of(reverse: Reverse) -> Callable[[Row, Call], Rows]:
    def rows(target: EntryRow, call: Call) -> Rows:
        found = entry_rows(call.view, partial(_points_at, reverse, target))
        return replace(found, typename=None) if _only_source(reverse) is not None else found

    return of_call(rows)


def _points_at(reverse: Reverse, target: EntryRow, entry: Columns) -> ColumnElement[bool]:
    """Return whether one of an entry's references leads to the target."""
    edges = relations.references().subquery()
    ways = (
        and_(
            entry.content_type == text(content_type),
            entry.revision_id.in_(
                select(edges.c.revision_id).where(
                    edges.c.target_id == target.id, edges.c.kind == text(kind)
                )
            ),
        )
        for content_type, kind in reverse.stored_sources
    )
    return or_(false(), *ways)


def _description(reverse: Reverse) -> str:
    sources = ", ".join(f"{content_type}.{kind}" for content_type, kind in reverse.sources)
    return f"Entries that refer to the `{THIS_TYPE}` by {sources}."
