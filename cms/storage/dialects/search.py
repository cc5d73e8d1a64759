"""Full-text search: FTS5 on SQLite, ``tsvector`` on PostgreSQL.

Both index words that are tokenized and folded already, so that neither changes or splits any.
In a query, which is a bound parameter, every word is quoted; words contain no quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    FromClause,
    FunctionElement,
    Text,
    column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from cms.storage.dialects.columns import JsonDocument
from cms.storage.dialects.dialect_function import AsCondition, DialectFunction

_FIND_ON_SQLITE = """(
 select d.revision_id as revision_id
 from search_index as f join search_document as d on d.id = f.rowid
 where f.search_index match ({0} -> 0 ->> 'match')
)"""
_FIND_ON_POSTGRESQL = """(
 select f.revision_id as revision_id
 from search_document as f
 where f.vector @@ ({0} -> 0 ->> 'match')::tsquery
)"""
# The limit keeps it apart: SQLite would look through all that was found for each publication.
_RANK_ON_SQLITE = """(
 select d.revision_id as revision_id, h.points + h.title_points / d.title_words as points
 from (
  select f.rowid as id, {points} as points, sum(l.value ->> 'titlePoints') as title_points
  from json_each({lookups}) as l cross join search_index as f
  where l.key >= {first} and f.search_index match (l.value ->> 'match')
  group by f.rowid
 ) as h cross join search_document as d
 where d.id = h.id
 limit -1
)"""
_POINTS_ON_SQLITE = "sum(l.value ->> 'points')"
_MORE_POINTS_ON_SQLITE = "({lookups} -> 0 ->> 'points') + sum(l.value ->> 'points')"
# The index yields the matching rows; the other lookups are tested on the row itself, those of a
# part on the vector of that part, which is short. The first lookup matches every row found.
_RANK_ON_POSTGRESQL = """(
 with lookup as materialized (
  select l.place as place, l.value ->> 'part' as part, (l.value ->> 'match')::tsquery as match,
   (l.value ->> 'points')::int as points, (l.value ->> 'titlePoints')::int as title_points
  from jsonb_array_elements({lookups}) with ordinality as l(value, place)
 )
 select f.revision_id as revision_id,
  sum(l.points) + sum(l.title_points) / f.title_words as points
 from search_document as f join lookup as l on l.place = 1 or case l.part
  when 'title' then f.title_vector @@ l.match
  when 'summary' then f.summary_vector @@ l.match
  else f.vector @@ l.match end
 where {found}
 group by f.id
)"""
_FOUND_ON_POSTGRESQL = "f.vector @@ ({lookups} -> 0 ->> 'match')::tsquery"
_HAS_MORE_ON_POSTGRESQL = """(f.title_vector @@ ({lookups} -> 0 ->> 'title')::tsquery
  or f.summary_vector @@ ({lookups} -> 0 ->> 'summary')::tsquery
  or f.vector @@ ({lookups} -> 0 ->> 'anywhere')::tsquery)"""
# Those that have more are found by their parts, and not among all that match.
_FOUND_WITH_MORE_ON_POSTGRESQL = (
    "coalesce(f.vector, f.vector) @@ ({lookups} -> 0 ->> 'match')::tsquery"
    f" and {_HAS_MORE_ON_POSTGRESQL}"
)

_OF_DOCUMENT_ON_SQLITE = (
    "((select d.id from search_document as d where d.revision_id = {{0}}) in (\n"
    " select f.rowid from search_index as f where f.search_index match ({{1}} -> 0 ->> '{}')))"
)
_OF_DOCUMENT_ON_POSTGRESQL = "(select {} from search_document as f where f.revision_id = {{0}})"

# A stored piece leaves out a gap that is a space, and a folded word that equals the word.
_PIECES_ON_SQLITE = """
  select p.key as place, p.value ->> 0 as word, coalesce(p.value ->> 1, ' ') as gap,
   coalesce(p.value ->> 2, p.value ->> 0) as folded
  from json_each({0}) as p"""
_PIECES_ON_POSTGRESQL = """
  select p.place - 1 as place, p.value ->> 0 as word, coalesce(p.value ->> 1, ' ') as gap,
   coalesce(p.value ->> 2, p.value ->> 0) as folded
  from jsonb_array_elements({0}) with ordinality as p(value, place)"""
_SOUGHT_ON_SQLITE = "json_each({1}) as s"
_SOUGHT_ON_POSTGRESQL = "jsonb_array_elements({1}) as s(value)"
# From the innermost query: each word with the words after it; the number of terms that begin
# there, and the length of the longest; the end of the terms that began before, and the number of
# terms in the window from here; the window with most terms; the words of that window.
#
# The subqueries are nested in one chain, since SQLite evaluates any other subquery again for each
# word. The words are counted in the same query as the terms: PostgreSQL inlines a subquery without
# a window function, and evaluates its expressions again for each reference.
_SNIPPET = """(
 select coalesce(
  case when max(w.first) > 0 then '…' else '' end
  || rtrim(string_agg(
   case when w.reach > w.place then '<mark>' || w.word || '</mark>' else w.word end || w.gap,
   '' order by w.place))
  || case when max(w.total) > max(w.first) + {size} then '…' else '' end,
  '')
 from (
  select n.place, n.word, n.gap, n.reach, n.total, first_value(
   case when n.hits > 0 and n.place > {before} then n.place - {before} else 0 end)
   over (order by n.hits = 0, n.near desc, n.place) as first
  from (
   select h.place, h.word, h.gap, h.hits, h.total,
    max(h.place + h.size) over (
     order by h.place rows between {longest} preceding and current row) as reach,
    sum(h.hits) over (
     order by h.place rows between current row and {following} following) as near
   from (
    select b.place, b.word, b.gap, b.hits, b.total, case when b.hits > 0 then (
     select max(cast(s.value ->> 'size' as integer)) from {sought}
     where substr(b.ahead, 1, length(s.value ->> 'text')) = s.value ->> 'text') else 0 end as size
    from (
     select a.place, a.word, a.gap, a.ahead, count(*) over () as total, (
      select count(*) from {sought}
      where substr(a.ahead, 1, length(s.value ->> 'text')) = s.value ->> 'text') as hits
     from (
      select p.place, p.word, p.gap, string_agg(p.folded, ' ') over (
       order by p.place rows between current row and {longest} following) || ' ' as ahead
      from ({pieces}) as p
     ) as a
    ) as b
   ) as h
  ) as n
 ) as w
 where w.place >= w.first and w.place < w.first + {size}
)"""
_WORDS_BEFORE_A_HIT = 4


class SearchTerm(Protocol):
    """A term of a query, independent of the database."""

    @property
    def words(self) -> Sequence[str]:
        """The folded words, which have to be adjacent."""

    @property
    def is_prefix(self) -> bool:
        """True if the last word matches as a prefix."""

    @property
    def is_excluded(self) -> bool:
        """True if documents with the term are excluded."""


class SearchBoost(Protocol):
    """Points for a document that has a term, independent of the database."""

    @property
    def term(self) -> SearchTerm:
        """The term."""

    @property
    def part(self) -> str | None:
        """The part of a document that has to contain it; ``None`` for any part."""

    @property
    def points(self) -> int:
        """Points for the term."""

    @property
    def title_points(self) -> int:
        """Further points, which are divided by the number of words in the title."""


class DocumentLookup(Protocol):
    """A lookup in the search index, independent of the database."""

    @property
    def clauses(self) -> Sequence[Sequence[SearchTerm]]:
        """Conditions that all have to match; of each, one of the terms."""

    @property
    def points(self) -> int:
        """Points of every matching document."""

    @property
    def boosts(self) -> Sequence[SearchBoost]:
        """Further points, for documents that also have a term."""


class Lookups(TypeDecorator[DocumentLookup]):
    """The type of a parameter with index lookups, in the query syntax of the database.

    Args:
        every_document: word that every document contains.
    """

    impl = Text
    cache_ok = True

    def __init__(self, every_document: str) -> None:
        super().__init__()
        self.every_document = every_document

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the JSON type of the database."""
        return JsonDocument.dialect_impl(dialect)

    def process_bind_param(
        self, value: DocumentLookup | None, dialect: Dialect
    ) -> list[dict[str, object]]:
        """Return the lookups in the query syntax of the database."""
        if value is None:
            return []
        spell = _fts5_lookups if dialect.name == "sqlite" else _tsquery_lookups
        return spell(value, self.every_document)


def _fts5_lookups(sought: DocumentLookup, every_document: str) -> list[dict[str, object]]:
    """Return lookups for FTS5: https://sqlite.org/fts5.html#full_text_query_syntax."""
    every = f'"{every_document}"'

    def spell(term: SearchTerm) -> str:
        phrase = f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'
        return f"({every} NOT {phrase})" if term.is_excluded else phrase

    def all_of(clauses: Iterable[Sequence[SearchTerm]]) -> list[str]:
        return [f"({' OR '.join(map(spell, each))})" for each in clauses]

    found = " AND ".join(all_of(sought.clauses)) or every
    lookups, boosted = [], []
    for each in sought.boosts:
        part = f"{{{each.part}}} : " if each.part is not None else ""
        boosted.append(f"{part}{spell(each.term)}")
        # A clause that is the boosted term alone matches anyway, so it is left out.
        others = all_of(clause for clause in sought.clauses if tuple(clause) != (each.term,))
        match = " AND ".join([*others, boosted[-1]])
        lookups.append(_lookup(match, each.points, each.title_points))
    plain = f"({found}) NOT ({' OR '.join(boosted)})" if boosted else found
    return [{**_lookup(found, sought.points), "plain": plain}, *lookups]


def _tsquery_lookups(sought: DocumentLookup, every_document: str) -> list[dict[str, object]]:
    """Return lookups in the text form of ``tsquery``.

    Syntax: https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY
    """

    def spell(term: SearchTerm) -> str:
        words = " <-> ".join(f"'{word}'" for word in term.words)
        return f"{'!' if term.is_excluded else ''}({words}{':*' if term.is_prefix else ''})"

    found = " & ".join(f"({' | '.join(map(spell, each))})" for each in sought.clauses)
    lookups = []
    boosted: dict[str, list[str]] = {"title": [], "summary": [], "anywhere": []}
    for each in sought.boosts:
        match = spell(each.term)
        boosted[each.part or "anywhere"].append(match)
        lookups.append({**_lookup(match, each.points, each.title_points), "part": each.part})
    first = _lookup(found or f"'{every_document}'", sought.points)
    return [first | {part: " | ".join(each) for part, each in boosted.items()}, *lookups]


def _lookup(match: str, points: int, title_points: int = 0) -> dict[str, object]:
    return {"match": match, "points": points, "titlePoints": title_points}


class _MatchingDocuments(FunctionElement[Any]):
    inherit_cache = True


@compiles(_MatchingDocuments, "sqlite")
def _(element: _MatchingDocuments, compiler: SQLCompiler, **kw: Any) -> str:
    return _FIND_ON_SQLITE.format(compiler.process(element.clauses, **kw))


@compiles(_MatchingDocuments, "postgresql")
def _(element: _MatchingDocuments, compiler: SQLCompiler, **kw: Any) -> str:
    return _FIND_ON_POSTGRESQL.format(compiler.process(element.clauses, **kw))


class _RankedDocuments(FunctionElement[Any]):
    inherit_cache = True
    # On SQLite, the first lookup and the points; on PostgreSQL, what is found.
    first, points, found = 0, _POINTS_ON_SQLITE, _FOUND_ON_POSTGRESQL


class _BestDocuments(_RankedDocuments):
    inherit_cache = True
    first, points, found = 1, _MORE_POINTS_ON_SQLITE, _FOUND_WITH_MORE_ON_POSTGRESQL


@compiles(_RankedDocuments, "sqlite")
def _(element: _RankedDocuments, compiler: SQLCompiler, **kw: Any) -> str:
    lookups = compiler.process(element.clauses, **kw)
    points = element.points.format(lookups=lookups)
    return _RANK_ON_SQLITE.format(lookups=lookups, points=points, first=element.first)


@compiles(_RankedDocuments, "postgresql")
def _(element: _RankedDocuments, compiler: SQLCompiler, **kw: Any) -> str:
    lookups = compiler.process(element.clauses, **kw)
    found = element.found.format(lookups=lookups)
    return _RANK_ON_POSTGRESQL.format(lookups=lookups, found=found)


class IsMatch(AsCondition, DialectFunction):
    """SQL condition: the document of the revision matches the lookups; for one row after another.

    SQLite keeps what matches in a set, since its index takes long to look for one document.
    """

    sqlite = _OF_DOCUMENT_ON_SQLITE.format("match")
    postgresql = _OF_DOCUMENT_ON_POSTGRESQL.format(_FOUND_ON_POSTGRESQL.format(lookups="{1}"))


class IsPlainMatch(AsCondition, DialectFunction):
    """SQL condition: the document of the revision matches, and has no more points than others."""

    sqlite = _OF_DOCUMENT_ON_SQLITE.format("plain")
    postgresql = _OF_DOCUMENT_ON_POSTGRESQL.format(
        f"{_FOUND_ON_POSTGRESQL} and not {_HAS_MORE_ON_POSTGRESQL}".format(lookups="{1}")
    )


class PlainPoints(DialectFunction):
    """The points that every document has that matches lookups."""

    type = BigInteger()
    sqlite = "({0} -> 0 ->> 'points')"
    postgresql = "({0} -> 0 ->> 'points')::bigint"


class LookupsIf(DialectFunction):
    """Lookups, and none without a condition that is the same for all rows.

    PostgreSQL looks at such a condition first, wherever it is.
    """

    sqlite = "(case when {0} then {1} else '[]' end)"
    postgresql = "{1}"


class _Snippet(FunctionElement[str]):
    inherit_cache = False
    type = Text()

    def __init__(
        self, pieces: ColumnElement[Any], terms: ColumnElement[Any], size: int, longest: int
    ) -> None:
        self.size = size
        self.longest = longest
        super().__init__(pieces, terms)

    def sql(self, pieces: str, sought: str, arguments: Sequence[str]) -> str:
        """Return the SQL of the snippet.

        Args:
            pieces: the database's template of a query of the pieces.
            sought: its template of a table of the terms.
            arguments: SQL of the arguments, for both templates.
        """
        return _SNIPPET.format(
            pieces=pieces.format(*arguments),
            sought=sought.format(*arguments),
            size=self.size,
            before=_WORDS_BEFORE_A_HIT,
            following=self.size - _WORDS_BEFORE_A_HIT - 1,
            longest=self.longest - 1,
        )


@compiles(_Snippet, "sqlite")
def _(element: _Snippet, compiler: SQLCompiler, **kw: Any) -> str:
    arguments = [compiler.process(clause, **kw) for clause in element.clauses]
    return element.sql(_PIECES_ON_SQLITE, _SOUGHT_ON_SQLITE, arguments)


@compiles(_Snippet, "postgresql")
def _(element: _Snippet, compiler: SQLCompiler, **kw: Any) -> str:
    arguments = [compiler.process(clause, **kw) for clause in element.clauses]
    return element.sql(_PIECES_ON_POSTGRESQL, _SOUGHT_ON_POSTGRESQL, arguments)


def matching_documents(lookups: ColumnElement[Any], name: str) -> FromClause:
    """Return the revisions of the matching documents, as a relation: ``revision_id``.

    Args:
        lookups: a parameter of the type :class:`Lookups`.
        name: alias of the relation.
    """
    return _MatchingDocuments(lookups).table_valued(column("revision_id", Text()), name=name)


def ranked_documents(lookups: ColumnElement[Any], name: str) -> FromClause:
    """Return the revisions of the matching documents with their points, which takes longer.

    Args:
        lookups: a parameter of the type :class:`Lookups`, or :class:`LookupsIf`.
        name: alias of the relation, whose columns are ``revision_id`` and ``points``.
    """
    return _with_points(_RankedDocuments(lookups), name)


def best_documents(lookups: ColumnElement[Any], name: str) -> FromClause:
    """Return those of :func:`ranked_documents` that have more points than every match has."""
    return _with_points(_BestDocuments(lookups), name)


def _with_points(documents: FunctionElement[Any], name: str) -> FromClause:
    return documents.table_valued(
        column("revision_id", Text()), column("points", BigInteger()), name=name
    )


def snippet_of(
    pieces: ColumnElement[Any], terms: ColumnElement[Any], *, size: int, longest: int
) -> ColumnElement[str]:
    """Return an excerpt of a text, with the terms in ``<mark>``, as HTML.

    Args:
        pieces: the text as a JSON array of ``[word, gap, folded word]``; a folded word that
            equals the word, and then a gap that is a space, may be left out.
        terms: a JSON array of ``{"text", "size"}``: the folded words of a term, each followed by
            a space except a last one that is a prefix; and the number of words.
        size: number of words of the excerpt.
        longest: maximum number of words of a term.
    """
    return _Snippet(pieces, terms, size, longest)
