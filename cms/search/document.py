"""The searchable text of a revision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import islice

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.search.tokens import Piece, pieces


@dataclass(frozen=True)
class Limits:
    """The most that is indexed of a part of a page.

    Attributes:
        words: number of words.
        places: number of places of one word; further ones get a placeholder.
        size: size in bytes of the distinct words.
    """

    words: int
    places: int
    size: int


# Each part has limits of its own, so that its words depend on nothing else. PostgreSQL counts word
# positions up to 16,383, of which each part gets a range: see the function copydesk_search_vector
# of the migrations. It stores 255 places of a word, and a megabyte with all places.
LIMITS: Mapping[str, Limits] = {
    "title": Limits(words=300, places=15, size=20_000),
    "summary": Limits(words=1_000, places=40, size=80_000),
    "body": Limits(words=14_000, places=200, size=400_000),
}

# Placeholder in place of a word: a border that no phrase matches across, or a word that occurs too
# often to be indexed again.
NO_WORD = "·"
# The last word of every document, which no text contains; a search for it finds every document.
EVERY_DOCUMENT = "¶"

# Number of members of a stored piece of which none was left out.
_WHOLE = 3
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class SearchableText:
    """The indexed words of a part of a revision: its title, its summary or its body.

    Attributes:
        words: the folded words, separated by spaces.
        shown: the pieces ``[word, gap, folded word]``, from which snippets are made; gaps are
            HTML; see :func:`cms.storage.dialects.snippet_of`.
    """

    words: str
    shown: list[Json]

    @property
    def word_count(self) -> int:
        """The number of words, at least 1."""
        return max(len(self.shown) - self.words.startswith(NO_WORD), 1)


def searchable_title(content: JsonObject) -> SearchableText:
    """Return the searchable text of a content's title."""
    return _searchable([str(content["title"])], LIMITS["title"])


def searchable_summary(content: JsonObject) -> SearchableText:
    """Return the searchable text of a content's summary."""
    return _searchable([str(content["summary"])], LIMITS["summary"])


def searchable_body(content_type: type[ContentType], rendered: JsonObject) -> SearchableText:
    """Return the searchable text of a content's fields.

    Args:
        content_type: the content type of the content.
        rendered: rendered values of its fields, by the names of the fields.
    """
    found = _searchable(
        (
            text
            for name, each in content_type.fields.items()
            for text in each.texts(rendered.get(name))
            if text
        ),
        LIMITS["body"],
    )
    return replace(found, words=f"{found.words} {EVERY_DOCUMENT}".lstrip())


def _searchable(texts: Iterable[str], limits: Limits) -> SearchableText:
    parts = _pieces(texts, limits.words)
    indexed = _indexed([folded or NO_WORD for folded, _, _ in parts], limits)
    return SearchableText(
        words=" ".join(indexed),
        shown=[
            [word] if gap == " " and folded == word else _stored(folded, word, gap)
            for folded, word, gap in islice(parts, len(indexed))
        ],
    )


def _pieces(texts: Iterable[str], most: int) -> list[Piece]:
    """Return the first pieces of several texts, with a border between each two."""
    found: list[Piece] = []
    for number, text in enumerate(texts):
        if number:
            found.append((NO_WORD, "", " "))
        found += pieces(text)
        if len(found) >= most:
            break
    return found[:most]


def _stored(folded: str, word: str, gap: str) -> Json:
    """Return a piece as it is stored."""
    html = gap if gap == " " else _gap_in_html(gap)
    # Without a folded word equal to the word, and then without a space.
    if folded != word:
        return [word, html, folded]
    return [word] if html == " " else [word, html]


@lru_cache(maxsize=1_000)
def _gap_in_html(gap: str) -> str:
    return escape(_SPACE.sub(" ", gap))


def _indexed(words: list[str], limits: Limits) -> list[str]:
    """Return the words of a part for the index, up to its limits."""
    counts = Counter(words)
    size = len("".join(counts).encode())
    if size <= limits.size and max(counts.values(), default=0) <= limits.places:
        return words
    return _limited(words, limits)


def _limited(words: Iterable[str], limits: Limits) -> list[str]:
    counts: Counter[str] = Counter()
    size = 0
    found: list[str] = []
    for word in words:
        count = counts[word]
        if not count:
            size += len(word.encode())
            if size > limits.size:
                break
        counts[word] = count + 1
        found.append(word if count < limits.places else NO_WORD)
    return found


def folded_and_word(piece: Sequence[str]) -> tuple[str, str]:
    """Return the folded and the original word of a stored piece."""
    word = piece[0]
    return piece[-1] if len(piece) == _WHOLE else word, word
