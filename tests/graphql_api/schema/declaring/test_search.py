"""Full text search: what is found, in which order, how it is shown; on both databases alike."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from graphql import GraphQLSchema
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, delete, func, literal_column, select

from cms.content.snapshot import Changes
from cms.drafts.saving import autosave_entry
from cms.reading.view import ContentScope
from cms.search.query import parse_query
from cms.storage.database import Database
from cms.tables import (
    Address,
    Publication,
    Rendition,
    Revision,
    SearchDocument,
    SearchGram,
    SearchWord,
)
from graphql_api.cli import main
from graphql_api.delivery import Delivery, Visitor
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.planner import page_rows
from tests import searching
from tests.builders import Newsroom, entry_id_of
from tests.conftest import KINDS, Templates
from tests.graphql_api.conftest import Api
from tests.positions import token_at
from tests.schemas import delivery_schema_of
from tests.sites import SITE

FIND = """
query Find($search: String, $first: Int) {
  articles(search: $search, first: $first) {
    totalCount
    edges { rank highlight { title summary body } node { title slug } }
  }
}
"""
TITLES = "query ($search: String) { articles(search: $search) { nodes { title } } }"
SUGGEST = "query ($search: String!) { suggest(search: $search) { typed word score editionCount } }"
WORDS = (
    *("kv", "cache", "caches", "gpu", "Größe", "groß", "cluster", "clusters", "a", "b2b", "机器"),
    *("Łódź", "Smørrebrød", "v1.2.3-beta", "1.2.3", "1.2.4", "so\u00adft", "C++", "--no-cache"),
)


# --- The same as plain Python, for any search ---


@dataclass
class Library:
    """A database full of pages, and what is searched of them."""

    runner: asyncio.Runner
    delivery: Delivery
    documents: Mapping[str, SimpleNamespace]

    def find(self, search: str) -> list[Any]:
        """Return what the API finds."""
        request = GraphQLRequest(FIND, None, {"search": search, "first": 100})
        answer = orjson.loads(self.runner.run(self.delivery.answer(request)).body)
        assert "errors" not in answer
        edges: list[Any] = answer["data"]["articles"]["edges"]
        assert answer["data"]["articles"]["totalCount"] == len(edges)
        return edges


@pytest.fixture(scope="module", params=["2000", "1"], ids=["few", "many"])
def few(request: pytest.FixtureRequest) -> Iterator[None]:
    """How many matches are sorted; of more, the best are, and the others are read in order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_rows, "_FEW", literal_column(request.param, Integer()))
        yield


@pytest.fixture(scope="module", params=KINDS)
def library(request: pytest.FixtureRequest, templates: Templates, few: None) -> Iterator[Library]:
    """Pages of words that are drawn by lot, always the same."""
    del few
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        documents = runner.run(fill(database))
        delivery = Delivery(SITE, delivery_schema_of(SITE), database.reader)
        yield Library(runner, delivery, documents)
        runner.run(database.close())
        runner.run(templates.drop(url))


async def fill(database: Database) -> dict[str, SimpleNamespace]:
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    lot = random.Random(7)  # noqa: S311  # always the same, and no secret

    def some(most: int) -> str:
        gaps = (" ", " ", " ", ", ", "-", " <b> ")
        return "".join(lot.choice(WORDS) + lot.choice(gaps) for _ in range(lot.randint(0, most)))

    slugs = [f"page-{number}" for number in range(30)]
    heads = [
        await newsroom.draft(
            title=f"{some(3)}{lot.choice(WORDS)}", slug=slug, summary=some(5), body=some(60) or "a"
        )
        for slug in slugs
    ]
    await newsroom.publish(*heads[:25])
    await newsroom.save(heads[0], title="cache cache", slug="page-0", body="kv gpu " * 50)
    async with database.reading() as session:
        rows = await session.execute(
            select(SearchDocument).where(
                SearchDocument.revision_id.in_([head.id for head in heads[:25]])
            )
        )
        by_revision = {row.revision_id: row for row in rows.scalars()}
    return {
        head.slug: SimpleNamespace(
            **{
                name: getattr(by_revision[head.id], name)
                for name in ("title", "summary", "body", "title_words", "shown")
            }
        )
        for head in heads[:25]
    }


_WORD = st.sampled_from(
    [*WORDS, "ca", "clu", "gros", "GROSSE", "nothing", "lodz", "smor", "1.2", "v1", "soft", "c"]
)
_TERM = st.one_of(
    _WORD,
    _WORD.map(lambda word: f"{word}*"),
    st.lists(_WORD, min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
    st.tuples(_WORD, _WORD).map("-".join),
    st.just("OR"),
)
_SEARCH = st.one_of(
    st.lists(
        st.tuples(st.sampled_from(["", "", "-"]), _TERM).map("".join), min_size=1, max_size=5
    ).map(" ".join),
    st.sampled_from(searching.SEARCHES),
    st.text(max_size=20),
)


@given(search=_SEARCH)
def test_a_search_finds_what_plain_python_finds(library: Library, search: str) -> None:
    query = parse_query(search)
    found = library.find(search)
    expected = {
        slug: each for slug, each in library.documents.items() if searching.fits(query, each)
    }
    assert {edge["node"]["slug"] for edge in found} == set(expected)
    ranks = [edge["rank"] for edge in found]
    assert not query.clauses or ranks == sorted(ranks, reverse=True)
    for edge in found:
        if not query.clauses:
            assert (edge["rank"], edge["highlight"]) == (None, None)
            continue
        document = expected[edge["node"]["slug"]]
        assert edge["rank"] == searching.points(query, document) / 1_000_000
        assert edge["highlight"] == {
            "title": searching.highlight(query, document.shown["title"], 300),
            "summary": searching.highlight(query, document.shown["summary"], 30),
            "body": searching.highlight(query, document.shown["body"], 30),
        }


# --- What it is like to search ---


async def write(api: Api) -> None:
    """Publish a few pages about the same things."""
    pages = {
        "kv-cache": ("KV cache", "Keys and values, kept.", "What it keeps grows with the text."),
        "quantization": ("Quantization", "Fewer bits.", "It makes a KV cache smaller on a GPU."),
        "gpu": ("GPU", "", "It has memory, and a cache or two."),
        "groesse": ("Größenordnung", "", 'Übergrößen <b>are</b> & stay "large".'),
    }
    for slug, (title, summary, body) in pages.items():
        await api.newsroom.published(title=title, slug=slug, summary=summary, body=body)


async def titles(api: Api, search: str) -> list[str]:
    data = await api.data(TITLES, search=search)
    return [node["title"] for node in data["articles"]["nodes"]]


@pytest.mark.usefixtures("few")
async def test_the_best_comes_first(api: Api) -> None:
    await write(api)
    assert await titles(api, "kv cache") == ["KV cache", "Quantization"]
    assert await titles(api, "cache") == ["KV cache", "GPU", "Quantization"]
    assert await titles(api, "cache -kv") == ["GPU"]
    assert await titles(api, '"cache kv"') == []
    assert await titles(api, "quant*") == ["Quantization"]
    assert await titles(api, "gpu OR ubergrossen") == ["GPU", "Größenordnung", "Quantization"]
    assert await titles(api, "ÜBERGRÖSSEN") == ["Größenordnung"]
    newest_first = ["Größenordnung", "GPU", "Quantization", "KV cache"]
    for nothing in ("", "*", '"', "k*", "-k*", "-unheard"):
        assert await titles(api, nothing) == newest_first
    assert len(api.reader.statements) == 13
    # A beginning of one letter costs as much as the list without a search.
    assert api.reader.statements[7] == api.reader.statements[11]
    assert "search" not in api.reader.statements[10]


async def test_without_a_search_there_is_no_rank(api: Api) -> None:
    await write(api)
    for variables in ({}, {"search": None}):
        data = await api.data(FIND, **variables)
        assert data["articles"]["totalCount"] == 4
        assert {(edge["rank"], edge["highlight"]) for edge in data["articles"]["edges"]} == {
            (None, None)
        }


@pytest.mark.usefixtures("few")
async def test_a_highlight_is_html_with_the_words_marked(api: Api) -> None:
    await write(api)
    await api.newsroom.published(
        title="<i>Long</i>",
        slug="long",
        body=f"{'before ' * 40}the needle </script> {'after ' * 40}",
    )
    (edge,) = (await api.data(FIND, search="ubergrossen are"))["articles"]["edges"]
    assert edge["highlight"] == {
        "title": "Größenordnung",
        "summary": "",
        "body": "<mark>Übergrößen</mark> <mark>are</mark> &amp; stay &quot;large&quot;.",
    }
    (edge,) = (await api.data(FIND, search='"the needle"'))["articles"]["edges"]
    assert edge["highlight"]["title"] == "&lt;i&gt;Long&lt;/i&gt;"
    assert edge["highlight"]["body"].startswith("…before before before before <mark>the</mark> ")
    assert edge["highlight"]["body"].endswith("after after…")
    assert len(edge["highlight"]["body"].split()) == 30


@pytest.mark.usefixtures("few")
async def test_a_search_goes_with_every_filter_and_order(api: Api) -> None:
    await write(api)
    query = """
    query ($where: ArticleWhere, $order: [ArticleOrder!]) {
      articles(search: "cache", where: $where, orderBy: $order) {
        totalCount edges { rank node { title } }
      }
    }
    """
    data = await api.data(query, where={"NOT": {"slug": {"eq": "gpu"}}}, order=["title_DESC"])
    assert [edge["node"]["title"] for edge in data["articles"]["edges"]] == [
        "Quantization",
        "KV cache",
    ]
    assert data["articles"]["totalCount"] == 2
    assert data["articles"]["edges"][0]["rank"] == 0.1
    assert len(api.reader.statements) == 1


@pytest.mark.usefixtures("few")
async def test_every_connection_of_entries_can_be_searched(api: Api) -> None:
    newsroom = api.newsroom
    category = await newsroom.category("Topics")
    await newsroom.published(title="Within", slug="within", category=category, tags=["Basics"])
    await newsroom.published(title="Without", slug="without")
    query = """
    query ($search: String) {
      entries(search: $search) { nodes { title } }
      categories { nodes { entries(search: $search) { nodes { title } } } }
      tags { nodes { entries(search: $search) { nodes { title } } } }
      person(by: {slug: "ada-author"}) { authored(search: $search) { nodes { title } } }
      people(where: {slug: {eq: "rita-reviewer"}}) {
        nodes { reviewed(search: $search) { nodes { title } } }
      }
    }
    """
    data = await api.data(query, search="with*")
    both = [{"title": "Without"}, {"title": "Within"}]
    assert data["entries"]["nodes"] == both
    assert data["person"]["authored"]["nodes"] == both
    assert data["people"]["nodes"][0]["reviewed"]["nodes"] == both
    for each in ("categories", "tags"):
        assert data[each]["nodes"][0]["entries"]["nodes"] == [{"title": "Within"}]
    assert len(api.reader.statements) == 1


@pytest.mark.usefixtures("few")
async def test_pages_follow_the_ranks(api: Api) -> None:
    for number in range(7):
        await api.newsroom.published(
            title=f"{'Word ' * (number % 3 + 1)}", slug=f"n{number}", body="A word, or two."
        )
    found = (await api.data(FIND, search="word"))["articles"]
    every = [edge["node"]["slug"] for edge in found["edges"]]
    assert len(every) == 7
    query = """
    query ($first: Int, $after: String, $last: Int, $before: String) {
      articles(search: "word", first: $first, after: $after, last: $last, before: $before) {
        nodes { slug } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
    """
    forward: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await api.data(query, first=2, **cursor))["articles"]
        forward += [node["slug"] for node in page["nodes"]]
        assert page["pageInfo"]["hasPreviousPage"] is bool(cursor)
        if not page["pageInfo"]["hasNextPage"]:
            break
        if not cursor:  # what comes and goes elsewhere moves nothing
            await api.newsroom.published(title="Word word word word", slug="late", body="x")
        cursor = {"after": page["pageInfo"]["endCursor"]}
    assert forward == [*every, "late"]
    page = (await api.data(query, last=2, before=page["pageInfo"]["startCursor"]))["articles"]
    assert [node["slug"] for node in page["nodes"]] == forward[4:6]


async def test_the_cursor_of_a_search_is_none_of_the_list(api: Api) -> None:
    await write(api)
    query = 'query { articles(search: "cache") { pageInfo { endCursor } } }'
    cursor = (await api.data(query))["articles"]["pageInfo"]["endCursor"]
    with pytest.raises(RequestFailed, match="another order"):
        await api.ask("query ($c: String) { articles(after: $c) { nodes { id } } }", c=cursor)


async def test_hostile_searches_are_only_words(api: Api) -> None:
    await api.newsroom.published(title="Alpha", slug="alpha", body="Some text, one or two.")
    for search in searching.SEARCHES:
        await api.data(FIND, search=search)
        await api.data(SUGGEST, search=search)
    # The text of the statements does not depend on what is searched for.
    # A search without words is that of all.
    assert len(set(api.reader.statements)) == 3


async def test_a_search_without_terms_is_the_list(api: Api) -> None:
    await write(api)
    page = "edges { rank node { title } } totalCount"
    for search in ("", "k*", "-k* *"):
        in_fragment = await api.data(
            "query ($s: String) { ...F } fragment F on Query { "
            f"articles(search: $s) {{ {page} }} }}",
            s=search,
        )
        written = await api.data(
            f"{{ articles(search: {orjson.dumps(search).decode()}) {{ {page} }} }}"
        )
        default = await api.data(
            f'query ($s: String = "k*") {{ articles(search: $s) {{ {page} }} }}'
        )
        plain = await api.data(f"{{ articles {{ {page} }} }}")
        assert in_fragment == written == default == plain
    # The same variable as a filter is a text.
    both = (
        "query ($s: String) { articles(search: $s, where: {title: {eq: $s}}) { totalCount } "
        'suggest(search: "kv") { word } }'
    )
    assert (await api.data(both, s="k*"))["articles"]["totalCount"] == 0
    assert (await api.data(both, s="GPU"))["articles"]["totalCount"] == 1
    assert (await api.data(SUGGEST, search="")) == {"suggest": []}
    assert await api.data(SUGGEST, search="k*") == await api.data(SUGGEST, search="k")


async def test_people_find_what_they_type(api: Api) -> None:
    pages = {
        "Łódź": "A town; smørrebrød and Đà Nẵng are others. A V100 is there.",
        "Build": "docker build --no-cache, of v1.2.3-beta. It is soft\u00adware with C++17.",
        "Release": "Version 1.2.4 without a cache, in C.",
    }
    for title, body in pages.items():
        await api.newsroom.published(title=title, slug=title[-4:].strip("ź").lower(), body=body)
    for found, searches in {
        "Łódź": ["lodz", "ŁÓDŹ", "lod*", "smorrebrod", "da nang", "V10*", "town v1*"],
        "Build": [
            *("--no-cache", "docker --no-cache", "software", "soft\u00adware", "zero OR c++"),
            *("1.2.3", "v1.2.3", "v1.2.3-beta", "1.2.3*", "v1.2.3-b*", "cache -1.2.4"),
        ],
        "Release": ["cache -no", "1.2.4", "c", "cache -v1", "-lodz -1.2.3", "-v10* -v1*"],
    }.items():
        for search in searches:
            assert await titles(api, search) == [found], search
    assert await titles(api, "1.2*") == await titles(api, "1.2") != []
    data = await api.data(SUGGEST, search="lod")
    assert [each["word"] for each in data["suggest"]] == ["łódź"]
    data = await api.data(SUGGEST, search="i")
    assert {"it", "is", "in"} <= {each["word"] for each in data["suggest"]}


# --- What can be seen by whom ---


async def test_a_draft_changes_nothing_that_is_public(api: Api) -> None:
    await write(api)
    asked = [
        *((FIND, {"search": each}) for each in ("cache", "kv* OR gpu", "-gpu", "", "draftword")),
        *((SUGGEST, {"search": each}) for each in ("cahce", "quan gpu", "draftwrd", "d")),
    ]

    async def answers() -> list[bytes]:
        return [
            (await api.delivery.answer(GraphQLRequest(query, None, v))).body for query, v in asked
        ]

    before = await answers()
    newsroom = api.newsroom
    head = await newsroom.draft(title="Cache draftword", slug="new", body="cache " * 20)
    await newsroom.save(head, title="Cache GPU draftword", slug="new", body="cache " * 40)
    live = await newsroom.published(title="Elsewhere", slug="elsewhere", body="Nothing of it.")
    await newsroom.unpublish(live)
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await work.session.scalar(
            select(Address.entry_id).where(Address.path == "/articles/gpu")
        )
        base = await work.session.scalar(
            select(Publication.revision_id).where(Publication.entry_id == entry_id)
        )
        assert entry_id is not None
        assert base is not None
        saved = await autosave_entry(
            work, entry_id, Changes(title="Draftword", summary="cache cache"), base_revision=base
        )
        await autosave_entry(
            work, entry_id, Changes(title="Other"), base_revision=saved.revision.id
        )
    assert await answers() == before


@pytest.mark.usefixtures("few")
async def test_a_search_is_of_what_the_view_shows(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="Early words", slug="page")
    (first,) = await newsroom.publish(head)
    second = await newsroom.save(head, title="Later words", slug="page")
    await newsroom.publish(second)
    third = await newsroom.save(second, title="Future words", slug="page")
    editor = Visitor(scopes=(ContentScope(),))
    past = f'@view(position: "{await token_at(newsroom.database, first.position)}")'
    drafts = "@view(perspective: DRAFT)"
    seen = ((past, editor, "Early"), ("", editor, "Later"), (drafts, editor, "Future"))
    for view, visitor, title in (*seen, ("", Visitor(preview=third.id), "Future")):
        for word in ("Early", "Later", "Future"):
            query = f'query {view} {{ articles(search: "{word} words") {{ nodes {{ title }} }} }}'
            answer = (await api.delivery.answer(GraphQLRequest(query, None, {}), visitor)).body
            found = [node["title"] for node in orjson.loads(answer)["data"]["articles"]["nodes"]]
            assert found == ([f"{title} words"] if word == title else [])


async def test_what_is_withdrawn_is_neither_found_nor_suggested(api: Api) -> None:
    before = await grams(api.newsroom.database)
    page = await api.newsroom.published(title="Kubernetes", slug="kubernetes")
    assert await titles(api, "kubernetes") == ["Kubernetes"]
    assert await suggested(api, "kubrnetes") == ["kubernetes"]
    await api.newsroom.unpublish(page)
    assert await titles(api, "kubernetes") == []
    assert await suggested(api, "kubrnetes") == []
    assert await grams(api.newsroom.database) == before


async def grams(database: Database) -> set[tuple[str, str, str]]:
    """Return the grams of all words that can be suggested."""
    async with database.reading() as session:
        found = await session.scalars(select(SearchGram))
        return {(each.locale, each.word, each.gram) for each in found}


# --- Suggestions ---


async def suggested(api: Api, search: str) -> list[str]:
    return [each["word"] for each in (await api.data(SUGGEST, search=search))["suggest"]]


async def test_suggestions_forgive_typing_errors_and_go_on_with_beginnings(api: Api) -> None:
    await api.newsroom.published(title="Kubernetes cluster", slug="a", body="A cache. Größe.")
    await api.newsroom.published(title="Clusters", slug="b", body="Kubernetes again.")
    assert (await suggested(api, "kuberntes"))[0] == "kubernetes"
    assert (await suggested(api, "cahce"))[0] == "cache"
    assert (await suggested(api, "clu"))[:2] == ["cluster", "clusters"]
    assert (await suggested(api, "GROSE"))[0] == "größe"
    assert await suggested(api, "zzzz") == []
    assert await suggested(api, "") == []
    data = await api.data(SUGGEST, search="Kubernetes")
    assert data["suggest"][0] == {
        "typed": "kubernetes",
        "word": "kubernetes",
        "score": 1.0,
        "editionCount": 2,
    }


async def test_so_many_are_suggested_as_were_asked_for(api: Api) -> None:
    body = " ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    await api.newsroom.published(title="Words", slug="words", body=body)
    query = 'query ($first: Int) { suggest(search: "word", first: $first) { word } }'
    for first, expected in ((None, 5), (0, 0), (1, 1), (20, 20)):
        assert len((await api.data(query, first=first))["suggest"]) == expected
    for wrong in (-1, 21):
        (error,) = await api.refused(query, {"first": wrong})
        assert error.extensions == {"code": "BAD_USER_INPUT"}


async def test_words_are_of_the_views_language(api: Api) -> None:
    await api.newsroom.published(title="Kubernetes", slug="kubernetes")
    query = """
    query ($search: String!) @view(locale: DE, fallbackLocales: []) {
      suggest(search: $search) { word }
    }
    """
    assert (await api.data(query, search="kubernetes"))["suggest"] == []


# --- The index ---


async def stored(database: Database) -> list[Any]:
    """Return all that derives from content, but for the numbers of rows."""
    kept = []
    async with database.reading() as session:
        for table in (Rendition, SearchDocument, SearchWord, SearchGram):
            columns = [each for each in table.__table__.c if each.name != "id"]
            rows = await session.execute(select(*columns))
            kept.append(sorted(map(repr, rows)))
    return kept


async def test_what_derives_can_be_made_anew(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(api)
    database = api.newsroom.database
    await api.newsroom.draft(title="A draft", slug="draft")
    before, found = await stored(database), await api.data(FIND, search="cache OR gross*")
    async with database.transaction() as session:
        await session.execute(delete(SearchWord))
        await session.execute(delete(SearchDocument))
        await session.execute(delete(Rendition))
    assert (await api.data(FIND, search="cache"))["articles"]["edges"] == []
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    monkeypatch.setenv("COPYDESK_SITE", "tests.sites:SITE")
    async with database.reading() as session:
        count = await session.scalar(select(func.count()).select_from(Revision))
    done = await asyncio.to_thread(CliRunner().invoke, main, ["rebuild"])
    assert (done.output, done.stderr) == (f"Rebuilt {count} revisions.\n", "")
    assert await stored(database) == before
    assert await api.data(FIND, search="cache OR gross*") == found
    done = await asyncio.to_thread(CliRunner().invoke, main, ["rebuild", "--outdated"])
    assert done.output == "Rebuilt 0 revisions.\n"
    assert await stored(database) == before


async def test_an_autosave_that_is_gone_is_not_indexed(api: Api) -> None:
    newsroom = api.newsroom
    before = await indexed(newsroom.database)
    head = await newsroom.draft(title="A page", slug="page")
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        one = await autosave_entry(work, entry_id, Changes(title="One"), base_revision=head.id)
        two = await autosave_entry(
            work, entry_id, Changes(title="Two"), base_revision=one.revision.id
        )
    assert await indexed(newsroom.database) - before == {head.id, two.revision.id}


async def indexed(database: Database) -> set[str]:
    """Return the revisions that are found."""
    async with database.reading() as session:
        return set(await session.scalars(select(SearchDocument.revision_id)))


def test_only_entries_are_searched(schema: GraphQLSchema) -> None:
    entries = {*(f"{name}Connection" for name in SITE.content_types), "EntryConnection"}
    for type_ in schema.type_map.values():
        for field in getattr(type_, "fields", {}).values():
            connection = str(getattr(field, "type", "")).rstrip("!")
            if connection.endswith("Connection"):
                assert ("search" in field.args) is (connection in entries)
