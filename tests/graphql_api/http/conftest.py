"""What tests of servers share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache

import pytest
from argon2 import PasswordHasher

from cms.access import passwords
from graphql_api import app, management
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.build_management import build_management_schema
from tests.builders import Newsroom
from tests.graphql_api.http.desk import Desk, app_of, open_desk


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least effort there is, so that tests do not wait."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)


_build_delivery_schema = cache(build_delivery_schema)
_build_management_schema = cache(build_management_schema)


@pytest.fixture(autouse=True)
def one_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build the schemas of a site once for all of its apps, which takes longer than a test."""
    monkeypatch.setattr(app, "build_delivery_schema", _build_delivery_schema)
    monkeypatch.setattr(management, "build_management_schema", _build_management_schema)


@pytest.fixture
async def desk(newsroom: Newsroom) -> AsyncIterator[Desk]:
    """A server of the management API."""
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        yield desk
