"""Whoever can do something next finds it in their queue, and nobody else does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from cms.authorization.actor import ANONYMOUS, Actor, Grant
from cms.clock import now
from cms.drafts.entries import archive_entry
from cms.review.queue import Waiting, open_reviews, waiting_for_me, waiting_for_others
from cms.review.reviews import withdraw_review
from cms.taxonomy.categories import move_category
from cms.work.work import Reading
from tests.builders import Newsroom

DAY = timedelta(days=1)
Question = Callable[[Reading], Awaitable[Sequence[Waiting]]]


async def ask(newsroom: Newsroom, actor: Actor, question: Question) -> Sequence[Waiting]:
    async with newsroom.desk.reading(actor) as reading:
        return await question(reading)


async def mine(newsroom: Newsroom, actor: Actor) -> list[str]:
    """Return the titles in somebody's queue."""
    return [each.head.title for each in await ask(newsroom, actor, waiting_for_me)]


async def others(newsroom: Newsroom, actor: Actor) -> list[str]:
    """Return the titles for which somebody waits."""
    return [each.head.title for each in await ask(newsroom, actor, waiting_for_others)]


async def test_a_review_waits_for_whoever_may_sign_next(newsroom: Newsroom) -> None:
    first, second, third = newsroom.reviewers
    technical = await newsroom.person("Tess", Grant(role="reviewer", stage="technical"))
    editorial = await newsroom.person("Ed", Grant(role="reviewer", stage="editorial"))
    head = await newsroom.draft("Note", title="N", text="Words")
    assert await mine(newsroom, first) == []
    await newsroom.ask(head)
    assert await mine(newsroom, first) == ["N"]
    assert await mine(newsroom, technical) == ["N"]
    assert await mine(newsroom, editorial) == []
    await newsroom.sign(head, first)
    assert await mine(newsroom, first) == []  # one person counts once
    await newsroom.sign(head, second)
    assert await mine(newsroom, technical) == []
    assert await mine(newsroom, editorial) == ["N"]
    assert await mine(newsroom, first) == ["N"]  # of the next stage
    (waiting,) = await ask(newsroom, third, waiting_for_me)
    assert [(each.stage.name, each.missing) for each in waiting.lacking] == [("editorial", 1)]
    assert waiting.signers == {
        ("technical", str(first.account_id)),
        ("technical", str(second.account_id)),
    }
    await newsroom.sign(head, editorial)
    for reviewer in (first, third, technical, editorial):
        assert await mine(newsroom, reviewer) == []
    edited = await newsroom.update(head, text="Other words")
    assert await mine(newsroom, technical) == [edited.title]


async def test_nobody_finds_their_own_work_in_their_queue(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    head = await newsroom.save(await newsroom.draft(title="One"), both, title="Two")
    await newsroom.ask(head)
    assert await mine(newsroom, both) == []
    assert await others(newsroom, both) == ["Two"]
    for actor in (newsroom.author, newsroom.publisher, newsroom.administrator, ANONYMOUS):
        assert await mine(newsroom, actor) == []


async def test_a_queue_is_as_wide_as_the_role(newsroom: Newsroom) -> None:
    topic, other = await newsroom.category("Topic"), await newsroom.category("Other")
    below = await newsroom.category("Below", topic)
    of_topic = await newsroom.person("Tom", Grant(role="reviewer", category_id=topic.id))
    of_notes = await newsroom.person("Nora", Grant(role="reviewer", content_type="Note"))
    seen = await newsroom.draft(title="Seen", slug="seen", category=below)
    hidden = await newsroom.draft(title="Hidden", slug="hidden", category=other)
    note = await newsroom.draft("Note", title="Note", slug="note", category=other, text="x")
    for head in (seen, hidden, note):
        await newsroom.ask(head)
    assert await mine(newsroom, of_topic) == ["Seen"]
    assert await mine(newsroom, of_notes) == ["Note"]
    assert [each.head.title for each in await ask(newsroom, of_topic, open_reviews)] == ["Seen"]
    assert await mine(newsroom, newsroom.reviewers[0]) == ["Seen", "Hidden", "Note"]
    assert await ask(newsroom, ANONYMOUS, open_reviews) == []


async def test_a_category_waits_for_reviewers_of_it_and_of_those_above(
    newsroom: Newsroom,
) -> None:
    topic, other = await newsroom.category("Topic"), await newsroom.category("Other")
    below = await newsroom.category("Below", topic)
    reviewers = [
        await newsroom.person(name, Grant(role="reviewer", category_id=each.id))
        for name, each in (("Tom", topic), ("Bea", below), ("Otto", other))
    ]
    for each in (below, other):
        await newsroom.ask(await newsroom.update(each.revision, summary="Other words."))
    assert [await mine(newsroom, each) for each in reviewers] == [["Below"], ["Below"], ["Other"]]
    await newsroom.do(newsroom.publisher, move_category, below.id, parent_id=other.id)
    assert [await mine(newsroom, each) for each in reviewers] == [
        *([], ["Below"], ["Below", "Other"])
    ]


async def test_what_is_due_first_comes_first_and_then_what_was_asked_for_first(
    newsroom: Newsroom,
) -> None:
    heads = {
        title: await newsroom.draft(title=title)
        for title in ("Whenever", "Later", "Soon", "Also whenever")
    }
    due = {"Later": now() + 5 * DAY, "Soon": now() + DAY}
    for title, head in heads.items():
        await newsroom.ask(head, due_at=due.get(title))
    in_order = ["Soon", "Later", "Whenever", "Also whenever"]
    assert await mine(newsroom, newsroom.reviewers[0]) == in_order
    for question, actor in (
        (waiting_for_me, newsroom.reviewers[0]),
        (waiting_for_others, newsroom.author),
        (open_reviews, newsroom.author),
    ):
        for first in (1, 3):
            found: list[Waiting] = []
            async with newsroom.desk.reading(actor) as reading:
                while part := await question(
                    reading, first=first, after=found[-1].place if found else None
                ):
                    found += part
            assert [each.head.title for each in found] == in_order


async def test_others_are_waited_for_by_who_wrote_and_who_asked(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    reviewer = newsroom.reviewers[0]
    review = await newsroom.ask(head, newsroom.publisher, assignees=[str(reviewer.account_id)])
    assert await others(newsroom, newsroom.author) == ["T"]
    assert await others(newsroom, newsroom.publisher) == ["T"]
    assert await others(newsroom, newsroom.second_author) == []
    (waiting,) = await ask(newsroom, newsroom.author, waiting_for_others)
    assert (waiting.review.id, waiting.assignees) == (
        review.id,
        frozenset({str(reviewer.account_id)}),
    )
    assert waiting.contributors == {newsroom.author.account_id, newsroom.author.person_id}
    await newsroom.sign(head)
    (waiting,) = await ask(newsroom, newsroom.author, waiting_for_others)
    assert waiting.lacking == []  # so it can be published


async def test_what_has_ended_waits_for_nobody(newsroom: Newsroom) -> None:
    withdrawn, published, archived = [
        await newsroom.draft(title=title) for title in ("Withdrawn", "Published", "Archived")
    ]
    for head in (withdrawn, archived):
        await newsroom.ask(head)
    await newsroom.publish(published)
    withdrawn_id = await newsroom.entry_id(withdrawn)
    await newsroom.do(newsroom.author, withdraw_review, withdrawn_id)
    archived_id = await newsroom.entry_id(archived)
    await newsroom.do(newsroom.publisher, archive_entry, archived_id)
    assert await mine(newsroom, newsroom.reviewers[0]) == []
    assert await others(newsroom, newsroom.author) == []


async def test_a_sign_off_that_has_expired_is_waited_for_again(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    await newsroom.ask(head)
    await newsroom.sign(head)
    later = now() + 366 * DAY
    async with newsroom.as_(newsroom.reviewers[0], later) as work:
        (waiting,) = await waiting_for_me(work)
    assert waiting.head.id == head.id
