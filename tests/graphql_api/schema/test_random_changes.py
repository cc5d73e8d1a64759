"""Random changes of schemas are breaking where GraphQL says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphql import BreakingChange, GraphQLSchema, build_schema, find_schema_changes
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.schema.changes import Criticality, compare_schemas

_NAMES = ("a", "b", "c")
_OUTPUTS = ("Int", "Int!", "[Int]", "[Int!]!", "String", "E", "U", "T", "T!", "[T!]")
_INPUTS = ("Int", "Int!", "[Int]", "[Int!]!", "String", "E", "I", "Int = 1", "Int! = 1")
_ARGUMENTS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_INPUTS), max_size=2)
_FIELDS = st.dictionaries(
    st.sampled_from(_NAMES), st.tuples(_ARGUMENTS, st.sampled_from(_OUTPUTS)), min_size=1
)


@dataclass(frozen=True)
class Drawn:
    """A random schema.

    Attributes:
        fields: the arguments and the type of each field of the type ``T``.
        inputs: the type of each field of the input ``I``.
        words: the values of the enum ``E``.
        members: the members of the union ``U``.
        implements: whether ``T`` implements the interface ``N``.
    """

    fields: Mapping[str, tuple[Mapping[str, str], str]]
    inputs: Mapping[str, str]
    words: frozenset[str]
    members: frozenset[str]
    implements: bool

    def build(self) -> GraphQLSchema:
        """Return the schema."""
        fields = (
            f"{name}{_arguments(arguments)}: {type_}"
            for name, (arguments, type_) in self.fields.items()
        )
        inputs = (f"{name}: {type_}" for name, type_ in self.inputs.items())
        return build_schema(
            f"""
            interface N {{ n: Int }}
            type T {"implements N" if self.implements else ""} {{ n: Int {" ".join(fields)} }}
            type O {{ n: Int }}
            union U = {" | ".join(sorted(self.members))}
            enum E {{ {" ".join(sorted(self.words))} }}
            input I {{ i: Int {" ".join(inputs)} }}
            type Query {{ t(i: I, e: E): T n: N u: U o: O }}
            """
        )


def _arguments(arguments: Mapping[str, str]) -> str:
    each = ", ".join(f"{name}: {type_}" for name, type_ in arguments.items())
    return f"({each})" if each else ""


_SCHEMAS = st.builds(
    Drawn,
    fields=_FIELDS,
    inputs=_ARGUMENTS,
    words=st.frozensets(st.sampled_from(("A", "B", "C")), min_size=1),
    members=st.frozensets(st.sampled_from(("T", "O")), min_size=1),
    implements=st.booleans(),
)


@given(_SCHEMAS)
def test_a_removed_field_is_one_breaking_change(drawn: Drawn) -> None:
    before = drawn.build()
    name, *others = drawn.fields
    after = replace(drawn, fields={each: drawn.fields[each] for each in others}).build()
    changes = compare_schemas(before, after)
    assert [(each.criticality, each.name, each.path) for each in changes] == [
        (Criticality.BREAKING, "FIELD_REMOVED", f"T.{name}")
    ]


@given(_SCHEMAS, _SCHEMAS)
def test_a_schema_is_broken_where_graphql_says_so(before: Drawn, after: Drawn) -> None:
    old, new = before.build(), after.build()
    breaking = [
        each for each in compare_schemas(old, new) if each.criticality is Criticality.BREAKING
    ]
    by_graphql = [
        each for each in find_schema_changes(old, new) if isinstance(each, BreakingChange)
    ]
    assert len(breaking) == len(by_graphql)
