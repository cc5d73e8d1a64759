"""Words in addresses: slugs, anchors and paths."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cms.errors import InvalidValue, Refused

_APOSTROPHES = re.compile("['\u2019]")
_NOT_A_WORD = re.compile(r"[\W_]+")
# What a slug is, for messages.
SLUG_FORM = "a URL slug: words of lower-case letters and digits, with a hyphen between two words"
_SLUG = re.compile(r"[^\W_]+(-[^\W_]+)*")


def slugify(text: str) -> str:
    """Return the words of ``text`` in lower case, joined by hyphens; empty if it has none.

    Accents are dropped from Latin letters; letters of other scripts stay, since addresses
    may hold them (RFC 3987).
    """
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_A_WORD.sub("-", unicodedata.normalize("NFC", plain)).strip("-")


def is_slug(text: str) -> bool:
    """Say whether ``text`` can stand in a path as it is."""
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
    """The ``#anchors`` of one page; hands out each only once."""

    def __init__(self) -> None:
        self.taken: dict[str, None] = {}

    def take(self, heading: str) -> str:
        """Return an anchor for this heading, numbered if an earlier heading has its words."""
        words = slugify(heading) or "section"
        anchor, number = words, 1
        while anchor in self.taken:
            number += 1
            anchor = f"{words}-{number}"
        self.taken[anchor] = None
        return anchor

    def know(self, anchors: Iterable[str]) -> None:
        """Note anchors that the text itself brings along."""
        self.taken.update(dict.fromkeys(anchors))
