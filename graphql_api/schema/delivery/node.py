"""``Node``: what has an id, by which ``node(id:)`` finds it."""

from __future__ import annotations

from graphql_api.schema.declaring.fields import value


class Node:
    """Something with an id that never changes."""

    id = value("ID", lambda row: row.id, "Its id, the same everywhere.")
