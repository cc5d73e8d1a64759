"""The read path: document → variables → plan → statement → :class:`ReadResult`.

:class:`~graphql_api.planning.Planner` makes the plan and the statement; :func:`fetch` runs it, and
:class:`Responder` makes the result from its data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema

from cms.errors import TooManyWaiting
from cms.storage.dialects import Reader
from graphql_api.http.errors import RequestFailed, error_json, request_failure, too_many_waiting
from graphql_api.http.limits import Limits
from graphql_api.introspection import Introspection
from graphql_api.planner.arguments import Variables
from graphql_api.planner.json_sql import MARK, UNMET
from graphql_api.planner.null_propagation import complete
from graphql_api.planning import PlanningThread, ReadyOperation
from graphql_api.timings import Timings

_RESYNC = (
    "The server does not have this position: its database is another one, or was restored from an "
    "older backup. Discard everything that was read since, and begin again without a position."
)


@dataclass(frozen=True)
class ReadResult:
    """The answer to an operation.

    Attributes:
        body: the response, as JSON.
        cost: the cost of the operation.
        timings: the seconds of each step, by its name.
        position: the token of the last position in the snapshot, if the operation selects it
            (``{ position }``); it is not read otherwise.
        tags: the names of the content on which the answer depends.
    """

    body: bytes
    cost: int
    timings: Timings
    position: str | None = None
    tags: frozenset[str] = frozenset()


async def fetch(
    reader: Reader, ready: ReadyOperation, more_variables: Variables | None = None
) -> bytes:
    """Return the data of an operation, as JSON.

    Args:
        reader: runs the statement.
        ready: the operation.
        more_variables: values that the statement reads besides the operation's variables.

    Raises:
        RequestFailed: if a value cannot be used; with the code ``RESYNC`` if the database does not
            have a position that the operation names.
        DatabaseError: if the database fails, or it takes too long.
    """
    bound, statement = ready.bound, ready.planned.statement
    if statement is None:
        (case,) = ready.planned.plan.root.cases
        return orjson.dumps({field.key: case.types[0] for field in case.fields})
    with bound.timings.step("statement"):
        try:
            values = statement.values({**bound.variables, **(more_variables or {})})
            data = await reader.fetch(statement.sql, values, bound.client)
        except GraphQLError as error:
            raise RequestFailed(error) from None
        except TooManyWaiting as error:
            raise too_many_waiting(error) from None
    if data == UNMET:
        raise request_failure(_RESYNC, "RESYNC")
    return data


class Responder:
    """Makes responses from data, with the parts not in the database: null propagation, the schema.

    Args:
        schema: the schema.
        limits: the limits, for a response with its cost.
        thread: the thread that computes new answers about the schema.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, thread: PlanningThread) -> None:
        self._limits = limits
        self._introspection = Introspection(schema, thread)

    async def respond(
        self, ready: ReadyOperation, data: bytes, errors: Iterable[GraphQLError] = ()
    ) -> ReadResult:
        """Return the result of an operation.

        Args:
            ready: the operation.
            data: the data from the database, as JSON.
            errors: the errors of fields so far.

        Raises:
            RequestFailed: if a question about the schema is refused.
        """
        timings = ready.bound.timings
        with timings.step("response"):
            body = await self._body(ready, data, list(errors))
            position = _position_in(ready, data)
        return ReadResult(body, ready.cost, timings, position)

    async def _body(self, ready: ReadyOperation, data: bytes, errors: list[GraphQLError]) -> bytes:
        is_whole = not (ready.planned.introspection or errors or MARK in data)
        if is_whole and not ready.bound.wants_cost:  # as most are
            return b'{"data":%b}' % data
        members: dict[str, bytes] = {}
        if not is_whole:
            value, missing = complete(ready.planned.plan, data)
            if problems := [error_json(each, "MISSING_VALUE") for each in (*errors, *missing)]:
                members["errors"] = orjson.dumps(problems)
            data = await self._add_introspection(ready, value)
        members["data"] = data
        if ready.bound.wants_cost:
            members["extensions"] = orjson.dumps({"cost": self._cost_and_limits(ready)})
        return _object_of(members)

    async def _add_introspection(
        self, ready: ReadyOperation, value: dict[str, Any] | None
    ) -> bytes:
        """Return the data with the answers about the schema, as JSON."""
        if value is None or not ready.planned.introspection:
            return _json(value)
        members = {key: _json(each) for key, each in value.items()}
        members |= await self._introspection.answer(ready)
        return _object_of({key: members[key] for key in ready.planned.keys})

    def _cost_and_limits(self, ready: ReadyOperation) -> Mapping[str, int]:
        size = ready.planned.measure
        cost = {"cost": ready.cost, "filters": size.filters, "parts": size.parts}
        return cost | {f"{name}Limit": getattr(self._limits, name) for name in cost}


def _position_in(ready: ReadyOperation, data: bytes) -> str | None:
    """Return the position of the snapshot, if it is among the data."""
    key = ready.planned.position_key
    return None if key is None else orjson.loads(data)[key]


def _json(value: object) -> bytes:
    # Not orjson, which fails on the depth of a text with a hundred levels.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _object_of(members: Mapping[str, bytes]) -> bytes:
    """Return a JSON object with members that are already JSON."""
    texts = (b'"%b":%b' % (key.encode(), value) for key, value in members.items())
    return b"{" + b",".join(texts) + b"}"
