"""The plan of an operation: its selection with every name resolved, still without SQL."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass

from graphql import FieldNode

from graphql_api.planner.answers import answer_slot
from graphql_api.planner.arguments import Argument, Arguments, Given, Input, Known
from graphql_api.planner.declarations import (
    Answer,
    Answers,
    Declaration,
    Inside,
    SeenValue,
    Through,
    Value,
)


@dataclass(frozen=True, eq=False)
class Typename:
    """The field ``__typename``, under a response name."""

    key: str


@dataclass(frozen=True, eq=False)
class PlannedField:
    """A selected field.

    Attributes:
        key: the response name.
        type_name: the object type of the field.
        name: the name in that type.
        declaration: the SQL.
        arguments: the given arguments.
        nullable: whether the schema allows null.
        body: the selection on the field; ``None`` for a leaf.
        node: the node in the document.
    """

    key: str
    type_name: str
    name: str
    declaration: Declaration
    arguments: Arguments
    nullable: bool
    body: Body | None
    node: FieldNode


@dataclass(frozen=True, eq=False)
class Case:
    """The selection on an object of one of several types."""

    types: tuple[str, ...]
    fields: tuple[PlannedField | Typename, ...]


@dataclass(frozen=True, eq=False)
class Body:
    """The selection on an object, by its type.

    Attributes:
        cases: the different selections.
        is_abstract: whether the type depends on the row.
    """

    cases: tuple[Case, ...]
    is_abstract: bool

    def shared_fields(self, *, keeps_json: bool) -> Mapping[Hashable, PlannedField]:
        """Return the fields that read other rows and that all cases share, by their likeness.

        Args:
            keeps_json: whether JSON is still JSON outside of a subquery; else only texts are taken.
        """
        if len(self.cases) < 2:  # noqa: PLR2004  # then nothing is shared
            return {}
        first, *others = (
            {likeness(field): field for field in case.fields if isinstance(field, PlannedField)}
            for case in self.cases
        )
        return {
            key: field
            for key, field in first.items()
            if _reads_rows(field, keeps_json=keeps_json) and all(key in each for each in others)
        }

    @property
    def reads_a_document_again(self) -> bool:
        """True if the fields of a type take several values from a JSON document of the row."""
        return any(sum(map(_readings, case.fields)) > 1 for case in self.cases)

    def without(self, types: Collection[object]) -> Body:
        """Return the selection on an object of none of these types."""
        left = (
            Case(tuple(name for name in case.types if name not in types), case.fields)
            for case in self.cases
        )
        return Body(tuple(case for case in left if case.types), self.is_abstract)


def _reads_rows(field: PlannedField, *, keeps_json: bool) -> bool:
    if isinstance(field.declaration, SeenValue):
        return keeps_json or field.declaration.is_text
    return keeps_json and field.body is not None


def _readings(field: PlannedField | Typename) -> int:
    """Return how often a field reads a JSON document of its row."""
    match field.declaration if isinstance(field, PlannedField) else None:
        case Inside(present=present):
            return 2 if present is not None else 1
        case Value(work=work):
            return int(work > 1)
        case _:
            return 0


def names_below(field: PlannedField) -> Iterator[str]:
    """Yield the names of all fields that are selected below a field."""
    for case in field.body.cases if field.body is not None else ():
        for each in case.fields:
            if isinstance(each, PlannedField):
                yield each.name
                yield from names_below(each)


def likeness(field: PlannedField | Typename) -> Hashable:
    """Return a key that is equal for two types of one plan if a field has the same SQL on both."""
    if isinstance(field, Typename):
        return field.key
    arguments = id(field.node) if field.arguments else None
    return field.key, field.declaration, arguments, id(field.body)


@dataclass(frozen=True, eq=False)
class Seen:
    """The view that an operation requests."""

    declaration: Through
    arguments: Arguments


@dataclass(frozen=True, eq=False)
class Plan:
    """The plan of a whole operation.

    Attributes:
        root: the root fields.
        through: the view that the operation requests, or ``None``.
    """

    root: Body
    through: Seen | None = None

    def only(self, key: str) -> Plan:
        """Return the plan of the root field with this response name alone."""
        (case,) = self.root.cases
        kept = tuple(field for field in case.fields if field.key == key)
        return Plan(Body((Case(case.types, kept),), is_abstract=False), self.through)

    def asked(self) -> tuple[Asked, ...]:
        """Return the fields that Python answers, including those through other views."""
        through = (self.through,) if self.through is not None else ()
        return tuple(_asked(self.root, (), through))

    def __str__(self) -> str:
        return "\n".join(_draw(self.root, 0))


@dataclass(frozen=True, eq=False)
class Asked:
    """A field that Python answers before the statement runs.

    Attributes:
        path: the response names of the views that lead to it, and its own.
        field: the field.
        through: the views through which it is selected, the outermost first.
    """

    path: tuple[str, ...]
    field: PlannedField
    through: tuple[Seen, ...]

    @property
    def slot(self) -> str:
        """The name of the answer among the variables."""
        return answer_slot(*self.path)


def _asked(root: Body, keys: tuple[str, ...], through: tuple[Seen, ...]) -> Iterator[Asked]:
    for field in root.cases[0].fields:
        if not isinstance(field, PlannedField):
            continue
        if isinstance(field.declaration, Answer | Answers):
            yield Asked((*keys, field.key), field, through)
        elif isinstance(field.declaration, Through) and field.body is not None:
            further = (*through, Seen(field.declaration, field.arguments))
            yield from _asked(field.body, (*keys, field.key), further)


def _draw(body: Body, depth: int) -> Iterator[str]:
    for case in body.cases:
        indent = depth
        if body.is_abstract:
            yield f"{'  ' * depth}on {' | '.join(case.types)}"
            indent += 1
        for field in case.fields:
            yield from _draw_field(field, indent)


def _draw_field(field: PlannedField | Typename, depth: int) -> Iterator[str]:
    margin = "  " * depth
    if isinstance(field, Typename):
        yield f"{margin}{field.key}: __typename"
        return
    kind = type(field.declaration).__name__.lower()
    arguments = ", ".join(f"{name}: {_words(each)}" for name, each in field.arguments.items())
    called = f"{field.name}({arguments})" if arguments else field.name
    yield f"{margin}{field.key}: {kind} {field.type_name}.{called}"
    if field.body is not None:
        yield from _draw(field.body, depth + 1)


def _words(argument: Argument) -> str:
    match argument:
        case None:
            return "null"
        case Known(value):
            return str(getattr(value, "name", value))
        case Given():
            return "?"
        case Input(_, fields):
            inner = ", ".join(f"{name}: {_words(each)}" for name, each in fields.items())
            return f"{{{inner}}}"
        case _:
            return f"[{', '.join(map(_words, argument))}]"
