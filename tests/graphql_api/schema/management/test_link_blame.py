"""The causes of the link graph's history, as editors see them."""

from __future__ import annotations

from typing import Any

from tests.graphql_api.conftest import Desk

BLAME = """query($source: ID!, $to: LinkEnd!) {
  linkBlame(source: $source, to: $to) {
    totalCount
    nodes {
      begun { kind publication { id publishedBy { email } signOffs { reviewer { name } } } }
      ended { kind publication { entry { revision { id } } } }
      broughtBy { revision { id number author { name } } }
      takenBy { revision { id number } }
    }
  }
}"""
DIFF = """{
  linkGraphDiff(from: {position: "0"}) {
    linkChanges { sourcePage { title } cause { publication { entry { revision { id } } } } }
  }
}"""


async def blame(desk: Desk, source: str, to: dict[str, str]) -> Any:
    """Return the periods of links, as the author sees them."""
    found = await desk.data(desk.newsroom.author, BLAME, source=source, to=to)
    return found["linkBlame"]["nodes"]


async def test_blame_names_the_revision_that_wrote_a_link_and_the_one_that_removed_it(
    desk: Desk,
) -> None:
    target = await desk.article(title="Target", slug="target")
    await desk.publish(target)
    first = await desk.article(title="Source", slug="source")
    linked = await desk.update(first, related=[{"href": target.entry}])
    polished = await desk.update(linked, summary="Polished.")
    await desk.publish(polished)
    (period,) = await blame(desk, first.entry, {"entry": target.entry})
    assert period["begun"]["kind"] == "SOURCE_PUBLISHED"
    publication = period["begun"]["publication"]
    assert publication["publishedBy"]["email"] == "pia.publisher@example.org"
    assert [each["reviewer"]["name"] for each in publication["signOffs"]] == ["Rita Reviewer"]
    assert period["broughtBy"]["revision"] == {
        "id": linked.revision,
        "number": 2,
        "author": {"name": "Ada Author"},
    }
    assert (period["ended"], period["takenBy"]) == (None, None)
    without = await desk.update(polished, related=[])
    again = await desk.update(without, summary="Polished again.")
    await desk.publish(again)
    (period,) = await blame(desk, first.entry, {"entry": target.entry})
    assert period["ended"]["publication"]["entry"]["revision"]["id"] == again.revision
    assert period["takenBy"]["revision"] == {"id": without.revision, "number": 4}
    assert period["broughtBy"]["revision"]["id"] == linked.revision


async def test_urls_have_a_history_too(desk: Desk) -> None:
    page = await desk.article(title="Page", slug="page", body="[x](https://x.example/)")
    await desk.publish(page)
    (period,) = await blame(desk, page.entry, {"url": "https://x.example/"})
    assert period["broughtBy"]["revision"]["id"] == page.revision
    assert await blame(desk, page.entry, {"url": "https://y.example/"}) == []


async def test_a_difference_names_the_publication(desk: Desk) -> None:
    page = await desk.article(title="Page", slug="page", body="[x](https://x.example/)")
    await desk.publish(page)
    data = await desk.data(desk.newsroom.author, DIFF)
    (link,) = data["linkGraphDiff"]["linkChanges"]
    assert link["cause"]["publication"]["entry"]["revision"]["id"] == page.revision
