"""MDX: https://mdxjs.com/docs/what-is-mdx/."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from html import escape

from cms.importing.front_matter import parse_markdown
from cms.importing.site.body import Body, Edit, body_of, covers
from cms.importing.site.faults import FaultKind
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
_COMMENT_MARK = re.compile(r"(?P<begin>\{\s*/\*)|\*/\s*\}")
_EXPRESSION = re.compile(r"(?<!\\)\{(?![#%:{])((?:[^{}]|\{[^{}]*\})*)\}")
_BRACES = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_ATTRIBUTE = rf"\s+[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|{_BRACES}|[^\s\"'{{}}<>=]+))?"
_ELEMENT = re.compile(rf"<(?P<name>[a-z][a-z0-9]*)(?P<rest>(?:{_ATTRIBUTE})*)\s*/?>")
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_IN_BRACES = re.compile(r"\s+([\w:-]+)\s*=\s*\{([\s\S]*)\}")
# Attributes that no HTML here has: those who sanitise it report them, once for each element.
_NEVER_KEPT = re.compile(r"style|class(?:Name)?|on[A-Z]\w*")
_NUMBER = re.compile(r"\s*(-?[\d.]+)\s*")
_TEXT = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`$]*)`)\s*")
_NAME = re.compile(r"\s*(\w+)\s*")


def without_mdx(body: Body, page: Conversion) -> Body:
    """Return a text without the statements, comments and expressions of MDX, and components.

    In files ``.md``, braces are text, but for comments and the attributes of elements.
    """
    is_mdx = page.path.lower().endswith(".mdx")
    parts: dict[str, str] = {}
    if is_mdx or re.search(r"^import\s.+\sfrom\s", body.text, re.MULTILINE):
        body = body.edited(_statements(body, page, parts))
    body = body.edited(_includes(body, page, parts))
    body = body.edited(_comments(body))
    body = body.edited(_attributes(body, page))
    if is_mdx:
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
    text = body.text
    tags = [(each.start, each.end) for each in components_in(body)]
    opened = closed = -1
    done = 0
    for each in _EXPRESSION.finditer(text):
        start = each.start()
        opened = max(opened, text.rfind("<", done, start))
        closed = max(closed, text.rfind(">", done, start))
        done = start
        is_in_tag = opened > closed and text[opened + 1 : opened + 2].isalpha()
        if body.is_code(start) or is_in_tag or covers(tags, start):
            continue
        words, name = _TEXT.fullmatch(each[1]), _NAME.fullmatch(each[1])
        if words is not None:
            yield *each.span(), words[1] or words[2] or words[3] or ""
        elif name is not None and name[1] in page.constants:
            yield *each.span(), page.constants[name[1]]
        else:
            page.report_text(body, start, each[0], EXPRESSION)


def _comments(body: Body) -> Iterator[Edit]:
    begin: int | None = None
    for each in _COMMENT_MARK.finditer(body.text):
        if each["begin"] is None:
            if begin is not None:
                yield begin, each.end(), ""
            begin = None
        elif begin is None and not body.is_code(each.start()):
            begin = each.start()


def _attributes(body: Body, page: Conversion) -> Iterator[Edit]:
    """Yield the elements of HTML with attributes in braces, whose values are expressions."""
    for tag in _ELEMENT.finditer(body.text):
        if "{" not in tag["rest"] or body.is_code(tag.start()):
            continue
        for each in _ATTRIBUTES.finditer(body.text, *tag.span("rest")):
            if (found := _IN_BRACES.fullmatch(each[0])) is None:
                continue
            name, value = found.groups()
            if known := _TEXT.fullmatch(value) or _NUMBER.fullmatch(value):
                yield *each.span(), f' {name}="{escape(next(filter(None, known.groups()), ""))}"'
                continue
            is_known_to_go = _NEVER_KEPT.fullmatch(name) is not None
            if not is_known_to_go:
                message = f"{name} of <{tag['name']}> is left out: {EXPRESSION}"
                page.report(body, each.start(), FaultKind.CHANGED, message)
            yield *each.span(), f' {name}=""' if is_known_to_go else ""
