"""The raw limit: a bare ASGI app that runs one handwritten statement, which returns JSON.

It knows the queries by name, reads only what it needs of the request, and checks
nothing. Its statements are written for this data by hand, with joins where they are faster.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from pysqlite3 import dbapi2 as sqlite

from bench.handwritten import (
    Fetch,
    fetch_from_postgresql,
    fetch_from_sqlite,
    moment_text,
    words_of,
)

PAGE = """
select {object}('data', {object}('entry', (
  select {object}('__typename', p.content_type, 'title', p.title, 'path', a.path,
    'summary', p.summary, 'publishedAt', {published},
    'body', {object}('html', e.rendered -> 'body' -> 'html'),
    'category', (select {object}('name', c.title, 'treePath', cp.path, 'parent',
        (select {object}('name', b.title, 'treePath', bp.path)
          from category_place o
          join publication b on b.entry_id = o.parent_id and b.locale = 'en'
            and b.ended_position is null
          join category_path bp on bp.category_id = o.parent_id and bp.locale = 'en'
          where o.category_id = c.entry_id and o.ended_position is null))
      from publication c join category_path cp on cp.category_id = c.entry_id and cp.locale = 'en'
      where c.entry_id = p.category_id and c.locale = 'en' and c.ended_position is null),
    'review', (select {object}(
        'reviewers', {array}({object}('name', n.title, 'slug', m.slug) order by n.title_key),
        'signedAt', {signed})
      from sign_off s
      join publication n on n.entry_id = s.person_id and n.locale = 'en'
        and n.ended_position is null
      join revision m on m.id = n.revision_id
      where s.edition_id = p.edition_id and s.digest = r.digest),
    'linkGroups', (
      select {array}({object}('kind', upper(g.kind), 'label', g.label, 'links', g.links)
        order by g.label desc)
      from (
        select l.kind,
          case l.kind when 'related' then 'Related' else 'Further reading' end as label,
          {array}({object}('label', l.label, 'url', ta.path,
            'target', {object}('title', t.title, 'path', ta.path)) order by l.ordinal) as links
        from link l
        join publication t on t.entry_id = l.target_id and t.locale = 'en'
          and t.ended_position is null
        join address ta on ta.edition_id = t.edition_id and ta.ended_position is null
        where l.revision_id = r.id
        group by l.kind
      ) g))
  from publication p join revision r on r.id = p.revision_id
    join rendition e on e.revision_id = p.revision_id
    join address a on a.edition_id = p.edition_id and a.ended_position is null
  where a.locale = 'en' and a.path = {one} and p.ended_position is null)))
"""

LIST = """
select {object}('data', {object}('terms', {object}('nodes', (
  select {array}({object}('id', x.entry_id, 'title', x.title, 'path', x.path,
    'summary', x.summary, 'publishedAt', {listed}) order by x.published_at desc, x.entry_id desc)
  from (
    select p.entry_id, p.title, a.path, p.summary, p.published_at
    from publication p
      join address a on a.edition_id = p.edition_id and a.ended_position is null
    where p.locale = 'en' and p.ended_position is null and p.content_type = 'Term'
      and p.category_id =
        (select category_id from category_path where locale = 'en' and path = {one})
    order by p.published_at desc, p.entry_id desc limit 50
  ) x))))
"""

TWO_HOPS = """
select {object}('data', {object}('terms', {object}('nodes', (
  select {array}({object}('title', x.title, 'path', x.path, 'links', {object}('nodes', (
      select {array}({object}('target', {object}('title', p1.title, 'path', a1.path,
        'links', {object}('nodes', (
          select {array}({object}('target', {object}('title', p2.title, 'path', a2.path))
            order by l2.field_path, l2.ordinal)
          from link l2
          join publication p2 on p2.entry_id = l2.target_id and p2.locale = 'en'
            and p2.ended_position is null
          join address a2 on a2.edition_id = p2.edition_id and a2.ended_position is null
          where l2.revision_id = p1.revision_id)))) order by l1.field_path, l1.ordinal)
      from link l1
      join publication p1 on p1.entry_id = l1.target_id and p1.locale = 'en'
        and p1.ended_position is null
      join address a1 on a1.edition_id = p1.edition_id and a1.ended_position is null
      where l1.revision_id = x.revision_id))) order by x.published_at desc, x.entry_id desc)
  from (
    select p.title, a.path, p.revision_id, p.published_at, p.entry_id
    from publication p
      join address a on a.edition_id = p.edition_id and a.ended_position is null
    where p.locale = 'en' and p.ended_position is null and p.content_type = 'Term'
    order by p.published_at desc, p.entry_id desc limit 20 offset {one}
  ) x))))
"""

FILTER = """
select {object}('data', {object}('terms', {object}('nodes', (
  select {array}({object}('title', x.title, 'path', x.path, 'source', x.source)
    order by x.published_at desc, x.entry_id desc)
  from (
    select p.title, a.path, {source} as source, p.published_at, p.entry_id
    from rendition e join publication p on p.revision_id = e.revision_id
      join address a on a.edition_id = p.edition_id and a.ended_position is null
    where {source} = {one} and p.locale = 'en' and p.ended_position is null
      and p.content_type = 'Term'
    order by p.published_at desc, p.entry_id desc limit 50
  ) x))))
"""

# Every page that is found has the phrase once, in its text, so they all rank alike.
SEARCH = """
with found as materialized (
  select p.title, a.path, p.published_at, p.entry_id
  from search_document d join publication p on p.revision_id = d.revision_id
    join address a on a.edition_id = p.edition_id and a.ended_position is null
  where {matches} and p.locale = 'en' and p.ended_position is null and p.content_type = 'Term'
)
select {object}('data', {object}('terms', {object}(
  'totalCount', (select count(*) from found),
  'nodes', (
    select {array}({object}('title', x.title, 'path', x.path)
      order by x.published_at desc, x.entry_id desc)
    from (select * from found order by published_at desc, entry_id desc limit 10) x))))
"""

PAST = """
select {object}('data', {object}('view', {object}('terms', {object}('nodes', (
  select {array}({object}('title', x.title, 'path', x.path)
    order by x.published_at desc, x.entry_id desc)
  from (
    select p.title, a.path, p.published_at, p.entry_id
    from publication p
      join address a on a.edition_id = p.edition_id and a.position <= {one}
        and (a.ended_position is null or a.ended_position > {one})
    where p.locale = 'en' and p.content_type = 'Term' and p.position <= {one}
      and (p.ended_position is null or p.ended_position > {one})
      and p.category_id = (
        select o.category_id
        from revision cr
        join publication c on c.revision_id = cr.id and c.content_type = 'Category'
          and c.position <= {one} and (c.ended_position is null or c.ended_position > {one})
        join category_place o on o.category_id = c.entry_id
          and o.position <= {one} and (o.ended_position is null or o.ended_position > {one})
        join publication b on b.entry_id = o.parent_id and b.locale = c.locale
          and b.position <= {one} and (b.ended_position is null or b.ended_position > {one})
        join revision br on br.id = b.revision_id
        where cr.slug = 'c-1' and c.locale = 'en' and br.slug = 'b-1')
    order by p.published_at desc, p.entry_id desc limit 50
  ) x)))))
"""


def statements(is_sqlite: bool) -> Mapping[str, tuple[str, str]]:
    """Return each operation's SQL in the words of a database, and its variable's name."""
    words = {
        **words_of(is_sqlite),
        "source": "(e.rendered ->> 'source')"
        if is_sqlite
        else "((e.rendered -> 'source' #>> '{}') collate \"C\")",
        "matches": "d.id in (select rowid from search_index where search_index match ?1)"
        if is_sqlite
        else "d.vector @@ phraseto_tsquery('simple', $1)",
        "published": moment_text(is_sqlite, "p.published_at"),
        "listed": moment_text(is_sqlite, "x.published_at"),
        "signed": moment_text(is_sqlite, "max(s.signed_at)"),
    }
    page = PAGE
    if is_sqlite:  # what comes out of a subquery is text there, and has to be told to be JSON
        page = page.replace("'links', g.links", "'links', json(g.links)")
    return {
        "Page": (page.format(**words), "path"),
        "List": (LIST.format(**words), "category"),
        "Filter": (FILTER.format(**words), "source"),
        "Search": (SEARCH.format(**words), "search"),
        "Past": (PAST.format(**words), "position"),
        "TwoHops": (TWO_HOPS.format(**words), "skip"),
    }


async def _open() -> Fetch:
    if not _IS_SQLITE:
        return await fetch_from_postgresql(_URL)
    file = _URL.removeprefix("sqlite:///")
    return fetch_from_sqlite(sqlite.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None))


_URL = os.environ["COPYDESK_DATABASE_URL"]
_IS_SQLITE = _URL.startswith("sqlite")
_STATEMENTS = statements(_IS_SQLITE)
_OPENED: list[Fetch] = []


async def app(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Answer."""
    if scope["type"] != "http":
        return
    if not _OPENED:
        _OPENED.append(await _open())
    asked = orjson.loads((await receive())["body"])
    sql, variable = _STATEMENTS[asked["operationName"]]
    value = asked["variables"][variable]
    if variable == "position":
        value = int(value.partition(".")[0])
    body = await _OPENED[0](sql, value)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
