"""Connections, after https://relay.dev/graphql/connections.htm, with ``nodes``, ``totalCount``
and ``skip``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cms.reading.site_size import SiteSize
from cms.reading.view import View
from graphql_api.planner.arguments import Arguments, Variables
from graphql_api.planner.declarations import (
    DEFAULT_SIZE,
    LARGEST_SIZE,
    Call,
    Connection,
    Extent,
    Matches,
    Part,
    Rows,
)
from graphql_api.schema.declaring.fields import THIS_FIELD, Argument, Declared, R, of_call
from graphql_api.schema.declaring.type_registry import TypeRegistry

# The entries of a category or of a tag, as a share of all; and those of a person.
PART_OF_ALL = Extent(1 / 20)
OF_A_PERSON = Extent(1 / 20, work=15)
# The entries that lead to the one to which most lead, as a share of all.
OF_A_HUB = 1 / 4
# The tags of all entries, which are counted to know the spelling that most of them use.
OF_TAGS = Extent(work=6)
OF_COUNTED_TAGS = Extent(1 / 50)


def _paging(largest: int) -> tuple[Argument, ...]:
    name = f"`{THIS_FIELD}`"
    start = f"Page size from the start of {name}: default {DEFAULT_SIZE}, at most {largest}."
    skip = f"Number of rows of {name} to leave out before the page, for numbered pages."
    return (
        Argument("first", "int | None", start),
        Argument("after", "str | None", f"Cursor in {name} after which the page begins."),
        Argument("last", "int | None", f"Page size from the end of {name}: at most {largest}."),
        Argument("before", "str | None", f"Cursor in {name} before which the page ends."),
        Argument("skip", "int | None", skip),
    )


class PageInfo:
    """Position of a page within its connection."""

    has_next_page = Declared("bool", Part("hasNextPage"), "Whether rows follow the page.")
    has_previous_page = Declared("bool", Part("hasPreviousPage"), "Whether rows precede the page.")
    start_cursor = Declared(
        "str | None",
        Part("startCursor"),
        "Cursor of the first row of the page; null for an empty page.",
    )
    end_cursor = Declared(
        "str | None",
        Part("endCursor"),
        "Cursor of the last row of the page; null for an empty page.",
    )


def _search_fields(node: str) -> dict[str, Declared]:
    """Return the fields that only the edges of entries have."""
    rank = f"Rank of the `{node}` in the search, higher for a better match; null without a search."
    highlight = f"Text of the `{node}` with the search words marked; null without a search."
    return {
        "rank": Declared("float | None", Part("rank"), rank),
        "highlight": Declared("Highlight | None", Part("highlight"), highlight),
    }


def add_connection(registry: TypeRegistry, node: str, **more: Declared) -> None:
    """Add the connection and the edge of a node type: ``LinkConnection``, ``LinkEdge``.

    ``more`` are fields that only this connection has.
    """
    _add_connection(registry, node, {}, more)


def add_entry_connection(registry: TypeRegistry, node: str, **more: Declared) -> None:
    """Add the connection and the edge of a type of entry, which can be searched.

    ``more`` are fields that only this connection has.
    """
    _add_connection(registry, node, _search_fields(node), more)


def _add_connection(
    registry: TypeRegistry, node: str, of_edge: Mapping[str, Declared], more: Mapping[str, Declared]
) -> None:
    edge = {
        "cursor": Declared(
            "str", Part("cursor"), f"Cursor of the `{node}` in the order of the list."
        ),
        "node": Declared(node, Part("node"), f"`{node}` at the cursor."),
        **of_edge,
    }
    connection = {
        "nodes": Declared(f"list[{node}]", Part("nodes"), f"`{node}` rows of the page."),
        "edges": Declared(
            f"list[{node}Edge]", Part("edges"), f"`{node}` rows of the page with their cursors."
        ),
        "page_info": Declared(
            "PageInfo", Part("pageInfo"), f"Position of the page within all `{node}` rows."
        ),
        "total_count": Declared(
            "int", Part("totalCount"), f"Number of `{node}` rows on all pages."
        ),
    }
    described = {"__doc__": f"Row of the `{node}Connection` with its cursor."}
    registry.add_object(type(f"{node}Edge", (), {**edge, **described}))
    described = {"__doc__": f"Page of a list of `{node}` rows."}
    registry.add_object(type(f"{node}Connection", (), {**connection, **described}), **more)


def connection(
    node: str,
    rows: Callable[[R, Call], Rows],
    description: str,
    *,
    where: str | None = None,
    order: str | None = None,
    arguments: Sequence[Argument] = (),
    largest: int = LARGEST_SIZE,
    view: Callable[[Call], View] | None = None,
    extent: Extent | None = None,
    plain_extent: Extent | None = None,
    matches: Callable[[str, SiteSize], Matches] | None = None,
    work: Callable[[Arguments, Variables, SiteSize], float] | None = None,
    share_of_hub: float = 0,
) -> Declared:
    """Declare a connection.

    Args:
        node: the node type.
        rows: all rows, in their own order, which has to end with a unique key.
        description: for the schema's readers.
        where: the name of the input type of its filter.
        order: the name of the enum of its orders.
        arguments: further arguments, which ``rows`` reads.
        largest: the most rows of a page.
        view: the view of its rows, where that differs from the query's.
        extent: the expected number of rows; a few by default.
        plain_extent: that in a plain view, where it differs.
        matches: the estimate of a search.
        work: the work of finding all rows, beside that for each of them.
        share_of_hub: the share of all entries that lead to the one to which most lead.
    """
    narrowing = (
        [Argument("where", f"{where} | None", f"Filter on `{THIS_FIELD}`; null for all.")]
        if where
        else []
    )
    sorting = (
        [
            Argument(
                "order_by",
                f"list[{order}] | None",
                f"Sort keys of `{THIS_FIELD}`, most significant first.",
            )
        ]
        if order
        else []
    )
    return Declared(
        f"{node}Connection",
        Connection(of_call(rows), largest, view, extent, plain_extent, matches, work, share_of_hub),
        description,
        (*narrowing, *sorting, *arguments, *_paging(largest)),
    )
