"""Fields that Python answers, before the statement of their operation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from sqlalchemy import literal

from cms.authorization.actor import Actor
from cms.errors import Refused, TooManyWaiting
from cms.reading.view import Preview, View
from cms.settings import LINK_GRAPH_MEGABYTES
from cms.storage.dialects import Key
from cms.work.work import Desk, Reading
from graphql_api.http.errors import RequestFailed, too_many_waiting
from graphql_api.on_demand import OnDemand
from graphql_api.planner.arguments import Given, Variables, plain_values
from graphql_api.planner.declarations import Answer, Answers, Call
from graphql_api.planner.plan import Asked, PlannedField, Seen
from graphql_api.planner.source import Relation, Source, Sql, SqlType
from graphql_api.planner.statement import without_nul
from graphql_api.planning import BoundOperation, ReadyOperation

if TYPE_CHECKING:  # arrays are loaded on demand
    from cms.links.asking import LinkGraphs


@dataclass(frozen=True)
class Answered:
    """The answers of Python to an operation.

    Attributes:
        values: the answers, by the names that they have among the variables.
        errors: the errors of fields that have none.
    """

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[GraphQLError] = field(default_factory=list)


class Answering:
    """Answers fields in Python, each operation's from one snapshot.

    Args:
        desk: the site with its database.
        graph_megabytes: the memory limit for link graphs.

    Attributes:
        graphs: the link graphs that this process keeps.
    """

    def __init__(self, desk: Desk, graph_megabytes: int = LINK_GRAPH_MEGABYTES) -> None:
        self._desk = desk
        self.graphs = OnDemand(partial(_make_graphs, graph_megabytes))
        self._questions = OnDemand(_load_questions)

    async def answer(
        self, ready: ReadyOperation, view: View, actor: Actor, preview: str | None = None
    ) -> Answered:
        """Return the answers to the fields of an operation that Python answers.

        Args:
            ready: the operation.
            view: the view that it is planned with.
            actor: who is asking.
            preview: the id of the revision that the view shows as if it were public.

        Raises:
            RequestFailed: if the client has too many questions waiting.
        """
        answered = Answered()
        asked, bound = ready.planned.answers, ready.bound
        if not asked:
            return answered
        if preview is not None:
            view = replace(view, preview=Preview(literal(preview, Key)))
        with bound.timings.step("answers"):
            async with self._reading(asked, actor, bound.client) as reading:
                for each in asked:
                    answered.values[each.slot] = await self._ask(
                        reading, each, view, bound, answered.errors
                    )
        return answered

    @asynccontextmanager
    async def _reading(
        self, asked: Sequence[Asked], actor: Actor, client: str
    ) -> AsyncIterator[Reading]:
        """Open a snapshot; for questions about links, in the client's turn."""
        if not any(declaration_of(each.field).of_view for each in asked):
            async with self._desk.reading(actor) as reading:
                yield reading
            return
        graphs = await self.graphs.get()
        try:
            async with graphs.turns.of(client), self._desk.reading(actor) as reading:
                yield reading
        except TooManyWaiting as error:
            raise too_many_waiting(error) from None

    async def _ask(
        self,
        reading: Reading,
        asked: Asked,
        view: View,
        bound: BoundOperation,
        errors: list[GraphQLError],
    ) -> object:
        """Return Python's answer for a field, or nothing and an error."""
        declaration, inputs = declaration_of(asked.field), arguments_in(asked.field, bound)
        try:
            if not declaration.of_view:
                return await declaration.run(reading, inputs)
            seen = _seen(view, asked.through, bound.variables)
            questions, graphs = await self._questions.get(), await self.graphs.get()
            return await declaration.run(questions, reading, seen, graphs, inputs)
        except GraphQLError as error:
            raise RequestFailed(error) from None
        except Refused as refusal:
            node, path = asked.field.node, list(asked.path)
            errors += (
                GraphQLError(each.message, nodes=node, path=path, extensions={"code": each.code})
                for each in refusal.errors
            )
            return [] if isinstance(declaration, Answers) else None


def arguments_in(planned: PlannedField, bound: BoundOperation) -> dict[str, Any]:
    """Return the arguments of a field that Python answers."""
    values = plain_values(planned.arguments, bound.variables)
    return {name: without_nul(value) for name, value in values.items()}


def declaration_of(planned: PlannedField) -> Answer | Answers:
    """Return the declaration of a field that Python answers."""
    if not isinstance(planned.declaration, Answer | Answers):
        raise TypeError(f"{planned.name} is computed in Python")
    return planned.declaration


def _seen(view: View, through: Sequence[Seen], variables: Variables) -> View:
    """Return the view through which a field is seen, with the values of the request."""

    def bind(given: Given, type_: SqlType) -> Sql:
        return literal(given.read(variables), type_)

    for each in through:
        # The statement itself checks what the view requires.
        call = Call(view, each.arguments, bind, _no_source, lambda _: None)
        view = each.declaration.view(call)
    return view


def _no_source(_: Relation) -> Source:
    raise TypeError("the arguments of a view read no rows")


def _load_questions() -> Mapping[str, Callable[..., Awaitable[Any]]]:
    from graphql_api.schema.link_answers import ANSWERS  # noqa: PLC0415  # arrays, too

    return ANSWERS


def _make_graphs(megabytes: int) -> LinkGraphs:
    from cms.links.asking import LinkGraphs  # noqa: PLC0415  # arrays are loaded on demand

    return LinkGraphs(megabytes)
