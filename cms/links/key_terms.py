"""Key terms of groups of pages: words of their titles that the titles of others do not have.

The weight is TF-IDF, where all titles of a group are one document: the share of the titles of the
group that have the word, times the logarithm of how few groups have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log

from cms.search.tokens import pieces

# Words with fewer letters, or in fewer titles, say little.
_SHORTEST_WORD = 3


def key_terms(groups: Sequence[Sequence[str]], most: int) -> Sequence[Sequence[str]]:
    """Return the key terms of each group, the heaviest first, as they are written.

    Args:
        groups: the titles of each group.
        most: the most terms of a group.
    """
    written: dict[str, Counter[str]] = {}
    counts = [_counts(titles, written) for titles in groups]
    spread = Counter(word for count in counts for word in count)

    def weight(word: str, count: Counter[str]) -> tuple[float, str]:
        inverse = log((1 + len(groups)) / (1 + spread[word])) + 1
        return (-count[word] * inverse, word)

    return [
        [
            _usual(written[word])
            for word in sorted(count, key=lambda each: weight(each, count))[:most]
        ]
        for count in counts
    ]


def _counts(titles: Sequence[str], written: dict[str, Counter[str]]) -> Counter[str]:
    """Return for each word of the titles how many have it, and note how it is written."""
    found: Counter[str] = Counter()
    for title in titles:
        words = {folded: word for folded, word, _ in pieces(title) if len(folded) >= _SHORTEST_WORD}
        found.update(words.keys())
        for folded, word in words.items():
            written.setdefault(folded, Counter())[word] += 1
    return found


def _usual(forms: Counter[str]) -> str:
    """Return the form in which a word is written most often."""
    return min(forms, key=lambda form: (-forms[form], form))
