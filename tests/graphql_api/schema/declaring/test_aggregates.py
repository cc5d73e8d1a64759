"""What rows of every connection have in common is counted."""

from __future__ import annotations

import pytest

from tests.graphql_api.conftest import Api, Desk

QUERY = """query($slug: String!, $since: SitePosition) {
  article(by: {slug: $slug}) {
    links(first: 1) { facets(fields: [kind, origin, sourceType, targetType]) { ...F } }
    incomingLinks(where: {kind: {ne: RELATED}}) { facets(fields: [kind, sourceType]) { ...F } }
  }
  entries { facets(fields: [reviewers, author]) { ...F } }
  categories { facets(fields: [type, locale]) { ...F } }
  people { facets(fields: [type]) { ...F } }
  sitemap(first: 1) {
    facets(fields: [type, locale]) { ...F }
    histogram(field: lastModified, by: YEAR) { start count }
  }
  sync(since: $since) { facets(fields: [kind, type, locale]) { ...F } }
  affectedPaths(since: $since) { facets(fields: [reason, type]) { ...F } }
}
fragment F on FacetCount { field value count }"""


@pytest.mark.parametrize("slug", ["target", "source"])
async def test_every_connection_counts_what_its_rows_have_in_common(api: Api, slug: str) -> None:
    newsroom = api.newsroom
    above = await newsroom.category("Above")
    for name in ("One", "Two"):
        await newsroom.category(name, above)
    await newsroom.published(title="Target", slug="target", category=above)
    gone = await newsroom.published("Note", title="Gone", slug="gone", text="Some text.")
    body = "Read [this](/articles/target) and [that](https://example.org/)."
    head = await newsroom.draft(title="S", slug="source", related=["/articles/target"], body=body)
    await newsroom.review(head)
    (last,) = await newsroom.publish(head)
    await newsroom.unpublish(gone)
    data = await api.data(QUERY, slug=slug, since=await api.at(2))

    def counts(*path: str) -> list[tuple[str, str, int]]:
        found = data
        for name in path:
            found = found[name]
        return [(each["field"], each["value"], each["count"]) for each in found["facets"]]

    if slug == "source":
        assert counts("article", "links") == [
            ("kind", "INLINE", 2),
            ("kind", "RELATED", 1),
            ("origin", "INLINE", 2),
            ("origin", "FIELD", 1),
            ("sourceType", "Article", 3),
            ("targetType", "Article", 2),
        ]
        assert counts("article", "incomingLinks") == []
    else:
        assert counts("article", "links") == []
        assert counts("article", "incomingLinks") == [
            ("kind", "INLINE", 1),
            ("sourceType", "Article", 1),
        ]
    assert counts("categories") == [("type", "Category", 3), ("locale", "EN", 3)]
    assert counts("people") == [("type", "Person", 7)]
    assert counts("sitemap") == [("type", "Article", 2), ("locale", "EN", 2)]
    year = str(last.published_at.year)
    assert data["sitemap"]["histogram"] == [{"start": year, "count": 2}]
    assert counts("sync") == [
        ("kind", "DELETE", 1),
        ("kind", "UPSERT", 1),
        ("type", "Article", 1),
        ("type", "Note", 1),
        ("locale", "EN", 2),
    ]
    assert counts("affectedPaths") == [
        ("reason", "CHANGED", 1),
        ("reason", "LEFT", 1),
        ("reason", "LINKED_FROM_CHANGED", 1),
        ("type", "Article", 2),
        ("type", "Note", 1),
    ]
    assert counts("entries") == [("reviewers", "rita-reviewer", 2), ("author", "ada-author", 2)]


async def test_editors_count_what_was_done(desk: Desk) -> None:
    newsroom = desk.newsroom
    head = await newsroom.draft(title="One", slug="one")
    await newsroom.save(head, title="Two", slug="one")
    data = await desk.data(
        newsroom.administrator,
        """{
          audit {
            totalCount
            facets(fields: [actor], first: 1) { value }
            histogram(field: recordedAt, by: DAY) { count }
          }
          articles { nodes { revisions {
            facets(fields: [author]) { value count }
            histogram(field: createdAt, by: YEAR) { count }
          } } }
        }""",
    )
    assert data["audit"]["facets"] == [{"value": "operator"}]
    assert sum(day["count"] for day in data["audit"]["histogram"]) == data["audit"]["totalCount"]
    (article,) = data["articles"]["nodes"]
    assert article["revisions"] == {
        "facets": [{"value": "ada-author", "count": 2}],
        "histogram": [{"count": 2}],
    }
