"""What can have happened to a value, and to a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cms.comparison.word_diff import WordChange
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import ValuePath

# What readers find a page by, rather than read on it.
_AROUND_THE_TEXT = frozenset({"slug", "category", "tags"})

ValueChangeKind: TypeAlias = Literal["ADDED", "REMOVED", "CHANGED", "MOVED"]
LinkChangeKind: TypeAlias = Literal["ADDED", "REMOVED", "MOVED", "RELABELLED"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A value that is not what it was, or not where it was.

    Attributes:
        kind: what happened. What was both moved and edited has a change for each.
        path: where it stands in the new content; in the old one if it was removed.
        old_path: where it stood in the old content, or ``None`` if there was no such place.
        label: the path in an editor's words; see :attr:`cms.content.places.Place.label`.
        old: what was there.
        new: what is there now.
        words: for text and Markdown that did not just move, how it became what it is.
    """

    kind: ValueChangeKind
    path: ValuePath
    old_path: ValuePath | None
    label: str
    old: Json
    new: Json
    words: tuple[WordChange, ...] = ()

    @property
    def is_material(self) -> bool:
        """Whether a reader of the page would read something else."""
        return self.path[0] not in _AROUND_THE_TEXT

    def to_json(self) -> JsonObject:
        """Return what an API shows."""
        return {
            "kind": self.kind,
            "path": list(self.path),
            "oldPath": list(self.old_path) if self.old_path is not None else None,
            "label": self.label,
            "old": self.old,
            "new": self.new,
            "words": [word.to_json() for word in self.words],
        }


@dataclass(frozen=True, kw_only=True)
class LinkChange:
    """A link that is not what it was, or not where it was.

    Attributes:
        kind: what happened; ``RELABELLED`` is another label or another note. A link that was
            both moved and relabelled has a change for each.
        old: the link as it was, as a content tells its links, or ``None``.
        new: the link as it is now, or ``None``.
        changed_groups: whether a moved link now stands in another group or text, and not just
            at another place in its own.
    """

    kind: LinkChangeKind
    old: JsonObject | None
    new: JsonObject | None
    changed_groups: bool = False

    @property
    def is_material(self) -> bool:
        """Whether a reader would be led elsewhere or with other words; notes are for editors."""
        if self.kind == "MOVED":
            return self.changed_groups
        if self.old is None or self.new is None:
            return True
        return self.old["label"] != self.new["label"]

    def to_json(self) -> JsonObject:
        """Return what an API shows."""
        return {"kind": self.kind, "old": self.old, "new": self.new}
