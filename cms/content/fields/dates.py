"""Days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Field, Problems, ValuePath, name_of
from cms.errors import InvalidValue


@dataclass(eq=False, kw_only=True)
class Date(Field):
    """A day of the calendar, stored as ``YYYY-MM-DD``."""

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check that there is such a day."""
        if value is None:
            return None
        try:
            if isinstance(value, str) and len(value) == len("YYYY-MM-DD"):
                return dt.date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        message = f"expected a day as YYYY-MM-DD, not {name_of(value)} {value!r}"
        problems.append(InvalidValue(message=message, path=path))
        return None
