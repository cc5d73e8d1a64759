"""``Node``: what has an id, by which ``node(id:)`` finds it."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from graphql_api.planner.declarations import Row
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import value

_id: Callable[[Row], Sql] = attrgetter("id")


class Node:
    """Something with an id that never changes."""

    id = value("ID", _id, "Its id, the same everywhere.")
