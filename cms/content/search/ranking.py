"""What a find is worth: a sum of points, for which nothing but the document itself counts.

So a document's rank does not change when others do, drafts least of all, and it is the same on
every database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.content.search.query import Alternatives, SearchQuery, Term

# The points of a document that has everything everywhere; what the API shows as a rank of 1.
FULL_RANK = 1_000_000

# What it is worth that all terms are in this part; each term gets its share.
POINTS = {"title": 450_000, "summary": 150_000, "body": 100_000}
# What it is worth that the title has nothing else; each of its words gets its share.
TITLE_POINTS = 200_000
# What it is worth that the terms stand one after the other somewhere.
PHRASE_POINTS = 100_000


@dataclass(frozen=True)
class Lookup:
    """Something to look up, and what it is worth for a document to have it.

    Attributes:
        clauses: what a document has to have.
        part: a part of it, and what that has to have as well; or None.
        points: what it is worth.
        title_points: what it is worth in addition, to be shared by the words of the title.
    """

    clauses: tuple[Alternatives, ...]
    part: tuple[str, Term] | None = None
    points: int = 0
    title_points: int = 0


def lookups(query: SearchQuery) -> tuple[Lookup, ...]:
    """Return what to look up; whatever one of them finds is found, with the sum of its points."""
    return (Lookup(query.clauses), *_worth(query))


def _worth(query: SearchQuery) -> Iterator[Lookup]:
    wanted = query.wanted
    for term in wanted:
        for part, points in POINTS.items():
            title_points = TITLE_POINTS * len(term.words) if part == "title" else 0
            yield Lookup(query.clauses, (part, term), points // len(wanted), title_points)
    if len(wanted) > 1:
        words = tuple(word for term in wanted for word in term.words)
        phrase = Term(words, is_prefix=wanted[-1].is_prefix)
        yield Lookup((*query.clauses, (phrase,)), points=PHRASE_POINTS)
