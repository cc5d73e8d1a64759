"""Three-way merge of texts, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cms.comparison.sequences import Run, equal_runs


@dataclass(frozen=True, order=True)
class _Edit:
    """A replacement of the lines from ``start`` to ``end`` of the common ancestor."""

    start: int
    end: int
    lines: tuple[str, ...]

    def collides_with(self, other: _Edit) -> bool:
        """Return whether the edits overlap or have no defined order."""
        is_same_place = self.start == self.end == other.start == other.end
        return is_same_place or (self.start < other.end and other.start < self.end)


def merge_texts(base: str, theirs: str, yours: str) -> str | None:
    """Return the text with the edits of both sides, or ``None`` if they conflict.

    Edits of the same line conflict, and so do two insertions at the same position. The same edit
    on both sides is one edit. In typical Markdown, a line is a paragraph.
    """
    lines = base.split("\n")
    # Edits of one side never collide, so that of any collision two neighbours tell.
    edits = sorted({*_edits(lines, theirs), *_edits(lines, yours)})
    if any(edit.collides_with(following) for edit, following in pairwise(edits)):
        return None
    return "\n".join(_edited(lines, edits))


def _edits(base: Sequence[str], text: str) -> Iterator[_Edit]:
    lines = text.split("\n")
    runs = [Run(0, 0, 0), *equal_runs(base, lines), Run(len(base), len(lines), 0)]
    for left, right in pairwise(runs):
        start, first = left.old + left.length, left.new + left.length
        if (start, first) != (right.old, right.new):
            yield _Edit(start, right.old, tuple(lines[first : right.new]))


def _edited(base: Sequence[str], edits: Sequence[_Edit]) -> Iterator[str]:
    position = 0
    for edit in edits:
        yield from base[position : edit.start]
        yield from edit.lines
        position = edit.end
    yield from base[position:]
