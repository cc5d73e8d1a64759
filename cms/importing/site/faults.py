"""Faults of files: parts of the old site that do not arrive as they are there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cms.errors import ContentFileError


class FaultKind(StrEnum):
    """The kind of a fault, by its consequence."""

    REFUSED = "refused"  # the page cannot be imported
    DRAFT = "draft"  # a gate is closed; the page stays a draft
    KEPT = "kept"  # the page here stays as it is, mostly since people here have changed it
    LOST_LINK = "lost_link"  # the link has no target; its words arrive
    LOST_WORDS = "lost_words"  # words that readers of the old site see do not arrive
    LOST_VALUE = "lost_value"  # a value of the front matter arrives nowhere
    LOST_ANCHOR = "lost_anchor"  # the link leads to the page, but not to a part of it
    CHANGED = "changed"  # it arrives otherwise than it is written
    HIDDEN = "hidden"  # the page stays a draft
    IGNORED = "ignored"  # the file is not a page


@dataclass(frozen=True, order=True)
class Fault:
    """A part of a file that does not arrive as it is on the old site.

    Attributes:
        file: the file.
        line: the line, counted from 1; ``None`` for the whole file.
        kind: the consequence.
        message: what happens and why.
        key: the key of the front matter whose value is lost; empty for other faults.
    """

    file: Path
    line: int | None
    kind: FaultKind
    message: str
    key: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else str(self.file)
        words = f"{place}: {self.message}"
        # One line, whatever is in the name of a file.
        return "".join(each if each.isprintable() else repr(each)[1:-1] for each in words)


def refused(error: ContentFileError) -> Fault:
    """Return the fault of a file that cannot be imported."""
    return Fault(error.file, error.line, FaultKind.REFUSED, error.reason)
