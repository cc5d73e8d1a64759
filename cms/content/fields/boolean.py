"""Yes or no."""

from __future__ import annotations

from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, name_of
from cms.errors import InvalidValue


@dataclass(eq=False, kw_only=True)
class Boolean(Scalar):
    """True, false, or not yet said."""

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check the type."""
        if value is None or isinstance(value, bool):
            return value
        message = f"expected true or false, not {name_of(value)}"
        problems.append(InvalidValue(message=message, path=path))
        return None
