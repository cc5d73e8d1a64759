"""Suggestions for misspelled and incomplete words."""

from __future__ import annotations

from cms.search.query import SearchQuery
from cms.search.tokens import LONGEST_WORD

# The words of a query for which others are suggested.
MOST_WORDS = 8
# How many letters a word has to have to be suggested.
SHORTEST = 3
# The score, in thousandths, from which on a word that does not begin with what was typed is meant.
LEAST_SCORE = 250


def grams(folded: str) -> list[str]:
    """Return the grams of a word, which similar words share.

    They are its trigrams, including the space around it, and all its letters in alphabetical
    order, which match words with two letters swapped.
    """
    padded = f"  {folded} "
    trigrams = (padded[start : start + 3] for start in range(len(padded) - 2))
    return [*dict.fromkeys(trigrams), f"={''.join(sorted(folded))}"]


def is_suggested(word: str, folded: str) -> bool:
    """Return whether a word can be suggested."""
    has_length = len(folded) >= SHORTEST and len(word) < LONGEST_WORD
    return has_length and not folded.isnumeric()


def typed_words(query: SearchQuery) -> list[str]:
    """Return the words of a query that can have suggestions."""
    words = (word for term in query.wanted for word in term.words)
    return list(dict.fromkeys(words))[:MOST_WORDS]
