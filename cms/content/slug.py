"""URL slugs and anchors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cms.content.latin import in_ascii

_APOSTROPHES = re.compile("['\u2019]")
_LETTERS_FOR_APOSTROPHES = re.compile("[\u02bb\u02bc]")
_NOT_A_WORD = re.compile(r"[\W_]+")
_ASCII_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
# Descriptions of slugs, for messages.
SLUG_FORM = "a URL slug: words of lower-case letters and digits, with a hyphen between two words"
PATH_SLUG_FORM = "a path without slashes at its ends: letters, digits and . - _ ~ between slashes"
# The characters of a path beside letters and digits that need no escape (RFC 3986, 2.3).
_UNRESERVED = frozenset("-._~")


def slugify(text: str) -> str:
    """Return the words of ``text`` in lower case, joined by hyphens; empty if it has none.

    Latin letters lose their accents. Letters of other scripts are kept with their marks, which
    are letters to their readers; addresses may contain them (RFC 3987).
    """
    words = _APOSTROPHES.sub("", text).casefold()
    if words.isascii():
        return _NOT_A_WORD.sub("-", words).strip("-")
    return "-".join("".join(map(_in_word, _folded(words))).split())


def slug_of_title(title: str) -> str:
    """Return the slug that is proposed for a title; empty if the title has no words.

    Unlike a tag or an anchor, whose links exist already, it has Latin letters of ASCII only:
    ``smorrebrod`` for ``Smørrebrød``.
    """
    return slugify(in_ascii(_LETTERS_FOR_APOSTROPHES.sub("'", title)))


def is_slug(text: str) -> bool:
    """Return whether ``text`` is a URL slug."""
    if _ASCII_SLUG.fullmatch(text):  # as most are
        return True
    words = text.split("-")
    return (
        all(map(_is_word, words))
        and text == text.lower()
        and unicodedata.is_normalized("NFC", text)
    )


def is_path_slug(text: str) -> bool:
    """Return whether ``text`` is a part of a path, with slashes: ``guides/v1.2/install``."""
    return all(
        each not in {"", ".", ".."}
        and all(char in _UNRESERVED or _is_letter(char) for char in each)
        for each in text.split("/")
    ) and unicodedata.is_normalized("NFC", text)


def _folded(text: str) -> str:
    """Return a text in its compatible form (NFKC), without marks on anything but other letters."""
    loses_marks = True
    kept: list[str] = []
    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        if category.startswith("M"):
            if loses_marks:
                continue
        elif category != "Cf":
            loses_marks = not _is_letter(char) or unicodedata.name(char, "").startswith("LATIN")
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept)).lower()


def _in_word(char: str) -> str:
    """Return a character of a word; a space for one between words, nothing for an invisible one."""
    if _is_letter(char):
        return char
    return "" if unicodedata.category(char) == "Cf" else " "


def _is_word(text: str) -> bool:
    # A word begins with a letter that a mark can stand on.
    return (
        bool(text)
        and all(map(_is_letter, text))
        and not unicodedata.category(text[0]).startswith("M")
    )


def _is_letter(char: str) -> bool:
    """Return whether a character is a letter, a digit, or a mark on one."""
    return unicodedata.category(char)[0] in "LNM"


class Anchors:
    """The anchors of one page, each of which is unique."""

    def __init__(self) -> None:
        self.taken: dict[str, None] = {}
        self._numbers: dict[str, int] = {}

    def take(self, heading: str) -> str:
        """Return a unique anchor for a heading; ``words-1`` if its words are taken already.

        The numbers are those of GitHub and of most site generators.
        """
        return self.claim(slugify(heading) or "section")

    def claim(self, name: str) -> str:
        """Return the name itself as a unique anchor; ``name-1`` if it is taken already."""
        anchor, number = name, self._numbers.get(name, 0)
        while anchor in self.taken:
            number += 1
            anchor = f"{name}-{number}"
        self.taken[anchor] = None
        self._numbers[name] = number
        return anchor

    def reserve(self, anchors: Iterable[str]) -> None:
        """Add anchors that the text defines itself, so that they are not given to headings."""
        self.taken.update(dict.fromkeys(anchors))
