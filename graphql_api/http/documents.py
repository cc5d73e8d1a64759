"""Documents: parsed, validated, and kept for the next time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    is_input_type,
    parse,
    type_from_ast,
    validate,
)

from graphql_api.http.errors import RequestFailed, request_failure
from graphql_api.http.limits import Limits, check_document, check_lines
from graphql_api.http.rules import RULES
from graphql_api.planner.arguments import Variables

# The memory that the documents of one API may take, and that a token of one takes.
KEPT_BYTES = 32 * 1024**2
_BYTES_OF_TOKEN = 500
# Further errors of one request are not looked for.
_MOST_ERRORS = 20


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation of a valid document.

    Attributes:
        schema: the schema that it is valid for.
        node: the operation.
        fragments: the document's fragments.
        source: the text of the document.
        bytes: the memory that the document takes.
    """

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    source: str
    bytes: int

    @property
    def key(self) -> tuple[str, str | None]:
        """Something that is the same for the same operation, however often it has been read."""
        return self.source, self.node.name.value if self.node.name else None

    @property
    def is_query(self) -> bool:
        """Whether it only reads."""
        return self.node.operation is OperationType.QUERY

    @cached_property
    def root(self) -> GraphQLObjectType:
        """The type whose fields it selects."""
        root = self.schema.get_root_type(self.node.operation)
        if root is None:
            message = f"The schema has no {self.node.operation.value} operations."
            raise request_failure(message, "BAD_REQUEST")
        return root

    @cached_property
    def variable_types(self) -> Mapping[str, GraphQLInputType]:
        """The types of its variables."""
        found = {
            each.variable.name.value: type_from_ast(self.schema, each.type)
            for each in self.node.variable_definitions or ()
        }
        return {name: type_ for name, type_ in found.items() if is_input_type(type_)}

    def coerce(self, variables: Variables) -> Mapping[str, Any]:
        """Return the variables' values as their types have them.

        Raises:
            RequestFailed: with everything that does not fit.
        """
        definitions = self.node.variable_definitions or ()
        coerced = get_variable_values(
            self.schema, definitions, dict(variables), max_errors=_MOST_ERRORS
        )
        if isinstance(coerced, list):
            raise RequestFailed(*coerced)
        return coerced.coerced


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
    """A document that was read, or why it was refused, with the memory that it takes."""

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
    """Reads documents for a schema, and keeps what it has read lately, refusals too.

    Args:
        schema: the schema.
        limits: how much a document may ask for.
        kept_bytes: how much memory all that is kept may take.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, kept_bytes: int = KEPT_BYTES) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: LRUCache[str, Examination] = LRUCache(kept_bytes, lambda each: each.bytes)

    def find(self, source: str) -> ValidDocument | None:
        """Return a document that has been read before, if it is still kept.

        Raises:
            RequestFailed: if it was refused.
        """
        examination = self._kept.get(source)
        return examination.get() if examination is not None else None

    def keep(self, source: str, examination: Examination) -> ValidDocument:
        """Return the document of an examination, and keep it for the next time.

        Raises:
            RequestFailed: if it was refused.
        """
        with suppress(ValueError):  # larger than all that may be kept
            self._kept[source] = examination
        return examination.get()

    def examine(self, source: str) -> Examination:
        """Read a document: whether it is too large, has an error in its syntax, or is not valid.

        Nothing is kept, so this can be done in a thread.
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
        # To place an error in a document, all its lines are looked at.
        check_lines(source, self._limits)
        try:
            most = self._limits.tokens
            return parse(source, max_lexical_tokens=most, max_comments=most)
        except GraphQLError as error:
            # That is how the parser says that a document is too long or too deep for it.
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
