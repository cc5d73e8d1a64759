"""Responses of GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import orjson
from starlette.types import Receive, Scope, Send

from graphql_api.http.errors import RequestFailed, error_json, request_failure
from graphql_api.http.security_headers import NEVER_KEPT, Header, raw_headers, secured

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
ATOM = "application/atom+xml"

# HTTP statuses.
UNAUTHENTICATED = 401
NOT_ALLOWED = 405
TIMED_OUT = 408


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


class GraphQLResponse:
    """A response as an ASGI app: its body in one message, after headers that are complete.

    Attributes:
        body: the body.
        headers: all headers but the length.
        status: the HTTP status.
    """

    def __init__(self, body: bytes, headers: Sequence[Header], status: int = 200) -> None:
        self.body = body
        self.headers = headers
        self.status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the response."""
        headers = [(b"content-length", b"%d" % len(self.body)), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def success_response(body: bytes, media_type: str) -> GraphQLResponse:
    """Return the response with an answer."""
    return GraphQLResponse(body, _success_headers(media_type))


def private_response(body: bytes, media_type: str) -> GraphQLResponse:
    """Return the response with an answer that must not be shared with other clients."""
    return GraphQLResponse(body, _private_headers(media_type))


def failure_response(
    error: RequestFailed, media_type: str, headers: Mapping[str, str] | None = None
) -> GraphQLResponse:
    """Return the response to a request without an answer.

    A client that accepts only ``application/json`` may ignore the status; for a well-formed
    GraphQL request it gets 200, as the specification requires.

    Args:
        error: the failure.
        media_type: the media type of the response.
        headers: further headers.
    """
    status = error.status or (400 if media_type == GRAPHQL_RESPONSE else 200)
    body = orjson.dumps({"errors": [error_json(each, "BAD_REQUEST") for each in error.errors]})
    all_headers = {
        "Content-Type": f"{media_type}; charset=utf-8",
        **({"Allow": "GET, POST"} if status == NOT_ALLOWED else {}),
        # The rest of the body is not waited for either.
        **({"Connection": "close"} if status == TIMED_OUT else {}),
        **retry_header(error),
        **(headers or {}),
    }
    return GraphQLResponse(body, secured(raw_headers(all_headers), status), status)


@cache
def _success_headers(media_type: str) -> Sequence[Header]:
    return secured(raw_headers({"Content-Type": media_type}), 200)


@cache
def _private_headers(media_type: str) -> Sequence[Header]:
    headers = {"Content-Type": media_type, "Cache-Control": NEVER_KEPT}
    return secured(raw_headers(headers), 200)


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
