"""The links of a whole site, through every view."""

from __future__ import annotations

from typing import Any

import pytest

from cms.authorization.actor import OPERATOR
from cms.publishing.redirects import create_redirect
from cms.reading.view import EVERYTHING
from cms.storage.dialects import as_text
from graphql_api.delivery import Visitor
from tests.graphql_api.conftest import Api

EDITOR = Visitor(scopes=EVERYTHING)
STATUS = "links { nodes { url status } }"


async def statuses(api: Api, query: str = STATUS, **variables: Any) -> dict[str, str]:
    """Return the status of each link that readers get, by its address."""
    data = await api.data(query if query.startswith("query") else f"{{ {query} }}", **variables)
    return {each["url"]: each["status"] for each in data["links"]["nodes"]}


async def test_readers_get_no_link_from_or_to_a_draft(api: Api) -> None:
    target = await api.newsroom.published(slug="target")
    page = await api.newsroom.published(slug="page", body="[x](/articles/target)")
    await api.newsroom.draft(slug="draft", title="Draft", body="[x](/articles/target)")
    waiting = await api.newsroom.draft(slug="waiting", body="[x](/articles/draft)")
    assert await statuses(api) == {"/articles/target": "INTERNAL"}
    query = "view(perspective: DRAFT) { links { nodes { status source { slug } } } }"
    data = await api.seen_by(EDITOR, f"{{ {query} }}")
    found = {each["source"]["slug"]: each["status"] for each in data["view"]["links"]["nodes"]}
    assert found == {"page": "INTERNAL", "draft": "INTERNAL", "waiting": "WAITING"}
    narrow = Visitor(preview=waiting.id, is_anonymous=False)
    assert await api.seen_by(narrow, "{ links { totalCount } }") == {"links": {"totalCount": 1}}
    await api.newsroom.unpublish(page)
    assert await statuses(api) == {}
    assert target.ended_at is None


async def test_a_preview_has_the_links_of_its_revision(api: Api) -> None:
    await api.newsroom.published(slug="target", body="# Part")
    draft = await api.newsroom.draft(
        slug="draft", body="[x](/articles/target#part) [y](/articles/target#z) [z](#a)"
    )
    visitor = Visitor(preview=draft.id, is_anonymous=False)
    data = await api.seen_by(visitor, f"{{ {STATUS} }}")
    assert data["links"]["nodes"] == [
        {"url": "/articles/target#part", "status": "INTERNAL"},
        {"url": "/articles/target#z", "status": "BROKEN"},
    ]
    assert await statuses(api) == {}


async def test_an_address_that_the_target_has_left_redirects_from_then_on(api: Api) -> None:
    target = await api.newsroom.draft(slug="target")
    await api.newsroom.publish(target)
    await api.newsroom.published(
        slug="page", body="[x](/articles/target)", related=["/articles/target"]
    )
    assert await statuses(api) == {"/articles/target": "INTERNAL"}
    then = (await api.data("{ position }"))["position"]
    await api.newsroom.publish(await api.newsroom.save(target, slug="moved"))
    query = "links { nodes { url status place } }"
    data = await api.data(f"{{ {query} }}")
    assert [(each["place"], each["status"]) for each in data["links"]["nodes"]] == [
        ("TEXT", "REDIRECTING"),
        ("LINK_FIELD", "INTERNAL"),
    ]
    past = f"query($at: SitePosition) @view(position: $at) {{ {STATUS} }}"
    assert await statuses(api, past, at=then) == {"/articles/target": "INTERNAL"}


async def test_an_address_with_nothing_behind_it_is_found_before_it_is_published(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.do(OPERATOR, create_redirect, "/old", "https://elsewhere.example/")
    await newsroom.published(slug="page", body="[x](/old) [y](https://a.test)")
    await newsroom.draft(slug="draft", body="[x](/old) [y](/nowhere)")
    assert await statuses(api) == {"/old": "REDIRECTING", "https://a.test": "EXTERNAL"}
    links = "links(where: {status: {eq: BROKEN}}) { nodes { url source { slug } } totalCount }"
    assert (await api.data(f"{{ {links} }}"))["links"]["totalCount"] == 0
    data = await api.seen_by(EDITOR, f"{{ view(perspective: DRAFT) {{ {links} }} }}")
    broken = [{"url": "/nowhere", "source": {"slug": "draft"}}]
    assert data["view"]["links"] == {"nodes": broken, "totalCount": 1}


async def test_links_to_other_sites_are_those_with_their_status(api: Api) -> None:
    await api.newsroom.published(slug="target")
    body = "[a](/articles/target) [b](https://a.test) [c](mailto:x@a.test)"
    await api.newsroom.published(slug="page", body=body)
    every = await statuses(api)
    elsewhere = {url for url, status in every.items() if status == "EXTERNAL"}
    assert elsewhere == {"https://a.test", "mailto:x@a.test"}
    for where, urls in (
        ("{status: {eq: EXTERNAL}}", elsewhere),
        ("{status: {in: [EXTERNAL]}}", elsewhere),
        ("{NOT: {status: {eq: EXTERNAL}}}", every.keys() - elsewhere),
        ("{OR: [{status: {eq: EXTERNAL}}, {status: {eq: INTERNAL}}]}", every.keys()),
        ("{status: {eq: EXTERNAL, ne: EXTERNAL}}", set()),
        ("{status: {in: [EXTERNAL, INTERNAL]}}", every.keys()),
    ):
        found = (await api.data(f"{{ links(where: {where}) {{ nodes {{ url }} }} }}"))["links"]
        assert {each["url"] for each in found["nodes"]} == urls, where


async def test_navigation_and_references_are_there_for_those_who_ask(api: Api) -> None:
    target = await api.newsroom.published(slug="target")
    await api.newsroom.published(
        slug="page", related=[target.entry_id], translated_from=target.entry_id
    )
    menu = [{"heading": "Top", "links": [target.entry_id]}]
    await api.newsroom.published("Settings", brand="B", menu=menu)
    everything = "origin: {in: [FIELD, INLINE, REFERENCE]}, layer: {in: [CONTENT, NAVIGATION]}"
    query = f"""{{
      links {{ totalCount }}
      menus: links(where: {{layer: {{eq: NAVIGATION}}}}) {{ nodes {{ place layer }} }}
      references: links(where: {{origin: {{eq: REFERENCE}}}}) {{ nodes {{ place kindName }} }}
      every: links(where: {{{everything}}}) {{ totalCount }}
      other: links(where: {{NOT: {{layer: {{eq: NAVIGATION}}}}}}) {{ totalCount }}
    }}"""
    assert await api.data(query) == {
        "links": {"totalCount": 1},
        "menus": {"nodes": [{"place": "NAVIGATION", "layer": "NAVIGATION"}]},
        "references": {"nodes": [{"place": "REFERENCE", "kindName": "translated_from"}]},
        "every": {"totalCount": 3},
        "other": {"totalCount": 1},
    }


async def test_external_links_are_found_and_counted_by_their_hosts(api: Api) -> None:
    one = "[a](https://A.test/1) [b](https://b.test) [c](mailto:x@a.test) [d](//a.test/2)"
    await api.newsroom.published(slug="one", body=one)
    await api.newsroom.published(slug="two", body="[a](https://a.test/3) [o](/articles/one)")
    query = """{
      links { facets(fields: [host]) { value count } }
      a: links(where: {host: {eq: "a.test"}}) { nodes { url source { slug } } }
      any: links(where: {host: {in: ["b.test", "c.test"]}}) { totalCount }
      none: links(where: {host: {eq: "A.TEST", mode: INSENSITIVE}}) { totalCount }
      without: links(where: {host: {isNull: true}, status: {eq: EXTERNAL}}) { nodes { url } }
    }"""
    data = await api.data(query)
    assert data["links"]["facets"] == [
        {"value": "a.test", "count": 3},
        {"value": "b.test", "count": 1},
    ]
    assert [(each["url"], each["source"]["slug"]) for each in data["a"]["nodes"]] == [
        ("https://A.test/1", "one"),
        ("//a.test/2", "one"),
        ("https://a.test/3", "two"),
    ]
    assert [data[name]["totalCount"] for name in ("any", "none")] == [1, 3]
    assert data["without"]["nodes"] == [{"url": "mailto:x@a.test"}]


@pytest.mark.parametrize("view", ["", "perspective: DRAFT", 'asOf: "2100-01-01T00:00:00Z"'])
async def test_pages_follow_each_other(api: Api, view: str) -> None:
    for number in range(4):
        body = " ".join(f"[x](https://a.test/{number}/{each})" for each in range(3))
        await api.newsroom.published(slug=f"page-{number}", body=body)
    around = f"view({view or 'locale: EN'})"
    links = "links(first: 5, after: $after) { nodes { url } pageInfo { endCursor hasNextPage } }"
    query = f"query($after: String) {{ {around} {{ {links} }} }}"
    urls: list[str] = []
    after, has_next = None, True
    while has_next:
        data = (await api.seen_by(EDITOR, query, after=after))["view"]["links"]
        urls += [each["url"] for each in data["nodes"]]
        after, has_next = data["pageInfo"]["endCursor"], data["pageInfo"]["hasNextPage"]
    assert sorted(urls) == [f"https://a.test/{page}/{at}" for page in range(4) for at in range(3)]
    back = f"{{ {around} {{ links(last: 12) {{ nodes {{ url }} }} }} }}"
    data = (await api.seen_by(EDITOR, back))["view"]["links"]
    assert [each["url"] for each in data["nodes"]] == urls


PERIOD = "links { nodes { url since { time position } until { time position } } }"


async def test_a_link_is_public_since_the_first_of_the_publications_without_a_gap(
    api: Api,
) -> None:
    newsroom = api.newsroom
    await newsroom.published(slug="target")
    with_link, without = "[x](/articles/target)", "Nothing"
    head = await newsroom.draft(slug="page", body=with_link)
    moments = []
    for body in (with_link, without, with_link, f"{with_link} again", without):
        head = await newsroom.save(head, slug="page", body=body)
        (publication,) = await newsroom.publish(head)
        position = (await api.data("{ position }"))["position"]
        moments.append({"position": position, "time": as_text(publication.published_at)})
    assert (await api.data(f"{{ {PERIOD} }}"))["links"]["nodes"] == []
    query = f"query($at: SitePosition) @view(position: $at) {{ {PERIOD} }}"
    found = []
    for moment in moments:
        data = await api.data(query, at=moment["position"])
        found.append([(each["since"], each["until"]) for each in data["links"]["nodes"]])
    first, second = (moments[0], moments[1]), (moments[2], moments[4])
    assert found == [[first], [], [second], [second], []]


async def test_a_link_is_not_public_while_its_page_is_not(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.published(slug="target")
    head = await newsroom.draft(slug="page", body="[x](/articles/target)")
    await newsroom.unpublish((await newsroom.publish(head))[0])
    query = f"{{ view(perspective: DRAFT) {{ {PERIOD} }} }}"
    (link,) = (await api.seen_by(EDITOR, query))["view"]["links"]["nodes"]
    assert (link["since"], link["until"]) == (None, None)
    (again,) = await newsroom.publish(head)
    (link,) = (await api.data(f"{{ {PERIOD} }}"))["links"]["nodes"]
    assert link["since"]["time"] == as_text(again.published_at)
    assert link["until"] is None
