"""Drafts with the fields of an earlier revision, in their stored form."""

from __future__ import annotations

from dataclasses import dataclass

from cms.content.canonical_json import JsonObject, digest_of, is_same
from cms.content.content_type import ContentType
from cms.content.fields import Computed, Markdown
from cms.content.fields.base import all_fields, stored_values
from cms.content.link_groups import headings_of
from cms.content.links import Targets, parts_of
from cms.content.snapshot import (
    Draft,
    Snapshot,
    edges_in,
    fields_in,
    links_of,
    stored_links,
    targets_of_links,
    values_beside_fields,
    values_of,
)


@dataclass(frozen=True, kw_only=True)
class Unrendered(Snapshot):
    """A draft with the fields and links of an earlier revision, so that nothing is rendered.

    All values that derive from its content, but for those of title and summary, are those of that
    revision. Its edges do not say what their fields accept.

    Attributes:
        before: the id of that revision.
    """

    before: str


def addresses_of(content: JsonObject) -> frozenset[str]:
    """Return the addresses in a content's links, as :func:`addresses_in` does for a draft."""
    written = (link["href"] or link["url"] for link in stored_links(content))
    return frozenset(parts_of(str(each))[0] for each in written if each is not None)


def has_fields_of(content_type: type[ContentType], draft: Draft, content: JsonObject) -> bool:
    """Return whether a clean draft has the values of a content's fields, and its links.

    Some values may still differ once they are stored: see :func:`keep_fields`.
    """
    values = fields_in(content_type, content, is_draft=True)
    has_values = all(
        is_same(draft.fields[name], values.get(name))
        for name, each in content_type.fields.items()
        if not isinstance(each, Computed)  # which has no value yet
    )
    return has_values and _has_links_of(content_type, draft, content)


def keep_fields(
    content_type: type[ContentType],
    draft: Draft,
    targets: Targets,
    before: str,
    content: JsonObject,
) -> Unrendered | None:
    """Return the stored form of a clean draft that has the fields of an earlier revision.

    Args:
        content_type: content type of the draft.
        draft: a draft with the same path, for which :func:`has_fields_of` holds.
        targets: ids of the entries that the addresses of :func:`addresses_of` lead to.
        before: the id of the revision.
        content: its content.

    Returns:
        ``None`` if a field is computed from what has changed, or a link leads elsewhere by now.
    """
    edges = tuple(links_of(content))
    leads_elsewhere = any(
        targets.get(parts_of(written)[0]) != edge.target
        for edge in edges
        if (written := edge.href or edge.url) is not None
    )
    values = stored_values(content_type.fields, values_of(content_type, draft, targets))
    if leads_elsewhere or not is_same(values, content["fields"]):
        return None
    kept = {
        **content,
        **values_beside_fields(draft),
        # Those of the draft, since a database returns a large float as an integer.
        "fields": values,
        "headings": headings_of(content_type, edges),
    }
    return Unrendered(content=kept, edges=edges, digest=digest_of(kept), before=before)


def _has_links_of(content_type: type[ContentType], draft: Draft, content: JsonObject) -> bool:
    """Return whether a draft with the fields of a content has its links.

    A text has others if it is read with directives that were declared since.
    """
    fields = all_fields(content_type.fields.values())
    if not any(isinstance(each, Markdown) and each.directives for each in fields):
        return True
    edges = edges_in(content_type, draft.fields, targets_of_links(links_of(content)))
    return is_same([each.to_json() for each in edges], [*stored_links(content)])
