"""Words: what counts as one, and which texts readers can see."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

# Average silent reading rate in English: https://doi.org/10.1016/j.jml.2019.104047
WORDS_PER_MINUTE = 238
# A word with its inner punctuation, or a character of a script without spaces.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+(?:['\u2019.,/-][^\W_]+)*"
)
# The same in a text of ASCII, which is read in half the time.
_ASCII_WORD = re.compile(r"[0-9A-Za-z]++(?:['.,/-][0-9A-Za-z]++)*+")
# Letters and symbols that show nothing: fillers of Hangul, the blank of Braille, an empty note.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
# White space, and the characters without width that programs put at the ends of texts.
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u2060\ufeff"
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Letters, numbers and symbols, of which readers see at least a mark.
_VISIBLE = frozenset("LNS")


def words_in(text: str) -> Sequence[str]:
    """Return the words of a text; each Chinese or Japanese character is a word."""
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


def count_words(text: str) -> int:
    """Return the number of words of a text."""
    return len(words_in(text))


def is_visible(text: str) -> bool:
    """Return whether a text has at least one letter, digit or symbol that readers can see.

    White space, punctuation, and characters without width are none.
    """
    return any(unicodedata.category(char)[0] in _VISIBLE and char not in _BLANK for char in text)


def is_filled(text: str) -> bool:
    """Return whether a plain text has more than what HTML has for nothing.

    Such are comments, and references to spaces and to characters without width, as in ``&nbsp;``.
    """
    return is_visible(html.unescape(_COMMENT.sub("", text)))


def trim(text: str) -> str:
    """Return a text without white space, and characters without width, at both ends."""
    return text.strip(_EDGES)
