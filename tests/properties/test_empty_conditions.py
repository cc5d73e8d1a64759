"""A condition that is null or empty changes no answer, wherever it is added to a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.properties.conftest import Both
from tests.properties.content import pools
from tests.properties.queries import Query, literal, values

# What can be left out by a variable: it is not there, null, or empty.
LEFT_OUT = ("absent", "null", "empty")


@dataclass
class _Padding:
    """Adds conditions that ask for nothing to a filter."""

    draw: DrawFn
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)

    def padded(self, value: Any, type_: GraphQLInputType) -> str:
        """Return a filter as a literal, with conditions added that ask for nothing."""
        inner: Any = get_nullable_type(type_)
        if isinstance(inner, GraphQLList):
            items = [self.padded(each, inner.of_type) for each in value]
            if isinstance(get_named_type(inner), GraphQLInputObjectType):
                items += ["{}"] * self.draw(st.integers(0, 2))
            return f"[{', '.join(items)}]"
        if not isinstance(inner, GraphQLInputObjectType):
            return literal(value, inner)
        given = {key: self.padded(each, inner.fields[key].type) for key, each in value.items()}
        others = sorted(inner.fields.keys() - value.keys() - {"mode"})
        names = (
            self.draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []
        )
        added = {name: self._nothing(inner.fields[name].type, 2) for name in names}
        fields = self.draw(st.permutations([*{**given, **added}.items()]))
        return f"{{{', '.join(f'{key}: {each}' for key, each in fields)}}}"

    def _nothing(self, type_: GraphQLInputType, depth: int) -> str:
        """Return a condition that asks for nothing: a literal, or a variable."""
        is_object = isinstance(get_named_type(type_), GraphQLInputObjectType)
        if self.draw(st.booleans()):
            return self._variable(type_, self.draw(st.sampled_from(LEFT_OUT[: 2 + is_object])))
        if not is_object or self.draw(st.booleans()):
            return "null"
        return self._empty(type_, depth)

    def _empty(self, type_: GraphQLInputType, depth: int) -> str:
        if isinstance(type_, GraphQLList):
            count = self.draw(st.integers(0, 2))
            return f"[{', '.join(self._empty(type_.of_type, depth) for _ in range(count))}]"
        inner = get_nullable_type(type_)
        assert isinstance(inner, GraphQLInputObjectType)
        if "mode" in inner.fields and self.draw(st.booleans()):
            return "{mode: INSENSITIVE}"
        if depth == 0 or self.draw(st.booleans()):
            return "{}"
        name = self.draw(st.sampled_from(sorted(inner.fields.keys() - {"mode"})))
        return f"{{{name}: {self._nothing(inner.fields[name].type, depth - 1)}}}"

    def _variable(self, type_: GraphQLInputType, how: str) -> str:
        name = f"nothing{len(self.definitions)}"
        self.definitions.append(f"${name}: {type_}")
        if how != "absent":
            empty: Any = [] if isinstance(type_, GraphQLList) else {}
            self.variables[name] = None if how == "null" else empty
        return f"${name}"


@dataclass
class Asked:
    """A filter of articles: as it is, and with conditions that ask for nothing added."""

    plain: Query
    padded: Query


@st.composite
def filters(draw: DrawFn, schema: GraphQLSchema, pools: Mapping[str, Any]) -> Asked:
    """Draw a filter in both ways."""
    type_ = schema.type_map["ArticleWhere"]
    assert isinstance(type_, GraphQLInputObjectType)
    value = draw(values(schema, pools, "where", type_))
    padding = _Padding(draw)
    padded = padding.padded(value, type_)
    defined = f"({', '.join(padding.definitions)})" if padding.definitions else ""
    found = "{ totalCount nodes { id } }"
    return Asked(
        Query(f"{{ articles(where: {literal(value, type_)}) {found} }}", {}),
        Query(f"query{defined} {{ articles(where: {padded}) {found} }}", padding.variables),
    )


@given(data=st.data())
def test_what_asks_for_nothing_changes_no_answer(both: Both, data: st.DataObject) -> None:
    asked = data.draw(filters(both.reference.schema, pools(both.reference)))
    assert not validate(both.reference.schema, parse(asked.padded.source))
    answer = both.planned(asked.plain)
    assert both.planned(asked.padded) == answer
    for query in (asked.plain, asked.padded):
        assert both.reference.answer(query.source, query.variables).data == answer["data"]
