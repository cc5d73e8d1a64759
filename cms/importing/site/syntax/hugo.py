"""Shortcodes of Hugo: https://gohugo.io/content-management/shortcodes/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cms.importing.site.body import Body, Edit
from cms.importing.site.references import PageReference
from cms.importing.site.syntax.conversion import Conversion
from cms.importing.site.syntax.fences import fence_of
from cms.importing.site.syntax.tags import Tag, arguments_in, without_tags

# All quantifiers of unlimited texts are possessive (``*+``), and nothing goes past another opening,
# so that openings without an end take linear time.
_SHORTCODE = re.compile(
    r"\{\{[<%]-?\s*+(?P<end>/?)\s*+(?P<name>\w[\w./-]*)"
    r"(?P<rest>(?:\s*+(?:\"(?:[^\"\\]|\\.)*+\"|`[^`]*+`"
    r"|(?!/?\s*+-?[>%]\}\}|\{\{[<%])[^\"`\s]))*+)"
    r"\s*+(?P<single>/?)\s*+-?[>%]\}\}"
)
_ESCAPED = re.compile(r"\{\{([<%])/\*((?:(?!\{\{[<%]/\*|\*/[>%]\}\})[\s\S])*+)\*/([>%])\}\}")
_REFERENCES = frozenset({"ref", "relref"})
# Braces of escaped shortcodes, until all others are converted.
_KEPT = "\ue000"


def without_shortcodes(body: Body, page: Conversion) -> Body:
    """Return a text with its shortcodes converted; those without a replacement stay."""
    if "{{" not in body.text:
        return body
    body = body.edited(
        (*each.span(), f"{_KEPT}{_KEPT}{each[1]}{each[2]}{each[3]}}}}}")
        for each in _ESCAPED.finditer(body.text)
    )
    body = body.edited(_references(body))
    body = body.edited(_highlights(body))
    body = body.edited(_parameters(body, page))
    body = without_tags(body, page, _tags)
    for tag in _tags(body):
        if not tag.is_end:
            page.report_text(body, tag.start, body.text[tag.start : tag.end])
    return Body(body.text.replace(_KEPT, "{"), body.lines)


def _tags(body: Body) -> Iterator[Tag]:
    for each in _SHORTCODE.finditer(body.text):
        arguments = arguments_in(each["rest"] or "")
        if "id" in arguments:  # of what built-in shortcodes embed, also without its name
            arguments.setdefault("0", arguments["id"])
        yield Tag(
            each.start(),
            each.end(),
            each["name"],
            arguments,
            is_end=bool(each["end"]),
            is_single=bool(each["single"]),
        )


def _references(body: Body) -> Iterator[Edit]:
    for tag in _tags(body):
        if tag.name in _REFERENCES and not tag.is_end:
            path, _, fragment = (tag.arguments.get("path") or tag.arguments.get("0", "")).partition(
                "#"
            )
            language = tag.arguments.get("lang", "")
            name = f"{path}?lang={language}" if language else path
            yield tag.start, tag.end, PageReference("ref", name, fragment).href


def _highlights(body: Body) -> Iterator[Edit]:
    begin: Tag | None = None
    for tag in _tags(body):
        if tag.name != "highlight":
            continue
        if not tag.is_end:
            begin = tag
        elif begin is not None:
            span, language = (begin.start, tag.end), begin.arguments.get("0", "")
            yield *span, fence_of(body.text, span, language, body.text[begin.end : tag.start])
            begin = None


def _parameters(body: Body, page: Conversion) -> Iterator[Edit]:
    """Yield the values of ``param``: of the page, of its sections, or of the site."""
    for tag in _tags(body):
        if tag.name != "param":
            continue
        name = tag.arguments.get("0", "")
        front, site = page.variables.get("page"), page.variables.get("site")
        for values in (front, _within(front, "params"), _within(site, "params")):
            value = _within(values, name)
            if isinstance(value, str):
                yield tag.start, tag.end, value
                break


def _within(values: Any, path: str) -> Any:
    """Return a value within others, by names without regard to case; ``None`` if there is none."""
    for name in path.split("."):
        if not isinstance(values, Mapping):
            return None
        values = next((each for key, each in values.items() if key.lower() == name.lower()), None)
    return values
