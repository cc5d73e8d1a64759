"""Texts with directives are validated when they are saved, and reviewers see what is lost."""

from __future__ import annotations

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Block, Integer, Markdown, Text
from cms.copydesk import desk_of
from cms.site import Site
from graphql_api.management import Management
from tests.builders import Newsroom
from tests.changing import Changing
from tests.graphql_api.conftest import CountingReader, Desk, api_of
from tests.schemas import management_schema_of


class Hint(Block):
    """Words apart."""

    title = Text(required=True)
    level = Integer(most=3)


class Article(ContentType, path="/articles/{slug}"):
    """An article with hints."""

    body = Markdown(required=True, directives=(Hint,))


SITE = Site("S", content_types=(Article,), url="https://example.com")
WARNINGS = """query($id: ID!, $revision: ID) {
  warnings(entryId: $id, revisionId: $revision) { code message path }
}"""


async def desk_of_hints(newsroom: Newsroom) -> Desk:
    """Return the management API of the site, migrated to it."""
    await Changing(newsroom).migrate(SITE)
    reader = CountingReader(newsroom.database.reader)
    newsroom.database.reader = reader
    management = Management(
        desk_of(newsroom.database, newsroom.site), management_schema_of(newsroom.site)
    )
    return Desk(newsroom, management, reader)


async def test_errors_in_directives_are_refused_with_their_places(newsroom: Newsroom) -> None:
    desk = await desk_of_hints(newsroom)
    values = {"title": "T", "body": "a\n\n:::hint{level=9 x=1}\nb\n:::"}
    errors = await desk.refusals(newsroom.author, "createArticle", values=values)
    assert [(each["code"], each["path"], each["message"]) for each in errors] == [
        ("INVALID_VALUE", ["input", "values", "body"], message)
        for message in (
            "line 3, column 9: level: expected at most 3",
            "line 3, column 17: hint has no attribute 'x'; use one of title, level",
        )
    ]


async def test_what_a_directive_lacks_prevents_publication(newsroom: Newsroom) -> None:
    desk = await desk_of_hints(newsroom)
    draft = await desk.article(title="T", body="a :hint[b]")
    codes = await desk.codes(
        newsroom.publisher, "publishEntry", entryId=draft.entry, revisionId=draft.revision
    )
    assert codes == ["MISSING_SIGN_OFF", "MISSING_FIELD"]


@pytest.mark.parametrize(
    ("title", "body", "missing"),
    [
        ("\u200b", "a", ["title", "slug"]),
        ("!\u2060", "a", ["title", "slug"]),
        ("T", "<!-- a -->", ["body"]),
        ("T", "---\n\n&nbsp;", ["body"]),
        ("T", "<script>a</script>", ["body"]),
        ("T", "\u200b", ["body"]),
        ("T", "![](/a.png)", []),
    ],
)
async def test_texts_in_which_readers_see_nothing_are_missing(
    newsroom: Newsroom, title: str, body: str, missing: list[str]
) -> None:
    desk = await desk_of_hints(newsroom)
    draft = await desk.article(title=title, body=body)
    errors = await desk.refusals(
        newsroom.publisher, "publishEntry", entryId=draft.entry, revisionId=draft.revision
    )
    found = [each["path"][-1] for each in errors if each["code"] == "MISSING_FIELD"]
    assert found == missing


async def test_reviewers_see_what_readers_do_not_get(newsroom: Newsroom) -> None:
    desk = await desk_of_hints(newsroom)
    body = "a\n\n<iframe></iframe>\n\n<!-- to do -->\n\n[b](/nowhere)\n\n[c]: /d"
    draft = await desk.article(title="T", body=body)
    data = await desk.data(newsroom.reviewers[0], WARNINGS, id=draft.entry)
    assert [(each["code"], each["path"]) for each in data["warnings"]] == [
        (code, ["body"])
        for code in ("REMOVED_ELEMENT", "REMOVED_COMMENT", "UNUSED_DEFINITION", "LINK_TO_NOTHING")
    ]
    assert data["warnings"][0]["message"].startswith("line 3: <iframe> is not allowed")
    await desk.update(draft, body="a")
    data = await desk.data(newsroom.reviewers[0], WARNINGS, id=draft.entry)
    assert data["warnings"] == []
    data = await desk.data(newsroom.reviewers[0], WARNINGS, id=draft.entry, revision=draft.revision)
    assert len(data["warnings"]) == 4


async def test_links_of_all_forms_lead_to_entries_and_follow_them(newsroom: Newsroom) -> None:
    desk = await desk_of_hints(newsroom)
    target = await desk.article(
        title="Target", slug="target", body="## x {#own}\n\ny[^1]\n\n[^1]: z"
    )
    await desk.publish(target)
    body = (
        "[a][t] https://example.com/articles/target#own :hint[[b](target)]{title=c}\n\n"
        ":::hint{title=d}\n[e](/articles/target?f=1)\n:::\n\ng[^1]\n\n"
        "[^1]: [h](/articles/target#fn-1)\n\n[t]: /articles/target"
    )
    page = await desk.article(title="Page", slug="page", body=body)
    await desk.publish(page)
    moved = await desk.update(target, slug="moved")
    await desk.publish(moved)
    api = api_of(newsroom.site, newsroom)
    data = await api.data(
        """{ article(by: {path: "/articles/page"}) { body { html links {
          label target { __typename ... on Article { path } } } } } }"""
    )
    links = data["article"]["body"]["links"]
    assert {each["target"]["path"] for each in links} == {"/articles/moved"}
    assert [each["label"] for each in links] == [
        *("a", "https://example.com/articles/target#own", "b", "e", "h")
    ]
    assert data["article"]["body"]["html"].count('href="/articles/moved') == 5


async def test_footnotes_and_directives_are_searched_by_their_words(newsroom: Newsroom) -> None:
    desk = await desk_of_hints(newsroom)
    body = "a[^1] :hint[within]{title=Overhead}\n\n[^1]: below\n\nTerm\n: meaning"
    body += "\n\n> [!tip] Aside\n> b"
    await desk.publish(await desk.article(title="T", body=body))
    api = api_of(newsroom.site, newsroom)
    for word in ("within", "overhead", "below", "meaning", "aside"):
        data = await api.data(f'{{ articles(search: "{word}") {{ totalCount }} }}')
        assert data == {"articles": {"totalCount": 1}}, word
