"""Three-way merge of texts, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cms.comparison.sequences import Run, equal_runs


@dataclass(frozen=True, order=True)
class _Edit:
    """The replacement of the ancestor's lines from ``start`` up to ``end`` by other lines."""

    start: int
    end: int
    lines: tuple[str, ...]

    def collides_with(self, other: _Edit) -> bool:
        """Return whether the edits overlap, or both insert at the same position."""
        is_same_place = self.start == self.end == other.start == other.end
        return is_same_place or (self.start < other.end and other.start < self.end)


def merge_texts(base: str, theirs: str, yours: str) -> str | None:
    """Return the text with the edits of both sides, or ``None`` if edits collide.

    Edits collide if they touch the same line or insert at the same position. The same edit on
    both sides counts once. In most Markdown texts a line is a paragraph.
    """
    lines = base.split("\n")
    # Edits of one side never collide, so comparing neighbours finds every collision.
    edits = sorted({*_edits(lines, theirs), *_edits(lines, yours)})
    if any(edit.collides_with(following) for edit, following in pairwise(edits)):
        return None
    return "\n".join(_apply_edits(lines, edits))


def _edits(base: Sequence[str], text: str) -> Iterator[_Edit]:
    lines = text.split("\n")
    runs = [Run(0, 0, 0), *equal_runs(base, lines), Run(len(base), len(lines), 0)]
    for left, right in pairwise(runs):
        start, first = left.old + left.length, left.new + left.length
        if (start, first) != (right.old, right.new):
            yield _Edit(start, right.old, tuple(lines[first : right.new]))


def _apply_edits(base: Sequence[str], edits: Sequence[_Edit]) -> Iterator[str]:
    position = 0
    for edit in edits:
        yield from base[position : edit.start]
        yield from edit.lines
        position = edit.end
    yield from base[position:]
