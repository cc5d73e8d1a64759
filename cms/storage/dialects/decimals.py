"""Exact decimals in SQL, alike on both databases.

A decimal is compared as a whole number of tenths of its last place. Values of a field are whole
tens of them. An operand between two values becomes the five between them, so each comparison with
it is exact, by an index too.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, Integer, Numeric, Text, literal_column
from sqlalchemy.types import TypeDecorator

from cms.storage.dialects.dialect_function import DialectFunction
from cms.storage.dialects.numbers import SqliteConnection

_EXACT = Context(prec=400)
_LARGEST = 2**63 - 1


class Scaled(TypeDecorator[Decimal]):
    """A decimal as tenths of its last place.

    Args:
        places: the number of digits after the point.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    @property
    def python_type(self) -> type[Decimal]:
        """The Python type of its values."""
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Return the tenths; the largest or smallest number for what is beyond all values."""
        del dialect
        if value is None:
            return None
        units = value.scaleb(self.places, _EXACT)
        whole = units.to_integral_value(ROUND_FLOOR, _EXACT)
        tenths = int(whole) * 10 + (5 if units != whole else 0)
        return max(-_LARGEST, min(_LARGEST, tenths))


# SQL for a scalar in the form of a JSON number, without an exponent, of which the digits before the
# point are few enough, and those after the places are zeros; any other scalar is null. PostgreSQL
# keeps no exponents, which small numbers have in other places.
_SQLITE = (
    "(case when json_valid({{0}}) and {{0}} not glob '*[^-0-9.]*' "
    "and instr({{0}} || '.', '.') <= {whole} + 2 + ({{0}} glob '-*') "
    "and rtrim(substr({{0}}, instr({{0}} || '.', '.') + 1 + {places}), '0') = '' "
    "then cast(substr({{0}}, 1, instr({{0}} || '.', '.') - 1) "
    "|| substr(substr({{0}}, instr({{0}} || '.', '.') + 1) || '{zeros}', 1, {places}) "
    "|| '0' as integer) end)"
)
_POSTGRESQL = (
    "(case when ({{0}} #>> '{{{{}}}}') ~ '^-?(0|[1-9][0-9]{{{{0,{whole}}}}})"
    "([.](?=[0-9])[0-9]{{{{0,{places}}}}}0*)?$' "
    "and not ({{0}} > '-0.0001' and {{0}} < '0.0001' and {{0}} <> '0') "
    "then (({{0}} #>> '{{{{}}}}')::numeric * {tens})::bigint end)"
)


def as_decimal(scalar: ColumnElement[Any], places: int) -> ColumnElement[Any]:
    """Return a scalar inside JSON as an exact decimal; null if it is no such number.

    Args:
        scalar: the scalar, a text or a number.
        places: the number of digits after the point, at most 15.
    """
    return _function_of_places(places)(scalar)


@cache
def _function_of_places(places: int) -> type[DialectFunction]:
    # SQLAlchemy takes the first literal in the expression of an index for its column, so the
    # numbers are in the templates.
    values = {
        "places": places,
        "zeros": "0" * places,
        "whole": 15 - places,  # digits after the first
        "tens": 10 ** (places + 1),
    }
    templates = {
        "sqlite": _SQLITE.format(**values),
        "postgresql": _POSTGRESQL.format(**values),
    }
    name = f"DecimalWith{places}Places"
    return type(name, (DialectFunction,), {**templates, "type": Scaled(places)})


class _OfPlaces(DialectFunction):
    """A function of a value, the number of places, and the value of a tenth of the last place."""

    def __init__(self, value: ColumnElement[Any], places: int) -> None:
        tenth = f"{Decimal(1).scaleb(-places - 1):f}"
        super().__init__(
            value, literal_column(str(places), Integer()), literal_column(tenth, Numeric())
        )


class DecimalText(_OfPlaces):
    """A decimal as text, with all its places; compared by code points."""

    type = Text()
    sqlite = "copydesk_decimal({0}, {1})"
    postgresql = """(round({0} * {2}, {1})::text collate "C")"""


class ExactSum(_OfPlaces):
    """The aggregate of the exact sum of decimals, as text; it can have any number of digits."""

    type = Text()
    sqlite = "copydesk_decimal_sum({0}, {1})"
    postgresql = "round(sum({0}) * {2}, {1})::text"


class ExactMean(_OfPlaces):
    """The aggregate of the mean of decimals as text, rounded to their places, half away from 0."""

    type = Text()
    sqlite = "copydesk_decimal_mean({0}, {1})"
    # Whole numbers only, since a quotient would be rounded twice.
    postgresql = (
        "round(sign(sum({0})) * div(div(abs(sum({0})), 5) + count({0}), nullif(2 * count({0}), 0)) "
        "* 10 * {2}, {1})::text"
    )


def register_decimal_functions(connection: SqliteConnection) -> None:
    """Register the decimal functions with a connection to SQLite."""
    connection.create_function("copydesk_decimal", 2, _text_of, deterministic=True)
    connection.create_aggregate("copydesk_decimal_sum", 2, _Sum)
    connection.create_aggregate("copydesk_decimal_mean", 2, _Mean)


def _text_of(tenths: int | None, places: int) -> str | None:
    if tenths is None:
        return None
    number = Decimal(tenths).scaleb(-places - 1, _EXACT)
    return f"{number.quantize(Decimal(1).scaleb(-places), context=_EXACT):f}"


class _Sum:
    """An aggregate of the exact sum."""

    def __init__(self) -> None:
        self.tenths = 0
        self.count = 0
        self.places = 0

    def step(self, tenths: int | None, places: int) -> None:
        """Add a decimal; null is ignored."""
        if tenths is not None:
            self.tenths += tenths
            self.count += 1
            self.places = places

    def finalize(self) -> str | None:
        """Return the sum; null without decimals."""
        return _text_of(self.tenths, self.places) if self.count else None


class _Mean(_Sum):
    def finalize(self) -> str | None:
        """Return the mean; null without decimals."""
        if not self.count:
            return None
        rounded = (abs(self.tenths) // 5 + self.count) // (2 * self.count) * 10
        return _text_of(-rounded if self.tenths < 0 else rounded, self.places)
