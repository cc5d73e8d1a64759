"""Containers between lines of colons, as in VitePress and Docusaurus: ``::: tip Title``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cms.importing.site.body import Body
from cms.importing.site.syntax.conversion import Conversion
from cms.importing.site.syntax.tags import Tag, arguments_in, without_tags

_LINE = re.compile(
    r"^[ \t>]*(?P<colons>:{3,})[ \t]*(?P<name>[\w-]+)?(?:\[(?P<label>[^\]\n]*)\])?"
    r"(?:\{(?P<braces>[^}\n]*)\})?(?P<rest>[^\n]*)$",
    re.MULTILINE,
)


def without_containers(body: Body, page: Conversion) -> Body:
    """Return a text with its containers replaced; those without a replacement stay."""
    if ":::" not in body.text:
        return body
    body = without_tags(body, page, _containers)
    for tag in _containers(body):
        if not tag.is_end:
            page.report_text(body, tag.start, body.text[tag.start : tag.end])
    return body


def _containers(body: Body) -> Iterator[Tag]:
    """Yield the lines of containers; one without a name ends the innermost."""
    names: list[tuple[str, str]] = []
    for each in _LINE.finditer(body.text):
        if body.is_code(each.start()):
            continue
        start = each.start("colons")
        if each["name"] is not None:
            names.append((each["colons"], each["name"]))
            label = each["label"] if each["label"] is not None else each["rest"].strip()
            arguments = {**arguments_in(each["braces"] or ""), "label": label}
            yield Tag(start, each.end(), each["name"], arguments)
        elif names and not each["rest"].strip():
            same = [one for one in names if one[0] == each["colons"]]
            ended = same[-1] if same else names[-1]
            del names[len(names) - 1 - names[::-1].index(ended) :]
            yield Tag(start, each.end(), ended[1], is_end=True)
