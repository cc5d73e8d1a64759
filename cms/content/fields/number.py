"""Numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, name_of
from cms.errors import InvalidValue

# GraphQL's Int has 32 bits.
_SMALLEST_INTEGER, _LARGEST_INTEGER = -(2**31), 2**31 - 1
_LARGEST_EXACT = 2**53 - 1  # among the numbers of JSON that are whole


@dataclass(eq=False, kw_only=True)
class Number(Scalar):
    """A finite number, whole or not.

    Attributes:
        unit: what it counts, for the schema: ``"GB"``.
        least: the smallest value allowed.
        most: the largest value allowed.
    """

    unit: str = ""
    least: float | None = None
    most: float | None = None

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check the type and the range, and write what is whole without a fraction."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            message = f"expected a number, not {name_of(value)}"
            problems.append(InvalidValue(message=message, path=path))
            return None
        if reason := self._wrong_with(value):
            problems.append(InvalidValue(message=f"expected {reason}", path=path))
            return None
        # One number is written in one way.
        return int(value) if value == int(value) and abs(value) <= _LARGEST_EXACT else value

    def _wrong_with(self, value: float) -> str:
        if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
            return "a whole number below 2\u2075\u00b3, all of whose digits JSON keeps"
        if not math.isfinite(value):
            return "a finite number"
        if self.least is not None and value < self.least:
            return f"at least {self.least}"
        if self.most is not None and value > self.most:
            return f"at most {self.most}"
        return ""


@dataclass(eq=False, kw_only=True)
class Integer(Number):
    """A whole number of at most 32 bits."""

    def _wrong_with(self, value: float) -> str:
        if not _SMALLEST_INTEGER <= value <= _LARGEST_INTEGER or value != int(value):
            return f"a whole number from {_SMALLEST_INTEGER} to {_LARGEST_INTEGER}"
        return super()._wrong_with(value)
