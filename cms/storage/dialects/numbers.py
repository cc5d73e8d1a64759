"""Sums, averages and text of numbers, equal on both databases.

Numbers are summed exactly, as the decimals that JSON has, so that the result depends neither on
the order of the rows nor on the size of partial sums. PostgreSQL has such a type; on SQLite the
functions are registered with each connection.
"""

from __future__ import annotations

import sys
from decimal import Context, Decimal
from typing import Protocol

import rfc8785
from sqlalchemy import Float, Text

from cms.storage.dialects.dialect_function import DialectFunction

# Digits enough for the exact sum of the largest and the smallest double.
_EXACT = Context(prec=800)
_ROUNDED = Context(prec=40)
_LARGEST = Decimal(repr(sys.float_info.max))
# Smaller doubles without a fraction are exactly the numbers that they are written as.
_WHOLE = 2**53
_SMALLEST = Decimal(repr(sys.float_info.min))


class DecimalSum(DialectFunction):
    """The aggregate of the exact sum of numbers, which can exceed the largest double."""

    type = Float()
    sqlite = "copydesk_sum({0})"
    postgresql = "sum(({0})::text::numeric)"


class DecimalMean(DialectFunction):
    """The aggregate of the average of numbers."""

    type = Float()
    sqlite = "copydesk_mean({0})"
    postgresql = "avg(({0})::text::numeric)"


class JustNumber(DialectFunction):
    """A JSON scalar if it is a number; null if the field once had a type with text values."""

    type = Text()
    sqlite = "(case when typeof({0}) in ('integer', 'real') then {0} end)"
    postgresql = "{0}"


class NumberText(DialectFunction):
    """A number in the form of canonical JSON (RFC 8785), compared by code points."""

    type = Text()
    sqlite = "copydesk_number({0})"
    postgresql = """((case
        when abs({0}) >= 1e21 or (abs({0}) < 1e-6 and {0} <> 0)
        then replace(({0})::float8::text, 'e-0', 'e-')
        else ({0})::float8::text::numeric::text
    end) collate "C")"""


class SqliteConnection(Protocol):
    """A connection to SQLite with which functions can be registered."""

    def create_function(
        self, name: str, narg: int, func: object, /, *, deterministic: bool = ...
    ) -> None:
        """Register a function."""

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: type, /) -> None:
        """Register an aggregate."""


def register_number_functions(connection: SqliteConnection) -> None:
    """Register the number functions with a connection to SQLite."""
    connection.create_function("copydesk_number", 1, _number_text, deterministic=True)
    connection.create_aggregate("copydesk_sum", 1, _Sum)
    connection.create_aggregate("copydesk_mean", 1, _Mean)


def _number_text(number: float | None) -> str | None:
    return None if number is None else rfc8785.dumps(float(number)).decode()


class _Sum:
    """An aggregate of the exact sum; infinity if it exceeds the largest double."""

    def __init__(self) -> None:
        self.rest, self.whole = Decimal(0), 0
        self.count = 0

    def step(self, number: float | None) -> None:
        """Add a number; null is ignored."""
        if number is None:
            return
        self.count += 1
        if abs(number) < _WHOLE and number == (whole := int(number)):
            self.whole += whole  # which takes a fifth of the time
        else:
            self.rest = _EXACT.add(self.rest, Decimal(repr(number)))

    @property
    def total(self) -> Decimal:
        """The sum."""
        return _EXACT.add(self.rest, Decimal(self.whole))

    def finalize(self) -> float | None:
        """Return the sum; null without numbers."""
        return _double(self.total) if self.count else None


class _Mean(_Sum):
    def finalize(self) -> float | None:
        """Return the average; null without numbers."""
        return _double(_ROUNDED.divide(self.total, Decimal(self.count))) if self.count else None


def _double(number: Decimal) -> float:
    # PostgreSQL rejects numbers below the smallest normal double, so both databases return 0.
    if abs(number) < _SMALLEST:
        return 0.0
    return float(number) if abs(number) <= _LARGEST else float("inf")
