"""Comments, which readers do not see: ``<!-- … -->``."""

from __future__ import annotations

import re

from cms.importing.site.body import Body
from cms.importing.site.syntax.conversion import Conversion

# A comment, or one without an end, of which there is at most one: so no part is read twice.
_COMMENT = re.compile(r"<!--[\s\S]*?(?:(?P<end>-->)|\Z)")


def without_comments(body: Body, page: Conversion) -> Body:
    """Return a text without its comments; those in code stay."""
    del page
    if "<!--" not in body.text:
        return body
    found = (each for each in _COMMENT.finditer(body.text) if each["end"])
    return body.edited((*each.span(), "") for each in found if not body.is_code(each.start()))
