"""Components in texts: those of MDX and Vue, which look like elements of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cms.importing.site.body import Body
from cms.importing.site.syntax.conversion import Conversion
from cms.importing.site.syntax.tags import Tag, arguments_in, without_tags

_COMPONENT = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Z][\w.]*|[a-z]+-[\w-]+)"
    r"(?P<rest>(?:\s+[\w:@.#-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\}))?)*)"
    r"\s*(?P<single>/?)>"
)


def without_components(body: Body, page: Conversion) -> Body:
    """Return a text with its components replaced; those without a replacement stay as text."""
    body = without_tags(body, page, components_in)
    unknown = list(components_in(body))
    for tag in unknown:
        if not tag.is_end:
            page.report_text(body, tag.start, body.text[tag.start : tag.end])
    # Entities, since a backslash is no escape in a block of HTML; arguments can have tags, too.
    return body.edited(
        (place, place + 1, "&lt;")
        for tag in unknown
        for place in range(tag.start, tag.end)
        if body.text[place] == "<"
    )


def components_in(body: Body) -> Iterator[Tag]:
    """Yield the components outside of code."""
    for each in _COMPONENT.finditer(body.text):
        before = body.text[max(each.start() - 2, 0) : each.start()]
        is_address = before == "](" or before.endswith("\\")
        if not body.is_code(each.start()) and not is_address:
            yield Tag(
                each.start(),
                each.end(),
                each["name"],
                arguments_in(each["rest"] or ""),
                is_end=bool(each["end"]),
                is_single=bool(each["single"]),
            )
