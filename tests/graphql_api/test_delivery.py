"""What is public is read, whole, and nothing else is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.site import Site
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.graphql_api.conftest import Api
from tests.schemas import delivery_schema_of
from tests.sites import SITE

TITLES = "{ entries(first: 100, orderBy: [title_ASC]) { totalCount nodes { title } } }"


def titles(data: Any) -> list[str]:
    (connection,) = data.values()
    return [node["title"] for node in connection["nodes"]]


async def test_an_unknown_path_is_null_and_no_error(api: Api) -> None:
    data = await api.data('{ entry(by: {path: "/nowhere"}) { title } }')
    assert data == {"entry": None}


async def test_every_root_field_answers_when_there_is_nothing(api: Api) -> None:
    data = await api.data(
        """{
          entry(by: {id: "x"}) { id } entries { nodes { id } } article(by: {slug: "x"}) { id }
          articles { totalCount edges { cursor } } category(by: {treePath: "x"}) { id }
          categories { nodes { id } } tag(by: {slug: "x"}) { slug } tags { nodes { slug } }
          node(id: "x") { id } settings { brand }
        }"""
    )
    assert data == {
        "entry": None,
        "entries": {"nodes": []},
        "article": None,
        "articles": {"totalCount": 0, "edges": []},
        "category": None,
        "categories": {"nodes": []},
        "tag": None,
        "tags": {"nodes": []},
        "node": None,
        "settings": None,
    }
    assert await api.data('{ nodes(ids: ["x", "y"]) { id } }') == {"nodes": [None, None]}


async def test_drafts_and_what_was_withdrawn_are_not_seen(api: Api) -> None:
    newsroom = api.newsroom
    public = await newsroom.draft(title="Public", slug="public")
    await newsroom.publish(public)
    withdrawn = await newsroom.published(title="Withdrawn", slug="withdrawn")
    await newsroom.unpublish(withdrawn)
    hidden = await newsroom.draft(title="Draft", slug="draft", related=["/articles/public"])
    await newsroom.save(public, title="Public, edited", slug="public", body="[x](/articles/draft)")
    assert titles(await api.data(TITLES)) == ["Public"]
    data = await api.data(
        """query($path: String!, $hidden: ID!, $withdrawn: ID!) {
          entry(by: {path: $path}) {
            title revision { number } incomingLinks { totalCount nodes { kind } }
            links { totalCount } linkGroups { kind }
          }
          node(id: $hidden) { id }
          nodes(ids: [$withdrawn, $hidden]) { id }
          tags { nodes { entries { totalCount } } }
          people { nodes { name authored { totalCount } } }
        }""",
        path="/articles/public",
        hidden=hidden.edition_id.replace("edition_", "entry_"),
        withdrawn=withdrawn.entry_id,
    )
    assert data["entry"] == {
        "title": "Public",
        "revision": {"number": 1},
        "incomingLinks": {"totalCount": 0, "nodes": []},
        "links": {"totalCount": 0},
        "linkGroups": [],
    }
    assert data["node"] is None
    assert data["nodes"] == [None, None]
    counts = {each["name"]: each["authored"]["totalCount"] for each in data["people"]["nodes"]}
    assert counts["Ada Author"] == 1


async def test_no_answer_changes_because_a_draft_does(api: Api) -> None:
    newsroom = api.newsroom
    heads = [await newsroom.draft(title=f"T{n}", slug=f"t{n}") for n in range(3)]
    await newsroom.publish(*heads)
    query = """{
      entries(first: 100) {
        totalCount
        nodes {
          id title path slug summary updatedAt publishedAt category { name } tags { name }
          links { totalCount nodes { label url } } incomingLinks { totalCount }
          linkGroups { kind links { label } } review { signedAt reviewers { name } }
          revision { id number digest createdAt author { name } }
        }
      }
      articles(where: {title: {contains: "T"}}) { totalCount }
    }"""
    before = await api.ask(query)
    for head in heads:
        category = await newsroom.category(f"C{head.slug}")
        edited = await newsroom.save(
            head,
            title="Changed",
            slug=f"{head.slug}-x",
            category=category,
            body="[x](/articles/t1)",
        )
        await newsroom.review(edited)
    await newsroom.draft(title="T new", slug="new", related=["/articles/t0"])
    assert await api.ask(query) == before


async def test_links_lead_where_the_target_stands_now(api: Api) -> None:
    newsroom = api.newsroom
    target = await newsroom.draft(title="Target", slug="target", body="# Part")
    await newsroom.publish(target)
    await newsroom.published(
        title="Source",
        slug="source",
        related=["/articles/target#part", {"href": "/articles/target", "label": "Own words"}],
        sources=["https://example.org/a"],
    )
    moved = await newsroom.save(target, title="Moved", slug="moved", body="# Part")
    await newsroom.publish(moved)
    data = await api.data(
        """{ article(by: {slug: "source"}) {
          linkGroups {
            kind label
            links { label url position target { __typename ... on Entry { title path type } } }
          }
        } }"""
    )
    target_ = {
        "__typename": "Article",
        "title": "Moved",
        "path": "/articles/moved",
        "type": "Article",
    }
    assert data["article"]["linkGroups"] == [
        {
            "kind": "RELATED",
            "label": "Related reading",
            "links": [
                {
                    "label": "Moved",
                    "url": "/articles/moved#part",
                    "position": 1,
                    "target": target_,
                },
                {
                    "label": "Own words",
                    "url": "/articles/moved",
                    "position": 2,
                    "target": target_,
                },
            ],
        },
        {
            "kind": "SOURCE",
            "label": "Sources",
            "links": [
                {
                    "label": "https://example.org/a",
                    "url": "https://example.org/a",
                    "position": 1,
                    "target": None,
                }
            ],
        },
    ]


async def test_the_reviewers_of_a_page_come_from_its_sign_offs(api: Api) -> None:
    await api.newsroom.published("Note", title="Note", slug="note", text="Words")
    data = await api.data(
        """{ note(by: {slug: "note"}) { review {
          reviewers { name slug } signedAt expiresAt signOffs { stage reviewer { name } }
        } } }"""
    )
    review = data["note"]["review"]
    assert review["reviewers"] == [
        {"name": "Rita Reviewer", "slug": "rita-reviewer"},
        {"name": "Rolf Reviewer", "slug": "rolf-reviewer"},
    ]
    assert review["signedAt"] < review["expiresAt"]
    assert review["signOffs"] == [
        {"stage": "technical", "reviewer": {"name": "Rita Reviewer"}},
        {"stage": "technical", "reviewer": {"name": "Rolf Reviewer"}},
        {"stage": "editorial", "reviewer": {"name": "Rita Reviewer"}},
    ]


async def test_what_is_required_and_missing_is_an_error_at_its_place(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.published("Snippet", title="Whole", text="Words")
    await newsroom.published("Snippet", title="Broken", text="")
    # A later version of the site asks for what was optional when these were published.
    later = Delivery(LATER, delivery_schema_of(LATER), newsroom.database.reader)
    query = """{
      snippets(orderBy: [title_DESC]) { nodes { title } }
      broken: entries(where: {title: {eq: "Broken"}}) { nodes { title ... on Snippet { text } } }
      whole: snippets(where: {title: {eq: "Whole"}}) { nodes { text } }
      one: snippet(by: {slug: "broken"}) { title text }
    }"""
    response = orjson.loads((await later.answer(GraphQLRequest(query))).body)
    # A null travels up to the nearest place that can be null: for a list, the whole answer.
    assert response["data"] is None
    assert [error["path"] for error in response["errors"]] == [["broken", "nodes", 0, "text"]]
    only_one = '{ one: snippet(by: {slug: "broken"}) { title text } other: settings { id } }'
    response = orjson.loads((await later.answer(GraphQLRequest(only_one))).body)
    assert response["data"] == {"one": None, "other": None}
    (error,) = response["errors"]
    assert error["message"] == "Cannot return null for non-nullable field Snippet.text."
    assert error["path"] == ["one", "text"]
    assert error["locations"] == [{"line": 1, "column": 46}]
    assert error["extensions"] == {"code": "MISSING_VALUE"}


class Snippet(ContentType):
    """The test site's snippet, after somebody has made its text required."""

    text = Text(required=True)


LATER = Site(
    "Later", content_types=[Snippet, *(t for n, t in SITE.content_types.items() if n != "Snippet")]
)


@pytest.mark.parametrize("forward", [True, False])
async def test_walking_through_pages_sees_everything_once(api: Api, *, forward: bool) -> None:
    for number in range(7):
        await api.newsroom.published(
            title=f"T{number % 3}", slug=f"t{number}", rating=number % 2 or None
        )
    arguments = "first: 2, after: $cursor" if forward else "last: 2, before: $cursor"
    query = f"""query($cursor: String) {{
      articles({arguments}, orderBy: [rating_DESC, title_ASC]) {{
        nodes {{ slug }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
      }}
    }}"""
    seen: list[str] = []
    cursor = None
    more = True
    while more:
        page = (await api.data(query, cursor=cursor))["articles"]
        slugs = [node["slug"] for node in page["nodes"]]
        seen = [*seen, *slugs] if forward else [*slugs, *seen]
        info = page["pageInfo"]
        more = info["hasNextPage" if forward else "hasPreviousPage"]
        cursor = info["endCursor" if forward else "startCursor"]
    whole = await api.data(
        "{ articles(first: 100, orderBy: [rating_DESC, title_ASC]) { nodes { slug } } }"
    )
    assert seen == [node["slug"] for node in whole["articles"]["nodes"]]
    assert len(set(seen)) == 7


async def test_a_walk_goes_on_while_entries_come_and_go(api: Api) -> None:
    publications = [await api.newsroom.published(title=f"T{n}", slug=f"t{n}") for n in range(6)]
    query = """query($after: String) {
      articles(first: 2, after: $after, orderBy: [slug_ASC]) {
        nodes { slug } pageInfo { endCursor hasNextPage }
      }
    }"""
    first = (await api.data(query))["articles"]
    assert [node["slug"] for node in first["nodes"]] == ["t0", "t1"]
    await api.newsroom.unpublish(publications[1])  # the row that the cursor names
    await api.newsroom.published(title="New", slug="a-new-one")
    second = (await api.data(query, after=first["pageInfo"]["endCursor"]))["articles"]
    assert [node["slug"] for node in second["nodes"]] == ["t2", "t3"]


async def test_introspection_and_content_in_one_request(api: Api) -> None:
    await api.newsroom.published(title="One", slug="one")
    response = await api.ask(
        """query($name: String!) {
          first: __typename
          __type(name: $name) { name kind }
          article(by: {slug: "one"}) { title }
          __schema { queryType { name } }
        }""",
        name="Article",
    )
    assert response == {
        "data": {
            "first": "Query",
            "__type": {"name": "Article", "kind": "OBJECT"},
            "article": {"title": "One"},
            "__schema": {"queryType": {"name": "Query"}},
        }
    }
    assert list(response["data"]) == ["first", "__type", "article", "__schema"]


async def test_what_asks_nothing_of_the_database_runs_no_sql(api: Api) -> None:
    assert await api.data("{ __typename a: __typename }") == {"__typename": "Query", "a": "Query"}
    await api.data("{ __schema { types { name } } }")
    assert api.reader.statements == []
