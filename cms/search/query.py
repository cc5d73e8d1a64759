"""Parsing of search texts. No text is an error.

All words must occur. ``"…"`` is a phrase, ``-`` excludes the following term, ``OR`` makes
alternatives of the terms on both sides, and ``*`` at the end of a word matches any ending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cms.search.tokens import words_of

# What goes past these is not looked at.
LONGEST_QUERY = 500
MOST_TERMS = 16
MOST_WORDS_OF_TERM = 16

_OR = "OR"
_QUOTES = str.maketrans("“”„", '"""')
_TOKEN = re.compile(r'(?P<minus>-*)(?:"(?P<phrase>[^"]*)(?:"\*?|$)|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """A word or a phrase.

    Attributes:
        words: its folded words, consecutive in the text; at least one.
        is_prefix: whether the last word is a prefix.
        is_excluded: whether the term must not occur.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


# One of these has to be so.
Alternatives: TypeAlias = tuple[Term, ...]


@dataclass(frozen=True)
class SearchQuery:
    """A parsed search text.

    Attributes:
        clauses: the conditions, which must all match; empty for a text without words.
    """

    clauses: tuple[Alternatives, ...] = ()

    @property
    def wanted(self) -> tuple[Term, ...]:
        """The distinct terms that are not excluded."""
        terms = (term for clause in self.clauses for term in clause if not term.is_excluded)
        return tuple(dict.fromkeys(terms))


def parse_query(text: str) -> SearchQuery:
    """Parse a search text."""
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
        if not words:
            continue
        count += 1
        if count > MOST_TERMS:
            return
        yield Term(
            tuple(words[:MOST_WORDS_OF_TERM]),
            is_prefix=match[0].endswith("*") and len(words) <= MOST_WORDS_OF_TERM,
            is_excluded=bool(match["minus"]),
        )
