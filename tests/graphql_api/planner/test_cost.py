"""The cost of a request is known before its statement is made; too much of it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest
from _pytest.mark import ParameterSet
from graphql import OperationDefinitionNode, parse
from sqlalchemy import null
from sqlalchemy.dialects.sqlite import dialect as sqlite

import bench.site
import seeds.site
from bench import queries
from cms.errors import SettingsError
from cms.reading.site_size import SiteSize, WordShares
from cms.reading.view import Preview, View
from cms.site import Site
from graphql_api.http.errors import RequestFailed
from graphql_api.http.limits import Limits, limits_with
from graphql_api.http.request import GraphQLRequest
from graphql_api.planning import Planner
from tests.docs.test_docs import DOCS, ROOT, blocks
from tests.graphql_api.conftest import Api
from tests.schemas import delivery_schema_of

DEMO, BENCH = seeds.site.site, bench.site.site
SCHEMAS = {site.name: delivery_schema_of(site) for site in (DEMO, BENCH)}
LARGE = 100_000

# The values that the queries of the benchmark have without a default.
GIVEN = {
    "path": "/terms/entry-1",
    "category": "c-1",
    "source": "Source 1",
    "position": "1.0123456789abcdef",
    "since": f"{LARGE}.0123456789abcdef",
    "search": '"Source 1"',
    "skip": 20,
}


def planner_of(
    site: Site, entries: int, limits: Limits | None = None, kept_bytes: int = 10**8
) -> Planner:
    """Return the planner of a site that has so many entries."""

    async def size() -> SiteSize:
        counts = dict.fromkeys(site.content_types, entries // len(site.content_types))
        common = {"the": WordShares(0.9, 0.9), "model": WordShares(1.0, 0.001)}
        return SiteSize(counts, entries + 20, common, {"the": WordShares(1.0, 1.0)})

    schema = SCHEMAS[site.name]
    dialect = sqlite(paramstyle="qmark")
    return Planner(schema, dialect, limits or Limits(), size, kept_bytes=kept_bytes)


async def measured(planner: Planner, site: Site, query: str, **variables: Any) -> int:
    """Return the cost of a query, if it is accepted."""
    return await _measured_in(
        planner, View(site.locales_for(site.default_locale)), query, variables
    )


async def _measured_in(
    planner: Planner, view: View, query: str, variables: Mapping[str, Any] | None = None
) -> int:
    bound = await planner.bind(GraphQLRequest(query, None, dict(variables or {})))
    return (await planner.plan(bound, view)).cost


async def cost(query: str, entries: int = LARGE, **variables: Any) -> int:
    """Return the cost of a query to a benchmark site of this size."""
    planner = planner_of(BENCH, entries, Limits(cost=10**12, parts=10**6, filters=10**6))
    return await measured(planner, BENCH, query, **variables)


def documented() -> Iterator[ParameterSet]:
    """Yield every query of the documentation to the delivery API."""
    for file in (ROOT / "README.md", DOCS / "querying.md", DOCS / "delivering.md"):
        for number, document in enumerate(blocks(file, "graphql"), 1):
            yield pytest.param(DEMO, document, id=f"{file.name}-{number}")
    for name in ("PAGE", "LIST", "FILTER", "PAST", "SEARCH", "TWO_HOPS"):
        yield pytest.param(BENCH, getattr(queries, name), id=name)


@pytest.mark.parametrize(("site", "document"), list(documented()))
async def test_every_documented_query_is_accepted_at_a_hundred_thousand_entries(
    site: Site, document: str
) -> None:
    planner = planner_of(site, LARGE)
    for each in parse(document).definitions:
        assert isinstance(each, OperationDefinitionNode)
        names = {one.variable.name.value for one in each.variable_definitions or ()}
        variables = {name: GIVEN[name] for name in names & GIVEN.keys()}
        assert await measured(planner, site, document, **variables) > 0


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("{ terms(first: 1) { nodes { id } } }", "{ terms(first: 2) { nodes { id } } }"),
        ("{ terms { nodes { id } } }", "{ terms { nodes { id } totalCount } }"),
        ("{ terms { totalCount } }", '{ terms(where: {title: {ne: "a"}}) { totalCount } }'),
        (
            '{ terms(where: {title: {ne: "a"}}) { totalCount } }',
            '{ terms(where: {OR: [{title: {ne: "a"}}, {title: {ne: "b"}}]}) { totalCount } }',
        ),
        (
            "{ terms(where: {links: {some: {kind: {eq: INLINE}}}}) { totalCount } }",
            '{ terms(where: {links: {some: {target: {slug: {eq: "a"}}}}}) { totalCount } }',
        ),
        ('{ terms(search: "a") { totalCount } }', '{ terms(search: "a b") { totalCount } }'),
        ('{ terms(search: "abc*") { totalCount } }', '{ terms(search: "a*") { totalCount } }'),
        (
            "{ terms { facets(fields: [category]) { count } } }",
            "{ terms { facets(fields: [category, tags]) { count } } }",
        ),
        (
            "{ terms { facets(fields: [source]) { count } } }",
            "query @view(perspective: DRAFT) { terms { facets(fields: [source]) { count } } }",
        ),
        (
            '{ terms(where: {source: {eq: "a"}}) { nodes { id } } }',
            '{ terms(where: {source: {ne: "a"}}) { nodes { id } } }',
        ),
        ("{ terms { nodes { id } } }", "{ terms { nodes { body { html } } } }"),
        ("{ terms { nodes { id } } }", "{ terms(orderBy: [categoryName_ASC]) { nodes { id } } }"),
        (
            "query @view(perspective: DRAFT) { terms(orderBy: [title_ASC]) { nodes { id } } }",
            "query @view(perspective: DRAFT) { terms(orderBy: [path_ASC]) { nodes { id } } }",
        ),
        (
            "{ terms(orderBy: [path_ASC]) { nodes { id } } }",
            "{ view(perspective: DRAFT) { terms(orderBy: [path_ASC]) { nodes { id } } } }",
        ),
    ],
)
async def test_more_work_has_a_higher_cost(less: str, more: str) -> None:
    assert 0 < await cost(less) < await cost(more)


async def test_the_size_of_pages_and_words_of_a_search_count_in_variables_as_well() -> None:
    paged = "query($n: Int) { terms(first: $n) { nodes { links(first: $n) { nodes { url } } } } }"
    assert await cost(paged, n=10) < await cost(paged, n=20) / 2
    searched = "query($text: String) { terms(search: $text) { totalCount } }"
    assert await cost(searched, text="a* b* c*") > await cost(searched, text="abc") * 3


async def test_conditions_count_in_variables_as_well() -> None:
    query = "query($where: TermWhere) { terms(where: $where) { totalCount } }"
    condition = {"title": {"ne": "a"}}
    few, many = ({"OR": [condition] * count} for count in (2, 120))
    assert await cost(query, where=few) < await cost(query, where=many)
    planner = planner_of(BENCH, 100)
    with pytest.raises(RequestFailed, match="121 filters; at most 100 are allowed"):
        await measured(planner, BENCH, query, where={"OR": [condition] * 120})


@pytest.mark.parametrize(
    "where",
    [
        "{id: {eq: null}}",
        "{AND: [{id: {eq: null}}]}",
        "{path: {}}",
        "{category: {treePath: {eq: null}}}",
        "{OR: [{id: {eq: null}}]}",
    ],
)
async def test_a_condition_that_is_ignored_makes_nothing_cheaper(where: str) -> None:
    whole = await cost("{ entries { totalCount facets(fields: [type]) { count } } }")
    asked = f"{{ entries(where: {where}) {{ totalCount facets(fields: [type]) {{ count }} }} }}"
    assert await cost(asked) == whole


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("rare", "the"),
        ("the rare", "the"),
        ('"the rare"', '"the the"'),
        ("rare the", "rare OR the"),
        ("the -rare", "the -the"),
        ("xyz*", "the*"),
        ("the*", "th*"),
        ("x*", "xyz*"),
        ("rare", "a"),
    ],
)
async def test_a_search_costs_more_the_more_rows_match(less: str, more: str) -> None:
    query = "query($text: String) { terms(search: $text) { nodes { id } } }"
    assert await cost(query, text=less) < await cost(query, text=more)


async def test_a_search_for_a_rare_word_is_accepted_on_a_large_site() -> None:
    query = "query($text: String) { terms(search: $text) { nodes { id } totalCount } }"
    planner = planner_of(BENCH, 2_000_000)
    assert await measured(planner, BENCH, query, text="rare") > 0
    with pytest.raises(RequestFailed, match="has a cost of"):
        await measured(planner, BENCH, query, text="the")


async def test_a_page_of_a_common_word_of_texts_is_accepted_on_a_large_site() -> None:
    planner = planner_of(BENCH, 1_000_000)
    page = "query($text: String) { terms(search: $text) { nodes { id } } }"
    assert await measured(planner, BENCH, page, text="model") > 0
    # A word of titles has all that match ranked, but in an order of the list.
    with pytest.raises(RequestFailed, match="has a cost of"):
        await measured(planner, BENCH, page, text="the")
    newest = page.replace("$text)", "$text, orderBy: publishedAt_DESC)")
    assert await measured(planner, BENCH, newest, text="the") > 0
    # So has one of several words, and all matches are counted, or sorted in another order.
    for query in (
        page.replace("nodes { id }", "totalCount"),
        page.replace("$text)", "$text, orderBy: categoryName_ASC)"),
    ):
        with pytest.raises(RequestFailed, match="has a cost of"):
            await measured(planner, BENCH, query, text="model")
    for text in ("model OR rare", "model the"):
        with pytest.raises(RequestFailed, match="has a cost of"):
            await measured(planner, BENCH, page, text=text)


async def test_affected_pages_since_long_ago_are_refused_on_a_large_site() -> None:
    query = "query($since: SitePosition) { affectedPaths(since: $since) { nodes { path } } }"
    planner = planner_of(BENCH, LARGE)
    recent, old = (f"{number}.0123456789abcdef" for number in (LARGE, LARGE // 2))
    assert await measured(planner, BENCH, query, since=recent) > 0
    for since in (old, None):
        with pytest.raises(RequestFailed, match="build all pages again"):
            await measured(planner, BENCH, query, since=since)
    assert await measured(planner_of(BENCH, 1_000), BENCH, query) > 0


async def test_ids_count_as_often_as_they_are_given() -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Term { links { totalCount } } } }"
    few, many = [await cost(query, ids=["x"] * count) for count in (1, 200)]
    assert many > 100 * few


@pytest.mark.parametrize("order", ["title", "slug", "path", "updatedAt", "firstPublishedAt"])
async def test_an_order_that_an_index_has_costs_nothing(order: str) -> None:
    newest = await cost("{ terms { nodes { id } } }")
    assert await cost(f"{{ terms(orderBy: [{order}_ASC]) {{ nodes {{ id }} }} }}") == newest


async def test_an_order_by_an_indexed_number_costs_nothing_by_itself_alone() -> None:
    planner = planner_of(DEMO, LARGE)
    newest, by_field, by_both = [
        await measured(planner, DEMO, f"{{ hardwareItems{order} {{ nodes {{ id }} }} }}")
        for order in ("", "(orderBy: [memoryGb_ASC])", "(orderBy: [memoryGb_ASC, title_ASC])")
    ]
    # Of an order with further keys, all rows with the same first value are sorted.
    assert newest == by_field < by_both / 100


async def test_a_list_in_a_preview_costs_what_it_does_without() -> None:
    planner = planner_of(BENCH, LARGE)
    view = View(BENCH.locales_for(BENCH.default_locale), preview=Preview(null()))
    for query, is_same in (
        ("{ terms { nodes { id } } }", True),
        ("{ terms(orderBy: [title_ASC]) { nodes { id } } }", True),
        ('{ terms(where: {source: {eq: "a"}}) { nodes { id } } }', False),  # no index has it
    ):
        plain = await measured(planner, BENCH, query)
        previewed = await _measured_in(planner, view, query)
        assert previewed == plain if is_same else previewed > plain


async def test_a_count_of_incoming_links_costs_what_it_takes_for_a_hub() -> None:
    query = "{ terms(first: %d) { nodes { incomingLinks%s } } }"
    shown = await cost(query % (20, " { nodes { url } }"))
    one, many = [await cost(query % (first, " { totalCount }")) for first in (1, 20)]
    assert one > LARGE / 2 > 10 * shown
    # Only one of them is taken for a hub.
    assert many < one * 2
    ordered = await cost(query % (20, "(orderBy: [label_ASC]) { nodes { url } }"))
    assert ordered > LARGE / 2


async def test_a_page_of_all_links_costs_little_and_what_reads_all_of_them_is_refused() -> None:
    planner = planner_of(BENCH, LARGE)
    nodes = "nodes { url status section { text } source { title } }"
    for found in (
        f"links {{ {nodes} pageInfo {{ endCursor }} }}",
        f'links(where: {{host: {{eq: "a"}}}}) {{ {nodes} }}',
        f"links(where: {{status: {{in: [BROKEN, REDIRECTING]}}}}) {{ {nodes} }}",
        "links(where: {status: {eq: EXTERNAL}}) { totalCount }",
        "links { facets(fields: [host]) { value } }",
    ):
        assert await measured(planner, BENCH, f"{{ {found} }}") > 0
    for every in (
        "links { totalCount }",
        "links { facets(fields: [status]) { value } }",
        "links(where: {status: {in: [BROKEN, INTERNAL]}}) { nodes { url } }",
        "view(perspective: DRAFT) { links(where: {status: {eq: BROKEN}}) { nodes { url } } }",
    ):
        with pytest.raises(RequestFailed, match="has a cost of"):
            await measured(planner, BENCH, f"{{ {every} }}")


async def test_an_index_finds_a_status_only_among_the_links_of_the_whole_site() -> None:
    planner = planner_of(BENCH, LARGE // 1_000)
    for query in (
        "{ terms { nodes { links(where: {status: {eq: %s}}) { totalCount } } } }",
        "{ terms(where: {links: {some: {status: {eq: %s}}}}) { totalCount } }",
        "{ links(where: {OR: [{status: {eq: %s}}]}) { totalCount } }",
        "{ links(where: {NOT: {status: {eq: %s}}}) { totalCount } }",
    ):
        broken, internal = [
            await measured(planner, BENCH, query % status) for status in ("BROKEN", "INTERNAL")
        ]
        assert broken == internal


async def test_a_facet_of_hosts_reads_the_links_of_all_drafts() -> None:
    facet = "view(perspective: DRAFT) { links { facets(fields: [host]) { value } } }"
    with pytest.raises(RequestFailed, match="has a cost of"):
        await measured(planner_of(BENCH, LARGE), BENCH, f"{{ {facet} }}")


async def test_a_page_of_external_links_is_found_in_order_and_of_broken_ones_among_all() -> None:
    planner = planner_of(BENCH, 10 * LARGE)
    page = "links(where: {status: {eq: EXTERNAL}}) { nodes { url } }"
    assert await measured(planner, BENCH, f"{{ {page} }}") < 200_000
    with pytest.raises(RequestFailed, match="has a cost of"):
        await measured(planner, BENCH, f"{{ {page.replace('EXTERNAL', 'BROKEN')} }}")


async def test_questions_about_links_in_other_views_cost_more_on_a_large_site() -> None:
    planner = planner_of(DEMO, 100_000)
    plain = await measured(planner, DEMO, "{ linkOrphans { nodes { entry { title } } } }")
    of_set = "{ view(linkSet: TEXTS) { linkOrphans { nodes { entry { title } } } } }"
    assert await measured(planner, DEMO, of_set) < plain + 10_000
    past = 'asOf: "2026-01-01T00:00:00Z"'
    query = f"{{ view({past}) {{ linkOrphans {{ nodes {{ entry {{ title }} }} }} }} }}"
    assert await measured(planner, DEMO, query) > plain + 200_000
    several = " ".join(
        f"q{at}: view({past}) {{ linkOrphans {{ nodes {{ entry {{ title }} }} }} }}"
        for at in range(4)
    )
    with pytest.raises(RequestFailed, match="cost"):
        await measured(planner, DEMO, f"{{ {several} }}")
    assert await measured(planner_of(DEMO, 1_000), DEMO, f"{{ {several} }}") < 1_000_000
    series = 'linkSeries(metric: PAGE_RANK, from: "2026-01-01T00:00:00Z", by: MONTH) { position }'
    assert await measured(planner, DEMO, f"{{ {series} }}") > 400_000


async def test_an_order_is_as_large_as_its_different_keys() -> None:
    once = await cost("{ terms(orderBy: [categoryName_ASC]) { nodes { id } } }")
    again = "categoryName_ASC categoryName_DESC " * 50
    assert await cost(f"{{ terms(orderBy: [{again}]) {{ nodes {{ id }} }} }}") == once
    more = await cost("{ terms(orderBy: [categoryName_ASC slug_ASC]) { nodes { id } } }")
    assert more > once


async def test_a_small_site_can_be_asked_what_a_large_one_cannot() -> None:
    query = "{ entries(where: {incomingLinks: {count: {gt: 5}}}) { FIELD } }"
    for entries, field, is_accepted in (
        (1_000, "totalCount", True),
        (LARGE, "totalCount", False),
        (10_000, "nodes { id }", True),
        (LARGE, "nodes { id }", False),
    ):
        planner = planner_of(BENCH, entries)
        if is_accepted:
            assert await measured(planner, BENCH, query.replace("FIELD", field)) < 1_000_000
        else:
            with pytest.raises(RequestFailed, match=r"has a cost of [0-9,]+; at most 1,000,000"):
                await measured(planner, BENCH, query.replace("FIELD", field))


@pytest.mark.parametrize(
    ("limits", "query", "words"),
    [
        (Limits(parts=10), "{ entries { nodes { id title slug } } }", "parts; at most 10 are"),
        (
            Limits(cost=100),
            "{ entries { nodes { body: links { totalCount } } } }",
            "at most 100 is",
        ),
        (
            Limits(filters=1),
            '{ entries(where: {OR: [{id: {eq: "a"}}]}) { totalCount } }',
            "at most 1",
        ),
    ],
)
async def test_a_limit_is_named_with_its_figure(limits: Limits, query: str, words: str) -> None:
    with pytest.raises(RequestFailed, match=words) as failure:
        await measured(planner_of(BENCH, 100, limits), BENCH, query)
    (error,) = failure.value.errors
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}


async def test_a_site_can_choose_other_limits() -> None:
    assert limits_with(Limits(), {"cost": 5, "depth": 3}, "L") == Limits(cost=5, depth=3)
    for wrong, words in (({"costs": 5}, "no limit 'costs'"), ({"cost": -1}, "cannot be negative")):
        with pytest.raises(SettingsError, match=words):
            limits_with(Limits(), wrong, "COPYDESK_LIMITS")


async def test_the_cost_is_told_where_it_is_asked_for(api: Api) -> None:
    await api.newsroom.published(title="One", slug="one")
    for query in (
        "{ entries { totalCount } }",
        "{ entries { totalCount } __schema { __typename } }",
    ):
        plain = await api.ask(query)
        told = await told_cost(api, query)
        assert told.pop("extensions")["cost"].keys() == {
            *("cost", "costLimit", "parts", "partsLimit", "filters", "filtersLimit")
        }
        assert told == plain


async def told_cost(api: Api, query: str) -> dict[str, Mapping[str, Any]]:
    """Return the response to a query with its cost."""
    request = GraphQLRequest(query, None, {}, wants_cost=True)
    response: dict[str, Mapping[str, Any]] = orjson.loads((await api.delivery.answer(request)).body)
    return response


# Fields of which each type of the demo has others.
OWN_FIELDS = {
    "GlossaryTerm": "alsoKnownAs",
    "BuyerGuide": "checkedOn",
    "ErrorFix": "message causes",
    "Hardware": "memoryGb",
    "Model": "contextTokens",
    "Tool": "platforms",
    "Page": "readOn { url }",
}


async def test_a_page_of_any_type_is_accepted() -> None:
    planner = planner_of(DEMO, LARGE)
    own = " ".join(f"... on {name} {{ body {{ html }} {f} }}" for name, f in OWN_FIELDS.items())
    query = f"""query Page($path: String!) {{
      route(path: $path) {{ ... on PageRoute {{ entry {{
        title summary category {{ name ancestors {{ name }} }} review {{ reviewers {{ name }} }}
        linkGroups {{ label links {{ label url }} }} jsonLdScript
        seo {{ title canonical hreflang {{ url }} openGraph {{ property content }} }} {own}
      }} }} }}
    }}"""
    assert await measured(planner, DEMO, query, path="/a") < 10_000


@pytest.mark.parametrize("types", [2, 3, 6])
async def test_copies_of_what_types_share_are_counted(types: int) -> None:
    # Each level has the SQL of the next one once for each type: few parts, and much text.
    planner = planner_of(DEMO, 100)
    view = View(DEMO.locales_for(DEMO.default_locale))
    own = " ".join(f"... on {name} {{ {OWN_FIELDS[name]} }}" for name in [*OWN_FIELDS][:types])
    inner, lengths = "title", list[int]()
    with pytest.raises(RequestFailed, match="parts"):
        for _ in range(7):
            inner = f"{own} translations {{ {inner} }}"
            query = f'query Q {{ entry(by: {{path: "/a"}}) {{ {inner} }} }}'
            bound = await planner.bind(GraphQLRequest(query, None, {}))
            statement = (await planner.plan(bound, view)).planned.statement
            lengths.append(len(statement.sql) if statement is not None else 0)
    assert lengths
    assert max(lengths) < 1_000_000
