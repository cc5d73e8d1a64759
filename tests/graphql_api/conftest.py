"""The delivery and the management API over a database of the test's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema
from sqlalchemy import Dialect

from cms.authorization.actor import Actor
from cms.copydesk import desk_of
from cms.site import Site
from cms.storage.dialects import Reader
from graphql_api.answering import Answering
from graphql_api.delivery import READER, Delivery, Visitor
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from graphql_api.operation import ReadResult
from tests.builders import Newsroom
from tests.positions import tokens_of
from tests.schemas import delivery_schema_of, management_schema_of
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

    async def fetch(self, sql: str, values: Sequence[object], client: str = "") -> bytes:
        """Count, and fetch."""
        self.statements.append(sql)
        return await self.reader.fetch(sql, values, client)

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
        return orjson.loads((await self.read(query, **variables)).body)

    async def read(self, query: str, /, **variables: Any) -> ReadResult:
        """Return the result of a query."""
        return await self.delivery.answer(GraphQLRequest(query, None, variables))

    async def data(self, query: str, /, **variables: Any) -> Any:
        """Return the data of a response without errors."""
        return await self.seen_by(READER, query, **variables)

    async def seen_by(self, visitor: Visitor, query: str, /, **variables: Any) -> Any:
        """Return the data of a response without errors to somebody."""
        result = await self.delivery.answer(GraphQLRequest(query, None, variables), visitor)
        response = orjson.loads(result.body)
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

    async def at(self, number: int) -> str:
        """Return the token of a position."""
        return (await tokens_of(self.newsroom.database))[number]

    async def has_to_resync(self, query: str, /, **variables: Any) -> None:
        """Check that a request is answered by RESYNC alone, after one statement."""
        before = len(self.reader.statements)
        with pytest.raises(RequestFailed) as failure:
            await self.read(query, **variables)
        assert len(self.reader.statements) == before + 1
        (error,) = failure.value.errors
        assert error.extensions == {"code": "RESYNC"}


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    """The schema of the test site."""
    return delivery_schema_of(SITE)


def api_of(site: Site, newsroom: Newsroom) -> Api:
    """Return the delivery API of another site over the same database."""
    return _api(newsroom, site, delivery_schema_of(site))


def _api(newsroom: Newsroom, site: Site, schema: GraphQLSchema) -> Api:
    reader = CountingReader(newsroom.database.reader)
    answering = Answering(desk_of(newsroom.database, site))
    return Api(newsroom, Delivery(site, schema, reader, answering=answering), reader)


@pytest.fixture
def api(newsroom: Newsroom, schema: GraphQLSchema) -> Api:
    """The delivery API over an empty database."""
    return _api(newsroom, SITE, schema)


@dataclass
class Desk:
    """The management API, asked as the tools of editors would.

    Attributes:
        newsroom: the people who ask.
        management: what answers.
        reader: what its planned statements go through.
    """

    newsroom: Newsroom
    management: Management
    reader: CountingReader

    async def ask(self, actor: Actor, query: str, /, **variables: Any) -> Any:
        """Return the whole response to an operation."""
        request = GraphQLRequest(query, None, variables)
        return orjson.loads((await self.management.answer(request, actor, "192.0.2.1")).body)

    async def data(self, actor: Actor, query: str, /, **variables: Any) -> Any:
        """Return the data of a response without errors."""
        response = await self.ask(actor, query, **variables)
        assert "errors" not in response, response["errors"]
        return response["data"]

    async def failed(self, actor: Actor, query: str, /, **variables: Any) -> list[Any]:
        """Return the errors of a request that has no answer."""
        with pytest.raises(RequestFailed) as failure:
            await self.ask(actor, query, **variables)
        return list(failure.value.errors)

    async def attempt(self, actor: Actor, name: str, selection: str = "", /, **given: Any) -> Any:
        """Return the payload of a mutation with this input."""
        query = f"""mutation($input: {name[:1].upper()}{name[1:]}Input!) {{
          {name}(input: $input) {{ errors {{ __typename code message path }} {selection} }}
        }}"""
        data = await self.data(actor, query, input=given)
        return data[name]

    async def do(self, actor: Actor, name: str, selection: str = "", /, **given: Any) -> Any:
        """Return the payload of a mutation that is not refused."""
        payload = await self.attempt(actor, name, selection, **given)
        assert payload["errors"] == []
        return payload

    async def refusals(self, actor: Actor, name: str, /, **given: Any) -> list[Any]:
        """Return the reasons of a mutation that is refused."""
        payload = await self.attempt(actor, name, **given)
        assert payload["errors"]
        return list(payload["errors"])

    async def codes(self, actor: Actor, name: str, /, **given: Any) -> list[str]:
        """Return the codes of those reasons."""
        return [each["code"] for each in await self.refusals(actor, name, **given)]

    async def article(self, actor: Actor | None = None, **values: Any) -> Draft:
        """Create an Article and return where it stands."""
        payload = await self.do(
            actor or self.newsroom.author,
            "createArticle",
            "entry { id } revision { id digest }",
            values={"title": "A title", "body": "Some *text*.", **values},
        )
        return draft_from(payload)

    async def update(self, draft: Draft, actor: Actor | None = None, **values: Any) -> Draft:
        """Save other values of an Article and return where it stands then."""
        payload = await self.do(
            actor or self.newsroom.author,
            "updateArticle",
            "entry { id } revision { id digest }",
            entryId=draft.entry,
            baseRevision=draft.revision,
            values=values,
        )
        return draft_from(payload)

    async def publish(self, draft: Draft) -> None:
        """Have an Article reviewed and published."""
        newsroom = self.newsroom
        await self.do(
            newsroom.author, "requestReview", entryId=draft.entry, baseRevision=draft.revision
        )
        await self.do(newsroom.reviewers[0], "signOff", entryId=draft.entry, digest=draft.digest)
        await self.do(
            newsroom.publisher, "publishEntry", entryId=draft.entry, revisionId=draft.revision
        )


@dataclass(frozen=True)
class Draft:
    """An entry's id, and its newest revision's id and digest."""

    entry: str
    revision: str
    digest: str


def draft_from(payload: Any) -> Draft:
    """Return the draft that a payload with an entry and a revision tells of."""
    return Draft(payload["entry"]["id"], payload["revision"]["id"], payload["revision"]["digest"])


@pytest.fixture(scope="session")
def management_schema() -> GraphQLSchema:
    """The schema by which the test site is edited."""
    return management_schema_of(SITE)


@pytest.fixture
def desk(newsroom: Newsroom, management_schema: GraphQLSchema) -> Desk:
    """The management API over an empty database."""
    return desk_with(newsroom, management_schema)


def desk_with(newsroom: Newsroom, schema: GraphQLSchema) -> Desk:
    """Return the management API of a newsroom's site, given its schema."""
    reader = CountingReader(newsroom.database.reader)
    newsroom.database.reader = reader
    return Desk(newsroom, Management(newsroom.desk, schema), reader)
