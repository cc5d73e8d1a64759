"""Attributes in braces, as headings, code fences and directives have them: ``{#id .class key=1}``.

The plugin for attributes reads neither ``[1,3]`` nor ``{1,3-5}`` nor words without a value, which
the generators of documentation sites all do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

AttributeKind: TypeAlias = Literal["id", "class", "key", "lines"]

# A list has no braces and no lines, so that one that is not closed ends at the next braces.
_ATTRIBUTE = re.compile(
    r"""\#(?P<id>[^\s{}\#.,="'<>`]+)
    | \.(?P<class>[^\s{}\#.,="'<>`]+)
    | (?P<lines>\d[\d\s,-]*)(?=[}\s])
    | (?P<key>[A-Za-z_][\w:-]*)
      (?:\s*=\s*(?:
        "(?P<double>(?:[^"\\]|\\.)*)"
        | '(?P<single>(?:[^'\\]|\\.)*)'
        | \[(?P<list>[^\[\]{}\n]*)\]
        | (?P<bare>[^\s"'`{}\[\],]+)
      ))?""",
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = re.compile(r"[\s,]*")
_ESCAPED = re.compile(r"\\([\"'\\])")
_KINDS: Sequence[AttributeKind] = ("id", "class", "lines", "key")
_VALUES = ("double", "single", "list", "bare")


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Attributes:
        kind: its form: ``#id``, ``.class``, ``key`` with or without a value, or numbers of lines.
        name: the id, the class, the key or the numbers, as written.
        value: the value of a key without its quotes; ``None`` if it has none.
        start: its index in the text.
    """

    kind: AttributeKind
    name: str
    value: str | None
    start: int


def read_attributes(text: str, start: int) -> tuple[Sequence[Attribute], int] | None:
    """Return the attributes in braces, and the index after the closing brace.

    Args:
        text: a text with an opening brace at an index.
        start: the index.

    Returns:
        ``None`` if there is no such brace, or what follows are no attributes.
    """
    if not text.startswith("{", start):
        return None
    found, end = read_list(text, start + 1)
    return (found, end + 1) if text.startswith("}", end) else None


def read_list(text: str, start: int) -> tuple[Sequence[Attribute], int]:
    """Return the attributes from an index on, and the index after them."""
    found: list[Attribute] = []
    position = _end_of(_BETWEEN, text, start)
    while (match := _ATTRIBUTE.match(text, position)) is not None:
        end = match.end()
        position = _end_of(_BETWEEN, text, end)
        # Something is between two attributes.
        if position == end and text[end : end + 1] not in {"", "}"}:
            return found, match.start()
        found.append(_attribute(match))
    return found, position


def _attribute(match: re.Match[str]) -> Attribute:
    kind = next(each for each in _KINDS if match[each] is not None)
    values = (match[each] for each in _VALUES)
    value = next((each for each in values if each is not None), None)
    plain = value if value is None else _ESCAPED.sub(r"\1", value)
    return Attribute(kind, match[kind].strip(), plain, match.start())


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match is not None else start
