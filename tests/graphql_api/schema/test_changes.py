"""Changes between two schemas have the names, criticality and paths of graphql-inspector."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from graphql import GraphQLSchema, build_schema, print_schema

from graphql_api.schema.changes import Criticality, compare_schemas

BREAKING, DANGEROUS, NON_BREAKING = Criticality


@dataclass(frozen=True)
class Case:
    """A change: the name of its test, the schema before and after, and the expected changes."""

    id: str
    before: str
    after: str
    expected: tuple[tuple[str, Criticality, str], ...]


def _case(
    name: str, criticality: Criticality, path: str, before: str, after: str, id_: str = ""
) -> Case:
    """Return a case with one change; what it needs besides is in all schemas."""
    return Case(id_ or name.lower(), before, after, ((name, criticality, path),))


_FIELD = "type Query {{ a: {} }}".format
_ARGUMENT = "type Query {{ a(x: {}): Int }}".format
_INPUT = "input I {{ x: {} }} type Query {{ a(i: I): Int }}".format
_DIRECTIVE = "directive @d{} on FIELD type Query {{ a: Int }}".format
_DEPRECATED = '@deprecated(reason: "use b")'
_OTHER_REASON = '@deprecated(reason: "use c")'
_UNION = (
    "type A {{ a: Int }} type B {{ a: Int }} union U = {} type Query {{ u: U a: A b: B }}".format
)
_INTERFACE = "interface N {{ a: Int }} type A {} {{ a: Int }} type Query {{ a: A n: N }}".format
_ROOT = "schema {{ query: {} }} type P {{ a: Int }} type Q {{ a: Int }}".format
_MUTATION = "type Query { a: Int } type M { a: Int }"

CASES = (
    _case(
        "TYPE_REMOVED",
        BREAKING,
        "A",
        "type A { a: Int b: Int } type Query { a: Int }",
        "type Query { a: Int }",
    ),
    _case(
        "TYPE_ADDED",
        NON_BREAKING,
        "A",
        "type Query { a: Int }",
        "type A { a(x: Int! = 1): Int b: Int } type Query { a: Int }",
    ),
    _case(
        "TYPE_KIND_CHANGED",
        BREAKING,
        "A",
        "type A { a: Int } type Query { a: A }",
        "scalar A type Query { a: A }",
    ),
    _case("FIELD_REMOVED", BREAKING, "Query.b", "type Query { a: Int b: Int }", _FIELD("Int")),
    _case(
        "FIELD_REMOVED",
        BREAKING,
        "Query.b",
        f"type Query {{ a: Int b: Int {_DEPRECATED} }}",
        _FIELD("Int"),
        "deprecated_field_removed",
    ),
    _case("FIELD_ADDED", NON_BREAKING, "Query.b", _FIELD("Int"), "type Query { a: Int b: Int! }"),
    *(
        _case(
            "FIELD_TYPE_CHANGED",
            criticality,
            "Query.a",
            _FIELD(before),
            _FIELD(after),
            f"field_{before}_{after}",
        )
        for before, after, criticality in (
            ("Int", "Int!", NON_BREAKING),
            ("Int!", "Int", BREAKING),
            ("Int", "String", BREAKING),
            ("Int", "Float", BREAKING),
            ("Int", "String!", BREAKING),
            ("Int", "[Int]", BREAKING),
            ("[Int]", "Int", BREAKING),
            ("[Int]", "[Int!]!", NON_BREAKING),
            ("[Int!]", "[Int]!", BREAKING),
            ("[[Int]!]", "[[Int!]!]!", NON_BREAKING),
        )
    ),
    _case(
        "FIELD_DEPRECATION_ADDED",
        NON_BREAKING,
        "Query.a.@deprecated",
        _FIELD("Int"),
        _FIELD(f"Int {_DEPRECATED}"),
    ),
    _case(
        "FIELD_DEPRECATION_REMOVED",
        NON_BREAKING,
        "Query.a.@deprecated",
        _FIELD(f"Int {_DEPRECATED}"),
        _FIELD("Int"),
    ),
    _case(
        "FIELD_DEPRECATION_REASON_CHANGED",
        NON_BREAKING,
        "Query.a.@deprecated",
        _FIELD(f"Int {_DEPRECATED}"),
        _FIELD(f"Int {_OTHER_REASON}"),
    ),
    _case("FIELD_ARGUMENT_REMOVED", BREAKING, "Query.a.x", _ARGUMENT("Int"), _FIELD("Int")),
    *(
        _case(
            "FIELD_ARGUMENT_ADDED",
            criticality,
            "Query.a.x",
            _FIELD("Int"),
            _ARGUMENT(type_),
            f"argument_added_{type_}",
        )
        for type_, criticality in (
            ("Int!", BREAKING),
            ("Int", DANGEROUS),
            ("Int = 1", DANGEROUS),
            ("Int! = 1", DANGEROUS),
        )
    ),
    *(
        _case(
            "FIELD_ARGUMENT_TYPE_CHANGED",
            criticality,
            "Query.a.x",
            _ARGUMENT(before),
            _ARGUMENT(after),
            f"argument_{before}_{after}",
        )
        for before, after, criticality in (
            ("Int!", "Int", NON_BREAKING),
            ("Int", "Int!", BREAKING),
            ("Int", "Float", BREAKING),
            ("Int", "[Int]", BREAKING),
            ("[Int!]!", "[Int]", NON_BREAKING),
        )
    ),
    *(
        _case(
            "FIELD_ARGUMENT_DEFAULT_CHANGED",
            DANGEROUS,
            "Query.a.x",
            _ARGUMENT(before),
            _ARGUMENT(after),
            f"argument_default_{before}_{after}",
        )
        for before, after in (("Int", "Int = 1"), ("Int = 1", "Int = 2"), ("Int = null", "Int"))
    ),
    *(
        _case(
            "INPUT_FIELD_REMOVED",
            BREAKING,
            "I.y",
            _INPUT(f"Int y: Int {mark}"),
            _INPUT("Int"),
            f"input_field_removed_{bool(mark)}",
        )
        for mark in ("", _DEPRECATED)
    ),
    *(
        _case(
            "INPUT_FIELD_ADDED",
            criticality,
            "I.y",
            _INPUT("Int"),
            _INPUT(f"Int y: {type_}"),
            f"input_field_added_{type_}",
        )
        for type_, criticality in (
            ("Int!", BREAKING),
            ("Int", NON_BREAKING),
            ("Int = 1", DANGEROUS),
            ("Int! = 1", DANGEROUS),
        )
    ),
    *(
        _case(
            "INPUT_FIELD_TYPE_CHANGED",
            criticality,
            "I.x",
            _INPUT(before),
            _INPUT(after),
            f"input_{before}_{after}",
        )
        for before, after, criticality in (
            ("Int!", "Int", NON_BREAKING),
            ("Int", "Int!", BREAKING),
            ("Int", "Float", BREAKING),
            ("[Int!]!", "[Int]", NON_BREAKING),
            ("Int!", "[Int]", BREAKING),
        )
    ),
    _case(
        "INPUT_FIELD_DEFAULT_VALUE_CHANGED",
        DANGEROUS,
        "I.x",
        _INPUT("Int = 1"),
        _INPUT("Int = 2"),
    ),
    _case(
        "DIRECTIVE_USAGE_INPUT_FIELD_DEFINITION_ADDED",
        NON_BREAKING,
        "I.x.@deprecated",
        _INPUT("Int"),
        _INPUT(f"Int {_DEPRECATED}"),
    ),
    _case(
        "DIRECTIVE_USAGE_INPUT_FIELD_DEFINITION_REMOVED",
        NON_BREAKING,
        "I.x.@deprecated",
        _INPUT(f"Int {_DEPRECATED}"),
        _INPUT("Int"),
    ),
    _case(
        "DIRECTIVE_USAGE_INPUT_OBJECT_ADDED",
        BREAKING,
        "I.@oneOf",
        _INPUT("Int"),
        _INPUT("Int").replace("input I", "input I @oneOf"),
    ),
    _case(
        "DIRECTIVE_USAGE_INPUT_OBJECT_REMOVED",
        NON_BREAKING,
        "I.@oneOf",
        _INPUT("Int").replace("input I", "input I @oneOf"),
        _INPUT("Int"),
    ),
    *(
        _case(
            "ENUM_VALUE_REMOVED",
            BREAKING,
            "E.B",
            f"enum E {{ A B {mark} }} type Query {{ a: E }}",
            "enum E { A } type Query { a: E }",
            f"enum_value_removed_{bool(mark)}",
        )
        for mark in ("", _DEPRECATED)
    ),
    _case(
        "ENUM_VALUE_ADDED",
        DANGEROUS,
        "E.B",
        "enum E { A } type Query { a: E }",
        "enum E { A B } type Query { a: E }",
    ),
    _case(
        "ENUM_VALUE_DEPRECATION_REASON_ADDED",
        NON_BREAKING,
        "E.B.@deprecated",
        "enum E { A B } type Query { a: E }",
        f"enum E {{ A B {_DEPRECATED} }} type Query {{ a: E }}",
    ),
    _case(
        "ENUM_VALUE_DEPRECATION_REASON_REMOVED",
        NON_BREAKING,
        "E.B",
        f"enum E {{ A B {_DEPRECATED} }} type Query {{ a: E }}",
        "enum E { A B } type Query { a: E }",
    ),
    _case(
        "ENUM_VALUE_DEPRECATION_REASON_CHANGED",
        NON_BREAKING,
        "E.B.@deprecated",
        f"enum E {{ A B {_DEPRECATED} }} type Query {{ a: E }}",
        f"enum E {{ A B {_OTHER_REASON} }} type Query {{ a: E }}",
    ),
    _case("UNION_MEMBER_REMOVED", BREAKING, "U", _UNION("A | B"), _UNION("A")),
    _case("UNION_MEMBER_ADDED", DANGEROUS, "U", _UNION("A"), _UNION("A | B")),
    _case(
        "OBJECT_TYPE_INTERFACE_REMOVED", BREAKING, "A", _INTERFACE("implements N"), _INTERFACE("")
    ),
    _case(
        "OBJECT_TYPE_INTERFACE_ADDED", DANGEROUS, "A", _INTERFACE(""), _INTERFACE("implements N")
    ),
    _case("SCHEMA_QUERY_TYPE_CHANGED", BREAKING, "", _ROOT("P"), _ROOT("Q")),
    _case(
        "SCHEMA_MUTATION_TYPE_CHANGED",
        NON_BREAKING,
        "",
        _MUTATION,
        f"schema {{ query: Query mutation: M }} {_MUTATION}",
        "mutation_type_added",
    ),
    _case(
        "SCHEMA_SUBSCRIPTION_TYPE_CHANGED",
        BREAKING,
        "",
        f"schema {{ query: Query subscription: M }} {_MUTATION}",
        _MUTATION,
        "subscription_type_removed",
    ),
    _case("DIRECTIVE_REMOVED", BREAKING, "@d", _DIRECTIVE(""), _FIELD("Int")),
    _case("DIRECTIVE_ADDED", NON_BREAKING, "@d", _FIELD("Int"), _DIRECTIVE("(x: Int!)")),
    _case(
        "DIRECTIVE_LOCATION_REMOVED",
        BREAKING,
        "@d",
        _DIRECTIVE("").replace("FIELD", "FIELD | QUERY"),
        _DIRECTIVE(""),
    ),
    _case(
        "DIRECTIVE_LOCATION_ADDED",
        NON_BREAKING,
        "@d",
        _DIRECTIVE(""),
        _DIRECTIVE("").replace("FIELD", "FIELD | QUERY"),
    ),
    _case(
        "DIRECTIVE_REPEATABLE_REMOVED",
        DANGEROUS,
        "@d",
        _DIRECTIVE(" repeatable"),
        _DIRECTIVE(""),
    ),
    _case(
        "DIRECTIVE_REPEATABLE_ADDED",
        NON_BREAKING,
        "@d",
        _DIRECTIVE(""),
        _DIRECTIVE(" repeatable"),
    ),
    _case("DIRECTIVE_ARGUMENT_REMOVED", BREAKING, "@d.x", _DIRECTIVE("(x: Int)"), _DIRECTIVE("")),
    *(
        _case(
            "DIRECTIVE_ARGUMENT_ADDED",
            criticality,
            "@d.x",
            _DIRECTIVE(""),
            _DIRECTIVE(f"(x: {type_})"),
            f"directive_argument_added_{type_}",
        )
        for type_, criticality in (
            ("Int!", BREAKING),
            ("Int", NON_BREAKING),
            ("Int = 1", NON_BREAKING),
        )
    ),
    _case(
        "DIRECTIVE_ARGUMENT_TYPE_CHANGED",
        NON_BREAKING,
        "@d.x",
        _DIRECTIVE("(x: Int!)"),
        _DIRECTIVE("(x: Int)"),
    ),
    _case(
        "DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED",
        DANGEROUS,
        "@d.x",
        _DIRECTIVE("(x: Int = 1)"),
        _DIRECTIVE("(x: Int = 2)"),
    ),
    Case(
        "worst_first",
        "enum E { A } type Query { a: E b: Int }",
        "enum E { A B } type Query { a: E c: Int }",
        (
            ("FIELD_REMOVED", BREAKING, "Query.b"),
            ("ENUM_VALUE_ADDED", DANGEROUS, "E.B"),
            ("FIELD_ADDED", NON_BREAKING, "Query.c"),
        ),
    ),
    Case(
        "an_interface_and_its_types",
        "interface N { a: Int b: Int } type A implements N { a: Int b: Int } type Query { n: N }",
        "interface N { a: Int } type A implements N { a: Int } type Query { n: N }",
        (("FIELD_REMOVED", BREAKING, "A.b"), ("FIELD_REMOVED", BREAKING, "N.b")),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_each_kind_of_change_has_its_name_criticality_and_path(case: Case) -> None:
    changes = compare_schemas(build_schema(case.before), build_schema(case.after))
    assert [(each.name, each.criticality, each.path) for each in changes] == [*case.expected]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            f"type Query {{ a: Int b: Int {_DEPRECATED} }}",
            _FIELD("Int"),
            "Field 'b' (deprecated) was removed from object type 'Query'",
        ),
        (_FIELD("Int!"), _FIELD("Int"), "Field 'Query.a' changed type from 'Int!' to 'Int'"),
        (_FIELD("Int"), _FIELD(f"Int {_DEPRECATED}"), "Field 'Query.a' is deprecated: use b"),
        (
            _INPUT("Int"),
            _INPUT("Int y: Int!"),
            "Input field 'y' of 'I' of type 'Int!' was added",
        ),
        (
            "enum E { A B } type Query { a(x: [E] = [A]): Int }",
            "enum E { A B } type Query { a(x: [E] = [B]): Int }",
            "Argument 'x' of field 'Query.a' changed its default value from [A] to [B]",
        ),
    ],
)
def test_a_message_names_what_changed(before: str, after: str, message: str) -> None:
    changes = compare_schemas(build_schema(before), build_schema(after))
    assert [each.message for each in changes] == [message]


def test_a_schema_does_not_differ_from_itself(
    schema: GraphQLSchema, management_schema: GraphQLSchema
) -> None:
    for each in (schema, management_schema):
        assert compare_schemas(each, each) == []
        # As when one of them was read from a file.
        assert compare_schemas(each, build_schema(print_schema(each))) == []
