"""Vue in texts of VitePress: https://vitepress.dev/guide/using-vue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from textwrap import dedent

from cms.importing.front_matter import parse_markdown
from cms.importing.site.body import Body, Edit
from cms.importing.site.faults import FaultKind
from cms.importing.site.syntax.components import without_components
from cms.importing.site.syntax.conversion import EXPRESSION, Conversion
from cms.importing.site.syntax.mdx import constants_in

_SCRIPT_MARK = re.compile(
    r"^<(?P<begin>script|style)\b|</(?P<end>script|style)>[ \t]*$", re.MULTILINE
)
_OUTPUT = re.compile(r"\{\{([^{}]*+)\}\}")
_VERBATIM = "<span v-pre>"
_TOC = re.compile(r"^\[\[toc\]\][ \t]*$", re.MULTILINE | re.IGNORECASE)
_INCLUDE = re.compile(r"<!--\s*@include:\s*(?P<path>[^\s{}#]+)(?P<part>[#{][^\s]*)?\s*-->")
# The colours of a terminal, in files that show what it shows.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_REGION = re.compile(r"[\s/#*<!;-]*#?(?P<end>end)?\s?region\b\s*(?P<name>[\w-]*)[\s*/>-]*")
_SNIPPET = re.compile(
    r"^(?P<indent>[ \t]*)<<<[ \t]*(?P<path>[^\s#{\[]+)(?:#(?P<region>[\w-]+))?"
    r"[ \t]*(?:\{(?P<marks>[^}\n]*)\})?[ \t]*(?P<title>\[[^\]\n]*\])?[ \t]*$",
    re.MULTILINE,
)
_LITERAL = re.compile(r"\"([^\"]*)\"|'([^']*)'|(-?\d+(?:\.\d+)?)")


def with_includes(body: Body, page: Conversion) -> Body:
    """Return a text with the files that ``@include`` and ``<<<`` name.

    Of a file of ``@include``, a part is not read.
    """
    if "@include" in body.text:
        body = body.edited(_includes(body, page))
    return body.edited(_snippets(body, page)) if "<<<" in body.text else body


def without_vue(body: Body, page: Conversion) -> Body:
    """Return a text without scripts and styles, with the values that are known, and components."""
    scripts = list(_scripts(body))
    for start, end in scripts:
        page.constants.update(constants_in(body.text[start:end]))
    body = body.edited((*each, "") for each in scripts)
    body = body.edited((*each.span(), "") for each in _TOC.finditer(body.text))
    body = body.edited(_outputs(body, page))
    return without_components(body, page)


def _scripts(body: Body) -> Iterator[tuple[int, int]]:
    """Yield the places of scripts and styles, which begin and end a line."""
    begin: re.Match[str] | None = None
    for each in _SCRIPT_MARK.finditer(body.text):
        if begin is None:
            begin = each if each["begin"] and not body.is_code(each.start()) else None
        elif each["end"] == begin["begin"]:
            yield begin.start(), each.end()
            begin = None


def _includes(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _INCLUDE.finditer(body.text):
        if body.is_code(each.start()):
            continue
        path = each["path"]
        text = page.text_beside(path) if not path.startswith("@") else None
        if text is None or each["part"]:
            message = f"{path} is not included: only whole files beside the page are"
            page.report(body, each.start(), FaultKind.LOST_WORDS, message)
        else:
            yield *each.span(), parse_markdown(page.file, text).body


def _snippets(body: Body, page: Conversion) -> Iterator[Edit]:
    """Yield files of code as fences."""
    for each in _SNIPPET.finditer(body.text):
        if body.is_code(each.start()):
            continue
        code = _part_of(_code_of(each["path"], page), each["region"])
        if code is None:
            reason = "there is no such file or region in the imported folder"
            page.report_text(body, each.start(), each[0].strip(), reason)
            continue
        marks = re.search(r"[A-Za-z][\w+-]*", each["marks"] or "")
        language = marks[0] if marks else PurePosixPath(each["path"]).suffix.lstrip(".")
        fence = "`" * (max(map(len, re.findall(r"`{3,}", code)), default=2) + 1)
        lines = [f"{fence}{language} {each['title'] or ''}".rstrip(), *code.split("\n"), fence]
        yield *each.span(), "\n".join(f"{each['indent']}{line}".rstrip() for line in lines)


def _code_of(path: str, page: Conversion) -> str | None:
    """Return a file of code; one after ``@`` is in a folder around the page."""
    if not path.startswith("@"):
        return page.text_beside(path)
    inside = path.removeprefix("@").lstrip("/")
    for parent in PurePosixPath(page.path).parents:
        if (text := page.text_in(page.folder / parent / inside)) is not None:
            return text
    return None


def _part_of(code: str | None, region: str | None) -> str | None:
    """Return the part of code in a region, without the marks of others; ``None`` if missing."""
    if code is None:
        return None
    lines = _COLOUR.sub("", code.removeprefix("\ufeff")).strip("\n").splitlines()
    if region is not None:
        starts = [i for i, each in enumerate(lines) if _mark(each) == ("", region)]
        ends = [i for i, each in enumerate(lines) if _mark(each) in {("end", region), ("end", "")}]
        if not starts:
            return None
        end = next((each for each in ends if each > starts[0]), len(lines))
        lines = lines[starts[0] + 1 : end]
    return dedent("\n".join(each for each in lines if _mark(each) is None))


def _mark(line: str) -> tuple[str, str] | None:
    """Return whether a line is the end of a region, and its name; ``None`` if it is neither."""
    match = _REGION.fullmatch(line)
    return (match["end"] or "", match["name"]) if match is not None else None


def _outputs(body: Body, page: Conversion) -> Iterator[Edit]:
    opened, done = -1, 0
    for each in _OUTPUT.finditer(body.text):
        opened = max(opened, body.text.rfind("<", done, each.start()))
        done = each.start()
        if body.is_code(each.start()) or (opened >= 0 and body.text.startswith(_VERBATIM, opened)):
            continue
        value = each[1].strip()
        literal = _LITERAL.fullmatch(value)
        if value in page.constants:
            yield *each.span(), page.constants[value]
        elif literal is not None:
            yield *each.span(), literal[1] or literal[2] or literal[3] or ""
        else:
            page.report_text(body, each.start(), each[0], EXPRESSION)
