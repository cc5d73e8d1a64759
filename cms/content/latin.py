"""Latin letters in ASCII: those that stay when their accents are gone, such as ł, ø and æ."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from anyascii import anyascii


def in_ascii(text: str) -> str:
    """Return a text with its Latin letters as letters of ASCII; everything else stays.

    ``Łódź`` becomes ``Lodz``, and ``smørrebrød`` ``smorrebrod``. A letter without
    a spelling in ASCII, such as the glottal stop ʔ, stays too.
    """
    return text if text.isascii() else "".join(map(_letter_in_ascii, text))


@lru_cache(maxsize=4_096)
def _letter_in_ascii(char: str) -> str:
    if char.isascii() or not char.isalpha():
        return char
    if not unicodedata.name(char, "").startswith("LATIN"):
        return char
    # Some abbreviations of medieval scribes are spelled with a period.
    return "".join(filter(str.isalnum, anyascii(char))) or char
