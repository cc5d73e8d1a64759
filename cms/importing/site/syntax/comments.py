"""Comments, which readers do not see: ``<!-- … -->``."""

from __future__ import annotations

import re

from cms.importing.site.body import Body
from cms.importing.site.syntax.conversion import Conversion

_COMMENT = re.compile(r"<!--[\s\S]*?-->")


def without_comments(body: Body, page: Conversion) -> Body:
    """Return a text without its comments; those in code stay."""
    del page
    if "<!--" not in body.text:
        return body
    found = _COMMENT.finditer(body.text)
    return body.edited((*each.span(), "") for each in found if not body.is_code(each.start()))
