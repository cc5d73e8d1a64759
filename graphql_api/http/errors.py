"""Errors as clients see them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from cms.errors import CopydeskError, TooManyWaiting
from graphql_api.http.redaction import without_values

_log = logging.getLogger("copydesk")


class RequestFailed(CopydeskError):
    """A request that cannot be answered: there are errors and no data.

    Attributes:
        errors: what is wrong.
        status: the HTTP status that says so; ``None`` where HTTP was not at fault, but the
            document or its variables were.
    """

    def __init__(self, *errors: GraphQLError, status: int | None = None) -> None:
        self.errors: Sequence[GraphQLError] = tuple(map(without_values, errors))
        super().__init__("; ".join(error.message for error in self.errors))
        self.status = status


def failed(message: str, code: str, *, status: int | None = None) -> RequestFailed:
    """Return the failure that this message and code describe."""
    return RequestFailed(GraphQLError(message, extensions={"code": code}), status=status)


def too_many(error: TooManyWaiting) -> RequestFailed:
    """Return the failure of a request whose client has too many others waiting."""
    return failed(f"{error}; wait for their answers.", "LIMIT_EXCEEDED", status=429)


def formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    """Return an error as JSON; ``code`` stands for those that have none of their own."""
    shown: dict[str, Any] = dict(error.formatted)
    shown["extensions"] = {"code": code, **(error.extensions or {})}
    return shown


def unexpected(error: Exception) -> RequestFailed:
    """Log what should not have happened, and return what a client is told of it."""
    reference = secrets.token_hex(4)
    _log.error("request failed, reference %s", reference, exc_info=error)
    message = f"The server failed; its log says why, under the reference {reference}."
    extensions = {"code": "INTERNAL", "reference": reference}
    return RequestFailed(GraphQLError(message, extensions=extensions), status=500)
