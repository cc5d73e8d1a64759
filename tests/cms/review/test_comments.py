"""A comment stays with the words that it is about, and with those who may deal with it."""

from __future__ import annotations

from typing import Any

import pytest

from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.comparison.anchors import text_at
from cms.review.comments import (
    LONGEST,
    CommentPlace,
    add_comment,
    locate_comments,
    reply_to_comment,
    resolve_comment,
)
from cms.tables import Comment, Revision
from tests.builders import Newsroom, entry_id_of

BODY = "The first sentence says little. The second one says what matters. The third ends it."
QUOTE = "says what matters"


def place_of(head: Revision, quote: str = QUOTE, field_path: str = "fields/body") -> CommentPlace:
    text = text_at(head.content, field_path) or ""
    start = text.index(quote)
    return CommentPlace(head.id, field_path, start, start + len(quote))


async def comment_on(
    newsroom: Newsroom,
    head: Revision,
    place: CommentPlace | None = None,
    actor: Actor | None = None,
) -> Comment:
    async with newsroom.as_(actor or newsroom.reviewers[0]) as work:
        entry_id = await entry_id_of(work, head)
        return await add_comment(work, entry_id, "Really?", place=place)


async def located(newsroom: Newsroom, head: Revision) -> list[tuple[str, str] | None]:
    """Return for each thread where it stands in the newest revision, and on what words."""
    async with newsroom.as_(newsroom.author) as work:
        threads = await locate_comments(work, await entry_id_of(work, head), None)
    return [
        (found.field_path, (text_at(head.content, found.field_path) or "")[found.start : found.end])
        if (found := each.found) is not None
        else None
        for each in threads
    ]


async def refusal(newsroom: Newsroom, actor: Actor, attempt: Any) -> tuple[str, Any]:
    (error,) = await newsroom.refusal(actor, attempt)
    return error.code, error.path


async def test_a_comment_knows_the_words_that_it_is_about(newsroom: Newsroom) -> None:
    head = await newsroom.draft(body=BODY)
    comment = await comment_on(newsroom, head, place_of(head))
    assert (comment.quote, comment.field_path) == (QUOTE, "fields/body")
    assert (comment.thread_id, comment.resolved_at) == (None, None)
    whole = await comment_on(newsroom, head)
    assert (whole.quote, whole.field_path) == (None, None)
    assert await located(newsroom, head) == [("fields/body", QUOTE), None]


async def test_a_comment_follows_its_words_until_they_are_gone(newsroom: Newsroom) -> None:
    head = await newsroom.draft(body=BODY)
    await comment_on(newsroom, head, place_of(head))
    head = await newsroom.update(head, body=f"Something new in front. {BODY}")
    assert await located(newsroom, head) == [("fields/body", QUOTE)]
    head = await newsroom.update(head, body=BODY.replace("what matters", "what really matters"))
    assert await located(newsroom, head) == [("fields/body", "says what really matters")]
    head = await newsroom.update(head, body="None of it is left.")
    assert await located(newsroom, head) == [None]
    # With the words the comment comes back.
    head = await newsroom.update(head, body=BODY)
    assert await located(newsroom, head) == [("fields/body", QUOTE)]


async def test_a_comment_moves_with_its_section(newsroom: Newsroom) -> None:
    one = {"heading": "One", "body": BODY}
    two = {"heading": "Two", "body": "Something else entirely, about another subject."}
    head = await newsroom.draft(sections=[one, two])
    await comment_on(newsroom, head, place_of(head, field_path="fields/sections/0/body"))
    head = await newsroom.update(head, sections=[two, one])
    assert await located(newsroom, head) == [("fields/sections/1/body", QUOTE)]
    head = await newsroom.update(head, sections=[two])
    assert await located(newsroom, head) == [None]


async def test_a_comment_on_an_older_revision_stands_in_the_newest(newsroom: Newsroom) -> None:
    old = await newsroom.draft(body=BODY)
    head = await newsroom.update(old, body=f"New. {BODY}")
    comment = await comment_on(newsroom, head, place_of(old))
    assert comment.quote == QUOTE
    assert await located(newsroom, head) == [("fields/body", QUOTE)]


@pytest.mark.parametrize(
    ("field_path", "start", "end"),
    [
        ("fields/body", 5, 5),
        ("fields/body", 6, 5),
        ("fields/body", -1, 5),
        ("fields/body", 0, 10_000),
        ("fields/nothing", 0, 1),
        ("fields/rating", 0, 1),
        ("fields/sections/0/body", 0, 1),
        ("type", 0, 1),
        ("", 0, 1),
    ],
)
async def test_a_comment_is_about_words_that_are_there(
    newsroom: Newsroom, field_path: str, start: int, end: int
) -> None:
    head = await newsroom.draft(body=BODY, rating=3)
    entry_id = await newsroom.entry_id(head)
    place = CommentPlace(head.id, field_path, start, end)
    code, _ = await refusal(
        newsroom, newsroom.author, lambda work: add_comment(work, entry_id, "Hm.", place=place)
    )
    assert code == "INVALID_VALUE"
    assert await located(newsroom, head) == []


async def test_a_comment_is_about_a_revision_of_its_entry(newsroom: Newsroom) -> None:
    head, other = await newsroom.draft(body=BODY), await newsroom.draft(title="Other", body=BODY)
    entry_id = await newsroom.entry_id(head)
    for revision_id in (other.id, "rev_" + "0" * 26, "x"):
        place = CommentPlace(revision_id, "fields/body", 0, 3)
        assert await newsroom.codes(
            newsroom.author,
            add_comment,
            entry_id,
            "Hm.",
            place=place,
        ) == ["NOT_FOUND"]


async def test_a_comment_has_words_and_not_too_many(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    kept = await newsroom.do(newsroom.author, add_comment, entry_id, f"\n {'x' * (LONGEST - 4)} \n")
    assert len(kept.body) == LONGEST - 4
    for body in ("", " \n\t", "x" * (LONGEST + 1), "a\x00b", "a\x1bb"):
        for attempt in (
            lambda work, body=body: add_comment(work, entry_id, body),
            lambda work, body=body: reply_to_comment(work, kept.id, body),
        ):
            assert await refusal(newsroom, newsroom.author, attempt) == (
                "INVALID_VALUE",
                ("body",),
            )
    assert await located(newsroom, head) == [None]


async def test_a_reply_opens_a_thread_again(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    first = await comment_on(newsroom, head)
    reply = await newsroom.do(newsroom.author, reply_to_comment, first.id, "Yes.")
    assert (reply.thread_id, reply.author_id) == (first.id, newsroom.author.account_id)
    # A thread is dealt with as a whole, whichever of its comments is named.
    resolved = await newsroom.do(newsroom.author, resolve_comment, reply.id)
    assert resolved.id == first.id
    assert resolved.resolved_by == newsroom.author.account_id
    assert resolved.resolved_at is not None
    again = await newsroom.do(newsroom.second_author, resolve_comment, first.id)
    assert again.resolved_by == newsroom.author.account_id
    second = await newsroom.do(newsroom.reviewers[0], reply_to_comment, reply.id, "But no.")
    assert second.thread_id == first.id
    async with newsroom.database.reading() as session:
        thread = await session.get_one(Comment, first.id)
        assert (thread.resolved_at, thread.resolved_by) == (None, None)


async def test_a_viewer_resolves_their_own_and_editors_any(newsroom: Newsroom) -> None:
    viewer = await newsroom.person("Vic", Grant(role="viewer"))
    head = await newsroom.draft()
    own = await comment_on(newsroom, head, actor=viewer)
    others = await comment_on(newsroom, head)
    reply = await newsroom.do(viewer, reply_to_comment, others.id, "I agree.")
    for comment in (others, reply):  # the thread is whose it was begun by
        assert await newsroom.codes(viewer, resolve_comment, comment.id) == ["NOT_ALLOWED"]
    await newsroom.do(viewer, resolve_comment, own.id)
    for editor in (newsroom.author, newsroom.publisher, newsroom.administrator):
        thread = await comment_on(newsroom, head)
        resolved = await newsroom.do(editor, resolve_comment, thread.id)
        assert resolved.resolved_by == editor.account_id


async def test_a_comment_takes_somebody_who_says_it(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    assert await newsroom.codes(OPERATOR, add_comment, entry_id, "Hm.") == ["NOT_ALLOWED"]
    comment = await comment_on(newsroom, head)
    assert await newsroom.codes(OPERATOR, resolve_comment, comment.id) == ["NOT_ALLOWED"]


async def test_a_comment_is_no_contribution(newsroom: Newsroom) -> None:
    head = await newsroom.draft(body=BODY)
    await comment_on(newsroom, head, place_of(head), newsroom.reviewers[0])
    await newsroom.ask(head)
    signed = await newsroom.sign(head, newsroom.reviewers[0])
    assert signed.digest == head.digest
