"""Questions about the link graph of a small site, through every view."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown
from cms.links.key_terms import key_terms
from cms.reading.view import EVERYTHING
from cms.site import Site
from cms.tables import Publication
from graphql_api.delivery import Visitor
from graphql_api.http.request import GraphQLRequest
from graphql_api.schema.link_answers import clusters
from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.graphql_api.conftest import Api, api_of
from tests.sites import SITE, URLS

EDITOR = Visitor(scopes=EVERYTHING)

# The titles of the pages, and those that each links to. The menu leads to the first.
LINKS = {"A": "BC", "B": "CD", "C": "A", "D": "", "E": "", "F": "G", "G": ""}

# All questions. A page is named by its title, in place of its id.
QUESTIONS = (
    """linkNeighborhood(of: A, depth: 2, direction: OUTGOING) {
  isCutOff
  nodes { distance entry { title } }
  edges { count kind layer }
}""",
    """linkPaths(from: A, to: C, pathMode: K_SHORTEST) {
  isCutOff
  paths { length entries { title } edges { count kind } }
}""",
    "linkCommonTargets(ids: [A, B]) { totalCount entries { title } }",
    "linkCommonSources(ids: [C]) { totalCount entries { title } }",
    "linkSimilar(of: A) { totalCount nodes { shared similarity entry { title } } }",
    "coCited: linkSimilar(of: B, by: SOURCES) { nodes { shared entry { title } } }",
    "linkComponents(members: 4) { totalCount nodes { size members { title } } }",
    "linkCommunities { totalCount nodes { size keyTerms } }",
    "linkMatrix(by: TYPE) { totalCount cells { sourceType targetType edges pairs } }",
    """categories: linkMatrix(by: CATEGORY) {
  cells { sourceCategory { name } targetCategory { name } edges }
}""",
    "linkOrphans { totalCount nodes { clickDepth entry { title } } }",
    "linkDeadEnds { totalCount nodes { clickDepth entry { title } } }",
    "linkTooDeep(depth: 1) { totalCount nodes { clickDepth entry { title } } }",
    "linkCycles { totalCount nodes { size length isShortest cycle { title } } }",
    "linkHubs { totalCount nodes { cutOff parts entry { title } } }",
)
# So many of them can be in one request.
TOGETHER = 5


def to(*entry_ids: str) -> list[dict[str, str]]:
    return [{"href": each} for each in entry_ids]


async def web(newsroom: Newsroom) -> dict[str, str]:
    """Publish the pages, and a menu; return the id of each page by its title."""
    topic = await newsroom.category("Topic")
    first = {
        title: await newsroom.draft(
            title=title, slug=title.lower(), category=topic if title in "AB" else None
        )
        for title in LINKS
    }
    ids = {title: await newsroom.entry_id(draft) for title, draft in first.items()}
    heads = [
        await newsroom.update(first[title], related=to(*(ids[each] for each in targets)))
        for title, targets in LINKS.items()
    ]
    await newsroom.publish(*heads)
    menu = [{"heading": "Menu", "links": to(ids["A"])}]
    await newsroom.published("Settings", title="Settings", brand="Brand", menu=menu)
    return ids


@pytest.fixture
def ids(content: dict[str, str]) -> dict[str, str]:
    """The id of each page by its title."""
    return content


WEB = begins_with(web)


async def ask(api: Api, ids: dict[str, str], view: str = "", visitor: Visitor | None = None) -> Any:
    data: dict[str, Any] = {}
    for questions in batched(QUESTIONS, TOGETHER):
        named = re.sub(r"\b[A-G]\b", lambda title: f'"{ids[title[0]]}"', " ".join(questions))
        data |= await api.seen_by(visitor or Visitor(), f"query {view} {{ {named} }}")
    return data


def batched(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def titled(*pages: tuple[str, int | None]) -> list[dict[str, Any]]:
    return [{"clickDepth": depth, "entry": {"title": title}} for title, depth in pages]


@WEB
async def test_every_question_has_its_answer(api: Api, ids: dict[str, str]) -> None:
    found = await ask(api, ids)
    assert found["linkNeighborhood"] == {
        "isCutOff": False,
        "nodes": [
            {"distance": distance, "entry": {"title": title}}
            for title, distance in (("A", 0), ("B", 1), ("C", 1), ("D", 2))
        ],
        "edges": [{"count": 1, "kind": "RELATED", "layer": "CONTENT"}] * 5,
    }
    assert found["linkPaths"] == {
        "isCutOff": False,
        "paths": [
            {
                "length": len(titles) - 1,
                "entries": [{"title": title} for title in titles],
                "edges": [{"count": 1, "kind": "RELATED"}] * (len(titles) - 1),
            }
            for titles in ("AC", "ABC")
        ],
    }
    assert found["linkCommonTargets"] == {"totalCount": 1, "entries": [{"title": "C"}]}
    assert found["linkCommonSources"] == {
        "totalCount": 2,
        "entries": [{"title": "A"}, {"title": "B"}],
    }
    assert found["linkSimilar"] == {
        "totalCount": 1,
        "nodes": [
            {"shared": 1, "similarity": pytest.approx(1 / 3), "entry": {"title": "B"}},
        ],
    }
    assert found["coCited"] == {"nodes": [{"shared": 1, "entry": {"title": "C"}}]}
    assert found["linkMatrix"] == {
        "totalCount": 1,
        "cells": [{"sourceType": "Article", "targetType": "Article", "edges": 6, "pairs": 6}],
    }
    topic = {"name": "Topic"}
    assert found["categories"]["cells"] == [
        {"sourceCategory": topic, "targetCategory": None, "edges": 3},
        {"sourceCategory": None, "targetCategory": None, "edges": 1},
        {"sourceCategory": None, "targetCategory": topic, "edges": 1},
        {"sourceCategory": topic, "targetCategory": topic, "edges": 1},
    ]


@WEB
async def test_every_question_about_the_whole_graph_has_its_answer(
    api: Api, ids: dict[str, str]
) -> None:
    found = await ask(api, ids)
    components = found["linkComponents"]
    assert components["totalCount"] == 3
    assert [each["size"] for each in components["nodes"]] == [4, 2, 1]
    assert [each["title"] for each in components["nodes"][0]["members"]] == ["C", "A", "B", "D"]
    communities = found["linkCommunities"]
    assert communities["totalCount"] == len(communities["nodes"])
    assert sum(each["size"] for each in communities["nodes"]) == len(LINKS)
    assert found["linkOrphans"] == {"totalCount": 2, "nodes": titled(("E", None), ("F", None))}
    assert found["linkDeadEnds"] == {
        "totalCount": 3,
        "nodes": titled(("D", 2), ("E", None), ("G", None)),
    }
    assert found["linkTooDeep"] == {
        "totalCount": 4,
        "nodes": titled(("D", 2), ("E", None), ("F", None), ("G", None)),
    }
    assert found["linkCycles"] == {
        "totalCount": 1,
        "nodes": [
            {
                "size": 3,
                "length": 2,
                "isShortest": True,
                "cycle": [{"title": "A"}, {"title": "C"}],
            }
        ],
    }
    assert found["linkHubs"] == {
        "totalCount": 1,
        "nodes": [{"cutOff": 1, "parts": 2, "entry": {"title": "B"}}],
    }


@WEB
async def test_key_terms_are_found_beside_the_event_loop(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def terms(groups: Sequence[Sequence[str]], most: int) -> Sequence[Sequence[str]]:
        threads.append(threading.current_thread())
        return key_terms(groups, most)

    monkeypatch.setattr(clusters, "key_terms", terms)
    await api.data("{ linkComponents { totalCount } }")
    assert threads
    assert threading.main_thread() not in threads


@WEB
async def test_no_answer_has_anything_of_a_draft(api: Api, ids: dict[str, str]) -> None:
    before = await ask(api, ids)
    draft = await api.newsroom.draft(title="New", slug="new", related=to(*ids.values()))
    new = await api.newsroom.entry_id(draft)
    await api.newsroom.draft(title="Newer", slug="newer", related=to(new))
    assert await ask(api, ids) == before
    in_drafts = await ask(api, ids, "@view(perspective: DRAFT)", EDITOR)
    assert in_drafts["linkOrphans"]["nodes"] == titled(("Newer", None))
    hidden = await api.data("query($id: ID!) { linkNeighborhood(of: $id) { isCutOff } }", id=new)
    assert hidden == {"linkNeighborhood": None}


@WEB
async def test_every_answer_is_the_same_for_a_position_of_the_past(
    api: Api, ids: dict[str, str]
) -> None:
    before, newest = await ask(api, ids), await position(api)
    new = await api.newsroom.published(title="New", slug="new", related=to(*ids.values()))
    assert await ask(api, ids) != before
    assert await ask(api, ids, f'@view(position: "{newest}")') == before
    await api.newsroom.unpublish(new)
    assert await ask(api, ids) == before


async def position(api: Api) -> str:
    data = await api.data("{ linkHubs { position } }")
    found = data["linkHubs"]["position"]
    assert isinstance(found, str)
    return found


@WEB
async def test_every_answer_says_its_position(api: Api, ids: dict[str, str]) -> None:
    fields = (
        *("linkNeighborhood(of: $a)", "linkPaths(from: $a, to: $a)", "linkSimilar(of: $a)"),
        *("linkCommonTargets(ids: [$a])", "linkCommonSources(ids: [$a])", "linkMatrix(by: TYPE)"),
        *("linkComponents", "linkCommunities", "linkOrphans", "linkDeadEnds"),
        *("linkTooDeep(depth: 1)", "linkCycles", "linkHubs"),
    )
    for field in fields:
        query = f"query($a: ID!) {{ found: {field} {{ position }} entry(by: {{id: $a}}) {{ id }} }}"
        data = await api.data(query, a=ids["A"])
        assert data["found"] == {"position": await position(api)}


@WEB
async def test_a_preview_is_part_of_the_graph(api: Api, ids: dict[str, str]) -> None:
    draft = await api.newsroom.draft(title="New", slug="new", related=to(ids["E"]))
    visitor = Visitor(preview=draft.id, is_anonymous=False)
    found = await ask(api, ids, visitor=visitor)
    assert found["linkOrphans"]["nodes"] == titled(("F", None), ("New", None))


@WEB
async def test_faults_are_read_page_by_page(api: Api) -> None:
    query = """query($after: String) { linkTooDeep(depth: 0, first: 2, after: $after) {
      totalCount nodes { cursor entry { title } }
    } }"""
    titles: list[str] = []
    after = None
    while True:
        found = (await api.data(query, after=after))["linkTooDeep"]
        assert found["totalCount"] == 6
        if not found["nodes"]:
            break
        titles += [each["entry"]["title"] for each in found["nodes"]]
        after = found["nodes"][-1]["cursor"]
    assert titles == ["B", "C", "D", "E", "F", "G"]


@pytest.mark.parametrize(
    "field",
    [
        "linkNeighborhood(of: $id, depth: 6) { isCutOff }",
        "linkNeighborhood(of: $id, depth: -1) { isCutOff }",
        "linkNeighborhood(of: $id, first: 501) { isCutOff }",
        "linkNeighborhood(of: $id, first: 0) { isCutOff }",
        "linkPaths(from: $id, to: $id, first: 21) { isCutOff }",
        "linkCommonTargets(ids: []) { totalCount }",
        f"linkCommonSources(ids: {[*range(21)]}) {{ totalCount }}",
        "linkSimilar(of: $id, first: 101) { totalCount }",
        "linkComponents(first: 21) { totalCount }",
        "linkCommunities(members: 26) { totalCount }",
        "linkMatrix(by: TYPE, first: 501) { totalCount }",
        "linkOrphans(first: 101) { totalCount }",
        'linkDeadEnds(after: "x") { totalCount }',
        "linkTooDeep(depth: -1) { totalCount }",
        "linkCycles(first: 21) { totalCount }",
        "linkHubs(first: 101) { totalCount }",
    ],
)
async def test_more_than_the_limit_is_refused(api: Api, field: str) -> None:
    page = await api.newsroom.published(title="A", slug="a")
    query = f"query($id: ID!) {{ {field} entry(by: {{id: $id}}) {{ id }} }}"
    response = await api.delivery.answer(GraphQLRequest(query, None, {"id": page.entry_id}))
    (error,) = orjson.loads(response.body)["errors"]
    assert error["extensions"] == {"code": "INVALID_VALUE"}


async def test_what_the_view_does_not_show_has_no_answer(api: Api) -> None:
    page: Publication = await api.newsroom.published(title="A", slug="a")
    draft = await api.newsroom.draft(title="B", slug="b")
    hidden = await api.newsroom.entry_id(draft)
    data = await api.data(
        """query($a: ID!, $b: ID!) {
          linkNeighborhood(of: $b) { isCutOff }
          linkPaths(from: $a, to: $b) { isCutOff }
          linkCommonTargets(ids: [$a, $b]) { totalCount }
          linkSimilar(of: $b) { totalCount }
        }""",
        a=page.entry_id,
        b=hidden,
    )
    assert set(data.values()) == {None}


@WEB
async def test_layers_bring_menus_and_categories(api: Api, ids: dict[str, str]) -> None:
    query = """query($a: ID!) { linkNeighborhood(
      of: $a, direction: BOTH, layers: [NAVIGATION, TAXONOMY]
    ) { nodes { entry { type title } } edges { layer kind } } }"""
    found = (await api.data(query, a=ids["A"]))["linkNeighborhood"]
    assert {each["entry"]["title"] for each in found["nodes"]} == {"A", "Settings", "Topic"}
    assert {(each["layer"], each["kind"]) for each in found["edges"]} == {
        ("NAVIGATION", "MENU"),
        ("TAXONOMY", None),
    }


async def test_what_is_selected_on_entries_of_an_answer_costs_for_as_many_as_there_can_be(
    api: Api,
) -> None:
    linked = "incomingLinks(first: 100) { nodes { source { title category { name } } } }"
    (error,) = await api.refused(
        f'{{ linkNeighborhood(of: "x") {{ nodes {{ entry {{ {linked} }} }} }} }}'
    )
    assert error.extensions["code"] == "LIMIT_EXCEEDED"
    assert await api.data('{ linkNeighborhood(of: "x") { nodes { entry { id title } } } }') == {
        "linkNeighborhood": None
    }


class Essay(ContentType, path="/articles/{slug}"):
    """Was once called an article."""

    body = Markdown(required=True)
    related = Links("Related reading")


# As a site is bound to its database.
Essay.stored_name = "Article"


async def test_a_matrix_has_the_declared_names_of_types(api: Api) -> None:
    first = await api.newsroom.published(title="A", slug="a")
    await api.newsroom.published(title="B", slug="b", related=to(first.entry_id))
    renamed = api_of(
        Site("Renamed", content_types=(Essay,), locales=SITE.locales, url=URLS), api.newsroom
    )
    cells = "cells { sourceType sourceTypeName targetTypeName edges }"
    data = await renamed.data(f"{{ linkMatrix(by: TYPE) {{ {cells} }} }}")
    assert data["linkMatrix"]["cells"] == [
        {"sourceType": "Essay", "sourceTypeName": "Essay", "targetTypeName": "Essay", "edges": 1}
    ]
