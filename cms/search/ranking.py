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
class Worth:
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
        worths: what else counts.
    """

    clauses: tuple[Alternatives, ...]
    points: int
    worths: tuple[Worth, ...]


def lookup_of(query: SearchQuery) -> Lookup:
    """Return what to look up for a query."""
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
