"""Queries of a site's own files: a fixed document, answered as any reader's would be."""

from __future__ import annotations

from typing import Any

import orjson

from graphql_api.delivery import Delivery
from graphql_api.http.limits import Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.arguments import Variables

# The documents are the site's own, not a client's; what they ask for has limits in itself.
LIMITS = Limits(tokens=100_000, fields=100_000, parts=100_000, cost=100_000_000)


async def query(delivery: Delivery, document: str, variables: Variables) -> Any:
    """Return the whole response to a document.

    Raises:
        DatabaseError: if the database fails, or it takes too long.
    """
    result = await delivery.answer(GraphQLRequest(document, None, variables))
    return orjson.loads(result.body)
