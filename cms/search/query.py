"""What somebody types into a search box → what is looked for. Nothing that is typed is wrong.

All words have to be there. ``"…"`` is a phrase, ``-`` excludes what follows it, ``OR`` makes
alternatives of what stands on its two sides, and ``*`` at the end of a word stands for any
ending.
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
        words: its folded words, one after the other in the text; at least one.
        is_prefix: whether the last one may go on.
        is_excluded: whether it must not be there.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


# One of these has to be so.
Alternatives: TypeAlias = tuple[Term, ...]


@dataclass(frozen=True)
class SearchQuery:
    """What is looked for.

    Attributes:
        clauses: what has to be so, all of it; nothing, if there is nothing to look for.
    """

    clauses: tuple[Alternatives, ...] = ()

    @property
    def included_terms(self) -> tuple[Term, ...]:
        """The different terms that are looked for, rather than excluded."""
        terms = (term for clause in self.clauses for term in clause if not term.is_excluded)
        return tuple(dict.fromkeys(terms))


def parse_query(text: str) -> SearchQuery:
    """Return what a text asks for."""
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
    """Yield the terms of a text, and None for each ``OR``."""
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
