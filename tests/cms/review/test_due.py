"""A page is looked at again when its sign-offs run out, or when what it leads to has changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from cms.authorization.actor import ANONYMOUS, OPERATOR, Actor, Grant
from cms.clock import now
from cms.content.builtin import BUILT_IN_NAMES
from cms.identifiers import new_id
from cms.publishing.publishing import break_glass_publish
from cms.review.due import Due, Outdated, outdated_reviews, reviews_due
from cms.review.review_times import faults_of_review_times, repair_review_times
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.tables import Publication, Revision
from tests.builders import Newsroom

DAY = timedelta(days=1)


async def due(
    newsroom: Newsroom, days: int, actor: Actor | None = None, at: datetime | None = None
) -> list[Due]:
    """Return the pages that will be due within so many days; the people are due at once."""
    async with newsroom.as_(actor or newsroom.author, at) as work:
        found = await reviews_due(work, days * DAY)
    return [each for each in found if each.publication.content_type not in BUILT_IN_NAMES]


async def outdated(newsroom: Newsroom, actor: Actor | None = None) -> list[Outdated]:
    async with newsroom.as_(actor or newsroom.author) as work:
        return await outdated_reviews(work)


async def pages(newsroom: Newsroom) -> dict[str | None, list[str]]:
    """Return the paths of outdated pages, each with the ids of what has changed."""
    return {
        await newsroom.path(each.publication): [cause.id for cause in each.causes]
        for each in await outdated(newsroom)
    }


async def republish(newsroom: Newsroom, publication: Publication, **values: Any) -> Publication:
    """Publish a page with some values changed."""
    async with newsroom.database.reading() as session:
        head = await session.get_one(Revision, publication.revision_id)
    (again,) = await newsroom.publish(await newsroom.update(head, **values))
    return again


async def test_a_page_is_due_when_its_sign_offs_run_out(newsroom: Newsroom) -> None:
    article = await newsroom.published(title="Article", slug="article")
    note = await newsroom.published("Note", title="Note", slug="note", text="x")
    await newsroom.review(await newsroom.draft(title="Never public"))
    assert await due(newsroom, 0) == []
    assert [each.publication.id for each in await due(newsroom, 31)] == [note.id]
    both = await due(newsroom, 366)
    assert [each.publication.id for each in both] == [note.id, article.id]
    assert both[0].expires_at < both[1].expires_at
    assert abs(both[1].expires_at - article.published_at - 365 * DAY) < DAY
    later = await due(newsroom, 0, at=now() + 40 * DAY)
    assert [each.publication.id for each in later] == [note.id]


async def test_a_page_that_was_signed_again_is_due_later(newsroom: Newsroom) -> None:
    head = await newsroom.draft("Note", slug="note", text="x")
    await newsroom.publish(head)
    until = (await due(newsroom, 31))[0].expires_at
    entry_id = await newsroom.entry_id(head)
    later = now() + 20 * DAY
    await newsroom.do_at(later, newsroom.author, request_review, entry_id, base_revision=head.id)
    first, second, third = newsroom.reviewers
    # All stages have to be renewed, by as many as they ask for.
    for reviewer, stage in ((first, "technical"), (third, "editorial"), (first, "technical")):
        judged = {"digest": head.digest, "stage": stage}
        await newsroom.do_at(later, reviewer, sign_off, entry_id, **judged)
        (still,) = await due(newsroom, 31)
        assert abs(still.expires_at - until) < timedelta(minutes=5)
    judged = {"digest": head.digest, "stage": "technical"}
    await newsroom.do_at(later, second, sign_off, entry_id, **judged)
    assert await due(newsroom, 31) == []
    (renewed,) = await due(newsroom, 51)
    assert renewed.signers == {str(each.account_id) for each in newsroom.reviewers}


async def test_what_went_past_the_reviewers_is_due_at_once(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="page")
    entry_id = await newsroom.entry_id(head)
    publication = await newsroom.do(
        newsroom.administrator,
        break_glass_publish,
        entry_id,
        revision_id=head.id,
        reason="It was wrong.",
    )
    (found,) = await due(newsroom, 0)
    assert (found.publication.id, found.signers) == (publication.id, frozenset())
    await newsroom.ask(head)
    await newsroom.sign(head)
    assert await due(newsroom, 0) == []


async def test_a_person_of_a_new_site_is_due_until_signed_off(newsroom: Newsroom) -> None:
    reviewer, other, _ = newsroom.reviewers
    async with newsroom.desk.reading(newsroom.author) as reading:
        found = {each.publication.entry_id: each for each in await reviews_due(reading, 0 * DAY)}
        assert reviewer.person_id in found
        head = await reading.session.get_one(
            Revision, found[str(reviewer.person_id)].publication.revision_id
        )
    await newsroom.ask(head)
    await newsroom.sign(head, other)
    async with newsroom.desk.reading(newsroom.author) as reading:
        left = {each.publication.entry_id for each in await reviews_due(reading, 0 * DAY)}
    assert left == found.keys() - {reviewer.person_id}


async def test_what_is_not_public_any_more_is_not_due(newsroom: Newsroom) -> None:
    publication = await newsroom.published("Note", slug="note", text="x")
    await newsroom.unpublish(publication)
    assert await due(newsroom, 400) == []


async def test_one_sees_what_one_may_read(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="viewer", category_id=mine.id))
    target = await newsroom.published(slug="target")
    for category in (mine, theirs):
        await newsroom.published(
            title=category.name, category=category, related=["/articles/target"]
        )
    await republish(newsroom, target, body="Quite another text.")
    assert len(await due(newsroom, 400)) == 3
    (seen,) = await due(newsroom, 400, limited)
    assert await newsroom.path(seen.publication) == "/articles/mine"
    assert len(await outdated(newsroom)) == 2
    (mine_too,) = await outdated(newsroom, limited)
    assert await newsroom.path(mine_too.publication) == "/articles/mine"
    assert await due(newsroom, 400, ANONYMOUS) == []
    assert await outdated(newsroom, ANONYMOUS) == []


async def test_a_page_is_outdated_when_what_it_leads_to_says_something_else(
    newsroom: Newsroom,
) -> None:
    target = await newsroom.published(slug="target", body="One.", summary="S")
    await newsroom.published(slug="by-list", related=["/articles/target"])
    await newsroom.published(slug="by-text", body="See [it](/articles/target).")
    await newsroom.published(slug="apart")
    assert await pages(newsroom) == {}
    changed = await republish(newsroom, target, body="Another.")
    assert await pages(newsroom) == {
        "/articles/by-list": [changed.id],
        "/articles/by-text": [changed.id],
    }
    again = await republish(newsroom, changed, title="Another title")
    assert (await pages(newsroom))["/articles/by-list"] == [again.id]
    # If it says again what the reviewers saw, there is nothing to look at.
    await republish(newsroom, again, body="One.", title="A title")
    assert await pages(newsroom) == {}


async def test_what_no_reader_would_notice_outdates_nothing(newsroom: Newsroom) -> None:
    target = await newsroom.published(slug="target")
    await newsroom.published(slug="source", related=["/articles/target"])
    await republish(newsroom, target, category=await newsroom.category("Topic"))
    assert await pages(newsroom) == {}


async def test_a_draft_outdates_nothing(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="target")
    await newsroom.publish(head)
    await newsroom.published(slug="source", related=["/articles/target"])
    await newsroom.review(await newsroom.update(head, body="Another."))
    assert await pages(newsroom) == {}


async def test_a_new_sign_off_says_that_somebody_has_looked(newsroom: Newsroom) -> None:
    target = await newsroom.published(slug="target")
    source = await newsroom.draft(slug="source", related=["/articles/target"])
    await newsroom.publish(source)
    await republish(newsroom, target, body="Another.")
    assert list(await pages(newsroom)) == ["/articles/source"]
    await newsroom.ask(source)
    await newsroom.sign(source, newsroom.reviewers[1])
    assert await pages(newsroom) == {}


async def test_what_goes_past_the_reviewers_outdates_pages_too(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="target")
    await newsroom.publish(head)
    await newsroom.published(slug="source", related=["/articles/target"])
    edited = await newsroom.update(head, body="Another.")
    entry_id = await newsroom.entry_id(head)
    await newsroom.do(
        newsroom.administrator,
        break_glass_publish,
        entry_id,
        revision_id=edited.id,
        reason="It was wrong.",
    )
    assert list(await pages(newsroom)) == ["/articles/source"]


async def test_due_and_outdated_pages_are_read_page_by_page(newsroom: Newsroom) -> None:
    targets = [await newsroom.published(slug=f"target-{number}") for number in range(2)]
    for number in range(4):
        related = [f"/articles/target-{each}" for each in {number % 2, 0}]
        await newsroom.published(slug=f"source-{number}", related=related)
    for each in targets:
        await republish(newsroom, each, body="Another.")
    async with newsroom.as_(newsroom.author) as work:
        for signed_by in (None, newsroom.reviewers[0].account_id, newsroom.author.account_id):
            outdated_pages = await outdated_reviews(work, signed_by=signed_by)
            due_pages = await reviews_due(work, 400 * DAY, signed_by=signed_by)
            assert len(outdated_pages) == (0 if signed_by == newsroom.author.account_id else 4)
            parts: list[Outdated] = []
            while found := await outdated_reviews(
                work, first=1, after=parts[-1].place if parts else None, signed_by=signed_by
            ):
                parts += found
            assert parts == outdated_pages
            due_parts: list[Due] = []
            while next_due := await reviews_due(
                work,
                400 * DAY,
                first=2,
                after=due_parts[-1].place if due_parts else None,
                signed_by=signed_by,
            ):
                due_parts += next_due
            assert due_parts == due_pages


async def test_times_of_reviews_are_found_wrong_and_repaired(newsroom: Newsroom) -> None:
    publication = await newsroom.published(slug="page")
    async with newsroom.database.reading() as session:
        stored = await session.get_one(Publication, publication.id)
        assert await faults_of_review_times(session) == []
    # However many they are, a row takes them.
    many = [new_id("person") for _ in range(200)]
    assert stored.due_at is not None
    assert stored.reviewed_at is not None
    assert stored.reviewers == [newsroom.reviewers[0].person_id]
    async with newsroom.desk.work(OPERATOR) as work:
        await work.session.execute(
            update(Publication)
            .where(Publication.id == publication.id)
            .values(due_at=None, reviewed_at=None, reviewers=many)
        )
    async with newsroom.database.reading() as session:
        (fault,) = await faults_of_review_times(session)
    assert fault.startswith(f"publication {publication.id} is not valid: the time of its review")
    async with newsroom.desk.work(OPERATOR) as work:
        await repair_review_times(work)
    async with newsroom.database.reading() as session:
        again = await session.get_one(Publication, publication.id)
        assert (again.due_at, again.reviewed_at) == (stored.due_at, stored.reviewed_at)
        assert again.reviewers == stored.reviewers
