"""Liquid, in texts of Jekyll and Eleventy: https://shopify.github.io/liquid/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cms.importing.site.body import Body, Edit
from cms.importing.site.references import PageReference, unknown_address
from cms.importing.site.syntax.conversion import EXPRESSION, LOGIC, Conversion
from cms.importing.site.syntax.expressions import NotEvaluated, evaluate, value_of
from cms.importing.site.syntax.fences import fence_of
from cms.importing.site.syntax.tags import Tag, arguments_in, without_tags

# What stands in a tag, without white space around it. All quantifiers are possessive (``*+``), and
# nothing goes past another opening, so that openings without an end take linear time.
_INSIDE = r"(?:\s*+(?!-?%\}|\{%)\S)*+"
_NAME = r"\w(?:-?\w)*+"


def _block(name: str, arguments: str = "") -> re.Pattern[str]:
    """Return the pattern of a tag, with what stands between it and the tag that ends it."""
    text = rf"((?:(?!\{{%-?\s*+(?:end)?{name}\b)[\s\S])*+)"
    return re.compile(
        rf"\{{%-?\s*+{name}\b\s*+{arguments}\s*+-?%\}}{text}\{{%-?\s*+end{name}\s*+-?%\}}"
    )


_RAW = _block("raw")
_COMMENT = _block("comment", _INSIDE)
_CAPTURE = _block("capture", rf"({_NAME})")
_SET = _block("set", rf"({_NAME})")
_HIGHLIGHT = _block("highlight", rf"([^\s%]++){_INSIDE}")
_ASSIGN = re.compile(rf"\{{%-?\s*+(?:assign|set)\s++({_NAME})\s*+=\s*+({_INSIDE})\s*+-?%\}}")
_TAG = re.compile(rf"\{{%-?\s*+(?P<name>{_NAME})\s*+(?P<rest>{_INSIDE})\s*+-?%\}}")
_OUTPUT = re.compile(r"\{\{-?\s*+((?:\s*+(?!-?\}\}|\{\{)\S)*+)\s*+-?\}\}")
# What is before an output at the beginning of an address: of a link, or of an element.
_BEFORE_ADDRESS = re.compile(r"(?:\]\(\s*<?|\b(?:href|src)\s*=\s*[\"']?)\Z", re.IGNORECASE)
_LONGEST_BEFORE = 20
_CONTROL = frozenset({"for", "if", "unless", "case", "when", "else", "elsif", "cycle", "tablerow"})
_KEPT = "\ue000"


def without_liquid(body: Body, page: Conversion) -> Body:
    """Return a text with its tags and outputs converted; those that are not known stay."""
    if "{%" not in body.text and "{{" not in body.text:
        return body
    body = body.edited(
        (*each.span(), each[1].replace("{", _KEPT)) for each in _RAW.finditer(body.text)
    )
    body = body.edited((*each.span(), "") for each in _COMMENT.finditer(body.text))
    body = body.edited(
        (*each.span(), fence_of(body.text, each.span(), each[1], each[2]))
        for each in _HIGHLIGHT.finditer(body.text)
    )
    body = body.edited(_defined(body, dict(page.variables)))
    body = body.edited(_references(body, page))
    body = without_tags(body, page, _tags)
    body = body.edited(_outputs(body, page))
    for tag in _TAG.finditer(body.text):
        if tag["name"] in _CONTROL:
            page.report_text(body, tag.start(), tag[0], LOGIC)
        elif not tag["name"].startswith("end"):
            page.report_text(body, tag.start(), tag[0])
    return Body(body.text.replace(_KEPT, "{"), body.lines)


def _tags(body: Body) -> Iterator[Tag]:
    for each in _TAG.finditer(body.text):
        name = each["name"].removeprefix("end")
        is_end = each["name"] != name
        arguments = arguments_in(each["rest"]) if name not in _CONTROL else {}
        if name in {"include", "include_relative", "render"} and "0" in arguments:
            name = arguments["0"]
        yield Tag(each.start(), each.end(), name, arguments, is_end=is_end)


def _defined(body: Body, variables: dict[str, Any]) -> Iterator[Edit]:
    """Yield the definitions of variables, without text, and the outputs that are known by then."""
    kinds = (_CAPTURE, _SET, _ASSIGN, _OUTPUT)
    found = [match for kind in kinds for match in kind.finditer(body.text)]
    done = 0
    for each in sorted(found, key=lambda match: match.start()):
        if each.start() < done:  # within the text of a definition
            continue
        done = each.end()
        try:
            if each.re is _OUTPUT:
                yield *each.span(), value_of(each[1], variables)
                continue
            is_text = each.re is not _ASSIGN
            variables[each[1]] = (evaluate if is_text else value_of)(each[2], variables)
        except NotEvaluated:
            if each.re is _ASSIGN:
                variables.pop(each[1], None)
            continue
        yield *each.span(), ""


def _references(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _TAG.finditer(body.text):
        rest = each["rest"].strip().strip("\"'")
        match each["name"]:
            case "link":
                yield *each.span(), PageReference("link", rest).href
            case "post_url":
                yield *each.span(), PageReference("post", rest).href
            case "include" | "include_relative" if (text := _included(each, page)) is not None:
                yield *each.span(), text


def _included(tag: re.Match[str], page: Conversion) -> str | None:
    """Return the text of an include with its arguments; ``None`` if it has logic of its own."""
    arguments = arguments_in(tag["rest"])
    name = arguments.get("0", "")
    if not name or name in page.shortcodes:
        return None
    if tag["name"] == "include":
        text = page.text_in(Path(page.folder) / "_includes" / name)
    else:
        text = page.text_beside(name)
    if text is None or "{%" in text:
        return None
    named = {key: evaluate(value, page.variables) for key, value in arguments.items()}
    filled = evaluate(text, {**page.variables, "include": named}).strip("\n")
    return filled if "{{" not in filled else None


def _outputs(body: Body, page: Conversion) -> Iterator[Edit]:
    for each in _OUTPUT.finditer(body.text):
        try:
            yield *each.span(), value_of(each[1], page.variables)
        except NotEvaluated:
            if _is_address(body, each.start()):  # its link is a fault of its own
                yield *each.span(), unknown_address(each[0])
            else:
                page.report_text(body, each.start(), each[0], EXPRESSION)


def _is_address(body: Body, start: int) -> bool:
    """Return whether an address begins at a place."""
    before = body.text[max(start - _LONGEST_BEFORE, 0) : start]
    return _BEFORE_ADDRESS.search(before) is not None and not body.is_code(start)
