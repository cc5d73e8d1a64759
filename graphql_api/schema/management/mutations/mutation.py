"""How a mutation is declared: one input, one command, one payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cms.content.canonical_json import JsonObject, digest_of
from cms.errors import DatabaseBusy, InvalidValue, Refused
from cms.work.idempotency import once
from cms.work.work import Work, begin_work
from graphql_api.planner.declarations import Answer
from graphql_api.schema.declaring.fields import Argument, Declared, value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.management.context import (
    InputValues,
    RequestContext,
    plain_json,
    plain_object,
)
from graphql_api.schema.management.errors import ERRORS, PathMapping, refusal
from graphql_api.schema.management.history import path_of

Run: TypeAlias = Callable[[Work, InputValues], Awaitable[JsonObject]]
RunAlone: TypeAlias = Callable[[RequestContext, InputValues], Awaitable[JsonObject]]

_LONGEST_ID = 200
_ATTEMPTS = 3
_DRAFT_VALUES = frozenset({"title", "slug", "summary", "category", "tags", "fields"})


def input_field(type_: str, description: str) -> Declared:
    """Declare a field of an input; it may be left out if its type says so."""
    return Declared(type_, None, description)


def in_input(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return where in the arguments a place in a command's input stands."""
    return ("input", *path_of(list(path)))


def in_values(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the same for a mutation that has a draft's values in ``values``."""
    inside = ("values",) if path and path[0] in _DRAFT_VALUES else ()
    return ("input", *inside, *path_of(list(path)))


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A mutation that runs a command.

    Attributes:
        name: its name, a verb and a noun.
        description: for the schema's readers.
        inputs: the fields of its input.
        payload: the fields of its payload, each of the JSON that ``run`` returns.
        run: calls the command and returns what the payload refers to.
        argument_path: where in the arguments a place in the command's input stands.
    """

    name: str
    description: str
    run: Run
    inputs: Mapping[str, Declared] = field(default_factory=dict)
    payload: Mapping[str, Declared] = field(default_factory=dict)
    argument_path: PathMapping = in_input

    def declare(self, namespace: Namespace) -> Declared:
        """Add its types and return the field of the mutation type."""
        key = input_field(
            "str | None", "Makes it safe to repeat: the same id gets the same answer."
        )
        echo = value(
            "str | None",
            json_member("clientMutationId"),
            "The id that came with the input.",
        )
        return _declare(
            namespace,
            self.name,
            self.description,
            {**self.inputs, "client_mutation_id": key},
            {**self.payload, "client_mutation_id": echo},
            self._perform,
        )

    async def _perform(self, context: RequestContext, arguments: InputValues) -> JsonObject:
        inputs = arguments["input"]
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._attempt(context, inputs)
            except DatabaseBusy:
                # Somebody else was there at the same time; now it shows what they have done.
                continue
        return await self._attempt(context, inputs)

    async def _attempt(self, context: RequestContext, inputs: InputValues) -> JsonObject:
        key = inputs.get("clientMutationId")
        async with begin_work(context.database, context.site, context.actor) as work:
            if key is None:
                return await self._answer(work, inputs)
            try:
                _check_key(key)
                digest = _digest(self.name, inputs)
                answer = await once(work, key, digest, lambda: self._answer(work, inputs))
            except Refused as refused:
                answer = refusal(refused, self.argument_path, context.site)
            return {**answer, "clientMutationId": key}

    async def _answer(self, work: Work, inputs: InputValues) -> JsonObject:
        try:
            return _without_errors(await self.run(work, inputs))
        except Refused as refused:
            return refusal(refused, self.argument_path, work.site)


@dataclass(frozen=True, kw_only=True)
class SecretMutation:
    """A mutation with a secret in its input or payload, which cannot be kept for a repetition.

    The attributes are those of :class:`Mutation`; ``run`` opens its own transactions.
    """

    name: str
    description: str
    run: RunAlone
    inputs: Mapping[str, Declared] = field(default_factory=dict)
    payload: Mapping[str, Declared] = field(default_factory=dict)

    def declare(self, namespace: Namespace) -> Declared:
        """Add its types and return the field of the mutation type."""
        return _declare(
            namespace, self.name, self.description, self.inputs, self.payload, self._perform
        )

    async def _perform(self, context: RequestContext, arguments: InputValues) -> JsonObject:
        try:
            return _without_errors(await self.run(context, arguments.get("input") or {}))
        except Refused as refused:
            return refusal(refused, in_input, context.site)


def _declare(
    namespace: Namespace,
    name: str,
    description: str,
    inputs: Mapping[str, Declared],
    payload: Mapping[str, Declared],
    perform: Callable[[RequestContext, InputValues], Awaitable[JsonObject]],
) -> Declared:
    title = name[:1].upper() + name[1:]
    body = {"errors": ERRORS, **payload, "__doc__": f"What became of `{name}`."}
    namespace.add_object(type(f"{title}Payload", (), body))
    arguments = []
    if inputs:
        namespace.add_input(f"{title}Input", f"What `{name}` takes.", inputs)
        arguments.append(Argument("input", f"{title}Input", "What it takes."))
    return Declared(f"{title}Payload", Answer(perform), description, arguments)


def _without_errors(answer: JsonObject) -> JsonObject:
    """Return an answer as plain JSON; one without errors says so."""
    return {"errors": [], **plain_object(answer)}


def _digest(name: str, inputs: InputValues) -> str:
    """Return the digest of what is asked."""
    try:
        return digest_of(_exactly({"mutation": name, "input": inputs}))
    except ValueError as error:  # JSON that somebody has sent can be of a kind that has none
        message = f"the input cannot be stored: {error}"
        raise Refused(InvalidValue(message=message)) from None


def _exactly(value: Any) -> Any:
    """Return an input as JSON, with the nulls that somebody has written."""
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
