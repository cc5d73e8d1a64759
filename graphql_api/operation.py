"""The read path: document → variables → plan → statement → :class:`ReadResult`.

:class:`~graphql_api.planning.Planner` goes as far as the plan; from there :func:`fetch` runs the
statement, and :class:`Responder` makes the result of its data.
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
from graphql_api.http.errors import RequestFailed, error_json, too_many_waiting
from graphql_api.http.limits import Limits
from graphql_api.introspection import Introspection
from graphql_api.planner.arguments import Variables
from graphql_api.planner.json_sql import MARK
from graphql_api.planner.null_propagation import complete
from graphql_api.planner.plan import PlannedField, Typename
from graphql_api.planning import PlanningThread, ReadyOperation
from graphql_api.timings import Timings


@dataclass(frozen=True)
class ReadResult:
    """The answer to an operation.

    Attributes:
        body: the response, as JSON.
        cost: the cost of the operation.
        timings: the seconds that each step has taken, by the step's name.
        position: the position of the last publication in the snapshot that was read, where the
            operation asks for it (``{ position }``); a snapshot is not read for it alone.
        tags: names of the content that the answer depends on.
    """

    body: bytes
    cost: int
    timings: Timings
    position: int | None = None
    tags: frozenset[str] = frozenset()


async def fetch(
    reader: Reader, ready: ReadyOperation, more_variables: Variables | None = None
) -> bytes:
    """Return the data that an operation asks for, as JSON.

    Args:
        reader: where its statement is run.
        ready: the operation.
        more_variables: what the statement reads beside the operation's own variables.

    Raises:
        RequestFailed: if a value cannot be used.
        DatabaseError: if the database fails, or it takes too long.
    """
    bound, statement = ready.bound, ready.planned.statement
    if statement is None:
        (case,) = ready.planned.plan.root.cases
        return orjson.dumps({field.key: case.types[0] for field in case.fields})
    with bound.timings.step("statement"):
        try:
            values = statement.values({**bound.variables, **(more_variables or {})})
            return await reader.fetch(statement.sql, values, bound.client)
        except GraphQLError as error:
            raise RequestFailed(error) from None
        except TooManyWaiting as error:
            raise too_many_waiting(error) from None


class Responder:
    """Makes responses of data, with what the database cannot say: null propagation, the schema.

    Args:
        schema: the schema.
        limits: the limits that a response with its cost names.
        thread: where new answers about the schema are made.
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
            data: the data that the database has answered, as JSON.
            errors: the errors of fields that there are already.

        Raises:
            RequestFailed: if a question about the schema is refused.
        """
        timings = ready.bound.timings
        with timings.step("response"):
            body = await self._body(ready, data, list(errors))
            position = _position_in(ready, data)
        return ReadResult(body, ready.cost, timings, position)

    async def _body(self, ready: ReadyOperation, data: bytes, errors: list[GraphQLError]) -> bytes:
        members: dict[str, bytes] = {}
        if ready.planned.introspection or errors or MARK in data:
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
        """Return the data with what is asked about the schema, as JSON."""
        if value is None or not ready.planned.introspection:
            return _json(value)
        members = {key: _json(each) for key, each in value.items()}
        members |= await self._introspection.answer(ready)
        return _object_of({key: members[key] for key in ready.planned.keys})

    def _cost_and_limits(self, ready: ReadyOperation) -> Mapping[str, int]:
        size = ready.planned.measure
        cost = {"cost": ready.cost, "filters": size.filters, "parts": size.parts}
        return cost | {f"{name}Limit": getattr(self._limits, name) for name in cost}


def _position_in(ready: ReadyOperation, data: bytes) -> int | None:
    """Return the position of the snapshot, if it is among the data."""
    plan = ready.planned.plan
    if plan.through is not None:  # then it is that of the view
        return None
    keys = (each.key for each in plan.root.cases[0].fields if _is_position(each))
    key = next(keys, None)
    return None if key is None else orjson.loads(data)[key]


def _is_position(field: PlannedField | Typename) -> bool:
    return isinstance(field, PlannedField) and field.name == "position"


def _json(value: object) -> bytes:
    # Not orjson, to which what a text of a hundred levels becomes is too deep.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _object_of(members: Mapping[str, bytes]) -> bytes:
    """Return the JSON object with these members, each JSON already."""
    texts = (b'"%b":%b' % (key.encode(), value) for key, value in members.items())
    return b"{" + b",".join(texts) + b"}"
