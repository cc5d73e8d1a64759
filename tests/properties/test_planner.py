"""The planner answers every query as graphql-core does with plain resolvers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from graphql import parse, validate
from hypothesis import assume, given
from hypothesis import strategies as st

from cms.database import Database
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import Delivery
from graphql_api.schema.build import build_delivery_schema
from tests.conftest import KINDS, Templates
from tests.properties.content import NO_LIMITS, fill, pools
from tests.properties.queries import Query, queries
from tests.reference import Reference
from tests.sites import SITE


@dataclass
class Both:
    """The same data, twice answered."""

    runner: asyncio.Runner
    delivery: Delivery
    reference: Reference

    def planned(self, query: Query) -> Any:
        """Return what the planner answers."""
        request = GraphQLRequest(query.source, None, query.variables)
        return orjson.loads(self.runner.run(self.delivery.answer(request)))


@pytest.fixture(scope="module", params=KINDS)
def both(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Both]:
    """A database with content of every kind, and the reference over the same rows."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = Database(url, signing_key=templates.signing_key)
        runner.run(fill(database))
        delivery = Delivery(SITE, build_delivery_schema(SITE), database.reader, NO_LIMITS)
        yield Both(runner, delivery, runner.run(Reference.load(database, SITE)))
        runner.run(database.close())
        runner.run(templates.drop(url))


@given(data=st.data())
def test_the_planner_answers_as_graphql_core_does(both: Both, data: st.DataObject) -> None:
    query = data.draw(queries(both.reference.schema, pools(both.reference)))
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
