"""Queries from Python, without a server."""

from __future__ import annotations

from cms.copydesk import Copydesk
from graphql_api import execute
from tests.builders import Newsroom
from tests.graphql_api.http.desk import settings_of
from tests.sites import SITE


async def test_a_query_is_answered_as_over_http(newsroom: Newsroom) -> None:
    await newsroom.published(title="Public", slug="public")
    await newsroom.draft(title="Draft", slug="draft")
    async with Copydesk(SITE, settings_of(newsroom)) as copydesk:
        every = await execute(copydesk, "{ entries { nodes { title } } }")
        assert every == {"data": {"entries": {"nodes": [{"title": "Public"}]}}}
        query = "query ($path: String!) { entry(by: {path: $path}) { title } }"
        one = await execute(copydesk, query, {"path": "/articles/public"})
        assert one == {"data": {"entry": {"title": "Public"}}}
        none = await execute(copydesk, query, {"path": "/articles/draft"})
        assert none == {"data": {"entry": None}}


async def test_what_cannot_be_answered_has_errors(newsroom: Newsroom) -> None:
    async with Copydesk(SITE, settings_of(newsroom)) as copydesk:
        for query in ("{", "{ nothing }", 'mutation { signIn(input: {email: "a"}) { errors } }'):
            response = await execute(copydesk, query)
            assert response.keys() == {"errors"}
            assert all(each["extensions"]["code"] for each in response["errors"])
