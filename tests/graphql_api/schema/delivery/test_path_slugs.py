"""Slugs with slashes: pages that stand where a whole path says."""

from __future__ import annotations

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.site import Site
from tests.builders import Newsroom
from tests.graphql_api.conftest import api_of


class Manual(ContentType, path="/docs/{slug:path}"):
    """A page of a manual."""

    body = Markdown(required=True)


MANUALS = Site("Manuals", content_types=(Manual,))
ROUTE = """query($path: String!) { route(path: $path) {
  __typename
  ... on PageRoute { entry { title slug } }
  ... on RedirectRoute { to }
} }"""


async def test_a_page_is_found_by_its_whole_path_and_leaves_a_redirect(newsroom: Newsroom) -> None:
    newsroom.site = MANUALS
    api = api_of(MANUALS, newsroom)
    first = await newsroom.draft("Manual", title="First", slug="first/introduction")
    second = await newsroom.draft(
        "Manual",
        title="Second",
        slug="second/introduction",
        body="[other](../../docs/first/introduction/) [itself](introduction#x)\n\n## X",
    )
    await newsroom.publish(first, second)
    assert await newsroom.path(second) == "/docs/second/introduction"
    found = await api.data(
        """{ manual(by: {slug: "second/introduction"}) { links { nodes { url } } } }"""
    )
    assert [each["url"] for each in found["manual"]["links"]["nodes"]] == [
        "/docs/first/introduction",
        "/docs/second/introduction#x",
    ]

    head = await newsroom.save(first, title="First", slug="First/Über_v1.2.html")
    await newsroom.publish(head)
    entry = {"title": "First", "slug": "First/Über_v1.2.html"}
    assert await api.data(ROUTE, path="/docs/First/%C3%9Cber_v1.2.html/") == {
        "route": {"__typename": "PageRoute", "entry": entry}
    }
    assert await api.data(ROUTE, path="/docs/first/introduction") == {
        "route": {"__typename": "RedirectRoute", "to": "/docs/First/Über_v1.2.html"}
    }


@pytest.mark.parametrize("slug", ["/a", "a//b", "a/../b", "a b"])
async def test_what_is_no_part_of_a_path_is_refused(newsroom: Newsroom, slug: str) -> None:
    newsroom.site = MANUALS
    draft = Draft(title="A", slug=slug, fields={"body": "B"})
    errors = await newsroom.refusal(newsroom.author, create_entry, "Manual", draft, locale="en")
    assert [(each.code, each.path) for each in errors] == [("INVALID_VALUE", ("slug",))]
