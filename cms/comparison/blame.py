"""Blame: the revision that each paragraph of a page comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cms.comparison.pairing import pairs_between
from cms.comparison.sequences import equal_pairs
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import ContentValue, values_in
from cms.content.fields import Links, Markdown
from cms.content.fields.base import ValuePath

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
# The category is an id, not text that an editor wrote.
_IDS = frozenset({"category"})

# By path of a value: its paragraphs, each with the id of the revision it comes from.
_Origins = Mapping[ValuePath, Sequence[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class ParagraphOrigin:
    """A paragraph and the revision it comes from.

    Attributes:
        path: path of its value: ``("fields", "sections", 0, "body")``.
        label: the path as editors see it.
        text: a block of Markdown, or the whole value of another field type.
        revision_id: the oldest revision since which it has been there unchanged.
    """

    path: ValuePath
    label: str
    text: str
    revision_id: str

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
        return {
            "path": list(self.path),
            "label": self.label,
            "text": self.text,
            "revisionId": self.revision_id,
        }


def blame(
    content_type: type[ContentType], revisions: Sequence[tuple[str, JsonObject]]
) -> tuple[ParagraphOrigin, ...]:
    """Return the paragraphs of the newest revision, in page order, with their origins.

    A paragraph keeps its origin when it moves within its value, and when its section moves.
    Links, the category and tags are not paragraphs.

    Args:
        content_type: content type of the revisions.
        revisions: id and content of each revision, oldest first.
    """
    origins: _Origins = {}
    older: JsonObject | None = None
    for revision_id, content in revisions:
        before = _partners(content_type, older, content) if older is not None else {}
        origins = {
            value.path: _origins(
                _paragraphs(value), origins.get(before.get(value.path, ()), ()), revision_id
            )
            for value in _paragraph_values(content_type, content)
        }
        older = content
    if older is None:
        return ()
    return tuple(
        ParagraphOrigin(path=value.path, label=value.label, text=text, revision_id=revision_id)
        for value in _paragraph_values(content_type, older)
        for text, revision_id in origins[value.path]
    )


def paragraphs_in(text: str) -> list[str]:
    """Return the blocks of a text, split at blank lines."""
    return [block for block in _BLANK_LINES.split(text) if block.strip()]


def _origins(
    paragraphs: Sequence[str], older: Sequence[tuple[str, str]], revision_id: str
) -> Sequence[tuple[str, str]]:
    """Return the paragraphs, each with its earlier revision, or with this one if it is new."""
    partners = equal_pairs([text for text, _ in older], paragraphs)
    known = {new: older[old][1] for old, new in partners}
    return [(text, known.get(index, revision_id)) for index, text in enumerate(paragraphs)]


def _partners(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> Mapping[ValuePath, ValuePath]:
    """Return the old path of each value that is in both contents, by its new path."""
    return {
        pair.new.path: pair.old.path
        for pair in pairs_between(content_type, old, new)
        if pair.old is not None and pair.new is not None
    }


def _paragraph_values(
    content_type: type[ContentType], content: JsonObject
) -> Sequence[ContentValue]:
    return [
        leaf
        for value in values_in(content_type, content)
        for leaf in value.leaves()
        if leaf.path[0] not in _IDS and not isinstance(leaf.field, Links)
    ]


def _paragraphs(value: ContentValue) -> Sequence[str]:
    if isinstance(value.field, Markdown):
        return paragraphs_in(str(value.value))
    if isinstance(value.value, bool):
        return ["true" if value.value else "false"]
    return [str(value.value)]
