"""Connections, after https://relay.dev/graphql/connections.htm, with ``nodes``, ``totalCount``
and ``skip``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cms.reading.view import View
from graphql_api.planner.declarations import (
    DEFAULT_SIZE,
    LARGEST_SIZE,
    Call,
    Connection,
    Extent,
    Part,
    Rows,
)
from graphql_api.schema.declaring.fields import Argument, Declared, R, of_call
from graphql_api.schema.declaring.type_registry import Namespace

# The entries of a category or of a tag, as a share of all; and those that a person has to do with.
PART_OF_ALL = Extent(1 / 20)
OF_A_PERSON = Extent(1 / 20, work=15)


def _paging(largest: int) -> tuple[Argument, ...]:
    start = f"How many to give from the start: {DEFAULT_SIZE} if not said, at most {largest}."
    return (
        Argument("first", "int | None", start),
        Argument("after", "str | None", "Only what comes after this cursor."),
        Argument("last", "int | None", f"How many to give from the end, at most {largest}."),
        Argument("before", "str | None", "Only what comes before this cursor."),
        Argument("skip", "int | None", "How many to leave out first, for numbered pages."),
    )


class PageInfo:
    """Where a page stands within its connection."""

    has_next_page = Declared("bool", Part("hasNextPage"), "Whether something comes after it.")
    has_previous_page = Declared(
        "bool", Part("hasPreviousPage"), "Whether something comes before it."
    )
    start_cursor = Declared("str | None", Part("startCursor"), "The first item's cursor.")
    end_cursor = Declared("str | None", Part("endCursor"), "The last item's cursor.")


# What the edge of an entry says beside what every edge does.
_FOUND = {
    "rank": Declared("float | None", Part("rank"), "How well it fits the search, if there is one."),
    "highlight": Declared(
        "Highlight | None", Part("highlight"), "Where the words of the search are."
    ),
}


def add_connection(namespace: Namespace, node: str, **more: Declared) -> None:
    """Add the connection and the edge of a node type: ``LinkConnection``, ``LinkEdge``.

    ``more`` are fields that this connection has beside what all have.
    """
    _add_connection(namespace, node, {}, more)


def add_entry_connection(namespace: Namespace, node: str, **more: Declared) -> None:
    """Add the connection and the edge of a type of entry, which can be searched.

    ``more`` are fields that this connection has beside what all have.
    """
    _add_connection(namespace, node, _FOUND, more)


def _add_connection(
    namespace: Namespace, node: str, of_edge: Mapping[str, Declared], more: Mapping[str, Declared]
) -> None:
    edge = {
        "cursor": Declared("str", Part("cursor"), "Where the item stands in this order."),
        "node": Declared(node, Part("node"), "The item."),
        **of_edge,
    }
    connection = {
        "nodes": Declared(f"list[{node}]", Part("nodes"), "The items of the page."),
        "edges": Declared(f"list[{node}Edge]", Part("edges"), "The items with their cursors."),
        "page_info": Declared("PageInfo", Part("pageInfo"), "Where the page stands."),
        "total_count": Declared("int", Part("totalCount"), "How many there are in all."),
    }
    described = {"__doc__": f"An item of a {node}Connection."}
    namespace.add_object(type(f"{node}Edge", (), {**edge, **described}))
    described = {"__doc__": f"A page of a list: {node}."}
    namespace.add_object(type(f"{node}Connection", (), {**connection, **described}), **more)


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
    effort: Callable[[str], float] | None = None,
) -> Declared:
    """Declare a connection.

    Args:
        node: the node type.
        rows: all rows, in their own order, which has to end with a unique key.
        description: what it holds.
        where: the name of the input type of its filter.
        order: the name of the enum of its orders.
        arguments: further arguments, which ``rows`` understands.
        largest: how many a page has at most.
        view: what it is looked at through, where that is a view of its own.
        extent: how many rows it is taken to have; a few, if nothing is said.
        effort: the work of a search for each row.
    """
    narrowing = [Argument("where", f"{where} | None", "Only what fits.")] if where else []
    sorting = [Argument("order_by", f"list[{order}] | None", "In which order.")] if order else []
    return Declared(
        f"{node}Connection",
        Connection(of_call(rows), largest, view, extent, effort),
        description,
        (*narrowing, *sorting, *arguments, *_paging(largest)),
    )
