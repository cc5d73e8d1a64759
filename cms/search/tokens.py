"""Tokenizer: the words of a text, folded so that case and accents do not matter.

Both databases index these words as they are, without a tokenizer of their own, so that they find
the same documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from cms.content.collation import sort_key
from cms.content.latin import in_ascii

# Maximum number of characters of a folded word; the rest is cut off.
LONGEST_WORD = 64

# Kinds of characters; marks and invisible ones belong to the character before them.
_GAP, _WORD, _WHOLE_WORD, _JOINED = range(4)
# Code points of scripts without spaces: each character is a word, and a run of them a phrase.
_SPACELESS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))
# Letters by Unicode that are written as apostrophes, and end a word like these.
_APOSTROPHES = frozenset("\u02bb\u02bc")
# Invisible characters that end a word after a letter of certain scripts: the space without width
# of Thai, Lao, Burmese and Khmer, and the one that the Arabic script has before some endings.
_ENDS: Mapping[str, re.Pattern[str]] = {
    "\u200b": re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"),
    "\u200c": re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]"),
}
# Characters that are left out of a word: the letters of transcriptions that are written like signs,
# and marks that choose one of several shapes of the character before them.
_LEFT_OUT = re.compile("[\u02b9-\u02df\u034f\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# A run of characters among which are words, and the characters of ASCII after it that are in none.
# A name like C++ or C# is a run of its own.
_RUN = re.compile(
    r"([A-Za-z](?:\+\+|#)(?![A-Za-z\x80-\U0010ffff])|[0-9A-Za-z\x80-\U0010ffff]*)"
    r"([^0-9A-Za-z\x80-\U0010ffff]*)"
)
# The signs of these names, as they are spoken: folded words have letters, digits and marks only.
_SPOKEN = {"+": "plusplus", "#": "sharp"}
# The "v" of a version, which is left out as often as not, is a word of its own.
_VERSION = re.compile(r"[vV](?=[0-9]{1,2}(?![0-9]))")


# A word of a text: folded, as written, and the characters between it and the next word. Before the
# first word of a text there can be one whose word is empty.
Piece: TypeAlias = tuple[str, str, str]


def pieces(text: str) -> list[Piece]:
    """Return the pieces of a text; their words and gaps together are the text."""
    found: list[Piece] = []
    # What stands after the word of the last piece, beside its own gap.
    gaps: list[str] = []
    for characters, rest in _RUN.findall(text):
        is_short = len(characters) <= LONGEST_WORD
        if is_short and (folded := _known_word(characters)):
            if gaps:
                _add_gaps(found, gaps)
            found.append((folded, characters, rest))
            continue
        for run, folded in _known_runs(characters) if is_short else _split(characters):
            if folded:
                if gaps:
                    _add_gaps(found, gaps)
                found.append((folded, run, ""))
            else:
                gaps.append(run)
        if rest:
            gaps.append(rest)
    if gaps:
        _add_gaps(found, gaps)
    return found


def _add_gaps(found: list[Piece], gaps: list[str]) -> None:
    """Move characters between words to the last piece, or to one without a word."""
    folded, word, gap = found.pop() if found else ("", "", "")
    found.append((folded, word, gap + "".join(gaps)))
    gaps.clear()


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return [folded for folded, _, _ in pieces(text) if folded]


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Return a word folded: without case, accents and compatibility variants of characters.

    Latin letters become those of ASCII, and invisible characters are left out.
    """
    if _is_name_with_signs(word):
        return word[0].lower() + _SPOKEN[word[-1]]
    # Twice, since the compatibility decomposition of a character can contain capitals.
    key = in_ascii(sort_key(sort_key(word))).lower()
    return "".join(filter(_is_kept, key))[:LONGEST_WORD]


def is_word_by_itself(char: str) -> bool:
    """Return whether a character is a word in a script without spaces."""
    return _kind(char) is _WHOLE_WORD


@lru_cache(maxsize=20_000)
def _known_word(run: str) -> str:
    """Return a run folded if it is one word, as most are; otherwise an empty text."""
    runs = tuple(_split(run))
    return runs[0][1] if len(runs) == 1 else ""


@lru_cache(maxsize=20_000)
def _known_runs(run: str) -> Sequence[tuple[str, str]]:
    return tuple(_split(run))


def _split(run: str) -> Iterator[tuple[str, str]]:
    if _is_name_with_signs(run):
        yield run, fold(run)
        return
    start = 0
    if _VERSION.match(run):
        yield run[0], fold(run[0])
        start = 1
    for part, kind in _parts(run, start):
        yield part, "" if kind is _GAP else fold(part)


def _parts(run: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the words and gaps of a run from a place on, each with its kind."""
    kind = _GAP
    for place in range(start, len(run)):
        new = _kind(run[place])
        if new is _JOINED:
            new = _GAP if place and _ends_word(run[place], run[place - 1]) else kind
        elif new is _WHOLE_WORD and place > start:
            yield run[start:place], kind
            start, kind = place, new
            continue
        if new is not kind and place > start:
            yield run[start:place], kind
            start = place
        kind = new
    if start < len(run):
        yield run[start:], kind


def _is_name_with_signs(run: str) -> bool:
    return run[-1:] in _SPOKEN and run[0].isalpha()


def _ends_word(char: str, before: str) -> bool:
    scripts = _ENDS.get(char)
    return scripts is not None and scripts.match(before) is not None


@lru_cache(maxsize=4_096)
def _kind(char: str) -> int:
    # General categories L, N and M: letters, numbers, and combining marks; Cf: invisible ones.
    category = unicodedata.category(char)
    if category[0] == "M" or category == "Cf":
        return _JOINED
    if category[0] not in "LN" or char in _APOSTROPHES:
        return _GAP
    code = ord(char)
    return _WHOLE_WORD if any(first <= code <= last for first, last in _SPACELESS) else _WORD


@lru_cache(maxsize=4_096)
def _is_kept(char: str) -> bool:
    """Return whether a character is a part of folded words."""
    category = unicodedata.category(char)
    is_in_word = category[0] in "LN" or category in {"Mc", "Mn"}
    return is_in_word and not _LEFT_OUT.match(char)
