"""Requests of GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request

from cms.content.strict_json import check_unique_keys
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


async def read_request(request: Request, body_bytes: int) -> GraphQLRequest:
    """Return the GraphQL request of an HTTP request.

    Raises:
        RequestFailed: if it is no well-formed GraphQL request, with the HTTP status.
    """
    if request.method == "GET":
        return _from_query_string(request)
    if request.method != "POST":
        message = f"{request.method} is not supported; use GET or POST."
        raise request_failure(message, "METHOD_NOT_ALLOWED", status=405)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        message = "Send the request as application/json."
        raise request_failure(message, "UNSUPPORTED_MEDIA_TYPE", status=415)
    body = await _read_body(request, body_bytes)
    if len(body) > _LARGE:
        return await asyncio.to_thread(_from_json, body)
    return _from_json(body)


async def _read_body(request: Request, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            message = f"The body has more than {most:,} bytes."
            raise request_failure(message, "LIMIT_EXCEEDED", status=413)
        chunks.append(chunk)
    return b"".join(chunks)


def _from_query_string(request: Request) -> GraphQLRequest:
    parameters = request.query_params
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
    check_unique_keys(text)
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
    for ok, message in (
        (isinstance(query, str) and query, "query must be a document."),
        (name is None or isinstance(name, str), "operationName must be a string."),
        (variables is None or isinstance(variables, dict), "variables must be an object."),
        (extensions is None or isinstance(extensions, dict), "extensions must be an object."),
    ):
        if not ok:
            raise _bad(message)
    wants_cost = (extensions or {}).get("cost") is True
    return GraphQLRequest(str(query), name or None, variables or {}, wants_cost)


def _bad(message: str) -> RequestFailed:
    return request_failure(f"The request is not well formed: {message}", "BAD_REQUEST", status=400)
