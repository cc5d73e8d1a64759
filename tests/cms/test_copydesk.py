"""A site with its database, its key and its clock: what users have in their hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cms import OPERATOR, Actor, Copydesk, Refused, Settings, commands
from cms.ledger.tail import Tail
from cms.storage.migration import check_schema
from cms.storage.schema import check_migrated
from tests.conftest import KINDS, Templates
from tests.sites import SITE


@pytest.fixture(params=KINDS)
async def copydesk(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> AsyncIterator[Copydesk]:
    """A site with a database that has nothing in it yet, not even tables."""
    url = await templates.empty(request.param)
    settings = Settings(database_url=url, signing_key=tmp_path / "site.key")
    async with Copydesk(SITE, settings) as copydesk:
        yield copydesk
    await templates.drop(url)


async def test_the_first_migration_makes_tables_indexes_and_the_key(
    copydesk: Copydesk, tmp_path: Path
) -> None:
    indexed = {
        f"{name}.{field.name}"
        for name, content_type in SITE.content_types.items()
        for field in content_type.fields.values()
        if field.indexed
    }
    first = await copydesk.migrate()
    assert (first.schema, first.new_key) == (True, tmp_path / "site.key")
    assert {*first.indexed} == indexed
    await check_migrated(copydesk.database)
    await check_schema(copydesk.database)
    again = await copydesk.migrate()
    assert (again.schema, again.new_key, again.indexed, again.dropped) == (False, None, (), ())
    assert (again.unrecorded, again.unsigned) == ("", "")


async def test_a_site_that_has_signed_gets_no_other_key(copydesk: Copydesk, tmp_path: Path) -> None:
    await copydesk.migrate()
    async with copydesk.work(OPERATOR) as work:
        await commands.record_key(work)
    (tmp_path / "site.key").unlink()
    changes = await copydesk.migrate()
    assert changes.new_key is None
    assert "site.key" in changes.unsigned
    assert not (tmp_path / "site.key").exists()


async def test_what_is_done_in_a_work_is_done_when_it_ends(copydesk: Copydesk) -> None:
    await copydesk.migrate()
    then = datetime(2026, 2, 2, 9, tzinfo=UTC)
    async with copydesk.work(OPERATOR, then) as work:
        assert (work.now, work.is_present, work.site) == (then, False, SITE)
        account = await commands.create_account(work, "ada@example.org")
    with pytest.raises(RuntimeError):
        async with copydesk.work(OPERATOR) as work:
            await commands.create_account(work, "abe@example.org")
            raise RuntimeError
    async with copydesk.reading(OPERATOR) as reading:
        found = await commands.find_account(reading.session, "ada@example.org")
        assert found is not None
        assert (found.id, found.created_at) == (account.id, then)
        assert await commands.find_account(reading.session, "abe@example.org") is None


async def test_a_refusal_in_a_work_is_recorded(copydesk: Copydesk) -> None:
    await copydesk.migrate()
    with pytest.raises(Refused, match="account:create requires the role"):
        async with copydesk.work(Actor(account_id=None)) as work:
            await commands.create_account(work, "ada@example.org")


async def test_who_follows_what_happens_is_told_at_once(copydesk: Copydesk) -> None:
    await copydesk.migrate()
    copydesk.tail = Tail(copydesk.database, every=600)  # nobody looks for so long
    events = copydesk.tail.events()
    following = asyncio.ensure_future(anext(events))
    for _ in range(1_000):
        await asyncio.sleep(0.01)
        if copydesk.tail._due:  # it has looked once, and waits
            break
    async with copydesk.work(OPERATOR) as work:
        account = await commands.create_account(work, "ada@example.org")
    happened = await asyncio.wait_for(following, 60)
    assert (happened.action, happened.subject) == ("account:create", account.id)
    await events.aclose()


async def test_it_can_be_closed_twice(copydesk: Copydesk) -> None:
    """By an app at the end of its lifespan, and by the host that has made it."""
    await copydesk.migrate()
    await copydesk.close()
    await copydesk.close()


def test_the_settings_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_READERS", "7")
    assert Copydesk(SITE).settings.readers == 7
