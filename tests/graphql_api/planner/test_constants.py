"""What no variable determines is computed once."""

from __future__ import annotations

from typing import Any

import pytest

from cms.reading.site_size import SiteSize
from graphql_api.planner.arguments import Variables, constant_of
from graphql_api.planner.statement import Statement
from tests.graphql_api.conftest import Api

FIXED = '{ entries(first: 3, where: {title: {eq: "x"}}) { nodes { title } } }'
VARYING = "query($first: Int!) { entries(first: $first) { nodes { title } } }"


def refused(_: Variables) -> Any:
    raise ValueError("refused")


@pytest.mark.parametrize(
    "read",
    [
        lambda variables: variables["x"],
        lambda variables: variables.get("x"),
        lambda variables: "x" in variables,
        lambda variables: [*variables],
        len,
        refused,
    ],
)
def test_a_function_that_looks_at_variables_or_fails_is_no_constant(read: Any) -> None:
    assert constant_of(read) == (False, None)


def test_constants_are_read_once_and_the_rest_each_time() -> None:
    reads: list[str] = []

    def constant(_: Variables) -> int:
        reads.append("constant")
        return 1

    statement = Statement("", [constant, lambda variables: variables["x"], refused])
    with pytest.raises(ValueError, match="refused"):
        statement.values({"x": 2})
    statement = Statement("", [constant, lambda variables: variables["x"]])
    reads.clear()
    assert [statement.values({"x": each}) for each in (2, 3)] == [[1, 2], [1, 3]]
    assert reads == ["constant"]


async def test_the_cost_is_that_of_the_variables_and_of_the_size(api: Api) -> None:
    sizes = [SiteSize({"Article": 10}), SiteSize({"Article": 10_000})]

    async def size() -> SiteSize:
        return sizes[0]

    api.delivery._planner._site_size = size
    small = await api.read(VARYING, first=1)
    assert (await api.read(VARYING, first=9)).cost > small.cost
    fixed = (await api.read(FIXED)).cost
    assert (await api.read(FIXED)).cost == fixed
    sizes.reverse()
    assert (await api.read(FIXED)).cost > fixed
