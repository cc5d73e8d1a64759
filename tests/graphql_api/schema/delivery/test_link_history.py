"""The history of the link graph as readers ask for it, with nothing of a draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cms.authorization.actor import OPERATOR
from cms.clock import now
from cms.purging.purging import purge_words
from cms.storage.dialects import as_text
from cms.tables import Publication, Revision
from tests.graphql_api.conftest import Api

DIFF = """query($from: LinkGraphMoment!, $to: LinkGraphMoment, $first: Int, $skip: Int) {
  linkGraphDiff(from: $from, to: $to, first: $first, skip: $skip) {
    position addedPages removedPages addedLinks removedLinks
    pageChanges { change changedPage { title path entry { id } } cause { kind position } }
    linkChanges {
      change count kind url layer sourcePage { title } targetPage { title entry { id } }
      cause { kind position }
    }
  }
}"""
PERIODS = """query($source: ID!, $to: LinkEnd!, $kinds: [LinkKind!]) {
  linkPeriods(source: $source, to: $to, kinds: $kinds) {
    position totalCount nodes { begun { kind position } ended { kind position } }
  }
}"""
MOVES = """query($from: LinkGraphMoment!) {
  linkMetricMoves(metric: IN_DEGREE, from: $from) {
    position nodes { entry { title } before after }
  }
}"""
SERIES = """query($of: ID, $metric: LinkSeriesMetric!, $from: DateTime!, $by: LinkSeriesStep!) {
  linkSeries(of: $of, metric: $metric, from: $from, by: $by) { points { begins metric } }
}"""


def to(*publications: Publication) -> list[dict[str, str]]:
    return [{"href": each.entry_id} for each in publications]


async def head_of(api: Api, page: Publication) -> Revision:
    """Return the public revision of a page."""
    async with api.newsroom.database.reading() as session:
        return await session.get_one(Revision, page.revision_id)


async def change(api: Api, page: Publication, **values: Any) -> Publication:
    """Publish another revision of a page."""
    update = await api.newsroom.update(await head_of(api, page), **values)
    (published,) = await api.newsroom.publish(update)
    return published


async def diff(api: Api, since: int, **variables: Any) -> Any:
    """Return the difference between a position and another one, or now."""
    moment = {"position": await api.at(since)}
    return (await api.data(DIFF, **{"from": moment, **variables}))["linkGraphDiff"]


async def test_a_difference_has_pages_and_links_with_their_causes(api: Api) -> None:
    one = await api.newsroom.published(title="One", slug="one")
    two = await api.newsroom.published(title="Two", slug="two", related=to(one))
    await api.newsroom.published(
        title="Three", slug="three", related=to(one, one), body="[x](https://x.example/)"
    )
    await change(api, two, title="Two, again", related=[])
    third, fourth = await api.at(3), await api.at(4)
    found = await diff(api, 2)
    assert found["position"] == fourth
    assert (found["addedPages"], found["removedPages"]) == (1, 0)
    assert (found["addedLinks"], found["removedLinks"]) == (3, 1)
    (page,) = found["pageChanges"]
    assert page["changedPage"]["path"] == "/articles/three"
    assert page["cause"] == {"kind": "SOURCE_PUBLISHED", "position": third}
    removed, *added = found["linkChanges"]
    assert removed == {
        "change": "REMOVED",
        "count": 1,
        "kind": "RELATED",
        "url": None,
        "layer": "CONTENT",
        "sourcePage": {"title": "Two"},
        "targetPage": {"title": "One", "entry": {"id": one.entry_id}},
        "cause": {"kind": "SOURCE_PUBLISHED", "position": fourth},
    }
    assert [(each["count"], each["url"]) for each in added] == [
        (2, None),
        (1, "https://x.example/"),
    ]
    assert {each["cause"]["position"] for each in added} == {third}
    assert (await diff(api, 2, first=1, skip=1))["linkChanges"] == added[:1]
    until = {"position": third}
    assert (await diff(api, 2, to=until))["removedLinks"] == 0


async def test_two_times_are_compared_as_two_positions_are(api: Api) -> None:
    one = await api.newsroom.published(title="One", slug="one")
    two = await api.newsroom.published(title="Two", slug="two", related=to(one))
    await api.newsroom.unpublish(two)
    start = {"asOf": as_text(one.published_at - timedelta(hours=1))}
    found = (await api.data(DIFF, **{"from": start}))["linkGraphDiff"]
    assert (found["addedPages"], found["addedLinks"]) == (1, 0)
    assert found["position"] == await api.at(3)
    until = {"asOf": as_text(two.published_at)}
    found = (await api.data(DIFF, **{"from": start, "to": until}))["linkGraphDiff"]
    assert (found["addedPages"], found["addedLinks"]) == (2, 1)


async def test_what_was_taken_back_is_named_as_it_was(api: Api) -> None:
    page = await api.newsroom.published(title="Page", slug="page")
    await api.newsroom.unpublish(page)
    (found,) = (await diff(api, 1))["pageChanges"]
    assert found["change"] == "REMOVED"
    assert found["changedPage"] == {"title": "Page", "path": "/articles/page", "entry": None}
    assert found["cause"] == {"kind": "SOURCE_UNPUBLISHED", "position": await api.at(2)}


async def test_a_purged_page_leaves_the_history(api: Api) -> None:
    page = await api.newsroom.published(title="Secret", slug="secret")
    source = await api.newsroom.published(title="Source", slug="source", related=to(page))
    source = await change(api, source, related=[])
    await api.newsroom.unpublish(page)
    assert (await diff(api, 2))["removedPages"] == 1
    await api.newsroom.do(OPERATOR, purge_words, [page.entry_id], reason="A request.")
    found = await diff(api, 2)
    assert (found["removedPages"], found["removedLinks"]) == (0, 0)
    asked = {"source": source.entry_id, "to": {"entry": page.entry_id}}
    assert (await api.data(PERIODS, **asked))["linkPeriods"]["nodes"] == []


async def test_drafts_change_no_answer(api: Api) -> None:
    """HOSTILE 2: what readers get of the history is independent of every draft."""
    one = await api.newsroom.published(title="One", slug="one")
    two = await api.newsroom.published(title="Two", slug="two", related=to(one))
    asked = {"source": two.entry_id, "to": {"entry": one.entry_id}}
    start = as_text(now() - timedelta(days=2))

    async def answers() -> list[Any]:
        moves = {"from": {"position": await api.at(1)}}
        return [
            await diff(api, 0),
            await api.data(PERIODS, **asked),
            await api.data(MOVES, **moves),
            *[
                await api.data(SERIES, of=of, metric="IN_DEGREE", **{"from": start, "by": "DAY"})
                for of in (None, one.entry_id)
            ],
        ]

    before = await answers()
    await api.newsroom.update(await head_of(api, two), title="Secret", related=[])
    await api.newsroom.draft(title="Secret, too", slug="secret", related=to(one, two))
    assert await answers() == before
    assert "Secret" not in str(before)


async def test_periods_end_with_the_link_and_with_the_view(api: Api) -> None:
    one = await api.newsroom.published(title="One", slug="one")
    two = await api.newsroom.published(title="Two", slug="two", related=to(one))
    two = await change(api, two, title="Two, still", related=to(one))
    two = await change(api, two, related=[])
    await change(api, two, related=to(one))
    at = [await api.at(each) for each in range(6)]
    asked = {"source": two.entry_id, "to": {"entry": one.entry_id}}
    found = (await api.data(PERIODS, **asked))["linkPeriods"]
    published = [{"kind": "SOURCE_PUBLISHED", "position": each} for each in at]
    assert found == {
        "position": at[5],
        "totalCount": 2,
        "nodes": [
            {"begun": published[5], "ended": None},
            {"begun": published[2], "ended": published[4]},
        ],
    }
    past = PERIODS.replace(") {", ") @view(position: $at) {", 1).replace(
        "query(", "query($at: SitePosition, "
    )
    found = (await api.data(past, at=at[3], **asked))["linkPeriods"]
    assert (found["position"], found["nodes"]) == (
        at[3],
        [{"begun": published[2], "ended": None}],
    )
    other = (await api.data(PERIODS, kinds=["SOURCE"], **asked))["linkPeriods"]
    assert other["totalCount"] == 0


async def test_moves_and_series_count_links(api: Api) -> None:
    one = await api.newsroom.published(title="One", slug="one")
    two = await api.newsroom.published(title="Two", slug="two", related=to(one))
    await api.newsroom.published(title="Three", slug="three", related=to(one, two, two))
    moment = {"from": {"position": await api.at(2)}}
    assert (await api.data(MOVES, **moment))["linkMetricMoves"]["nodes"] == [
        {"entry": {"title": "Two"}, "before": 0.0, "after": 2.0},
        {"entry": {"title": "One"}, "before": 1.0, "after": 2.0},
    ]
    start = as_text(now() - timedelta(days=1))
    asked = {"metric": "IN_DEGREE", "from": start, "by": "DAY"}
    points = (await api.data(SERIES, of=two.entry_id, **asked))["linkSeries"]["points"]
    assert points[0]["metric"] is None
    assert points[-1]["metric"] == 2.0
    assert points[0]["begins"] == f"{start[:10]}T00:00:00.000Z"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ('linkGraphDiff(from: {asOf: "2020-01-01T00:00:00Z"}, first: 101)', "at most 100"),
        ('linkGraphDiff(from: {asOf: "2020-01-01T00:00:00Z"}, skip: -1)', "skip is -1"),
        (
            'linkGraphDiff(from: {asOf: "2020-01-01T00:00:00Z"}, layers: [TAXONOMY])',
            "content and the navigation",
        ),
        (
            'linkGraphDiff(from: {asOf: "2020-01-01T00:00:00Z"}, to: {position: "0"})',
            "two times, or two positions",
        ),
        (
            'linkGraphDiff(from: {asOf: "2021-01-01T00Z"}, to: {asOf: "2020-01-01T00Z"})',
            "from is after to",
        ),
        ('linkGraphDiff(from: {position: "7.0123456789abcdef"})', "no position"),
        (
            'linkSeries(metric: PAGES, by: DAY, from: "0001-01-01T00:00:00Z")',
            "more than 400 points",
        ),
        (
            'linkMetricMoves(metric: PAGE_RANK, from: {asOf: "2020-01-01T00:00:00Z"}, first: 101)',
            "at most 100",
        ),
    ],
)
async def test_questions_are_bounded(api: Api, field: str, message: str) -> None:
    """HOSTILE 17: a question for more than its limits is refused, and says why."""
    response = await api.ask(f"{{ {field} {{ position }} }}")
    (error,) = response["errors"]
    assert message in error["message"]
    assert error["extensions"]["code"]
    assert list(response["data"].values()) == [None]
