"""A table that is joined by its key is read only where a column of it is used."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, join, select
from sqlalchemy import text as raw  # noqa: TID251  # asks how a statement is carried out

from cms.reading import relations
from cms.reading.field_indexes import index_fields
from cms.reading.narrowing import KeyJoin, narrowed
from cms.reading.rows import EntryRow
from cms.reading.view import Perspective, View
from cms.storage.database import Database
from cms.tables import Publication, Rendition, Revision, SearchDocument
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom
from tests.cms.reading.test_field_indexes import SITE as FILMS
from tests.cms.reading.test_field_indexes import written
from tests.graphql_api.conftest import CountingReader
from tests.schemas import delivery_schema_of

VIEWS = [View(locales=("en", "de")), View(locales=("en",), perspective=Perspective.DRAFT)]


@pytest.mark.parametrize("view", VIEWS, ids=["published", "draft"])
@pytest.mark.parametrize("column", sorted(EntryRow.columns()))
def test_a_join_is_there_where_its_column_is_used(view: View, column: str) -> None:
    for relation in (relations.entries, relations.translations, relations.revisions):
        sql = str(narrowed(relation(view), (column, "id")))
        # What is public, and newest drafts, have copies of what lists show.
        is_any = relation is relations.revisions and view.perspective is Perspective.DRAFT
        rendered = {"title_key", "rendered"} if is_any else {"rendered"}
        assert ("rendition" in sql) is (column in rendered)


@pytest.mark.parametrize("view", VIEWS, ids=["published", "draft"])
def test_links_do_without_what_is_rendered(view: View) -> None:
    for relation in (relations.links, relations.incoming_links, relations.paths):
        assert "rendition" not in str(
            narrowed(relation(view), ("path",) if relation is relations.paths else ("url",))
        )


def test_a_join_that_a_condition_needs_stays() -> None:
    joined = KeyJoin(
        join(Publication, Revision, Revision.id == Publication.revision_id),
        Rendition.__table__,
        Rendition.revision_id == Revision.id,
    )
    relation: Any = select(Publication.id, Revision.title, Rendition.version).select_from(joined)
    document = SearchDocument.revision_id == Revision.id
    assert "rendition" not in str(narrowed(relation, ("id",)))
    assert "rendition" not in str(narrowed(relation.join(SearchDocument, document), ("id",)))
    assert "rendition" in str(narrowed(relation.where(Rendition.version == "1"), ("id",)))
    assert "rendition" in str(narrowed(relation, ("title", "version")))
    assert "rendition" not in str(narrowed(relation, ()))


async def test_fewer_columns_are_the_same_rows(newsroom: Newsroom) -> None:
    for number in range(3):
        await newsroom.published(title=f"T{number}", slug=f"t{number}")
    await newsroom.draft(title="A draft")
    for view in VIEWS:
        relation = relations.site_entries(view)
        async with newsroom.database.reading() as session:
            counts = [
                await session.scalar(select(func.count()).select_from(each.subquery()))
                for each in (relation, narrowed(relation, ("id",)))
            ]
        assert counts in ([3, 3], [4, 4])


async def explained(database: Database, sql: str, values: Any) -> str:
    """Return how the database carries out a statement of the planner."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    async with database.engine.connect() as connection:
        if is_sqlite:
            rows = await connection.exec_driver_sql(f"explain query plan {sql}", tuple(values))
        else:
            await connection.execute(raw("set local enable_seqscan = off"))
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            return str(await driver.fetch(f"explain {sql}", *values))
        return "\n".join(str(row[-1]) for row in rows)


class ExplainingReader(CountingReader):
    """A reader that keeps the values of its statements too."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.reader)
        self.values: list[Any] = []

    async def fetch(self, sql: str, values: Any, client: str = "") -> bytes:
        """Keep the values, and fetch."""
        self.values.append(values)
        return await super().fetch(sql, values, client)


async def plan_of(newsroom: Newsroom, query: str) -> str:
    """Return how the database carries out a query."""
    reader = ExplainingReader(newsroom.database)
    delivery = Delivery(newsroom.site, delivery_schema_of(newsroom.site), reader)
    result = await delivery.answer(GraphQLRequest(query))
    assert b'"errors"' not in result.body
    (sql,), (values,) = reader.statements, reader.values
    return await explained(newsroom.database, sql, values)


async def test_the_databases_read_the_rendition_and_its_indexes_only_where_needed(
    database: Database,
) -> None:
    newsroom = Newsroom(database, FILMS)
    await newsroom.hire()
    for number in range(30):
        await newsroom.published(
            "Film",
            title=f"Film {number}",
            slug=f"f{number}",
            **{**written(), "maker": f"m{number}"},
        )
    await index_fields(database, FILMS)
    await database.refresh_statistics()
    for order in ("publishedAt_DESC", "title_ASC"):
        plan = await plan_of(
            newsroom,
            f"{{ films(orderBy: [{order}]) {{ totalCount nodes {{ title path summary }} }} }}",
        )
        assert "rendition" not in plan
        assert not re.search(r"(SEARCH|SCAN|on) revision\b", plan)
    plan = await plan_of(newsroom, '{ films(where: {maker: {eq: "m7"}}) { nodes { title } } }')
    assert "ix_field_maker_" in plan
    for asked in (
        "films(orderBy: maker_ASC, first: 2) { nodes { title } }",
        "films(orderBy: rating_DESC, first: 2) { nodes { title } }",
        "films { facets(fields: [maker]) { value count } }",
        "films { aggregate { max { rating } } }",
    ):
        plan = await plan_of(newsroom, f"{{ {asked} }}")
        assert "rendition" not in plan
        # PostgreSQL reads the few rows of a small table one by one.
        assert "ix_field_" in plan or database.engine.dialect.name == "postgresql"


async def test_sqlite_reads_the_sitemap_in_each_of_its_orders(newsroom: Newsroom) -> None:
    if newsroom.database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans for the first rows of a list")
    await newsroom.published(title="One", slug="one")
    await newsroom.database.refresh_statistics()
    engine = newsroom.database.engine
    async with engine.begin() as connection:
        # As of a site in which a few entries of 100,000 have no page.
        for rows, statistics in (
            ("tbl = 'publication'", "100000 50000 1 1 1 1"),
            ("tbl = 'address'", "90000 45000 1 1 1 1"),
            ("idx like 'uq_publication_%' or idx like '%_everywhere'", "100000 1 1 1"),
            ("idx like 'uq_address_%'", "90000 1 1"),
        ):
            known = raw(f"update sqlite_stat1 set stat = :statistics where {rows}")
            await connection.execute(known, {"statistics": statistics})
    await engine.dispose()  # connections read statistics once
    for order, index in (
        ("path_ASC", "stands USING INDEX uq_address_open_path"),
        ("lastModified_DESC", "publication USING INDEX ix_publication_open_everywhere"),
    ):
        plan = await plan_of(newsroom, f"{{ sitemap(orderBy: [{order}]) {{ nodes {{ path }} }} }}")
        assert index in plan
        assert "TEMP B-TREE FOR ORDER BY" not in plan
    assert "publication" not in await plan_of(newsroom, "{ sitemap { totalCount } }")
