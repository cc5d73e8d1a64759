"""Tags are the words of the revisions that a view shows."""

from __future__ import annotations

from typing import Any

from cms.reading.view import EVERYTHING, ContentScope
from graphql_api.delivery import Visitor
from tests.graphql_api.conftest import Api, Desk, api_of
from tests.graphql_api.schema.delivery.test_views import FALLING, both, in_german
from tests.positions import token_at

TAGS = "tags { totalCount nodes { name slug } }"
EDITOR = Visitor(scopes=EVERYTHING)


def words(data: Any) -> list[str]:
    """Return the words of a list of tags."""
    tags = data["tags"]
    assert tags["totalCount"] == len(tags["nodes"])
    return [node["name"] for node in tags["nodes"]]


async def seen(api: Api, arguments: str) -> list[str]:
    """Return the words that a view shows, by the directive and by the root field."""
    return words(await both(api, arguments, TAGS))


async def test_a_word_is_listed_while_a_public_page_has_it(api: Api) -> None:
    newsroom, database = api.newsroom, api.newsroom.database
    first = await newsroom.draft(slug="one", tags=["Old", "Stays"])
    assert words(await api.data(f"{{ {TAGS} }}")) == []
    (before,) = await newsroom.publish(first)
    second = await newsroom.save(first, slug="one", tags=["New", "Stays"])
    assert words(await api.data(f"{{ {TAGS} }}")) == ["Old", "Stays"]
    assert await seen(api, "perspective: DRAFT") == ["New", "Stays"]
    (after,) = await newsroom.publish(second)
    assert words(await api.data(f"{{ {TAGS} }}")) == ["New", "Stays"]
    ended = await newsroom.unpublish(after)
    assert words(await api.data(f"{{ {TAGS} }}")) == []
    for publication, expected in ((before, ["Old", "Stays"]), (after, ["New", "Stays"])):
        assert await seen(api, f'asOf: "{publication.published_at.isoformat()}"') == expected
        assert (
            await seen(api, f'position: "{await token_at(database, publication.position)}"')
            == expected
        )
    assert await seen(api, f'position: "{await token_at(database, ended.ended_position)}"') == []


async def test_a_word_of_a_draft_is_nowhere_in_the_published_view(api: Api) -> None:
    head = await api.newsroom.draft(slug="one", tags=["Public"])
    await api.newsroom.publish(head)
    query = """{
      tags { totalCount nodes { name slug entries { totalCount } } edges { cursor } }
      tag(by: {slug: "secret"}) { name }
      entries(where: {tags: {some: {name: {contains: "Secret"}}}}) { totalCount }
      articles { facets(fields: [tags]) { value count } nodes { tags { slug name } } }
    }"""
    before = await api.data(query)
    await api.newsroom.save(head, slug="one", tags=["Secret", "PUBLIC"])
    await api.newsroom.draft(slug="two", tags=["Secret", "PUBLIC"])
    assert await api.data(query) == before
    assert before["tag"] is None


async def test_a_tag_of_several_spellings_is_listed_as_the_newest_page_writes_it(api: Api) -> None:
    spellings = ("Größe", "größe", "größe", "lora", "Lora", "LoRA")
    for number, word in enumerate(spellings):
        await api.newsroom.published(slug=f"page-{number}", tags=[word])
    data = await api.data(
        """{
          tags { nodes { slug name entries(orderBy: [path_ASC]) {
            totalCount nodes { tags { name entries { totalCount } } }
          } } }
          tag(by: {slug: "lora"}) { name }
          articles { facets(fields: [tags]) { value count } }
        }"""
    )
    large, lora = data["tags"]["nodes"]
    assert (large["slug"], large["name"], lora["name"]) == ("grosse", "größe", "LoRA")
    assert [node["tags"] for node in large["entries"]["nodes"]] == [
        [{"name": word, "entries": {"totalCount": 3}}] for word in spellings[:3]
    ]
    assert data["tag"] == {"name": "LoRA"}
    assert data["articles"]["facets"] == [
        {"value": "grosse", "count": 3},
        {"value": "lora", "count": 3},
    ]
    assert len(api.reader.statements) == 1


async def test_each_edition_has_its_own_words(api: Api) -> None:
    head = await api.newsroom.draft(slug="size", tags=["Size"])
    await api.newsroom.publish(head)
    await in_german(api, head, slug="groesse", tags=["Größe"])
    await api.newsroom.published(slug="english-only", tags=["Only"])
    assert await seen(api, "locale: EN") == ["Only", "Size"]
    assert await seen(api, "locale: DE") == ["Größe"]
    assert await seen(api_of(FALLING, api.newsroom), "locale: DE") == ["Größe", "Only"]
    query = (
        '{ entry(by: {path: "/articles/size"}) { tags { name } translations { tags { name } } } }'
    )
    assert (await api.data(query))["entry"] == {
        "tags": [{"name": "Size"}],
        "translations": [{"tags": [{"name": "Größe"}]}],
    }


async def test_a_right_to_a_part_shows_the_words_of_that_part(api: Api) -> None:
    await api.newsroom.draft("Note", slug="note", text="x", tags=["Seen"])
    await api.newsroom.draft(slug="article", tags=["Secret", "SEEN"])
    notes = Visitor(scopes=(ContentScope(content_type="Note"),))
    assert words(await both(api, "perspective: DRAFT", TAGS, notes)) == ["Seen"]
    assert await seen(api, "perspective: DRAFT") == ["Secret", "SEEN"]


async def test_tags_are_filtered_ordered_and_paged(api: Api) -> None:
    await api.newsroom.published(slug="one", tags=["b", "A", "c", "D"])
    query = """query($after: String) {
      page: tags(first: 2, after: $after) { nodes { name } pageInfo { endCursor hasNextPage } }
      back: tags(orderBy: [slug_DESC], where: {name: {ne: "A"}}) { nodes { name } }
    }"""
    first = await api.data(query)
    assert [node["name"] for node in first["page"]["nodes"]] == ["A", "b"]
    assert [node["name"] for node in first["back"]["nodes"]] == ["D", "c", "b"]
    # The cursor stays valid when the words have changed.
    await api.newsroom.published(slug="two", tags=["Aa", "ca"])
    second = await api.data(query, after=first["page"]["pageInfo"]["endCursor"])
    assert [node["name"] for node in second["page"]["nodes"]] == ["c", "ca"]


async def test_editors_tag_with_words(desk: Desk) -> None:
    author = desk.newsroom.author
    draft = await desk.article(title="T", slug="t", tags=["Fine-tuning", "fine tuning", " größe "])
    node = {"entry": {"tags": [{"name": "Fine-tuning"}, {"name": "größe"}]}}
    data = await desk.data(
        author, "query($id: ID!) { entry(by: {id: $id}) { tags { name } } }", id=draft.entry
    )
    assert data == node
    given = {"entryId": draft.entry, "baseRevision": draft.revision}
    (error,) = await desk.refusals(author, "tagEntry", **given, tags=["ok", "?"])
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["input", "tags", "1"])
    tagged = await desk.do(author, "tagEntry", "entry { tags { slug } }", **given, tags=["New"])
    assert tagged["entry"]["tags"] == [{"slug": "new"}]
