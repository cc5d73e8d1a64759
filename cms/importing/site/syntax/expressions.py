"""Expressions in braces, as templates have them: variables, texts, and a few filters."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from cms.content.slug import slugify
from cms.importing.site.syntax.fences import fence_of

_OUTPUT = re.compile(r"\{\{-?\s*(?P<inner>.*?)\s*-?\}\}", re.DOTALL)
_TEXT = re.compile(r""""([^"]*)"|'([^']*)'""")
_NAME = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+|\[\d+\]|\[[\"'][^\"']+[\"']\])*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

# A filter with its arguments: after a colon, or in brackets.
_FILTER = re.compile(r"(?P<name>\w+)\s*(?::(?P<rest>.*)|\((?P<inner>.*)\))?", re.DOTALL)
_FILTERS: Mapping[str, Callable[..., str]] = {
    "append": lambda text, more: text + more,
    "capitalize": lambda text: text[:1].upper() + text[1:],
    "default": lambda text, other: text or other,
    "downcase": lambda text: text.lower(),
    "escape": html.escape,
    "highlight": lambda code, language: fence_of("", (0, 0), language, code),
    "lower": lambda text: text.lower(),
    "lstrip": lambda text: text.lstrip(),
    "prepend": lambda text, more: more + text,
    "remove": lambda text, part: text.replace(part, ""),
    "replace": lambda text, old, new: text.replace(old, new),
    "rstrip": lambda text: text.rstrip(),
    "safe": lambda text: text,
    "slug": slugify,
    "slugify": slugify,
    "strip": lambda text: text.strip(),
    "upcase": lambda text: text.upper(),
    "upper": lambda text: text.upper(),
    "uri_escape": lambda text: quote(text, safe="/:?#=&%"),
    "url": lambda text: text,
    "url_encode": lambda text: quote(text, safe=""),
}


class NotEvaluated(Exception):
    """An expression has a variable or a filter that is not known."""


def evaluate(text: str, variables: Mapping[str, Any]) -> str:
    """Return a text with its expressions replaced; those that are not known stay."""

    def value(match: re.Match[str]) -> str:
        try:
            return value_of(match["inner"], variables)
        except NotEvaluated:
            return match[0]

    return _OUTPUT.sub(value, text)


def value_of(expression: str, variables: Mapping[str, Any]) -> str:
    """Return the value of an expression.

    Raises:
        NotEvaluated: if it has a variable or a filter that is not known.
    """
    first, *filters = _split(expression, "|")
    text = _operand(first, variables)
    for each in filters:
        written = _FILTER.fullmatch(each)
        if written is None:
            raise NotEvaluated(each)
        rest = written["rest"] or written["inner"] or ""
        arguments = [_operand(one, variables) for one in _split(rest, ",") if one]
        text = _filtered(written["name"], text, arguments, variables)
    return text


def _filtered(name: str, text: str, arguments: Sequence[str], variables: Mapping[str, Any]) -> str:
    if name in {"relative_url", "absolute_url"}:
        site = variables.get("site")
        base = str(site.get("baseurl") or "") if isinstance(site, Mapping) else ""
        return f"{base.rstrip('/')}/{text.lstrip('/')}"
    if name not in _FILTERS:
        raise NotEvaluated(name)
    try:
        return _FILTERS[name](text, *arguments)
    except TypeError:
        raise NotEvaluated(name) from None


def _operand(text: str, variables: Mapping[str, Any]) -> str:
    text = text.strip()
    if (match := _TEXT.fullmatch(text)) is not None:
        return match[1] if match[1] is not None else match[2]
    if _NUMBER.fullmatch(text):
        return text
    if not _NAME.fullmatch(text):
        raise NotEvaluated(text)
    value: Any = variables
    for name in filter(None, re.split(r"[.\[\]\"']+", text)):
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise NotEvaluated(text)
    if isinstance(value, Mapping | list):
        raise NotEvaluated(text)
    return "" if value is None else str(value)


def _split(text: str, separator: str) -> list[str]:
    """Return the parts of an expression between separators that are not in quotes."""
    parts, start, quote_mark = [], 0, ""
    for index, char in enumerate(text):
        if quote_mark:
            quote_mark = "" if char == quote_mark else quote_mark
        elif char in "\"'":
            quote_mark = char
        elif char == separator:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]
