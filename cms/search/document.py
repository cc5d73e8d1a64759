"""Search documents of revisions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.search.tokens import Piece, pieces

# Words of each part that are searched. PostgreSQL counts places in a text up to 16,383, of which
# each part gets a stretch: see the function copydesk_search_vector of the migrations.
MOST_WORDS: Mapping[str, int] = {"title": 300, "summary": 1_000, "body": 14_000}

# Stands for what is no word: a border that no phrase goes across, or one repetition too many.
NO_WORD = "·"
# The last word of every document; no text has it. Looking for it finds everything.
EVERY_DOCUMENT = "¶"

# PostgreSQL keeps so many places of a word.
_MOST_PLACES = 255
# All different words of a document together; PostgreSQL takes a megabyte, places included.
_MOST_BYTES = 500_000
# How many parts a piece has that is stored as a whole.
_WHOLE = 3
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class SearchDocument:
    """The searchable text of a revision, by part.

    Attributes:
        words: for each part, its folded words, separated by spaces.
        shown: for each part, its pieces, ``[word, gap, folded word]``, the gaps as HTML; see
            :func:`cms.storage.dialects.snippet_of`.
        title_words: the number of words in the title, at least 1.
    """

    words: Mapping[str, str]
    shown: Mapping[str, list[Json]]
    title_words: int


def document_of(
    content_type: type[ContentType], content: JsonObject, rendered: JsonObject
) -> SearchDocument:
    """Return the search document of a revision.

    Args:
        content_type: the content type of the revision.
        content: the revision's content.
        rendered: the values derived from the fields.
    """
    body = (
        text
        for name, each in content_type.fields.items()
        for text in each.texts(rendered.get(name))
        if text
    )
    texts = {"title": [str(content["title"])], "summary": [str(content["summary"])], "body": body}
    counts: Counter[str] = Counter()
    parts = {
        name: list(_within_bounds(islice(_pieces(each), MOST_WORDS[name]), counts))
        for name, each in texts.items()
    }
    words = {name: " ".join(word for _, word in part) for name, part in parts.items()}
    title_words = sum(1 for piece, _ in parts["title"] if piece.folded)
    return SearchDocument(
        words={**words, "body": f"{words['body']} {EVERY_DOCUMENT}".lstrip()},
        shown={name: [_short(piece) for piece, _ in part] for name, part in parts.items()},
        title_words=max(title_words, 1),
    )


def _pieces(texts: Iterable[str]) -> Iterator[Piece]:
    """Yield the pieces of several texts, with a separator between texts."""
    for number, text in enumerate(texts):
        if number:
            yield Piece(NO_WORD, "", " ")
        for piece in pieces(text):
            yield piece._replace(gap=escape(_SPACE.sub(" ", piece.gap)))


def _within_bounds(parts: Iterable[Piece], counts: Counter[str]) -> Iterator[tuple[Piece, str]]:
    """Yield pieces with their words in the index, up to the limits of an index."""
    size = sum(len(word.encode()) for word in counts)
    for piece in parts:
        word = piece.folded or NO_WORD
        if word not in counts:
            size += len(word.encode())
        if size > _MOST_BYTES:
            return
        counts[word] += 1
        yield piece, word if counts[word] <= _MOST_PLACES else NO_WORD


def folded_and_word(piece: Sequence[Json]) -> tuple[str, str]:
    """Return the folded word and the original word of a stored piece."""
    return str(piece[-1] if len(piece) == _WHOLE else piece[0]), str(piece[0])


def _short(piece: Piece) -> list[Json]:
    """Return a piece in its stored form, without default values."""
    if piece.folded != piece.word:
        return [piece.word, piece.gap, piece.folded]
    return [piece.word, piece.gap] if piece.gap != " " else [piece.word]
