"""Ranking of search results: a sum of points that depends on the document and the query alone.

A document's rank therefore does not change when other documents do, does not reveal drafts, and
is the same on every database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.search.query import Alternatives, SearchQuery, Term

# Points of a perfect match, which the API shows as rank 1.
FULL_RANK = 1_000_000

# Points for all terms in the title, in the summary, or anywhere, divided equally among the terms.
TITLE_POINTS = 450_000
SUMMARY_POINTS = 150_000
ANYWHERE_POINTS = 100_000
# Points for a title that has no other words, divided equally among its words.
WHOLE_TITLE_POINTS = 200_000
# Points for the terms in a row.
PHRASE_POINTS = 100_000


@dataclass(frozen=True)
class Boost:
    """Points for a matching document that also has a term.

    Attributes:
        term: the term.
        part: part of the document that has to contain it; ``None`` for any part.
        points: points for the term.
        title_points: further points, which are divided by the number of words in the title.
    """

    term: Term
    part: str | None
    points: int
    title_points: int = 0


@dataclass(frozen=True)
class Lookup:
    """A lookup in the search index.

    Attributes:
        clauses: conditions that all have to match.
        points: points of every matching document.
        boosts: further points, for documents that also have a term.
    """

    clauses: tuple[Alternatives, ...]
    points: int
    boosts: tuple[Boost, ...]


def lookup_of(query: SearchQuery) -> Lookup:
    """Return the index lookup for a query."""
    terms = query.included_terms
    share = ANYWHERE_POINTS // max(len(terms), 1)
    certain = {clause[0] for clause in query.clauses if len(clause) == 1}
    points = sum(share for term in terms if term in certain)
    others = (Boost(term, None, share) for term in terms if term not in certain)
    return Lookup(query.clauses, points, (*others, *_part_boosts(terms), *_phrase_boosts(terms)))


def _part_boosts(terms: tuple[Term, ...]) -> Iterator[Boost]:
    for term in terms:
        of_title = WHOLE_TITLE_POINTS * len(term.words)
        yield Boost(term, "title", TITLE_POINTS // len(terms), of_title)
        yield Boost(term, "summary", SUMMARY_POINTS // len(terms))


def _phrase_boosts(terms: tuple[Term, ...]) -> Iterator[Boost]:
    if len(terms) > 1:
        words = tuple(word for term in terms for word in term.words)
        yield Boost(Term(words, is_prefix=terms[-1].is_prefix), None, PHRASE_POINTS)
