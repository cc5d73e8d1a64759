"""The declaration of a mutation: one input, one command, one payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from cms.content.canonical_json import JsonObject, digest_of
from cms.errors import DatabaseBusy, InvalidValue, Refused
from cms.work.idempotency import once
from cms.work.work import Work
from graphql_api.planner.declarations import Answer
from graphql_api.schema.declaring.fields import Argument, Declared, value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.management.context import (
    InputValues,
    RequestContext,
    plain_json,
    plain_object,
)
from graphql_api.schema.management.errors import PathMapping, error_list, refusal
from graphql_api.schema.management.history import path_of

Run: TypeAlias = Callable[[Work, InputValues], Awaitable[JsonObject]]
Prepare: TypeAlias = Callable[[RequestContext, InputValues], Awaitable[None]]
RunAlone: TypeAlias = Callable[[RequestContext, InputValues], Awaitable[JsonObject]]

_LONGEST_ID = 200
_ATTEMPTS = 3
_DRAFT_VALUES = frozenset({"title", "slug", "summary", "category", "tags", "fields"})


def input_field(type_: str, description: str) -> Declared:
    """Declare a field of an input; it may be omitted if its type is optional.

    In the description, ``{mutation}`` stands for the name of the mutation.
    """
    return Declared(type_, None, description)


def in_input(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the path in the arguments for a path in a command's input."""
    return ("input", *path_of(list(path)))


def in_values(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the same for a mutation whose input has a draft's values in ``values``."""
    inside = ("values",) if path and path[0] in _DRAFT_VALUES else ()
    return ("input", *inside, *path_of(list(path)))


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A mutation that runs a command.

    Attributes:
        name: the name in the schema, a verb and a noun.
        description: the description in the schema.
        inputs: the fields of the input.
        payload: the fields of the payload, each of the JSON that ``run`` returns.
        run: calls the command and returns the JSON that the payload refers to.
        argument_path: maps a path in the command's input to one in the arguments.
        prepare: does what needs no transaction before the first begins, or ``None``.
    """

    name: str
    description: str
    run: Run
    inputs: Mapping[str, Declared] = field(default_factory=dict)
    payload: Mapping[str, Declared] = field(default_factory=dict)
    argument_path: PathMapping = in_input
    prepare: Prepare | None = None

    def declare(self, registry: TypeRegistry) -> Declared:
        """Add the types of input and payload, and return the field of the mutation type."""
        key = input_field(
            "str | None",
            "Idempotency key of {mutation}: a repeated key returns the first payload. "
            "1 to 200 printable characters.",
        )
        echo = value(
            "str | None",
            json_member("clientMutationId"),
            "Idempotency key from the input of {mutation}; null if there was none.",
        )
        return _declare(
            registry,
            self.name,
            self.description,
            {**self.inputs, "client_mutation_id": key},
            {**self.payload, "client_mutation_id": echo},
            self._perform,
        )

    async def _perform(self, context: RequestContext, arguments: InputValues) -> JsonObject:
        inputs = arguments["input"]
        if self.prepare is not None:
            await self.prepare(context, inputs)
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._attempt(context, inputs)
            except DatabaseBusy:
                # Another transaction was in the way; the next attempt sees its changes.
                continue
        return await self._attempt(context, inputs)

    async def _attempt(self, context: RequestContext, inputs: InputValues) -> JsonObject:
        key = inputs.get("clientMutationId")
        async with context.desk.work(context.actor) as work:
            if key is None:
                return await self._answer(work, inputs, context.selected)
            try:
                _check_key(key)
                digest = _digest(self.name, inputs)
                # A repeated request can select other fields than the first.
                answer = await once(work, key, digest, lambda: self._answer(work, inputs, None))
            except Refused as refused:
                answer = refusal(refused, self.argument_path, context.desk.site)
            return {**answer, "clientMutationId": key}

    async def _answer(
        self, work: Work, inputs: InputValues, selected: Collection[str] | None
    ) -> JsonObject:
        try:
            return _without_errors(await self.answer(work, inputs, selected))
        except Refused as refused:
            return refusal(refused, self.argument_path, work.site)

    async def answer(
        self,
        work: Work,
        inputs: InputValues,
        selected: Collection[str] | None,  # noqa: ARG002  # only some leave fields out
    ) -> JsonObject:
        """Run the command, and return the JSON that the payload refers to.

        Args:
            work: the transaction and the actor.
            inputs: the fields of the input.
            selected: the names of the fields that are selected; others may be left out. ``None``
                for all.
        """
        return await self.run(work, inputs)


@dataclass(frozen=True, kw_only=True)
class SecretMutation:
    """A mutation with a secret in its input or payload, which must not be stored for repetition.

    The attributes are those of :class:`Mutation`; ``run`` opens its own transactions.
    """

    name: str
    description: str
    run: RunAlone
    inputs: Mapping[str, Declared] = field(default_factory=dict)
    payload: Mapping[str, Declared] = field(default_factory=dict)

    def declare(self, registry: TypeRegistry) -> Declared:
        """Add the types of input and payload, and return the field of the mutation type."""
        return _declare(
            registry, self.name, self.description, self.inputs, self.payload, self._perform
        )

    async def _perform(self, context: RequestContext, arguments: InputValues) -> JsonObject:
        try:
            return _without_errors(await self.run(context, arguments.get("input") or {}))
        except Refused as refused:
            return refusal(refused, in_input, context.desk.site)


def _declare(
    registry: TypeRegistry,
    name: str,
    description: str,
    inputs: Mapping[str, Declared],
    payload: Mapping[str, Declared],
    perform: Callable[[RequestContext, InputValues], Awaitable[JsonObject]],
) -> Declared:
    title = name[:1].upper() + name[1:]
    errors = error_list("Reasons why {mutation} was refused; empty if it was not.")
    described = {"__doc__": f"Result of `{name}`, or the reasons why it was refused."}
    body = {**describe(name, {"errors": errors, **payload}), **described}
    registry.add_object(type(f"{title}Payload", (), body))
    arguments = []
    if inputs:
        registry.add_input(f"{title}Input", f"Arguments of `{name}`.", describe(name, inputs))
        arguments.append(
            Argument("input", f"{title}Input", f"All arguments of `{name}`, in one object.")
        )
    return Declared(f"{title}Payload", Answer(perform), description, arguments)


def describe(name: str, fields: Mapping[str, Declared]) -> dict[str, Declared]:
    """Return fields with the mutation's name in their descriptions."""
    return {
        key: replace(each, description=each.description.replace("{mutation}", f"`{name}`"))
        for key, each in fields.items()
    }


def _without_errors(answer: JsonObject) -> JsonObject:
    """Return an answer as plain JSON, with an empty list of errors."""
    return {"errors": [], **plain_object(answer)}


def _digest(name: str, inputs: InputValues) -> str:
    """Return the digest of a mutation and its input."""
    try:
        return digest_of(_exactly({"mutation": name, "input": inputs}))
    except ValueError as error:  # not every JSON value of a client has a digest
        message = f"the input cannot be stored: {error}"
        raise Refused(InvalidValue(message=message)) from None


def _exactly(value: Any) -> Any:
    """Return an input as JSON, with its nulls."""
    match value:
        case Mapping():
            return {key: _exactly(item) for key, item in value.items()}
        case list():
            return [_exactly(item) for item in value]
        case _:
            return plain_json(value)


def _check_key(key: str) -> None:
    if not 0 < len(key) <= _LONGEST_ID or not key.isprintable():
        message = f"a client mutation id has 1 to {_LONGEST_ID} printable characters"
        raise Refused(InvalidValue(message=message, path=("clientMutationId",)))
