"""Difference of two revisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.comparison.changes import LinkChange, ValueChange, ValueChangeKind, is_in_text
from cms.comparison.difference_html import html_of
from cms.comparison.link_difference import link_changes
from cms.comparison.pairing import Pair, pairs_between
from cms.comparison.undeclared import undeclared_changes
from cms.comparison.word_diff import WordChange, words_between
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import (
    HEADING_LABEL,
    TAGS_LABEL,
    ContentValue,
    headings_in,
    tags_in,
)
from cms.content.fields import Links
from cms.content.fields.base import path_text
from cms.content.snapshot import links_of
from cms.content.stored_names import named_edge
from cms.content.tags import tags_by_slug

__all__ = [
    "Difference",
    "LinkChange",
    "ValueChange",
    "WordChange",
    "difference",
    "is_materially_different",
    "words_between",
]


@dataclass(frozen=True)
class Difference:
    """All changes from one content to another.

    Attributes:
        changes: changes of values, in page order.
        links: changes of links and references. Link fields appear only here; links within text
            appear here and in the word-by-word difference of the text.
    """

    changes: tuple[ValueChange, ...]
    links: tuple[LinkChange, ...]

    @property
    def is_empty(self) -> bool:
        """True if nothing changed."""
        return not self.changes and not self.links

    @property
    def is_material(self) -> bool:
        """True if what readers see on the page changed.

        A changed slug, category, tag, link note or order of links is not material.
        """
        changes = any(change.is_material for change in self.changes)
        return changes or any(change.is_material for change in self.links)

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
        return {
            "isEmpty": self.is_empty,
            "isMaterial": self.is_material,
            "changes": [change.to_json() for change in self.changes],
            "links": [change.to_json() for change in self.links],
        }

    def html(self) -> str:
        """Return the difference as HTML: sections with ``ins`` and ``del``, without styles."""
        return html_of(self.changes, self.links)


def difference(content_type: type[ContentType], old: JsonObject, new: JsonObject) -> Difference:
    """Return the changes from one revision's content to another's.

    List items are matched wherever they are: a new section before the others is one addition, a
    reordered section is one move, and an edited section has changes of the values in it. Values
    that the content type no longer declares come last.
    """
    pairs = list(pairs_between(content_type, old, new))
    changes = [change for pair in pairs for change in _changes(pair)]
    return Difference(
        changes=(
            *(*changes, *_tag_changes(old, new), *_heading_changes(old, new)),
            *undeclared_changes(content_type, old, new),
        ),
        links=tuple(
            link_changes(_links(content_type, old), _links(content_type, new), _groups(pairs))
        ),
    )


def is_materially_different(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> bool:
    """Return :attr:`Difference.is_material` of two contents, up to the first such change."""
    pairs: list[Pair] = []
    for pair in pairs_between(content_type, old, new):
        pairs.append(pair)
        change = _kind_of(pair)
        if change is not None and is_in_text(change[1].path):
            return True
    links = link_changes(_links(content_type, old), _links(content_type, new), _groups(pairs))
    return any(_heading_changes(old, new)) or any(change.is_material for change in links)


def _groups(pairs: Sequence[Pair]) -> Mapping[str, str]:
    """Return the new path of each value or list that can contain links, by its old path."""
    groups: dict[str, str] = {}
    for pair in pairs:
        if pair.old is None or pair.new is None or pair.is_moved:
            continue
        old, new = pair.old.path[1:], pair.new.path[1:]
        groups[path_text(old)] = path_text(new)
        if old and isinstance(old[-1], int):  # the path of a reference is that of its list
            groups[path_text(old[:-1])] = path_text(new[:-1])
    return groups


def _changes(pair: Pair) -> Iterator[ValueChange]:
    change = _kind_of(pair)
    if change is not None:
        yield _change(*change, pair.old, pair.new)


def _kind_of(pair: Pair) -> tuple[ValueChangeKind, ContentValue] | None:
    """Return how a value changed, and the value that is there; ``None`` if it did not change."""
    old, new = pair.old, pair.new
    here = new or old
    if here is None or isinstance(here.field, Links):
        return None
    if old is None or (new is not None and old.is_empty and not new.is_empty):
        return "ADDED", here
    if new is None or (new.is_empty and not old.is_empty):
        return "REMOVED", old
    if pair.is_moved:
        return "MOVED", here
    return ("CHANGED", here) if old.value != new.value and not new.is_empty else None


def _change(
    kind: ValueChangeKind,
    here: ContentValue,
    old: ContentValue | None,
    new: ContentValue | None,
) -> ValueChange:
    before, after = old.value if old else None, new.value if new else None
    has_words = here.is_text and kind != "MOVED"
    return ValueChange(
        kind=kind,
        path=here.path,
        old_path=old.path if old else None,
        label=here.label,
        old=before,
        new=after,
        words=words_between(str(before or ""), str(after or "")) if has_words else (),
    )


def _tag_changes(old: JsonObject, new: JsonObject) -> Iterator[ValueChange]:
    """Yield the removed, added and respelled tags; tags have no order."""
    before, after = tags_by_slug(tags_in(old)), tags_by_slug(tags_in(new))
    places = {slug: ("tags", index) for index, slug in enumerate(before)}
    for slug, path in places.items():
        if slug in after:
            continue
        yield ValueChange(
            kind="REMOVED", path=path, old_path=path, label=TAGS_LABEL, old=before[slug], new=None
        )
    for index, (slug, word) in enumerate(after.items()):
        if before.get(slug) != word:
            yield ValueChange(
                kind="CHANGED" if slug in before else "ADDED",
                path=("tags", index),
                old_path=places.get(slug),
                label=TAGS_LABEL,
                old=before.get(slug),
                new=word,
            )


def _heading_changes(old: JsonObject, new: JsonObject) -> Iterator[ValueChange]:
    """Yield the changed headings of link groups, which a site declares and a save copies."""
    before, after = headings_in(old), headings_in(new)
    for kind in sorted(before.keys() & after.keys()):
        if before[kind] != after[kind]:
            path = ("headings", kind)
            yield ValueChange(
                kind="CHANGED",
                path=path,
                old_path=path,
                label=HEADING_LABEL,
                old=before[kind],
                new=after[kind],
                words=words_between(before[kind], after[kind]),
            )


def _links(content_type: type[ContentType], content: JsonObject) -> list[JsonObject]:
    return [named_edge(content_type, content, edge).to_json() for edge in links_of(content)]
