"""Anchors of comments on passages, which follow the text when it changes.

Positions count characters (code points) of the stored text, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cms.comparison.passages import CONTEXT, Match, Passage, Window
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import joined
from cms.content.places import items_of
from cms.errors import InvalidValue, Refused

_ROOTS = ("title", "slug", "summary", "fields")

# Words alone say little in another text: there, so many characters have to be the same.
_LEAST_NEAR = 16
_LEAST_ELSEWHERE = 32
# Which part of the words has to be the same for edited text, and for text that is surely it.
_LIKELY = 0.5
_SURE = 0.75
# A text of at most so many characters is compared as a whole, such as a title.
_SHORT = 200


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A passage as it was when the comment was written.

    Attributes:
        field_path: the path of its value, such as ``fields/sections/0/body``.
        start: its position in the value.
        quote: the passage.
        before: up to 32 characters before it.
        after: up to 32 characters after it.
    """

    field_path: str
    start: int
    quote: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """The current position of a passage.

    Attributes:
        field_path: the path of its value.
        start: its first character.
        end: the position after its last character.
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


def find_anchor(content: JsonObject, anchor: Anchor) -> Found | None:
    """Return the position of a passage in the content of another revision.

    The search covers the same value, then the same value of other items of its list, as when a
    section has moved, and then all other texts, with rising thresholds. Edited passages are found
    while they are recognisable.

    Returns:
        ``None`` if the passage was removed.
    """
    return next(_Search.of(content, anchor).answers(), None)


@dataclass(frozen=True)
class _Search:
    """The texts to search for a passage, each with its path.

    Attributes:
        passage: the passage.
        own: the text of its value, if it still exists.
        siblings: the same value of other items of the list.
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

    def answers(self) -> Iterator[Found]:
        """Yield the candidates for the passage, most certain first."""
        near = {**self.own, **self.siblings}
        exact = self._best_exact(near)
        path, match = exact or ("", Match(0, 0, 0, 0))
        if path in self.own and match.context >= CONTEXT:
            yield _found(path, match)
        # What was edited where it stood goes before its like in another section.
        yield from self._edited(self.own, _SURE)
        if match.context >= CONTEXT:
            yield _found(path, match)
        yield from self._edited(near, _LIKELY)
        yield from self._edited_as_a_whole()
        if match.end and len(self.passage.quote) + match.context >= _LEAST_NEAR:
            yield _found(path, match)
        yield from self._elsewhere()

    def _best_exact(self, texts: Mapping[str, str]) -> tuple[str, Match] | None:
        """Return the exact match with the longest common context, then the nearest."""
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

    def _edited(self, texts: Mapping[str, str], least: float) -> Iterator[Found]:
        """Yield edited matches, ordered by the share of common words."""
        windows = [(self.passage.window(text), path) for path, text in texts.items()]
        for window, path in sorted(windows, key=lambda found: -found[0].share):
            is_enough = path in self.own or len(self.passage.whole) >= _LEAST_NEAR
            if window.share >= least and is_enough:
                place = self.passage.edited_match(texts[path], window)
                if place is not None:
                    yield Found(field_path=path, start=place[0], end=place[1])

    def _edited_as_a_whole(self) -> Iterator[Found]:
        """Yield a whole short text, such as a title, that was mostly rewritten."""
        for path, text in self.own.items():
            if len(text) > _SHORT:
                continue
            place = self.passage.edited_match(text, Window(0, len(text), 0.0))
            if place is not None:
                yield Found(field_path=path, start=place[0], end=place[1])

    def _elsewhere(self) -> Iterator[Found]:
        passage = self.passage
        if len(passage.whole) < _LEAST_ELSEWHERE:
            return
        exact = self._best_exact(self.others)
        if exact is not None:
            around = min(exact[1].context, len(passage.before) + len(passage.after))
            if len(passage.quote) + around >= _LEAST_ELSEWHERE:
                yield _found(*exact)
        yield from self._edited(self.others, _SURE)


def _found(path: str, match: Match) -> Found:
    return Found(field_path=path, start=match.start, end=match.end)


def _shape(field_path: str) -> tuple[str, ...]:
    """Return a path without list indexes."""
    return tuple("*" if step.isdecimal() else step for step in field_path.split("/"))


def _step(value: Json, step: str) -> Json:
    if isinstance(value, Mapping):
        return value.get(step)
    items = items_of(value)
    is_index = step.isdecimal() and step.isascii() and int(step) < len(items)
    return items[int(step)] if is_index else None


def _texts(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    """Yield every text in a value, with its path."""
    if isinstance(value, str):
        yield joined(path), value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, (*path, name))
    else:
        for index, item in enumerate(items_of(value)):
            yield from _texts(item, (*path, index))
