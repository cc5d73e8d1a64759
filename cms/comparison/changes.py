"""Changes of values and of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cms.comparison.word_diff import WordChange
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import ValuePath

# Values by which readers find a page, not text on it.
_AROUND_THE_TEXT = frozenset({"slug", "category", "tags"})

ValueChangeKind: TypeAlias = Literal["ADDED", "REMOVED", "CHANGED", "MOVED"]
LinkChangeKind: TypeAlias = Literal["ADDED", "REMOVED", "MOVED", "RELABELLED"]


def is_in_text(path: ValuePath) -> bool:
    """Return whether readers see a value on its page, and do not just find the page by it."""
    return path[0] not in _AROUND_THE_TEXT


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """A change of a value or of its position.

    Attributes:
        kind: kind of change. A value that was moved and edited has a change for each.
        path: path in the new content; in the old content if it was removed.
        old_path: path in the old content, or ``None`` if it had none.
        label: the path as editors see it; see ``ContentValue.label``.
        old: old value.
        new: new value.
        words: word-by-word difference, for text and Markdown that did not only move.
        is_declared: whether the content type still declares the value, so that readers see it.
    """

    kind: ValueChangeKind
    path: ValuePath
    old_path: ValuePath | None
    label: str
    old: Json
    new: Json
    words: tuple[WordChange, ...] = ()
    is_declared: bool = True

    @property
    def is_material(self) -> bool:
        """True if the text that readers see on the page changed."""
        return self.is_declared and is_in_text(self.path)

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
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
    """A change of a link or of its position.

    Attributes:
        kind: kind of change; ``RELABELLED`` means another label or note. A link that was moved
            and relabelled has a change for each.
        old: old link, in the form of a content's ``links``, or ``None``.
        new: new link, or ``None``.
        changed_groups: whether a moved link is now in another group or text, rather than only
            at another position in the same one.
    """

    kind: LinkChangeKind
    old: JsonObject | None
    new: JsonObject | None
    changed_groups: bool = False

    @property
    def is_material(self) -> bool:
        """True if the target, the label or the group changed; a changed note is not material."""
        if self.kind == "MOVED":
            return self.changed_groups
        if self.old is None or self.new is None:
            return True
        return self.old["label"] != self.new["label"]

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
        return {"kind": self.kind, "old": self.old, "new": self.new}
