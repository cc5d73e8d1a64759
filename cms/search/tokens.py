"""Tokenizing: words of a text, folded without case and accents.

Both databases index only these words and do not tokenize themselves, so they return the same
results.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from cms.content.collation import sort_key

# Characters of a word that are looked at.
LONGEST_WORD = 64

_GAP, _WORD, _WHOLE_WORD = range(3)
# Scripts without spaces: each character counts as a word, and several in a row as a phrase.
_SPACELESS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))


class Piece(NamedTuple):
    """A word of a text and the gap after it.

    Attributes:
        folded: the folded word; empty for a gap before the first word.
        word: the original word.
        gap: the characters up to the next word.
    """

    folded: str
    word: str
    gap: str


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a text, without omissions."""
    last = Piece("", "", "")
    for run, folded in _runs(text):
        if not folded:
            last = last._replace(gap=last.gap + run)
            continue
        if any(last):
            yield last
        last = Piece(folded, run, "")
    if any(last):
        yield last


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return [folded for _, folded in _runs(text) if folded]


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Return a word in a form without case, accents and other variants of spelling."""
    # Twice, since what a sign is short for may have capitals.
    key = sort_key(sort_key(word))
    return "".join(char for char in key if _kind(char) is not _GAP)[:LONGEST_WORD]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words and gaps of a text, each with its folded form."""
    for kind, characters in groupby(text, key=_kind):
        if kind is _WHOLE_WORD:
            yield from ((char, fold(char)) for char in characters)
        else:
            run = "".join(characters)
            yield run, fold(run) if kind is _WORD else ""


@lru_cache(maxsize=4_096)
def _kind(char: str) -> int:
    # Letters, numbers, and the marks that go with them.
    if unicodedata.category(char)[0] not in "LNM":
        return _GAP
    code = ord(char)
    return _WHOLE_WORD if any(first <= code <= last for first, last in _SPACELESS) else _WORD
