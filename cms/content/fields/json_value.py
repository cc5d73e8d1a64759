"""JSON of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.content.canonical_json import Json as JsonValue
from cms.content.canonical_json import canonical_bytes
from cms.content.fields.base import Field, Problems, ValuePath, forbidden_in
from cms.errors import InvalidValue


@dataclass(eq=False, kw_only=True)
class Json(Field):
    """Any JSON value: what a chart shows, the settings of a widget.

    Nothing in it is a link, is rendered, or can be filtered by; but whether there is any can.

    Attributes:
        deepest: how many lists and objects may stand within each other.
        largest: the most bytes that it may have when written without white space.
    """

    deepest: int = 20
    largest: int = 65_536

    def clean(self, value: JsonValue, path: ValuePath, problems: Problems) -> JsonValue:
        """Check that it can be stored, and how deep and large it is."""
        if reason := self._wrong_with(value):
            problems.append(InvalidValue(message=reason, path=path))
            return None
        return value

    def _wrong_with(self, value: JsonValue) -> str:
        if _is_deeper(value, self.deepest):
            return f"lists and objects are nested more than {self.deepest} levels deep"
        if bad := next((char for text in _texts(value) if (char := forbidden_in(text))), None):
            return f"contains the character U+{ord(bad):04X}, which cannot be stored"
        try:
            size = len(canonical_bytes(value))
        except (ValueError, TypeError, AttributeError):
            return "is not JSON: numbers must be finite, and whole numbers below 2\u2075\u00b3"
        if size > self.largest:
            return f"{size:,} bytes; at most {self.largest:,} are allowed"
        return ""


def _is_deeper(value: JsonValue, depth: int) -> bool:
    """Return whether lists and objects are nested deeper than a limit."""
    inner = _items(value)
    return inner is not None and (depth == 0 or any(_is_deeper(item, depth - 1) for item in inner))


def _texts(value: JsonValue) -> Iterator[str]:
    """Yield every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    if isinstance(value, Mapping):
        yield from map(str, value)
    for item in _items(value) or ():
        yield from _texts(item)


def _items(value: JsonValue) -> Sequence[JsonValue] | None:
    """Return what stands in a list or an object; ``None`` for anything else."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list | tuple) else None
