"""Obsidian's Markdown: https://help.obsidian.md/syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from cms.importing.site.body import Body, Edit
from cms.importing.site.faults import FaultKind
from cms.importing.site.heading_ids import block_anchor
from cms.importing.site.references import PageReference
from cms.importing.site.syntax.conversion import Conversion

_COMMENT = re.compile(r"%%[\s\S]*?%%")
_LINK = re.compile(
    r"(?P<embed>!?)\[\[(?P<name>[^\[\]|#\n]*)(?P<part>(?:#[^\[\]|\n]*)?)"
    r"(?:\\?\|(?P<label>[^\[\]\n]*))?\]\]"
)
# The id of a block, at its end or on a line below it.
_BLOCK_ID = re.compile(
    r"(?P<lead>(?<=\S)[ \t]+|^[ \t>]*)\^(?P<id>[A-Za-z0-9-]+)[ \t]*$", re.MULTILINE
)
_HEADING = re.compile(r"(?P<lead>[ \t>]*)#{1,6}[ \t]")
_MARK = re.compile(r"(?<![=\\])==(?=\S)([^=\n]+?)(?<=\S)==(?!=)")
_SIZE = re.compile(r"\d+(x\d+)?")
# Not beyond the beginning of another picture, so that no part is read twice.
_SIZED = re.compile(r"(!\[(?:[^\]\n|!]|!(?!\[))*+)\|\d+(?:x\d+)?(?=\]\()")
_MEDIA = frozenset([".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".bmp"])


def without_obsidian(body: Body, page: Conversion) -> Body:
    """Return a text with wikilinks, embeds, highlights and comments as Markdown."""
    steps: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = (
        (_COMMENT, lambda _: ""),
        (_SIZED, lambda each: each[1]),
        (_BLOCK_ID, _anchored),
        (_MARK, lambda each: f"<mark>{each[1]}</mark>"),
    )
    for pattern, new in steps:
        found = pattern.finditer(body.text)
        body = body.edited(
            (*each.span(), new(each)) for each in found if not body.is_code(each.start())
        )
    return body.edited(_links(body, page)) if "[[" in body.text else body


def _anchored(block_id: re.Match[str]) -> str:
    """Return an anchor for the id of a block; below a heading, whose words it does not belong to.

    The anchor of a heading within a quote or a list is a block of its own there, too.
    """
    anchor = f'<a id="{block_anchor(block_id["id"])}"></a>'
    start = block_id.string.rfind("\n", 0, block_id.start()) + 1
    heading = _HEADING.match(block_id.string, start, block_id.start())
    if heading is None:
        return f"{block_id['lead']}{anchor}"
    lead = heading["lead"]
    return f"\n{lead.rstrip()}\n{lead}{anchor}\n{lead.rstrip()}"


def _links(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _LINK.finditer(body.text):
        if body.is_code(each.start()):
            continue
        name, part = (
            each["name"].strip().rstrip("\\"),
            each["part"].removeprefix("#").strip().rstrip("\\"),
        )
        label = (each["label"] or "").strip()
        ending = PurePosixPath(name).suffix.lower()
        if each["embed"] and ending in _MEDIA:
            words = PurePosixPath(name).stem if not label or _SIZE.fullmatch(label) else label
            path = page.attachments(name) or name
            yield *each.span(), f"![{words}](/{quote(path)})"
            continue
        words = label or _words(name, part)
        if ending not in {"", ".md"} and (path := page.attachments(name)):
            yield *each.span(), f"[{words}](/{quote(path)})"
            continue
        if each["embed"]:
            message = f"{each[0]} becomes a link: texts of other notes are not embedded"
            page.report(body, each.start(), FaultKind.CHANGED, message)
        yield *each.span(), f"[{words}]({PageReference('note', name, part).href})"


def _words(name: str, part: str) -> str:
    """Return the words that Obsidian shows for a link without any."""
    parts = [name, *part.replace("^", "").split("#")]
    return " > ".join(filter(None, parts)).replace("[", r"\[").replace("]", r"\]")
