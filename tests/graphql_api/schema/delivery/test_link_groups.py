"""A page keeps the headings of its link groups, whatever the site's code says by now."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Links, Text
from cms.site import Site
from tests.graphql_api.conftest import Api, api_of

GROUPS = '{ note(by: {slug: "page"}) { linkGroups { kindName label links { url } } } }'


def site_with(*, related: str | None, sources: str) -> Site:
    """Return a site of notes whose link fields have these labels; without a label, no field."""
    links = {"related": Links(related)} if related is not None else {}
    values = {"__doc__": "Note.", "text": Text(), "sources": Links(sources, kind="source"), **links}
    return Site(
        "Notes", content_types=(type("Note", (ContentType,), values, path="/notes/{slug}"),)
    )


async def test_another_label_changes_no_page_until_it_is_saved_and_published(api: Api) -> None:
    newsroom = api.newsroom
    first, second = (
        site_with(related="See also", sources="Sources"),
        site_with(related="Read on", sources="Sources"),
    )
    newsroom.site = first
    urls = {"related": ["https://example.org/a"], "sources": ["https://example.org/b"]}
    head = await newsroom.draft("Note", title="T", slug="page", text="x", **urls)
    await newsroom.publish(head)
    before = await api_of(first, newsroom).data(GROUPS)
    assert [group["label"] for group in before["note"]["linkGroups"]] == ["Sources", "See also"]
    newsroom.site = second
    assert await api_of(second, newsroom).data(GROUPS) == before
    saved = await newsroom.update(head)
    assert saved.digest != head.digest
    assert await api_of(second, newsroom).data(GROUPS) == before
    await newsroom.publish(saved)
    after = await api_of(second, newsroom).data(GROUPS)
    assert [group["label"] for group in after["note"]["linkGroups"]] == ["Sources", "Read on"]


async def test_a_group_keeps_its_heading_when_its_field_is_no_longer_declared(api: Api) -> None:
    newsroom = api.newsroom
    newsroom.site = site_with(related="See also", sources="Sources")
    related = ["https://example.org/a"]
    await newsroom.published("Note", title="T", slug="page", text="x", related=related)
    now = site_with(related=None, sources="Sources")
    data = await api_of(now, newsroom).data(GROUPS)
    assert data["note"]["linkGroups"] == [
        {"kindName": "related", "label": "See also", "links": [{"url": "https://example.org/a"}]}
    ]
