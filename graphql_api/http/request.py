"""Requests of GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from cms.content.strict_json import check_unique_keys
from graphql_api.http.begun import Begun
from graphql_api.http.errors import RequestFailed, request_failure
from graphql_api.planner.arguments import Variables

# A body with more bytes is parsed in a thread.
_LARGE = 64 * 1024
_PARAMETERS = ("query", "operationName", "variables", "extensions")


@dataclass(frozen=True)
class GraphQLRequest:
    """A request of GraphQL.

    Attributes:
        query: the document.
        operation_name: the name of the operation in it.
        variables: the raw values of the variables.
        wants_cost: whether the response should have the cost: ``"extensions": {"cost": true}``.
    """

    query: str
    operation_name: str | None = None
    variables: Variables = field(default_factory=dict)
    wants_cost: bool = False


class HttpRequest:
    """An HTTP request of an ASGI server.

    Attributes:
        scope: its scope.
        receive: receives its body.
        method: its method.
        accept: its header ``Accept``, empty if it has none.
        authorization: its header ``Authorization``.
        content_type: its header ``Content-Type``, empty if it has none.
    """

    __slots__ = ("accept", "authorization", "content_type", "method", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        # The first of several headers with one name counts.
        headers = dict(reversed(list(scope["headers"])))
        authorization = headers.get(b"authorization")
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.accept = headers.get(b"accept", b"").decode("latin-1")
        self.authorization = None if authorization is None else authorization.decode("latin-1")
        self.content_type = headers.get(b"content-type", b"").decode("latin-1")

    @property
    def address(self) -> str:
        """Network address of the client."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def parameters(self) -> QueryParams:
        """Parameters in the URL."""
        return QueryParams(self.scope["query_string"])

    @property
    def wants_page(self) -> bool:
        """True if it is from a browser rather than from a program."""
        return self.method == "GET" and "text/html" in self.accept and not self.parameters


# Limits the time of a block that waits for a client.
Wait: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]


async def read_request(request: HttpRequest, most_bytes: int, wait: Wait) -> GraphQLRequest:
    """Return the GraphQL request of an HTTP request.

    Args:
        request: the HTTP request.
        most_bytes: the largest size of its body.
        wait: limits the time that its body takes to arrive.

    Raises:
        RequestFailed: if it is no well-formed GraphQL request, with the HTTP status.
        ClientDisconnect: if the client disconnects before its body is complete.
    """
    if request.method == "GET":
        return _from_query_string(request.parameters)
    if request.method != "POST":
        message = f"{request.method} is not supported; use GET or POST."
        raise request_failure(message, "METHOD_NOT_ALLOWED", status=405)
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        message = "Send the request as application/json."
        raise request_failure(message, "UNSUPPORTED_MEDIA_TYPE", status=415)
    reading = Begun(_read_body(request.receive, most_bytes))
    if reading.is_done:  # mostly, the body arrives together with the headers
        body = await reading
    else:
        async with wait():
            body = await reading
    if len(body) > _LARGE:
        return await asyncio.to_thread(_from_json, body)
    return _from_json(body)


async def _read_body(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    size, has_more = 0, True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            text = f"The body has more than {most:,} bytes."
            raise request_failure(text, "LIMIT_EXCEEDED", status=413)
        chunks.append(chunk)
        has_more = message.get("more_body", False)
    return b"".join(chunks)


def _from_query_string(parameters: QueryParams) -> GraphQLRequest:
    for name in _PARAMETERS:
        if len(parameters.getlist(name)) > 1:
            raise _bad(f"{name} is given more than once.")
    parsed = {
        name: _parse(text.encode())
        for name in ("variables", "extensions")
        if (text := parameters.get(name))
    }
    operation_name = parameters.get("operationName") or None
    query = parameters.get("query")
    return request_of({"query": query, "operationName": operation_name, **parsed})


def _from_json(body: bytes) -> GraphQLRequest:
    parsed = _parse(body)
    if isinstance(parsed, list):
        raise request_failure(
            "Batches are not supported; send one request at a time.", "BAD_REQUEST", status=400
        )
    if not isinstance(parsed, dict):
        raise request_failure("The request must be a JSON object.", "BAD_REQUEST", status=400)
    return request_of(parsed)


def _parse(text: bytes) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise request_failure(
            f"The request is not valid JSON: {error}.", "BAD_REQUEST", status=400
        ) from None


def parse_json(text: bytes) -> Any:
    """Return the value of a client's JSON text.

    Raises:
        ValueError: if it is not JSON in UTF-8, or has a key twice in one object, which another
            program on the way could have read differently.
    """
    value = orjson.loads(text)
    check_unique_keys(text, value)
    return value


def request_of(parsed: Mapping[str, Any]) -> GraphQLRequest:
    """Return the request of a parsed JSON object.

    Raises:
        RequestFailed: if it is none.
    """
    query = parsed.get("query")
    name = parsed.get("operationName")
    variables = parsed.get("variables")
    extensions = parsed.get("extensions")
    if not isinstance(query, str) or not query:
        raise _bad("query must be a document.")
    if not isinstance(name, str | None):
        raise _bad("operationName must be a string.")
    if not isinstance(variables, dict | None):
        raise _bad("variables must be an object.")
    if not isinstance(extensions, dict | None):
        raise _bad("extensions must be an object.")
    wants_cost = (extensions or {}).get("cost") is True
    return GraphQLRequest(query, name or None, variables or {}, wants_cost)


def _bad(message: str) -> RequestFailed:
    return request_failure(f"The request is not well formed: {message}", "BAD_REQUEST", status=400)
