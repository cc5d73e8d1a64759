"""Spelling suggestions: similarity of words by their grams."""

from __future__ import annotations

from cms.search.query import SearchQuery
from cms.search.tokens import LONGEST_WORD

# Maximum number of words of a query for which others are suggested.
MOST_WORDS = 8
# Minimum number of letters of a suggested word.
SHORTEST = 2
# Minimum score, in thousandths, of a suggestion that does not begin with the typed word.
LEAST_SCORE = 250


def grams(folded: str) -> list[str]:
    """Return the grams of a word, by which similar words are found.

    These are its trigrams, padded with spaces as in PostgreSQL's ``pg_trgm``, and all its letters
    in alphabetical order, which match when letters are transposed.
    """
    padded = f"  {folded} "
    trigrams = (padded[start : start + 3] for start in range(len(padded) - 2))
    return [*dict.fromkeys(trigrams), f"={''.join(sorted(folded))}"]


def is_counted(word: str, folded: str) -> bool:
    """Return whether the public editions with a word are counted: it has a usable length."""
    return len(folded) >= SHORTEST and len(word) < LONGEST_WORD


def grams_to_find(folded: str) -> list[str]:
    """Return the grams by which a word is suggested: none for a number."""
    return [] if folded.isnumeric() else grams(folded)


def typed_words(query: SearchQuery) -> list[str]:
    """Return the words of a query for which others are suggested."""
    words = (word for term in query.included_terms for word in term.words)
    return list(dict.fromkeys(words))[:MOST_WORDS]
