"""Parser of search queries. Every text is a valid query.

All words have to match. ``"…"`` is a phrase, ``-`` excludes the term after it, ``OR`` between two
terms makes them alternatives, and ``*`` at the end of a word matches any ending. Two hyphens are
part of a word, as in the options of a command. A beginning of one character is left out: nearly
every text has such a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from cms.search.tokens import is_word_by_itself, words_of

# Limits in characters, terms, and words of a term; anything beyond them is ignored.
LONGEST_QUERY = 500
MOST_TERMS = 16
MOST_WORDS_OF_TERM = 16

# Minimum number of characters of a beginning.
_SHORTEST_BEGINNING = 2

_OR = "OR"
_QUOTES = str.maketrans("“”„‟«»", '""""""')
# The beginning of a version, whose v is a word of its own, or of a word such as V100.
_BEGINS_VERSION = re.compile(r'(?<![0-9A-Za-z\x80-\U0010ffff])[vV][0-9]{1,2}"?\*$')
_TOKEN = re.compile(r'(?P<minus>-*)(?:"(?P<phrase>[^"]*)(?:"\*?|$)|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """A word or a phrase.

    Attributes:
        words: its folded words, which have to be adjacent in the text; at least one.
        is_prefix: whether the last word matches as a prefix.
        is_excluded: whether documents with the term are excluded.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


# Terms of which at least one has to match.
Alternatives: TypeAlias = tuple[Term, ...]


@dataclass(frozen=True)
class SearchQuery:
    """A parsed search query.

    Attributes:
        clauses: conditions that all have to match; empty if the query has no terms.
    """

    clauses: tuple[Alternatives, ...] = ()

    @property
    def included_terms(self) -> tuple[Term, ...]:
        """The distinct terms that are not excluded."""
        terms = (term for clause in self.clauses for term in clause if not term.is_excluded)
        return tuple(dict.fromkeys(terms))


def parse_query(text: str) -> SearchQuery:
    """Return the parsed query of a text."""
    clauses: list[list[Term]] = []
    is_alternative = False
    for token in _tokens(text):
        if token is None:
            is_alternative = True
            continue
        if is_alternative and clauses:
            clauses[-1].append(token)
        else:
            clauses.append([token])
        is_alternative = False
    return SearchQuery(tuple(map(tuple, clauses)))


def _tokens(text: str) -> Iterator[Term | None]:
    """Yield the terms of a text, and ``None`` for each ``OR``."""
    count = 0
    for match in _TOKEN.finditer(text[:LONGEST_QUERY].translate(_QUOTES)):
        if match[0] == _OR:
            yield None
            continue
        words = words_of(match["word"] or match["phrase"] or "")
        is_prefix = match[0].endswith("*") and len(words) <= MOST_WORDS_OF_TERM
        with_letter = _with_letter(match[0], words) if is_prefix else None
        if is_prefix and words and len(words[-1]) < _SHORTEST_BEGINNING:
            words, is_prefix = _whole_words(words), False
        if not words:
            continue
        count += 1
        if count > MOST_TERMS:
            return
        term = Term(
            tuple(words[:MOST_WORDS_OF_TERM]),
            is_prefix=is_prefix,
            is_excluded=match["minus"] == "-",
        )
        yield term
        if with_letter is not None:
            if not term.is_excluded:
                yield None
            yield replace(term, words=with_letter, is_prefix=True)


def _with_letter(written: str, words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words of which the last one has its ``v``, if it may begin a word such as V100."""
    return (*words[:-2], "".join(words[-2:])) if _BEGINS_VERSION.search(written) else None


def _whole_words(words: Sequence[str]) -> list[str]:
    """Return words without the last one, a beginning of a word, unless it is a whole one.

    A digit after other words is a whole one, as in a version: ``1.2*``.
    """
    *others, last = words
    is_whole = is_word_by_itself(last) or (others and last.isdecimal())
    return [*words] if is_whole else others
