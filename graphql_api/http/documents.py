"""Documents: parsed, validated and cached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    parse,
    validate,
)

from graphql_api.http.errors import RequestFailed, request_failure
from graphql_api.http.limits import Limits, check_document, check_lines
from graphql_api.http.rules import RULES
from graphql_api.planner.arguments import Variables, shape_of
from graphql_api.planner.searches import searched_variables, with_blank_searches
from graphql_api.planner.variables import (
    BoundVariables,
    Unusual,
    VariableReader,
    read_variables,
    readers_of,
)

# The memory limit for the documents of one API, and the memory of one token.
KEPT_BYTES = 32 * 1024**2
_BYTES_OF_TOKEN = 500
# The validation of a request stops after this many errors.
_MOST_ERRORS = 20


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation of a valid document.

    Attributes:
        schema: the schema that it is valid for.
        node: the operation.
        fragments: the document's fragments.
        source: the text of the document.
        bytes: the memory of the document.
    """

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    source: str
    bytes: int

    @property
    def key(self) -> tuple[str, str | None]:
        """Cache key, equal for the same operation of the same document."""
        return self.source, self.node.name.value if self.node.name else None

    @property
    def is_query(self) -> bool:
        """True if the operation only reads."""
        return self.node.operation is OperationType.QUERY

    @cached_property
    def root(self) -> GraphQLObjectType:
        """Root type of the operation."""
        root = self.schema.get_root_type(self.node.operation)
        if root is None:
            message = f"The schema has no {self.node.operation.value} operations."
            raise request_failure(message, "BAD_REQUEST")
        return root

    @cached_property
    def _readers(self) -> Sequence[VariableReader]:
        return readers_of(self.schema, self.node.variable_definitions or ())

    @cached_property
    def _searches(self) -> frozenset[str]:
        fragments = (each.selection_set for each in self.fragments.values())
        return searched_variables((self.node.selection_set, *fragments))

    def coerce(self, variables: Variables) -> BoundVariables:
        """Return the values of the variables, coerced to their types, and their shapes.

        Raises:
            RequestFailed: with all values that do not fit their types.
        """
        try:
            bound = read_variables(self._readers, variables)
        except Unusual:
            bound = self._coerce_unusual(variables)
        return with_blank_searches(bound, self._searches)

    def _coerce_unusual(self, variables: Variables) -> BoundVariables:
        definitions = self.node.variable_definitions or ()
        coerced = get_variable_values(
            self.schema, definitions, dict(variables), max_errors=_MOST_ERRORS
        )
        if isinstance(coerced, list):
            raise RequestFailed(*coerced)
        types = {each.name: each.type for each in self._readers}
        values = coerced.coerced
        shapes = ((name, shape_of(value, types[name])) for name, value in values.items())
        return BoundVariables(values, tuple(shapes))


@dataclass(frozen=True, eq=False)
class ValidDocument:
    """A valid document, with its operations by name."""

    operations: Mapping[str | None, Operation]

    def operation(self, name: str | None) -> Operation:
        """Return the operation of this name, or the only one.

        Raises:
            RequestFailed: if there is none, or there are several and no name.
        """
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            message = "The document has several operations; select one with operationName."
            raise request_failure(message, "BAD_REQUEST")
        if name not in self.operations:
            raise request_failure(
                "The document has no operation with the name in operationName.", "BAD_REQUEST"
            )
        return self.operations[name]


def _bytes_of(source: str, tokens: int) -> int:
    return 2 * len(source) + tokens * _BYTES_OF_TOKEN


@dataclass(frozen=True, eq=False)
class Examination:
    """A valid document or the failure of an invalid one, with its memory."""

    document: ValidDocument | None
    errors: Sequence[GraphQLError]
    bytes: int

    def get(self) -> ValidDocument:
        """Return the document.

        Raises:
            RequestFailed: if it was refused.
        """
        if self.document is None:
            raise RequestFailed(*self.errors)
        return self.document


class Documents:
    """Reads documents for a schema, with a cache of recent ones, including invalid ones.

    Args:
        schema: the schema.
        limits: the limits on a document.
        kept_bytes: the memory limit of the cache.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, kept_bytes: int = KEPT_BYTES) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: LRUCache[str, Examination] = LRUCache(kept_bytes, lambda each: each.bytes)

    def find(self, source: str) -> ValidDocument | None:
        """Return a document from the cache, or ``None``.

        Raises:
            RequestFailed: if it was refused.
        """
        examination = self._kept.get(source)
        return examination.get() if examination is not None else None

    def keep(self, source: str, examination: Examination) -> ValidDocument:
        """Return the document of an examination, and cache it.

        Raises:
            RequestFailed: if it was refused.
        """
        with suppress(ValueError):  # larger than the whole cache
            self._kept[source] = examination
        return examination.get()

    def examine(self, source: str) -> Examination:
        """Check a document's size, syntax and validity.

        The cache is not changed, so this can run in a thread.
        """
        try:
            parsed = self._parse(source)
            size = _bytes_of(source, parsed.token_count or 0)
            return Examination(self._document(self._validate(parsed), source, size), (), size)
        except RequestFailed as failure:
            errors = failure.errors
        except RecursionError:
            errors = request_failure("The document is nested too deeply.", "LIMIT_EXCEEDED").errors
        return Examination(None, errors, _bytes_of(source, min(self._limits.tokens, len(source))))

    def _validate(self, parsed: DocumentNode) -> DocumentNode:
        check_document(parsed, self._limits)
        if errors := validate(self._schema, parsed, RULES, max_errors=_MOST_ERRORS):
            raise RequestFailed(*errors)
        return parsed

    def _parse(self, source: str) -> DocumentNode:
        # Locating an error reads all lines of the document.
        check_lines(source, self._limits)
        try:
            most = self._limits.tokens
            return parse(source, max_lexical_tokens=most, max_comments=most)
        except GraphQLError as error:
            # The parser raises this for a document that is too long or too deep for it.
            if error.message.endswith("Parsing aborted."):
                error.extensions = {"code": "LIMIT_EXCEEDED"}
            raise RequestFailed(error) from None

    def _document(self, parsed: DocumentNode, source: str, size: int) -> ValidDocument:
        fragments = {
            each.name.value: each
            for each in parsed.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        return ValidDocument(
            {
                each.name.value if each.name else None: Operation(
                    self._schema, each, fragments, source, size
                )
                for each in parsed.definitions
                if isinstance(each, OperationDefinitionNode)
            }
        )
