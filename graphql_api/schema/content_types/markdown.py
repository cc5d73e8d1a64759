"""Markdown in GraphQL, and the sections that hold it."""

from __future__ import annotations

from sqlalchemy.sql.functions import coalesce

from cms.content.words import WORDS_PER_MINUTE
from cms.reading import relations
from cms.storage.dialects import JsonText
from graphql_api.planner.answers import answers_rows
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.json_sql import (
    Elements,
    JoinedText,
    element_index,
    member,
    member_text,
    text,
)
from graphql_api.planner.source import Chosen, Columns, Sql, select_over
from graphql_api.schema.content_types.document import Document, document_member
from graphql_api.schema.declaring.fields import PART, many, seen_value, value
from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.declaring.row_sources import link_rows


def _html(part: Document, call: Call) -> Sql:
    """Return the HTML; with the current paths of entries where it is stored in segments."""
    segments = call.source(Elements(member(part.json, "segments")))
    piece = _piece(segments.columns, call)
    joined = select_over(segments, JoinedText(piece, element_index(segments.columns)), ())
    return coalesce(member_text(part.json, "html"), joined)


def _piece(segment: Columns, call: Call) -> Sql:
    """Return the text of a segment; see :func:`cms.content.markup.html_segments.segments_of`."""
    target = JsonText(segment.value, text("entry"))
    places = call.source(Chosen(relations.paths(call.view)))
    # A path consists of slugs and of the content type's path, so it needs no escapes.
    path = select_over(places, places.columns.path, (places.columns.id == target,))
    return coalesce(
        JsonText(segment.value, text("text")),
        path + JsonText(segment.value, text("suffix")),
        JsonText(segment.value, text("href")),
    )


def _links(part: Document, call: Call) -> Rows:
    return link_rows(
        call.view,
        lambda link: link.revision_id == part.revision_id,
        lambda link: link.field_path == part.path,
        lambda link: link.origin == text("inline"),
    )


def _toc(part: Document, _: Call) -> Rows:
    return answers_rows(member(part.json, "toc"))


class TocEntry:
    """Heading in a text, for a table of contents."""

    level = part("int", "level", "Level of the heading, from 1 to 6.")
    text = part("str", "text", "Text of the heading, without markup.")
    anchor = part("str", "anchor", "Fragment of the heading's address, without `#`.")


_LATER = "null for revisions saved before it was stored"


class Markdown:
    """Structured text in several forms, rendered when it was saved except the paths of links."""

    html = seen_value("str", _html, "Sanitised HTML, with the current paths of link targets.")
    markdown = value("str", document_member("markdown"), "Markdown source, as written.", work=PART)
    plain_text = value("str", document_member("plainText"), "Text without markup.", work=PART)
    toc = many(
        "list[TocEntry]",
        _toc,
        "Headings for a table of contents, in order.",
    )
    word_count = value(
        "int | None",
        document_member("wordCount"),
        f"Number of words; {_LATER}.",
        work=PART,
    )
    reading_minutes = value(
        "int | None",
        document_member("readingMinutes"),
        f"Minutes to read the text at {WORDS_PER_MINUTE} words a minute, rounded up; {_LATER}.",
        work=PART,
    )
    ast = value(
        "JSON | None",
        document_member("ast"),
        f"Syntax tree (https://github.com/syntax-tree/mdast) with links as written; {_LATER}.",
        work=100,
    )
    links = many("list[EntryLink]", _links, "Links inside the text, in order.")
