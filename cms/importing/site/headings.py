"""The headings of a text, and where their old ids lead on this site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from cms.content.canonical_json import Json
from cms.content.slug import slugify
from cms.importing.site.body import Body
from cms.importing.site.heading_ids import HeadingIds

_OWN = re.compile(r"(?<!\s)\s*+\{\s*#([^\s}]+)[^}]*\}\s*$")
_ATTRIBUTES = re.compile(r"(?<!\s)\s*+\{\s*[#.][^}]*\}\s*$")
# Components that stay as text, since they have no replacement.
_COMPONENT = re.compile(r"(?<!\s)\s*+</?[A-Z][\w.]*(?:\s[^<>]*)?>")
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True)
class OldHeading:
    """A heading.

    Attributes:
        level: 1 to 6.
        words: its words, without markup.
        bare: its words, without components that stay as text.
        own: its id, if the text has one.
        line: its line in the text, from 0, and the first one after it.
    """

    level: int
    words: str
    bare: str
    own: str
    line: tuple[int, int]


def headings_in(body: Body, *, has_own: bool) -> Iterator[OldHeading]:
    """Yield the headings of a text.

    Args:
        body: the text.
        has_own: whether ``{#id}`` after a heading is its id, and not words of it.
    """
    text = body.text
    if "#" not in text and not re.search(r"^[ \t>]*(=+|-+)[ \t]*$", text, re.MULTILINE):
        return
    for heading in body.outline.headings:
        (inline,) = _PARSER.parseInline(heading.content)
        words = "".join(_words_of(inline.children or []))
        own = _OWN.search(words) if has_own else None
        written = "".join(_words_of(inline.children or [], _COMPONENT))
        words, bare = (_ATTRIBUTES.sub("", each) if has_own else each for each in (words, written))
        name = own[1] if own else ""
        yield OldHeading(heading.level, words, bare, name, heading.line)


def plain_heading(text: str) -> str:
    """Return the words of the text of a heading, without markup and id."""
    (token,) = _PARSER.parseInline(_ATTRIBUTES.sub("", text))
    return "".join(_words_of(token.children or [])).strip()


def anchors_of(
    body: Body, ids: HeadingIds, rendered: Mapping[str, Json], anchors: Sequence[str]
) -> Mapping[str, str]:
    """Return the anchor on this site for each id on the old site; empty for the top.

    Args:
        body: the text of the page.
        ids: how the generator made ids.
        rendered: the rendered values of the page.
        anchors: all anchors of the page on this site.
    """
    old = list(headings_in(body, has_own=ids.has_own))
    names = ids.ids([(each.bare if ids.has_components else each.words, each.own) for each in old])
    here = list(_headings_here(rendered))
    of_headings = {anchor for _, anchor in here}
    found: dict[str, str] = {each: each for each in anchors if each not in of_headings}
    at = 0
    for heading, name in zip(old, names, strict=True):
        words = slugify(heading.words)
        match = next((i for i in range(at, len(here)) if slugify(here[i][0]) == words), None)
        # A heading that became the title, or the beginning of the body, leads to the top.
        found[name] = here[match][1] if match is not None else ""
        at = match + 1 if match is not None else at
    return found


def _words_of(children: Sequence[object], left_out: re.Pattern[str] | None = None) -> Iterator[str]:
    for each in children:
        kind, content = getattr(each, "type", ""), str(getattr(each, "content", ""))
        if kind == "text" and left_out is not None:
            yield left_out.sub("", content)
        elif kind in {"text", "code_inline", "image"}:
            yield content
        elif kind in {"softbreak", "hardbreak"}:
            yield " "


def _headings_here(rendered: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield the words and the anchor of each heading of rendered values, in order."""
    for value in rendered.values():
        yield from _headings_of(value)


def _headings_of(value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _headings_of(each)
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("anchor"), str) and "heading" in value:
        yield str(value["heading"]), str(value["anchor"])
    toc = value.get("toc")
    for each in toc if isinstance(toc, list | tuple) else ():
        if isinstance(each, Mapping):
            yield str(each["text"]), str(each["anchor"])
    for name, each in value.items():
        if name not in {"toc", "ast", "segments"}:
            yield from _headings_of(each)
