"""Relations for search: matches, ranks and highlights."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    and_,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from cms.reading.view import View
from cms.reading.visibility import Relation, locales_of
from cms.search.query import MOST_WORDS_OF_TERM
from cms.search.ranking import FULL_RANK
from cms.search.spelling import LEAST_SCORE
from cms.storage.dialects import (
    element_number,
    element_text,
    elements_of,
    found_documents,
    ranked_documents,
    snippet_of,
)
from cms.tables import SearchDocument, SearchGram, SearchWord

_THOUSAND: ColumnElement[int] = literal_column("1000", Integer())


def found(relation: Relation, lookups: ColumnElement[Any]) -> Relation:
    """Return the matching revisions of a relation.

    Whether a revision matches depends only on the revision itself.

    Args:
        relation: one of the relations of entries of :mod:`cms.reading.relations`.
        lookups: the lookup, a parameter of the type :class:`cms.storage.dialects.Lookups`.
    """
    return _joined(relation, found_documents(lookups, "hit"))


def ranked(relation: Relation, lookups: ColumnElement[Any], terms: ColumnElement[Any]) -> Relation:
    """Return the matches of :func:`found` with their points.

    Args:
        relation: one of the relations of entries of :mod:`cms.reading.relations`.
        lookups: the lookup, a parameter of the type :class:`cms.storage.dialects.Lookups`.
        terms: the words to mark; see :func:`cms.storage.dialects.snippet_of`.

    Returns:
        The relation with ``points``, higher is better, and the columns ``shown`` and ``sought``
        for :func:`highlight_of`.
    """
    hit = ranked_documents(lookups, "hit")
    points = hit.c.points + hit.c.title_points // SearchDocument.title_words
    more = relation.add_columns(
        cast(points, BigInteger).label("points"), SearchDocument.shown, terms.label("sought")
    )
    return _joined(more, hit)


def _joined(relation: Relation, hit: FromClause) -> Relation:
    is_of_revision = SearchDocument.revision_id == relation.selected_columns.revision_id
    return relation.join(SearchDocument, is_of_revision).join(hit, hit.c.id == SearchDocument.id)


def rank_of(points: ColumnElement[int]) -> ColumnElement[Any]:
    """Return points as a rank; 1 is the rank of a document with all terms in all parts."""
    return cast(points, Double) / literal_column(str(FULL_RANK))


def highlight_of(
    shown: ColumnElement[Any], sought: ColumnElement[Any], part: str, words: int
) -> ColumnElement[str]:
    """Return an excerpt of a part of a document as HTML with marked matches."""
    pieces = shown.op("->", precedence=15)(literal(part, literal_execute=True))
    return snippet_of(pieces, sought, size=words, longest=MOST_WORDS_OF_TERM)


def suggestions(view: View, typed: ColumnElement[Any], count: ColumnElement[int]) -> Relation:
    """Return the suggested words, most likely first.

    They are words of current public content in the locales of the view.

    Args:
        view: the view.
        typed: a JSON array of the grams of the typed words, ``{"place", "word", "gram",
            "grams"}``, where ``grams`` is their number in the word.
        count: the maximum number of words.
    """
    alike = _alike(view, typed).subquery("alike")
    shared, all_of_both = alike.c.shared, alike.c.typed_grams + alike.c.grams - alike.c.shared
    score = _THOUSAND * shared // all_of_both
    is_beginning = func.substr(alike.c.folded, 1, func.length(alike.c.typed)) == alike.c.typed
    likely = (
        select(
            alike.c.typed,
            alike.c.word,
            func.min(alike.c.place).label("place"),
            func.max(score).label("score"),
            cast(func.sum(alike.c.editions), BigInteger).label("editions"),
            is_beginning.label("is_beginning"),
        )
        .where(or_(is_beginning, score >= literal_column(str(LEAST_SCORE))))
        .group_by(alike.c.typed, alike.c.word, alike.c.folded)
        .subquery("likely")
    )
    order = (
        likely.c.is_beginning.desc(),
        likely.c.score.desc(),
        likely.c.editions.desc(),
        likely.c.word,
        likely.c.place,
    )
    return (
        select(
            likely.c.typed,
            likely.c.word,
            (cast(likely.c.score, Double) / _THOUSAND).label("score"),
            likely.c.editions,
            func.row_number().over(order_by=order).label("ordinal"),
        )
        .order_by(*order)
        .limit(count)
    )


def _alike(view: View, typed: ColumnElement[Any]) -> Relation:
    """Return the words that share grams with a typed word, with their similarity, by locale."""
    part = elements_of(typed, "part")
    of_part: dict[str, ColumnElement[Any]] = {
        "place": element_number(part, "place"),
        "typed": element_text(part, "word"),
        "typed_grams": element_number(part, "grams"),
    }
    of_word = (
        SearchWord.locale,
        SearchWord.word,
        SearchWord.folded,
        SearchWord.grams,
        SearchWord.editions,
    )
    is_of_word = and_(SearchWord.locale == SearchGram.locale, SearchWord.word == SearchGram.word)
    return (
        select(
            *(each.label(name) for name, each in of_part.items()),
            *of_word,
            func.count(distinct(SearchGram.gram)).label("shared"),
        )
        .select_from(part)
        .join(SearchGram, SearchGram.gram == element_text(part, "gram"))
        .join(SearchWord, is_of_word)
        .where(SearchGram.locale.in_(locales_of(view)))
        .group_by(*of_part.values(), *of_word)
    )
