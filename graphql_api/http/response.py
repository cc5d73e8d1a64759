"""Responses of GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

from functools import lru_cache

import orjson
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.http.errors import RequestFailed, error_json, request_failure

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"


@lru_cache(maxsize=100)
def media_type_for(accept: str) -> str:
    """Return the media type of the response for an ``Accept`` header.

    Raises:
        RequestFailed: with status 406 if it accepts neither of the two media types.
    """
    weights = weights_of(accept or "*/*")
    fallback = max(weights.get("application/*", 0.0), weights.get("*/*", 0.0))
    own = weights.get(GRAPHQL_RESPONSE, fallback)
    plain = weights.get(JSON, fallback)
    if own == plain == 0.0:
        message = (
            f"The media type of responses is {GRAPHQL_RESPONSE} or {JSON}; accept one of them."
        )
        raise request_failure(message, "NOT_ACCEPTABLE", status=406)
    # Clients that name neither expect the older media type.
    return GRAPHQL_RESPONSE if own > plain or GRAPHQL_RESPONSE in weights else JSON


def wants_page(request: Request) -> bool:
    """Return whether the request is from a browser rather than from a program."""
    accepted = request.headers.get("accept", "")
    return request.method == "GET" and "text/html" in accepted and not request.query_params


def success_response(body: bytes, media_type: str) -> Response:
    """Return the response with an answer."""
    return Response(body, media_type=media_type)


def private_response(body: bytes, media_type: str) -> Response:
    """Return the response with an answer that must not be shared with other clients."""
    return Response(body, headers={"Cache-Control": "private, no-store"}, media_type=media_type)


def failure_response(error: RequestFailed, media_type: str) -> Response:
    """Return the response to a request without an answer.

    A client that accepts only ``application/json`` may ignore the status; for a well-formed
    GraphQL request it gets 200, as the specification requires.
    """
    status = error.status or (400 if media_type == GRAPHQL_RESPONSE else 200)
    body = orjson.dumps({"errors": [error_json(each, "BAD_REQUEST") for each in error.errors]})
    headers = {"Allow": "GET, POST"} if status == 405 else {}  # noqa: PLR2004  # HTTP's own
    headers |= retry_header(error)
    return Response(body, status, headers, f"{media_type}; charset=utf-8")


def retry_header(error: RequestFailed) -> dict[str, str]:
    """Return the ``Retry-After`` header, if a retry can help."""
    return {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}


def weights_of(accept: str) -> dict[str, float]:
    """Return the client's weight of each media type, from 0 to 1."""
    weights: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
    return weights
