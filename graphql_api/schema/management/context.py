"""The context and the argument types of root fields that Python answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeAlias

from cms.access.sessions import Lifetimes
from cms.authorization.actor import Actor
from cms.content.canonical_json import Json, JsonObject
from cms.storage.dialects import as_text
from cms.work.work import Desk, Reading

_MOST_DAYS = 100_000

InputValues: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class RequestContext:
    """The parts of a request that root fields use.

    Attributes:
        desk: the site with its database.
        actor: the actor of the request.
        address: the network address of the client.
        lifetimes: how long a session's tokens are valid.
        selected: the names of all fields that are selected below the root field.
    """

    desk: Desk
    actor: Actor
    address: str
    lifetimes: Lifetimes
    selected: Collection[str]


# Answers a root field of a query from one snapshot.
AnswerQuery: TypeAlias = Callable[[Reading, InputValues], Awaitable[Json]]
# Answers a root field of a mutation, in transactions of its own.
AnswerMutation: TypeAlias = Callable[[RequestContext, InputValues], Awaitable[Json]]


def days(count: int) -> timedelta:
    """Return a client's number of days as a duration, limited to a few centuries."""
    return timedelta(days=max(-_MOST_DAYS, min(count, _MOST_DAYS)))


def plain_object(value: Mapping[str, Any]) -> JsonObject:
    """Return an object as JSON, without its nulls."""
    return {key: plain_json(item) for key, item in value.items() if item is not None}


def plain_json(value: Any) -> Any:
    """Return a value as JSON, without the nulls of its objects."""
    match value:
        case Mapping():
            return {str(key): plain_json(item) for key, item in value.items() if item is not None}
        case datetime():
            return as_text(value)
        case Enum():
            return plain_json(value.value)
        case list() | tuple() | set() | frozenset():
            return [plain_json(item) for item in value]
        case _:
            return value
