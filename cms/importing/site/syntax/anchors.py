"""Names of places in a text, as old HTML has them: ``<a name="details"></a>``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cms.importing.site.body import Body, Edit

_NAMED = re.compile(r"<a\b(?P<before>(?:\s[^<>]*?)??\s)name(?P<value>\s*=[^<>]*)>", re.IGNORECASE)
_ID = re.compile(r"\sid\s*=", re.IGNORECASE)


def with_ids(body: Body) -> Body:
    """Return a text in which the names of places are ids, as they are in other elements."""
    return body.edited(_ids(body))


def _ids(body: Body) -> Iterator[Edit]:
    for each in _NAMED.finditer(body.text):
        if not _ID.search(each[0]) and not body.is_code(each.start()):
            start = each.end("before")
            yield start, start + len("name"), "id"
