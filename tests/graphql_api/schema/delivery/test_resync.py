"""A position is one of the history of its database: a restored backup and another site lack it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema

from cms.publishing.publishing import publish_entry
from cms.review.sign_offs import sign_off
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.graphql_api.conftest import Api, api_of
from tests.positions import tokens_of
from tests.sites import SITE

# How many positions the backup has.
KEPT = 3
NAMING_A_POSITION = {
    "sync": "query($p: SitePosition) { sync(since: $p) { nodes { path } } }",
    "sync without rows": "query($p: SitePosition) { sync(since: $p) { until } }",
    "affectedPaths": "query($p: SitePosition) { affectedPaths(since: $p) { nodes { path } } }",
    "directive": "query($p: SitePosition) @view(position: $p) { entries { nodes { title } } }",
    "directive of sync": "query($p: SitePosition) @view(position: $p) { sync { nodes { path } } }",
    "field": "query($p: SitePosition) { view(position: $p) { entries { nodes { title } } } }",
    "nested field": "query($p: SitePosition) { view { view(position: $p) { position } } }",
    "beside what it has": "query($p: SitePosition) { position view(position: $p) { position } }",
}
PAGES = """query($since: SitePosition, $after: String, $before: String, $first: Int, $last: Int) {
  sync(since: $since, after: $after, before: $before, first: $first, last: $last) {
    until nodes { path } pageInfo { startCursor endCursor }
  }
}"""


@dataclass
class Histories:
    """A site, and a copy of it that was restored from a backup and has gone on by itself.

    Attributes:
        lost: the site whose last positions the copy does not have.
        restored: the copy.
    """

    lost: Api
    restored: Api

    async def lost_position(self) -> str:
        """Return the last position of the lost history."""
        return (await tokens_of(self.lost.newsroom.database))[-1]


async def publish(newsroom: Newsroom, name: str, count: int) -> None:
    for number in range(1, count + 1):
        await newsroom.published(title=name, slug=f"{name}-{number}")


async def kept_pages(newsroom: Newsroom) -> None:
    await publish(newsroom, "kept", KEPT)


@pytest.fixture(params=KINDS)
async def histories(
    request: pytest.FixtureRequest, templates: Templates
) -> AsyncIterator[Histories]:
    """A site with 7 positions, and a copy that was made at the third."""
    urls = [await templates.copy(request.param, fill=kept_pages) for _ in range(2)]
    rooms = [templates.newsroom(request.param, templates.open(url)) for url in urls]
    lost, restored = [api_of(SITE, newsroom) for newsroom in rooms]
    await publish(lost.newsroom, "lost", 4)
    yield Histories(lost, restored)
    for api, url in zip((lost, restored), urls, strict=True):
        await api.newsroom.database.close()
        await templates.drop(url)


def paths(data: Any) -> list[str]:
    return [node["path"].removeprefix("/articles/") for node in data["sync"]["nodes"]]


@pytest.mark.parametrize("query", NAMING_A_POSITION.values(), ids=list(NAMING_A_POSITION))
async def test_a_position_of_a_lost_history_has_no_answer(histories: Histories, query: str) -> None:
    position = await histories.lost_position()
    assert await histories.lost.data(query, p=position)
    # The copy has not reached the number of it, then has another of it, then is past it.
    await histories.restored.has_to_resync(query, p=position)
    await publish(histories.restored.newsroom, "other", 4)
    await histories.restored.has_to_resync(query, p=position)
    await publish(histories.restored.newsroom, "more", 2)
    await histories.restored.has_to_resync(query, p=position)
    literal = query.replace("query($p: SitePosition)", "query").replace("$p", f'"{position}"')
    await histories.restored.has_to_resync(literal)


async def test_a_position_from_before_the_backup_misses_nothing(histories: Histories) -> None:
    await publish(histories.restored.newsroom, "other", 6)
    shared = await histories.lost.at(KEPT)
    assert shared == await histories.restored.at(KEPT)
    for query in NAMING_A_POSITION.values():
        assert await histories.restored.data(query, p=shared)
    data = await histories.restored.data(NAMING_A_POSITION["sync"], p=shared)
    assert paths(data) == [f"other-{number}" for number in range(1, 7)]
    everything = await histories.restored.data(NAMING_A_POSITION["sync"], p=None)
    assert paths(everything) == ["kept-1", "kept-2", "kept-3", *paths(data)]


async def test_a_cursor_of_a_lost_history_has_no_answer(histories: Histories) -> None:
    shared = await histories.lost.at(KEPT)
    forward: dict[str, Any] = {"since": shared, "first": 1}
    page = (await histories.lost.data(PAGES, **forward))["sync"]
    forward["after"] = page["pageInfo"]["endCursor"]
    backward = {"since": shared, "last": 1, "before": page["pageInfo"]["startCursor"]}
    assert paths(await histories.lost.data(PAGES, **forward)) == ["lost-2"]
    for name in ("other", "more"):
        await histories.restored.has_to_resync(PAGES, **forward)
        await histories.restored.has_to_resync(PAGES, **backward)
        await publish(histories.restored.newsroom, name, 4)
    at_shared = PAGES.replace("$last: Int)", "$last: Int) @view(position: $since)")
    await histories.restored.has_to_resync(at_shared, **forward)
    # A list that began before the backup goes on.
    whole = {"first": 2}
    view = PAGES.replace("$since: SitePosition,", "$p: SitePosition, $since: SitePosition,")
    view = view.replace("$last: Int)", "$last: Int) @view(position: $p)")
    page = (await histories.lost.data(view, p=shared, **whole))["sync"]
    after = page["pageInfo"]["endCursor"]
    assert paths(await histories.restored.data(PAGES, after=after, **whole)) == ["kept-3"]


async def test_editors_have_to_resync_too(
    histories: Histories, management_schema: GraphQLSchema
) -> None:
    newsroom = histories.restored.newsroom
    management = Management(newsroom.desk, management_schema)
    position = await histories.lost_position()
    for query in NAMING_A_POSITION.values():
        public = query.replace("(position:", "(perspective: PUBLISHED, position:")
        request = GraphQLRequest(public, None, {"p": position})
        with pytest.raises(RequestFailed) as failure:
            await management.answer(request, newsroom.author, "192.0.2.1")
        (error,) = failure.value.errors
        assert error.extensions == {"code": "RESYNC"}
        assert position not in error.message


async def test_a_position_of_another_site_has_no_answer(api: Api) -> None:
    await api.newsroom.published(title="One", slug="one")
    await api.has_to_resync(NAMING_A_POSITION["sync"], p="1.0123456789abcdef")
    await api.has_to_resync(NAMING_A_POSITION["sync"], p="999999999999999999.0123456789abcdef")
    # The beginning is the same everywhere.
    assert paths(await api.data(NAMING_A_POSITION["sync"], p="0")) == ["one"]


@pytest.mark.parametrize(
    "position",
    [
        *("", "1", "x", "0.0123456789abcdef", "01.0123456789abcdef", "-1.0123456789abcdef"),
        *("1.0123456789ABCDEF", "1.0123456789abcde", "1.0123456789abcdef0", "1.0123456789abcdef\n"),
        *("9999999999999999999.0123456789abcdef", "1,0123456789abcdef", "\u0661.0123456789abcdef"),
        *(1, 1.5, True, [], {}),
    ],
)
async def test_what_is_no_position_is_refused(api: Api, position: object) -> None:
    for query in NAMING_A_POSITION.values():
        (error,) = await api.refused(query, {"p": position})
        assert error.message.endswith("expected a position as the API returns it.")
        assert "code" not in (error.extensions or {})


async def test_a_publication_has_a_position_that_can_be_named(
    histories: Histories, management_schema: GraphQLSchema
) -> None:
    newsroom = histories.lost.newsroom
    management = Management(newsroom.desk, management_schema)
    query = "{ articles(first: 1) { nodes { publications { nodes { position } } } } }"
    answer = await management.answer(GraphQLRequest(query), newsroom.author, "192.0.2.1")
    ((node,),) = [
        each["publications"]["nodes"]
        for each in orjson.loads(answer.body)["data"]["articles"]["nodes"]
    ]
    assert node["position"] in await tokens_of(newsroom.database)


async def test_a_sign_off_that_is_committed_late_is_not_missed(api: Api) -> None:
    """Positions are taken under one lock, so a later one is never seen before an earlier one."""
    newsroom = api.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.publish(head)
    other = await newsroom.draft(title="Two", slug="two")
    await newsroom.review(other)
    await newsroom.ask(head)
    entry_id = await newsroom.entry_id(head)
    other_id = await newsroom.entry_id(other)
    query = "query($p: SitePosition) { sync(since: $p) { until nodes { path } } }"
    async with newsroom.as_(newsroom.reviewers[1]) as work:
        await sign_off(work, entry_id, digest=head.digest)
        publishing = asyncio.create_task(
            newsroom.do(newsroom.publisher, publish_entry, other_id, revision_id=other.id)
        )
        done, _ = await asyncio.wait({publishing}, timeout=0.2)
        assert not done
        before = await api.data(query)
    await publishing
    assert before["sync"] == {"until": await api.at(1), "nodes": [{"path": "/articles/one"}]}
    after = await api.data(query, p=before["sync"]["until"])
    assert after["sync"]["until"] == await api.at(3)
    assert paths(after) == ["one", "two"]
