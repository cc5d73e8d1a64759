"""Exports of a site: what is in them, through every view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.authorization.actor import OPERATOR
from cms.clock import now
from cms.drafts.loading import look_at
from cms.errors import InvalidExport
from cms.links.asking import GraphReading
from cms.links.exporting import rows
from cms.links.exporting.exporting import export
from cms.links.exporting.formats import FORMATS
from cms.links.exporting.selection import (
    PastMoment,
    Selection,
    check_moment,
    read_moment,
    rows_of,
    view_at,
)
from cms.links.exporting.table import Part
from cms.links.graph import Layer
from cms.reading.positions import newest_position
from cms.reading.view import EVERYTHING, Perspective, View, view_of
from cms.storage.dialects import as_text
from cms.tables import Revision
from tests.builders import Newsroom
from tests.cms.links.exporting import reading_back
from tests.cms.links.exporting.reading_back import Graph
from tests.conftest import begins_with

ALL = tuple(Layer)


@dataclass
class Exports:
    """Makes exports of a newsroom's site."""

    newsroom: Newsroom

    async def data(
        self,
        name: str = "json",
        view: View | None = None,
        moment: PastMoment | None = None,
        part: Part | None = None,
        **selection: Any,
    ) -> bytes:
        """Return an export."""
        view = view_at(view or view_of(self.newsroom.site), moment)
        async with self.newsroom.desk.reading(OPERATOR) as reading:
            found = await rows_of(GraphReading(reading, view), Selection(**selection))
            return b"".join([each async for each in export(found, FORMATS[name], part)])

    async def graph(self, *args: Any, **kwargs: Any) -> Graph:
        """Return an export as it is read back."""
        return reading_back.read_json(await self.data("json", *args, **kwargs))

    async def edges(self, *args: Any, **kwargs: Any) -> list[tuple[str, ...]]:
        """Return the titles of the ends of each edge, with its kind and its status."""
        nodes, edges = await self.graph(*args, **kwargs)
        title = {entry_id: str(node["title"]) for entry_id, node in nodes.items()}
        more = ("kind", "label", "layer", "status")
        return sorted(
            (title[edge["source"]], title[edge["target"]], *(edge[n] for n in more if n in edge))
            for edge in edges
        )

    async def titles(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return the titles of the nodes."""
        nodes, _ = await self.graph(*args, **kwargs)
        return sorted(str(node["title"]) for node in nodes.values())


@pytest.fixture
def exports(newsroom: Newsroom) -> Exports:
    """What makes exports of the newsroom."""
    return Exports(newsroom)


async def small_site(newsroom: Newsroom) -> dict[str, str]:
    """Publish pages that link each other, with a menu, a category and a draft; return their ids."""
    topic = await newsroom.category("Topic")
    one = await newsroom.published(title="One", slug="one", category=topic)
    body = "See [one](/articles/one), [again](/articles/one#top) and <https://example.org>."
    two = await newsroom.published(
        title="Two", slug="two", body=body.replace("#top", ""), related=[{"href": one.entry_id}]
    )
    related = [{"href": one.entry_id, "label": "=1+1"}, {"href": two.entry_id}]
    three = await newsroom.published("Note", title="Three", text="t", related=related)
    menu = [{"heading": "Menu", "links": [{"href": two.entry_id}]}]
    await newsroom.published("Settings", title="Settings", brand="B", menu=menu)
    draft = await newsroom.draft(title="Secret", slug="secret", related=[{"href": one.entry_id}])
    return {
        **{each.title: each.entry_id for each in (one, two, three)},
        "Secret": await newsroom.entry_id(draft),
    }


@pytest.fixture
def ids(content: dict[str, str]) -> dict[str, str]:
    """The ids of the pages of the small site by their titles."""
    return content


SMALL_SITE = begins_with(small_site)
EDGES = [
    ("Three", "One", "related", "=1+1", "content"),
    ("Three", "Two", "related", "content"),
    ("Two", "One", "inline", "again", "content"),
    ("Two", "One", "inline", "one", "content"),
    ("Two", "One", "related", "content"),
]
MENU = ("Settings", "Two", "menu", "navigation")
SECRET = ("Secret", "One", "related", "content")


@SMALL_SITE
async def test_an_export_has_the_pages_and_the_links_between_them(
    exports: Exports, ids: dict[str, str]
) -> None:
    nodes, _ = await exports.graph()
    assert {**nodes[ids["Two"]], "page_rank": None, "community": None} == {
        "type": "Article",
        "title": "Two",
        "path": "/articles/two",
        "in_degree": 1,
        "in_pages": 1,
        "out_degree": 3,
        "out_pages": 1,
        "page_rank": None,
        "click_depth": 0,
        "component": min(ids["One"], ids["Two"], ids["Three"]),
        "community": None,
        "orphan": False,
        "dead_end": False,
    }
    assert nodes[ids["One"]]["category"] == "topic"
    assert "category" not in nodes[ids["Two"]]
    assert (nodes[ids["Three"]]["orphan"], nodes[ids["One"]]["dead_end"]) == (True, True)
    assert "click_depth" not in nodes[ids["Three"]]
    assert await exports.edges() == EDGES


@SMALL_SITE
async def test_layers_and_kinds_choose_the_edges(exports: Exports) -> None:
    assert await exports.edges(layers=[Layer.NAVIGATION]) == [MENU]
    assert await exports.edges(kinds=["related"]) == [each for each in EDGES if "related" in each]
    assert await exports.edges(kinds=[]) == []
    everything = await exports.edges(layers=ALL)
    assert [each for each in everything if each[-1] != "taxonomy"] == sorted([*EDGES, MENU])
    assert [each for each in everything if each[-1] == "taxonomy"] == [("One", "Topic", "taxonomy")]
    assert await exports.titles(layers=ALL) == ["One", "Settings", "Three", "Topic", "Two"]


@SMALL_SITE
@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_has_the_same_graph(exports: Exports, name: str, tmp_path: Path) -> None:
    data = await exports.data(name, layers=ALL)
    wanted = await exports.graph(layers=ALL)
    if name == "csv":
        read = reading_back.read_csv(data, tmp_path)
        assert texts_of(read) == texts_of(wanted, formula="'")
    elif name == "parquet":
        assert reading_back.read_parquet(data, tmp_path) == wanted
    else:
        read = getattr(reading_back, f"read_{name}")(data)
        assert read == wanted if name != "dot" else texts_of(read) == texts_of(wanted)


def texts_of(graph: Graph, formula: str = "") -> Any:
    """Return a graph whose values are texts, with what stands before a formula."""

    def text(value: Any) -> str:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return f"{formula}{shown}" if shown.startswith("=") else shown

    nodes, edges = graph
    by_id = {key: {n: text(each) for n, each in node.items()} for key, node in nodes.items()}
    return by_id, reading_back.sorted_edges(
        {n: text(each) for n, each in edge.items()} for edge in edges
    )


@SMALL_SITE
@pytest.mark.parametrize("name", FORMATS)
async def test_nothing_of_a_draft_is_in_an_export(
    exports: Exports, name: str, ids: dict[str, str]
) -> None:
    before = await exports.data(name, layers=ALL)
    head = await exports.newsroom.draft(title="Hidden", slug="hidden")
    await exports.newsroom.update(head, title="Hidden again")
    assert await exports.data(name, layers=ALL) == before
    text = reading_back.text_in(before)
    assert ids["One"] in text
    assert not [each for each in ("Secret", "secret", ids["Secret"], "Hidden") if each in text]


@SMALL_SITE
async def test_drafts_are_in_the_export_of_those_who_may_read_them(exports: Exports) -> None:
    view = replace(view_of(exports.newsroom.site), perspective=Perspective.DRAFT, scopes=EVERYTHING)
    assert await exports.edges(view) == sorted([*EDGES, SECRET])
    nothing = replace(view, scopes=())
    assert await exports.edges(nothing) == []


@SMALL_SITE
async def test_an_export_of_the_past_is_what_it_was_then(
    exports: Exports, ids: dict[str, str]
) -> None:
    newsroom = exports.newsroom
    moment = PastMoment(now())
    before = await exports.graph(layers=ALL)
    nodes = len(before[0])
    position = PastMoment(await newest(newsroom))
    four = await newsroom.published(title="Four", slug="four", related=[{"href": ids["One"]}])
    assert len((await exports.graph(layers=ALL))[0]) == nodes + 1
    assert await exports.graph(moment=position, layers=ALL) == before
    assert await exports.graph(moment=moment, layers=ALL) == before
    await newsroom.unpublish(four)
    assert await exports.graph(layers=ALL) == before


async def newest(newsroom: Newsroom) -> int:
    async with newsroom.database.reading() as session:
        return int(await session.scalar(select(newest_position())) or 0)


@SMALL_SITE
async def test_the_changes_between_two_moments_have_a_status(
    exports: Exports, ids: dict[str, str]
) -> None:
    newsroom = exports.newsroom
    begun = PastMoment(await newest(newsroom))
    four = await newsroom.published(
        title="Four", slug="four", related=[{"href": ids["One"]}, {"href": ids["Two"]}]
    )
    middle = PastMoment(await newest(newsroom))
    head = await head_of(newsroom, ids["Two"])
    changed = await newsroom.update(
        head, body="[one](/articles/one) and [four](/articles/four)", related=[]
    )
    await newsroom.publish(changed)
    assert await exports.edges(compared_to=begun) == sorted(
        [
            *((*edge, "kept") for edge in EDGES if edge[0] == "Three" or edge[3] == "one"),
            *((*edge, "removed") for edge in EDGES if edge[0] == "Two" and edge[3] != "one"),
            ("Four", "One", "related", "content", "added"),
            ("Four", "Two", "related", "content", "added"),
            ("Two", "Four", "inline", "four", "content", "added"),
        ]
    )
    nodes, _ = await exports.graph(compared_to=begun)
    assert {node["title"]: node["status"] for node in nodes.values()} == {
        **dict.fromkeys(("One", "Two", "Three"), "kept"),
        "Four": "added",
    }
    # The other way round: what was added is removed.
    back = await newsroom.update(changed, body="x")
    await newsroom.publish(back)
    await newsroom.unpublish(four)
    nodes, edges = await exports.graph(compared_to=middle)
    assert nodes[four.entry_id]["status"] == "removed"
    assert {e["status"] for e in edges if e["source"] == four.entry_id} == {"removed"}
    read = reading_back.read_gexf(await exports.data("gexf", compared_to=middle))
    assert read[0][four.entry_id]["start"] == read[0][four.entry_id]["end"] == middle.at


async def head_of(newsroom: Newsroom, entry_id: str) -> Revision:
    async with newsroom.as_(newsroom.author) as work:
        return (await look_at(work, entry_id, None)).head


@SMALL_SITE
async def test_two_times_are_a_dynamic_graph_of_times(exports: Exports) -> None:
    long_ago = read_moment("2001-01-01")
    nodes, edges = reading_back.read_gexf(await exports.data("gexf", compared_to=long_ago))
    assert {each["status"] for each in (*nodes.values(), *edges)} == {"added"}
    assert all(each["start"] == each["end"] > "2020" for each in nodes.values())


@SMALL_SITE
async def test_more_nodes_than_are_read_at_once(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await exports.graph(layers=ALL)
    for size in (1, 2):
        monkeypatch.setattr(rows, "NODES_AT_ONCE", size)
        assert await exports.graph(layers=ALL) == wanted


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", PastMoment(datetime(2026, 3, 1, tzinfo=UTC))),
        ("2026-03-01T01:00:00+01:00", PastMoment(datetime(2026, 3, 1, tzinfo=UTC))),
        ("22", PastMoment(22)),
        ("22.9f3c0b1d2e4a5566", PastMoment(22, "9f3c0b1d2e4a5566")),
        ("0", PastMoment(0)),
    ],
)
def test_moments_are_times_days_and_positions(text: str, moment: PastMoment) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-03-01T00:00:00", "-1", "1" * 40, "22.x", "٣"]
)
def test_other_texts_are_no_moments(text: str) -> None:
    with pytest.raises(InvalidExport, match="is no moment; write a time such as"):
        read_moment(text)


async def test_a_position_has_to_be_one_of_the_site(exports: Exports) -> None:
    newsroom = exports.newsroom
    await newsroom.published(title="One", slug="one")
    last = await newest(newsroom)
    async with newsroom.desk.reading(OPERATOR) as reading:
        asking = GraphReading(reading, view_of(newsroom.site))
        await check_moment(asking, PastMoment(last))
        await check_moment(asking, read_moment("2001-01-01"))
        for moment in (PastMoment(last + 1), PastMoment(last, "0" * 16)):
            with pytest.raises(InvalidExport, match="the site has no position"):
                await check_moment(asking, moment)


async def test_changes_of_drafts_are_refused(exports: Exports) -> None:
    view = replace(view_of(exports.newsroom.site), perspective=Perspective.DRAFT)
    with pytest.raises(InvalidExport, match="drafts have no past"):
        await exports.data(view=view, compared_to=PastMoment(0))


async def test_an_edge_is_public_since_the_first_publication_without_a_break(
    exports: Exports,
) -> None:
    newsroom = exports.newsroom
    one = await newsroom.published(title="One", slug="one")
    two = await newsroom.published(title="Two", slug="two")
    to_one, to_both = [{"href": one.entry_id}], [{"href": p.entry_id} for p in (one, two)]
    head = await newsroom.draft(title="Page", slug="page", related=to_one)
    moments: list[str] = []
    for related in (to_one, to_both, to_both):
        (public,) = await newsroom.publish(head)
        moments.append(as_text(public.published_at))
        head = await newsroom.update(head, title=f"Page {len(moments)}", related=related)

    async def since(**options: Any) -> dict[str, str | None]:
        _, edges = await exports.graph(**options)
        names = {one.entry_id: "one", two.entry_id: "two"}
        return {names[edge["target"]]: edge.get("since") for edge in edges}

    assert await since() == {"one": moments[0], "two": moments[2]}
    middle = PastMoment(await newest(newsroom) - 1)
    assert await since(moment=middle) == {"one": moments[0]}
    view = replace(view_of(newsroom.site), perspective=Perspective.DRAFT, scopes=EVERYTHING)
    assert await since(view=view) == {"one": None, "two": None}
    # After a break it begins anew.
    await newsroom.unpublish(public)
    (again,) = await newsroom.publish(head)
    assert await since() == dict.fromkeys(("one", "two"), as_text(again.published_at))
