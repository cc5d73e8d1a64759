"""A value that no scalar can be is refused in words that say what is expected."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError

from cms.clock import parse_day
from graphql_api.schema.declaring.scalars import CONFIG, Date, DateTime, Decimal
from tests.graphql_api.conftest import Api

TIMES: list[Any] = [
    *("", "x", "tomorrow", "2026-11-24", "2026-11-24T18:00:00", "2026-02-30T00:00:00Z"),
    *("2026-11-24T25:00:00Z", "0001-01-01T00:00:00+14:00", "2026-11-24T05:22:12+99:00"),
    *(5, 1.5, True, [], {}),
]
NUMBERS: list[Any] = [
    *("", "x", "1,5", "1e3", "+1", ".5", "1.", " 1", "1_000", "NaN", "Infinity", "\u0661"),
    *("9" * 41, "0." + "9" * 41, "9" * 1_000_000, 1.5, 1, True, [], {}),
]
DAYS: list[Any] = [
    *("", "x", "2023-02-29", "2026-13-01", "20261124", "2026-W01-1", "2026-W01-10"),
    *("2026-11-24T18:00:00Z", " 2026-11-24", "2026-1-1", "0000-01-01", 5, True, [], {}),
]


@pytest.mark.parametrize("value", TIMES, ids=repr)
def test_no_other_value_is_a_time(value: Any) -> None:
    with pytest.raises(GraphQLError, match=r"^expected a time with a zone, such as [-:\dTZ]+$"):
        CONFIG.scalar_map[DateTime].parse_value(value)  # type: ignore[misc]  # ours can parse


@pytest.mark.parametrize("value", DAYS, ids=repr)
def test_no_other_value_is_a_day(value: Any) -> None:
    assert parse_day(value) is None
    with pytest.raises(GraphQLError, match=r"^expected a calendar day, such as 2026-11-24$"):
        CONFIG.scalar_map[Date].parse_value(value)  # type: ignore[misc]  # ours can parse


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: repr(value)[:20])
def test_no_other_value_is_a_decimal(value: Any) -> None:
    message = r'^expected a decimal number as text, such as "19\.90"$'
    with pytest.raises(GraphQLError, match=message):
        CONFIG.scalar_map[Decimal].parse_value(value)  # type: ignore[misc]  # ours can parse


@pytest.mark.parametrize(
    ("type_", "name", "value", "words"),
    [
        ("DateTime", "updatedAt", "tomorrow", "expected a time with a zone"),
        ("DateTime", "updatedAt", 777, "expected a time with a zone"),
        ("Date", "issuedOn", "2023-02-29", "expected a calendar day"),
        ("Date", "issuedOn", 777, "expected a calendar day"),
    ],
)
async def test_a_filter_says_what_is_expected(
    api: Api, type_: str, name: str, value: Any, words: str
) -> None:
    variable = f"query($x: {type_}) {{ articles(where: {{{name}: {{eq: $x}}}}) {{ totalCount }} }}"
    literal = f'"{value}"' if isinstance(value, str) else value
    written = f"{{ articles(where: {{{name}: {{eq: {literal}}}}}) {{ totalCount }} }}"
    for query, variables in ((variable, {"x": value}), (written, {})):
        (error,) = await api.refused(query, variables)
        assert words in error.message
        assert str(value) not in error.message
