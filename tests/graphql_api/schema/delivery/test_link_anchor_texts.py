"""One text of links with several targets, and several texts for one, through every view."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cms.reading.view import EVERYTHING
from graphql_api.delivery import Visitor
from graphql_api.http.request import GraphQLRequest
from tests.graphql_api.conftest import Api

EDITOR = Visitor(scopes=EVERYTHING)
USES = """uses {
  text url edges sourceCount entry { title path } sources { title }
}"""
QUESTIONS = f"""
  several: linkAnchorTexts(anchorMode: ONE_TEXT_SEVERAL_TARGETS) {{
    totalCount nodes {{ text url entry {{ title }} edges useCount {USES} }}
  }}
  one: linkAnchorTexts(anchorMode: SEVERAL_TEXTS_ONE_TARGET) {{
    totalCount nodes {{ text url entry {{ title }} edges useCount {USES} }}
  }}
"""


async def ask(api: Api, view: str = "", visitor: Visitor | None = None, **variables: Any) -> Any:
    query = f"{'query($at: SitePosition)' if variables else 'query'} {view} {{ {QUESTIONS} }}"
    return await api.seen_by(visitor or Visitor(), query, **variables)


async def write(api: Api) -> None:
    """Publish two targets, and pages that link to them and elsewhere."""
    newsroom = api.newsroom
    await newsroom.published(slug="one", title="One")
    await newsroom.published(slug="two", title="Two", body="# A")
    first = (
        "[here](/articles/one) [here](/articles/two#a) [One](/articles/one) [here](/articles/one)"
    )
    await newsroom.published(slug="first", title="First", body=first, related=["/articles/two"])
    second = (
        "[here](https://a.test/) [here](/articles/one) [Two](/articles/two) [site](https://b.test)"
    )
    await newsroom.published(slug="second", title="Second", body=second)


def use(text: str, target: str, edges: int, *sources: str) -> dict[str, Any]:
    is_url = ":" in target
    return {
        "text": text,
        "url": target if is_url else None,
        "entry": None if is_url else {"title": target, "path": f"/articles/{target.lower()}"},
        "edges": edges,
        "sourceCount": len(sources),
        "sources": [{"title": each} for each in sources],
    }


async def test_texts_have_their_targets_and_targets_their_texts(api: Api) -> None:
    await write(api)
    found = await ask(api)
    assert found["several"] == {
        "totalCount": 1,
        "nodes": [
            {
                "text": "here",
                "url": None,
                "entry": None,
                "edges": 5,
                "useCount": 3,
                "uses": [
                    use("here", "One", 3, "First", "Second"),
                    use("here", "https://a.test/", 1, "Second"),
                    use("here", "Two", 1, "First"),
                ],
            }
        ],
    }
    assert found["one"] == {
        "totalCount": 2,
        "nodes": [
            {
                "text": None,
                "url": None,
                "entry": {"title": title},
                "edges": edges,
                "useCount": 2,
                "uses": uses,
            }
            for title, edges, uses in (
                (
                    "One",
                    4,
                    [use("here", "One", 3, "First", "Second"), use("One", "One", 1, "First")],
                ),
                ("Two", 2, [use("Two", "Two", 1, "Second"), use("here", "Two", 1, "First")]),
            )
        ],
    }


async def test_no_answer_has_anything_of_a_draft(api: Api) -> None:
    await write(api)
    before = await ask(api)
    body = "[here](/articles/one) [other](/articles/two) [here](/articles/second)"
    draft = await api.newsroom.draft(slug="draft", title="Draft", body=body)
    assert await ask(api) == before
    in_drafts = await ask(api, "@view(perspective: DRAFT)", EDITOR)
    assert in_drafts["several"]["nodes"][0]["edges"] == 7
    in_preview = await ask(api, visitor=Visitor(preview=draft.id, is_anonymous=False))
    assert in_preview == in_drafts


async def test_the_answer_is_the_same_for_a_position_of_the_past(api: Api) -> None:
    await write(api)
    before, then = await ask(api), (await api.data("{ position }"))["position"]
    page = await api.newsroom.published(slug="new", title="New", body="[here](/articles/second)")
    assert await ask(api) != before
    assert await ask(api, "@view(position: $at)", at=then) == before
    await api.newsroom.unpublish(page)
    assert await ask(api) == before


async def test_links_of_menus_and_images_without_words_do_not_count(api: Api) -> None:
    await write(api)
    before = await ask(api)
    body = "[![](https://a.test/x.png)](/articles/one) [![](https://a.test/x.png)](/articles/two)"
    await api.newsroom.published(slug="images", body=body)
    menu = [{"heading": "Top", "links": ["/articles/one"]}]
    await api.newsroom.published("Settings", brand="B", menu=menu)
    assert await ask(api) == before


async def test_the_largest_groups_come_first_and_say_how_many_there_are(api: Api) -> None:
    await write(api)
    data = await api.data(
        """{ linkAnchorTexts(anchorMode: SEVERAL_TEXTS_ONE_TARGET, first: 1) {
          position totalCount nodes { entry { title } }
        } position }"""
    )
    assert data["linkAnchorTexts"] == {
        "position": data["position"],
        "totalCount": 2,
        "nodes": [{"entry": {"title": "One"}}],
    }


@pytest.mark.parametrize("first", [0, 21])
async def test_more_than_the_limit_is_refused(api: Api, first: int) -> None:
    field = (
        f"linkAnchorTexts(anchorMode: ONE_TEXT_SEVERAL_TARGETS, first: {first}) {{ totalCount }}"
    )
    response = await api.delivery.answer(GraphQLRequest(f"{{ {field} }}", None, {}))
    (error,) = orjson.loads(response.body)["errors"]
    assert error["extensions"] == {"code": "INVALID_VALUE"}
