"""Collation: the sort order of words."""

from __future__ import annotations

import unicodedata


def sort_key(text: str) -> str:
    """Return a sort key for a text that ignores case and accents.

    It is stored when content is saved, so that both databases order texts alike; they disagree on
    the lower case of some letters.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
