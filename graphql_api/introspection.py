"""Introspection: questions about the schema, which graphql-core answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import orjson
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)

from graphql_api.http.errors import RequestFailed
from graphql_api.planning import BoundOperation, PlanningThread, ReadyOperation

# The memory limit for the cached answers of one schema.
_TEXT_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class _Texts:
    """Answers by response name, with their memory."""

    by_key: Mapping[str, bytes]
    bytes: int


class Introspection:
    """Answers questions about one schema, with a cache.

    Args:
        schema: the schema.
        thread: the thread that computes new answers.
    """

    def __init__(self, schema: GraphQLSchema, thread: PlanningThread) -> None:
        self._schema = schema
        self._thread = thread
        self._kept: LRUCache[Hashable, _Texts] = LRUCache(_TEXT_BYTES, lambda texts: texts.bytes)

    async def answer(self, ready: ReadyOperation) -> Mapping[str, bytes]:
        """Return the answers to an operation's introspection fields, by response name, as JSON.

        Raises:
            RequestFailed: if graphql-core refuses it.
        """
        bound = ready.bound
        plain = {name: value for name, value in bound.variables.items() if _is_plain(value)}
        values = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
        place = (bound.operation.key, values)
        texts = self._kept.get(place)
        if texts is None:
            fields = ready.planned.introspection
            by_key = await self._thread.run(bound.client, self._execute, bound, fields)
            size = bound.operation.bytes + len(values) + sum(map(len, by_key.values()))
            texts = _Texts(by_key, size)
            with suppress(ValueError):  # larger than the whole cache
                self._kept[place] = texts
        return texts.by_key

    def _execute(self, bound: BoundOperation, fields: tuple[FieldNode, ...]) -> Mapping[str, bytes]:
        operation = OperationDefinitionNode(
            operation=bound.operation.node.operation,
            variable_definitions=bound.operation.node.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=fields),
        )
        document = DocumentNode(definitions=(operation, *bound.operation.fragments.values()))
        result = execute_sync(self._schema, document, variable_values=dict(bound.variables))
        if result.errors:
            raise RequestFailed(*result.errors)
        return {key: orjson.dumps(value) for key, value in (result.data or {}).items()}


def _is_plain(value: object) -> bool:
    """Return whether a variable can be an argument of introspection: a name or a boolean."""
    return value is None or isinstance(value, str | bool)
