"""Metrics of links at a shell: computed once, or after publications until stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from cms.storage.database import Database
from cms.tables import LinkMetricRun
from tests.builders import Newsroom
from tests.cms.cli.test_audit import Shell
from tests.outages import until

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "graphql_api", "graph", "follow")
PATIENCE = 60


def environment_of(database: Database, folder: Path) -> dict[str, str]:
    url = database.engine.url.set(drivername=database.engine.dialect.name)
    return {
        "COPYDESK_DATABASE_URL": url.render_as_string(hide_password=False),
        "COPYDESK_SIGNING_KEY": str(folder / "copydesk.key"),
        "COPYDESK_SITE": "tests.sites:SITE",
    }


async def current_pages(database: Database) -> int | None:
    """Return the number of pages in the current run of all links of the English site."""
    async with database.reading() as session:
        chosen = select(LinkMetricRun.summary).where(
            LinkMetricRun.locales == "en",
            LinkMetricRun.link_set == "all",
            LinkMetricRun.is_current,
        )
        summary = await session.scalar(chosen)
    if summary is None:
        return None
    pages = summary["nodes"]
    assert isinstance(pages, int)
    return pages


async def has_pages(database: Database, count: int) -> None:
    """Wait until the current run has so many pages."""

    async def has() -> bool:
        return await current_pages(database) == count

    await until(has, PATIENCE)


@asynccontextmanager
async def following(
    database: Database, folder: Path, *options: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``copydesk graph follow`` as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *options,
        cwd=ROOT,
        env=os.environ | environment_of(database, folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    """Return what the process ended with, and all that it printed."""
    async with asyncio.timeout(PATIENCE):
        printed, said = await process.communicate()
    return process.returncode, (printed + said).decode()


async def test_metrics_are_computed_once(newsroom: Newsroom, tmp_path: Path) -> None:
    await newsroom.published(slug="one")
    shell = Shell(tmp_path, environment_of(newsroom.database, tmp_path))
    result = await shell.run("graph", "refresh")
    assert result.exit_code == 0, result.output
    assert result.output == (
        "Computed the metrics of 1 page in en.\n"
        "Computed the metrics of 1 page in en for the links 'listed'.\n"
        "Computed the metrics of 0 pages in de.\n"
        "Computed the metrics of 0 pages in de for the links 'listed'.\n"
    )
    assert await current_pages(newsroom.database) == 1
    result = await shell.run("graph", "refresh")
    assert result.output == "All metrics are of the newest position.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_publications_are_followed_until_a_signal(
    newsroom: Newsroom, tmp_path: Path, number: int
) -> None:
    await newsroom.published(slug="one")
    async with following(newsroom.database, tmp_path) as process:
        await has_pages(newsroom.database, 1)
        await newsroom.published(slug="two")
        await has_pages(newsroom.database, 2)
        process.send_signal(number)
        assert await ended(process) == (0, "")


async def test_following_gives_way_to_other_processes(newsroom: Newsroom, tmp_path: Path) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    async with following(newsroom.database, tmp_path) as process:
        await has_pages(newsroom.database, 0)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(own + 10, 19)


async def test_following_ends_with_its_input(newsroom: Newsroom, tmp_path: Path) -> None:
    async with following(newsroom.database, tmp_path, "--until-eof") as process:
        await has_pages(newsroom.database, 0)
        assert process.stdin is not None
        process.stdin.close()
        assert await ended(process) == (0, "")
