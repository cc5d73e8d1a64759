"""The searchable text of a revision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.search.tokens import Piece, pieces

# Maximum number of indexed words of each part. PostgreSQL counts word positions up to 16,383, of
# which each part gets a range: see the function copydesk_search_vector of the migrations.
MOST_WORDS: Mapping[str, int] = {"title": 300, "summary": 1_000, "body": 14_000}

# Placeholder in place of a word: a border that no phrase matches across, or a word that occurs too
# often to be indexed again.
NO_WORD = "·"
# The last word of every document, which no text contains; a search for it finds every document.
EVERY_DOCUMENT = "¶"

# Maximum number of positions of one word; PostgreSQL stores no more.
_MOST_PLACES = 255
# Maximum size in bytes of the distinct words; PostgreSQL takes a megabyte, positions included.
_MOST_BYTES = 500_000
# Number of members of a stored piece of which none was left out.
_WHOLE = 3
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class SearchableText:
    """The indexed words of a revision, by part: title, summary and body.

    Attributes:
        words: by part, its folded words, separated by spaces.
        shown: by part, its pieces ``[word, gap, folded word]``, from which snippets are made;
            gaps are HTML; see :func:`cms.storage.dialects.snippet_of`.
        title_words: number of words in the title, at least 1.
    """

    words: Mapping[str, str]
    shown: Mapping[str, list[Json]]
    title_words: int


def searchable_text_of(
    content_type: type[ContentType], content: JsonObject, rendered: JsonObject
) -> SearchableText:
    """Return the searchable text of a revision.

    Args:
        content_type: the revision's content type.
        content: the revision's content.
        rendered: rendered values of the content's fields, by the names of the fields.
    """
    body = (
        text
        for name, each in content_type.fields.items()
        for text in each.texts(rendered.get(name))
        if text
    )
    texts = {"title": [str(content["title"])], "summary": [str(content["summary"])], "body": body}
    counts: Counter[str] = Counter()
    words: dict[str, str] = {}
    shown: dict[str, list[Json]] = {}
    for name, each in texts.items():
        parts = _pieces(each, MOST_WORDS[name])
        indexed = _indexed([folded or NO_WORD for folded, _, _ in parts], counts)
        words[name] = " ".join(indexed)
        shown[name] = [
            [word] if gap == " " and folded == word else _stored(folded, word, gap)
            for folded, word, gap in islice(parts, len(indexed))
        ]
    has_gap_first = words["title"].startswith(NO_WORD)
    title_words = len(shown["title"]) - has_gap_first
    return SearchableText(
        words={**words, "body": f"{words['body']} {EVERY_DOCUMENT}".lstrip()},
        shown=shown,
        title_words=max(title_words, 1),
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


def _indexed(words: list[str], counts: Counter[str]) -> list[str]:
    """Return the words of a part for the index, up to the index's limits.

    Args:
        words: its words.
        counts: number of places of each word in the earlier parts; those of this part are added.
    """
    earlier = counts.copy()
    counts.update(words)
    size = len("".join(counts).encode())
    if size <= _MOST_BYTES and max(counts.values(), default=0) <= _MOST_PLACES:
        return words
    counts.clear()
    counts.update(earlier)
    return _limited(words, counts)


def _limited(words: Iterable[str], counts: Counter[str]) -> list[str]:
    size = len("".join(counts).encode())
    found: list[str] = []
    for word in words:
        count = counts.get(word, 0)
        if not count:
            size += len(word.encode())
            if size > _MOST_BYTES:
                break
        counts[word] = count + 1
        found.append(word if count < _MOST_PLACES else NO_WORD)
    return found


def folded_and_word(piece: Sequence[str]) -> tuple[str, str]:
    """Return the folded and the original word of a stored piece."""
    word = piece[0]
    return piece[-1] if len(piece) == _WHOLE else word, word
