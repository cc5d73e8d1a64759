"""Queries for a site's files: fixed documents, answered as those of any reader."""

from __future__ import annotations

from typing import Any

import orjson

from graphql_api.delivery import Delivery
from graphql_api.http.limits import Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.arguments import Variables

# The documents are fixed and of limited size, so clients' limits do not apply.
LIMITS = Limits(tokens=100_000, fields=100_000, parts=100_000, cost=100_000_000)


async def query(delivery: Delivery, document: str, variables: Variables) -> Any:
    """Return the whole response to a document.

    Raises:
        DatabaseError: if the database fails, or it takes too long.
    """
    result = await delivery.answer(GraphQLRequest(document, None, variables))
    return orjson.loads(result.body)
