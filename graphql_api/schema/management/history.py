"""Differences, merge proposals, blame and comment threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cms.comparison.blame import ParagraphOrigin
from cms.comparison.difference import Difference
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.names import api_name
from cms.identifiers import kind_of
from cms.review.comments import Located
from cms.site import Site
from graphql_api.schema.content_types.draft_values import draft_input
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.declaring.json_parts import part, part_list, part_row
from graphql_api.schema.declaring.row_sources import revision_with_id
from graphql_api.schema.management.context import plain_object
from graphql_api.schema.management.editing import comment_rows


class WordChange:
    """A run of words that was kept, added or removed."""

    operation = part(
        "WordChangeKind", "operation", "Whether the words were kept, added or removed."
    )
    text = part("str", "text", "Words of the run, with the white space after them.")


class ValueChange:
    """A change of a value or of its position."""

    kind = part(
        "ValueChangeKind", "kind", "Whether the value was added, removed, changed or moved."
    )
    path = part(
        "list[str]", "path", "Path in the new revision; in the old one for a removed value."
    )
    old_path = part(
        "list[str] | None", "oldPath", "Path in the old revision; null for an added value."
    )
    label = part("str", "label", "Path of the value in words, as editors see it.")
    old = part("JSON | None", "old", "Value in the old revision; null for an added value.")
    new = part("JSON | None", "new", "Value in the new revision; null for a removed value.")
    words = part_list(
        "WordChange", "words", "Difference word by word, for text that changed; otherwise empty."
    )


class LinkChange:
    """A change of a link or reference, or of its position."""

    kind = part(
        "LinkChangeKind", "kind", "Whether the link was added, removed, moved or relabelled."
    )
    old = part("JSON | None", "old", "Link in the old revision; null for an added link.")
    new = part("JSON | None", "new", "Link in the new revision; null for a removed link.")


class Difference_:  # noqa: N801  # the engine's own class has the name
    """The difference between two revisions."""

    is_empty = part("bool", "isEmpty", "Whether the two revisions have the same content.")
    is_material = part("bool", "isMaterial", "Whether the text that readers see differs.")
    changes = part_list("ValueChange", "changes", "Changes of values.")
    links = part_list("LinkChange", "links", "Changes of links and references.")
    html = part("str", "html", "Difference as HTML, with `ins` and `del` elements.")


class MergedField:
    """The merge of a value that either side changed."""

    path = part(
        "list[str]", "path", "Path in the proposed draft; in the base revision for a removed value."
    )
    label = part("str", "label", "Path of the value in words, as editors see it.")
    base = part("JSON | None", "base", "Value in the base revision; null if it had none.")
    theirs = part("JSON | None", "theirs", "Value in the newest revision; null if it has none.")
    yours = part(
        "JSON | None", "yours", "Value that the refused write would have saved; null for none."
    )
    merged = part(
        "JSON | None", "merged", "Proposed value; in a conflict, that of the refused write."
    )
    outcome = part("MergeOutcome", "outcome", "Side whose change the merge takes.")


class MergeProposal:
    """A three-way merge of the newest revision with the draft of a refused write."""

    has_conflicts = part("bool", "hasConflicts", "Whether a person has to resolve a conflict.")
    fields = part_list("MergedField", "fields", "Values that either side has changed.")
    values = part(
        "JSON", "values", "Complete draft, ready to be sent as the `values` of an update."
    )


class BlamedParagraph:
    """A paragraph of a text, with the revision that introduced it."""

    path = part("list[str]", "path", "Path of the text in the newest revision.")
    label = part("str", "label", "Path of the text in words, as editors see it.")
    text = part("str", "text", "Block of Markdown; for other kinds of field, the whole value.")
    revision = part_row(
        "Revision",
        "revision",
        revision_with_id,
        "Revision since which the paragraph has been as it is.",
    )


class CommentThread:
    """A comment thread, with the present position of the words that it is about."""

    comment = part_row(
        "EntryComment",
        "comment",
        lambda _, key: comment_rows(lambda row: row.id == key),
        "First comment of the thread.",
    )
    field_path = part(
        "str | None",
        "fieldPath",
        "Path of the text; null if the words are gone or the thread is about the whole.",
    )
    start = part(
        "int | None", "start", "Index of the first character, from 0; null with `fieldPath`."
    )
    end = part("int | None", "end", "Index after the last character; null with `fieldPath`.")


HISTORY_TYPES = (
    WordChange,
    ValueChange,
    LinkChange,
    type("Difference", (), dict(vars(Difference_))),
    MergedField,
    MergeProposal,
    BlamedParagraph,
    CommentThread,
)


def difference_json(found: Difference) -> JsonObject:
    """Return a difference as the type ``Difference`` has it."""
    engine_json = found.to_json()
    return api_object({**engine_json, "html": found.html()})


def merge_json(site: Site, merge: Mapping[str, Any]) -> JsonObject:
    """Return a merge as the type ``MergeProposal`` has it."""
    draft = merge["draft"]
    if not isinstance(draft, Mapping):
        raise TypeError("a merge proposes a draft")
    engine_json = {key: item for key, item in merge.items() if key not in {"draft", "contentType"}}
    values = draft_input(KINDS, site.content_type(merge["contentType"]), draft)
    return {**api_object(engine_json), "values": values}


def blame_json(blamed: Sequence[ParagraphOrigin]) -> Json:
    """Return paragraphs as the type ``BlamedParagraph`` has them."""
    return [
        api_object({"path": each.path, "label": each.label, "text": each.text})
        | {"revision": each.revision_id}
        for each in blamed
    ]


def threads_json(located: Sequence[Located]) -> Json:
    """Return threads as the type ``CommentThread`` has them."""
    return [
        plain_object(
            {
                "comment": each.comment.id,
                "fieldPath": each.found.field_path if each.found else None,
                "start": each.found.start if each.found else None,
                "end": each.found.end if each.found else None,
            }
        )
        for each in located
    ]


def api_object(engine_json: JsonObject) -> dict[str, Json]:
    """Return JSON of the engine without nulls, its paths in the form of the API."""
    return {
        key: path_of(value) if key in {"path", "oldPath"} and value else _api_value(value)
        for key, value in engine_json.items()
        if value is not None
    }


def _api_value(value: Json) -> Json:
    match value:
        case Mapping():
            return api_object(value)
        case list() | tuple():
            return [_api_value(item) for item in value]
        case _:
            return value


def path_of(path: Json) -> list[str]:
    """Return a path in a draft in the form of the API, which has no level ``fields``."""
    steps = [str(step) for step in path] if isinstance(path, list | tuple) else []
    own = steps[1:] if steps[:1] == ["fields"] else steps
    # An id has an underscore, but is not a name to convert.
    return [step if kind_of(step) else api_name(step) for step in own]
