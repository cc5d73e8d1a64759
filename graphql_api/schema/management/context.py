"""What the root fields that Python answers get to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeAlias

from cms.access.sessions import Lifetimes
from cms.authorization.actor import Actor
from cms.content.canonical_json import Json, JsonObject
from cms.site import Site
from cms.storage.database import Database
from cms.storage.dialects import as_text
from cms.work.work import Reading

_MOST_DAYS = 100_000

InputValues: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class RequestContext:
    """A request, as far as it matters to those who answer it.

    Attributes:
        database: where the content is.
        site: its declaration.
        actor: who is asking.
        address: the network address that the request came from.
        lifetimes: for how long a session's tokens are good.
    """

    database: Database
    site: Site
    actor: Actor
    address: str
    lifetimes: Lifetimes


# Answers a root field of a query from one snapshot.
AnswerQuery: TypeAlias = Callable[[Reading, InputValues], Awaitable[Json]]
# Answers a root field of a mutation, in transactions of its own.
AnswerMutation: TypeAlias = Callable[[RequestContext, InputValues], Awaitable[Json]]


def days(count: int) -> timedelta:
    """Return a number of days that a client has sent, at most a few centuries of them."""
    return timedelta(days=max(-_MOST_DAYS, min(count, _MOST_DAYS)))


def plain_object(value: Mapping[str, Any]) -> JsonObject:
    """Return an object as JSON, without the keys that hold nothing."""
    return {key: plain_json(item) for key, item in value.items() if item is not None}


def plain_json(value: Any) -> Any:
    """Return a value as JSON, without the keys that hold nothing."""
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
