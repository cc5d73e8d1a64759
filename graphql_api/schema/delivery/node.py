"""``Node``: the interface of everything that ``node(id:)`` finds."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from graphql_api.planner.declarations import Row
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import value

_id: Callable[[Row], Sql] = attrgetter("id")


class Node:
    """Object with a permanent id."""

    id = value("ID", _id, "Globally unique id, by which `node` finds the object.")
