"""The revision that each paragraph of a page comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cms.comparison.pairing import pairs_between
from cms.comparison.sequences import equal_pairs
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown
from cms.content.fields.base import ValuePath
from cms.content.places import Place, places_in

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
# Not words that somebody wrote, and not a value of its own.
_IDS = frozenset({"category"})

# For each value, its paragraphs, each with the revision it comes from.
_Origins = Mapping[ValuePath, Sequence[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Blamed:
    """A paragraph and its origin.

    Attributes:
        path: the path of its value, such as ``("fields", "sections", 0, "body")``.
        label: the path as editors see it.
        text: a block of Markdown, or the whole value of other kinds of fields.
        revision_id: the revision since which it is unchanged.
    """

    path: ValuePath
    label: str
    text: str
    revision_id: str

    def to_json(self) -> JsonObject:
        """Return it as JSON for an API."""
        return {
            "path": list(self.path),
            "label": self.label,
            "text": self.text,
            "revisionId": self.revision_id,
        }


def blame(
    content_type: type[ContentType], revisions: Sequence[tuple[str, JsonObject]]
) -> tuple[Blamed, ...]:
    """Return the paragraphs of the newest revision, in page order, with their origins.

    A paragraph keeps its origin when it moves within its value, and when its section moves. Links,
    the category and tags are not paragraphs.

    Args:
        content_type: the content type of the revisions.
        revisions: the id and the content of each, oldest first.
    """
    origins: _Origins = {}
    older: JsonObject | None = None
    for revision_id, content in revisions:
        before = _partners(content_type, older, content) if older is not None else {}
        origins = {
            place.path: _origins(
                _paragraphs(place), origins.get(before.get(place.path, ()), ()), revision_id
            )
            for place in _leaves(content_type, content)
        }
        older = content
    if older is None:
        return ()
    return tuple(
        Blamed(path=place.path, label=place.label, text=text, revision_id=revision_id)
        for place in _leaves(content_type, older)
        for text, revision_id in origins[place.path]
    )


def paragraphs_in(text: str) -> list[str]:
    """Return the blocks of a text, separated by blank lines."""
    return [block for block in _BLANK_LINES.split(text) if block.strip()]


def _origins(
    paragraphs: Sequence[str], older: Sequence[tuple[str, str]], revision_id: str
) -> Sequence[tuple[str, str]]:
    """Return the paragraphs, each with its previous origin, or else with this revision."""
    partners = equal_pairs([text for text, _ in older], paragraphs)
    known = {new: older[old][1] for old, new in partners}
    return [(text, known.get(index, revision_id)) for index, text in enumerate(paragraphs)]


def _partners(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> Mapping[ValuePath, ValuePath]:
    """Return the old path of each value of the new content."""
    return {
        pair.new.path: pair.old.path
        for pair in pairs_between(content_type, old, new)
        if pair.old is not None and pair.new is not None
    }


def _leaves(content_type: type[ContentType], content: JsonObject) -> Sequence[Place]:
    return [
        leaf
        for place in places_in(content_type, content)
        for leaf in place.leaves()
        if leaf.path[0] not in _IDS and not isinstance(leaf.field, Links)
    ]


def _paragraphs(place: Place) -> Sequence[str]:
    if isinstance(place.field, Markdown):
        return paragraphs_in(str(place.value))
    if isinstance(place.value, bool):
        return ["true" if place.value else "false"]
    return [str(place.value)]
