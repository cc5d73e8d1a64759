"""The planner answers every query as graphql-core does with plain resolvers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graphql_api.http.errors import RequestFailed
from tests.depth import EXAMPLES
from tests.properties.conftest import Both
from tests.properties.content import pools
from tests.properties.queries import Query, queries


@given(data=st.data())
def test_the_planner_answers_as_graphql_core_does(both: Both, data: st.DataObject) -> None:
    check(both, data.draw(queries(both.reference.schema, pools(both.reference))))


@settings(max_examples=EXAMPLES // 2)
@given(data=st.data())
def test_links_of_a_site_are_what_graphql_core_finds(both: Both, data: st.DataObject) -> None:
    only = frozenset({"links", "view"})
    check(both, data.draw(queries(both.reference.schema, pools(both.reference), only=only)))


def check(both: Both, query: Query) -> None:
    """Check that both answer a query alike."""
    assume(not validate(both.reference.schema, parse(query.source)))
    expected = both.reference.answer(query.source, query.variables)
    if expected.errors and expected.data is None:
        with pytest.raises(RequestFailed):
            both.planned(query)
        return
    planned = both.planned(query)
    assert [error["path"] for error in planned.get("errors", [])] == [
        error.path for error in expected.errors or []
    ], expected.errors
    assert comparable(planned.get("data")) == comparable(expected.data)
    assert keys(planned.get("data")) == keys(expected.data)


def comparable(value: Any) -> Any:
    """Return an answer with JSON in texts read, since databases write it with other spaces."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str) and value.startswith("5b22"):
        return json.loads(bytes.fromhex(value))
    if isinstance(value, str) and value.startswith("[{") and "@context" in value:
        assert "<" not in value
        return json.loads(value)
    # Databases add up numbers in another order.
    return float(f"{value:.9g}") if isinstance(value, float) else value


def keys(value: Any) -> Any:
    """Return an answer's keys, in order, without what they hold."""
    if isinstance(value, dict):
        return [(key, keys(item)) for key, item in value.items()]
    return [keys(item) for item in value] if isinstance(value, list) else None
