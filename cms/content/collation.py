"""How words are put in order."""

from __future__ import annotations

import unicodedata


def sort_key(text: str) -> str:
    """Return a key that puts words in order without regard to case and accents.

    It is computed when content is saved, so that both databases order alike; neither agrees
    with the other on what a letter's lower case is.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
