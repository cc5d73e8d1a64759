"""Tokenizer: the words of a text, folded so that case and accents do not matter.

Both databases index these words as they are, without a tokenizer of their own, so that they find
the same documents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from cms.content.collation import sort_key

# Maximum number of characters of a folded word; the rest is cut off.
LONGEST_WORD = 64

_GAP, _WORD, _WHOLE_WORD = range(3)
# Code points of scripts without spaces: each character is a word, and a run of them a phrase.
_SPACELESS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))


class Piece(NamedTuple):
    """A word of a text with the gap after it.

    Attributes:
        folded: the folded word; empty for the text before the first word.
        word: the word as written.
        gap: the characters between it and the next word.
    """

    folded: str
    word: str
    gap: str


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a text; their words and gaps together are the text."""
    last, word, gap = "", "", ""
    for run, folded in _runs(text):
        if not folded:
            gap += run
            continue
        if word or gap:
            yield Piece(last, word, gap)
        last, word, gap = folded, run, ""
    if word or gap:
        yield Piece(last, word, gap)


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return [folded for _, folded in _runs(text) if folded]


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Return a word folded: without case, accents and compatibility variants of characters."""
    # Twice, since the compatibility decomposition of a character can contain capitals.
    key = sort_key(sort_key(word))
    return "".join(char for char in key if _kind(char) is not _GAP)[:LONGEST_WORD]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words and gaps of a text, each with its folded form, which is empty for a gap."""
    for kind, characters in groupby(text, key=_kind):
        if kind is _WHOLE_WORD:
            yield from ((char, fold(char)) for char in characters)
        else:
            run = "".join(characters)
            yield run, fold(run) if kind is _WORD else ""


@lru_cache(maxsize=4_096)
def _kind(char: str) -> int:
    # General categories L, N and M: letters, numbers, and combining marks.
    if unicodedata.category(char)[0] not in "LNM":
        return _GAP
    code = ord(char)
    return _WHOLE_WORD if any(first <= code <= last for first, last in _SPACELESS) else _WORD
