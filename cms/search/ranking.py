"""What a find is worth: a sum of points, for which nothing but the document itself counts.

So a document's rank does not change when others do, drafts least of all, and it is the same on
every database.
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
class Boost:
    """What it is worth for a document that is found to have a term as well.

    Attributes:
        term: the term.
        part: the part of the document that has it; ``None`` for any.
        points: what it is worth.
        title_points: what it is worth in addition, to be shared by the words of the title.
    """

    term: Term
    part: str | None
    points: int
    title_points: int = 0


@dataclass(frozen=True)
class Lookup:
    """What to look up.

    Attributes:
        clauses: what is found has all of this.
        points: what that is worth.
        boosts: what else counts.
    """

    clauses: tuple[Alternatives, ...]
    points: int
    boosts: tuple[Boost, ...]


def lookup_of(query: SearchQuery) -> Lookup:
    """Return what to look up for a query."""
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
