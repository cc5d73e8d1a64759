"""Two versions of a site's code beside each other, on one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cms import OPERATOR, Copydesk, Draft, Settings, commands
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.errors import VersionMismatch
from cms.site import Site
from graphql_api.delivery import Delivery
from graphql_api.http.errors import failure_of
from graphql_api.http.request import GraphQLRequest
from tests.conftest import KINDS, Templates
from tests.schemas import delivery_schema_of


def old_code(*, indexed: bool = False) -> Site:
    """Return the site as the older servers declare it."""

    class Article(ContentType, path="/articles/{slug}"):
        subtitle = Text(indexed=indexed)
        footer = Text()

    return Site("S", content_types=(Article,))


def new_code() -> Site:
    """Return the site as the newer servers declare it."""

    class Article(ContentType, path="/articles/{slug}"):
        dek = Text(was="subtitle")

    return Site("S", content_types=(Article,))


@pytest.fixture(params=KINDS)
async def settings(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> AsyncIterator[Settings]:
    """The settings of an empty site."""
    url = await templates.copy(request.param)
    yield Settings(database_url=url, signing_key=tmp_path / "site.key")
    await templates.drop(url)


async def write(copydesk: Copydesk, title: str, **fields: Any) -> str:
    """Save a draft, and return its entry."""
    async with copydesk.work(OPERATOR) as work:
        draft = Draft(title=title, fields=fields)
        return (await commands.create_entry(work, "Article", draft)).entry_id


async def publish(copydesk: Copydesk, entry_id: str) -> None:
    """Publish a draft as an import does."""
    async with copydesk.work(OPERATOR) as work:
        held = await commands.look_at(work, entry_id, None)
        await commands.publish_imported(work, {entry_id: held.head.id}, source="elsewhere")


async def ask(copydesk: Copydesk, query: str) -> Any:
    """Return the data of a query as a server with this code answers it."""
    schema = delivery_schema_of(copydesk.site)
    delivery = Delivery(copydesk.site, schema, copydesk.database.reader)
    result = await delivery.answer(GraphQLRequest(query, None, {}))
    response = orjson.loads(result.body)
    assert "errors" not in response
    return response["data"]["articles"]["nodes"]


async def test_an_older_server_goes_on_reading_and_writes_nothing(settings: Settings) -> None:
    async with Copydesk(old_code(), settings) as old, Copydesk(new_code(), settings) as new:
        await old.migrate()
        entry_id = await write(old, "One", subtitle="Below", footer="End")
        await publish(old, entry_id)
        # A server of the newer code that starts before the migration cannot write yet.
        await new.load_types()
        with pytest.raises(VersionMismatch):
            await write(new, "Two", dek="x")
        assert await ask(new, "{ articles { nodes { dek } } }") == [{"dek": "Below"}]
        report = await new.migrate()
        assert [each.code for each in report.types.changes] == ["FIELD_REMOVED", "FIELD_RENAMED"]

        with pytest.raises(VersionMismatch) as refused:
            await write(old, "Two", subtitle="x")
        failure = failure_of(refused.value)
        assert failure.status == 503
        assert failure.errors[0].extensions == {"code": "VERSION_MISMATCH"}
        query = "{ articles { nodes { title subtitle footer } } }"
        assert await ask(old, query) == [{"title": "One", "subtitle": "Below", "footer": None}]
        second = await write(new, "Two", dek="Above")
        await publish(new, second)
        assert await ask(old, query) == [
            {"title": "Two", "subtitle": "Above", "footer": None},
            {"title": "One", "subtitle": "Below", "footer": None},
        ]
        assert len(await ask(new, "{ articles { nodes { dek } } }")) == 2


async def test_the_older_code_can_be_gone_back_to(settings: Settings) -> None:
    async with Copydesk(old_code(), settings) as old, Copydesk(new_code(), settings) as new:
        await old.migrate()
        entry_id = await write(old, "One", subtitle="Below", footer="End")
        await publish(old, entry_id)
        await new.migrate()
        report = await old.migrate()
        assert [each.code for each in report.types.changes] == ["FIELD_ADDED", "FIELD_RENAMED"]
        query = "{ articles { nodes { subtitle footer } } }"
        assert await ask(old, query) == [{"subtitle": "Below", "footer": "End"}]
        await write(old, "Two", subtitle="x")
        with pytest.raises(VersionMismatch):
            await write(new, "Two", dek="x")


async def test_a_transaction_that_began_before_the_migration_changes_nothing_after_it(
    settings: Settings,
) -> None:
    if settings.database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time, so that a migration waits for it")
    async with Copydesk(old_code(), settings) as old, Copydesk(new_code(), settings) as new:
        await old.migrate()
        with pytest.raises(VersionMismatch):
            async with old.work(OPERATOR) as work:
                await new.migrate()
                await commands.create_entry(work, "Article", Draft(title="T"))
        async with new.reading(OPERATOR) as reading:
            assert not await commands.has_entries(reading.session)


async def test_a_migration_to_the_same_types_is_no_version(settings: Settings) -> None:
    async with Copydesk(old_code(), settings) as copydesk:
        for _ in range(3):
            await copydesk.migrate()
        known = await copydesk.known_types()
        assert known is not None
        assert known.number == 1


async def test_an_older_server_sorts_by_a_field_that_has_no_index_any_more(
    settings: Settings,
) -> None:
    async with (
        Copydesk(old_code(indexed=True), settings) as old,
        Copydesk(old_code(), settings) as new,
    ):
        await old.migrate()
        for title, subtitle in (("One", "b"), ("Two", "a"), ("Three", "c")):
            await publish(old, await write(old, title, subtitle=subtitle))
        query = "{ articles(orderBy: subtitle_ASC) { nodes { title } } }"
        in_order = [{"title": title} for title in ("Two", "One", "Three")]
        assert await ask(old, query) == in_order
        await new.migrate()
        assert await ask(new, query) == in_order
        assert await ask(old, query) == in_order
