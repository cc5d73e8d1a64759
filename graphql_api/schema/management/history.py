"""What changed, what could be merged, who wrote which paragraph, where comments stand."""

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
    """A stretch of text that stayed, came, or went."""

    operation = part("WordChangeKind", "operation", "What happened to them.")
    text = part("str", "text", "The words.")


class ValueChange:
    """A value that is not what it was."""

    kind = part("ValueChangeKind", "kind", "What happened.")
    path = part("list[str]", "path", "Where it stands; where it stood if it was removed.")
    old_path = part("list[str] | None", "oldPath", "Where it stood before.")
    label = part("str", "label", "The way to it in words.")
    old = part("JSON | None", "old", "What it was.")
    new = part("JSON | None", "new", "What it is.")
    words = part_list("WordChange", "words", "For texts, what happened word by word.")


class LinkChange:
    """A link that is not what it was."""

    kind = part("LinkChangeKind", "kind", "What happened.")
    old = part("JSON | None", "old", "What it was.")
    new = part("JSON | None", "new", "What it is.")


class Difference_:  # noqa: N801  # the engine's own has the name
    """What is different between two revisions."""

    is_empty = part("bool", "isEmpty", "Whether nothing is.")
    is_material = part("bool", "isMaterial", "Whether a reader would read something else.")
    changes = part_list("ValueChange", "changes", "The values that are different.")
    links = part_list("LinkChange", "links", "The links and references that are different.")
    html = part("str", "html", "The same as HTML, with ins and del.")


class MergedField:
    """A value that somebody changed, and what the merge makes of it."""

    path = part("list[str]", "path", "Where it stands.")
    label = part("str", "label", "The way to it in words.")
    base = part("JSON | None", "base", "What it was to begin with.")
    theirs = part("JSON | None", "theirs", "What the newest revision has.")
    yours = part("JSON | None", "yours", "What this write would have saved.")
    merged = part("JSON | None", "merged", "What the merge proposes.")
    outcome = part("MergeOutcome", "outcome", "Whose change it is.")


class MergeProposal:
    """A three-way merge of what was saved meanwhile with what was to be saved."""

    has_conflicts = part("bool", "hasConflicts", "Whether somebody has to choose.")
    fields = part_list("MergedField", "fields", "Every value that either side has changed.")
    values = part("JSON", "values", "The whole, ready to be saved as an update's `values`.")


class BlamedParagraph:
    """A paragraph, and the revision that it comes from."""

    path = part("list[str]", "path", "Where it stands.")
    label = part("str", "label", "The way to it in words.")
    text = part("str", "text", "The paragraph.")
    revision = part_row("Revision", "revision", revision_with_id, "Since when it stands there so.")


class CommentThread:
    """A thread of comments, and where its words stand now."""

    comment = part_row(
        "Comment",
        "comment",
        lambda _, key: comment_rows(lambda row: row.id == key),
        "The first comment.",
    )
    field_path = part("str | None", "fieldPath", "The text; null if it is gone or never was.")
    start = part("int | None", "start", "The first character, from 0.")
    end = part("int | None", "end", "The character after the last.")


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
    """Return JSON of the engine with paths and names as the API has them."""
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
    """Return a place in a draft as the API names it: ``fields`` have no level of their own."""
    steps = [str(step) for step in path] if isinstance(path, list | tuple) else []
    own = steps[1:] if steps[:1] == ["fields"] else steps
    # An id is no name, though it has an underscore too.
    return [step if kind_of(step) else api_name(step) for step in own]
