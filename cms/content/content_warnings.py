"""Warnings about saved content, which do not prevent saving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import values_in
from cms.content.fields import Markdown
from cms.content.fields.base import ValuePath
from cms.content.links import Edge
from cms.content.markup.losses import LossCode
from cms.content.stored_names import named_edge

WarningCode: TypeAlias = Literal[LossCode, "LINK_TO_NOTHING"]


@dataclass(frozen=True)
class ContentWarning:
    """A warning about a part of a value that is removed for readers, or is broken.

    Attributes:
        code: stable code of the kind of warning.
        message: message for the author, with the remedy.
        path: path of the value in the content.
    """

    code: WarningCode
    message: str
    path: ValuePath


def warnings_about(
    content_type: type[ContentType], content: JsonObject
) -> Iterator[ContentWarning]:
    """Yield a warning for each part of a Markdown value that does not reach readers."""
    for top in values_in(content_type, content):
        for value in top.leaves():
            if isinstance(value.field, Markdown):
                for loss in value.field.losses(value.value):
                    message = f"line {loss.line}: {loss.message}"
                    yield ContentWarning(loss.code, message, value.path)


def link_to_nothing(
    content_type: type[ContentType], content: JsonObject, edge: Edge, path: str
) -> ContentWarning:
    """Return the warning about a link to a path of the site with nothing behind it.

    Args:
        content_type: content type of the content.
        content: the content as it is stored.
        edge: the link in it.
        path: the path to which it leads.
    """
    message = (
        f"the link leads to {path}, where there is no page; correct it, or save again when there "
        "is one, since it prevents publishing"
    )
    place = named_edge(content_type, content, edge).value_path()
    return ContentWarning("LINK_TO_NOTHING", message, place)
