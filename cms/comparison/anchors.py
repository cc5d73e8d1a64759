"""Anchors of comments: text ranges that are found again after the text was edited.

Positions count characters (code points) of the stored text, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cms.comparison.passages import MOST_PLACES, Passage, SearchedText
from cms.comparison.surroundings import Evidence, Surroundings
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_values import items_of
from cms.content.fields.base import path_text
from cms.errors import InvalidValue, Refused

_ROOTS = ("title", "slug", "summary", "fields")

# Minimum number of characters of a quote and its surroundings that are found in a text of another
# field, and of the surroundings of an edited item of a list, where likeness is often a coincidence.
_LEAST_ELSEWHERE = 32
_LEAST_AROUND = 16


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A text range as it was when it was commented on.

    Attributes:
        field_path: path of its value: ``fields/sections/0/body``.
        start: offset of its first character.
        quote: the text.
        before: up to 200 characters before it.
        after: up to 200 characters after it.
        occurrences: number of places of the quote in its value, and in the same value of the other
            items of its list; of a very common quote, of those with the same characters around.
        sentence_occurrences: number of those of them that are in the same sentence.
    """

    field_path: str
    start: int
    quote: str
    before: str
    after: str
    occurrences: int
    sentence_occurrences: int


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
    around = Surroundings.of(text, start, end)
    passage = Passage(text[start:end], around, start)
    near, _ = AnchoredTexts(content).near(field_path)
    sentences = [
        Surroundings.of(each.text, *place).sentence
        for each in near.values()
        for place in passage.places(each)
    ]
    return Anchor(
        field_path=field_path,
        start=start,
        quote=passage.quote,
        before=around.before,
        after=around.after,
        occurrences=len(sentences),
        sentence_occurrences=sum(each == around.sentence for each in sentences),
    )


class AnchoredTexts:
    """The texts of a content, in which anchors are found.

    Args:
        content: the content.
    """

    def __init__(self, content: JsonObject) -> None:
        self._texts = {
            path: SearchedText(text)
            for root in _ROOTS
            for path, text in _texts(content.get(root), (root,))
            if text
        }
        self._by_shape: dict[tuple[str, ...], dict[str, SearchedText]] = {}
        for path, text in self._texts.items():
            self._by_shape.setdefault(_shape(path), {})[path] = text

    def near(
        self, field_path: str
    ) -> tuple[Mapping[str, SearchedText], Mapping[str, SearchedText]]:
        """Return the texts of a value and of the same value of other items, and all others."""
        near = self._by_shape.get(_shape(field_path), {})
        return near, {path: text for path, text in self._texts.items() if path not in near}

    def find(self, anchor: Anchor) -> TextRange | None:
        """Return the range of the anchored text.

        A quote that was there once and is there once is found, wherever it is in its own value, or
        in the same value of another item of its list, since a section may have moved. Of several
        places, that with the same line is found, then that with the most similar line, the same
        heading, the same lines nearby. If fewer places are left, and a quote that was edited, the
        surroundings have to be the same; in any other text, always.

        Returns:
            ``None`` if the passage was removed, or cannot be told from others.
        """
        if not anchor.quote:  # it was purged
            return None
        near, others = self.near(anchor.field_path)
        return _Search(anchor, near, others).range()


class _Place(NamedTuple):
    """A place of a quote, ordered by the evidence that it is the one."""

    evidence: Evidence
    is_own: bool
    nearness: int
    path: str
    start: int
    end: int
    line: str
    is_kept: bool

    @property
    def range(self) -> TextRange:
        return TextRange(field_path=self.path, start=self.start, end=self.end)


@dataclass(frozen=True, eq=False)
class _Search:
    """A search for an anchored text.

    Attributes:
        anchor: the anchor.
        near: texts of its value and of the same value of other items, by path.
        others: all other texts.
    """

    anchor: Anchor
    near: Mapping[str, SearchedText]
    others: Mapping[str, SearchedText]

    def range(self) -> TextRange | None:
        """Return the range of the anchored text; ``None`` if it was removed."""
        anchor = self.anchor
        own = self.near.get(anchor.field_path)
        if own is not None and self._passage.is_in_place(own.text):
            end = anchor.start + len(anchor.quote)
            return TextRange(field_path=anchor.field_path, start=anchor.start, end=end)
        places = self._places(self.near)
        if anchor.occurrences > 1:
            return self._one_of_many(places)
        if places:
            return max(places).range
        return self._edited(self.near) or self._elsewhere()

    def _one_of_many(self, places: list[_Place]) -> TextRange | None:
        """Return the range of a quote that is in several places."""
        # A line that was nearby already is not that of the passage, however much it is like it.
        own = [each for each in places if each.evidence.has_line or not self._was_nearby(each)]
        best = max(own, default=None)
        is_certain = best is not None and (
            best.is_kept
            or (best.evidence.has_sentence and self.anchor.sentence_occurrences == 1)
            or (best.evidence.has_line and best.evidence.has_heading)
        )
        if best is not None and is_certain and best.is_own:
            return best.range
        # An edited passage in its own value is preferred to an equal one in another section.
        value = self.anchor.field_path
        if value in self.near and (edited := self._edited({value: self.near[value]})):
            return edited
        if best is not None and (is_certain or len(places) >= self.anchor.occurrences):
            return best.range
        return self._edited(self.near)

    def _edited(self, texts: Mapping[str, SearchedText]) -> TextRange | None:
        """Return the range of the edited text."""
        anchor = self.anchor
        is_item = "*" in _shape(anchor.field_path)
        if is_item and len(anchor.before) + len(anchor.after) < _LEAST_AROUND:
            return None  # the next item may be there now
        places = [
            (path == anchor.field_path, -abs(start - anchor.start), path, start, end)
            for path, searched in texts.items()
            for start, end in self._passage.edited_places(searched.text)
        ]
        if not places:
            return None
        *_, path, start, end = max(places)
        return TextRange(field_path=path, start=start, end=end)

    def _elsewhere(self) -> TextRange | None:
        anchor = self.anchor
        if len(anchor.before) + len(anchor.quote) + len(anchor.after) < _LEAST_ELSEWHERE:
            return None
        kept = [each for each in self._places(self.others) if each.is_kept]
        return max(kept).range if kept else self._edited(self.others)

    def _places(self, texts: Mapping[str, SearchedText]) -> list[_Place]:
        """Return the places of the quote."""
        found: list[_Place] = []
        for path, searched in sorted(texts.items(), key=self._distance_of):
            for start, end in self._passage.places(searched):
                found.append(self._place(path, searched.text, start, end))
            if len(found) >= MOST_PLACES:
                break
        return found

    def _distance_of(self, item: tuple[str, SearchedText]) -> bool:
        return item[0] != self.anchor.field_path

    def _was_nearby(self, place: _Place) -> bool:
        return place.line.strip() in self._passage.around.nearby

    @cached_property
    def _passage(self) -> Passage:
        anchor = self.anchor
        return Passage(anchor.quote, Surroundings(anchor.before, anchor.after), anchor.start)

    def _place(self, path: str, text: str, start: int, end: int) -> _Place:
        around = Surroundings.of(text, start, end)
        return _Place(
            evidence=self._passage.around.evidence(around),
            is_own=path == self.anchor.field_path,
            nearness=-abs(start - self.anchor.start),
            path=path,
            start=start,
            end=end,
            is_kept=self._passage.around.is_kept_in(around),
            line=around.line[0] + text[start:end] + around.line[1],
        )


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
        yield path_text(path), value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, (*path, name))
    else:
        for index, item in enumerate(items_of(value)):
            yield from _texts(item, (*path, index))
