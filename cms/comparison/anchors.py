"""Anchors of comments: text ranges that are found again after the text was edited.

Positions count characters (code points) of the stored text, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cms.comparison.passages import CONTEXT, Match, Passage, Window
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_values import items_of
from cms.content.fields.base import joined
from cms.errors import InvalidValue, Refused

_ROOTS = ("title", "slug", "summary", "fields")

# Minimum number of matching characters in the same value or list, and in any other text,
# where equal words are more often a coincidence.
_LEAST_NEAR = 16
_LEAST_ELSEWHERE = 32
# Minimum share of equal words for an edited passage, and for one that is almost certain.
_LIKELY = 0.5
_SURE = 0.75
# Maximum number of characters of a text that is compared as a whole, such as a title.
_SHORT = 200


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A text range as it was when it was commented on.

    Attributes:
        field_path: path of its value: ``fields/sections/0/body``.
        start: offset of its first character.
        quote: the text.
        before: up to 32 characters before it.
        after: up to 32 characters after it.
    """

    field_path: str
    start: int
    quote: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class TextRange:
    """The current range of an anchored text.

    Attributes:
        field_path: path of its value.
        start: offset of the first character.
        end: offset after the last character.
    """

    field_path: str
    start: int
    end: int


def text_at(content: JsonObject, field_path: str) -> str | None:
    """Return the text at a path, or ``None`` if there is none."""
    first, *rest = field_path.split("/")
    value: Json = content.get(first) if first in _ROOTS else None
    for step in rest:
        value = _step(value, step)
    return value if isinstance(value, str) else None


def anchor_in(content: JsonObject, field_path: str, start: int, end: int) -> Anchor:
    """Return an anchor for the passage from ``start`` to ``end``.

    Raises:
        Refused: if there is no text at the path, or no such range in it.
    """
    text = text_at(content, field_path)
    if not text:
        message = f"there is no text at {field_path!r} to comment on"
        raise Refused(InvalidValue(message=message, path=("fieldPath",)))
    if not 0 <= start < end <= len(text):
        message = (
            f"characters {start:,} to {end:,} are outside the text at {field_path!r}, "
            f"which has {len(text):,} characters"
        )
        raise Refused(InvalidValue(message=message, path=("start",)))
    return Anchor(
        field_path=field_path,
        start=start,
        quote=text[start:end],
        before=text[max(0, start - CONTEXT) : start],
        after=text[end : end + CONTEXT],
    )


def find_anchor(content: JsonObject, anchor: Anchor) -> TextRange | None:
    """Return the range of the anchored text in another revision's content.

    It is searched for in its own value, then in the same value of the other items of its list
    (a section may have moved), and then in all other texts, where more of it has to match.
    Edited text is found while enough of its words are the same.

    Returns:
        ``None`` if the passage was removed.
    """
    return next(_Search.of(content, anchor).ranges(), None)


@dataclass(frozen=True)
class _Search:
    """A search for a passage in the texts of a content, by path.

    Attributes:
        passage: the passage to find.
        own: text at the path of the anchor, if there still is one.
        siblings: texts of the same value in other items of the list.
        others: all other texts.
    """

    passage: Passage
    own: Mapping[str, str]
    siblings: Mapping[str, str]
    others: Mapping[str, str]

    @classmethod
    def of(cls, content: JsonObject, anchor: Anchor) -> _Search:
        texts = {
            path: text
            for root in _ROOTS
            for path, text in _texts(content.get(root), (root,))
            if text
        }
        own = {path: text for path, text in texts.items() if path == anchor.field_path}
        shape = _shape(anchor.field_path)
        siblings = {path: text for path, text in texts.items() if _shape(path) == shape}
        return cls(
            passage=Passage(anchor.before, anchor.quote, anchor.after, anchor.start),
            own=own,
            siblings={path: text for path, text in siblings.items() if path not in own},
            others={path: text for path, text in texts.items() if path not in siblings},
        )

    def ranges(self) -> Iterator[TextRange]:
        """Yield the candidate ranges, the most certain first."""
        near = {**self.own, **self.siblings}
        exact = self._best_exact(near)
        path, match = exact or ("", Match(0, 0, 0, 0))
        if path in self.own and match.context >= CONTEXT:
            yield _text_range(path, match)
        # An edited passage in its own value is preferred to an equal one in another section.
        yield from self._edited_ranges(self.own, _SURE)
        if match.context >= CONTEXT:
            yield _text_range(path, match)
        yield from self._edited_ranges(near, _LIKELY)
        yield from self._edited_short_texts()
        if match.end and len(self.passage.quote) + match.context >= _LEAST_NEAR:
            yield _text_range(path, match)
        yield from self._ranges_elsewhere()

    def _best_exact(self, texts: Mapping[str, str]) -> tuple[str, Match] | None:
        """Return the exact match with most unchanged context; of several, the nearest."""
        for path, text in self.own.items():
            if path in texts and (match := self.passage.match_in_place(text)):
                return path, match
        matches = (
            (path, match)
            for path, text in texts.items()
            for match in self.passage.exact_matches(text)
        )
        return max(
            matches,
            key=lambda found: (found[1].context, found[0] in self.own, -found[1].distance),
            default=None,
        )

    def _edited_ranges(self, texts: Mapping[str, str], least: float) -> Iterator[TextRange]:
        """Yield the ranges of edited text, in descending order of equal words.

        Args:
            texts: texts to search, by path.
            least: minimum share of equal words.
        """
        windows = [(self.passage.window(text), path) for path, text in texts.items()]
        for window, path in sorted(windows, key=lambda found: -found[0].share):
            is_enough = path in self.own or len(self.passage.whole) >= _LEAST_NEAR
            if window.share >= least and is_enough:
                span = self.passage.edited_match(texts[path], window)
                if span is not None:
                    yield TextRange(field_path=path, start=span[0], end=span[1])

    def _edited_short_texts(self) -> Iterator[TextRange]:
        """Yield the range in a short own text that kept few of its words, such as a title."""
        for path, text in self.own.items():
            if len(text) > _SHORT:
                continue
            span = self.passage.edited_match(text, Window(0, len(text), 0.0))
            if span is not None:
                yield TextRange(field_path=path, start=span[0], end=span[1])

    def _ranges_elsewhere(self) -> Iterator[TextRange]:
        passage = self.passage
        if len(passage.whole) < _LEAST_ELSEWHERE:
            return
        exact = self._best_exact(self.others)
        if exact is not None:
            around = min(exact[1].context, len(passage.before) + len(passage.after))
            if len(passage.quote) + around >= _LEAST_ELSEWHERE:
                yield _text_range(*exact)
        yield from self._edited_ranges(self.others, _SURE)


def _text_range(path: str, match: Match) -> TextRange:
    return TextRange(field_path=path, start=match.start, end=match.end)


def _shape(field_path: str) -> tuple[str, ...]:
    """Return the steps of a path, with ``*`` in place of list indexes."""
    return tuple("*" if step.isdecimal() else step for step in field_path.split("/"))


def _step(value: Json, step: str) -> Json:
    if isinstance(value, Mapping):
        return value.get(step)
    items = items_of(value)
    is_index = step.isdecimal() and step.isascii() and int(step) < len(items)
    return items[int(step)] if is_index else None


def _texts(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    """Yield the path and text of every text in a value."""
    if isinstance(value, str):
        yield joined(path), value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, (*path, name))
    else:
        for index, item in enumerate(items_of(value)):
            yield from _texts(item, (*path, index))
