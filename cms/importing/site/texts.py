"""The text of a file as Markdown: its templates are converted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cms.errors import SiteError
from cms.importing.site.body import Body, body_of
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.generators.base import Generator, SourcePage
from cms.importing.site.mapping import MarkdownMapping, Shortcode
from cms.importing.site.syntax.anchors import with_ids
from cms.importing.site.syntax.conversion import Conversion
from cms.importing.site.syntax.html_pages import in_one_block, without_blank_lines
from cms.importing.site.syntax.registry import CONVERTERS, IN_HTML

# Control characters but tabs and line ends. A file with null characters is none of words.
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def markdown_of(
    generator: Generator, mapping: MarkdownMapping, page: SourcePage
) -> tuple[Body, Sequence[Fault]]:
    """Return the text of a file as Markdown, and the faults of its conversion.

    Raises:
        SiteError: if the mapping names a syntax that is not known.
    """
    source = page.values.source
    body = body_of(source.body, source.body_line)
    if is_html := generator.is_html(page.place):
        body = in_one_block(body)
    conversion = Conversion(
        file=source.file,
        folder=generator.folder,
        path=page.place.path,
        shortcodes={name: _shortcode(each) for name, each in mapping.shortcodes.items()},
        variables=_variables(generator, page),
        attachments=generator.attachment,
    )
    body = _without_control_characters(body, conversion)
    for name in mapping.syntax:
        if name not in CONVERTERS:
            known = ", ".join(CONVERTERS)
            raise SiteError(f"syntax: {name!r} is unknown; use one of {known}")
        if not is_html or name in IN_HTML:
            body = CONVERTERS[name](body, conversion)
        if is_html:
            body = without_blank_lines(body)
    return with_ids(body), conversion.faults


def _without_control_characters(body: Body, page: Conversion) -> Body:
    """Return a text without control characters, which readers do not see and no text can have."""
    found = list(_CONTROL.finditer(body.text))
    for each in found:
        message = f"the character U+{ord(each[0]):04X} is left out: it cannot be shown"
        page.report(body, each.start(), FaultKind.CHANGED, message)
    return body.edited((*each.span(), "") for each in found)


def _shortcode(value: str | Shortcode) -> Shortcode:
    return value if isinstance(value, Shortcode) else Shortcode(markdown=value)


def _variables(generator: Generator, page: SourcePage) -> Mapping[str, Any]:
    data = generator.data
    site = {**generator.settings, "data": data}
    front = page.values.written
    return {**data, **front, "site": {**site, **_mapping(data.get("site"))}, "page": front}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
