"""Headed parts of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cms.content.canonical_json import Json
from cms.content.fields.base import Field
from cms.content.fields.blocks import Block
from cms.content.fields.list import List
from cms.content.fields.markdown import Markdown
from cms.content.fields.object import Object
from cms.content.fields.text import Text
from cms.content.rendering import HeadingAbove, Rendering


class Section(Object):
    """A heading and the Markdown under it. Its anchor is made of the heading.

    Args:
        directives: the directives of the text; see :class:`~cms.content.fields.markdown.Markdown`.
    """

    def __init__(self, directives: tuple[type[Block], ...] = ()) -> None:
        super().__init__(
            "Section",
            heading=Text(
                required=True,
                longest=200,
                description="Text above the section, at most 200 characters.",
            ),
            body=Markdown(
                required=True,
                description="Text of the section, below its heading.",
                directives=directives,
            ),
        )

    def render(self, value: Json, page: Rendering) -> Json:
        """Add the ``anchor``."""
        if not isinstance(value, Mapping):
            return None
        heading = str(value.get("heading") or "")
        anchor = page.anchors.take(heading)
        rendered = super().render(value, page.below(HeadingAbove(heading, anchor)))
        return {"anchor": anchor, **(rendered if isinstance(rendered, Mapping) else {})}


@dataclass(eq=False)
class Sections(List):
    """The headed parts of a page, in order: ``heading``, ``anchor``, ``body``."""

    of: Field | None = field(default_factory=Section)
