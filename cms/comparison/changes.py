"""Changes of values and of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cms.comparison.word_diff import WordChange
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import ValuePath

# What readers find a page by, rather than read on it.
_AROUND_THE_TEXT = frozenset({"slug", "category", "tags"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """A changed or moved value.

    Attributes:
        kind: the kind of change. A value that was both moved and edited has two changes.
        path: its path in the new content, or in the old one if it was removed.
        old_path: its path in the old content, or ``None`` if it had none.
        label: the path as editors see it; see :attr:`cms.content.places.Place.label`.
        old: the old value.
        new: the new value.
        words: for edited text and Markdown, the changes by word.
    """

    kind: Literal["ADDED", "REMOVED", "CHANGED", "MOVED"]
    path: ValuePath
    old_path: ValuePath | None
    label: str
    old: Json
    new: Json
    words: tuple[WordChange, ...] = ()

    @property
    def is_material(self) -> bool:
        """True if the change is visible to readers."""
        return self.path[0] not in _AROUND_THE_TEXT

    def to_json(self) -> JsonObject:
        """Return it as JSON for an API."""
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
    """A changed or moved link.

    Attributes:
        kind: the kind of change; ``RELABELLED`` is another label or note. A link that was both
            moved and relabelled has two changes.
        old: the old link, in the form of a content, or ``None``.
        new: the new link, or ``None``.
        changed_groups: whether a moved link is now in another group or text, and not just at
            another position in its own.
    """

    kind: Literal["ADDED", "REMOVED", "MOVED", "RELABELLED"]
    old: JsonObject | None
    new: JsonObject | None
    changed_groups: bool = False

    @property
    def is_material(self) -> bool:
        """True if the target or the label changed; notes are for editors."""
        if self.kind == "MOVED":
            return self.changed_groups
        if self.old is None or self.new is None:
            return True
        return self.old["label"] != self.new["label"]

    def to_json(self) -> JsonObject:
        """Return it as JSON for an API."""
        return {"kind": self.kind, "old": self.old, "new": self.new}
