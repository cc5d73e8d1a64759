"""A line of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, as_text
from cms.content.words import is_filled, trim
from cms.errors import MissingField


@dataclass(eq=False, kw_only=True)
class Text(Scalar):
    """Plain text without markup.

    Attributes:
        longest: the most characters it may have.
    """

    longest: int = 2_000

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Strip white space at both ends."""
        return trim(as_text(value, path, problems, self.at_most(self.longest))) or None

    def missing(self, value: Json, path: ValuePath) -> Iterator[MissingField]:
        """Yield that readers would see nothing of a required text."""
        if self.required and not (isinstance(value, str) and is_filled(value)):
            yield MissingField(message=f"{self.label} is required", path=path)

    def texts(self, value: Json) -> Iterator[str]:
        """Yield the text."""
        if isinstance(value, str):
            yield value
