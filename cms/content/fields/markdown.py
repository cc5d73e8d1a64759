"""Text with structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cms.content import markup
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import Field, Problems, ValuePath, as_text, path_text
from cms.content.fields.blocks import Block
from cms.content.fields.directives import DeclaredDirectives, declared_directives
from cms.content.links import Edge, Origin, Targets, entry_of, is_same_page, target_fields
from cms.content.markup.directive_values import NO_DIRECTIVES, Directives
from cms.content.rendering import HeadingAbove, Rendering
from cms.errors import InvalidValue, MissingField

if TYPE_CHECKING:
    from cms.content.markup.html_reader import InlineLink
    from cms.content.markup.losses import Loss

INLINE_KIND = "inline"


@dataclass(eq=False, kw_only=True)
class Markdown(Field):
    """Text in the dialect of ``docs/markdown.md``.

    Its rendered value has what derives from it: HTML, plain text, headings, word count, tree.

    Attributes:
        longest: the most characters the source may have.
        directives: the classes of blocks that the text can contain, each by its name: of
            ``PriceBox`` it is ``:::price-box {key="value"}``. Their fields have plain values.
        reader: reads the directives.
    """

    longest: int = 200_000
    directives: tuple[type[Block], ...] = ()
    reader: Directives = field(default=NO_DIRECTIVES, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.directives:
            self.reader = declared_directives(self.directives)

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Strip blank lines at both ends; refuse excess nesting, and errors in directives."""
        text = as_text(value, path, problems, self.longest).strip("\n").rstrip()
        if len(text) > self.longest:  # which is refused anyway, and not read
            return text
        if (reason := markup.nesting_fault(text, self.reader)) is not None:
            problems.append(InvalidValue(message=reason, path=path))
        problems += [
            InvalidValue(message=str(fault), path=path)
            for fault in markup.faults_in(text, self.reader)
            if not fault.is_missing
        ]
        return text or None

    def missing(self, value: Json, path: ValuePath) -> Iterator[MissingField]:
        """Yield that readers would see nothing of a required text, and what directives lack."""
        text = value if isinstance(value, str) else ""
        if self.required and not markup.has_content(text, self.reader):
            yield MissingField(message=f"{self.label} is required", path=path)
        for fault in markup.faults_in(text, self.reader):
            if fault.is_missing:
                yield MissingField(message=str(fault), path=path)

    def losses(self, value: Json) -> Sequence[Loss]:
        """Return the parts of a text that do not reach readers."""
        return markup.sanitising_losses(value, self.reader) if isinstance(value, str) else ()

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield where the inline links lead, those within the page included."""
        if isinstance(value, str):
            yield from markup.hrefs_of(value, self.reader)

    def render(self, value: Json, page: Rendering) -> Json:
        """Return everything that derives from the text.

        The HTML is ``html``; where links in it lead to entries, it is ``segments`` instead, see
        :func:`cms.content.markup.html_segments.segments_of`.
        """
        if not isinstance(value, str):
            return None
        rendered = markup.render_markdown(value, page.anchors, self.reader)
        page.anchors.reserve(rendered.anchors)
        page.note_links(
            [HeadingAbove(each.text, each.anchor) for each in rendered.headings],
            [each.heading for each in self._links(value)],
        )
        segments = markup.segments_of(rendered.html, page.targets)
        html: JsonObject = {"segments": segments} if segments else {"html": rendered.html}
        return {
            **html,
            "markdown": value,
            "plainText": rendered.plain_text,
            "toc": [{**vars(heading)} for heading in rendered.headings],
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
        for ordinal, link in enumerate(self._links(value)):
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

    def inner_fields(self) -> Iterator[Field]:
        """Yield the directives, as blocks."""
        if isinstance(self.reader, DeclaredDirectives):
            yield self.reader.any_block

    def _links(self, value: Json) -> Sequence[InlineLink]:
        """Return the inline links; one to an anchor of the same page is not an edge."""
        links = markup.links_in(value, self.reader) if isinstance(value, str) else ()
        return [link for link in links if not is_same_page(link.href)]
