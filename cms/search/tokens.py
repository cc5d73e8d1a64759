"""Tokenizer: the words of a text, folded so that case and accents do not matter.

Both databases index these words as they are, without a tokenizer of their own, so that they find
the same documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby
from typing import TypeAlias

from cms.content.collation import sort_key

# Maximum number of characters of a folded word; the rest is cut off.
LONGEST_WORD = 64

_GAP, _WORD, _WHOLE_WORD = range(3)
# Code points of scripts without spaces: each character is a word, and a run of them a phrase.
_SPACELESS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))

# Runs of characters among which are words, and runs of characters of ASCII that are in no word.
_RUN = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]+|[^0-9A-Za-z\x80-\U0010ffff]+")


# A word of a text: folded, as written, and the characters between it and the next word. Before the
# first word of a text there can be one whose word is empty.
Piece: TypeAlias = tuple[str, str, str]


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a text; their words and gaps together are the text."""
    last, word, gap = "", "", ""
    for run, folded in _runs(text):
        if not folded:
            gap += run
            continue
        if word or gap:
            yield last, word, gap
        last, word, gap = folded, run, ""
    if word or gap:
        yield last, word, gap


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
    return chain.from_iterable(map(_runs_in, _RUN.findall(text)))


def _runs_in(run: str) -> Iterable[tuple[str, str]]:
    return _known_runs(run) if len(run) <= LONGEST_WORD else _split(run)


@lru_cache(maxsize=20_000)
def _known_runs(run: str) -> Sequence[tuple[str, str]]:
    return tuple(_split(run))


def _split(run: str) -> Iterator[tuple[str, str]]:
    for kind, characters in groupby(run, key=_kind):
        if kind is _WHOLE_WORD:
            yield from ((char, fold(char)) for char in characters)
        else:
            part = "".join(characters)
            yield part, fold(part) if kind is _WORD else ""


@lru_cache(maxsize=4_096)
def _kind(char: str) -> int:
    # General categories L, N and M: letters, numbers, and combining marks.
    if unicodedata.category(char)[0] not in "LNM":
        return _GAP
    code = ord(char)
    return _WHOLE_WORD if any(first <= code <= last for first, last in _SPACELESS) else _WORD
