"""What all tests of the engine share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from cms.access import passwords
from cms.signing import KeyFile
from cms.storage.database import Database
from tests.builders import Newsroom, Rehearsals
from tests.conftest import KINDS, Templates
from tests.sites import SITE


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Hash passwords with the least effort there is, so that tests do not wait."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)
    return quick


@pytest.fixture
async def unsigned(database: Database, tmp_path: Path) -> Newsroom:
    """A newsroom in which nothing is signed, with a key file that is not there yet."""
    database.key_file = KeyFile(tmp_path / "copydesk.key")
    newsroom = Newsroom(database, SITE)
    await newsroom.employ()
    return newsroom


@pytest.fixture(scope="module", params=KINDS)
def rehearsals(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Rehearsals]:
    """A newsroom in which every example begins anew."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param, is_hired=True))
        database = templates.open(url)
        newsroom = templates.newsroom(request.param, database)
        yield Rehearsals(runner, newsroom)
        runner.run(database.close())
        runner.run(templates.drop(url))
