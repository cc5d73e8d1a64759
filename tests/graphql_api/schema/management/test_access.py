"""What one may not see is as if it were not there, and what one may not do is not done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from cms.authorization.actor import ANONYMOUS, Actor, Grant
from cms.errors import Refused
from tests.graphql_api.conftest import Desk, Draft
from tests.signing_in import actor_of

UNKNOWN = "0" * 26


@dataclass
class Divided:
    """Content of which somebody sees a part.

    Attributes:
        scoped: has every role, in the category Inside.
        inside: an entry in Nested, which is below Inside.
        outside: an entry elsewhere, in review, which leads to the one inside.
        review: the id of its review.
        comment: the id of a comment about it.
        category: the id of Inside.
    """

    scoped: Actor
    inside: Draft
    outside: Draft
    review: str
    comment: str
    category: str


async def divide(desk: Desk) -> Divided:
    """Create the content."""
    newsroom = desk.newsroom
    parent = await newsroom.category("Inside")
    nested = await newsroom.category("Nested", parent)
    elsewhere = await newsroom.category("Inside out")  # "inside-out" begins like "inside"
    common: dict[str, Any] = {"tags": ["Shared"]}
    inside = await desk.article(title="Seen", slug="seen", category=nested.id, **common)
    outside = await desk.article(
        title="Secret",
        slug="secret",
        category=elsewhere.id,
        body="[x](/articles/seen)",
        related=[{"href": inside.entry}],
        **common,
    )
    inside = await desk.update(
        inside, related=[{"href": outside.entry}], sources=[{"href": "https://example.org/"}]
    )
    review = await desk.do(
        newsroom.author,
        "requestReview",
        "reviewRequest { id }",
        entryId=outside.entry,
        baseRevision=outside.revision,
    )
    comment = await desk.do(
        newsroom.author, "addComment", "comment { id }", entryId=outside.entry, body="Hush."
    )
    roles = ("author", "reviewer", "publisher", "administrator")
    grants = [Grant(role=role, category_id=parent.id) for role in roles]
    return Divided(
        scoped=await newsroom.person("Sam Scoped", *grants),
        inside=inside,
        outside=outside,
        review=review["reviewRequest"]["id"],
        comment=comment["comment"]["id"],
        category=nested.id,
    )


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{ __schema { types { name } } }",
        "{ entries { totalCount } }",
        "{ me { scopes } }",
        "{ nothing }",
        "{ entries( }",
        'mutation { createCategory(input: {values: {name: "x"}}) { errors { code } } }',
        """mutation {
          signIn(input: {email: "a@b.c", password: "x"}) { errors { code } }
          createCategory(input: {values: {name: "x"}}) { errors { code } }
        }""",
    ],
)
async def test_without_credentials_nothing_is_answered(desk: Desk, query: str) -> None:
    (error,) = await desk.failed(ANONYMOUS, query)
    assert error.extensions == {"code": "UNAUTHENTICATED"}
    assert "Sign in" in error.message
    assert desk.reader.statements == []


async def test_an_account_without_a_role_sees_and_does_nothing(desk: Desk) -> None:
    nobody = await desk.newsroom.person("Nemo Nobody")
    draft = await desk.article(title="Hidden")
    data = await desk.data(
        nobody,
        """query($id: ID!) { entries { totalCount } node(id: $id) { id }
          myQueue { lacking { stage } } me { account { email } } }""",
        id=draft.entry,
    )
    assert data == {
        "entries": {"totalCount": 0},
        "node": None,
        "myQueue": [],
        "me": {"account": {"email": "nemo.nobody@example.org"}},
    }
    (error,) = await desk.refusals(nobody, "createCategory", values={"name": "x"})
    assert error["code"] == "NOT_ALLOWED"
    assert "requires the role publisher or administrator" in error["message"]


QUERIES = [
    "checkPublish(entryId: $id) { gate }",
    "warnings(entryId: $id) { code }",
    "blame(entryId: $id) { text }",
    "commentThreads(entryId: $id) { start }",
    "changesSinceLook(entryId: $id) { isEmpty }",
    "entry(by: {id: $id}) { id }",
    "article(by: {id: $id}) { id }",
    "node(id: $id) { id }",
    "nodes(ids: [$id]) { id }",
    "entries(where: {id: {eq: $id}}) { totalCount nodes { id } }",
]
OF_ENTRIES: dict[str, dict[str, Any]] = {
    "duplicateEntry": {},
    "addEdition": {"locale": "DE"},
    "archiveEntry": {},
    "unarchiveEntry": {},
    "deleteEntry": {},
    "pruneAutosaves": {"olderThanDays": 0},
    "withdrawReview": {},
    "signOff": {"digest": "0" * 64},
    "requestChanges": {"digest": "0" * 64, "reason": "no"},
    "addComment": {"body": "Well?"},
    "announcePresence": {},
    "leaveEntry": {},
    "unpublishEntry": {},
    "updateArticle": {"baseRevision": "rev_x", "values": {"title": "Mine"}},
    "moveEntry": {"baseRevision": "rev_x"},
    "tagEntry": {"baseRevision": "rev_x", "tags": []},
    "restoreRevision": {"baseRevision": "rev_x", "revisionId": "rev_x"},
    "requestReview": {"baseRevision": "rev_x"},
    "markSeen": {"revisionId": "rev_x"},
    "publishEntry": {"revisionId": "rev_x"},
    "breakGlassPublish": {"revisionId": "rev_x", "reason": "because"},
}


def alike(answer: Any, identifier: str) -> str:
    """Return an answer with a word for the id that was asked about."""
    return orjson.dumps(answer).decode().replace(identifier, "ID")


async def test_an_id_one_may_not_see_is_like_one_that_does_not_exist(desk: Desk) -> None:
    divided = await divide(desk)
    scoped, outside = divided.scoped, divided.outside
    ids = [f"entry_{UNKNOWN}", outside.entry, outside.revision, divided.review, "no id"]
    for field in QUERIES:
        query = f"query($id: ID!) {{ {field} }}"
        answers = {alike(await desk.ask(scoped, query, id=each), each) for each in ids}
        assert len(answers) == 1, (field, answers)
    for name, more in OF_ENTRIES.items():
        revisions = {key: outside.revision for key, value in more.items() if value == "rev_x"}
        refused = {
            alike(await desk.refusals(scoped, name, entryId=each, **more | revisions), each)
            for each in ids
        }
        assert len(refused) == 1, (name, refused)
        assert "NOT_FOUND" in refused.pop()


async def test_ids_of_other_things_tell_no_more(desk: Desk) -> None:
    divided = await divide(desk)
    scoped, inside, outside = divided.scoped, divided.inside, divided.outside
    for field, kind, hidden in (
        ("revision(id: $id) { number }", "rev", outside.revision),
        ("reviewRequest(id: $id) { note }", "review", divided.review),
    ):
        query = f"query($id: ID!) {{ {field} }}"
        for each in (hidden, f"{kind}_{UNKNOWN}", inside.entry, "no id"):
            assert list((await desk.data(scoped, query, id=each)).values()) == [None]
    compare = """query($a: ID!, $b: ID!) {
      compareRevisions(fromRevisionId: $a, toRevisionId: $b) { html } }"""
    for pair in (("a", "b"), ("b", "a")):
        answers = {
            alike(
                await desk.ask(
                    scoped, compare, **dict(zip(pair, (each, inside.revision), strict=True))
                ),
                each,
            )
            for each in (outside.revision, f"rev_{UNKNOWN}", outside.entry, "no id")
        }
        assert len(answers) == 1, answers
    for name, more in (("replyToComment", {"body": "Well?"}), ("resolveComment", {})):
        refused = {
            alike(await desk.refusals(scoped, name, commentId=each, **more), each)
            for each in (divided.comment, f"comment_{UNKNOWN}", outside.entry, "no id")
        }
        assert len(refused) == 1, refused
    given = {"entryId": inside.entry, "values": {}}
    stale = {
        alike(await desk.refusals(scoped, "updateArticle", **given, baseRevision=each), each)
        for each in (outside.revision, f"rev_{UNKNOWN}", outside.entry, "no id")
    }
    assert len(stale) == 1, stale


async def test_of_a_public_page_elsewhere_the_drafts_stay_unknown(desk: Desk) -> None:
    newsroom, category = desk.newsroom, await desk.newsroom.category("Inside")
    grants = [Grant(role=role, category_id=category.id) for role in ("author", "publisher")]
    scoped = await newsroom.person("Sam Scoped", *grants)
    page = await desk.article(title="Page", slug="page")
    await desk.publish(page)
    edited = await desk.update(page, title="Not public yet")
    payload = await desk.do(
        newsroom.author, "addComment", "comment { id }", entryId=page.entry, body="Hush."
    )
    for name in ("replyToComment", "resolveComment"):
        more = {"body": "Well?"} if name == "replyToComment" else {}
        refused = {
            alike(await desk.refusals(scoped, name, commentId=each, **more), each)
            for each in (payload["comment"]["id"], f"comment_{UNKNOWN}")
        }
        assert len(refused) == 1, refused
    for name, more in OF_ENTRIES.items():
        answers = set()
        for each in (edited.revision, f"rev_{UNKNOWN}"):
            given = {key: each if value == "rev_x" else value for key, value in more.items()}
            answers.add(alike(await desk.attempt(scoped, name, entryId=page.entry, **given), each))
        assert len(answers) == 1, (name, answers)
    query = """query($id: ID!, $revision: ID!) {
      entry(by: {id: $id}) { title } revision(id: $revision) { number }
      entries { totalCount }
    }"""
    assert await desk.data(scoped, query, id=page.entry, revision=edited.revision) == {
        "entry": None,
        "revision": None,
        "entries": {"totalCount": 0},
    }


async def test_a_link_does_not_tell_what_there_is_elsewhere(desk: Desk) -> None:
    divided = await divide(desk)
    scoped, outside = divided.scoped, divided.outside
    for field in ("about", "translatedFrom", "related", "body"):
        answers = set()
        for each in (outside.entry, f"entry_{UNKNOWN}"):
            value: Any = {"related": [{"href": each}], "body": f"[x]({each})"}.get(field, each)
            values = {"title": "Probe", "category": divided.category, field: value}
            errors = await desk.refusals(scoped, "createArticle", values=values)
            answers.add(alike(errors, each))
        assert len(answers) == 1, answers
    urls = []
    for path in ("/articles/secret", "/articles/nowhere"):
        payload = await desk.do(
            scoped,
            "createArticle",
            "revision { content } entry { links { nodes { url } } }",
            values={
                "title": "Probe",
                "category": divided.category,
                "related": [{"href": path}],
                "body": f"[x]({path})",
            },
        )
        told = orjson.dumps(payload["revision"]["content"]).decode()
        assert outside.entry not in told
        urls.append([each["url"] for each in payload["entry"]["links"]["nodes"]])
    assert urls == [["/articles/secret"] * 2, ["/articles/nowhere"] * 2]


async def test_who_may_not_see_a_target_can_still_edit_the_page(desk: Desk) -> None:
    divided = await divide(desk)
    edited = await desk.update(divided.inside, divided.scoped, summary="Edited.")
    data = await desk.data(
        desk.newsroom.author,
        "query($id: ID!) { entry(by: {id: $id}) { links { nodes { label } } } }",
        id=edited.entry,
    )
    assert {"label": "Secret"} in data["entry"]["links"]["nodes"]


PART = """{
  entries(orderBy: [title_ASC]) { totalCount nodes {
    title links { totalCount nodes { url } } incomingLinks { totalCount nodes { source { title } } }
    linkGroups { kind links { url } } ... on Article { related { url target { __typename } } }
  } }
  articles(where: {title: {contains: "Secret"}}) { totalCount }
  byTag: entries(where: {tags: {some: {slug: {eq: "shared"}}}}) { totalCount }
  byPlace: entries(where: {category: {within: "inside-out"}}) { totalCount }
  categories { nodes { treePath entries { totalCount } } }
  tags { nodes { entries { totalCount nodes { title } } } }
  person(by: {slug: "ada-author"}) { authored { totalCount nodes { title } } }
  entry(by: {path: "/articles/secret"}) { id }
  myQueue { entry { title } } waitingForOthers { entry { title } }
  reviewDue(withinDays: 1000) { publication { path } } staleReviews { reason }
}"""


async def test_a_scoped_account_sees_its_part_and_nothing_else(desk: Desk) -> None:
    divided = await divide(desk)
    data = await desk.data(divided.scoped, PART)
    assert data == {
        "entries": {
            "totalCount": 1,
            "nodes": [
                {
                    "title": "Seen",
                    "links": {"totalCount": 1, "nodes": [{"url": "https://example.org/"}]},
                    "incomingLinks": {"totalCount": 0, "nodes": []},
                    "linkGroups": [{"kind": "SOURCE", "links": [{"url": "https://example.org/"}]}],
                    "related": [],
                }
            ],
        },
        "articles": {"totalCount": 0},
        "byTag": {"totalCount": 1},
        "byPlace": {"totalCount": 0},
        "categories": {
            "nodes": [
                {"treePath": "inside", "entries": {"totalCount": 0}},
                {"treePath": "inside/nested", "entries": {"totalCount": 1}},
                {"treePath": "inside-out", "entries": {"totalCount": 0}},
            ]
        },
        "tags": {"nodes": [{"entries": {"totalCount": 1, "nodes": [{"title": "Seen"}]}}]},
        "person": {"authored": {"totalCount": 1, "nodes": [{"title": "Seen"}]}},
        "entry": None,
        "myQueue": [],
        "waitingForOthers": [],
        # Its categories, which have no sign-off.
        "reviewDue": [{"publication": {"path": None}}] * 2,
        "staleReviews": [{"reason": "EXPIRED"}] * 2,
    }
    whole = await desk.data(desk.newsroom.author, PART)
    assert whole["entries"]["totalCount"] == 2
    assert whole["entries"]["nodes"][1]["incomingLinks"]["totalCount"] == 2
    assert whole["entry"]["id"] == divided.outside.entry


async def test_an_account_for_one_type_sees_only_that(desk: Desk) -> None:
    reader = await desk.newsroom.person("Nora", Grant(role="viewer", content_type="Note"))
    await desk.article(title="Article")
    await desk.do(desk.newsroom.author, "createNote", values={"title": "Note", "text": "x"})
    query = "{ entries { nodes { title } } articles { totalCount } notes { totalCount } }"
    assert await desk.data(reader, query) == {
        "entries": {"nodes": [{"title": "Note"}]},
        "articles": {"totalCount": 0},
        "notes": {"totalCount": 1},
    }


async def test_an_account_for_one_locale_sees_only_that(desk: Desk) -> None:
    newsroom = desk.newsroom
    english = await desk.article(title="English")
    await desk.do(newsroom.author, "addEdition", entryId=english.entry, locale="DE")
    reader = await newsroom.person("Greta", byline=False)
    grant = await desk.do(
        newsroom.administrator,
        "grantRole",
        "grant { locale localeName } account { grants { locale } }",
        accountId=reader.account_id,
        role="VIEWER",
        locale="DE",
    )
    assert grant["grant"] == {"locale": "DE", "localeName": "de"}
    assert grant["account"] == {"grants": [{"locale": "DE"}]}
    greta = replace(reader, grants=(Grant(role="viewer", locale="de"),))
    query = """query($id: ID!) {
      entries { nodes { locale } }
      german: view(locale: DE) { entries { nodes { locale } } }
      entry(by: {id: $id}) { editions { locale } }
    }"""
    assert await desk.data(greta, query, id=english.entry) == {
        "entries": {"nodes": []},
        "german": {"entries": {"nodes": [{"locale": "DE"}]}},
        "entry": None,
    }


async def test_the_audit_is_for_administrators(desk: Desk) -> None:
    newsroom = desk.newsroom
    scoped = await newsroom.person("Sue", Grant(role="administrator", content_type="Note"))
    limited = replace(newsroom.administrator, scopes=frozenset({"entry:read"}))
    for query in (
        "{ audit { totalCount } }",
        "{ x: audit { totalCount } entries { totalCount } }",
        "query { ...F } fragment F on Query { audit { nodes { sequence } } }",
        "{ auditCheckpoint { envelope } }",
    ):
        for actor in (newsroom.author, newsroom.publisher, newsroom.reviewers[0], scoped, limited):
            (error,) = await desk.failed(actor, query)
            assert error.extensions == {"code": "NOT_ALLOWED"}
        await desk.data(newsroom.administrator, query)


async def test_a_token_does_what_its_scopes_say(desk: Desk) -> None:
    newsroom = desk.newsroom
    draft = await desk.article()
    payload = await desk.do(
        newsroom.author,
        "issueToken",
        "secret token { name scopes lastUsedAt }",
        name="Importer",
        scopes=["ENTRY_READ", "ENTRY_CREATE"],
        validForDays=7,
    )
    assert payload["token"] == {
        "name": "Importer",
        "scopes": ["ENTRY_READ", "ENTRY_CREATE"],
        "lastUsedAt": None,
    }
    token = await actor_of(newsroom, payload["secret"])
    data = await desk.data(
        token,
        "{ me { scopes account { email } tokens { nodes { name } } } entries { totalCount } }",
    )
    assert data == {
        "me": {
            "scopes": ["ENTRY_CREATE", "ENTRY_READ"],
            "account": {"email": "ada.author@example.org"},
            "tokens": {"nodes": [{"name": "Importer"}]},
        },
        "entries": {"totalCount": 1},
    }
    await desk.article(token, title="Imported")
    given = {"entryId": draft.entry, "baseRevision": draft.revision}
    (error,) = await desk.refusals(token, "updateArticle", **given, values={})
    assert error["code"] == "NOT_ALLOWED"
    assert "this token's scopes do not include entry:save" in error["message"]
    blind = replace(token, scopes=frozenset({"entry:create"}))
    assert (await desk.data(blind, "{ entries { totalCount } }"))["entries"]["totalCount"] == 0
    made = await desk.do(blind, "createArticle", "entry { id }", values={"title": "Unseen"})
    assert made["entry"] is None
    others = (await desk.data(newsroom.second_author, "{ me { tokens { nodes { name } } } }"))["me"]
    assert others == {"tokens": {"nodes": []}}


async def test_a_role_that_is_taken_away_is_gone_with_the_next_request(desk: Desk) -> None:
    newsroom = desk.newsroom
    await desk.article()
    secret = (await desk.do(newsroom.author, "issueToken", "secret", name="t", validForDays=1))[
        "secret"
    ]
    before = await actor_of(newsroom, secret)
    query = "{ entries { totalCount } me { account { grants { id role } } } }"
    data = await desk.data(before, query)
    assert data["entries"]["totalCount"] == 1
    (grant,) = data["me"]["account"]["grants"]
    await desk.do(newsroom.administrator, "revokeRole", grantId=grant["id"])
    after = await actor_of(newsroom, secret)
    assert await desk.data(after, query) == {
        "entries": {"totalCount": 0},
        "me": {"account": {"grants": []}},
    }
    assert await desk.codes(after, "createArticle", values={}) == ["NOT_ALLOWED"]
    given = {"accountId": newsroom.author.account_id}
    await desk.do(newsroom.administrator, "disableAccount", **given)
    with pytest.raises(Refused):
        await actor_of(newsroom, secret)
