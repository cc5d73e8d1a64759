"""What was is read as what is: revisions, differences, whose each paragraph is."""

from __future__ import annotations

from typing import Any

from tests.graphql_api.articles import everything
from tests.graphql_api.conftest import Desk, Draft

REVISIONS = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  entry(by: {id: $id}) {
    revisions(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes { number note account { email } author { name } entry { title } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}"""


async def page(desk: Desk, draft: Draft, **arguments: Any) -> Any:
    data = await desk.data(desk.newsroom.author, REVISIONS, id=draft.entry, **arguments)
    return data["entry"]["revisions"]


def numbers(revisions: Any) -> list[int]:
    return [node["number"] for node in revisions["nodes"]]


async def test_revisions_come_in_pages_the_newest_first(desk: Desk) -> None:
    draft = first = await desk.article(title="T1")
    for number in range(2, 6):
        actor = desk.newsroom.second_author if number == 3 else None
        draft = await desk.update(draft, actor, title=f"T{number}")
    whole = await page(desk, first)
    assert whole["totalCount"] == 5
    assert [each["entry"]["title"] for each in whole["nodes"]] == ["T5", "T4", "T3", "T2", "T1"]
    assert whole["nodes"][2] == {
        "number": 3,
        "note": "",
        "account": {"email": "abe.author@example.org"},
        "author": {"name": "Abe Author"},
        "entry": {"title": "T3"},
    }
    newest = await page(desk, first, first=2)
    assert numbers(newest) == [5, 4]
    assert newest["pageInfo"]["hasNextPage"]
    # A write between two pages moves nothing to another page.
    await desk.update(draft, title="T6")
    following = await page(desk, first, first=2, after=newest["pageInfo"]["endCursor"])
    assert numbers(following) == [3, 2]
    end = await page(desk, first, first=2, after=following["pageInfo"]["endCursor"])
    assert numbers(end) == [1]
    assert not end["pageInfo"]["hasNextPage"]
    back = await page(desk, first, last=2, before=end["pageInfo"]["startCursor"])
    assert numbers(back) == [3, 2]
    assert (await page(desk, first, first=0))["totalCount"] == 6


OLD = """query($id: ID!) { revision(id: $id) { number digest entry {
  id title path ... on Article {
    body { html } sections { heading anchor body { html } } level byline { name }
    steps { title see { label target { ... on Article { title } } } }
    related { label url target { ... on Article { title path } } }
    about { title } category { name } tags { name }
    links { totalCount nodes { kind label } } linkGroups { kind links { label } }
  }
} } }"""


async def test_an_old_revision_is_read_like_the_entry_itself(desk: Desk) -> None:
    newsroom = desk.newsroom
    other = await desk.article(title="Other", slug="other")
    category = await newsroom.category("Basics")
    values = everything(other.entry) | {"category": category.id, "tags": ["Fast"]}
    old = await desk.article(**values)
    emptied = dict.fromkeys(("category", "tags", "sections", "steps", "related", "about", "level"))
    await desk.update(old, title="New", slug="new", body="New.", sources=[], **emptied)
    data = await desk.data(newsroom.author, OLD, id=old.revision)
    assert data["revision"]["number"] == 1
    assert data["revision"]["digest"] == old.digest
    assert data["revision"]["entry"] == {
        "id": old.entry,
        "title": "Everything",
        "path": "/articles/everything",
        "body": {"html": "<p>Some <em>text</em>.</p>"},
        "sections": [
            {"heading": "One", "anchor": "one", "body": {"html": "<p>First.</p>"}},
            {"heading": "Two", "anchor": "two", "body": {"html": "<p>Second.</p>"}},
        ],
        "level": "HARD",
        "byline": {"name": "Ada"},
        "steps": [{"title": "Begin", "see": [{"label": "there", "target": {"title": "Other"}}]}],
        "related": [
            {
                "label": "Other",
                "url": "/articles/other",
                "target": {"title": "Other", "path": "/articles/other"},
            }
        ],
        "about": {"title": "Other"},
        "category": {"name": "Basics"},
        "tags": [{"name": "Fast"}],
        "links": {
            "totalCount": 3,
            "nodes": [
                {"kind": "RELATED", "label": "Other"},
                {"kind": "SOURCE", "label": "Example"},
                {"kind": "STEP", "label": "there"},
            ],
        },
        "linkGroups": [
            {"kind": "STEP", "links": [{"label": "there"}]},
            {"kind": "RELATED", "links": [{"label": "Other"}]},
            {"kind": "SOURCE", "links": [{"label": "Example"}]},
        ],
    }


COMPARE = """query($old: ID!, $new: ID!) {
  compareRevisions(fromRevisionId: $old, toRevisionId: $new) {
    isEmpty isMaterial html
    changes { kind path oldPath label old new words { operation text } }
    links { kind old new }
  }
}"""


async def test_two_revisions_are_compared(desk: Desk) -> None:
    author = desk.newsroom.author
    other = await desk.article(title="Other", slug="other")
    sections = [{"heading": "One", "body": "First."}, {"heading": "Two", "body": "Second."}]
    old = await desk.article(
        body="One two.", sections=sections, related=[{"href": other.entry, "label": "before"}]
    )
    new = await desk.update(
        old,
        body="One three.",
        sections=[*reversed(sections), {"heading": "Three", "body": "Third."}],
        subtitle="Below",
        related=[
            {"href": other.entry, "label": "after"},
            {"href": "/articles/nowhere", "label": "there"},
        ],
    )
    data = await desk.data(author, COMPARE, old=old.revision, new=new.revision)
    found = data["compareRevisions"]
    assert not found["isEmpty"]
    assert found["isMaterial"]
    changes = {".".join(each["path"]): each for each in found["changes"]}
    assert changes["body"]["kind"] == "CHANGED"
    assert {each["operation"] for each in changes["body"]["words"]} == {"SAME", "REMOVED", "ADDED"}
    assert changes["subtitle"]["kind"] == "ADDED"
    assert (changes["subtitle"]["old"], changes["subtitle"]["new"]) == (None, "Below")
    kinds = {(each["kind"], each["label"].rpartition(" \u203a ")[2]) for each in found["changes"]}
    assert ("ADDED", "Three") in kinds
    assert ("MOVED", "Two") in kinds or ("MOVED", "One") in kinds
    assert sorted(each["kind"] for each in found["links"]) == ["ADDED", "RELABELLED"]
    assert "<del>two.</del>" in found["html"]
    assert "<ins>three.</ins>" in found["html"]
    same = await desk.data(author, COMPARE, old=new.revision, new=new.revision)
    assert same["compareRevisions"] == {
        "isEmpty": True,
        "isMaterial": False,
        "html": "",
        "changes": [],
        "links": [],
    }


async def test_revisions_of_different_entries_are_not_compared(desk: Desk) -> None:
    one, other = await desk.article(title="One"), await desk.article(title="Other")
    response = await desk.ask(desk.newsroom.author, COMPARE, old=one.revision, new=other.revision)
    assert response["data"] == {"compareRevisions": None}
    (error,) = response["errors"]
    assert error["path"] == ["compareRevisions"]
    assert error["extensions"] == {"code": "NOT_FOUND"}


async def test_every_paragraph_has_its_revision_and_author(desk: Desk) -> None:
    newsroom = desk.newsroom
    first = await desk.article(body="Ada wrote this.\n\nAnd this.")
    await desk.update(
        first, newsroom.second_author, body="Ada wrote this.\n\nAbe came between.\n\nAnd this."
    )
    query = """query($id: ID!) { blame(entryId: $id) {
      path label text revision { number account { email } }
    } }"""
    data = await desk.data(newsroom.author, query, id=first.entry)
    told = [
        (each["text"], each["revision"]["number"], each["revision"]["account"]["email"])
        for each in data["blame"]
        if each["path"] == ["body"]
    ]
    assert told == [
        ("Ada wrote this.", 1, "ada.author@example.org"),
        ("Abe came between.", 2, "abe.author@example.org"),
        ("And this.", 1, "ada.author@example.org"),
    ]


async def test_what_is_public_stands_beside_the_draft(desk: Desk) -> None:
    newsroom = desk.newsroom
    draft = await desk.article(title="Public", slug="public")
    query = """query($id: ID!) { entry(by: {id: $id}) {
      title state revision { number }
      public { title path state revision { number } publishedAt ... on Article { body { html } } }
      publications { nodes { path endedAt publishedBy { email } entry { title } } }
    } }"""
    data = await desk.data(newsroom.author, query, id=draft.entry)
    assert data["entry"]["public"] is None
    assert data["entry"]["publications"]["nodes"] == []
    await desk.publish(draft)
    edited = await desk.update(draft, title="Draft", slug="draft", body="New.")
    data = await desk.data(newsroom.author, query, id=draft.entry)
    assert data["entry"]["title"] == "Draft"
    public = data["entry"]["public"]
    assert public.pop("publishedAt")
    assert public == {
        "title": "Public",
        "path": "/articles/public",
        "state": "PUBLISHED",
        "revision": {"number": 1},
        "body": {"html": "<p>Some <em>text</em>.</p>"},
    }
    await desk.publish(edited)
    data = await desk.data(newsroom.author, query, id=draft.entry)
    assert data["entry"]["public"]["title"] == "Draft"
    newest, oldest = data["entry"]["publications"]["nodes"]
    assert (newest["path"], newest["endedAt"]) == ("/articles/draft", None)
    assert newest["publishedBy"] == {"email": "pia.publisher@example.org"}
    assert oldest["path"] == "/articles/public"
    assert oldest["endedAt"]
    assert oldest["entry"] == {"title": "Public"}
