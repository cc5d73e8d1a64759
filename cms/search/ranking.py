"""Ranks of search results: a sum of points that depends only on the document itself.

A document's rank therefore does not change with other documents, including drafts, and is the same
on all databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.search.query import Alternatives, SearchQuery, Term

# The points of a document that has everything everywhere; what the API shows as a rank of 1.
FULL_RANK = 1_000_000

# What it is worth that all terms are in a part, or anywhere; each term gets its share.
TITLE_POINTS = 450_000
SUMMARY_POINTS = 150_000
ANYWHERE_POINTS = 100_000
# What it is worth that the title has nothing else; each of its words gets its share.
WHOLE_TITLE_POINTS = 200_000
# What it is worth that the terms stand one after the other somewhere.
PHRASE_POINTS = 100_000


@dataclass(frozen=True)
class Worth:
    """The points of a matching document for containing a term.

    Attributes:
        term: the term.
        part: the part of the document that has it; ``None`` for any.
        points: the points.
        title_points: additional points, divided by the number of words in the title.
    """

    term: Term
    part: str | None
    points: int
    title_points: int = 0


@dataclass(frozen=True)
class Lookup:
    """A lookup in the index.

    Attributes:
        clauses: the conditions, which must all match.
        points: the points of a match.
        worths: additional points.
    """

    clauses: tuple[Alternatives, ...]
    points: int
    worths: tuple[Worth, ...]


def lookup_of(query: SearchQuery) -> Lookup:
    """Return the lookup of a query."""
    wanted = query.wanted
    share = ANYWHERE_POINTS // max(len(wanted), 1)
    certain = {clause[0] for clause in query.clauses if len(clause) == 1}
    points = sum(share for term in wanted if term in certain)
    others = (Worth(term, None, share) for term in wanted if term not in certain)
    return Lookup(query.clauses, points, (*others, *_of_parts(wanted), *_of_phrase(wanted)))


def _of_parts(wanted: tuple[Term, ...]) -> Iterator[Worth]:
    for term in wanted:
        of_title = WHOLE_TITLE_POINTS * len(term.words)
        yield Worth(term, "title", TITLE_POINTS // len(wanted), of_title)
        yield Worth(term, "summary", SUMMARY_POINTS // len(wanted))


def _of_phrase(wanted: tuple[Term, ...]) -> Iterator[Worth]:
    if len(wanted) > 1:
        words = tuple(word for term in wanted for word in term.words)
        yield Worth(Term(words, is_prefix=wanted[-1].is_prefix), None, PHRASE_POINTS)
