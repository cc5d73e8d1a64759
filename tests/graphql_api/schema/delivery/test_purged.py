"""Readers of the past do not get what was purged, and clients are told to delete it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cms.tables import Revision
from tests.builders import Newsroom
from tests.cms.purging.test_purging import WORDS, open_publications, purge, write_secret
from tests.dumps import words_in
from tests.graphql_api.conftest import Api
from tests.positions import token_at, tokens_of

PAST = """query($position: SitePosition!) @view(position: $position, fallbackLocales: [DE]) {
  entries(first: 100) {
    totalCount
    nodes { id title path summary ... on Article { body { html } }
      links(first: 10) { nodes { label url } }
      incomingLinks(first: 10) { nodes { label source { title path } } } translations { title }
      tags { name } revision { digest content } }
  }
  people(first: 100) { nodes { name } }
  tags(first: 100) { nodes { name } }
}"""
AT_PATH = """query($position: SitePosition!, $path: String!) @view(position: $position) {
  entry(by: {path: $path}) { title }
  route(path: $path) { __typename }
}"""
SYNC = """query($since: SitePosition) { sync(since: $since, first: 100) {
  until nodes { kind entryId path type digest position entry { title } }
  facets(fields: [kind]) { value count } } }"""
AFFECTED = """query($since: SitePosition) {
  affectedPaths(since: $since, first: 100) { nodes { path reason } } }"""


async def _changes(api: Api, since: str | None) -> dict[str, str]:
    data = await api.data(SYNC, since=since)
    return {each["entryId"]: each["kind"] for each in data["sync"]["nodes"]}


async def test_no_view_of_the_past_has_a_word_of_a_purged_page(
    api: Api, newsroom: Newsroom
) -> None:
    entry_id = await write_secret(newsroom)
    positions = await tokens_of(newsroom.database)
    before = [await api.read(PAST, position=each) for each in positions]
    assert words_in(b"".join(each.body for each in before), [WORDS["title"]])
    await purge(newsroom, entry_id)
    for each in await tokens_of(newsroom.database):
        read = await api.read(PAST, position=each)
        assert "errors" not in orjson.loads(read.body)
        assert words_in(read.body, list(WORDS.values())) == []


async def test_a_path_of_a_purged_page_has_nothing_in_the_past(
    api: Api, newsroom: Newsroom
) -> None:
    live = await newsroom.published(slug="secret")
    past = await token_at(newsroom.database, live.position)
    await newsroom.unpublish(live)
    there = await api.data(AT_PATH, position=past, path="/articles/secret")
    assert there["entry"] == {"title": "A title"}
    await purge(newsroom, live.entry_id)
    gone = await api.data(AT_PATH, position=past, path="/articles/secret")
    assert gone == {"entry": None, "route": None}


async def test_a_page_keeps_its_past_but_for_a_purged_revision(
    api: Api, newsroom: Newsroom
) -> None:
    old = await newsroom.published(slug="page", title="Zqold")
    then = await token_at(newsroom.database, old.position)
    async with newsroom.database.reading() as session:
        head = await session.get_one(Revision, old.revision_id)
    newer = await newsroom.update(head, title="Newer")
    (live,) = await newsroom.publish(newer)
    later = await token_at(newsroom.database, live.position)
    await purge(newsroom, old.revision_id)
    query = AT_PATH.replace("route(path: $path) { __typename }", "")
    assert await api.data(query, position=then, path="/articles/page") == {"entry": None}
    assert await api.data(query, position=later, path="/articles/page") == {
        "entry": {"title": "Newer"}
    }


@pytest.mark.parametrize("known", ["nothing", "the page", "its end"])
async def test_clients_are_told_of_a_purge_whatever_they_know(
    api: Api, newsroom: Newsroom, known: str
) -> None:
    kept = await newsroom.published(slug="kept")
    before = await token_at(newsroom.database, kept.position)
    live = await newsroom.published(slug="secret", related=["/articles/kept"])
    during = await token_at(newsroom.database, live.position)
    await newsroom.unpublish(live)
    after = (await api.data("{ position }"))["position"]
    since = {"nothing": before, "the page": during, "its end": after}[known]
    earlier = await _changes(api, since)
    assert earlier.get(live.entry_id) == ("DELETE" if known == "the page" else None)
    made = await purge(newsroom, live.entry_id)
    data = await api.data(SYNC, since=since)
    (change,) = [each for each in data["sync"]["nodes"] if each["entryId"] == live.entry_id]
    position = await token_at(newsroom.database, int(str(made.position)))
    assert change == {
        "kind": "PURGE",
        "entryId": live.entry_id,
        "path": None,
        "type": "Article",
        "digest": None,
        "position": position,
        "entry": None,
    }
    assert {"value": "PURGE", "count": 1} in data["sync"]["facets"]
    assert data["sync"]["until"] == position
    assert await _changes(api, position) == {}
    assert (await _changes(api, None))[kept.entry_id] == "UPSERT"


async def test_a_purge_of_what_was_never_public_is_no_change(api: Api, newsroom: Newsroom) -> None:
    kept = await newsroom.published(slug="kept")
    since = await token_at(newsroom.database, kept.position)
    await purge(newsroom, await newsroom.entry_id(await newsroom.draft()))
    assert await _changes(api, since) == {}


async def test_a_page_of_which_a_revision_was_purged_is_no_change(
    api: Api, newsroom: Newsroom
) -> None:
    old = await newsroom.published(slug="page")
    async with newsroom.database.reading() as session:
        head = await session.get_one(Revision, old.revision_id)
    (live,) = await newsroom.publish(await newsroom.update(head, title="Newer"))
    since = await token_at(newsroom.database, live.position)
    await purge(newsroom, old.revision_id)
    assert await _changes(api, since) == {}


async def test_paths_to_look_at_have_none_of_a_purged_page(api: Api, newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    await purge(newsroom, entry_id)
    answer: Any = await api.data(AFFECTED, since=None)
    paths = [each["path"] for each in answer["affectedPaths"]["nodes"]]
    assert None not in paths
    assert "/articles/other" in paths
    assert await open_publications(newsroom, entry_id) == []
