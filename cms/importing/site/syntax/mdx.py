"""MDX: https://mdxjs.com/docs/what-is-mdx/."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from cms.importing.front_matter import parse_markdown
from cms.importing.site.body import Body, Edit, body_of
from cms.importing.site.links import OldLink, links_of, with_links
from cms.importing.site.page_index import joined
from cms.importing.site.syntax.components import components_in, without_components
from cms.importing.site.syntax.conversion import EXPRESSION, Conversion

_STATEMENT = re.compile(r"^(?:import|export)\s[\s\S]*?(?=\n[ \t]*\n|\Z)", re.MULTILINE)
# The beginning of a statement; other texts with its first word are text.
_SCRIPT = re.compile(
    r"import\s+(?:[\"']|[\w$*{][\w$*{},\s]*?[\s}]from\s*[\"'])"
    r"|export\s+(?:default\b|(?:async\s+)?function\b|(?:const|let|var|class)\s+[\w${\[]|[{*])"
)
# Lines after which a block can begin without a blank line: headings, fences, rules, comments.
_BLOCK_END = re.compile(r"\s*(?:#{1,6}\s|`{3}|~{3}|[-*_=]{3,}\s*$|\{/\*|<!--|$)")
_IMPORT = re.compile(r"import\s+(\w+)\s+from\s+[\"']([^\"']+\.mdx?)[\"']")
# The root of the site, from which the files of parts are named.
_SITE = "@site/"
# A link to a file of Markdown, which is relative to the file with the link.
_RELATIVE = re.compile(r"(?![/@])(?!\w+:).*\.mdx?", re.IGNORECASE)
_CONSTANT = re.compile(r"(?:const|let|var)\s+(\w+)\s*=\s*(?:([\"'`])([^\"'`$]*)\2|(-?[\d.]+))\s*;?")
_COMMENT = re.compile(r"\{\s*/\*[\s\S]*?\*/\s*\}")
_EXPRESSION = re.compile(r"(?<!\\)\{(?![#%:{])((?:[^{}]|\{[^{}]*\})*)\}")
_TEXT = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`$]*)`)\s*")
_NAME = re.compile(r"\s*(\w+)\s*")


def without_mdx(body: Body, page: Conversion) -> Body:
    """Return a text without the statements, comments and expressions of MDX, and components.

    In files ``.md``, braces are text.
    """
    is_mdx = page.path.lower().endswith(".mdx")
    parts: dict[str, str] = {}
    if is_mdx or re.search(r"^import\s.+\sfrom\s", body.text, re.MULTILINE):
        body = body.edited(_statements(body, page, parts))
    body = body.edited(_includes(body, page, parts))
    if is_mdx:
        found = _COMMENT.finditer(body.text)
        body = body.edited((*each.span(), "") for each in found if not body.is_code(each.start()))
        body = body.edited(_expressions(body, page))
    return without_components(body, page)


def constants_in(script: str) -> dict[str, str]:
    """Return the texts and numbers that a script gives to names."""
    return {
        each[1]: each[3] if each[3] is not None else each[4] for each in _CONSTANT.finditer(script)
    }


def _statements(body: Body, page: Conversion, parts: dict[str, str]) -> Iterator[Edit]:
    for each in _STATEMENT.finditer(body.text):
        if body.is_code(each.start()) or not _is_script(body.text, each.start()):
            continue
        parts.update(dict(_IMPORT.findall(each[0])))
        page.constants.update(constants_in(each[0]))
        yield *each.span(), ""


def _is_script(text: str, start: int) -> bool:
    """Return whether a statement is at a place: at the start of a block, not in a paragraph."""
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
    return bool(_BLOCK_END.match(before)) and _SCRIPT.match(text, start) is not None


def _includes(body: Body, page: Conversion, parts: dict[str, str]) -> Iterator[Edit]:
    for tag in components_in(body):
        if tag.name in parts and not tag.is_end:
            path = _path_of(parts[tag.name], page)
            text = page.text_in(page.folder / path)
            if text is not None:
                part = body_of(parse_markdown(page.file, text).body, 1)
                yield tag.start, tag.end, _as_in(page, path, part)


def _path_of(written: str, page: Conversion) -> str:
    """Return the path of a part in the folder of the site."""
    if written.startswith(_SITE):
        return joined("", written.removeprefix(_SITE))
    return joined(posixpath.dirname(page.path), written)


def _as_in(page: Conversion, path: str, part: Body) -> str:
    """Return the text of a part with its relative links to files as its page has to write them."""

    def choose(link: OldLink) -> str:
        address, sign, rest = re.split(r"([#?]|\Z)", link.href, maxsplit=1)
        if not _RELATIVE.fullmatch(address):
            return link.href
        file = joined(posixpath.dirname(path), address)
        beside = posixpath.relpath(f"/{file}", f"/{posixpath.dirname(page.path)}")
        return f"./{beside}{sign}{rest}"

    return with_links(part, tuple(links_of(part)), choose).text


def _expressions(body: Body, page: Conversion) -> Iterator[Edit]:
    tags = [(each.start, each.end) for each in components_in(body)]
    for each in _EXPRESSION.finditer(body.text):
        inside = any(start <= each.start() < end for start, end in tags)
        if body.is_code(each.start()) or inside or _is_in_html_tag(body.text, each.start()):
            continue
        text, name = _TEXT.fullmatch(each[1]), _NAME.fullmatch(each[1])
        if text is not None:
            yield *each.span(), text[1] or text[2] or text[3] or ""
        elif name is not None and name[1] in page.constants:
            yield *each.span(), page.constants[name[1]]
        else:
            page.report_text(body, each.start(), each[0], EXPRESSION)


def _is_in_html_tag(text: str, offset: int) -> bool:
    opened = text.rfind("<", 0, offset)
    return opened > text.rfind(">", 0, offset) and text[opened + 1 : opened + 2].isalpha()
