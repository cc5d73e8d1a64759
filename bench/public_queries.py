"""The statements that read what is public, in the tables of each variant; see :mod:`bench.public`.

Each returns the same JSON on all variants. A statement names its tables by pieces that differ from
one variant to another: what shows an edition, what joins its title and path, what it links to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.handwritten import moment_text, words_of
from bench.public_rows import CATEGORIES, Content
from bench.public_tables import Variant

_LISTED = "'id', x.id, 'title', x.title, 'path', x.path, 'publishedAt', {listed}"
_CATEGORY = "{object}('name', x.name, 'treePath', x.tree_path)"
_NEWEST = "order by x.published_at desc, x.id desc"

LIST = f"""
select {{array}}({{object}}({_LISTED}, 'category', {_CATEGORY}) {_NEWEST})
from (
  select {{id}} as id, {{title0}} as title, {{path0}} as path, p0.published_at,
    c0.name, c0.path as tree_path
  from {{edition0}}
  where p0.locale = 'en' and p0.content_type = 'Term' and {{open0}}
    and p0.category = (select c.key from category c where c.path = {{one}})
  order by p0.published_at desc, p0.entry desc limit 50
) x
"""

CARDS = f"""
select {{array}}({{object}}({_LISTED}, 'summary', x.summary, 'category', {_CATEGORY}) {_NEWEST})
from (
  select {{id}} as id, {{title0}} as title, {{path0}} as path, p0.published_at,
    {{summary}} as summary, c0.name, c0.path as tree_path
  from {{edition0}}
  where p0.locale = 'en' and p0.content_type = 'Term' and {{open0}}
    and p0.category = (select c.key from category c where c.path = {{one}})
  order by p0.published_at desc, p0.entry desc limit 50
) x
"""

TITLES = f"""
select {{array}}({{object}}({_LISTED}, 'category', {_CATEGORY}) order by x.title_key, x.id)
from (
  select {{id}} as id, {{title0}} as title, {{path0}} as path, p0.published_at,
    {{title_key}} as title_key, c0.name, c0.path as tree_path
  from {{edition0}} {{titles}}
  where p0.locale = 'en' and p0.content_type = 'Term' and {{open0}}
  order by {{title_key}}, p0.entry limit 50 offset {{one}}
) x
"""

PAGE = """
select {object}('title', {title0}, 'path', {path0}, 'summary', {summary},
  'category', {object}('name', c0.name, 'treePath', c0.path, 'parent',
    (select {object}('name', b.name, 'treePath', b.path) from category b where b.key = c0.parent)),
  'links', (
    select {array}({object}('kind', l1.kind, 'label', l1.label, 'target',
      {object}('title', {title1}, 'path', {path1})) order by {order1})
    from {links1} where l1.source = {source0}))
from {page}
"""

TWO_HOPS = """
select {array}({object}('title', x.title, 'path', x.path, 'category', x.name, 'links', (
    select {array}({object}('title', {title1}, 'path', {path1}, 'category', c1.name, 'links', (
        select {array}({object}('title', {title2}, 'path', {path2}, 'category', c2.name)
          order by {order2})
        from {links2} where l2.source = {source1})) order by {order1})
    from {links1} where l1.source = x.source)) order by x.published_at desc, x.id desc)
from (
  select {id} as id, {title0} as title, {path0} as path, p0.published_at, c0.name,
    {source0} as source
  from {edition0}
  where p0.locale = 'en' and p0.content_type = 'Term' and {open0}
    and p0.category = (select c.key from category c where c.path = {one})
  order by p0.published_at desc, p0.entry desc limit 20
) x
"""


@dataclass(frozen=True)
class Query:
    """A statement for what is public now or was at a position, and the values of many runs.

    Attributes:
        name: how the results call it.
        sql: the statement, with pieces to fill in.
        values: the values of each run.
        runs: how many runs are timed together.
        is_past: whether it is about a position; that is the last value.
    """

    name: str
    sql: str
    values: tuple[tuple[Any, ...], ...]
    runs: int
    is_past: bool = False


def queries(content: Content) -> Iterator[Query]:
    """Yield what is measured."""
    entries = len(content.entries)
    categories = [f"c-{number * 7 % CATEGORIES}" for number in range(CATEGORIES)]
    paths = content.lasting_paths()
    yield Query("list", LIST, tuple((each,) for each in categories), 20)
    yield Query("list with summary", CARDS, tuple((each,) for each in categories), 20)
    yield Query("list by title", TITLES, tuple((3 * each,) for each in range(60)), 5)
    yield Query("page", PAGE, tuple((each,) for each in paths), 40)
    yield Query("two hops", TWO_HOPS, tuple((each,) for each in categories), 3)
    for name, sql, asked, runs in (
        ("list", LIST, categories, 3),
        ("page", PAGE, paths, 20),
        ("two hops", TWO_HOPS, categories, 3),
    ):
        # From the position at which every entry had been published once, to the present.
        at = [entries + index * 7_919 % (2 * entries) for index in range(len(asked))]
        yield Query(f"past {name}", sql, tuple(zip(asked, at, strict=True)), runs, is_past=True)


def statement(query: Query, variant: Variant, is_sqlite: bool) -> str:
    """Return a query's SQL on the tables of a variant."""
    words = words_of(is_sqlite)
    pieces = Pieces(variant, query.is_past, words["two"])
    filled = {
        **words,
        **pieces.of_first(words["one"]),
        **{key: value for level in range(3) for key, value in pieces.at(level).items()},
        "listed": moment_text(is_sqlite, "x.published_at"),
    }
    return query.sql.format(**filled)


class Pieces:
    """The parts of statements that differ between variants, and between the present and the past.

    Args:
        variant: whose tables are read.
        is_past: whether they are read as of a position.
        position: the parameter that holds it.
    """

    def __init__(self, variant: Variant, is_past: bool, position: str) -> None:
        self._variant = variant
        self._is_past = is_past
        self._position = position
        self._has_title = variant.is_wide or variant.is_narrow
        self._edition, self._edge = "publication", "link"
        if variant.is_narrow:
            prefix = "past" if is_past else "public"
            self._edition, self._edge = f"{prefix}_edition", f"{prefix}_edge"

    def of_first(self, asked: str) -> dict[str, str]:
        """Return the parts that concern the first entries only, not the targets of links.

        Args:
            asked: the parameter that holds a path.
        """
        variant = self._variant
        summary = "(select r.summary from revision r where r.key = p0.revision)"
        if variant.has_summary:
            summary = "p0.summary"
        elif not self._has_title:
            summary = "r0.summary"
        return {
            "id": "p0.entry_id" if variant.has_numbers else "p0.entry",
            "summary": summary,
            "title_key": "p0.title_key" if self._has_title else "d.title_key",
            "titles": "" if self._has_title else "join rendition d on d.revision = p0.revision",
            "page": self._page(asked),
        }

    def at(self, level: int) -> dict[str, str]:
        """Return the parts that read an edition, and the links to it, by their level."""
        variant, p = self._variant, f"p{level}"
        edition = f"{self._edition} {p}"
        target = f"{p}.entry = l{level}.target and {p}.locale = 'en' and {self._shown(p)}"
        joins = self._joins(level) if variant.has_path else self._joins(level) + self._path(level)
        is_of_edition = variant.is_narrow and not self._is_past
        is_in_order = variant.is_narrow or variant.is_ordered
        order = f"l{level}.ordinal"
        parts = {
            "title": f"{p}.title" if self._has_title else f"r{level}.title",
            "path": f"{p}.path" if variant.has_path else f"a{level}.path",
            "open": self._shown(p),
            "edition": edition + joins,
            "links": f"{self._edge} l{level} join {edition} on {target}{joins}",
            "source": f"{p}.edition" if is_of_edition else f"{p}.revision",
            "order": order if is_in_order else f"l{level}.field_path, {order}",
        }
        return {f"{name}{level}": part for name, part in parts.items()}

    def _shown(self, alias: str) -> str:
        """Return whether a publication or its narrow row is what readers see."""
        is_present = self._edition == "public_edition"
        return "true" if is_present else self._open(alias)

    def _open(self, alias: str) -> str:
        if not self._is_past:
            return f"{alias}.ended_position is null"
        ended = f"({alias}.ended_position is null or {alias}.ended_position > {self._position})"
        return f"{alias}.position <= {self._position} and {ended}"

    def _joins(self, level: int) -> str:
        category = f" left join category c{level} on c{level}.key = p{level}.category"
        if self._has_title:
            return category
        return f" join revision r{level} on r{level}.key = p{level}.revision{category}"

    def _path(self, level: int) -> str:
        alias = f"a{level}"
        on = f"{alias}.edition = p{level}.edition and {self._open(alias)}"
        return f" left join address {alias} on {on}"

    def _page(self, asked: str) -> str:
        """Return how a page is found by its path."""
        if self._variant.has_path:
            where = f"p0.locale = 'en' and p0.path = {asked} and {self._shown('p0')}"
            return f"{self._edition} p0{self._joins(0)} where {where}"
        edition = f"{self._edition} p0 on p0.edition = a0.edition and {self._shown('p0')}"
        where = f"a0.locale = 'en' and a0.path = {asked} and {self._open('a0')}"
        return f"address a0 join {edition}{self._joins(0)} where {where}"
