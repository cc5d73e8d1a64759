"""What-ifs of the link graph, asked by editors."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema

from cms.links import asking
from cms.links.communities import communities_of
from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.graphql_api.conftest import Desk

WHAT_IF = """query(
  $publish: [ID!], $unpublish: [ID!], $addLinks: [AssumedLinkInput!], $first: Int
) {
  linkWhatIf(publish: $publish, unpublish: $unpublish, addLinks: $addLinks, first: $first) {
    position
    graphBefore { nodes edges orphans position }
    graphAfter { nodes edges orphans position }
    changedPageCount
    changedPages {
      entry { title }
      placeBefore { inDegree clickDepth isOrphan }
      placeAfter { inDegree clickDepth isOrphan }
    }
    brokenLinkCount
    brokenLinks { source { title } targetId kind kindName }
    orphansMade { totalCount entries { title } }
    orphansCured { totalCount entries { title } }
    pagesCutOff { totalCount entries { title } }
  }
}"""


def to(*entry_ids: str) -> list[dict[str, str]]:
    return [{"href": each} for each in entry_ids]


def state(in_degree: int, depth: int | None, *, is_orphan: bool = False) -> dict[str, Any]:
    return {"inDegree": in_degree, "clickDepth": depth, "isOrphan": is_orphan}


async def menu_and_pages(newsroom: Newsroom) -> list[str]:
    """Publish a menu that leads to A, which links to B, which links to C; return their ids."""
    ids = list[str]()
    for title in "CBA":
        page = await newsroom.published(title=title, slug=title.lower(), related=to(*ids[:1]))
        ids.insert(0, page.entry_id)
    menu = [{"heading": "Menu", "links": to(ids[0])}]
    await newsroom.published("Settings", title="Settings", brand="Brand", menu=menu)
    return ids


@begins_with(menu_and_pages)
async def test_a_draft_changes_the_place_of_other_pages(desk: Desk, content: list[str]) -> None:
    _, _, third = content
    draft = await desk.newsroom.draft(title="New", slug="new", related=to(third, third))
    entry_id = await desk.newsroom.entry_id(draft)
    for chosen in (draft.id, entry_id):
        data = await desk.data(desk.newsroom.publisher, WHAT_IF, publish=[chosen])
        found = data["linkWhatIf"]
        position = found["position"]
        assert found["graphBefore"] == {"nodes": 3, "edges": 2, "orphans": 0, "position": position}
        assert found["graphAfter"] == {"nodes": 4, "edges": 4, "orphans": 1, "position": position}
        assert found["changedPages"] == [
            {"entry": {"title": "C"}, "placeBefore": state(1, 2), "placeAfter": state(3, 2)},
            {
                "entry": {"title": "New"},
                "placeBefore": None,
                "placeAfter": state(0, None, is_orphan=True),
            },
        ]
        assert found["orphansMade"] == {"totalCount": 1, "entries": [{"title": "New"}]}
    # Nothing was written.
    assert await desk.data(desk.newsroom.publisher, PUBLIC) == {"view": {"linkGraph": {"nodes": 3}}}


PUBLIC = "{ view(perspective: PUBLISHED) { linkGraph { nodes } } }"


@begins_with(menu_and_pages)
async def test_unpublishing_breaks_links_and_cuts_pages_off(desk: Desk, content: list[str]) -> None:
    _, second, _ = content
    data = await desk.data(desk.newsroom.publisher, WHAT_IF, unpublish=[second])
    found = data["linkWhatIf"]
    assert found["brokenLinks"] == [
        {"source": {"title": "A"}, "targetId": second, "kind": "RELATED", "kindName": "related"}
    ]
    assert found["orphansMade"] == {"totalCount": 1, "entries": [{"title": "C"}]}
    assert found["pagesCutOff"] == {"totalCount": 1, "entries": [{"title": "C"}]}
    assert found["changedPageCount"] == 2
    assert [each["placeAfter"] for each in found["changedPages"]] == [
        state(0, None, is_orphan=True),
        None,
    ]


@begins_with(menu_and_pages)
async def test_added_links_shorten_paths(desk: Desk, content: list[str]) -> None:
    first, second, third = content
    added = [
        {"source": first, "target": third, "kind": "RELATED"},
        {"source": third, "target": second, "kind": "SOURCE"},
    ]
    data = await desk.data(desk.newsroom.publisher, WHAT_IF, addLinks=added, first=1)
    found = data["linkWhatIf"]
    assert found["changedPageCount"] == 2
    assert found["changedPages"] == [
        {"entry": {"title": "C"}, "placeBefore": state(1, 2), "placeAfter": state(2, 1)}
    ]
    assert found["pagesCutOff"] == {"totalCount": 0, "entries": []}


@begins_with(menu_and_pages)
async def test_an_orphan_is_cured(desk: Desk, content: list[str]) -> None:
    first, *_ = content
    alone = await desk.newsroom.published(title="Alone", slug="alone")
    added = [{"source": first, "target": alone.entry_id, "kind": "RELATED"}]
    data = await desk.data(desk.newsroom.publisher, WHAT_IF, addLinks=added)
    assert data["linkWhatIf"]["orphansCured"] == {"totalCount": 1, "entries": [{"title": "Alone"}]}


@begins_with(menu_and_pages)
async def test_layers_and_kinds_choose_the_links_that_count(desk: Desk, content: list[str]) -> None:
    first, _, third = content
    query = """query($links: [AssumedLinkInput!]) {
      linkWhatIf(addLinks: $links, kinds: [SOURCE]) { graphBefore { edges } graphAfter { edges } }
    }"""
    added = [
        {"source": first, "target": third, "kind": kind} for kind in ("RELATED", "SOURCE", "SOURCE")
    ]
    data = await desk.data(desk.newsroom.publisher, query, links=added)
    assert data == {"linkWhatIf": {"graphBefore": {"edges": 0}, "graphAfter": {"edges": 2}}}


@begins_with(menu_and_pages)
async def test_it_begins_with_the_present_and_has_limits(desk: Desk, content: list[str]) -> None:
    first, *_ = content
    publisher = desk.newsroom.publisher
    past = (
        '{ view(perspective: PUBLISHED, asOf: "2020-01-01T00:00:00Z") { linkWhatIf { position } } }'
    )
    assert await refused(desk, past) == ["INVALID_VALUE"]
    many: list[dict[str, Any]] = [
        {"publish": [first] * 101},
        {"unpublish": [first] * 101},
        {"addLinks": [{"source": first, "target": first, "kind": "RELATED"}] * 101},
        {"first": 101},
    ]
    for each in many:
        assert await refused(desk, WHAT_IF, **each) == ["INVALID_VALUE"]
    data = await desk.data(publisher, WHAT_IF)
    assert data["linkWhatIf"]["changedPageCount"] == 0


async def refused(desk: Desk, query: str, /, **variables: Any) -> list[str]:
    response = await desk.ask(desk.newsroom.publisher, query, **variables)
    return [each["extensions"]["code"] for each in response["errors"]]


def test_readers_have_no_what_ifs(schema: GraphQLSchema) -> None:
    assert schema.query_type is not None
    assert "linkWhatIf" not in schema.query_type.fields
    assert "LinkWhatIf" not in schema.type_map


@begins_with(menu_and_pages)
async def test_communities_of_what_is_public_are_found_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, content: list[str]
) -> None:
    ids, found = content, list[int]()

    def count(*graph: Any) -> Any:
        found.append(1)
        return communities_of(*graph)

    monkeypatch.setattr(asking, "communities_of", count)
    answers = [
        await desk.data(desk.newsroom.publisher, WHAT_IF, unpublish=[each]) for each in ids[:2]
    ]
    assert answers[0]["linkWhatIf"]["graphBefore"] == answers[1]["linkWhatIf"]["graphBefore"]
    assert found == [1]
