"""Random valid queries for a schema, with arguments that find something."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
)
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from graphql_api.planner.declarations import PLANNED, Answer, Answers

# What connections take beside filters and orders is drawn as one, since its parts depend on
# each other.
_PAGING = frozenset({"first", "after", "last", "before", "skip"})


@dataclass(frozen=True)
class Query:
    """A document and its variables."""

    source: str
    variables: Mapping[str, Any]


@dataclass
class _Maker:
    """Draws one query."""

    draw: DrawFn
    schema: GraphQLSchema
    pools: Mapping[str, Sequence[Any]]
    only: frozenset[str]
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    names: int = 0

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def pick(self, items: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(items))

    # --- Selections ---

    def selection(self, type_: GraphQLOutputType, depth: int) -> str:
        """Return a selection set for a type, never empty."""
        named = get_named_type(type_)
        parts = ["__typename"] if self.chance(30) else []
        if is_abstract_type(named):
            parts += self._fragments_on(named, depth)
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            parts += self._fields(named, depth, self.draw(st.integers(1, 4)))
        return f"{{ {' '.join(parts) or '__typename'} }}"

    def _fragments_on(self, named: Any, depth: int) -> list[str]:
        possible = sorted(self.schema.get_possible_types(named), key=lambda each: each.name)
        parts = []
        for _ in range(self.draw(st.integers(0, 2))):
            on = self.pick(possible)
            parts.append(self._fragment(on, depth))
        interfaces = [
            each.name
            for each in getattr(possible[0], "interfaces", ())
            if each.name != named.name and self._overlaps(each, possible)
        ]
        if interfaces and self.chance(30):
            on = self.schema.type_map[self.pick(interfaces)]
            parts.append(self._fragment(on, depth))
        return parts

    def _overlaps(self, interface: Any, possible: Sequence[Any]) -> bool:
        return any(self.schema.is_sub_type(interface, each) for each in possible)

    def _fragment(self, on: Any, depth: int) -> str:
        selected = " ".join(self._fields(on, depth, 2, own_names=True))
        if self.chance(40):
            name = self.name("F")
            self.fragments.append(f"fragment {name} on {on.name} {{ {selected} }}")
            return f"...{name} {self.directive()}"
        return f"... on {on.name} {self.directive()} {{ {selected} }}"

    def _fields(
        self,
        type_: GraphQLObjectType | GraphQLInterfaceType,
        depth: int,
        count: int,
        *,
        own_names: bool = False,
    ) -> list[str]:
        usable = [
            (name, each)
            for name, each in type_.fields.items()
            if (depth > 0 or is_leaf_type(get_named_type(each.type)))
            and (name in self.only or not self.only or type_ is not self.schema.query_type)
            # What Python answers has tests of its own.
            and not isinstance(each.extensions.get(PLANNED), Answer | Answers)
        ]
        if not usable:
            return ["__typename"]
        chosen = [self.pick(usable) for _ in range(count)]
        return [self._field(name, each, depth, own_names=own_names) for name, each in chosen]

    def _field(self, name: str, each: GraphQLField, depth: int, *, own_names: bool) -> str:
        arguments = self._arguments(each)
        # Two fields of one response name have to be the same; what differs gets its own.
        if arguments or own_names or self.chance(20):
            name = f"{self.name('a')}: {name}"
        inner = self.selection(each.type, depth - 1) if _is_composite(each.type) else ""
        return f"{name}{arguments} {self.directive()} {inner}".strip()

    def directive(self) -> str:
        """Return @skip or @include now and then."""
        if not self.chance(10):
            return ""
        wanted = self.draw(st.booleans())
        condition = json.dumps(wanted)
        if self.chance(50):
            condition = self._variable("Boolean!", wanted)
        return f"@{self.pick(['skip', 'include'])}(if: {condition})"

    # --- Arguments ---

    def _arguments(self, each: GraphQLField) -> str:
        has_pages = each.args.keys() >= _PAGING
        given = {
            name: self._argument(name, argument.type)
            for name, argument in each.args.items()
            if not (has_pages and name in _PAGING)
            and (isinstance(argument.type, GraphQLNonNull) or self.chance(50))
        }
        if has_pages:
            given |= self._paging()
        shown = ", ".join(f"{name}: {value}" for name, value in given.items())
        return f"({shown})" if shown else ""

    def _paging(self) -> dict[str, str]:
        size = self.draw(st.integers(0, 5))
        if self.chance(30):
            return {"last": self._maybe_variable("Int", size)}
        paging = {"first": self._maybe_variable("Int", size)} if self.chance(70) else {}
        if self.chance(30):
            paging["skip"] = self._maybe_variable("Int", self.draw(st.integers(0, 3)))
        return paging

    def _argument(self, name: str, type_: GraphQLInputType) -> str:
        value = self._value(name, type_, 3)
        return self._maybe_variable(str(type_), value, literal(value, type_))

    def _maybe_variable(self, type_: str, value: Any, literal: str | None = None) -> str:
        if self.chance(40):
            return self._variable(type_, value, literal)
        return json.dumps(value) if literal is None else literal

    def _variable(self, type_: str, value: Any, literal: str | None = None) -> str:
        name = self.name("v")
        default = json.dumps(value) if literal is None else literal
        if self.chance(25):
            # The value comes from the definition.
            self.definitions.append(f"${name}: {type_} = {default}")
        else:
            self.definitions.append(f"${name}: {type_}")
            if type_.endswith("!") or value is not None or self.chance(50):
                self.variables[name] = value
        return f"${name}"

    def _value(self, name: str, type_: GraphQLInputType, depth: int) -> Any:
        """Return a value as JSON has it."""
        if isinstance(type_, GraphQLNonNull):
            return self._value(name, type_.of_type, depth)
        if isinstance(type_, GraphQLList):
            return [
                self._value(name, type_.of_type, depth) for _ in range(self.draw(st.integers(0, 3)))
            ]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(name, type_, depth)
        if (pool := self.pools.get(f"{name}:{type_.name}")) is not None:
            return self.pick(pool)
        if isinstance(type_, GraphQLEnumType):
            return self.pick(sorted(type_.values.keys() - {"UNKNOWN"}))
        if type_.name == "Boolean":
            return self.draw(st.booleans())
        return self.pick(self.pools[type_.name])

    def _object(self, name: str, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        usable = [
            (key, each.type)
            for key, each in type_.fields.items()
            if depth > 0 or is_leaf_type(get_named_type(each.type))
        ]
        if not usable:
            return {}
        count = 1 if type_.is_one_of else self.draw(st.integers(0, 2))
        chosen = dict(self.pick(usable) for _ in range(count))
        return {
            key: self._value(name if key in _OPERATORS else key, each, depth - 1)
            for key, each in chosen.items()
        }


_OPERATORS = frozenset(
    {"eq", "ne", "in", "notIn", "lt", "lte", "gt", "gte", "contains", "startsWith", "endsWith"}
)


def literal(value: Any, type_: GraphQLInputType) -> str:
    """Return a value as GraphQL has it."""
    if isinstance(type_, GraphQLNonNull):
        return literal(value, type_.of_type)
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    if isinstance(type_, GraphQLList):
        return f"[{', '.join(literal(item, type_.of_type) for item in value)}]"
    if isinstance(type_, GraphQLInputObjectType):
        inner = ", ".join(
            f"{key}: {literal(item, type_.fields[key].type)}" for key, item in value.items()
        )
        return f"{{{inner}}}"
    return json.dumps(value, ensure_ascii=False)


def _is_composite(type_: GraphQLOutputType) -> bool:
    return is_composite_type(get_named_type(type_))


@st.composite
def values(
    draw: DrawFn,
    schema: GraphQLSchema,
    pools: Mapping[str, Sequence[Any]],
    name: str,
    type_: GraphQLInputType,
) -> Any:
    """Draw a value of an input type for an argument of this name, as JSON has it."""
    return _Maker(draw, schema, pools, frozenset())._value(name, type_, 3)


@st.composite
def queries(
    draw: DrawFn,
    schema: GraphQLSchema,
    pools: Mapping[str, Sequence[Any]],
    depth: int = 4,
    only: frozenset[str] = frozenset(),
) -> Query:
    """Draw a query on the root of a schema.

    Args:
        draw: Hypothesis' own.
        schema: the schema.
        pools: for each scalar type, and for ``argument:Type``, what to choose values from.
        depth: how deep fields are nested.
        only: the root fields; all if it is empty.
    """
    maker = _Maker(draw, schema, pools, only)
    root = schema.query_type
    assert root is not None
    selected = " ".join(maker._fields(root, depth, draw(st.integers(1, 3))))
    defined = f"({', '.join(maker.definitions)})" if maker.definitions else ""
    source = "\n".join([f"query{defined} {{ {selected} }}", *maker.fragments])
    return Query(source, maker.variables)
