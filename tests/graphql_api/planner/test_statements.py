"""One query is one SQL statement, however deep it is and however much there is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite

from cms.storage.dialects.durations import RecentDurations
from cms.storage.dialects.reading import PostgresReader, SqliteReader
from tests.graphql_api.conftest import Api

DEEP = """
query Deep($path: String!, $first: Int!) {
  entry(by: {path: $path}) {
    __typename id title path
    category { name ancestors { name children { name } } }
    ... on Article {
      body { html } sections { heading body { html } }
      steps { title see { label target { __typename } } }
      translatedFrom { title related { target { ... on Entry { title } } } }
    }
    linkGroups { kind links { url target { ... on Entry { title links { nodes { url } } } } } }
    incomingLinks(first: $first) {
      totalCount edges { cursor node { source { title } } } pageInfo { hasNextPage }
    }
    review { reviewers { name reviewed(first: 5) { nodes { title } } } }
    revision { author { name } }
  }
  entries(first: $first, where: {tags: {none: {slug: {eq: "x"}}}}) {
    totalCount nodes { title tags { name } }
  }
  articles(first: $first, orderBy: [rating_DESC]) {
    nodes { title category { entries { totalCount } } }
  }
  settings { brand menu { heading links { label } } }
  categories { nodes { treePath entries(first: 2) { nodes { title } } } }
}
"""


async def fill(api: Api, start: int, count: int) -> None:
    for number in range(start, start + count):
        await api.newsroom.published(
            title=f"T{number}", slug=f"t{number}", related=["/articles/t0"] if number else []
        )


async def test_one_query_is_one_statement_however_much_there_is(api: Api) -> None:
    await fill(api, 0, 3)
    await api.data(DEEP, path="/articles/t0", first=10)
    assert len(api.reader.statements) == 1
    await fill(api, 3, 6)
    data = await api.data(DEEP, path="/articles/t0", first=10)
    assert len(api.reader.statements) == 2
    assert data["entry"]["incomingLinks"]["totalCount"] == 8


async def test_the_database_sees_one_statement(api: Api) -> None:
    await fill(api, 0, 2)
    await api.data(DEEP, path="/articles/t0", first=10)  # connections are open now
    seen: list[str] = []
    await watch(api.reader.reader, seen)
    await api.data(DEEP, path="/articles/t0", first=10)
    await asyncio.sleep(0)  # asyncpg says it with the next turn of the loop
    assert len(seen) == 1
    assert seen[0].lower().startswith("select json_")


async def watch(reader: Any, seen: list[str]) -> None:
    """Have the drivers themselves say what they run."""
    match reader:
        case SqliteReader():
            for connection in reader._opened:
                connection._connection.set_trace_callback(seen.append)
        case PostgresReader():
            assert reader._idle
            for connection, _ in reader._idle:
                connection.add_query_logger(lambda record: seen.append(record.query))


async def test_a_plan_is_made_once_for_a_shape_of_variables(api: Api) -> None:
    await fill(api, 0, 2)
    query = """query($where: ArticleWhere, $all: Boolean!) {
      articles(where: $where) { nodes { title slug @include(if: $all) } }
    }"""
    for title in ("T0", "T1", "none"):
        await api.data(query, where={"title": {"eq": title}}, all=True)
    assert len(set(api.reader.statements)) == 1
    await api.data(query, where={"title": {"ne": "T0"}}, all=True)
    await api.data(query, where={"title": {"eq": "T0"}}, all=False)
    await api.data(query, where=None, all=True)
    assert len(set(api.reader.statements)) == 4


PREPARED = """
query($type: EntryType!, $asOf: DateTime!, $search: String!) {
  entries(where: {type: {eq: $type}}) { nodes { title } }
  found: entries(search: $search, where: {type: {eq: $type}}) { totalCount nodes { title } }
  view(asOf: $asOf) { entries(where: {type: {eq: $type}}) { nodes { title } } }
}
"""


async def test_a_statement_is_prepared_once_for_all_its_values(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow they are here, statements stay on one connection of SQLite.
    monkeypatch.setattr(RecentDurations, "of", lambda *_: 0.0)
    await fill(api, 0, 2)
    values = {"type": "Article", "asOf": "2030-01-01T00:00:00Z", "search": "T1"}
    await api.data(PREPARED, **values)  # connections are open now
    prepared = preparations(api.reader.reader)
    for _ in range(3):  # SQLite prepares all statements again for whoever watches
        await api.data(PREPARED, **values)
    before = await prepared()
    assert before
    await api.data(PREPARED, **values)
    assert await prepared() == before


def preparations(reader: Any) -> Callable[[], Awaitable[object]]:
    """Return a function that returns what the connections have prepared so far."""
    match reader:
        case SqliteReader():
            parts: list[object] = []

            def note(*part: object) -> int:
                parts.append(part)
                return int(sqlite.SQLITE_OK)

            for connection in reader._opened:
                connection._connection.set_authorizer(note)

            async def named() -> object:
                return len(parts)

        case PostgresReader():

            async def named() -> object:
                listed = "select name, prepare_time from pg_prepared_statements order by name"
                return [await each.fetch(listed) for each, _ in reader._idle]

        case _:
            raise TypeError(reader)
    return named


async def test_no_value_of_a_client_stands_in_the_sql(api: Api) -> None:
    attack = "x' OR 1=1 --"
    await api.data(
        """query($t: String) {
          entries(where: {title: {eq: $t, contains: "a' b"}}) { nodes { id } }
        }""",
        t=attack,
    )
    await api.data(
        '{ entry(by: {path: "/\'; drop table entry; --"}) { id } nodes(ids: ["\'"]) { id } }'
    )
    for statement in api.reader.statements:
        assert "OR 1=1" not in statement
        assert "drop table" not in statement
        assert "a' b" not in statement


SAME = "title path jsonLdScript linkGroups { kind links { url } } review { reviewers { name } }"


async def test_what_several_types_share_is_answered_as_for_one(api: Api) -> None:
    await fill(api, 0, 2)
    path = "/articles/t1"
    plain = f"query Plain($path: String!) {{ entry(by: {{path: $path}}) {{ {SAME} }} }}"
    by_type = f"""query ByType($path: String!) {{
      entry(by: {{path: $path}}) {{ {SAME} ... on Article {{ rating }} ... on Category {{ name }} }}
    }}"""
    expected = (await api.data(plain, path=path))["entry"]
    entry = (await api.data(by_type, path=path))["entry"]
    assert entry.pop("rating", "missing") != "missing"
    assert entry == expected


async def test_a_list_of_a_type_is_looked_up_only_where_no_index_has_its_order(api: Api) -> None:
    await fill(api, 0, 3)
    await api.newsroom.published("Note", title="N", slug="n", text="x")
    query = """query($where: EntryWhere, $order: [EntryOrder!]) {
      entries(where: $where, orderBy: $order) { nodes { title } }
    }"""
    for where, order, is_looked_up in (
        ({"type": {"eq": "Note"}}, [], False),
        ({"type": {"eq": "Note"}}, ["title_ASC"], False),
        ({"type": {"eq": "Note"}, "category": {"treePath": {"ne": "x"}}}, [], True),
        ({"type": {"eq": "Note"}}, ["path_ASC"], False),
        ({"type": {"eq": "Note"}}, ["categoryName_ASC"], True),
        ({"type": {"in": ["Note"]}}, [], True),
    ):
        data = await api.data(query, where=where, order=order)
        assert ("LIMIT 2000" in api.reader.statements[-1]) is is_looked_up
        titles = [] if "category" in where else ["N"]
        assert [each["title"] for each in data["entries"]["nodes"]] == titles


async def test_a_document_of_a_row_is_read_once(api: Api) -> None:
    await api.newsroom.published(title="A", slug="a", body="*a*", rating=3)
    query = "query($path: String!) { article(by: {path: $path}) { FIELDS } }"
    for fields, value, times in (
        ("body { html } rating", {"body": {"html": "<p><em>a</em></p>"}, "rating": 3}, 1),
        ("rating", {"rating": 3}, 0),
        ("title", {"title": "A"}, 0),
    ):
        data = await api.data(query.replace("FIELDS", fields), path="/articles/a")
        assert data["article"] == value
        if isinstance(api.reader.reader, PostgresReader):
            assert api.reader.statements[-1].count("rendered #> '{}'") == times


async def test_the_category_that_a_filter_names_is_read_once_for_all_rows(api: Api) -> None:
    animals = await api.newsroom.category("Animals")
    birds = await api.newsroom.category("Birds", animals)
    for number, category in enumerate((animals, birds, birds)):
        await api.newsroom.published(title=f"T{number}", slug=f"t{number}", category=category)
    query = """query($where: EntryWhere) {
      entries(where: $where, orderBy: [title_ASC]) { nodes { title category { name } } }
    }"""
    below = {"treePath": {"eq": "animals/birds"}}
    first, second, third = (("T0", "Animals"), ("T1", "Birds"), ("T2", "Birds"))
    for where, expected, is_of_each in (
        ({"category": below}, [second, third], False),
        ({"AND": [{"category": below}, {"title": {"ne": "T1"}}]}, [third], False),
        ({"category": {"treePath": {"eq": "none"}}}, [], False),
        ({"category": {"name": {"eq": "Birds"}}}, [second, third], True),
        ({"OR": [{"category": below}, {"title": {"eq": "T0"}}]}, [first, second, third], True),
        ({"NOT": {"category": below}}, [first], True),
        ({"type": {"eq": "Article"}}, [first, second, third], True),
    ):
        data = await api.data(query, where=where)
        nodes = data["entries"]["nodes"]
        assert [(each["title"], each["category"]["name"]) for each in nodes] == expected
        of_each = re.search(r"= t\d+\.category_id", api.reader.statements[-1])
        assert (of_each is not None) is is_of_each
