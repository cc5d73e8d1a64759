"""Code fences: the language and the attributes behind the opening marks.

Generators write them differently, and all of these are read: ``js {1,3-5}``, ``js{1,3}``,
``js title="a.js"``, ``js {title="a.js" hl_lines=[1,3]}``, ``{.js title="a.js"}``, ``js [a.js]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from markdown_it.common.utils import unescapeAll

from cms.content.markup.attributes import Attribute, read_attributes, read_list

_LANGUAGE = re.compile(r"[^\s{}\[\]:]*")
_LABEL = re.compile(r"\[([^\[\]]+)\]")
_RANGE = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")
# Keys of the title, and of the lines to highlight, in generators.
_TITLES = ("title", "filename", "file", "name", "caption")
_LINES = frozenset({"hl_lines", "hl-lines", "highlight", "lines", "line"})
_STARTS = ("linenostart", "startLineNumber", "start", "startFrom")


@dataclass(frozen=True)
class FenceInfo:
    """The words behind the opening marks of a code fence.

    Attributes:
        language: the language; empty if none is named.
        meta: the words after the language, as written.
    """

    language: str = ""
    meta: str = ""
    _attributes: Sequence[Attribute] = field(default=(), repr=False)
    _label: str = field(default="", repr=False)

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The keys with their values; a key without a value has an empty one."""
        return {each.name: each.value or "" for each in self._attributes if each.kind == "key"}

    @property
    def title(self) -> str:
        """The title of the code, such as the name of a file; empty if it has none."""
        named = (self.attributes[key] for key in _TITLES if self.attributes.get(key))
        return next(named, self._label)

    @property
    def lines(self) -> str:
        """The lines to highlight, as ranges: ``1,3-5``; empty if there are none."""
        return ",".join(
            first if first == last else f"{first}-{last}" for first, last in self._ranges()
        )

    def highlighted(self, count: int) -> list[int]:
        """Return the numbers of the lines to highlight, from 1, in order.

        Args:
            count: the number of lines of the code.
        """
        found: list[int] = []
        for first, last in sorted((int(first), int(last)) for first, last in self._ranges()):
            start = max(first, found[-1] + 1 if found else 1)
            found.extend(range(start, min(last, count) + 1))
        return found

    @property
    def start(self) -> str:
        """The number of the first line, where it is not 1; else empty."""
        named = (self.attributes[key] for key in _STARTS if key in self.attributes)
        return next((each for each in named if each.isdecimal()), "")

    def _ranges(self) -> Iterator[tuple[str, str]]:
        for text in self._texts_of_lines():
            for first, last in _RANGE.findall(text):
                if int(first) <= int(last or first):
                    yield str(int(first)), str(int(last or first))

    def _texts_of_lines(self) -> Iterator[str]:
        for each in self._attributes:
            if each.kind == "lines":
                yield each.name
            elif each.kind == "key" and each.name in _LINES:
                yield each.value or ""


def read_info(info: str) -> FenceInfo:
    """Return the language and the attributes in the words behind the opening marks of a fence."""
    words = unescapeAll(info).strip() if info else ""
    if not words:
        return FenceInfo()
    match = _LANGUAGE.match(words)
    end = match.end() if match is not None else 0
    language, meta = words[:end], words[end:].strip()
    if not meta:
        return FenceInfo(language)
    attributes = tuple(_attributes_in(meta))
    if not language:
        language = next((each.name for each in attributes if each.kind == "class"), "")
    label = _LABEL.match(meta)
    return FenceInfo(language, meta, attributes, label[1] if label is not None else "")


def _attributes_in(meta: str) -> Iterable[Attribute]:
    """Yield the attributes in braces, and those beside them; other words are no attributes."""
    position = 0
    while position < len(meta):
        braces = read_attributes(meta, position)
        if braces is None:
            found, end = read_list(meta, position)
            position = max(end, position + 1)
            yield from found
        else:
            # Braces behind a key mark something else than lines to highlight: ``ins={5}``.
            yield from braces[0] if meta[position - 1 : position] != "=" else ()
            position = braces[1]
