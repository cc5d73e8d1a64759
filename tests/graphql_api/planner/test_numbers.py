"""Numbers are added up, counted and written alike by both databases."""

from __future__ import annotations

from collections.abc import Sequence
from types import new_class
from typing import Any

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Integer, List, Markdown, Number, Text
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.site import Site
from tests.builders import Newsroom
from tests.graphql_api.conftest import Api, api_of

HUGE = 1.7e308


class Thing(ContentType):
    """Has numbers of any size."""

    body = Markdown()
    size = Number()
    count = Integer()
    sizes = List(of=Number())
    words = List(of=Text())


NUMBERS = Site("Numbers", content_types=[Thing])
SUMS = "{ things { aggregate { sum { size } avg { size } min { size } max { size } } } }"


async def with_sizes(newsroom: Newsroom, sizes: Sequence[float | None]) -> Api:
    """Return the API over things of these sizes."""
    newsroom = newsroom.at(NUMBERS)
    heads = [
        await newsroom.draft("Thing", title=f"T{place}", slug=f"t{place}", size=size)
        for place, size in enumerate(sizes)
    ]
    await newsroom.publish(*heads)
    return api_of(NUMBERS, newsroom)


@pytest.mark.parametrize(
    ("sizes", "total"),
    [
        ([1e16, 1, -1e16], 1),
        ([0.1, 0.2, -0.3], 0),
        ([100_000.1, -100_000], 0.1),
        ([HUGE, HUGE, -HUGE], HUGE),
        ([HUGE, 1e-300, -HUGE], 1e-300),
        ([1e200, 3e200], 4e200),
        ([9_007_199_254_740_991, 1], 9_007_199_254_740_992),
        ([1, 2, None, 4.5], 7.5),
        ([1e-300, 2e-300], 3e-300),
        ([5e-324, 5e-324], 0),
    ],
)
async def test_sums_and_averages_are_exact(
    newsroom: Newsroom, sizes: list[float | None], total: float
) -> None:
    found = (await (await with_sizes(newsroom, sizes)).data(SUMS))["things"]["aggregate"]
    mean = total / sum(size is not None for size in sizes)
    assert found["sum"]["size"] == pytest.approx(total, rel=1e-12, abs=0)
    assert found["avg"]["size"] == pytest.approx(mean, rel=1e-12, abs=0)


async def test_a_sum_beyond_all_numbers_is_null_and_an_error_says_why(newsroom: Newsroom) -> None:
    api = await with_sizes(newsroom, [HUGE, HUGE])
    response = await api.ask(SUMS)
    assert response["data"]["things"]["aggregate"] == {
        "sum": {"size": None},
        "avg": {"size": HUGE},
        "min": {"size": HUGE},
        "max": {"size": HUGE},
    }
    (error,) = response["errors"]
    assert error["path"] == ["things", "aggregate", "sum", "size"]
    assert error["extensions"]["code"] == "OUT_OF_RANGE"
    assert "ThingSum.size is null" in error["message"]


async def test_a_sum_far_below_zero_is_beyond_all_numbers_too(newsroom: Newsroom) -> None:
    api = await with_sizes(newsroom, [-HUGE, -HUGE])
    query = "{ a: things { aggregate { s: sum { z: size } } } things { totalCount } }"
    response = await api.ask(query)
    assert response["data"] == {
        "a": {"aggregate": {"s": {"z": None}}},
        "things": {"totalCount": 2},
    }
    assert [each["path"] for each in response["errors"]] == [["a", "aggregate", "s", "z"]]


async def test_nothing_adds_up_to_nothing(newsroom: Newsroom) -> None:
    api = await with_sizes(newsroom, [None])
    nothing = {"size": None}
    assert (await api.data(SUMS))["things"]["aggregate"] == dict.fromkeys(
        ("sum", "avg", "min", "max"), nothing
    )


TEXTS: dict[float, str] = {
    1e21: "1e+21",
    1e20: "100000000000000000000",
    1.5e300: "1.5e+300",
    1e15: "1000000000000000",
    123456789012345680000.0: "123456789012345680000",
    1e-7: "1e-7",
    1.25e-9: "1.25e-9",
    2.5e-10: "2.5e-10",
    1e-300: "1e-300",
    5e-324: "5e-324",
    0.000001: "0.000001",
    0.1 + 0.2: "0.30000000000000004",
    -0.0: "0",
    4.0: "4",
    -4.25: "-4.25",
    9_007_199_254_740_991: "9007199254740991",
    -1e21: "-1e+21",
    -1e-7: "-1e-7",
}


async def counted(api: Api, field: str, first: int = 100) -> Any:
    query = f"{{ things {{ facets(fields: [{field}], first: {first}) {{ value count }} }} }}"
    return [(each["value"], each["count"]) for each in (await api.data(query))["things"]["facets"]]


async def test_numbers_are_counted_under_their_text_in_canonical_json(newsroom: Newsroom) -> None:
    api = await with_sizes(newsroom, list(TEXTS))
    expected = [(text, 1) for text in sorted(TEXTS.values())]
    assert await counted(api, "size") == expected
    assert await counted(api, "size", 5) == expected[:5]


async def test_an_item_counts_once_for_each_list_that_holds_it(newsroom: Newsroom) -> None:
    newsroom = newsroom.at(NUMBERS)
    lists: list[dict[str, Any]] = [
        {"words": ["a", "a", "b"], "sizes": [1, 1.0, 2]},
        {"words": ["b", "b", "b"], "sizes": [1e21, 1e21]},
        {"words": ["c"], "sizes": [2]},
    ]
    for place, values in enumerate(lists):
        await newsroom.published("Thing", title="T", slug=f"t{place}", count=7, **values)
    api = api_of(NUMBERS, newsroom)
    assert await counted(api, "words") == [("b", 2), ("a", 1), ("c", 1)]
    assert await counted(api, "sizes") == [("2", 2), ("1", 1), ("1e+21", 1)]
    assert await counted(api, "count") == [("7", 3)]


async def test_what_a_field_held_before_it_was_a_number_counts_as_nothing(
    newsroom: Newsroom,
) -> None:
    before = new_class("Thing", (ContentType,), {}, lambda body: body.update(size=Text()))
    newsroom = newsroom.at(Site("Before", content_types=[before]))
    async with newsroom.as_(newsroom.author) as work:
        draft = Draft(title="T", slug="t", fields={"size": "large"})
        created = await create_entry(work, "Thing", draft)
    await newsroom.publish(created.revision)
    api = api_of(NUMBERS, newsroom)
    assert await counted(api, "size") == []
    assert (await api.data(SUMS))["things"]["aggregate"]["sum"] == {"size": None}
