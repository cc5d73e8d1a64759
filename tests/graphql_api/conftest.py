"""The delivery API over a database of the test's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema
from sqlalchemy import Dialect

from cms.content.site import Site
from cms.dialects import Reader
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import READER, Delivery, Visitor
from graphql_api.schema.build import build_delivery_schema
from tests.builders import Newsroom
from tests.sites import SITE


@dataclass
class CountingReader:
    """A reader that counts what it is asked for."""

    reader: Reader
    statements: list[str] = field(default_factory=list)

    @property
    def dialect(self) -> Dialect:
        """The dialect of the reader behind it."""
        return self.reader.dialect

    async def fetch(self, sql: str, values: Sequence[object]) -> bytes:
        """Count, and fetch."""
        self.statements.append(sql)
        return await self.reader.fetch(sql, values)

    async def close(self) -> None:
        """Close the reader behind it."""
        await self.reader.close()


@dataclass
class Api:
    """The delivery API, asked as a client would.

    Attributes:
        newsroom: who writes what it shows.
        delivery: what answers.
        reader: what its statements go through.
    """

    newsroom: Newsroom
    delivery: Delivery
    reader: CountingReader

    async def ask(self, query: str, /, **variables: Any) -> Any:
        """Return the whole response to a query."""
        return orjson.loads(await self.delivery.answer(GraphQLRequest(query, None, variables)))

    async def data(self, query: str, /, **variables: Any) -> Any:
        """Return the data of a response without errors."""
        return await self.seen_by(READER, query, **variables)

    async def seen_by(self, visitor: Visitor, query: str, /, **variables: Any) -> Any:
        """Return the data of a response without errors to somebody."""
        body = await self.delivery.answer(GraphQLRequest(query, None, variables), visitor)
        response = orjson.loads(body)
        assert "errors" not in response
        return response["data"]

    async def refused(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        visitor: Visitor = READER,
    ) -> list[Any]:
        """Return the errors of a request that has no answer; no SQL has run."""
        before = len(self.reader.statements)
        with pytest.raises(RequestFailed) as failure:
            await self.delivery.answer(GraphQLRequest(query, None, variables or {}), visitor)
        assert len(self.reader.statements) == before
        return list(failure.value.errors)


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    """The schema of the test site."""
    return build_delivery_schema(SITE)


def api_of(site: Site, newsroom: Newsroom) -> Api:
    """Return the delivery API of another site over the same database."""
    reader = CountingReader(newsroom.database.reader)
    return Api(newsroom, Delivery(site, build_delivery_schema(site), reader), reader)


@pytest.fixture
def api(newsroom: Newsroom, schema: GraphQLSchema) -> Api:
    """The delivery API over an empty database."""
    reader = CountingReader(newsroom.database.reader)
    return Api(newsroom, Delivery(SITE, schema, reader), reader)
