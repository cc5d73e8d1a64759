"""Text with structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import Field, Problems, ValuePath, as_text, path_text
from cms.content.links import Edge, Origin, Targets, entry_of, is_same_page, target_fields
from cms.content.markup.html_segments import segments_of
from cms.content.markup.markdown import (
    DEEPEST,
    InlineLink,
    line_too_deep,
    links_in,
    render_markdown,
)
from cms.content.rendering import Rendering
from cms.errors import InvalidValue

INLINE_KIND = "inline"


@dataclass(eq=False, kw_only=True)
class Markdown(Field):
    """CommonMark with tables.

    Its rendered value has what derives from it: HTML, plain text, headings, word count, tree.

    Attributes:
        longest: the most characters the source may have.
    """

    longest: int = 200_000

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Strip blank lines at both ends, and refuse what is nested too deeply to be shown."""
        text = as_text(value, path, problems, self.longest).strip("\n").rstrip()
        # What is too long is refused anyway, and not read.
        line = line_too_deep(text) if len(text) <= self.longest else None
        if line is not None:
            message = f"line {line} is more than {DEEPEST} levels deep; nest lists and quotes less"
            problems.append(InvalidValue(message=message, path=path))
        return text or None

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield where the inline links lead, those within the page included."""
        if isinstance(value, str):
            yield from (link.href for link in links_in(value))

    def render(self, value: Json, page: Rendering) -> Json:
        """Return everything that derives from the text.

        The HTML is ``html``; where links in it lead to entries, it is ``segments`` instead, see
        :func:`cms.content.markup.html_segments.segments_of`.
        """
        if not isinstance(value, str):
            return None
        rendered = render_markdown(value, page.anchors)
        page.anchors.reserve(rendered.anchors)
        segments = segments_of(rendered.html, page.targets)
        html: JsonObject = {"segments": segments} if segments else {"html": rendered.html}
        return {
            **html,
            "markdown": value,
            "plainText": rendered.plain_text,
            "toc": [asdict(heading) for heading in rendered.headings],
            "wordCount": rendered.word_count,
            "readingMinutes": rendered.reading_minutes,
            "ast": rendered.tree,
        }

    def texts(self, value: Json) -> Iterator[str]:
        """Yield the plain text."""
        if isinstance(value, Mapping):
            yield str(value.get("plainText") or "")

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield the inline links."""
        for ordinal, link in enumerate(_links(value)):
            fields = target_fields(link.href, targets)
            is_id = entry_of(link.href) is not None
            yield Edge(
                origin=Origin.INLINE,
                kind=INLINE_KIND,
                field_path=path_text(path),
                ordinal=ordinal,
                label=link.label,
                href=link.href if fields["target"] and not is_id else None,
                **fields,
            )


def _links(value: Json) -> tuple[InlineLink, ...]:
    """Return the inline links; one to an anchor of the same page is not an edge."""
    if not isinstance(value, str):
        return ()
    return tuple(link for link in links_in(value) if not is_same_page(link.href))
