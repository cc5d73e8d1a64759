"""Metrics of pages: shown, filtered by and ordered by, as the last run has them."""

from __future__ import annotations

from typing import Any

import pytest

from cms.links.refreshing import refresh_metrics
from cms.reading.view import EVERYTHING
from cms.tables import Publication, Revision
from cms.work.work import Work
from graphql_api.delivery import Visitor
from tests.builders import Newsroom
from tests.conftest import begins_with
from tests.graphql_api.conftest import Api
from tests.sites import SITE

EDITOR = Visitor(scopes=EVERYTHING)
METRICS = """linkMetrics {
  inDegree inPages outDegree outPages pageRank clickDepth component community isOrphan isDeadEnd
  position behind
}"""


def to(*publications: Publication) -> list[dict[str, str]]:
    return [{"href": each.entry_id} for each in publications]


async def refresh(api: Api) -> None:
    await refresh_metrics(api.newsroom.database, SITE)


async def four_pages(newsroom: Newsroom) -> list[Publication]:
    """Publish four pages: B links A twice, C links A and B, D nothing, and a menu links A."""
    a = await newsroom.published(title="A", slug="a")
    b = await newsroom.published(title="B", slug="b", related=to(a, a))
    c = await newsroom.published("Note", title="C", slug="c", text="C", related=to(a, b))
    d = await newsroom.published(title="D", slug="d")
    menu = [{"heading": "Menu", "links": to(a)}]
    await newsroom.published("Settings", title="Settings", brand="Site", menu=menu)
    return [a, b, c, d]


async def measured_pages(newsroom: Newsroom) -> list[Publication]:
    """Publish the four pages, and compute their metrics."""
    published = await four_pages(newsroom)
    await refresh_metrics(newsroom.database, SITE)
    return published


@pytest.fixture
def pages(content: list[Publication]) -> list[Publication]:
    """The four pages."""
    return content


PAGES = begins_with(four_pages)
MEASURED = begins_with(measured_pages)


async def titles(api: Api, arguments: str, field: str = "entries") -> list[str]:
    data = await api.data(f"{{ {field}({arguments}) {{ nodes {{ title }} }} }}")
    return [each["title"] for each in data[field]["nodes"]]


@PAGES
async def test_an_entry_has_metrics_once_they_are_computed(
    api: Api, pages: list[Publication]
) -> None:
    query = f"query($id: ID!) {{ entry(by: {{id: $id}}) {{ {METRICS} }} }}"
    a, b, *_ = pages
    assert await api.data(query, id=a.entry_id) == {"entry": {"linkMetrics": None}}
    await refresh(api)
    found = (await api.data(query, id=b.entry_id))["entry"]["linkMetrics"]
    rank = found.pop("pageRank")
    assert found == {
        "inDegree": 1,
        "inPages": 1,
        "outDegree": 2,
        "outPages": 1,
        "clickDepth": None,
        "component": a.entry_id,
        "community": a.entry_id,
        "isOrphan": False,
        "isDeadEnd": False,
        "position": await api.at(5),
        "behind": 0,
    }
    found = (await api.data(query, id=a.entry_id))["entry"]["linkMetrics"]
    assert (found["inDegree"], found["inPages"], found["clickDepth"]) == (3, 2, 0)
    assert 0 < rank < found["pageRank"] < 1
    await api.newsroom.published(title="E", slug="e")
    found = (await api.data(query, id=a.entry_id))["entry"]["linkMetrics"]
    assert (found["position"], found["behind"]) == (await api.at(5), 1)


@PAGES
async def test_what_is_no_page_has_no_metrics(api: Api) -> None:
    await api.newsroom.category("Topic")
    await refresh(api)
    data = await api.data(
        "{ settings { linkMetrics { inDegree } } categories { nodes { linkMetrics { inDegree } } }"
        " people { nodes { linkMetrics { inDegree } } } }"
    )
    assert data["settings"] == {"linkMetrics": None}
    for field in ("categories", "people"):
        assert {each["linkMetrics"] for each in data[field]["nodes"]} == {None}


@MEASURED
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("inDegree: {lt: 2}", "BCD"),
        ("inDegree: {eq: 3}", "A"),
        ("inPages: {gte: 2}", "A"),
        ("outDegree: {gt: 0}, outPages: {eq: 1}", "B"),
        ("isOrphan: {eq: true}", "CD"),
        ("isOrphan: {eq: true}, isDeadEnd: {eq: true}", "D"),
        ("OR: [{isDeadEnd: {eq: true}}, {clickDepth: {eq: 0}}]", "AD"),
        ("NOT: {isOrphan: {eq: true}}", "AB"),
        ("clickDepth: {isNull: true}", "BCD"),
        ("clickDepth: {lte: 1}", "A"),
        ("pageRank: {gt: 0}", "ABCD"),
        ("isNull: false", "ABCD"),
    ],
)
async def test_lists_are_filtered_by_metrics(api: Api, where: str, expected: str) -> None:
    arguments = f"where: {{linkMetrics: {{{where}}}}}, orderBy: [title_ASC]"
    assert "".join(await titles(api, arguments)) == expected
    articles = expected.replace("C", "")
    assert "".join(await titles(api, arguments, "articles")) == articles
    data = await api.data(f"{{ entries({arguments}) {{ totalCount }} }}")
    assert data["entries"]["totalCount"] == len(expected)


@MEASURED
async def test_the_pages_of_a_community_are_found_by_its_name(
    api: Api, pages: list[Publication]
) -> None:
    a, *_ = pages
    for name in ("community", "component"):
        where = f'linkMetrics: {{{name}: {{eq: "{a.entry_id}"}}}}'
        assert await titles(api, f"where: {{{where}}}, orderBy: [title_ASC]") == ["A", "B", "C"]


@MEASURED
async def test_entries_without_metrics_are_found_as_such(api: Api) -> None:
    await api.newsroom.published(title="E", slug="e")
    where = "where: {linkMetrics: {isNull: true}}, orderBy: [title_ASC]"
    assert await titles(api, where) == ["E", "Settings"]
    where = "where: {linkMetrics: {isNull: false}}, orderBy: [title_ASC]"
    assert await titles(api, where) == ["A", "B", "C", "D"]


@MEASURED
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # What has no value comes last, the newest first.
        ("inDegree_DESC, title_ASC", "ABCD"),
        ("inDegree_ASC, title_ASC", "CDBA"),
        ("pageRank_DESC", "ABDC"),
        ("clickDepth_ASC", "ADCB"),
        ("clickDepth_DESC", "ADCB"),
    ],
)
async def test_lists_are_ordered_by_metrics(api: Api, order: str, expected: str) -> None:
    if order == "pageRank_DESC":  # C and D have the same
        found = await titles(api, f"orderBy: [{order}]")
        assert "".join(found[:2]) == "AB"
        assert {*found[2:4]} == {*"CD"}
    else:
        shown = [each for each in await titles(api, f"orderBy: [{order}]") if len(each) == 1]
        assert "".join(shown) == expected


@MEASURED
@pytest.mark.parametrize(
    "order", ["inDegree_DESC", "inDegree_ASC", "pageRank_DESC", "clickDepth_ASC"]
)
@pytest.mark.parametrize("field", ["entries", "articles"])
async def test_pages_in_an_order_of_metrics_are_parts_of_one_list(
    api: Api, order: str, field: str
) -> None:
    for number in range(3):  # without metrics yet
        await api.newsroom.published(title=f"N{number}", slug=f"n{number}")
    whole = await titles(api, f"orderBy: [{order}]", field)
    for direction, cursor, edge in (
        ("first", "after", "endCursor"),
        ("last", "before", "startCursor"),
    ):
        found: list[str] = []
        end = ""
        while True:
            at = f', {cursor}: "{end}"' if end else ""
            data = (
                await api.data(
                    f"{{ {field}(orderBy: [{order}], {direction}: 2{at}) {{ nodes {{ title }}"
                    " pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }"
                )
            )[field]
            part = [each["title"] for each in data["nodes"]]
            found = [*found, *part] if direction == "first" else [*part, *found]
            end = data["pageInfo"][edge]
            more = "hasNextPage" if direction == "first" else "hasPreviousPage"
            if not data["pageInfo"][more]:
                break
        assert found == whole


@PAGES
async def test_nothing_of_a_draft_is_in_any_metric(api: Api, pages: list[Publication]) -> None:
    a, b, c, d = pages
    before = await shown(api)
    await api.newsroom.draft(title="Draft", slug="draft", related=to(a, b, c, d))
    await api.newsroom.update(await api.newsroom.do(api.newsroom.author, head_of, d), related=to(a))
    assert await shown(api) == before


async def shown(api: Api) -> Any:
    """Return the metrics of all pages, computed for another position than before."""
    other = await api.newsroom.published("Snippet", title="Other", text="Other")
    await refresh(api)
    await api.newsroom.unpublish(other)
    await refresh(api)
    query = f"{{ entries(orderBy: [title_ASC]) {{ nodes {{ title {METRICS} }} }} }}"
    nodes = (await api.data(query))["entries"]["nodes"]
    for each in nodes:
        if each["linkMetrics"] is not None:
            del each["linkMetrics"]["position"]
    return nodes


@PAGES
async def test_a_view_has_the_metrics_of_a_set_of_links(api: Api, pages: list[Publication]) -> None:
    a, *_ = pages
    await api.newsroom.published(title="E", slug="e", body="[A](/articles/a) [A](/articles/a)")
    graph = "linkGraph { edges } linkComponents { totalCount }"
    before = await api.data(f"{{ view(linkSet: LISTED) {{ {graph} }} }}")
    await refresh(api)
    query = f"""query($id: ID!, $links: LinkSet) {{
      view(linkSet: $links) {{
        entry(by: {{id: $id}}) {{ linkMetrics {{ inDegree }} }}
        unlinking: entries(
          where: {{linkMetrics: {{isDeadEnd: {{eq: true}}}}}}, orderBy: [title_ASC]
        ) {{ nodes {{ title }} }}
        articles(orderBy: [inDegree_DESC, title_ASC]) {{ nodes {{ title }} }}
        {graph}
      }}
    }}"""
    for links, degree, unlinking, edges, parts in (
        ("ALL", 5, "AD", 6, 2),
        ("LISTED", 3, "ADE", 4, 3),
    ):
        found = (await api.data(query, id=a.entry_id, links=links))["view"]
        assert found["entry"] == {"linkMetrics": {"inDegree": degree}}
        assert "".join(each["title"] for each in found["unlinking"]["nodes"]) == unlinking
        assert [each["title"] for each in found["articles"]["nodes"]] == [*"ABDE"]
        assert found["linkGraph"] == {"edges": edges}
        assert found["linkComponents"] == {"totalCount": parts}
    assert before["view"] == {"linkGraph": {"edges": 4}, "linkComponents": {"totalCount": 3}}


@PAGES
async def test_views_within_a_view_keep_its_set_of_links(
    api: Api, pages: list[Publication]
) -> None:
    await api.newsroom.published(title="E", slug="e", body="[A](/articles/a)")
    await refresh(api)
    query = """query($id: ID!) @view(linkSet: LISTED) {
      entry(by: {id: $id}) { linkMetrics { inDegree } }
      same: view(locale: EN) { entry(by: {id: $id}) { linkMetrics { inDegree } } }
      all: view(linkSet: ALL) { entry(by: {id: $id}) { linkMetrics { inDegree } } }
      some: linkGraph(kinds: [INLINE]) { edges }
    }"""
    found = await api.data(query, id=pages[0].entry_id)
    assert found["entry"]["linkMetrics"] == {"inDegree": 3}
    assert found["same"]["entry"]["linkMetrics"] == {"inDegree": 3}
    assert found["all"]["entry"]["linkMetrics"] == {"inDegree": 4}
    assert found["some"] == {"edges": 1}


@MEASURED
@pytest.mark.parametrize("view", ["perspective: DRAFT", "position: $at"])
async def test_other_views_have_no_metrics(api: Api, pages: list[Publication], view: str) -> None:
    at = await api.at(5)
    query = f"""query($at: SitePosition) {{ view({view}) {{
      entries(orderBy: [pageRank_DESC]) {{ nodes {{ linkMetrics {{ inDegree }} }} }}
      some: entries(where: {{linkMetrics: {{inDegree: {{gte: 0}}}}}}) {{ nodes {{ id }} }}
    }} unused: entries {{ totalCount }} a: view(position: $at) {{ entries {{ totalCount }} }} }}"""
    found = (await api.seen_by(EDITOR, query, at=at))["view"]
    assert {each["linkMetrics"] for each in found["entries"]["nodes"]} == {None}
    assert len(found["entries"]["nodes"]) >= len(pages)
    assert found["some"]["nodes"] == []


@MEASURED
async def test_what_is_unpublished_is_not_shown(api: Api, pages: list[Publication]) -> None:
    await api.newsroom.unpublish(pages[3])
    assert await titles(api, "where: {linkMetrics: {isOrphan: {eq: true}}}") == ["C"]
    assert "D" not in await titles(api, "orderBy: [inDegree_ASC]")


@PAGES
async def test_translations_have_the_metrics_of_their_own_edition_alone(
    api: Api, pages: list[Publication]
) -> None:
    head = await api.newsroom.do(api.newsroom.author, head_of, pages[0])
    german = await api.newsroom.translate(head, "de", title="Ä", slug="ae")
    await api.newsroom.publish(german, locale="de")
    await refresh(api)
    query = """{ entries(where: {title: {eq: "A"}}) { nodes {
      linkMetrics { inDegree } translations { title linkMetrics { inDegree } }
    } } view(locale: DE) { entries { nodes { title linkMetrics { inDegree } } } } }"""
    data = await api.data(query)
    (node,) = data["entries"]["nodes"]
    assert node["linkMetrics"] == {"inDegree": 3}
    assert [each["linkMetrics"] for each in node["translations"] if each["title"] == "Ä"] == [None]
    assert data["view"]["entries"]["nodes"] == [{"title": "Ä", "linkMetrics": {"inDegree": 0}}]


async def head_of(work: Work, publication: Publication) -> Revision:
    """Return the newest revision of a page."""
    return await work.session.get_one(Revision, publication.revision_id)
