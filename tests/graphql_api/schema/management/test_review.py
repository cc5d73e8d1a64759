"""Reviews are asked for, answered and talked about; who has to act next can be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cms import clock
from cms.authorization.actor import Actor, Grant
from cms.drafts.saving import save_draft
from cms.publishing.publishing import publish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from tests.builders import draft_of, entry_id_of
from tests.graphql_api.conftest import Desk, Draft, draft_from

STATE = """query($id: ID!) { entry(by: {id: $id}) { state revisions { nodes {
  number entry { state } } } } }"""


async def request(desk: Desk, draft: Draft, selection: str = "", /, **given: Any) -> Any:
    """Ask for a review as the author."""
    return await desk.do(
        desk.newsroom.author,
        "requestReview",
        selection,
        entryId=draft.entry,
        baseRevision=draft.revision,
        **given,
    )


async def sign(desk: Desk, reviewer: Actor, draft: Draft, selection: str = "", /) -> Any:
    """Sign off what a draft holds."""
    return await desk.do(
        reviewer, "signOff", selection, entryId=draft.entry, digest=draft.digest, note="Read."
    )


async def note(desk: Desk) -> Draft:
    """Create a Note, whose policy has two stages."""
    payload = await desk.do(
        desk.newsroom.author,
        "createNote",
        "entry { id } revision { id digest }",
        values={"title": "A note", "text": "x"},
    )
    return draft_from(payload)


async def state(desk: Desk, draft: Draft) -> str:
    data = await desk.data(desk.newsroom.author, STATE, id=draft.entry)
    return str(data["entry"]["state"])


async def test_a_review_is_addressed_to_people_and_due(desk: Desk) -> None:
    newsroom, draft = desk.newsroom, await desk.article()
    rita = newsroom.reviewers[0]
    due = "2999-01-31T12:00:00.000Z"
    payload = await request(
        desk,
        draft,
        """reviewRequest {
          id note dueAt endedAt outcome stages { name role approvals }
          requestedBy { email } assignees { email } entry { title state }
        }""",
        note="Please.",
        assigneeIds=[rita.account_id],
        dueAt=due,
    )
    review = payload["reviewRequest"]
    assert review.pop("id").startswith("review_")
    assert review == {
        "note": "Please.",
        "dueAt": due,
        "endedAt": None,
        "outcome": None,
        "stages": [{"name": "editorial", "role": "REVIEWER", "approvals": 1}],
        "requestedBy": {"email": "ada.author@example.org"},
        "assignees": [{"email": "rita.reviewer@example.org"}],
        "entry": {"title": "A title", "state": "IN_REVIEW"},
    }
    again = await request(desk, draft, "reviewRequest { id }")
    data = await desk.data(
        newsroom.author,
        "query($id: ID!) { reviewRequest(id: $id) { note endedAt } }",
        id=again["reviewRequest"]["id"],
    )
    assert data["reviewRequest"] == {"note": "Please.", "endedAt": None}


async def test_what_a_review_cannot_be_asked_with_is_refused(desk: Desk) -> None:
    author, draft = desk.newsroom.author, await desk.article()
    given = {"entryId": draft.entry, "baseRevision": draft.revision}
    (error,) = await desk.refusals(
        author, "requestReview", **given, dueAt="2020-01-01T00:00:00.000Z"
    )
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["input", "dueAt"])
    unknown = {**given, "assigneeIds": [draft.entry]}
    assert await desk.codes(author, "requestReview", **unknown) == ["NOT_FOUND"]
    await desk.update(draft, title="Newer")
    assert await desk.codes(author, "requestReview", **given) == ["STALE_REVISION"]
    assert await state(desk, draft) == "DRAFT"  # and nothing is half done


async def people_of(desk: Desk) -> list[Any]:
    found = await desk.data(desk.newsroom.author, "{ people { nodes { id } } }")
    return list(found["people"]["nodes"])


async def test_a_review_goes_through_its_stages(desk: Desk) -> None:
    newsroom, draft = desk.newsroom, await note(desk)
    rita, rolf, runa = newsroom.reviewers
    selection = """entry { state } revision { id } signOff {
      stage digest note reviewer { name } account { email } attestation { sequence hash } }"""
    given = {"entryId": draft.entry, "digest": draft.digest}
    assert await desk.codes(rita, "signOff", **given) == ["NOT_IN_REVIEW"]
    await request(desk, draft)
    assert await desk.codes(rita, "signOff", **given, stage="editorial") == ["WRONG_STAGE"]
    assert await desk.codes(rita, "signOff", **given, stage="no such") == ["WRONG_STAGE"]
    assert await desk.codes(rita, "signOff", **given | {"digest": "0" * 64}) == ["WRONG_DIGEST"]
    first = await sign(desk, rita, draft, selection)
    attestation = first["signOff"].pop("attestation")
    # After the statements about the key and the publications of the bylines.
    assert attestation["sequence"] == 2 + len(await people_of(desk))
    assert len(attestation["hash"]) == 64
    assert first == {
        "errors": [],
        "entry": {"state": "IN_REVIEW"},
        "revision": {"id": draft.revision},
        "signOff": {
            "stage": "technical",
            "digest": draft.digest,
            "note": "Read.",
            "reviewer": {"name": "Rita Reviewer"},
            "account": {"email": "rita.reviewer@example.org"},
        },
    }
    second = await sign(desk, rolf, draft, selection)
    assert second["entry"] == {"state": "IN_REVIEW"}
    third = await sign(desk, runa, draft, selection)
    assert third["signOff"]["stage"] == "editorial"
    assert third["entry"] == {"state": "APPROVED"}
    data = await desk.data(
        newsroom.author,
        """query($id: ID!) { entry(by: {id: $id}) {
          openReview { signOffs { stage reviewer { name } } } review { reviewers { name } }
        } }""",
        id=draft.entry,
    )
    signed = [each["stage"] for each in data["entry"]["openReview"]["signOffs"]]
    assert signed == ["technical", "technical", "editorial"]


async def test_nobody_signs_off_their_own_work(desk: Desk) -> None:
    both = await desk.newsroom.person("Bo Both", Grant(role="author"), Grant(role="reviewer"))
    draft = await desk.article()
    edited = await desk.update(draft, both, title="Edited")
    await request(desk, edited)
    for name, given in (("signOff", {}), ("requestChanges", {"reason": "no"})):
        digest = {"entryId": draft.entry, "digest": edited.digest}
        assert await desk.codes(both, name, **digest, **given) == ["OWN_WORK"]


async def test_changes_are_asked_for_and_an_edit_answers(desk: Desk) -> None:
    rita, draft = desk.newsroom.reviewers[0], await desk.article()
    await request(desk, draft)
    given = {"entryId": draft.entry, "digest": draft.digest}
    (error,) = await desk.refusals(rita, "requestChanges", **given, reason=" ")
    assert error["path"] == ["input", "reason"]
    asked = await desk.do(
        rita,
        "requestChanges",
        "changeRequest { reason digest account { email } requestedAt } entry { state }",
        **given,
        reason="Too short.",
    )
    assert asked["changeRequest"].pop("requestedAt")
    assert asked["changeRequest"] == {
        "reason": "Too short.",
        "digest": draft.digest,
        "account": {"email": "rita.reviewer@example.org"},
    }
    assert asked["entry"] == {"state": "CHANGES_REQUESTED"}
    edited = await desk.update(draft, body="Much longer.")
    assert await state(desk, edited) == "IN_REVIEW"
    data = await desk.data(
        rita,
        """query($id: ID!) { entry(by: {id: $id}) {
          openReview { changeRequests { reason } }
          revisions { nodes { number changeRequests { reason } } }
        } }""",
        id=draft.entry,
    )
    assert data["entry"]["openReview"]["changeRequests"] == [{"reason": "Too short."}]
    assert data["entry"]["revisions"]["nodes"] == [
        {"number": 2, "changeRequests": []},
        {"number": 1, "changeRequests": [{"reason": "Too short."}]},
    ]


async def test_what_was_answered_ends_and_says_why(desk: Desk) -> None:
    newsroom, draft = desk.newsroom, await desk.article()
    rita, rolf, _ = newsroom.reviewers
    await request(desk, draft)
    given = {"entryId": draft.entry, "digest": draft.digest}
    await sign(desk, rita, draft)
    asked = await desk.do(
        rita, "requestChanges", "changeRequest { id endedAt endCause }", **given, reason="No."
    )
    assert asked["changeRequest"] | {"id": ""} == {"id": "", "endedAt": None, "endCause": None}
    ids = {"changeRequestId": asked["changeRequest"]["id"]}
    assert await desk.codes(rolf, "withdrawChangeRequest", **ids) == ["NOT_ALLOWED"]
    selection = "changeRequest { endCause } entry { state }"
    taken_back = await desk.do(rita, "withdrawChangeRequest", selection, **ids)
    assert taken_back["changeRequest"] == {"endCause": "WITHDRAWN"}
    assert taken_back["entry"] == {"state": "IN_REVIEW"}
    await sign(desk, rolf, draft)
    since = {"accountId": rolf.account_id, "since": "2020-01-01T00:00:00.000Z"}
    assert await desk.codes(rita, "invalidateSignOffs", **since, reason="?") == ["NOT_ALLOWED"]
    ended = await desk.do(
        newsroom.administrator,
        "invalidateSignOffs",
        "account { email } signOffCount",
        **since,
        reason="Taken over.",
    )
    assert ended == {
        "errors": [],
        "account": {"email": "rolf.reviewer@example.org"},
        "signOffCount": 1,
    }
    data = await desk.data(
        rita,
        """query($id: ID!) { entry(by: {id: $id}) { state revisions { nodes {
          signOffs { endCause } changeRequests { endCause } } } } }""",
        id=draft.entry,
    )
    assert data["entry"] == {
        "state": "IN_REVIEW",
        "revisions": {
            "nodes": [
                {
                    "signOffs": [{"endCause": "CHANGES_REQUESTED"}, {"endCause": "INVALIDATED"}],
                    "changeRequests": [{"endCause": "WITHDRAWN"}],
                }
            ]
        },
    }


async def test_a_review_is_withdrawn_by_who_asked(desk: Desk) -> None:
    newsroom, draft = desk.newsroom, await desk.article()
    await request(desk, draft)
    assert await desk.codes(newsroom.second_author, "withdrawReview", entryId=draft.entry) == [
        "NOT_ALLOWED"
    ]
    payload = await desk.do(
        newsroom.author,
        "withdrawReview",
        "reviewRequest { outcome endedAt entry { state openReview { id } } }",
        entryId=draft.entry,
    )
    assert payload["reviewRequest"].pop("endedAt")
    assert payload["reviewRequest"] == {
        "outcome": "WITHDRAWN",
        "entry": {"state": "DRAFT", "openReview": None},
    }
    assert await desk.codes(newsroom.author, "withdrawReview", entryId=draft.entry) == [
        "NOT_IN_REVIEW"
    ]


async def test_an_entry_has_every_state_at_its_time(desk: Desk) -> None:
    newsroom, draft = desk.newsroom, await desk.article()
    rita = newsroom.reviewers[0]
    states = [await state(desk, draft)]
    await request(desk, draft)
    states.append(await state(desk, draft))
    await desk.do(rita, "requestChanges", entryId=draft.entry, digest=draft.digest, reason="Wrong.")
    states.append(await state(desk, draft))
    await sign(desk, rita, draft)  # the same reviewer takes the no back
    states.append(await state(desk, draft))
    given = {"entryId": draft.entry}
    await desk.do(newsroom.publisher, "publishEntry", **given, revisionId=draft.revision)
    states.append(await state(desk, draft))
    edited = await desk.update(draft, title="Edited")
    data = await desk.data(newsroom.author, STATE, id=draft.entry)
    states.append(data["entry"]["state"])
    assert data["entry"]["revisions"]["nodes"] == [
        {"number": 2, "entry": {"state": "DRAFT"}},
        {"number": 1, "entry": {"state": "PUBLISHED"}},
    ]
    await desk.do(newsroom.publisher, "unpublishEntry", **given)
    states.append(await state(desk, edited))
    data = await desk.data(newsroom.author, STATE, id=draft.entry)
    assert data["entry"]["revisions"]["nodes"] == [
        {"number": 2, "entry": {"state": "DRAFT"}},
        {"number": 1, "entry": {"state": "UNPUBLISHED"}},
    ]
    await desk.do(newsroom.publisher, "archiveEntry", **given)
    states.append(await state(desk, edited))
    assert states == [
        "DRAFT",
        "IN_REVIEW",
        "CHANGES_REQUESTED",
        "APPROVED",
        "PUBLISHED",
        "DRAFT",
        "DRAFT",
        "ARCHIVED",
    ]


QUEUES = """{
  myQueue { entry { title } isAssignedToMe lacking { stage role missing } reviewRequest { dueAt } }
  waitingForOthers { entry { title } lacking { stage missing } }
}"""


def waiting(queue: Any) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (
            item["entry"]["title"],
            [(each["stage"], each["missing"]) for each in item["lacking"]],
        )
        for item in queue
    ]


async def test_queues_tell_who_has_to_act_next(desk: Desk) -> None:
    newsroom = desk.newsroom
    rita, rolf, _ = newsroom.reviewers
    article, its_note = await desk.article(title="Article"), await note(desk)
    due = {"dueAt": "2999-01-01T00:00:00.000Z"}
    await request(desk, article)
    await request(desk, its_note, assigneeIds=[rita.account_id], **due)
    data = await desk.data(rita, QUEUES)
    both_stages = [("technical", 2), ("editorial", 1)]
    # What is due comes before what is not.
    assert waiting(data["myQueue"]) == [("A note", both_stages), ("Article", [("editorial", 1)])]
    assert [each["isAssignedToMe"] for each in data["myQueue"]] == [True, False]
    assert data["waitingForOthers"] == []
    data = await desk.data(newsroom.author, QUEUES)
    assert data["myQueue"] == []
    assert waiting(data["waitingForOthers"]) == waiting((await desk.data(rita, QUEUES))["myQueue"])
    await sign(desk, rita, its_note)
    await sign(desk, rita, article)
    assert waiting((await desk.data(rita, QUEUES))["myQueue"]) == []
    left = [("technical", 1), ("editorial", 1)]
    assert waiting((await desk.data(rolf, QUEUES))["myQueue"]) == [("A note", left)]
    mine = waiting((await desk.data(newsroom.author, QUEUES))["waitingForOthers"])
    assert mine == [("A note", left), ("Article", [])]
    assert waiting((await desk.data(newsroom.publisher, QUEUES))["waitingForOthers"]) == []


async def comment(desk: Desk, draft: Draft, start: int, end: int) -> Any:
    place = {
        "revisionId": draft.revision,
        "fieldPath": "fields/body",
        "start": start,
        "end": end,
    }
    payload = await desk.do(
        desk.newsroom.reviewers[0],
        "addComment",
        "comment { id quote fieldPath body account { email } entry { title } }",
        entryId=draft.entry,
        body="Is that so?",
        place=place,
    )
    return payload["comment"]


THREADS = """query($id: ID!) {
  commentThreads(entryId: $id) { comment { body } fieldPath start end }
  entry(by: {id: $id}) { comments { nodes {
    body resolvedAt resolvedBy { email } replies { nodes { body account { email } } } } } }
}"""


async def test_comments_stand_at_words_and_follow_them(desk: Desk) -> None:
    rita, draft = desk.newsroom.reviewers[0], await desk.article(body="One two three.")
    made = await comment(desk, draft, 4, 7)
    assert made.pop("id").startswith("comment_")
    assert made == {
        "quote": "two",
        "fieldPath": "fields/body",
        "body": "Is that so?",
        "account": {"email": "rita.reviewer@example.org"},
        "entry": {"title": "A title"},
    }
    await desk.do(rita, "addComment", entryId=draft.entry, body="All good.")
    moved = await desk.update(draft, body="Before it all: One two three.")
    data = await desk.data(rita, THREADS, id=draft.entry)
    found, whole = data["commentThreads"]
    assert found == {
        "comment": {"body": "Is that so?"},
        "fieldPath": "fields/body",
        "start": 19,
        "end": 22,
    }
    assert whole == {
        "comment": {"body": "All good."},
        "fieldPath": None,
        "start": None,
        "end": None,
    }
    await desk.update(moved, body="Something else entirely.")
    data = await desk.data(rita, THREADS, id=draft.entry)
    assert data["commentThreads"][0]["start"] is None


async def test_threads_are_answered_and_resolved(desk: Desk) -> None:
    newsroom, draft = desk.newsroom, await desk.article(body="One two three.")
    first = await comment(desk, draft, 0, 3)
    given = {"commentId": first["id"]}
    reply = await desk.do(
        newsroom.author, "replyToComment", "comment { id body }", **given, body="It is."
    )
    resolved = await desk.do(
        newsroom.author,
        "resolveComment",
        "comment { resolvedBy { email } }",
        commentId=reply["comment"]["id"],
    )
    assert resolved["comment"] == {"resolvedBy": {"email": "ada.author@example.org"}}
    data = await desk.data(newsroom.author, THREADS, id=draft.entry)
    (thread,) = data["entry"]["comments"]["nodes"]
    assert thread["resolvedAt"]
    assert thread["replies"]["nodes"] == [
        {"body": "It is.", "account": {"email": "ada.author@example.org"}}
    ]
    await desk.do(newsroom.reviewers[1], "replyToComment", **given, body="Is it?")
    data = await desk.data(newsroom.author, THREADS, id=draft.entry)
    (thread,) = data["entry"]["comments"]["nodes"]
    assert thread["resolvedAt"] is None
    assert len(thread["replies"]["nodes"]) == 2


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"body": " "}, "body"),
        ({"body": "c" * 10_001}, "body"),
        ({"body": "a\x07b"}, "body"),
        ({"fieldPath": "fields/nothing"}, "place.fieldPath"),
        ({"start": 90, "end": 95}, "place.start"),
        ({"start": 5, "end": 2}, "place.start"),
    ],
)
async def test_a_comment_needs_words_and_a_place_that_is_there(
    desk: Desk, change: dict[str, Any], path: str
) -> None:
    draft = await desk.article(body="One two three.")
    place: dict[str, Any] = {"fieldPath": "fields/body", "start": 0, "end": 3}
    given = {"body": "Well?", **place, **change}
    (error,) = await desk.refusals(
        desk.newsroom.author,
        "addComment",
        entryId=draft.entry,
        body=given.pop("body"),
        place={"revisionId": draft.revision, **given},
    )
    assert error["code"] == "INVALID_VALUE"
    assert ".".join(error["path"]) == f"input.{path}"


async def test_one_sees_what_has_changed_since_one_looked(desk: Desk) -> None:
    rita, draft = desk.newsroom.reviewers[0], await desk.article(body="One two.")
    query = """query($id: ID!) { changesSinceLook(entryId: $id) {
      isEmpty changes { path words { operation text } } } }"""
    assert await desk.data(rita, query, id=draft.entry) == {"changesSinceLook": None}
    seen = {"entryId": draft.entry, "revisionId": draft.revision}
    await desk.do(rita, "markSeen", "entry { id }", **seen)
    data = await desk.data(rita, query, id=draft.entry)
    assert data["changesSinceLook"] == {"isEmpty": True, "changes": []}
    await desk.update(draft, body="One three.")
    data = await desk.data(rita, query, id=draft.entry)
    (change,) = data["changesSinceLook"]["changes"]
    assert change["path"] == ["body"]
    words = {each["operation"]: each["text"] for each in change["words"]}
    assert words["REMOVED"].strip(" .") == "two"
    assert words["ADDED"].strip(" .") == "three"
    assert await desk.data(desk.newsroom.author, query, id=draft.entry) == {
        "changesSinceLook": None
    }


async def publish_at(desk: Desk, title: str, day: datetime, **fields: Any) -> Draft:
    """Publish an Article on a day, with all that it takes."""
    newsroom = desk.newsroom
    head = await newsroom.draft(title=title, **fields)
    async with newsroom.as_(newsroom.author, day) as work:
        entry = await entry_id_of(work, head)
        await request_review(work, entry, base_revision=head.id)
    async with newsroom.as_(newsroom.reviewers[0], day) as work:
        await sign_off(work, entry, digest=head.digest)
    async with newsroom.as_(newsroom.publisher, day) as work:
        await publish_entry(work, entry, revision_id=head.id)
    return Draft(entry, head.id, head.digest)


STALE = """query($days: Int) {
  reviewDue(withinDays: $days) { publication { path } expiresAt }
  staleReviews { reason publication { path entry { title } } causes { publication {
    path entry { title } } } }
}"""


def pages_in(reviews: list[Any]) -> list[Any]:
    """Return those of pages: the bylines of a new site are due, since they have no sign-off."""
    return [each for each in reviews if each["publication"]["path"] is not None]


async def test_reviews_that_run_out_are_due_and_then_stale(desk: Desk) -> None:
    today = clock.now()
    for title, age in (("Old", 400), ("Ageing", 360), ("New", 1)):
        await publish_at(desk, title, today - timedelta(days=age))
    author = desk.newsroom.author
    data = await desk.data(author, STALE, days=30)
    due = pages_in(data["reviewDue"])
    assert [each["publication"]["path"] for each in due] == ["/articles/old", "/articles/ageing"]
    expires = datetime.fromisoformat(due[0]["expiresAt"])
    assert expires.astimezone(UTC) < today
    assert pages_in(data["staleReviews"]) == [
        {
            "reason": "EXPIRED",
            "publication": {"path": "/articles/old", "entry": {"title": "Old"}},
            "causes": [],
        }
    ]
    data = await desk.data(author, STALE, days=0)
    due = pages_in(data["reviewDue"])
    assert [each["publication"]["path"] for each in due] == ["/articles/old"]


async def test_a_review_is_stale_when_what_it_leads_to_has_changed(desk: Desk) -> None:
    newsroom, author = desk.newsroom, desk.newsroom.author
    target = await desk.article(title="Target", body="It was so.")
    await desk.publish(target)
    source = await desk.article(title="Source", related=[{"href": target.entry}])
    await desk.publish(source)
    await desk.publish(await desk.article(title="Bystander"))
    assert pages_in((await desk.data(author, STALE))["staleReviews"]) == []
    await desk.publish(await desk.update(target, body="It is not so any more."))
    (stale,) = pages_in((await desk.data(author, STALE))["staleReviews"])
    assert stale == {
        "reason": "DEPENDENCY",
        "publication": {"path": "/articles/source", "entry": {"title": "Source"}},
        "causes": [{"publication": {"path": "/articles/target", "entry": {"title": "Target"}}}],
    }
    # Whoever has looked again has seen it as it is.
    async with newsroom.as_(newsroom.author) as work:
        again = await save_draft(
            work,
            source.entry,
            draft_of(title="Source", related=[target.entry], summary="Again."),
            base_revision=source.revision,
        )
    await desk.publish(Draft(again.entry_id, again.revision.id, again.revision.digest))
    assert pages_in((await desk.data(author, STALE))["staleReviews"]) == []


PAGED = """query($first: Int, $after: String) {
  staleReviews(first: $first, after: $after) { cursor reason publication { id } }
}"""


async def test_what_python_lists_is_read_page_by_page(desk: Desk) -> None:
    author, today = desk.newsroom.author, clock.now()
    target = await desk.article(title="Target", body="It was so.")
    await desk.publish(target)
    for number in range(3):
        await publish_at(desk, f"Old {number}", today - timedelta(days=400))
        related = [{"href": target.entry}]
        await desk.publish(await desk.article(title=f"Source {number}", related=related))
    await desk.publish(await desk.update(target, body="It is not so any more."))
    whole = (await desk.data(author, PAGED))["staleReviews"]
    assert {each["reason"] for each in whole} == {"EXPIRED", "DEPENDENCY"}
    for first in (1, 2, 5):
        found: list[Any] = []
        while part := (
            await desk.data(
                author, PAGED, first=first, after=found[-1]["cursor"] if found else None
            )
        )["staleReviews"]:
            assert len(part) <= first
            found += part
        assert found == whole
    await request(desk, await note(desk))
    queue = "query($after: String) { waitingForOthers(first: 1, after: $after) { cursor } }"
    (first_item,) = (await desk.data(author, queue))["waitingForOthers"]
    rest = await desk.data(author, queue, after=first_item["cursor"])
    assert rest["waitingForOthers"] == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": 101}, "INVALID_VALUE"),
        ({"first": -1}, "INVALID_VALUE"),
        ({"after": "zz"}, "INVALID_VALUE"),
        ({"after": b"[1]".hex()}, "INVALID_VALUE"),
        ({"after": b'["x","y"]'.hex()}, "INVALID_VALUE"),
        ({"after": b"[1e400,null]".hex()}, "INVALID_VALUE"),
        ({"after": b'[99999999999999999999,"x"]'.hex()}, "INVALID_VALUE"),
    ],
)
async def test_a_wrong_page_is_an_error(desk: Desk, given: dict[str, Any], code: str) -> None:
    answer = await desk.ask(desk.newsroom.author, PAGED, **given)
    assert [each["extensions"]["code"] for each in answer["errors"]] == [code]


async def test_entries_are_found_and_counted_by_where_they_stand(desk: Desk) -> None:
    author = desk.newsroom.author
    await desk.publish(await desk.article(title="Public", slug="public"))
    await request(desk, await note(desk))
    await desk.article(title="Draft", slug="draft")
    query = """query($state: EntryStateFilter) {
      entries(where: {state: $state}) { nodes { title state } }
      articles(where: {state: $state}) { totalCount facets(fields: [state]) { value count } }
      targets: entries(where: {NOT: {links: {some: {target: {state: $state}}}}}) { totalCount }
    }"""
    for given, titles, articles in (
        ({"eq": "IN_REVIEW"}, ["A note"], []),
        ({"in": ["DRAFT", "PUBLISHED"]}, ["Draft", "Public"], ["DRAFT", "PUBLISHED"]),
        ({"ne": "DRAFT"}, ["A note", "Public"], ["PUBLISHED"]),
        (None, ["A note", "Draft", "Public"], ["DRAFT", "PUBLISHED"]),
    ):
        before = len(desk.reader.statements)
        data = await desk.data(author, query, state=given)
        assert len(desk.reader.statements) == before + 1
        assert sorted(node["title"] for node in data["entries"]["nodes"]) == titles
        assert data["articles"] == {
            "totalCount": len(articles),
            "facets": [{"value": each, "count": 1} for each in articles],
        }
        assert data["targets"] == {"totalCount": 3}
