"""Fields of every kind are read as they were written, with what derives from them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cms.reading.view import ContentScope, Perspective, View
from graphql_api.http.limits import Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import Responder, fetch
from graphql_api.planning import Planner
from graphql_api.schema.content_types.draft_values import draft_input, fields_from
from graphql_api.schema.content_types.kinds import KINDS
from tests.builders import entry_id_of
from tests.graphql_api.conftest import Api
from tests.schemas import delivery_schema_of
from tests.sites import SITE, Article

DRAFTS = View(("en",), Perspective.DRAFT)
BODY = '{ article(by: {slug: "source"}) { body { html links { url label } } } }'


async def test_links_in_html_lead_where_their_targets_are(api: Api) -> None:
    newsroom = api.newsroom
    target = await newsroom.draft(title="Target", slug="target", body="# Part")
    async with newsroom.as_(newsroom.author) as work:
        target_id = await entry_id_of(work, target)
    await newsroom.publish(target)
    text = f'[one]({target_id}#part "t") & [two](/articles/target), [out](https://example.org)'
    await newsroom.published(title="Source", slug="source", body=text)
    data = await api.data(BODY)
    assert data["article"]["body"] == {
        "html": '<p><a href="/articles/target#part" title="t">one</a> &amp; '
        '<a href="/articles/target">two</a>, <a href="https://example.org">out</a></p>',
        "links": [
            {"url": "/articles/target#part", "label": "one"},
            {"url": "/articles/target", "label": "two"},
            {"url": "https://example.org", "label": "out"},
        ],
    }
    # In the drafts it has another path by now, and in the published view it has not.
    await newsroom.save(target, title="Target", slug="moved", body="# Part")
    assert (await api.data(BODY)) == data
    drafted = (await drafts(api, BODY))["article"]["body"]["html"]
    assert '<a href="/articles/moved#part" title="t">' in drafted
    assert '<a href="/articles/moved">' in drafted
    assert len(api.reader.statements) == 3


async def test_a_link_whose_target_is_not_seen_is_as_it_was_written(api: Api) -> None:
    await api.newsroom.draft("Note", title="Target", slug="target", text="Text")
    await api.newsroom.draft(title="Source", slug="source", body="[x](/notes/target#b)")
    articles_alone = View(("en",), Perspective.DRAFT, (ContentScope(content_type="Article"),))
    data = await drafts(api, BODY, articles_alone)
    assert data["article"]["body"] == {
        "html": '<p><a href="/notes/target#b">x</a></p>',
        "links": [],
    }


async def test_markdown_tells_what_derives_from_it(api: Api) -> None:
    await api.newsroom.published(slug="one", body="# Head\n\nSome *words* here.")
    data = await api.data(
        """{ article(by: {slug: "one"}) { body {
          toc { level text anchor } wordCount readingMinutes ast
        } } }"""
    )
    body = data["article"]["body"]
    assert body["toc"] == [{"level": 1, "text": "Head", "anchor": "head"}]
    assert (body["wordCount"], body["readingMinutes"]) == (4, 1)
    assert [node["type"] for node in body["ast"]["children"]] == ["heading", "paragraph"]


async def test_blocks_are_a_union_in_order(api: Api) -> None:
    await api.newsroom.published(
        slug="one",
        parts=[
            {"type": "Remark", "body": "Aside", "see": ["https://example.org"]},
            {"type": "Quote", "text": "Words", "author": "Ada Lovelace"},
            {
                "type": "Columns",
                "left": [{"type": "Quote", "text": "Left"}],
                "rows": [{"cell": "C", "data": {"n": None}}],
            },
        ],
    )
    data = await api.data(
        """{ article(by: {slug: "one"}) { parts {
          __typename
          ... on Quote { text author initials }
          ... on Remark { body { html } see { url position } }
          ... on Columns { left { ... on Quote { text } } right { __typename } rows { cell data } }
        } } }"""
    )
    assert data["article"]["parts"] == [
        {
            "__typename": "Remark",
            "body": {"html": "<p>Aside</p>"},
            "see": [{"url": "https://example.org", "position": 1}],
        },
        {"__typename": "Quote", "text": "Words", "author": "Ada Lovelace", "initials": "AL"},
        {
            "__typename": "Columns",
            "left": [{"text": "Left"}],
            "right": [],
            "rows": [{"cell": "C", "data": {"n": None}}],
        },
    ]


async def test_an_unfinished_block_is_an_error_at_its_place(api: Api) -> None:
    await api.newsroom.draft(
        slug="one",
        parts=[
            {"type": "Remark", "see": ["https://example.org"]},
            {"type": "Columns", "rows": [{"cell": "C"}, {"data": 1}]},
        ],
    )
    response = await drafted(
        api,
        """{ article(by: {slug: "one"}) { parts {
          ... on Remark { same: see { url } } ... on Columns { same: rows { cell } }
        } } }""",
    )
    assert response["data"] == {"article": None}
    (error,) = response["errors"]
    assert error["path"] == ["article", "parts", 1, "same", 1, "cell"]


async def test_references_are_read_from_both_ends(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.published(title="Alpha", slug="alpha")
    await newsroom.published("Note", title="Note", slug="note", text="Text")
    await newsroom.published(
        title="Beta",
        slug="beta",
        compares=["/articles/alpha"],
        mentions=["/notes/note", "/articles/alpha"],
    )
    await newsroom.published(title="Gamma", slug="gamma", compares=["/articles/beta"])
    await newsroom.draft(title="Draft", slug="draft", compares=["/articles/alpha"])
    data = await api.data(
        """{
          article(by: {slug: "beta"}) {
            compares { title }
            mentions { __typename title ... on Note { mentionedIn { totalCount } } }
            comparedIn(first: 1) { nodes { title } totalCount }
          }
          alpha: article(by: {slug: "alpha"}) {
            comparedIn(where: {title: {ne: "Gamma"}}, orderBy: [title_ASC]) { nodes { title } }
            mentionedIn { totalCount }
          }
          some: articles(where: {comparedIn: {some: {title: {eq: "Gamma"}}}}) { nodes { title } }
          none: articles(where: {comparedIn: {count: {eq: 0}}}) { nodes { title } }
        }"""
    )
    assert data == {
        "article": {
            "compares": [{"title": "Alpha"}],
            "mentions": [
                {"__typename": "Note", "title": "Note", "mentionedIn": {"totalCount": 1}},
                {"__typename": "Article", "title": "Alpha"},
            ],
            "comparedIn": {"nodes": [{"title": "Gamma"}], "totalCount": 1},
        },
        "alpha": {"comparedIn": {"nodes": [{"title": "Beta"}]}, "mentionedIn": {"totalCount": 1}},
        "some": {"nodes": [{"title": "Beta"}]},
        "none": {"nodes": [{"title": "Gamma"}]},
    }


async def test_what_points_from_one_type_keeps_that_type(api: Api) -> None:
    newsroom = api.newsroom
    for slug, level, compares in (
        ("one", "EASY", []),
        ("two", "HARD", ["/articles/one"]),
        ("three", "EASY", ["/articles/one", "/articles/two"]),
    ):
        await newsroom.published(title=slug, slug=slug, level=level, pages=7, compares=compares)
    data = await api.data(
        """{
          article(by: {slug: "one"}) {
            comparedIn(orderBy: [level_ASC]) {
              nodes { slug level }
              facets(fields: [level]) { value count }
              aggregate { sum { pages } }
            }
            hard: comparedIn(where: {level: {eq: HARD}}) { nodes { slug } }
            mentionedIn { nodes { __typename ... on Article { level } } }
          }
          hard: articles(where: {compares: {some: {level: {eq: HARD}}}}) { nodes { slug } }
          easy: articles(where: {compares: {every: {level: {eq: EASY}}, count: {gt: 0}}}) {
            nodes { slug }
          }
          inHard: articles(where: {comparedIn: {some: {level: {eq: HARD}}}}) { nodes { slug } }
        }"""
    )
    assert data == {
        "article": {
            "comparedIn": {
                "nodes": [{"slug": "three", "level": "EASY"}, {"slug": "two", "level": "HARD"}],
                "facets": [{"value": "EASY", "count": 1}, {"value": "HARD", "count": 1}],
                "aggregate": {"sum": {"pages": 14}},
            },
            "hard": {"nodes": [{"slug": "two"}]},
            "mentionedIn": {"nodes": []},
        },
        "hard": {"nodes": [{"slug": "three"}]},
        "easy": {"nodes": [{"slug": "two"}]},
        "inHard": {"nodes": [{"slug": "one"}]},
    }


async def test_what_is_referred_to_computed_or_timed_can_be_summed_up(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.published("Note", title="Note", slug="note", text="Text")
    for slug, subtitle, moment, compares in (
        ("one", "Two words", "2026-01-01T00:30:00+01:00", []),
        ("two", "Three more words", "2026-01-31T12:00:00Z", ["/articles/one"]),
        ("three", None, None, ["/articles/one", "/articles/two"]),
    ):
        await newsroom.published(
            title=slug,
            slug=slug,
            subtitle=subtitle,
            updated_on_site=moment,
            compares=compares,
            about="/notes/note" if slug != "one" else None,
        )
    data = await api.data(
        """{
          articles(orderBy: [slug_ASC]) {
            nodes { id about { id } }
            facets(fields: [compares, about, subtitleWords]) { field value count }
            histogram(field: updatedOnSite, by: MONTH) { start count }
            aggregate { max { subtitleWords } avg { subtitleWords } }
          }
        }"""
    )
    one, _, two = data["articles"]["nodes"]
    assert data["articles"]["facets"] == [
        {"field": "compares", "value": one["id"], "count": 2},
        {"field": "compares", "value": two["id"], "count": 1},
        {"field": "about", "value": two["about"]["id"], "count": 2},
        {"field": "subtitleWords", "value": "2", "count": 1},
        {"field": "subtitleWords", "value": "3", "count": 1},
    ]
    assert data["articles"]["histogram"] == [
        {"start": "2025-12", "count": 1},
        {"start": "2026-01", "count": 1},
    ]
    assert data["articles"]["aggregate"] == {
        "max": {"subtitleWords": 3},
        "avg": {"subtitleWords": 2.5},
    }


async def test_moments_are_compared_whatever_their_zone(api: Api) -> None:
    for slug, moment in (
        ("a", "2026-11-24T18:00:00+01:00"),
        ("b", "2026-11-24T17:00:00Z"),
        ("c", "2026-11-24T17:30:00+02:00"),
    ):
        await api.newsroom.published(title=slug, slug=slug, updated_on_site=moment)
    query = """query($at: DateTime) { articles(
      where: {updatedOnSite: {eq: $at}}, orderBy: [updatedOnSite_ASC, slug_ASC]
    ) { nodes { slug updatedOnSite } } }"""
    data = await api.data(query, at="2026-11-24T12:00:00-05:00")
    assert data["articles"]["nodes"] == [
        {"slug": "a", "updatedOnSite": "2026-11-24T18:00:00.000+01:00"},
        {"slug": "b", "updatedOnSite": "2026-11-24T17:00:00.000Z"},
    ]
    ordered = "{ articles(orderBy: [updatedOnSite_ASC, slug_ASC]) { nodes { slug } } }"
    slugs = [node["slug"] for node in (await api.data(ordered))["articles"]["nodes"]]
    assert slugs == ["c", "a", "b"]


async def test_choices_are_in_the_order_of_their_declaration(api: Api) -> None:
    for slug, level in (("a", "HARD"), ("b", "MEDIUM"), ("c", None), ("d", "EASY"), ("e", "HARD")):
        await api.newsroom.published(title=slug, slug=slug, level=level)
    query = """query($order: [ArticleOrder!]!, $after: String) {
      articles(orderBy: $order, first: 2, after: $after) {
        nodes { slug } pageInfo { endCursor hasNextPage }
      }
    }"""
    for order, expected in (
        (["level_ASC", "slug_ASC"], "dbaec"),
        (["level_DESC", "slug_DESC"], "eabdc"),
    ):
        assert "".join(await slugs_by_page(api, query, order)) == expected


async def test_upper_and_lower_case_are_put_in_order_together(api: Api) -> None:
    for slug, subtitle in (("a", "banana"), ("b", "Apple"), ("c", "Ärger"), ("d", "ärger")):
        await api.newsroom.published(slug=slug, subtitle=subtitle)
    await api.newsroom.published(slug="e")
    query = "query($by: [ArticleOrder!]) { articles(orderBy: $by) { nodes { slug } } }"
    for by, slugs in (
        (["subtitle_ASC", "slug_ASC"], "bacde"),
        (["subtitle_ASC", "slug_DESC"], "badce"),
        (["subtitle_DESC", "slug_ASC"], "cdabe"),
    ):
        nodes = (await api.data(query, by=by))["articles"]["nodes"]
        assert "".join(node["slug"] for node in nodes) == slugs


async def test_names_are_in_order_whatever_their_case(api: Api) -> None:
    await api.newsroom.published(slug="page", tags=["zebra", "Apple", "banana", "Zoo"])
    data = await api.data("{ tags { nodes { name } } articles { nodes { tags { name } } } }")
    names = [{"name": name} for name in ("Apple", "banana", "zebra", "Zoo")]
    assert data == {"tags": {"nodes": names}, "articles": {"nodes": [{"tags": names}]}}


async def test_entries_are_in_the_order_of_what_they_refer_to(api: Api) -> None:
    newsroom = api.newsroom
    await newsroom.published("Note", title="éclair", slug="note", text="Text")
    for slug, title in (("x", "Zebra"), ("y", "apple")):
        await newsroom.published(title=title, slug=slug)
    for slug, about, source in (
        ("a", "/articles/x", "/articles/y"),
        ("b", "/notes/note", "/articles/x"),
        ("c", "/articles/y", None),
        ("d", None, None),
    ):
        await newsroom.published(title=slug, slug=slug, about=about, translated_from=source)
    query = """query($order: [ArticleOrder!]!, $after: String) {
      articles(orderBy: $order, first: 2, after: $after) {
        nodes { slug } pageInfo { endCursor hasNextPage }
      }
    }"""
    for order, expected in (
        (["aboutTitle_ASC", "slug_ASC"], "cbadxy"),
        (["aboutTitle_DESC", "slug_ASC"], "abcdxy"),
        (["translatedFromTitle_ASC", "aboutTitle_DESC", "slug_DESC"], "abcyxd"),
    ):
        before = len(api.reader.statements)
        assert "".join(await slugs_by_page(api, query, order)) == expected
        assert len(api.reader.statements) == before + 3


async def slugs_by_page(api: Api, query: str, order: list[str]) -> list[str]:
    """Return all slugs of a list, read page by page."""
    slugs: list[str] = []
    after = None
    while True:
        page = (await api.data(query, order=order, after=after))["articles"]
        slugs += [node["slug"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return slugs


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('{homepage: {startsWith: "https://a."}}', 1),
        ('{contact: {eq: "desk@example.org"}}', 1),
        ('{accent: {in: ["#a0b0c0"]}}', 1),
        ('{accent: {in: ["#000000", "#A0b0C0"]}}', 1),
        ('{accent: {eq: "#A0B0C0"}}', 1),
        ('{accent: {ne: "#A0B0C0"}}', 0),
        ('{accent: {endsWith: "C0", notIn: ["#A0B0C1"]}}', 1),
        ('{accent: {eq: "#A0B0C0", mode: INSENSITIVE}}', 1),
        ("{subtitleWords: {gte: 2}}", 1),
        ("{subtitleWords: {lt: 2}}", 0),
        ("{chart: {isNull: false}}", 1),
        ("{chart: {isNull: true}}", 0),
        ("{parts: {some: {columns: {rows: {some: {data: {isNull: true}}}}}}}", 1),
    ],
)
async def test_what_is_one_value_can_be_filtered_by(api: Api, where: str, found: int) -> None:
    await api.newsroom.published(
        slug="one",
        homepage="https://a.example.org",
        contact="desk@example.org",
        accent="#A0B0C0",
        subtitle="Two words",
        chart={"values": []},
        parts=[{"type": "Columns", "left": [], "rows": [{"cell": "C", "data": None}]}],
    )
    data = await api.data(f"{{ articles(where: {where}) {{ totalCount }} }}")
    assert data["articles"]["totalCount"] == found


def test_what_an_input_says_becomes_a_draft_and_an_input_again() -> None:
    given: dict[str, Any] = {
        "updatedOnSite": "2026-11-24T18:00:00.000+01:00",
        "chart": {"snake_case": None},
        "parts": [
            {"quote": {"text": "Words"}},
            {"columns": {"left": [{"remark": {"see": []}}], "rows": [{"cell": "C"}]}},
        ],
    }
    fields = fields_from(KINDS, Article.fields, given)
    assert fields["parts"] == [
        {"type": "Quote", "text": "Words"},
        {
            "type": "Columns",
            "left": [{"type": "Remark", "see": []}],
            "rows": [{"cell": "C"}],
        },
    ]
    again = draft_input(KINDS, Article, {"title": "T", "fields": fields})
    assert again["title"] == "T"
    assert fields_from(KINDS, Article.fields, again)["chart"] == {"snake_case": None}
    assert list(map(list, again["parts"])) == [["quote"], ["columns"]]  # type: ignore[arg-type]  # it is a list
    assert "subtitleWords" not in again


async def drafts(api: Api, query: str, view: View = DRAFTS) -> Any:
    """Return the data of a query that looks at drafts."""
    response = await drafted(api, query, view)
    assert "errors" not in response
    return response["data"]


async def drafted(api: Api, query: str, view: View = DRAFTS) -> Any:
    """Return the response to a query that looks at drafts."""
    schema = delivery_schema_of(SITE)
    planner = Planner(schema, api.reader.dialect, Limits())
    responder = Responder(schema, planner.limits, planner.thread)
    bound = await planner.bind(GraphQLRequest(query, None, {}))
    ready = await planner.plan(bound, view)
    data = await fetch(api.reader, ready)
    return orjson.loads((await responder.respond(ready, data)).body)


async def test_a_list_in_any_order_can_be_walked(api: Api) -> None:
    values: dict[str, Any] = {
        "subtitle": "Sub",
        "rating": 1.5,
        "pages": 3,
        "is_free": True,
        "issued_on": "2026-01-02",
        "level": "HARD",
        "updated_on_site": "2026-01-02T03:04:05+06:00",
        "homepage": "https://example.org/Home",
        "contact": "Desk@example.org",
        "accent": "#A0B0C0",
    }
    await api.newsroom.publish(
        await api.newsroom.draft(title="One", slug="one", **values),
        await api.newsroom.draft(title="Two", slug="two", **values),
        await api.newsroom.draft(title="Three", slug="three"),
    )
    names = await api.data('{ __type(name: "ArticleOrder") { enumValues { name } } }')
    orders = [each["name"] for each in names["__type"]["enumValues"]]
    assert "accent_ASC" in orders
    query = """query($order: [ArticleOrder!], $size: Int!, $after: String) {
      articles(orderBy: $order, first: $size, after: $after) {
        nodes { slug } pageInfo { endCursor }
      }
    }"""
    for order in orders:
        whole = (await api.data(query, order=[order], size=3))["articles"]["nodes"]
        walked, after = [], None
        for _ in whole:
            page = await api.data(query, order=[order], size=1, after=after)
            walked += page["articles"]["nodes"]
            after = page["articles"]["pageInfo"]["endCursor"]
        assert walked == whole, order
