"""Colours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, expected
from cms.errors import InvalidValue

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(eq=False, kw_only=True)
class Colour(Scalar):
    """A colour of the screen, stored as ``#rrggbb`` in lower case."""

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check the form."""
        if value is None or value == "":
            return None
        if isinstance(value, str) and _COLOUR.fullmatch(value):
            return value.lower()
        message = expected("a colour in the form #rrggbb", value)
        problems.append(InvalidValue(message=message, path=path))
        return None
