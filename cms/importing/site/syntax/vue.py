"""Vue in texts of VitePress: https://vitepress.dev/guide/using-vue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cms.importing.front_matter import parse_markdown
from cms.importing.site.body import Body, Edit
from cms.importing.site.faults import FaultKind
from cms.importing.site.syntax.components import without_components
from cms.importing.site.syntax.conversion import EXPRESSION, Conversion
from cms.importing.site.syntax.mdx import constants_in

_SCRIPT = re.compile(r"^<(script|style)\b[^>]*>[\s\S]*?</\1>[ \t]*$", re.MULTILINE)
_OUTPUT = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_TOC = re.compile(r"^\[\[toc\]\][ \t]*$", re.MULTILINE | re.IGNORECASE)
_INCLUDE = re.compile(r"<!--\s*@include:\s*(?P<path>[^\s{}#]+)(?P<part>[#{][^\s]*)?\s*-->")
_LITERAL = re.compile(r"\"([^\"]*)\"|'([^']*)'|(-?\d+(?:\.\d+)?)")


def with_includes(body: Body, page: Conversion) -> Body:
    """Return a text with the files that ``@include`` names; a part of a file is not read."""
    return body.edited(_includes(body, page)) if "@include" in body.text else body


def without_vue(body: Body, page: Conversion) -> Body:
    """Return a text without scripts and styles, with the values that are known, and components."""
    for each in _SCRIPT.finditer(body.text):
        if not body.is_code(each.start()):
            page.constants.update(constants_in(each[0]))
    scripts = _SCRIPT.finditer(body.text)
    body = body.edited((*each.span(), "") for each in scripts if not body.is_code(each.start()))
    body = body.edited((*each.span(), "") for each in _TOC.finditer(body.text))
    body = body.edited(_outputs(body, page))
    return without_components(body, page)


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


def _outputs(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _OUTPUT.finditer(body.text):
        before = body.text[: each.start()]
        is_verbatim = before.rpartition("<")[2].startswith("span v-pre>")
        if body.is_code(each.start()) or is_verbatim:
            continue
        literal = _LITERAL.fullmatch(each[1])
        if each[1] in page.constants:
            yield *each.span(), page.constants[each[1]]
        elif literal is not None:
            yield *each.span(), literal[1] or literal[2] or literal[3] or ""
        else:
            page.report_text(body, each.start(), each[0], EXPRESSION)
