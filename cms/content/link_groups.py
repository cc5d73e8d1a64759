"""Link groups: the links of one kind that an editor lists, under one heading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Links
from cms.content.fields.base import all_fields
from cms.content.links import Edge, Origin


def link_fields(content_type: type[ContentType]) -> Mapping[str, Links]:
    """Return the link fields of a content type by their kinds, as they are declared.

    Of several fields of one kind, it is the first; a block can be used in several places.
    """
    fields: dict[str, Links] = {}
    for field in all_fields(content_type.fields.values()):
        if isinstance(field, Links):
            fields.setdefault(field.kind, field)
    return fields


def headings_of(content_type: type[ContentType], edges: Iterable[Edge]) -> JsonObject:
    """Return the heading of each link group of a page, by the kind of its links.

    Args:
        content_type: content type of the page.
        edges: the edges of the page.
    """
    kinds = {edge.kind for edge in edges if edge.origin is Origin.FIELD}
    fields = link_fields(content_type)
    return {kind: field.label for kind, field in fields.items() if kind in kinds}
