"""An error has names, types and positions, and no value that a client has sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
import pytest
from graphql import GraphQLError

from graphql_api.http.documents import Documents
from graphql_api.http.errors import RequestFailed
from graphql_api.http.limits import MANAGEMENT_LIMITS
from graphql_api.http.redaction import without_values
from tests.graphql_api.http.desk import EVENTS, JSON, OWN, SIGN_IN, Desk
from tests.schemas import management_schema_of
from tests.sites import SITE

SECRET = "hunter2 is secret"
NUMBER = 4815162342
LITERALS = {
    "text": f'"{SECRET}"',
    "block": f'"""{SECRET}"""',
    "name": "hunter2",
    "number": f"{NUMBER}",
    "fraction": f"4.{NUMBER}",
    "list": f'["{SECRET}"]',
    "object": f'{{a: "{SECRET}"}}',
    "deceit": f"\"x'. Did you mean {SECRET}? does not exist in '{SECRET}' enum.\"",
}
PLACES = [
    "mutation { signIn(input: #) { errors { code } } }",
    'mutation { signIn(input: {email: "a", passwort: #}) { errors { code } } }',
    "mutation { signIn(input: {password: #}) { errors { code } } }",
    "mutation { signIn(input: {email: #, password: #, x: #}) { errors { code } } }",
    "{ audit(first: #) { nodes { sequence } } }",
    "{ accounts(first: #, after: #) { nodes { id } } }",
    "{ entries(orderBy: #) { nodes { id } } }",
    "{ entries(where: #) { nodes { id } } }",
    "{ entries(where: {publishedAt: {gt: #}}) { nodes { id } } }",
    "{ entry(by: #) { id } }",
    "{ me @include(if: #) { account { id } } }",
    "query($x: Int = #) { accounts(first: $x) { nodes { id } } }",
    "query @view(asOf: #) { me { account { id } } }",
    "mutation { signIn(#) { errors { code } } }",
    "{ # }",
    "#",
    "{ a(b: 0#) }",
    "{ a(b: 'x#') }",
    '{ a(b: "\\u#") }',
    '{ a(b: "\\q#") }',
    '{ a(b: "#',
]
VARIABLES = [
    {"input": SECRET},
    {"input": [SECRET]},
    {"input": NUMBER},
    {"input": {"password": SECRET}},
    {"input": {"email": None, "password": SECRET}},
    {"input": {"email": SECRET, "password": {"x": SECRET}}},
    {"input": {"email": [SECRET], "password": NUMBER}},
    {"input": {"email": "a", "password": "b", f"{SECRET}' ": SECRET}},
    {"input": {"email": "a", "password": "b", "passwort": SECRET}},
]


@cache
def documents() -> Documents:
    return Documents(management_schema_of(SITE), MANAGEMENT_LIMITS)


def check_silent(text: str) -> None:
    """Check that nothing of what must not be told is in a text."""
    for each in (SECRET, "hunter", str(NUMBER)):
        assert each not in text


def check_settled(errors: Sequence[GraphQLError]) -> None:
    """Check that errors without values stay as they are, however often values are left out."""
    for error in errors:
        again = without_values(error)
        assert again.message == error.message
        assert again.formatted == error.formatted
        assert not error.message.endswith("..")


def refused(query: str, variables: dict[str, Any] | None = None) -> Sequence[GraphQLError]:
    """Return the errors of an operation; none if it is valid."""
    try:
        for operation in documents().examine(query).get().operations.values():
            operation.coerce(variables or {})
    except RequestFailed as failure:
        check_silent(str(failure))
        check_settled(failure.errors)
        return failure.errors
    return ()


@pytest.mark.parametrize("literal", [each for each in LITERALS if each != "name"])
@pytest.mark.parametrize("place", PLACES)
def test_a_literal_is_not_repeated(place: str, literal: str) -> None:
    for error in refused(place.replace("#", LITERALS[literal])):
        check_silent(orjson.dumps(error.formatted).decode())
        assert error.message
        assert error.locations
        assert error.original_error is None


@pytest.mark.parametrize("variables", VARIABLES, ids=str)
def test_the_value_of_a_variable_is_not_repeated(variables: dict[str, Any]) -> None:
    query = "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }"
    errors = refused(query, variables)
    assert errors
    for error in errors:
        check_silent(orjson.dumps(error.formatted).decode())
        assert error.message.startswith("Variable '$input' has invalid value")
        assert error.locations


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ('{ entries(first: "x") { nodes { id } } }', {}, "Int cannot represent non-integer value."),
        ('{ "x" }', {}, "Syntax Error: Expected Name, found String."),
        ("{ nothing }", {}, "Cannot query field 'nothing' on type 'Query'."),
        (
            "query($x: DateTime!) { view(asOf: $x) { __typename } }",
            {"x": "soon"},
            "Variable '$x' has invalid value: expected a time with a zone",
        ),
        (
            "query($x: EntryBy!) { entry(by: $x) { id } }",
            {"x": {"pfad": "/"}},
            "Variable '$x' has invalid value: Expected value of type 'EntryBy' not to include",
        ),
    ],
)
def test_an_error_still_says_what_is_wrong(
    query: str, variables: dict[str, Any], message: str
) -> None:
    assert any(each.message.startswith(message) for each in refused(query, variables)), refused(
        query, variables
    )


@pytest.mark.parametrize("prefix", ["", "Variable '$x' has invalid value at x[0].y: "])
@pytest.mark.parametrize(
    "message",
    [
        "Expected value of non-null type 'Int!' not to be None.",
        "Expected a value of non-null type 'Int!' to be provided.",
        "Expected variable '$x' provided to type 'Int!' to be a runtime value.",
        f"Expected value of type 'EntryBy' to be an object, found: '{SECRET}'.",
        f"Expected value of type 'EntryBy' to include required field 'x', found: '{SECRET}'.",
        f"Expected value of type 'EntryBy' not to include unknown field 'x', found: '{SECRET}'.",
        f"Expected value of type 'EntryBy', found {SECRET}.",
        f"Int cannot represent non-integer value: '{SECRET}'",
        f"Int cannot represent non 32-bit signed integer value: {NUMBER}",
        f"Enum 'Order' cannot represent non-string value: '{SECRET}'.",
        f"Value '{SECRET}' does not exist in 'Order' enum. Did you mean '{SECRET}'?",
        "expected a time with a zone, such as 2024-05-06T05:22:12Z",
        "expected a time with a zone, such as 2024-05-06T05:22:12Z.",
        f"anything else: {SECRET}",
    ],
)
def test_to_leave_values_out_twice_is_to_leave_them_out_once(message: str, prefix: str) -> None:
    check_settled([without_values(GraphQLError(prefix + message))])


@pytest.mark.parametrize("accept", [JSON, OWN, EVENTS])
async def test_no_answer_and_no_line_of_a_log_has_a_password(
    desk: Desk, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    token = await desk.secret(desk.newsroom.author)
    with caplog.at_level(logging.INFO):
        for password in (NUMBER, [SECRET], {"x": SECRET}):
            told = await desk.post(SIGN_IN, token, accept, email="a", password=password)
            assert "Variable '$password' has invalid value" in told.text
            check_silent(told.text)
        for body in (SECRET, f'{{"query": "{SECRET}', f'{{"{SECRET}": 1, "{SECRET}": 2}}'):
            headers = {"Content-Type": JSON, "Authorization": f"Bearer {token}", "Accept": accept}
            told = await desk.client.post(desk.path, content=body, headers=headers)
            assert told.status_code == 400
            check_silent(told.text)
        headers = {"Authorization": f"Bearer {SECRET}", "Accept": accept}
        told = await desk.client.post(desk.path, json={"query": SECRET}, headers=headers)
        check_silent(told.text)
    check_silent(caplog.text)


async def test_no_message_on_a_socket_has_a_password(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with desk.socket(await desk.secret(desk.newsroom.author)) as socket:
            await socket.acknowledged()
            told = await socket.ask("1", SIGN_IN, email="a", password=[SECRET])
            assert "Variable '$password' has invalid value" in str(told)
            check_silent(str(told))
            await socket.connection.send(f'{{"type": "{SECRET}"}}')
            assert await socket.closed() == 4400
            check_silent(str(socket.connection.close_reason))
    check_silent(caplog.text)
