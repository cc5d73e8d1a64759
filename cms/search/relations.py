"""Full-text search in relations: matches, their ranks, highlights and suggestions."""

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

from cms.reading.aliases import aliased_table
from cms.reading.locales import locales_of
from cms.reading.rows import Column, EntryRow, Row
from cms.reading.view import View
from cms.reading.visibility import Relation
from cms.search.query import MOST_WORDS_OF_TERM
from cms.search.ranking import FULL_RANK
from cms.search.spelling import LEAST_SCORE
from cms.storage.dialects import (
    IsMatch,
    IsPlainMatch,
    PlainPoints,
    best_documents,
    element_number,
    element_text,
    elements_of,
    matching_documents,
    ranked_documents,
    snippet_of,
)
from cms.tables import SearchDocument, SearchGram, SearchWord

_THOUSAND: ColumnElement[int] = literal_column("1000", Integer())


class RankedRow(EntryRow):
    """A row of :func:`ranked_entries`."""

    points = Column()
    shown = Column()
    sought = Column()


class SuggestionRow(Row):
    """A row of :func:`suggestions`."""

    typed = Column()
    word = Column()
    score = Column()
    editions = Column()
    ordinal = Column()


def matching_revisions(lookups: ColumnElement[Any]) -> Relation:
    """Return the ids of the revisions that match a query, public or not.

    Args:
        lookups: index lookups: a parameter of the type :class:`cms.storage.dialects.Lookups`.
    """
    return select(matching_documents(lookups, "match").c.revision_id)


def matching_entries(relation: Relation, lookups: ColumnElement[Any]) -> Relation:
    """Return the entries of a relation whose revision matches a query.

    Only the text of the revision itself is searched.

    Args:
        relation: entries, from a relation of :mod:`cms.reading.relations`.
        lookups: see :func:`matching_revisions`.
    """
    return _join_hits(relation, matching_documents(lookups, "hit"))


def matching_in_order(relation: Relation, lookups: ColumnElement[Any]) -> Relation:
    """Return :func:`matching_entries`, to be read in the order of an index of all entries."""
    return relation.where(IsMatch(relation.selected_columns.revision_id, lookups))


def ranked_entries(
    relation: Relation, lookups: ColumnElement[Any], terms: ColumnElement[Any]
) -> Relation:
    """Return the entries of a relation that match a query, with their points.

    Args:
        relation: entries, from a relation of :mod:`cms.reading.relations`.
        lookups: see :func:`matching_revisions`.
        terms: terms to highlight; see :func:`cms.storage.dialects.snippet_of`.

    Returns:
        The relation with the columns ``points`` (more is better), and ``shown`` and ``sought``,
        which :func:`highlight_of` takes.
    """
    hit = ranked_documents(lookups, "hit")
    return _join_hits(_with_points(relation, hit.c.points, terms), hit)


def best_entries(
    relation: Relation, lookups: ColumnElement[Any], terms: ColumnElement[Any]
) -> Relation:
    """Return those of :func:`ranked_entries` that have more points than every match has."""
    hit = best_documents(lookups, "hit")
    return _join_hits(_with_points(relation, hit.c.points, terms), hit)


def other_entries(
    relation: Relation, lookups: ColumnElement[Any], terms: ColumnElement[Any]
) -> Relation:
    """Return those of :func:`ranked_entries` that are not among :func:`best_entries`.

    They all have the same points, and are to be read in the order of an index of all entries.
    """
    is_other = IsPlainMatch(relation.selected_columns.revision_id, lookups)
    return _with_points(relation, PlainPoints(lookups), terms).where(is_other)


def _with_points(
    relation: Relation, points: ColumnElement[Any], terms: ColumnElement[Any]
) -> Relation:
    document = aliased_table(SearchDocument, "shown_document")
    is_shown = document.c.revision_id == relation.selected_columns.revision_id
    # Not a join, so that it is read for the rows of a page alone.
    shown = select(document.c.shown).where(is_shown).scalar_subquery()
    return relation.add_columns(points.label("points"), shown.label("shown"), terms.label("sought"))


def _join_hits(relation: Relation, hit: FromClause) -> Relation:
    # Not a join: an implicit join is ambiguous once the columns of a relation are narrowed.
    return relation.where(hit.c.revision_id == relation.selected_columns.revision_id)


def rank_of(points: ColumnElement[int]) -> ColumnElement[Any]:
    """Return points as a rank from 0 to 1, where 1 is a perfect match."""
    return cast(points, Double) / literal_column(str(FULL_RANK))


def highlight_of(
    shown: ColumnElement[Any], sought: ColumnElement[Any], part: str, words: int
) -> ColumnElement[str]:
    """Return an excerpt of a part of a document with the matching terms marked, as HTML.

    Args:
        shown: the column ``shown`` of :func:`ranked_entries`.
        sought: its column ``sought``.
        part: the part of the document.
        words: number of words of the excerpt.
    """
    pieces = shown.op("->", precedence=15)(literal(part, literal_execute=True))
    return snippet_of(pieces, sought, size=words, longest=MOST_WORDS_OF_TERM)


def suggestions(view: View, typed: ColumnElement[Any], count: ColumnElement[int]) -> Relation:
    """Return spelling suggestions for typed words, the most likely first.

    Only words of editions that are public now in the view's locales are suggested, whatever
    else the view shows.

    Args:
        view: the view, of which the locales are used.
        typed: a JSON array with a row for each gram of each typed word: ``{"place", "word",
            "gram", "grams"}``, where ``grams`` is the number of grams of the word.
        count: maximum number of suggestions.
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
    """Return the words that share grams with a typed word, by locale, with the number of them."""
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
