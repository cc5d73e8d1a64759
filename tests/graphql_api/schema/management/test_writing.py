"""Editors write through typed mutations; what does not fit is said where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql_api.articles import ALL, everything, shown
from tests.graphql_api.conftest import Desk, draft_from


async def test_every_kind_of_field_is_written_and_read(desk: Desk) -> None:
    newsroom = desk.newsroom
    other = await desk.article(title="Other")
    category = await newsroom.category("Basics")
    values = everything(other.entry) | {"category": category.id, "tags": ["Fast"]}
    payload = await desk.do(
        newsroom.author, "createArticle", ALL + " warnings { code }", values=values, note="First."
    )
    assert payload["entry"] == shown("Basics", ["Fast"])
    assert payload["warnings"] == []
    assert payload["revision"]["number"] == 1
    assert payload["revision"]["note"] == "First."


async def test_an_update_leaves_the_rest_and_null_empties(desk: Desk) -> None:
    author = desk.newsroom.author
    other = await desk.article(title="Other")
    draft = await desk.article(**everything(other.entry))
    changed = await desk.update(draft, subtitle="Lower", byline={"name": "Bea"})
    payload = await desk.do(
        author,
        "updateArticle",
        ALL,
        entryId=draft.entry,
        baseRevision=changed.revision,
        values={},
    )
    assert payload["revision"]["id"] == changed.revision  # nothing is different, nothing is saved
    expected = shown(None, []) | {"subtitle": "Lower", "byline": {"name": "Bea", "year": None}}
    assert payload["entry"] == expected
    emptied = ("subtitle", "rating", "isFree", "issuedOn", "level", "byline", "about", "body")
    lists = ("sections", "aliases", "steps", "related", "sources", "tags")
    payload = await desk.do(
        author,
        "updateArticle",
        ALL,
        entryId=draft.entry,
        baseRevision=changed.revision,
        values=dict.fromkeys((*emptied, *lists, "summary", "category", "slug")),
    )
    expected |= dict.fromkeys(emptied) | {name: [] for name in lists} | {"summary": ""}
    assert payload["entry"] == expected


async def test_a_draft_may_lack_what_a_page_needs(desk: Desk) -> None:
    author = desk.newsroom.author
    payload = await desk.do(
        author,
        "createArticle",
        "entry { title body { html } byline { name year } steps { title } sections { heading } }",
        values={"title": "Only begun", "byline": {"year": 1843}, "steps": [{"body": "x"}]},
    )
    assert payload["entry"] == {
        "title": "Only begun",
        "body": None,
        "byline": {"name": None, "year": 1843},
        "steps": [{"title": None}],
        "sections": [],
    }
    await desk.do(author, "createNote", values={"title": "A note"})
    data = await desk.data(author, "{ notes { nodes { title text } } }")
    assert data["notes"]["nodes"] == [{"title": "A note", "text": None}]


async def test_a_link_to_nothing_is_saved_with_a_warning(desk: Desk) -> None:
    values = {
        "title": "Page",
        "body": "[a](later) [b](https://example.org/later)",
        "steps": [{"title": "t", "see": [{"href": "/articles/never"}]}],
    }
    made = await desk.do(
        desk.newsroom.author, "createArticle", "warnings { code path message }", values=values
    )
    found = {".".join(each["path"]): each for each in made["warnings"]}
    assert {each["code"] for each in made["warnings"]} == {"LINK_TO_NOTHING"}
    assert found.keys() == {"input.values.body", "input.values.steps.0.see.0"}
    message = found["input.values.body"]["message"]
    assert message.startswith("the link leads to /articles/later, where there is no page")


@pytest.mark.parametrize("verb", ["create", "update"])
async def test_every_error_says_where_in_the_input_it_is(desk: Desk, verb: str) -> None:
    note = (await desk.do(desk.newsroom.author, "createNote", "entry { id }", values={}))["entry"]
    wrong = {
        "title": "t" * 301,
        "slug": "No Slug",
        "subtitle": "s" * 51,
        "rating": 6,
        "category": "cat_unknown",
        "sections": [{"heading": "h" * 201, "body": "x"}],
        "steps": [{"title": "\x07"}, {"title": "t", "see": [{"href": "javascript:x"}]}],
        "related": [{"href": "https://example.org/"}],
        "translatedFrom": note["id"],
    }
    if verb == "create":
        given: dict[str, Any] = {"values": wrong}
    else:
        draft = await desk.article()
        given = {"entryId": draft.entry, "baseRevision": draft.revision, "values": wrong}
    errors = await desk.refusals(desk.newsroom.author, f"{verb}Article", **given)
    assert {each["code"] for each in errors} == {"INVALID_VALUE"}
    assert {".".join(each["path"]) for each in errors} == {
        "input.values.title",
        "input.values.slug",
        "input.values.subtitle",
        "input.values.rating",
        "input.values.category",
        "input.values.sections.0.heading",
        "input.values.steps.0.title",
        "input.values.steps.1.see.0.href",
        "input.values.related.0",
        "input.values.translatedFrom",
    }
    messages = {".".join(each["path"]): each["message"] for each in errors}
    assert "U+0007" in messages["input.values.steps.0.title"]
    assert "301 characters; at most 300" in messages["input.values.title"]
    data = await desk.data(
        desk.newsroom.author, "{ articles { nodes { title } } notes { totalCount } }"
    )
    assert data["articles"]["nodes"] == ([] if verb == "create" else [{"title": "A title"}])


@pytest.mark.parametrize(
    ("name", "given", "path"),
    [
        ("createArticle", {"values": {"title": "x"}, "note": "\0"}, "input.note"),
        ("createArticle", {"values": {"title": "x"}, "note": "n" * 10_001}, "input.note"),
        ("createArticle", {"values": {"title": "x\0"}}, "input.values.title"),
        ("createCategory", {"values": {"name": "a\0b"}}, "input.values.name"),
        ("createCategory", {"values": {"name": "a\x1bb"}}, "input.values.name"),
        ("createCategory", {"values": {"name": "t" * 10_001}}, "input.values.name"),
        (
            "createPerson",
            {"values": {"name": "a", "profiles": [{"name": "\0", "url": "https://x.example"}]}},
            "input.values.profiles.0.name",
        ),
        ("archiveEntry", {"entryId": "\0"}, "input.entryId"),
        ("createArticle", {"values": {"category": "\0"}}, "input.values.category"),
        ("createArticle", {"values": {"tags": ["\0"]}}, "input.values.tags.0"),
        (
            "createCategory",
            {"values": {"name": "a"}, "clientMutationId": "\0"},
            "input.clientMutationId",
        ),
        (
            "createCategory",
            {"values": {"name": "a"}, "clientMutationId": ""},
            "input.clientMutationId",
        ),
    ],
)
async def test_what_cannot_be_stored_or_is_too_long_is_refused(
    desk: Desk, name: str, given: dict[str, Any], path: str
) -> None:
    (error,) = await desk.refusals(desk.newsroom.administrator, name, **given)
    assert (error["code"], ".".join(error["path"])) == ("INVALID_VALUE", path)


async def test_an_author_learns_what_was_removed_from_markdown(desk: Desk) -> None:
    values = {
        "title": "Raw",
        "body": "<script>alert(1)</script>\n\n<p onclick='x'>Hello</p> <!-- not shown -->",
        "sections": [{"heading": "H", "body": "<a href='javascript:x'>y</a>"}],
        "steps": [{"title": "t", "body": "Clean."}, {"title": "u", "body": "<iframe></iframe>"}],
    }
    payload = await desk.do(
        desk.newsroom.author,
        "createArticle",
        "entry { id body { html } } revision { id digest } warnings { code message path }",
        values=values,
    )
    assert payload["entry"]["body"] == {"html": "<p>Hello</p>"}
    told = [(each["code"], ".".join(each["path"])) for each in payload["warnings"]]
    assert told == [
        ("REMOVED_ELEMENT", "input.values.body"),
        ("REMOVED_ATTRIBUTE", "input.values.body"),
        ("REMOVED_COMMENT", "input.values.body"),
        ("REMOVED_ADDRESS", "input.values.sections.0.body"),
        ("REMOVED_ELEMENT", "input.values.steps.1.body"),
    ]
    messages = [each["message"] for each in payload["warnings"]]
    for words, message in zip(
        ("<script>", "onclick", "'not shown'", "javascript:x", "<iframe>"), messages, strict=True
    ):
        assert words in message
    draft = draft_from(payload)
    mended = await desk.do(
        desk.newsroom.author,
        "updateArticle",
        "warnings { path }",
        entryId=draft.entry,
        baseRevision=draft.revision,
        values={"body": "Hello", "sections": []},
    )
    assert [each["path"] for each in mended["warnings"]] == [
        ["input", "values", "steps", "1", "body"]
    ]


async def test_entries_are_copied_put_away_and_deleted(desk: Desk) -> None:
    newsroom, author = desk.newsroom, desk.newsroom.author
    draft = await desk.article(title="One", slug="one", subtitle="s")
    copied = await desk.do(
        author,
        "duplicateEntry",
        "entry { id slug title ... on Article { subtitle } } revision { id digest number }",
        entryId=draft.entry,
    )
    copy = draft_from(copied)
    assert copied["entry"] == {
        "id": copy.entry,
        "slug": "one-copy",
        "title": "One",
        "subtitle": "s",
    }
    assert copy.entry != draft.entry
    archived = await desk.do(
        newsroom.publisher, "archiveEntry", "entry { state archivedAt }", entryId=draft.entry
    )
    assert archived["entry"]["state"] == "ARCHIVED"
    assert archived["entry"]["archivedAt"]
    refused = {"entryId": draft.entry, "baseRevision": draft.revision}
    assert await desk.codes(author, "updateArticle", **refused, values={}) == ["ARCHIVED"]
    assert await desk.codes(author, "requestReview", **refused) == ["ARCHIVED"]
    back = await desk.do(
        newsroom.publisher, "unarchiveEntry", "entry { state archivedAt }", entryId=draft.entry
    )
    assert back["entry"] == {"state": "DRAFT", "archivedAt": None}
    deleted = await desk.do(author, "deleteEntry", "deleted", entryId=draft.entry)
    assert deleted["deleted"] == draft.entry
    data = await desk.data(author, "{ entries { nodes { id } } }")
    assert data["entries"]["nodes"] == [{"id": copy.entry}]
    await desk.publish(copy)
    assert await desk.codes(newsroom.publisher, "archiveEntry", entryId=copy.entry) == [
        "STILL_PUBLIC"
    ]
    assert await desk.codes(newsroom.administrator, "deleteEntry", entryId=copy.entry) == [
        "HAS_HISTORY"
    ]


async def test_what_others_lead_to_is_not_deleted(desk: Desk) -> None:
    target = await desk.article(title="Target")
    await desk.article(title="Source", related=[{"href": target.entry}])
    assert await desk.codes(desk.newsroom.author, "deleteEntry", entryId=target.entry) == [
        "STILL_LINKED"
    ]


async def test_entries_are_moved_and_tagged(desk: Desk) -> None:
    newsroom, author = desk.newsroom, desk.newsroom.author
    category = await newsroom.category("Basics")
    draft = await desk.article()
    selection = "entry { id category { treePath } tags { slug } } revision { id digest number }"
    moved = await desk.do(
        author,
        "moveEntry",
        selection,
        entryId=draft.entry,
        baseRevision=draft.revision,
        categoryId=category.id,
    )
    assert moved["entry"]["category"] == {"treePath": "basics"}
    tagged = await desk.do(
        author,
        "tagEntry",
        selection,
        entryId=draft.entry,
        baseRevision=moved["revision"]["id"],
        tags=["Fast"],
    )
    assert tagged["entry"]["category"] == {"treePath": "basics"}
    assert tagged["entry"]["tags"] == [{"slug": "fast"}]
    again = await desk.do(
        author,
        "moveEntry",
        selection,
        entryId=draft.entry,
        baseRevision=tagged["revision"]["id"],
    )
    assert again["entry"]["category"] is None
    assert again["revision"]["number"] == 4
    stale = {"entryId": draft.entry, "baseRevision": draft.revision}
    assert await desk.codes(author, "tagEntry", **stale, tags=[]) == ["STALE_REVISION"]


async def test_an_edition_in_another_language_is_begun_and_read(desk: Desk) -> None:
    author = desk.newsroom.author
    draft = await desk.article(title="Hello", slug="hello")
    begun = await desk.do(
        author,
        "addEdition",
        "entry { id title locale path } revision { id digest note }",
        entryId=draft.entry,
        locale="DE",
    )
    assert begun["entry"]["locale"] == "DE"
    german = draft_from(begun)
    assert german.entry == draft.entry
    written = await desk.do(
        author,
        "updateArticle",
        "entry { title locale editions { title locale } }",
        entryId=draft.entry,
        locale="DE",
        baseRevision=german.revision,
        values={"title": "Hallo"},
    )
    both = [{"title": "Hallo", "locale": "DE"}, {"title": "Hello", "locale": "EN"}]
    assert written["entry"]["title"] == "Hallo"
    assert sorted(written["entry"]["editions"], key=lambda each: str(each["locale"])) == both
    data = await desk.data(
        author, "query($id: ID!) { entry(by: {id: $id}) { title locale } }", id=draft.entry
    )
    assert data["entry"] == {"title": "Hello", "locale": "EN"}
    again = {"entryId": draft.entry, "locale": "DE"}
    assert await desk.codes(author, "addEdition", **again) == ["DUPLICATE_NAME"]
    # Each edition has revisions of its own.
    mixed = {"entryId": draft.entry, "baseRevision": german.revision, "values": {}}
    assert await desk.codes(author, "updateArticle", **mixed) == ["NOT_FOUND"]


async def autosave(desk: Desk, entry: str, base: str, body: str) -> Any:
    return await desk.do(
        desk.newsroom.author,
        "updateArticle",
        "revision { id number isAutosave }",
        entryId=entry,
        baseRevision=base,
        isAutosave=True,
        values={"body": body},
    )


async def test_autosaves_in_a_row_are_one_and_a_save_ends_them(desk: Desk) -> None:
    author = desk.newsroom.author
    draft = await desk.article()
    base = draft.revision
    for text in ("T", "Ty", "Typing"):
        saved = (await autosave(desk, draft.entry, base, text))["revision"]
        base = saved["id"]
    assert saved["isAutosave"]
    query = """query($id: ID!) {
      entry(by: {id: $id}) { revisions { totalCount nodes { id isAutosave content } } }
    }"""
    data = await desk.data(author, query, id=draft.entry)
    assert data["entry"]["revisions"]["totalCount"] == 2
    assert data["entry"]["revisions"]["nodes"][0]["content"]["fields"]["body"] == "Typing"
    kept = await desk.do(
        author,
        "updateArticle",
        "revision { isAutosave number }",
        entryId=draft.entry,
        baseRevision=base,
        values={},
    )
    assert not kept["revision"]["isAutosave"]


async def test_old_autosaves_are_pruned_and_nothing_else(desk: Desk) -> None:
    newsroom = desk.newsroom
    draft = await desk.article()
    first = (await autosave(desk, draft.entry, draft.revision, "One"))["revision"]["id"]
    kept = await desk.do(
        newsroom.second_author,
        "updateArticle",
        "revision { id }",
        entryId=draft.entry,
        baseRevision=first,
        values={"body": "Two"},
    )
    given = {"entryId": draft.entry, "olderThanDays": 0}
    pruned = await desk.do(newsroom.administrator, "pruneAutosaves", "pruned", **given)
    assert pruned["pruned"] == []  # it alone says that its author had a part in the page
    assert await desk.codes(newsroom.author, "pruneAutosaves", **given) == ["NOT_ALLOWED"]
    assert kept["revision"]["id"] != first


async def test_an_earlier_revision_is_restored_as_a_new_one(desk: Desk) -> None:
    author = desk.newsroom.author
    first = await desk.article(subtitle="Before")
    second = await desk.update(first, subtitle="After")
    restored = await desk.do(
        author,
        "restoreRevision",
        "entry { ... on Article { subtitle } } revision { number digest note }",
        entryId=first.entry,
        baseRevision=second.revision,
        revisionId=first.revision,
    )
    assert restored["entry"] == {"subtitle": "Before"}
    assert restored["revision"] == {
        "number": 3,
        "digest": first.digest,
        "note": "Restores revision 1.",
    }
    stranger = await desk.article(title="Other")
    given = {"entryId": first.entry, "baseRevision": first.revision}
    assert await desk.codes(author, "restoreRevision", **given, revisionId=stranger.revision) == [
        "NOT_FOUND"
    ]
    assert await desk.codes(author, "restoreRevision", **given, revisionId=first.revision) == [
        "STALE_REVISION"
    ]
