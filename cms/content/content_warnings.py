"""What an author should know about a revision that was saved all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import values_in
from cms.content.fields import Markdown
from cms.content.fields.base import ValuePath
from cms.content.markup.markdown import sanitising_losses


@dataclass(frozen=True)
class ContentWarning:
    """Something in a value that readers will not get.

    Attributes:
        code: its kind, in a word that never changes.
        message: what happened, and what to do about it.
        path: where it stands in the content.
    """

    code: str
    message: str
    path: ValuePath


def warnings_about(
    content_type: type[ContentType], content: JsonObject
) -> Iterator[ContentWarning]:
    """Yield what was removed from each Markdown value of a content when it was rendered."""
    for top in values_in(content_type, content):
        for value in top.leaves():
            if isinstance(value.field, Markdown):
                for loss in sanitising_losses(str(value.value)):
                    yield ContentWarning(loss.code, loss.message, value.path)
