"""Tags and attributes of sanitised HTML, which is always written in the same way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import TypeAlias

# Every value is in double quotes and contains none.
_ATTRIBUTE = r'\s+[^\s="<>/]+="[^"]*"'

# A tag: "slash" is there if it ends an element.
TAG = re.compile(rf"<(?P<slash>/?)(?P<name>\w+)(?P<attributes>(?:{_ATTRIBUTE})*)\s*/?>")
# An attribute: its name and its value, which is escaped.
VALUE = re.compile(r'\s+([^\s="<>/]+)="([^"]*)"')

# The name of an element, and its attributes with their values.
Element: TypeAlias = tuple[str, Sequence[tuple[str, str]]]


def elements_in(html: str) -> Iterator[Element]:
    """Yield the elements of sanitised HTML, in order."""
    for tag in TAG.finditer(html):
        if not tag["slash"]:
            yield tag["name"], values_in(tag["attributes"])


def values_in(attributes: str) -> Sequence[tuple[str, str]]:
    """Return the attributes of a tag with their values."""
    return [(name, unescape(value)) for name, value in VALUE.findall(attributes)]
