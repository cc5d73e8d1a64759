"""Views in the management API: editors see what readers do, and nobody more than they may."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema, get_named_type, is_leaf_type, is_non_null_type, is_object_type

from cms.authorization.actor import ANONYMOUS, Actor
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from graphql_api.planner.declarations import PLANNED, Answer, Answers
from tests.builders import Newsroom
from tests.schemas import management_schema_of
from tests.sites import SITE


@pytest.fixture(scope="module")
def manage_schema() -> GraphQLSchema:
    """The management schema of the test site."""
    return management_schema_of(SITE)


@pytest.fixture
def management(newsroom: Newsroom, manage_schema: GraphQLSchema) -> Management:
    """The management API of a newsroom."""
    return Management(newsroom.desk, manage_schema)


async def data(management: Management, actor: Actor, query: str) -> Any:
    response = orjson.loads((await management.answer(GraphQLRequest(query), actor, "")).body)
    assert "errors" not in response
    return response["data"]


async def code(management: Management, actor: Actor, query: str) -> str:
    with pytest.raises(RequestFailed) as failure:
        await management.answer(GraphQLRequest(query), actor, "")
    (error,) = failure.value.errors
    return str((error.extensions or {})["code"])


@pytest.mark.parametrize("wrapped", ["%s", "view { %s }", "view { ...F view { a: view { %s } } }"])
async def test_a_view_is_no_way_around_a_right(
    newsroom: Newsroom, management: Management, wrapped: str
) -> None:
    fragment = " fragment F on Query { position }" if "...F" in wrapped else ""
    query = f"{{ {wrapped % 'audit { totalCount }'} }}{fragment}"
    assert await code(management, newsroom.author, query) == "NOT_ALLOWED"
    assert await code(management, ANONYMOUS, query) == "UNAUTHENTICATED"
    assert await data(management, newsroom.administrator, query)


async def test_what_is_worked_out_once_stands_beside_a_view(
    newsroom: Newsroom, management: Management
) -> None:
    for query in ("{ view { me { __typename } } }", "{ view { myQueue { __typename } } }"):
        assert await code(management, newsroom.author, query) == "BAD_USER_INPUT"
    beside = "{ me { __typename } view { position } }"
    found = await data(management, newsroom.author, beside)
    assert found["view"]["position"].startswith("1.")  # that of the bylines


async def test_editors_see_what_readers_do(newsroom: Newsroom, management: Management) -> None:
    head = await newsroom.draft(title="Public", slug="one")
    (publication,) = await newsroom.publish(head)
    await newsroom.save(head, title="Draft", slug="one")
    query = """{
      article(by: {slug: "one"}) { title }
      view(perspective: PUBLISHED) { article(by: {slug: "one"}) {
        title state publishedAt firstPublishedAt archivedAt public { title }
        editions { title } revision { number isAutosave }
      } }
    }"""
    since = publication.published_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert await data(management, newsroom.author, query) == {
        "article": {"title": "Draft"},
        "view": {
            "article": {
                "title": "Public",
                "state": "PUBLISHED",
                "publishedAt": since,
                "firstPublishedAt": since,
                "archivedAt": None,
                "public": {"title": "Public"},
                "editions": [{"title": "Public"}],
                "revision": {"number": 1, "isAutosave": False},
            }
        },
    }


@pytest.mark.parametrize("perspective", ["PUBLISHED", "DRAFT"])
async def test_every_field_of_an_entry_can_be_seen_through_every_view(
    newsroom: Newsroom, management: Management, manage_schema: GraphQLSchema, perspective: str
) -> None:
    await newsroom.published(title="Public", slug="one")
    for type_name in ("Article", "Revision"):
        for selected in selections(manage_schema, type_name):
            inner = selected if type_name == "Article" else f"revision {{ {selected} }}"
            query = f"""{{ view(perspective: {perspective}) {{
              article(by: {{slug: "one"}}) {{ {inner} }}
            }} }}"""
            found = await data(management, newsroom.author, query)
            assert found["view"]["article"] is not None, selected


def selections(schema: GraphQLSchema, type_name: str) -> list[str]:
    """Return each field that takes no arguments, with as little as can be selected of it."""
    type_ = schema.type_map[type_name]
    assert is_object_type(type_)
    return [
        name if is_leaf_type(get_named_type(each.type)) else f"{name} {{ __typename }}"
        for name, each in type_.fields.items()
        if not any(is_non_null_type(argument.type) for argument in each.args.values())
    ]


def test_only_the_roots_have_fields_that_python_answers(manage_schema: GraphQLSchema) -> None:
    roots = {"Query", "Mutation", "Subscription"}
    found = {
        type_.name
        for type_ in manage_schema.type_map.values()
        if is_object_type(type_)
        for each in type_.fields.values()
        if isinstance(each.extensions.get(PLANNED), Answer | Answers)
    }
    assert found <= roots
