"""URL slugs and anchors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cms.errors import InvalidValue, Refused

_APOSTROPHES = re.compile("['\u2019]")
_NOT_A_WORD = re.compile(r"[\W_]+")
# Description of a slug, for messages.
SLUG_FORM = "a URL slug: words of lower-case letters and digits, with a hyphen between two words"
_SLUG = re.compile(r"[^\W_]+(-[^\W_]+)*")


def slugify(text: str) -> str:
    """Return the words of ``text`` in lower case, joined by hyphens; empty if it has none.

    Accents are removed; letters of other scripts are kept, since addresses may contain them
    (RFC 3987).
    """
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_A_WORD.sub("-", unicodedata.normalize("NFC", plain)).strip("-")


def is_slug(text: str) -> bool:
    """Return whether ``text`` is a URL slug."""
    return _SLUG.fullmatch(text) is not None and text == text.lower()


def check_slug(slug: str) -> str:
    """Return the slug.

    Raises:
        Refused: if it cannot stand in a path.
    """
    if not is_slug(slug):
        message = f"expected {SLUG_FORM}"
        raise Refused(InvalidValue(message=message, path=("slug",)))
    return slug


class Anchors:
    """The anchors of one page, each of which is unique."""

    def __init__(self) -> None:
        self.taken: dict[str, None] = {}

    def take(self, heading: str) -> str:
        """Return a unique anchor for a heading, with a number if its words are taken already."""
        words = slugify(heading) or "section"
        anchor, number = words, 1
        while anchor in self.taken:
            number += 1
            anchor = f"{words}-{number}"
        self.taken[anchor] = None
        return anchor

    def reserve(self, anchors: Iterable[str]) -> None:
        """Add anchors that the text defines itself, so that they are not given to headings."""
        self.taken.update(dict.fromkeys(anchors))
