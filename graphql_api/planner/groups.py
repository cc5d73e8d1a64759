"""The first groups of a list whose order begins with a key that groups of rows have in common.

The names of categories are such a key. It takes long to look it up for each row. So rows are
counted by group, the key is looked up for each group, and only the rows of those groups are read
that the page can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import CTE, and_, case, func, literal_column, or_, select, true

from cms.storage.dialects import IsAmongRows
from graphql_api.planner.declarations import Call, OrderKey
from graphql_api.planner.filters import Condition
from graphql_api.planner.json_sql import RowCount
from graphql_api.planner.ordering import OrderTerm, order_by
from graphql_api.planner.source import Chosen, Columns, Selectable, Sql

# The name of the number of rows of a group.
SIZE = "size"
# The first value of a cursor, with the comparison of the keys of rows with those of the cursor.
Bound: TypeAlias = tuple[Callable[[Sequence[OrderKey], Sequence[Sql]], Condition], Sql]


@dataclass(frozen=True)
class Groups:
    """The groups of the rows of a page.

    Attributes:
        term: the first of the order.
        column: the column that tells the group of a row.
        call: the arguments and the view.
        is_backward: whether the page is counted from the end.
    """

    term: OrderTerm
    column: str
    call: Call
    is_backward: bool

    def first(self, counted: Selectable, reach: Sql, bounds: Sequence[Bound]) -> CTE:
        """Return the groups that have the first rows.

        Args:
            counted: the groups with their numbers of rows, :data:`SIZE`.
            reach: the number of rows.
            bounds: the cursors between which the rows are.
        """
        source = self.call.source(Chosen(counted))
        columns = source.columns
        key = OrderKey(self.term.sql(columns, self.call), self.term.descending, self.term.nullable)
        named = select(
            columns[self.column].label("member"),
            columns[SIZE].label("rows_of_group"),
            key.sql.label("key_of_group"),
        )
        groups = named.select_from(source.clause()).subquery().c
        key = replace(key, sql=groups.key_of_group)
        within = [is_within([key], [value]) for is_within, value in bounds]
        # Some rows of the groups of cursors are on their other sides: they are always read.
        at = [groups.key_of_group.is_not_distinct_from(value) for _, value in bounds]
        is_counted = and_(true(), *within)
        size = case((is_counted, groups.rows_of_group), else_=literal_column("0"))
        order = order_by([key], reverse=self.is_backward)
        up_to = func.sum(size).over(order_by=order)
        own = func.sum(size).over(partition_by=groups.key_of_group)
        placed = select(groups.member, (up_to - own).label("rows_before")).where(
            *(or_(*each) for each in zip(within, at, strict=True))
        )
        before = placed.subquery()
        first = select(before.c.member).where(before.c.rows_before < RowCount(reach))
        return first.cte().prefix_with("MATERIALIZED")

    def is_among(self, first: CTE, columns: Columns) -> Condition:
        """Return whether a row is in one of the first groups, or in none if that is the first."""
        column = columns[self.column]
        without = select(first.c.member).where(first.c.member.is_(None)).exists()
        among = IsAmongRows(column, select(first.c.member).scalar_subquery())
        return or_(among, and_(column.is_(None), without))
