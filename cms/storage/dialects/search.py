"""Full-text search: FTS5 on SQLite, ``tsvector`` on PostgreSQL.

Both index words that are already split and folded, and change none of them. A query is a parameter
in which every word is quoted; words contain no quotes.
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

_FIND_ON_SQLITE = """(
 select f.rowid as id
 from search_index as f
 where f.search_index match ({0} -> 0 ->> 'match')
)"""
_FIND_ON_POSTGRESQL = """(
 select f.id as id
 from search_document as f
 where f.vector @@ ({0} -> 0 ->> 'match')::tsquery
)"""
_RANK_ON_SQLITE = """(
 select f.rowid as id,
  sum(l.value ->> 'points') as points, sum(l.value ->> 'titlePoints') as title_points
 from json_each({0}) as l cross join search_index as f
 where f.search_index match (l.value ->> 'match')
 group by f.rowid
)"""
# The index finds; what a find is worth is looked up in its own row, first of all where it is
# short. What comes first among the lookups is true of all that is found.
_RANK_ON_POSTGRESQL = """(
 with lookup as materialized (
  select l.place as place, l.value ->> 'part' as part, (l.value ->> 'match')::tsquery as match,
   (l.value ->> 'points')::int as points, (l.value ->> 'titlePoints')::int as title_points
  from jsonb_array_elements({0}) with ordinality as l(value, place)
 )
 select f.id as id, sum(l.points) as points, sum(l.title_points) as title_points
 from search_document as f join lookup as l on l.place = 1 or case l.part
  when 'title' then f.title_vector @@ l.match
  when 'summary' then f.summary_vector @@ l.match
  else f.vector @@ l.match end
 where f.vector @@ ({0} -> 0 ->> 'match')::tsquery
 group by f.id
)"""

# What is left out of a piece is what it mostly is: a space, and a word that is folded already.
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
# From the inside out: each word with those that follow it; how many terms begin there, and how
# many words the longest of them has; how far the terms before reach, and how many more there are
# within a window; the window in which there are most; the words of that window.
#
# It is nothing but subqueries in a row, since SQLite evaluates all others again for each word;
# and the words are counted where the terms are, since PostgreSQL looks again for what has come out
# of a subquery without a window function as often as it is mentioned.
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


class SoughtTerm(Protocol):
    """Consecutive words, independent of the database."""

    @property
    def words(self) -> Sequence[str]:
        """The words of the term."""

    @property
    def is_prefix(self) -> bool:
        """True if the last word is a prefix."""

    @property
    def is_excluded(self) -> bool:
        """True if the term must not occur."""


class SoughtWorth(Protocol):
    """The points for containing a term, independent of the database."""

    @property
    def term(self) -> SoughtTerm:
        """The term."""

    @property
    def part(self) -> str | None:
        """The part of a document that has it; ``None`` for any."""

    @property
    def points(self) -> int:
        """The points."""

    @property
    def title_points(self) -> int:
        """Additional points, divided by the number of words in the title."""


class SoughtDocuments(Protocol):
    """The conditions and points of a lookup, independent of the database."""

    @property
    def clauses(self) -> Sequence[Sequence[SoughtTerm]]:
        """The clauses, which must all match; a clause matches with any of its terms."""

    @property
    def points(self) -> int:
        """The points of a match."""

    @property
    def worths(self) -> Sequence[SoughtWorth]:
        """Additional points."""


class Lookups(TypeDecorator[SoughtDocuments]):
    """The type of a parameter with lookups in the index.

    Args:
        every_document: a word that every document contains.
    """

    impl = Text
    cache_ok = True

    def __init__(self, every_document: str) -> None:
        super().__init__()
        self.every_document = every_document

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return JSON."""
        return JsonDocument.dialect_impl(dialect)

    def process_bind_param(
        self, value: SoughtDocuments | None, dialect: Dialect
    ) -> list[dict[str, object]]:
        """Return the lookups in the syntax of the database."""
        if value is None:
            return []
        spell = _in_sqlite if dialect.name == "sqlite" else _in_postgresql
        return spell(value, self.every_document)


def _in_sqlite(sought: SoughtDocuments, every_document: str) -> list[dict[str, object]]:
    """Return lookups in the syntax of https://sqlite.org/fts5.html#full_text_query_syntax."""
    every = f'"{every_document}"'

    def spell(term: SoughtTerm) -> str:
        phrase = f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'
        return f"({every} NOT {phrase})" if term.is_excluded else phrase

    def all_of(clauses: Iterable[Sequence[SoughtTerm]]) -> list[str]:
        return [f"({' OR '.join(map(spell, each))})" for each in clauses]

    lookups = [_lookup(" AND ".join(all_of(sought.clauses)) or every, sought.points)]
    for each in sought.worths:
        part = f"{{{each.part}}} : " if each.part is not None else ""
        # What has the term in a part has it, and need not be looked up for that once more.
        others = all_of(clause for clause in sought.clauses if tuple(clause) != (each.term,))
        match = " AND ".join([*others, f"{part}{spell(each.term)}"])
        lookups.append(_lookup(match, each.points, each.title_points))
    return lookups


def _in_postgresql(sought: SoughtDocuments, every_document: str) -> list[dict[str, object]]:
    """Return lookups in the syntax of a tsquery."""

    def spell(term: SoughtTerm) -> str:
        words = " <-> ".join(f"'{word}'" for word in term.words)
        return f"{'!' if term.is_excluded else ''}({words}{':*' if term.is_prefix else ''})"

    found = " & ".join(f"({' | '.join(map(spell, each))})" for each in sought.clauses)
    lookups = [_lookup(found or f"'{every_document}'", sought.points)]
    for each in sought.worths:
        lookup = _lookup(spell(each.term), each.points, each.title_points)
        lookups.append({**lookup, "part": each.part})
    return lookups


def _lookup(match: str, points: int, title_points: int = 0) -> dict[str, object]:
    return {"match": match, "points": points, "titlePoints": title_points}


class _Found(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Found, "sqlite")
def _(element: _Found, compiler: SQLCompiler, **kw: Any) -> str:
    return _FIND_ON_SQLITE.format(compiler.process(element.clauses, **kw))


@compiles(_Found, "postgresql")
def _(element: _Found, compiler: SQLCompiler, **kw: Any) -> str:
    return _FIND_ON_POSTGRESQL.format(compiler.process(element.clauses, **kw))


class _Ranked(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Ranked, "sqlite")
def _(element: _Ranked, compiler: SQLCompiler, **kw: Any) -> str:
    return _RANK_ON_SQLITE.format(compiler.process(element.clauses, **kw))


@compiles(_Ranked, "postgresql")
def _(element: _Ranked, compiler: SQLCompiler, **kw: Any) -> str:
    return _RANK_ON_POSTGRESQL.format(compiler.process(element.clauses, **kw))


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
        """Return the expression on both arguments for the database."""
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


def found_documents(lookups: ColumnElement[Any], name: str) -> FromClause:
    """Return the matching documents.

    Args:
        lookups: a parameter of the type :class:`Lookups`.
        name: the name of the relation, whose column is ``id``.
    """
    return _Found(lookups).table_valued(column("id"), name=name)


def ranked_documents(lookups: ColumnElement[Any], name: str) -> FromClause:
    """Return the matching documents with their points, which takes longer.

    Args:
        lookups: a parameter of the type :class:`Lookups`.
        name: the name of the relation, whose columns are ``id``, ``points``, ``title_points``.
    """
    return _Ranked(lookups).table_valued(
        column("id"),
        column("points", BigInteger()),
        column("title_points", BigInteger()),
        name=name,
    )


def snippet_of(
    pieces: ColumnElement[Any], terms: ColumnElement[Any], *, size: int, longest: int
) -> ColumnElement[str]:
    """Return an excerpt of a text as HTML, with the terms in ``<mark>``.

    Args:
        pieces: the text as a JSON array of ``[word, gap, folded word]``. A gap that is a space
            and a folded word that equals the word can be omitted at the end.
        terms: a JSON array of ``{"text", "size"}``: the folded words of a term, each followed
            by a space, except a last word that is a prefix; and the number of words.
        size: the number of words in the excerpt.
        longest: the maximum number of words in a term.
    """
    return _Snippet(pieces, terms, size, longest)
