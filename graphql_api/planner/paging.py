"""``first``, ``after``, ``last``, ``before`` and ``skip`` → the rows of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode
from sqlalchemy import BigInteger, ColumnElement

from graphql_api.planner.arguments import Argument, Arguments, Given, Read, Variables, bad_input
from graphql_api.planner.cursors import BadCursor, decode, value_for
from graphql_api.planner.declarations import DEFAULT_SIZE, LARGEST_SIZE, OrderKey
from graphql_api.planner.source import Sql
from graphql_api.planner.statement import Parameters


@dataclass(frozen=True, eq=False)
class Paging:
    """The requested page of a connection.

    Attributes:
        size: the largest number of rows.
        is_backward: whether the page ends at ``before`` or at the end of the list, rather
            than beginning at ``after`` or at the start.
        after: the cursor after which the page's rows come.
        before: the cursor before which the page's rows come.
        skip: the number of rows to skip first.
        node: the field with the arguments.
    """

    size: Read
    is_backward: bool
    after: Given | None
    before: Given | None
    skip: Read | None
    node: FieldNode

    def cursor_values(
        self, cursor: Given, mark: str, keys: Sequence[OrderKey], parameters: Parameters
    ) -> list[Sql]:
        """Return a cursor's values as parameters, one for each key."""
        return [
            parameters.add(self._read_value(cursor, mark, keys, index), key.sql.type)
            for index, key in enumerate(keys)
        ]

    def checks(self, mark: str, keys: Sequence[OrderKey]) -> Iterator[Read]:
        """Yield functions that read all arguments, for a selection without rows."""
        yield self.size
        if self.skip is not None:
            yield self.skip
        for cursor in (self.after, self.before):
            if cursor is not None:
                yield from (
                    self._read_value(cursor, mark, keys, index) for index in range(len(keys))
                )

    def _read_value(self, cursor: Given, mark: str, keys: Sequence[OrderKey], index: int) -> Read:
        def read(variables: Variables) -> Any:
            try:
                values = decode(cursor.read(variables), mark, len(keys))
                return value_for(keys[index], values[index])
            except BadCursor as error:
                raise bad_input(str(error), self.node) from None

        return read


def paging_of(arguments: Arguments, node: FieldNode, largest: int) -> Paging:
    """Return the page that a connection's arguments request.

    Raises:
        GraphQLError: if they contradict each other.
    """
    first, last = _value_argument(arguments.get("first")), _value_argument(arguments.get("last"))
    after, before = (
        _value_argument(arguments.get("after")),
        _value_argument(arguments.get("before")),
    )
    skip = _value_argument(arguments.get("skip"))
    if first is not None and last is not None:
        raise bad_input("Give either first or last, not both.", node)
    if last is not None and (skip is not None or after is not None):
        raise bad_input("Combine last with before only, and first with after or skip.", node)
    size = last or first
    return Paging(
        size=_size_reader("last" if last else "first", size, largest, node)
        if size is not None
        else lambda _: DEFAULT_SIZE,
        is_backward=last is not None,
        after=after,
        before=before,
        skip=_size_reader("skip", skip, None, node) if skip is not None else None,
        node=node,
    )


def key_of(cursor: Given, count: int, index: int, key: OrderKey) -> Given:
    """Return one value of a cursor with a number of keys, for a connection without ``orderBy``.

    Args:
        cursor: the cursor.
        count: the number of its keys.
        index: which of them.
        key: the key, for its type.
    """

    def read(variables: Variables) -> Any:
        try:
            return value_for(key, decode(cursor.read(variables), "", count)[index])
        except BadCursor as error:
            raise bad_input(str(error), None) from None

    return Given(read)


def number_of(name: str, given: Given | None, node: FieldNode | None = None) -> Read:
    """Return a function that reads an optional size, at most :data:`LARGEST_SIZE`."""
    return _size_reader(name, given, LARGEST_SIZE, node) if given else lambda _: DEFAULT_SIZE


def number(read: Read, parameters: Parameters) -> ColumnElement[int]:
    """Return a row count as a parameter."""
    return parameters.add(read, BigInteger())


def _value_argument(argument: Argument) -> Given | None:
    return argument if isinstance(argument, Given) else None


def _size_reader(name: str, given: Given, largest: int | None, node: FieldNode | None) -> Read:
    def read(variables: Variables) -> int:
        value: int = given.read(variables)
        if value < 0:
            raise bad_input(f"{name} cannot be negative.", node)
        if largest is not None and value > largest:
            raise bad_input(f"{name} is too large; a page has at most {largest} items.", node)
        return value

    return read
