"""Decimals are compared, sorted, counted and summed up exactly, alike by both databases."""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Decimal, Field, Integer, List, Markdown, Number, Text
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.errors import Refused
from cms.site import Site
from tests.builders import Newsroom
from tests.graphql_api.conftest import Api, api_of

PLACES = (0, 1, 2, 15)
# What Python's numbers say of each operator.
OPERATORS: Mapping[str, Callable[[decimal.Decimal, decimal.Decimal], bool]] = {
    "eq": lambda value, other: value == other,
    "ne": lambda value, other: value != other,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
}
AGGREGATES = "aggregate { sum { price } avg { price } min { price } max { price } }"


def site_with(**fields: Field) -> Site:
    """Return a site with items that have these fields."""
    item = type("Item", (ContentType,), {"body": Markdown(), **fields})
    return Site("Shop", content_types=[item])


async def items(newsroom: Newsroom, prices: Sequence[str | None]) -> None:
    """Publish an item for each price; the titles are their numbers."""
    heads = [
        await newsroom.draft("Item", title=f"{place:03}", slug=f"i{place}", price=price)
        for place, price in enumerate(prices)
    ]
    await newsroom.publish(*heads)


async def shop(newsroom: Newsroom, site: Site, prices: Sequence[str | None]) -> Api:
    """Return the API over items with these prices."""
    newsroom = newsroom.at(site)
    await items(newsroom, prices)
    return api_of(site, newsroom)


def random_price(lot: Random, places: int, *, more: int = 0) -> str:
    """Return a decimal of at most 16 digits, perhaps with more places than a field has."""
    digits = lot.choice((1, 2, 3, 16))
    units = lot.randrange(-(10**digits) + 1, 10**digits)
    number = decimal.Decimal(units).scaleb(-places)
    if more and lot.random() < 0.5:
        number += decimal.Decimal(lot.choice((-1, 1))).scaleb(-places - more)
    return f"{number:f}"


@pytest.mark.parametrize("places", PLACES)
async def test_filters_orders_counts_and_sums_are_those_of_exact_arithmetic(
    newsroom: Newsroom, places: int
) -> None:
    lot = Random(places)  # noqa: S311  # chance, and no secret
    site = site_with(price=Decimal(digits=16, places=places))
    prices = [random_price(lot, places) for _ in range(30)] + ["0", "-0"]
    api = await shop(newsroom, site, prices)
    numbers = [decimal.Decimal(each) for each in prices]
    for operator, holds in OPERATORS.items():
        operands = [random_price(lot, places, more=3) for _ in range(10)]
        for other in (*operands, *prices[:3], "9" * 40, "-" + "9" * 40):
            asked = "query($x: Decimal!) { items(where: {price: {%s: $x}}) { totalCount } }"
            found = await data(api, asked % operator, other)
            expected = sum(holds(each, decimal.Decimal(other)) for each in numbers)
            assert found["items"]["totalCount"] == expected, (operator, other)
    some = [prices[0], prices[1], random_price(lot, places, more=1)]
    asked = "query($x: [Decimal!]!) { items(where: {price: {in: $x}}) { totalCount } }"
    among = {decimal.Decimal(each) for each in some}
    found = await data(api, asked, some)
    assert found["items"]["totalCount"] == sum(each in among for each in numbers)

    last = decimal.Decimal(1).scaleb(-places)

    def text(number: decimal.Decimal) -> str:
        with decimal.localcontext(prec=60):
            return f"{number.quantize(last) + 0:f}"

    for direction, reverse in (("ASC", False), ("DESC", True)):
        assert await in_order(api, direction) == [
            text(each) for each in sorted(numbers, reverse=reverse)
        ]
    asked = f"{{ items {{ {AGGREGATES} facets(fields: [price], first: 100) {{ value count }} }} }}"
    found = (await api.data(asked))["items"]
    counted = Counter(text(each) for each in numbers)
    assert [(each["value"], each["count"]) for each in found["facets"]] == sorted(
        counted.items(), key=lambda each: (-each[1], each[0])
    )
    with decimal.localcontext(prec=60):
        total = sum(numbers, decimal.Decimal(0))
        mean = (total / len(numbers)).quantize(last, ROUND_HALF_UP)
    assert found["aggregate"] == {
        "sum": {"price": text(total)},
        "avg": {"price": text(mean)},
        "min": {"price": text(min(numbers))},
        "max": {"price": text(max(numbers))},
    }


async def data(api: Api, query: str, value: Any) -> Any:
    """Return the data of a query with the variable x."""
    response = await api.ask(query, x=value)
    assert "errors" not in response
    return response["data"]


async def in_order(api: Api, direction: str) -> list[str]:
    """Return the prices of all items in an order, read page by page."""
    asked = """query($x: String) { items(orderBy: [price_%s], first: 7, after: $x) {
      nodes { price } pageInfo { hasNextPage endCursor } } }"""
    prices: list[str] = []
    after = None
    while True:
        page = (await data(api, asked % direction, after))["items"]
        prices += [each["price"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return prices
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize(
    ("prices", "total", "mean"),
    [
        (["0.01", "0.02"], "0.03", "0.02"),
        (["-0.01", "-0.02"], "-0.03", "-0.02"),
        (["0.00", "0.01", "0.00"], "0.01", "0.00"),
        (["-0.01", "0", "0"], "-0.01", "0.00"),
        (["0.10"] * 3, "0.30", "0.10"),
        (["99999999999999.99"] * 99, "9899999999999999.01", "99999999999999.99"),
        ([None, "19.9"], "19.90", "19.90"),
        ([None], None, None),
    ],
)
async def test_sums_have_any_size_and_means_are_rounded_half_away_from_zero(
    newsroom: Newsroom, prices: Sequence[str | None], total: str | None, mean: str | None
) -> None:
    api = await shop(newsroom, site_with(price=Decimal(digits=16)), prices)
    found = (await api.data(f"{{ items {{ {AGGREGATES} }} }}"))["items"]["aggregate"]
    assert found["sum"] == {"price": total}
    assert found["avg"] == {"price": mean}


async def test_a_mean_of_many_is_rounded_once(newsroom: Newsroom) -> None:
    # A mean of 0.00499… that a quotient with few digits would take for 0.005.
    prices = ["0.01"] + ["0.00"] * 2 + ["99999999999999.99", "-99999999999999.99"]
    api = await shop(newsroom, site_with(price=Decimal(digits=16)), prices)
    found = (await api.data(f"{{ items {{ {AGGREGATES} }} }}"))["items"]["aggregate"]
    mean = Fraction(1, 100) / len(prices)
    assert mean < Fraction(1, 200)
    assert found["avg"] == {"price": "0.00"}


OTHERS: Mapping[str, tuple[Field, Any, str | None]] = {
    "fewer places": (Decimal(places=1), "19.9", "19.90"),
    "more places": (Decimal(places=3), "19.900", "19.90"),
    "no places": (Decimal(places=0), "19", "19.00"),
    "a whole number": (Integer(), 19, "19.00"),
    "a number": (Number(), -19.9, "-19.90"),
    "a text": (Text(), "19.9", "19.90"),
    "too many places": (Decimal(places=3), "19.905", None),
    "a number with too many places": (Number(), 19.905, None),
    "too many digits": (Decimal(digits=15, places=0), "999999999999999", None),
    "words": (Text(), "from 19.90", None),
    "almost a number": (Text(), "1-2.50", None),
    "zeros before it": (Text(), "007.50", None),
    "a point at the end": (Text(), "19.", None),
    "an exponent": (Text(), "1e3", None),
}


# Of a field with five places.
SMALL: Mapping[str, tuple[Field, Any, str | None]] = {
    "a small number": (Number(), 0.0001, "0.00010"),
    "a number with an exponent": (Number(), 0.00005, None),
    "a number below zero with an exponent": (Number(), -0.00005, None),
    "a small text": (Text(), "-0.00005", "-0.00005"),
    "zero": (Number(), 0, "0.00000"),
}


@pytest.mark.parametrize("name", [*OTHERS, *SMALL])
async def test_a_value_of_another_declaration_is_compared_if_it_is_such_a_number(
    newsroom: Newsroom, name: str
) -> None:
    before, stored, counted = {**OTHERS, **SMALL}[name]
    newsroom = newsroom.at(site_with(price=before, prices=List(of=before)))
    async with newsroom.as_(newsroom.author) as work:
        fields = {"price": stored, "prices": [stored]}
        created = await create_entry(work, "Item", Draft(title="T", slug="t", fields=fields))
    await newsroom.publish(created.revision)
    field = Decimal(digits=16, places=5 if name in SMALL else 2)
    assert field.canonical(stored) == counted
    api = api_of(site_with(price=field, prices=List(of=field)), newsroom)
    asked = "{ items { facets(fields: [price, prices]) { value } aggregate { sum { price } } } }"
    found = (await api.data(asked))["items"]
    assert found["facets"] == ([{"value": counted}] * 2 if counted else [])
    assert found["aggregate"]["sum"] == {"price": counted}
    for where in ("{price: {isNull: true}}", "{prices: {some: {isNull: true}}}"):
        found = await api.data(f"{{ items(where: {where}) {{ totalCount }} }}")
        assert found["items"]["totalCount"] == (0 if counted else 1), where


async def test_one_number_has_one_text_and_one_digest(newsroom: Newsroom) -> None:
    site = site_with(price=Decimal())
    newsroom = newsroom.at(site)
    digests = {
        (await newsroom.draft("Item", title="T", slug="t", price=price)).digest
        for price in ("19.9", "19.90", "19.900", 19.9)
    }
    assert len(digests) == 1
    for price in ("19.905", 19.905, "10000000000", "1e1", "019.90", "NaN"):
        with pytest.raises(Refused):
            await newsroom.draft("Item", title="T", slug="t", price=price)


async def test_a_cursor_of_another_kind_is_refused(newsroom: Newsroom) -> None:
    api = await shop(newsroom, site_with(price=Decimal()), ["1", "2"])
    asked = "{ items(orderBy: [price_ASC], first: 1) { pageInfo { endCursor } } }"
    cursor = (await api.data(asked))["items"]["pageInfo"]["endCursor"]
    written = bytes.fromhex(cursor).decode()
    assert '"1.00"' in written
    for other in ("1.00", '"one"', '"1e5"', "true"):
        bad = written.replace('"1.00"', other).encode().hex()
        asked = f'{{ items(orderBy: [price_ASC], after: "{bad}") {{ totalCount }} }}'
        (error,) = await api.refused(asked)
        assert "does not fit its order" in error.message
