"""Full text: FTS5 on SQLite, ``tsvector`` on PostgreSQL.

Both are given words that are folded and told apart already, so neither changes or splits any.
A query reaches them as a parameter in which every word is quoted; words have no quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
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

from cms.dialects.columns import JsonDocument

# The parts of a document, by the weights that their words have on PostgreSQL.
_WEIGHTS = {"title": "A", "summary": "B", "body": "D"}

_FIND_ON_SQLITE = """(
 select f.rowid as id,
  sum(l.value ->> 'points') as points, sum(l.value ->> 'titlePoints') as title_points
 from json_each({0}) as l cross join search_index as f
 where f.search_index match (l.value ->> 'match')
 group by f.rowid
)"""
_FIND_ON_POSTGRESQL = """(
 select f.id as id,
  sum((l.value ->> 'points')::int) as points,
  sum((l.value ->> 'titlePoints')::int) as title_points
 from jsonb_array_elements({0}) as l(value)
 join search_document as f on f.vector @@ (l.value ->> 'match')::tsquery
 group by f.id
)"""

_PIECES_ON_SQLITE = """
  select p.key as place, p.value ->> 0 as folded, p.value ->> 1 as word, p.value ->> 2 as gap
  from json_each({0}) as p"""
_PIECES_ON_POSTGRESQL = """
  select p.place - 1 as place, p.value ->> 0 as folded, p.value ->> 1 as word,
   p.value ->> 2 as gap
  from jsonb_array_elements({0}) with ordinality as p(value, place)"""
_SOUGHT_ON_SQLITE = "json_each({1}) as s"
_SOUGHT_ON_POSTGRESQL = "jsonb_array_elements({1}) as s(value)"
# A hit is a stretch of words that is one of the terms. Shown is a window of words with as many
# hits as there can be, and a few words before the first of them.
_SNIPPET = """(
 with pieces as ({pieces}
 ), sought as (
  select cast(s.value ->> 'term' as integer) as term,
   cast(s.value ->> 'nth' as integer) as nth,
   cast(s.value ->> 'size' as integer) as size,
   cast(s.value ->> 'isPrefix' as integer) as is_prefix,
   s.value ->> 'word' as word
  from {sought}
 ), hits as (
  select p.place - s.nth as start, max(s.size) as size
  from pieces as p join sought as s on p.folded = s.word
   or (s.is_prefix = 1 and substr(p.folded, 1, length(s.word)) = s.word)
  group by s.term, p.place - s.nth
  having count(*) = max(s.size)
 ), best as (
  select h.start as start
  from (
   select start, count(*) over (
    order by start range between current row and {reach} following) as near
   from hits
  ) as h
  order by h.near desc, h.start
  limit 1
 ), window_start as (
  select coalesce((select case when start > {before} then start - {before} else 0 end from best), 0)
   as first
 )
 select coalesce(
  case when max(w.first) > 0 then '…' else '' end
  || rtrim(string_agg(
   case when exists (
    select 1 from hits as h where h.start <= p.place and p.place < h.start + h.size
   ) then '<mark>' || p.word || '</mark>' else p.word end || p.gap, '' order by p.place))
  || case when (select count(*) from pieces) > max(w.first) + {size} then '…' else '' end,
  '')
 from pieces as p join window_start as w on p.place >= w.first and p.place < w.first + {size}
)"""
_WORDS_BEFORE_A_HIT = 4


class SoughtTerm(Protocol):
    """Words in a row, in no database's language."""

    @property
    def words(self) -> Sequence[str]:
        """The words."""

    @property
    def is_prefix(self) -> bool:
        """Whether the last one may go on."""

    @property
    def is_excluded(self) -> bool:
        """Whether they must not be there."""


class SoughtDocument(Protocol):
    """What a document has to have, and what it is worth, in no database's language."""

    @property
    def clauses(self) -> Sequence[Sequence[SoughtTerm]]:
        """All of these have to be so; of each, one of the terms."""

    @property
    def part(self) -> tuple[str, SoughtTerm] | None:
        """A part of a document and what that has to have, or None."""

    @property
    def points(self) -> int:
        """What it is worth."""

    @property
    def title_points(self) -> int:
        """What it is worth in addition, to be shared by the words of the title."""


class Lookups(TypeDecorator[Sequence[SoughtDocument]]):
    """The type of a parameter that says what to look up in the index.

    Args:
        every_document: a word that every document has.
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
        self, value: Sequence[SoughtDocument] | None, dialect: Dialect
    ) -> list[dict[str, object]]:
        """Return what to look up, in the database's own language."""
        spell = _spell_for_sqlite if dialect.name == "sqlite" else _spell_for_postgresql
        return [
            {
                "match": spell(each, self.every_document),
                "points": each.points,
                "titlePoints": each.title_points,
            }
            for each in value or ()
        ]


def _spell_for_sqlite(sought: SoughtDocument, every_document: str) -> str:
    """Return an expression of https://sqlite.org/fts5.html#full_text_query_syntax."""
    every = f'"{every_document}"'

    def spell(term: SoughtTerm) -> str:
        phrase = f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'
        return f"({every} NOT {phrase})" if term.is_excluded else phrase

    parts = [f"({' OR '.join(map(spell, clause))})" for clause in sought.clauses]
    if sought.part is not None:
        name, term = sought.part
        parts.append(f"{{{name}}} : {spell(term)}")
    return " AND ".join(parts) or every


def _spell_for_postgresql(sought: SoughtDocument, every_document: str) -> str:
    """Return a tsquery in its text form."""

    def spell(term: SoughtTerm, weight: str = "") -> str:
        marks = [weight] * len(term.words)
        marks[-1] = f"*{weight}" if term.is_prefix else weight
        words = (
            f"'{word}'{f':{mark}' if mark else ''}"
            for word, mark in zip(term.words, marks, strict=True)
        )
        return f"{'!' if term.is_excluded else ''}({' <-> '.join(words)})"

    parts = [f"({' | '.join(map(spell, clause))})" for clause in sought.clauses]
    if sought.part is not None:
        name, term = sought.part
        parts.append(spell(term, _WEIGHTS[name]))
    return " & ".join(parts) or f"'{every_document}'"


class _Found(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Found, "sqlite")
def _(element: _Found, compiler: SQLCompiler, **kw: Any) -> str:
    return _FIND_ON_SQLITE.format(compiler.process(element.clauses, **kw))


@compiles(_Found, "postgresql")
def _(element: _Found, compiler: SQLCompiler, **kw: Any) -> str:
    return _FIND_ON_POSTGRESQL.format(compiler.process(element.clauses, **kw))


class _Snippet(FunctionElement[str]):
    inherit_cache = False
    type = Text()

    def __init__(self, pieces: ColumnElement[Any], terms: ColumnElement[Any], size: int) -> None:
        self.size = size
        super().__init__(pieces, terms)

    def sql(self, pieces: str, sought: str, arguments: Sequence[str]) -> str:
        """Return the expression over the two, of which each database has its own."""
        return _SNIPPET.format(
            pieces=pieces.format(*arguments),
            sought=sought.format(*arguments),
            size=self.size,
            reach=self.size - _WORDS_BEFORE_A_HIT - 1,
            before=_WORDS_BEFORE_A_HIT,
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
    """Return the documents that one of the lookups finds, with the sums of their points.

    Args:
        lookups: a parameter of the type :class:`Lookups`.
        name: what to call the relation, whose columns are ``id``, ``points``, ``title_points``.
    """
    return _Found(lookups).table_valued(
        column("id"),
        column("points", BigInteger()),
        column("title_points", BigInteger()),
        name=name,
    )


def snippet_of(
    pieces: ColumnElement[Any], terms: ColumnElement[Any], size: int
) -> ColumnElement[str]:
    """Return some words of a text, with the terms in ``<mark>``, as HTML.

    Args:
        pieces: the text as a JSON array of ``[folded word, word, gap]``.
        terms: a JSON array of the words of the terms: ``{"word", "isPrefix", "term", "nth",
            "size"}``, the last three of which say which word of which term it is.
        size: how many words.
    """
    return _Snippet(pieces, terms, size)
