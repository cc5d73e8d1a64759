"""What tests of servers share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from cms.access import passwords
from graphql_api import app, management
from tests.builders import Newsroom
from tests.graphql_api.http.desk import Desk, app_of, open_desk
from tests.schemas import delivery_schema_of, management_schema_of


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least effort there is, so that tests do not wait."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)


@pytest.fixture(autouse=True)
def one_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build the schemas of a site once for all of its apps, which takes longer than a test."""
    monkeypatch.setattr(app, "build_delivery_schema", delivery_schema_of)
    monkeypatch.setattr(management, "build_management_schema", management_schema_of)


@pytest.fixture
async def desk(newsroom: Newsroom) -> AsyncIterator[Desk]:
    """A server of the management API."""
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        yield desk
