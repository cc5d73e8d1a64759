"""What a path leads to, and the list of all paths."""

from __future__ import annotations

from typing import Any

from cms.tables import Revision
from graphql_api.delivery import Visitor
from tests.graphql_api.conftest import Api
from tests.graphql_api.schema.delivery.test_views import EDITOR

ROUTE = """query($path: String!, $position: SitePosition, $locale: Locale, $others: [Locale!])
@view(position: $position, locale: $locale, fallbackLocales: $others) {
  route(path: $path) {
    __typename
    ... on PageRoute { status entry { title path } }
    ... on RedirectRoute { status to entry { title path } }
    ... on GoneRoute { status since }
  }
}"""


async def route(api: Api, path: str, **variables: Any) -> Any:
    """Return what a path leads to, in few words; follow it as a browser would."""
    found = (await api.data(ROUTE, path=path, **variables))["route"]
    match found:
        case None:
            return None
        case {"__typename": "PageRoute", "status": 200, "entry": {"path": at, "title": title}}:
            assert at == path
            return title
        case {"__typename": "RedirectRoute", "status": 301, "to": to, "entry": {"path": at}}:
            assert at == to != path
            # One step, and there is the page: no chains and no loops.
            after = (await api.data(ROUTE, path=to, **variables))["route"]
            assert after["__typename"] == "PageRoute"
            return f"→ {to}"
        case {"__typename": "GoneRoute", "status": 410, "since": str()}:
            return "gone"
    raise AssertionError(found)


async def moved(api: Api, head: Revision, slug: str, **values: Any) -> Revision:
    """Publish an entry elsewhere."""
    revision = await api.newsroom.save(head, title=slug.title(), slug=slug, **values)
    await api.newsroom.publish(revision)
    return revision


async def test_a_path_leads_to_its_page_or_nowhere(api: Api) -> None:
    await api.newsroom.published(title="One", slug="one")
    await api.newsroom.draft(title="Draft", slug="draft")
    assert await route(api, "/articles/one") == "One"
    for path in ("/articles/draft", "/articles/One", "", "/", "\u0000", "ü"):
        assert await route(api, path) is None


async def test_every_former_path_leads_straight_to_where_the_page_is_now(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    head = await moved(api, head, "two")
    assert await route(api, "/articles/one") == "→ /articles/two"
    head = await moved(api, head, "three")
    await moved(api, head, "four")
    for slug in ("one", "two", "three"):
        assert await route(api, f"/articles/{slug}") == "→ /articles/four"
    assert await route(api, "/articles/four") == "Four"


async def test_a_page_that_comes_back_ends_the_redirect(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    head = await moved(api, head, "two")
    await moved(api, head, "one")
    assert await route(api, "/articles/one") == "One"
    assert await route(api, "/articles/two") == "→ /articles/one"


async def test_what_was_taken_back_is_gone_until_it_comes_again(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    (publication,) = await api.newsroom.publish(head)
    await api.newsroom.unpublish(publication)
    assert await route(api, "/articles/one") == "gone"
    await moved(api, head, "two")
    assert await route(api, "/articles/one") == "→ /articles/two"


async def test_all_paths_of_what_was_taken_back_are_gone(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    (publication,) = await api.newsroom.publish(
        await api.newsroom.save(head, title="Two", slug="two")
    )
    await api.newsroom.unpublish(publication)
    assert await route(api, "/articles/one") == "gone"
    assert await route(api, "/articles/two") == "gone"


async def test_a_path_is_its_last_entrys(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    await moved(api, head, "two")
    other = await api.newsroom.draft(title="Other", slug="one")
    (taken,) = await api.newsroom.publish(other)
    assert await route(api, "/articles/one") == "Other"
    await api.newsroom.unpublish(taken)
    assert await route(api, "/articles/one") == "gone"
    await moved(api, other, "elsewhere")
    assert await route(api, "/articles/one") == "→ /articles/elsewhere"


async def test_two_entries_that_change_places_are_where_they_are(api: Api) -> None:
    one = await api.newsroom.draft(title="One", slug="one")
    two = await api.newsroom.draft(title="Two", slug="two")
    await api.newsroom.publish(one, two)
    one = await api.newsroom.save(one, title="One", slug="two")
    two = await api.newsroom.save(two, title="Two", slug="one")
    await api.newsroom.publish(one, two)
    assert await route(api, "/articles/one") == "Two"
    assert await route(api, "/articles/two") == "One"


async def test_a_path_as_of_a_position(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    head = await moved(api, head, "two")
    (last,) = await api.newsroom.publish(await api.newsroom.save(head, title="Three", slug="three"))
    await api.newsroom.unpublish(last)
    expected = {
        0: [None, None, None],
        1: ["One", None, None],
        2: ["→ /articles/two", "Two", None],
        3: ["→ /articles/three", "→ /articles/three", "Three"],
        4: ["gone", "gone", "gone"],
    }
    for number, found in expected.items():
        position = await api.at(number)
        paths = [f"/articles/{slug}" for slug in ("one", "two", "three")]
        assert [await route(api, path, position=position) for path in paths] == found


async def test_paths_are_those_of_a_language(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    german = await api.newsroom.translate(head, "de", title="Eins", slug="eins")
    await api.newsroom.publish(german, locale="de")
    for locale in ("en", "de"):
        assert await route(api, "/articles/eins", locale=locale.upper()) == "Eins"
        assert await route(api, "/articles/one", locale=locale.upper()) == "One"
    newer = await api.newsroom.save(german, locale="de", title="Eins", slug="uno")
    await api.newsroom.publish(newer, locale="de")
    await moved(api, head, "first")
    for view in ({}, {"locale": "DE"}, {"locale": "DE", "others": ["EN"]}):
        assert await route(api, "/articles/eins", **view) == "→ /articles/uno"
        assert await route(api, "/articles/one", **view) == "→ /articles/first"


async def test_a_path_without_its_language_leads_to_what_stands_in_for_it(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    german = await api.newsroom.translate(head, "de", title="Eins", slug="eins")
    (publication,) = await api.newsroom.publish(german, locale="de")
    await api.newsroom.unpublish(publication)
    falling: dict[str, Any] = {"locale": "DE", "others": ["EN"]}
    assert await route(api, "/articles/eins", **falling) == "→ /articles/one"
    assert await route(api, "/articles/eins", locale="DE", others=[]) == "gone"
    # English stands in for German only where it is said to.
    assert await route(api, "/articles/eins", locale="EN") == "gone"


async def test_one_path_in_two_languages_is_the_one_of_the_first(api: Api) -> None:
    for locale, title in (("en", "English"), ("de", "Deutsch")):
        head = await api.newsroom.draft(title=title, slug=f"only-{locale}")
        if locale == "de":
            await api.newsroom.publish(head)
            head = await api.newsroom.translate(head, "de", title=title, slug="same")
        else:
            head = await api.newsroom.save(head, title=title, slug="same")
        await api.newsroom.publish(head, locale=locale)
    for locale, others, title in (
        ("en", [], "English"),
        ("de", [], "Deutsch"),
        ("en", ["de"], "English"),
        ("de", ["en"], "Deutsch"),
    ):
        assert (
            await route(
                api,
                "/articles/same",
                locale=locale.upper(),
                others=[each.upper() for each in others],
            )
            == title
        )


async def test_one_former_path_in_two_languages_is_the_first_ones(api: Api) -> None:
    for number, locale in enumerate(("en", "de")):
        head = await api.newsroom.draft(title="X", slug=f"x{number}")
        if locale == "de":
            await api.newsroom.publish(head)
            head = await api.newsroom.translate(head, "de", title="X", slug="same")
        else:
            head = await api.newsroom.save(head, title="X", slug="same")
        await api.newsroom.publish(head, locale=locale)
        after = await api.newsroom.save(head, locale=locale, title="X", slug=f"after-{locale}")
        await api.newsroom.publish(after, locale=locale)
    for locale, other in (("en", "de"), ("de", "en")):
        found = await api.data(
            ROUTE, path="/articles/same", locale=locale.upper(), others=[other.upper()]
        )
        assert found["route"]["to"] == f"/articles/after-{locale}"


async def test_routes_of_drafts_lead_to_drafts_and_redirects_to_what_is_public(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    head = await moved(api, head, "two")
    await api.newsroom.save(head, title="Draft", slug="three")
    query = """query($path: String!) @view(perspective: DRAFT) { route(path: $path) {
      __typename ... on PageRoute { entry { title } } ... on RedirectRoute { to entry { title } }
    } }"""
    draft = await api.seen_by(EDITOR, query, path="/articles/three")
    assert draft["route"] == {"__typename": "PageRoute", "entry": {"title": "Draft"}}
    former = await api.seen_by(EDITOR, query, path="/articles/one")
    assert former["route"] == {
        "__typename": "RedirectRoute",
        "to": "/articles/two",
        "entry": {"title": "Two"},
    }


async def test_a_preview_stands_at_its_path(api: Api) -> None:
    head = await api.newsroom.draft(title="One", slug="one")
    await api.newsroom.publish(head)
    head = await api.newsroom.save(head, title="Draft", slug="two")
    visitor = Visitor(preview=head.id)
    data = await api.seen_by(visitor, ROUTE, path="/articles/two")
    assert data["route"]["entry"] == {"title": "Draft", "path": "/articles/two"}


async def test_the_sitemap_lists_every_page_of_the_view(api: Api) -> None:
    head = await api.newsroom.draft(title="B", slug="b")
    await api.newsroom.publish(head)
    await api.newsroom.published("Note", title="A", slug="a", text="x")
    await api.newsroom.published("Snippet", title="No page", text="x")
    german = await api.newsroom.translate(head, "de", title="B", slug="c")
    await api.newsroom.publish(german, locale="de")
    await api.newsroom.unpublish(await api.newsroom.published(title="Gone", slug="gone"))
    query = """query($position: SitePosition) @view(position: $position) { sitemap(first: 4000) {
      totalCount nodes { path locale type alternates { language locale path } }
    } }"""
    both = [
        {"language": "de", "locale": "DE", "path": "/articles/c"},
        {"language": "en", "locale": "EN", "path": "/articles/b"},
        {"language": "x-default", "locale": "EN", "path": "/articles/b"},
    ]
    assert (await api.data(query))["sitemap"] == {
        "totalCount": 3,
        "nodes": [
            {"path": "/articles/b", "locale": "EN", "type": "Article", "alternates": both},
            {"path": "/articles/c", "locale": "DE", "type": "Article", "alternates": both},
            {"path": "/notes/a", "locale": "EN", "type": "Note", "alternates": []},
        ],
    }
    assert (await api.data(query, position=await api.at(1)))["sitemap"]["totalCount"] == 1
    (error,) = await api.refused("{ sitemap(first: 10001) { totalCount } }")
    assert error.extensions == {"code": "BAD_USER_INPUT"}
    (error,) = await api.refused("{ entries(first: 101) { totalCount } }")
    assert error.extensions == {"code": "BAD_USER_INPUT"}
