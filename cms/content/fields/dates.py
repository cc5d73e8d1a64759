"""Days."""

from __future__ import annotations

from dataclasses import dataclass

from cms import clock
from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, expected
from cms.errors import InvalidValue


@dataclass(eq=False, kw_only=True)
class Date(Scalar):
    """A day of the calendar, stored as ``YYYY-MM-DD``."""

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check that there is such a day."""
        if value is None:
            return None
        day = clock.parse_day(value)
        if day is None:
            message = expected("a date in the form YYYY-MM-DD", value)
            problems.append(InvalidValue(message=message, path=path))
            return None
        return day.isoformat()
