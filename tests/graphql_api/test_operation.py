"""What the read path returns beside the response."""

from __future__ import annotations

import orjson
import pytest

from graphql_api.delivery import READER
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.timings import Timings
from tests.builders import Newsroom
from tests.graphql_api.conftest import Api, Desk

TITLES = "{ articles { nodes { title } } }"
STEPS = {"document", "plan", "statement", "response"}


async def test_a_result_has_the_cost_that_its_response_can_name(api: Api) -> None:
    request = GraphQLRequest(TITLES, wants_cost=True)
    result = await api.delivery.answer(request)
    assert result.cost > 0
    assert orjson.loads(result.body)["extensions"]["cost"]["cost"] == result.cost
    assert (await api.read(TITLES)).cost == result.cost
    larger = await api.read("{ articles(first: 100) { nodes { title } } }")
    assert larger.cost > result.cost


async def test_a_result_has_the_time_of_each_step(api: Api) -> None:
    first = await api.read(TITLES)
    again = await api.read(TITLES)
    assert set(first.timings) == set(again.timings) == STEPS
    assert min(first.timings.values()) > 0
    # The document and the plan are kept.
    assert again.timings["document"] < first.timings["document"]
    assert again.timings["plan"] < first.timings["plan"]


async def test_the_time_is_noted_where_the_caller_says(api: Api) -> None:
    timings, failing = Timings(), Timings()
    result = await api.delivery.answer(GraphQLRequest(TITLES), READER, timings)
    assert result.timings is timings
    with pytest.raises(RequestFailed):
        await api.delivery.answer(GraphQLRequest("{ nothing }"), READER, failing)
    assert set(failing) == {"document"}


async def test_steps_that_are_done_for_each_field_are_summed_up(
    desk: Desk, newsroom: Newsroom
) -> None:
    create = (
        'createAccount(input: {{email: "{}@example.org"}}) '
        "{{ errors {{ code }} account {{ email }} }}"
    )
    query = f"mutation {{ a: {create.format('A')} b: {create.format('B')} }}"
    request = GraphQLRequest(query)
    result = await desk.management.answer(request, newsroom.administrator, "192.0.2.1")
    assert orjson.loads(result.body)["data"]["b"]["errors"] == []
    assert set(result.timings) == STEPS | {"command"}
    assert len(desk.reader.statements) == 2


async def test_a_result_has_the_position_where_the_query_asks_for_it(api: Api) -> None:
    first = await api.data("{ position }")
    assert (await api.read("{ position }")).position == first["position"]
    await api.newsroom.published(title="First", slug="first")
    before = await api.read(f"{{ at: position {TITLES[1:]}")
    await api.newsroom.published(title="Second", slug="second")
    after = await api.read(f"{{ at: position {TITLES[1:]}")
    assert len(api.reader.statements) == 4
    for result in (before, after):
        assert result.position == orjson.loads(result.body)["data"]["at"]
    assert [before.position, after.position] == [await api.at(1), await api.at(2)]


async def test_a_position_is_that_of_the_snapshot_and_not_of_a_view(api: Api) -> None:
    await api.newsroom.published(title="First", slug="first")
    assert (await api.read("{ position }")).position is not None
    assert (await api.read(TITLES)).position is None
    past = await api.read('query @view(position: "0") { position }')
    assert orjson.loads(past.body) == {"data": {"position": "0"}}
    assert past.position is None
    assert (await api.read('{ other: view(position: "0") { position } }')).position is None
