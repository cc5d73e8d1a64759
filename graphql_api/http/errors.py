"""Errors in the form that clients get."""

from __future__ import annotations

import logging
import secrets  # noqa: TID251  # references in the log
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from cms.errors import (
    CopydeskError,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseTimeout,
    DatabaseUnavailable,
    OutcomeUnknown,
    TooManyWaiting,
    VersionMismatch,
)
from graphql_api.http.redaction import without_values

_log = logging.getLogger("copydesk")


class RequestFailed(CopydeskError):
    """A request without an answer: errors and no data.

    Attributes:
        errors: the errors.
        status: the HTTP status; ``None`` if the error is in the document or its variables
            rather than in HTTP.
        retry_after: the number of seconds after which to repeat the request.
    """

    def __init__(
        self,
        *errors: GraphQLError,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.errors: Sequence[GraphQLError] = tuple(map(without_values, errors))
        super().__init__("; ".join(error.message for error in self.errors))
        self.status = status
        self.retry_after = retry_after


def request_failure(
    message: str, code: str, *, status: int | None = None, retry_after: int | None = None
) -> RequestFailed:
    """Return a failure with one message and code."""
    error = GraphQLError(message, extensions={"code": code})
    return RequestFailed(error, status=status, retry_after=retry_after)


def too_many_waiting(error: TooManyWaiting) -> RequestFailed:
    """Return the failure of a request whose client has too many other requests waiting."""
    return request_failure(
        f"{error}; wait for their answers.", "LIMIT_EXCEEDED", status=429, retry_after=1
    )


def error_json(error: GraphQLError, code: str) -> dict[str, Any]:
    """Return an error as JSON; ``code`` is the default code."""
    shown: dict[str, Any] = dict(error.formatted)
    shown["extensions"] = {"code": code, **(error.extensions or {})}
    return shown


_UNAVAILABLE = 503

# The failures of the database for clients, without its location: the code, the seconds until
# it may be over, and the message. The first matching row counts.
_OF_DATABASE: Sequence[tuple[type[DatabaseError], str, int, str]] = (
    (
        OutcomeUnknown,
        "OUTCOME_UNKNOWN",
        1,
        "The change may have been made: check, or repeat it with the same clientMutationId.",
    ),
    (
        DatabaseUnavailable,
        "UNAVAILABLE",
        1,
        "The database cannot be reached at the moment; try again.",
    ),
    (DatabaseDamaged, "UNAVAILABLE", 60, "The database needs repair by its operator."),
    (
        DatabaseReadOnly,
        "READ_ONLY",
        60,
        "The database is read-only at the moment; only reads work.",
    ),
    (
        DatabaseFull,
        "STORAGE_FULL",
        60,
        "The disk of the database is full; only reads work until its operator frees some space.",
    ),
    (
        VersionMismatch,
        "VERSION_MISMATCH",
        10,
        "This server and the database have other content types; only reads work for now.",
    ),
    (DatabaseBusy, "BUSY", 1, "Another request was changing the same data; try again."),
)


def failure_of(error: Exception) -> RequestFailed:
    """Return the failure of an exception for clients, and log details for operators."""
    if isinstance(error, RequestFailed):
        return error
    if isinstance(error, DatabaseTimeout):
        return request_failure(str(error), "TIMEOUT", status=_UNAVAILABLE)
    for kind, code, seconds, message in _OF_DATABASE:
        if isinstance(error, kind):
            _log.warning("request failed with %s: %s", code, error)
            return request_failure(message, code, status=_UNAVAILABLE, retry_after=seconds)
    return unexpected_failure(error)


def unexpected_failure(error: Exception) -> RequestFailed:
    """Log an unexpected exception, and return its failure for clients."""
    reference = secrets.token_hex(4)
    _log.error("request failed, reference %s", reference, exc_info=error)
    message = f"Internal error; the server's log has the details under the reference {reference}."
    extensions = {"code": "INTERNAL", "reference": reference}
    return RequestFailed(GraphQLError(message, extensions=extensions), status=500)
