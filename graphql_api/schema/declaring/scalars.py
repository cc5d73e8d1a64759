"""The scalars ``DateTime``, ``Date``, ``Decimal``, ``JSON`` and ``SitePosition``."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.schema.config import StrawberryConfig

from cms import clock
from cms.content.fields.decimals import decimal_of
from cms.reading.positions import PositionToken, parse_position
from cms.storage.dialects import as_text

DateTime = NewType("DateTime", datetime)
Date = NewType("Date", date)
Decimal = NewType("Decimal", decimal.Decimal)
JSON = NewType("JSON", object)
SitePosition = NewType("SitePosition", str)


def _show_moment(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else as_text(moment)


# The messages of other exceptions would repeat the value in graphql-core's error.
def _parse_moment(value: object) -> datetime:
    moment = clock.parse(value)
    if moment is None:
        raise GraphQLError("expected a time with a zone, such as 2026-11-24T05:22:12Z")
    return moment


def _parse_day(value: object) -> str:
    day = clock.parse_day(value)
    if day is None:
        raise GraphQLError("expected a calendar day, such as 2026-11-24")
    return day.isoformat()


def _parse_decimal(value: object) -> decimal.Decimal:
    # A float has lost the digits that were written, and what is no text looks like one.
    number = decimal_of(value) if isinstance(value, str) else None
    if number is None:
        raise GraphQLError('expected a decimal number as text, such as "19.90"')
    return number


def _parse_position(value: object) -> PositionToken:
    token = parse_position(value) if isinstance(value, str) else None
    if token is None:
        raise GraphQLError("expected a position as the API returns it")
    return token


def _in_documents(parse: Callable[[object], object]) -> Callable[..., object]:
    """Return the parser of a value in a document, which adds the place to its errors."""

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> object:
        try:
            return parse(value_from_ast_untyped(node, variables))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parse_literal


CONFIG = StrawberryConfig(
    scalar_map={
        DateTime: strawberry.scalar(
            name="DateTime",
            description=(
                "Time to the millisecond (ISO 8601): `2026-11-24T05:22:12.123Z`. In UTC, except "
                "times that editors have written, which keep their zone."
            ),
            specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
            serialize=_show_moment,
            parse_value=_parse_moment,
            parse_literal=_in_documents(_parse_moment),
        ),
        Date: strawberry.scalar(
            name="Date",
            description="Calendar day (ISO 8601): `2026-11-24`.",
            specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
            serialize=str,
            parse_value=_parse_day,
            parse_literal=_in_documents(_parse_day),
        ),
        Decimal: strawberry.scalar(
            name="Decimal",
            description=(
                "Exact decimal number, as text: digits, with a minus sign and a point where they "
                'are needed, and no exponent: `"19.90"`.'
            ),
            serialize=str,
            parse_value=_parse_decimal,
            parse_literal=_in_documents(_parse_decimal),
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description="Any JSON value.",
            specified_by_url="https://ecma-international.org/publications-and-standards/standards/ecma-404/",
            serialize=lambda value: value,
            parse_value=lambda value: value,
        ),
        SitePosition: strawberry.scalar(
            name="SitePosition",
            description=(
                "Opaque name of a place in the order of all changes of public content. A server "
                "without it, as after restoring a backup, answers with the error code `RESYNC`."
            ),
            serialize=str,
            parse_value=_parse_position,
            parse_literal=_in_documents(_parse_position),
        ),
    }
)
