"""Queries from Python, without a server."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import orjson

from cms.copydesk import Copydesk
from graphql_api.answering import Answering
from graphql_api.delivery import Delivery
from graphql_api.http.errors import RequestFailed, error_json
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner.arguments import Variables
from graphql_api.schema.build import build_delivery_schema

# The API is kept, since its schema and its plans take time to build.
_DELIVERIES: WeakKeyDictionary[Copydesk, Delivery] = WeakKeyDictionary()


async def execute(
    copydesk: Copydesk, query: str, variables: Variables | None = None
) -> dict[str, Any]:
    """Return the response of the delivery API to a query: ``data``, ``errors``, or both.

    Args:
        copydesk: the site.
        query: the GraphQL document, with one operation.
        variables: the values of the variables, as in JSON.
    """
    request = GraphQLRequest(query, None, variables or {})
    try:
        response: dict[str, Any] = orjson.loads((await _delivery(copydesk).answer(request)).body)
    except RequestFailed as failure:
        return {"errors": [error_json(each, "BAD_REQUEST") for each in failure.errors]}
    return response


def _delivery(copydesk: Copydesk) -> Delivery:
    if copydesk not in _DELIVERIES:
        schema = build_delivery_schema(copydesk.site)
        answering = Answering(copydesk, copydesk.settings.link_graph_megabytes)
        _DELIVERIES[copydesk] = Delivery(
            copydesk.site, schema, copydesk.database.reader, answering=answering
        )
    return _DELIVERIES[copydesk]
