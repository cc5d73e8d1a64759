"""Full text search in connections of entries, and search suggestions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, FromClause

from cms.content.canonical_json import Json
from cms.reading.site_size import BEGINNING, SiteSize, WordShares
from cms.search import relations
from cms.search.document import EVERY_DOCUMENT
from cms.search.query import SearchQuery, Term, parse_query
from cms.search.ranking import lookup_of
from cms.search.relations import RankedRow, SuggestionRow
from cms.search.spelling import SHORTEST, grams, typed_words
from cms.storage.dialects import JsonDocument, Lookups, LookupsIf
from graphql_api.planner.arguments import Given, Read, Variables, bad_input
from graphql_api.planner.declarations import (
    Call,
    Extent,
    Found,
    Matches,
    OrderKey,
    Row,
    Rows,
    Search,
)
from graphql_api.planner.json_sql import RowCount
from graphql_api.planner.ordering import order_mark
from graphql_api.planner.source import Chosen, Columns, Relation, Selectable, Sql, SqlType
from graphql_api.schema.declaring.connection import connection
from graphql_api.schema.declaring.fields import THIS_FIELD, Argument, Declared, R, many, value

# The number of words in a highlight; a title is never cut.
_SNIPPET_WORDS = 30
_TITLE_WORDS = 300

# The assumed shares of the rows that have a word, or a beginning, which is not a common one.
_RARE = WordShares(0.01, 0.01)
# Words that are too short are not counted.
_SHORT = WordShares(1, 1)
# A shorter beginning matches some word in nearly every row, and many of them.
_SHORT_BEGINNING = WordShares(20, 20)
# The work for each row that has a term, or all words of a phrase, whose places are then compared;
# and further for each that matches.
_TERM, _PHRASE, _MATCH = 2, 20, 3
# The work for each row that has a term, of a page that is found without counting all that matches;
# and further for each of the best, which are ranked.
_TERM_OF_PAGE, _RANKED = 0.5, 6

_DEFAULT_SUGGESTIONS = 5
_MOST_SUGGESTIONS = 20

_SEARCH = Argument(
    "search",
    "str | None",
    f'Search terms for `{THIS_FIELD}`: words, "a phrase", -without, this OR that, beginning*.',
)


def entry_connection(
    node: str,
    rows: Callable[[R, Call], Rows],
    description: str,
    *,
    where: str,
    order: str,
    extent: Extent,
) -> Declared:
    """Declare a connection of entries, which can be searched; see :func:`connection`."""

    def rows_of_search(row: R, call: Call) -> Rows:
        return _matching_rows(rows(row, call), call)

    return connection(
        node,
        rows_of_search,
        description,
        where=where,
        order=order,
        arguments=(_SEARCH,),
        extent=extent,
        matches=_matches,
    )


def _matches(text: str, size: SiteSize) -> Matches:
    """Return the estimate of a search; see :mod:`graphql_api.planner.cost`."""
    shares: list[float] = []
    work = page_work = 0.0
    query = parse_query(text)
    for clause in query.clauses:
        for term in clause:
            share, is_phrase = _shares_of(term, size).editions, len(term.words) > 1
            work += share * (_PHRASE if is_phrase else _TERM)
            page_work += share * (_PHRASE if is_phrase else _TERM_OF_PAGE)
        if not any(term.is_excluded for term in clause):
            shares.append(sum(_shares_of(term, size).editions for term in clause))
    share = min(1.0, *shares) if shares else 1.0
    best_work = page_work + _RANKED * min(share, _share_of_best(query, size))
    return Matches(share, work + _MATCH * share, best_work, page_work)


def _share_of_best(query: SearchQuery, size: SiteSize) -> float:
    """Return the assumed share of the rows with more points than every match has.

    They are those with a term in their title or summary, with one of several alternatives, or with
    all terms in a row; see :func:`cms.search.ranking.lookup_of`.
    """
    terms = query.included_terms
    if any(len(clause) > 1 for clause in query.clauses):
        return 1.0
    in_titles = sum(_shares_of(term, size).titles for term in terms)
    if len(terms) == 1:
        return in_titles
    return in_titles + min((_shares_of(term, size).editions for term in terms), default=0)


def _shares_of(term: Term, size: SiteSize) -> WordShares:
    """Return the assumed shares of the rows that have a term, as often as they have it."""
    *words, last = term.words
    shares = [_shares_of_word(word, size) for word in words]
    if not term.is_prefix:
        shares.append(_shares_of_word(last, size))
    elif len(last) < BEGINNING:
        shares.append(_SHORT_BEGINNING)
    else:
        shares.append(size.beginnings.get(last[:BEGINNING], _RARE))
    return WordShares(min(each.editions for each in shares), min(each.titles for each in shares))


def _shares_of_word(word: str, size: SiteSize) -> WordShares:
    return _SHORT if len(word) < SHORTEST else size.words.get(word, _RARE)


def _matching_rows(rows: Rows, call: Call) -> Rows:
    """Return the rows that match the ``search`` argument; all rows without one.

    Without another order, the best matches come first.
    """
    given = call.arguments.get("search")
    if not isinstance(given, Given) or not isinstance(rows.relation, Chosen):
        return rows
    lookups = call.bind(_query_argument(given, lookup_of), Lookups(EVERY_DOCUMENT))
    marks = call.bind(_query_argument(given, _words_to_mark), JsonDocument)
    select = rows.relation.select
    is_best_first = not order_mark(call.arguments.get("orderBy"))
    ways = _Ways(select, lookups, marks, is_best_first=is_best_first)
    return replace(
        rows,
        relation=_Found(
            relations.matching_entries(select, lookups),
            relations.ranked_entries(select, lookups, marks),
        ),
        search=Search(
            lambda entry: relations.rank_of(entry.points),
            lambda entry: Found(entry.revision_id, relations.matching_revisions(lookups)),
            ways.found,
            ways.best if is_best_first else None,
            ways.in_order,
        ),
        order=_best_first(rows) if is_best_first else rows.order,
    )


@dataclass(frozen=True, eq=False)
class _Ways:
    """Matching rows on conditions that are the same for all rows; see :class:`Search`."""

    select: Selectable
    lookups: Sql
    marks: Sql
    is_best_first: bool

    def found(self, condition: Sql) -> Relation:
        """Return the rows, which are found already."""
        lookups = LookupsIf(condition, self.lookups)
        return _Found(self.select, relations.ranked_entries(self.select, lookups, self.marks))

    def best(self, condition: Sql) -> Relation:
        """Return the rows that have more points than every match has."""
        lookups = LookupsIf(condition, self.lookups)
        return Chosen(relations.best_entries(self.select, lookups, self.marks))

    def in_order(self, condition: Sql, select: Selectable) -> Relation:
        """Return the rows of a relation that is read in an order, without the best of these."""
        if self.is_best_first:
            return Chosen(relations.other_entries(select, self.lookups, self.marks))
        lookups = LookupsIf(condition, self.lookups)
        return _Found(
            relations.matching_in_order(select, self.lookups),
            relations.ranked_entries(select, lookups, self.marks),
        )


@dataclass(frozen=True, eq=False)
class _Found:
    """Matching rows, as a relation that is ranked only where ranks are used.

    Ranking takes several times as long as matching, and counts need no ranks.
    """

    plain: Selectable
    ranked: Selectable

    def type_of(self, column: str) -> SqlType | None:
        """Return the type of a column, or ``None`` if there is none of this name."""
        return Chosen(self.ranked).type_of(column)

    def under(self, name: str, columns: Sequence[str]) -> FromClause:
        """Return the select that has all of these columns, as a subquery."""
        is_plain = all(Chosen(self.plain).type_of(column) is not None for column in columns)
        return Chosen(self.plain if is_plain else self.ranked).under(name, columns)


def _best_first(rows: Rows) -> Callable[[Columns], tuple[OrderKey, ...]]:
    return lambda entry: (OrderKey(entry.points, descending=True), *rows.order(entry))


def _query_argument(given: Given, convert: Callable[[SearchQuery], object]) -> Given:
    return Given(lambda variables: convert(parse_query(given.read(variables))))


def _words_to_mark(query: SearchQuery) -> Json:
    """Return the words to mark; see :func:`cms.storage.dialects.snippet_of`."""
    return [
        {
            "text": " ".join(term.words) + ("" if term.is_prefix else " "),
            "size": len(term.words),
        }
        for term in query.included_terms
    ]


def _highlight_field(part: str, words: int) -> Declared:
    def highlight(found: RankedRow) -> Sql:
        return relations.highlight_of(found.shown, found.sought, part, words)

    return value(
        "str",
        highlight,
        f"Part of the {part} with the most matches, some {words} words."
        if part != "title"
        else "Title in full, with the matches marked.",
    )


class Highlight:
    """Text with the search words in `<mark>`, as HTML."""

    title = _highlight_field("title", _TITLE_WORDS)
    summary = _highlight_field("summary", _SNIPPET_WORDS)
    body = _highlight_field("body", _SNIPPET_WORDS)


class Suggestion:
    """Word of public content that a typed word may stand for."""

    typed = value(
        "str", SuggestionRow.typed, "Word from the search terms, without case and accents."
    )
    word = value("str", SuggestionRow.word, "Suggested word, in lower case.")
    score = value(
        "float", SuggestionRow.score, "Similarity of the two words, up to 1 for the same word."
    )
    edition_count = value(
        "int", SuggestionRow.editions, "Number of public editions with the suggested word."
    )


def _suggestions(_: Row, call: Call) -> Rows:
    given = call.required_scalar("search")
    first = call.arguments.get("first")
    count = Given(_read_within_limit(first.read) if isinstance(first, Given) else _default_count)
    typed = call.bind(Given(_read_grams(given.read)), JsonDocument)
    limit = RowCount(call.bind(count, BigInteger()))
    return Rows(
        Chosen(relations.suggestions(call.view, typed, limit)),
        order=lambda suggestion: (OrderKey(suggestion.ordinal),),
    )


def _read_grams(read: Read) -> Read:
    # Each typed word is a beginning, with an asterisk or without.
    return lambda variables: _grams_of_words(parse_query(read(variables).replace("*", " ")))


def _grams_of_words(query: SearchQuery) -> Json:
    """Return the grams of typed words, which similar words share; see ``relations.suggestions``."""
    return [
        {"place": place, "word": word, "gram": gram, "grams": len(of_word)}
        for place, word in enumerate(typed_words(query))
        for of_word in [grams(word)]
        for gram in of_word
    ]


def _default_count(_: Variables) -> int:
    return _DEFAULT_SUGGESTIONS


def _read_within_limit(read: Read) -> Read:
    def read_count(variables: Variables) -> int:
        count: int = read(variables)
        if not 0 <= count <= _MOST_SUGGESTIONS:
            message = f"first is {count}; it must be from 0 to {_MOST_SUGGESTIONS}."
            raise bad_input(message, None)
        return count

    return read_count


SUGGEST = many(
    "list[Suggestion]",
    _suggestions,
    "Suggested search words, most likely first: those that begin with a typed word, and similar "
    "ones.",
    (
        Argument("search", "str", "Search terms typed so far."),
        Argument(
            "first",
            "int | None",
            f"Number of suggestions: default {_DEFAULT_SUGGESTIONS}, at most {_MOST_SUGGESTIONS}.",
        ),
    ),
)
