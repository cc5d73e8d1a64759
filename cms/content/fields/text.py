"""A line of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, as_text


@dataclass(eq=False, kw_only=True)
class Text(Scalar):
    """Plain text without markup.

    Attributes:
        longest: the most characters it may have.
    """

    longest: int = 2_000

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Strip white space at both ends."""
        return as_text(value, path, problems, self.at_most(self.longest)).strip() or None

    def texts(self, value: Json) -> Iterator[str]:
        """Yield the text."""
        if isinstance(value, str):
            yield value
