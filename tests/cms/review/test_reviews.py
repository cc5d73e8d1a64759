"""A sign-off is for exactly one content, by somebody who had no part in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from cms.access.accounts import create_account
from cms.access.tokens import issue_token
from cms.authorization.actor import Actor, Grant
from cms.clock import now
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.content.policy import SignOffPolicy, Stage
from cms.drafts.entries import add_edition, duplicate_entry
from cms.drafts.saving import restore_revision
from cms.errors import Refused, UserError
from cms.publishing.publishing import break_glass_publish, publish_entry
from cms.review.change_requests import request_changes
from cms.review.reviews import request_review, withdraw_review
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.tables import ReviewAssignee, Revision
from tests.builders import Newsroom, draft_of, entry_id_of
from tests.signing_in import actor_of


async def ask(newsroom: Newsroom, head: Revision) -> None:
    await newsroom.ask(head)


async def sign(newsroom: Newsroom, head: Revision, actor: Actor, stage: str | None = None) -> None:
    await newsroom.sign(head, actor, stage)


async def refusal(newsroom: Newsroom, head: Revision, actor: Actor, **more: str) -> list[UserError]:
    async with newsroom.as_(actor) as work:
        with pytest.raises(Refused) as refused:
            arguments = {"digest": head.digest, **more}
            await sign_off(work, await entry_id_of(work, head), **arguments)
    return list(refused.value.errors)


async def gates(newsroom: Newsroom, head: Revision) -> list[str]:
    """Return the codes of the gates that fail; publish it if none does."""
    async with newsroom.as_(newsroom.publisher) as work:
        entry_id = await entry_id_of(work, head)
        try:
            await publish_entry(work, entry_id, revision_id=head.id)
        except Refused as refused:
            return [error.code for error in refused.errors]
    return []


async def test_an_edit_needs_another_sign_off(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One")
    await ask(newsroom, head)
    await sign(newsroom, head, newsroom.reviewers[0])
    edited = await newsroom.save(head, title="Two")
    assert await gates(newsroom, edited) == ["MISSING_SIGN_OFF"]


async def test_the_very_same_content_counts_again(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One")
    await ask(newsroom, head)
    await sign(newsroom, head, newsroom.reviewers[0])
    edited = await newsroom.save(head, title="Two")
    restored = await newsroom.save(edited, title="One")
    assert restored.id != head.id
    assert await gates(newsroom, restored) == []


async def test_what_was_signed_can_be_published_after_an_edit(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One")
    await ask(newsroom, head)
    await sign(newsroom, head, newsroom.reviewers[0])
    await newsroom.save(head, title="Two")
    assert await gates(newsroom, head) == []


async def test_no_contributor_signs_off(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    head = await newsroom.draft(title="One")
    head = await newsroom.save(head, both, title="Two")
    head = await newsroom.save(head, title="Three")
    await ask(newsroom, head)
    assert [e.code for e in await refusal(newsroom, head, both)] == ["OWN_WORK"]


async def test_a_sign_off_does_not_count_once_its_giver_contributes(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    head = await newsroom.draft(title="One")
    await ask(newsroom, head)
    await sign(newsroom, head, both)
    edited = await newsroom.save(head, both, title="Two")
    restored = await newsroom.save(edited, title="One")
    assert await gates(newsroom, restored) == ["MISSING_SIGN_OFF"]


async def test_an_author_does_not_renew_their_own_page(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    await newsroom.publish_beside()
    head = await newsroom.draft(title="One")
    head = await newsroom.save(head, both, title="Two")
    await newsroom.publish(head)
    await ask(newsroom, head)
    assert [e.code for e in await refusal(newsroom, head, both)] == ["OWN_WORK"]


async def test_stages_are_signed_in_order_by_as_many_as_it_takes(newsroom: Newsroom) -> None:
    first, second, third = newsroom.reviewers
    head = await newsroom.draft("Note", text="Words")
    await ask(newsroom, head)
    errors = await refusal(newsroom, head, first, stage="editorial")
    assert [e.code for e in errors] == ["WRONG_STAGE"]
    await sign(newsroom, head, first)
    await sign(newsroom, head, first)  # one person counts once
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF", "MISSING_SIGN_OFF"]
    await sign(newsroom, head, second)
    await sign(newsroom, head, third)  # the next stage that is not complete
    assert await gates(newsroom, head) == []


async def test_unknown_stages_and_digests_are_refused(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    await ask(newsroom, head)
    reviewer = newsroom.reviewers[0]
    assert [e.code for e in await refusal(newsroom, head, reviewer, stage="x")] == ["WRONG_STAGE"]
    assert [e.code for e in await refusal(newsroom, head, reviewer, digest="0" * 64)] == [
        "WRONG_DIGEST"
    ]


async def test_nobody_signs_off_unasked(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    errors = await refusal(newsroom, head, newsroom.reviewers[0])
    assert [e.code for e in errors] == ["NOT_IN_REVIEW"]


async def test_a_reviewer_has_a_name_that_readers_see(newsroom: Newsroom) -> None:
    nameless = await newsroom.person("No Name", Grant(role="reviewer"), byline=False)
    head = await newsroom.draft()
    await ask(newsroom, head)
    assert [e.code for e in await refusal(newsroom, head, nameless)] == ["NO_BYLINE"]


async def test_a_reviewer_of_another_category_does_not_sign(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="reviewer", category_id=mine.id))
    head = await newsroom.draft(category=theirs)
    await ask(newsroom, head)
    # Neither do they learn that it exists.
    assert [e.code for e in await refusal(newsroom, head, limited)] == ["NOT_FOUND"]


async def test_a_sign_off_expires(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    await newsroom.review(head)
    async with newsroom.as_(newsroom.publisher) as work:
        later = work.now + timedelta(days=366)
    async with newsroom.as_(newsroom.publisher, later) as work:
        with pytest.raises(Refused) as refused:
            await publish_entry(work, await entry_id_of(work, head), revision_id=head.id)
    assert [error.code for error in refused.value.errors] == ["MISSING_SIGN_OFF"]


async def test_a_review_is_asked_for_with_the_newest_revision_in_mind(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One")
    await newsroom.save(head, title="Two")
    with pytest.raises(Refused) as refused:
        await ask(newsroom, head)
    assert [error.code for error in refused.value.errors] == ["STALE_REVISION"]


async def test_asking_twice_is_asking_once(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        first = await request_review(work, entry_id, base_revision=head.id)
        second = await request_review(work, entry_id, base_revision=head.id)
    assert first.id == second.id


async def test_a_draft_is_a_whole_page(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T", summary="S", subtitle="Sub")
    saved = await newsroom.save(head, title="T")
    rendition = await newsroom.rendition(saved)
    assert (saved.summary, rendition.rendered.get("subtitle")) == ("", None)
    assert draft_of(title="T").fields == {"body": "Some *text*."}


async def assigned(newsroom: Newsroom, review_id: str) -> set[str]:
    async with newsroom.database.reading() as session:
        wanted = select(ReviewAssignee.account_id).where(ReviewAssignee.review_id == review_id)
        return set(await session.scalars(wanted))


async def restore(
    newsroom: Newsroom, head: Revision, earlier: Revision, actor: Actor | None = None
) -> Revision:
    entry_id = await newsroom.entry_id(head)
    restored = await newsroom.do(
        actor or newsroom.author,
        lambda work: restore_revision(work, entry_id, earlier.id, base_revision=head.id),
    )
    return restored.revision


async def test_a_review_is_addressed_to_people_and_due_at_a_time(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    first, second, _ = (str(each.account_id) for each in newsroom.reviewers)
    due_at = now() + timedelta(days=3)
    review = await newsroom.ask(head, assignees=[first, first], due_at=due_at, note="Hurry.")
    assert (review.due_at, review.note) == (due_at, "Hurry.")
    assert await assigned(newsroom, review.id) == {first}
    again = await newsroom.ask(head, newsroom.publisher, assignees=[second, first], note="Hm.")
    assert (again.id, again.note, again.due_at) == (review.id, "Hurry.", due_at)
    assert await assigned(newsroom, review.id) == {first, second}
    # Others may review it too.
    await newsroom.sign(head, newsroom.reviewers[2])
    assert await gates(newsroom, head) == []


async def test_a_review_is_not_due_in_the_past_nor_moved(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    past, soon, later = (now() + timedelta(days=days) for days in (-1, 1, 2))

    async def problem(**more: object) -> tuple[str, tuple[str | int, ...]]:
        (error,) = await newsroom.refusal(
            newsroom.author,
            lambda work: request_review(work, entry_id, base_revision=head.id, **more),  # type: ignore[arg-type]  # any of them
        )
        return error.code, error.path

    assert await problem(due_at=past) == ("INVALID_VALUE", ("dueAt",))
    assert (await problem(assignees=["account_" + "0" * 26]))[0] == "NOT_FOUND"
    assert await refusal(newsroom, head, newsroom.reviewers[0])  # so there is no review
    await newsroom.ask(head, due_at=soon)
    assert await problem(due_at=later) == ("INVALID_VALUE", ("dueAt",))
    assert (await newsroom.ask(head, due_at=soon)).due_at == soon


async def test_a_no_stands_until_an_edit_or_until_its_reviewer_says_yes(
    newsroom: Newsroom,
) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft(title="One")
    await newsroom.ask(head)
    await newsroom.object_to(head, first)
    await newsroom.sign(head, second)
    assert await gates(newsroom, head) == ["CHANGES_REQUESTED"]
    edited = await newsroom.save(head, title="Two")
    await newsroom.sign(edited, second)
    assert await gates(newsroom, edited) == []
    # It was a no to the other content, and still is.
    restored = await restore(newsroom, edited, head)
    assert "CHANGES_REQUESTED" in await gates(newsroom, restored)
    await newsroom.ask(restored)
    await newsroom.sign(restored, first)
    assert await gates(newsroom, restored) == []


async def test_a_no_after_a_yes_stands(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    await newsroom.ask(head)
    await newsroom.sign(head)
    later = now() + timedelta(seconds=1)
    entry_id = await newsroom.entry_id(head)
    await newsroom.do_at(
        later,
        newsroom.reviewers[0],
        request_changes,
        entry_id,
        digest=head.digest,
        reason=" Wrong. ",
    )
    # It takes the yes back, which no other reviewer has given.
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF", "CHANGES_REQUESTED"]


async def test_a_no_has_a_reason_and_comes_from_a_reviewer(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    head = await newsroom.save(await newsroom.draft(title="One"), both, title="Two")
    entry_id = await newsroom.entry_id(head)

    async def codes(actor: Actor, digest: str = head.digest, reason: str = "Wrong.") -> list[str]:
        return await newsroom.codes(actor, request_changes, entry_id, digest=digest, reason=reason)

    reviewer = newsroom.reviewers[0]
    assert await codes(reviewer) == ["NOT_IN_REVIEW"]
    await newsroom.ask(head)
    assert await codes(reviewer, reason=" \n ") == ["INVALID_VALUE"]
    assert await codes(reviewer, digest="0" * 64) == ["WRONG_DIGEST"]
    assert await codes(both) == ["OWN_WORK"]
    for actor in (newsroom.author, newsroom.publisher, newsroom.administrator):
        assert await codes(actor) == ["NOT_ALLOWED"]


async def test_who_asked_or_publishes_withdraws_a_review(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    assert await newsroom.codes(newsroom.author, withdraw_review, entry_id) == ["NOT_IN_REVIEW"]
    await newsroom.ask(head)
    for actor in (newsroom.second_author, newsroom.reviewers[0]):
        assert await newsroom.codes(actor, withdraw_review, entry_id) == ["NOT_ALLOWED"]
    await newsroom.sign(head)
    ended = await newsroom.do(newsroom.author, withdraw_review, entry_id)
    assert ended.outcome == "withdrawn"
    assert [e.code for e in await refusal(newsroom, head, newsroom.reviewers[1])] == [
        "NOT_IN_REVIEW"
    ]
    # What was signed stays signed, and another review can be asked for.
    again = await newsroom.ask(head)
    assert again.id != ended.id
    await newsroom.do(newsroom.publisher, withdraw_review, entry_id)
    assert await gates(newsroom, head) == []


def site_with(*stages: Stage) -> Site:
    """Return a site whose notes have these stages."""

    class Note(ContentType, path="/notes/{slug}", policy=SignOffPolicy(stages=stages)):
        """The same as in the other sites, but for the policy."""

        text = Text()

    return Site("Test site", content_types=(Note,))


async def test_a_change_of_policy_does_not_loosen_a_running_review(newsroom: Newsroom) -> None:
    first, second, third = newsroom.reviewers
    head = await newsroom.draft("Note", text="Words")
    await newsroom.ask(head)
    newsroom.site = site_with(Stage("editorial"))
    await newsroom.sign(head, first)
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF", "MISSING_SIGN_OFF"]
    edited = await newsroom.save(head, text="Other words")
    assert [e.code for e in await refusal(newsroom, edited, third, stage="editorial")] == [
        "WRONG_STAGE"
    ]
    for reviewer in (first, second, third):
        await newsroom.sign(edited, reviewer)
    assert await gates(newsroom, edited) == []


async def test_a_tightened_policy_counts_at_once(newsroom: Newsroom) -> None:
    newsroom.site = site_with(Stage("editorial"))
    head = await newsroom.draft("Note", text="Words")
    await newsroom.ask(head)
    await newsroom.sign(head)
    newsroom.site = site_with(Stage("editorial"), Stage("legal"))
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF"]
    # The running review asks for what the policy wants now.
    await newsroom.sign(head, newsroom.reviewers[1], "legal")
    assert await gates(newsroom, head) == []


async def test_a_reviewer_of_a_stage_signs_there_alone(newsroom: Newsroom) -> None:
    technical = await newsroom.person("Tess", Grant(role="reviewer", stage="technical"))
    editorial = await newsroom.person("Ed", Grant(role="reviewer", stage="editorial"))
    await newsroom.publish_beside()
    head = await newsroom.draft("Note", text="Words")
    await newsroom.ask(head)
    assert [e.code for e in await refusal(newsroom, head, editorial)] == ["NOT_ALLOWED"]
    await newsroom.sign(head, technical)
    await newsroom.sign(head, newsroom.reviewers[0])
    assert [e.code for e in await refusal(newsroom, head, technical)] == ["NOT_ALLOWED"]
    given = await newsroom.sign(head, editorial)
    assert given.stage == "editorial"
    assert await gates(newsroom, head) == []


async def test_the_owner_of_a_token_is_the_author_of_what_it_wrote(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    day = timedelta(days=1)
    issued = await newsroom.do(both, issue_token, "import", scopes=None, valid_for=day)
    program = await actor_of(newsroom, issued.secret)
    written = await newsroom.save(await newsroom.draft(title="One"), program, title="Two")
    await newsroom.ask(written)
    for actor in (both, program):
        assert [e.code for e in await refusal(newsroom, written, actor)] == ["OWN_WORK"]


async def test_to_let_another_save_makes_nobody_a_stranger(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    other = await newsroom.person("Bea", Grant(role="author"), Grant(role="reviewer"))
    head = await newsroom.save(await newsroom.draft(title="One"), both, title="Two")
    head = await newsroom.save(head, other, title="Three")
    await newsroom.ask(head)
    for actor in (both, other):
        assert [e.code for e in await refusal(newsroom, head, actor)] == ["OWN_WORK"]


async def test_an_autosave_makes_an_author_too(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    typed = await newsroom.autosave(await newsroom.draft(title="One"), both, title="Two")
    head = await newsroom.save(typed, title="Three")
    await newsroom.ask(head)
    assert [e.code for e in await refusal(newsroom, head, both)] == ["OWN_WORK"]


async def test_restoring_what_was_before_somebody_does_not_undo_their_part(
    newsroom: Newsroom,
) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    first = await newsroom.draft(title="One")
    second = await newsroom.save(first, both, title="Two")
    restored = await restore(newsroom, second, first)
    await newsroom.ask(restored)
    assert [e.code for e in await refusal(newsroom, restored, both)] == ["OWN_WORK"]


async def test_what_comes_back_after_a_publication_comes_with_its_authors(
    newsroom: Newsroom,
) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    first = await newsroom.draft(title="One")
    theirs = await newsroom.save(first, both, title="Two")
    published = await restore(newsroom, theirs, first)
    await newsroom.publish(published)
    back = await restore(newsroom, published, theirs)
    edited = await newsroom.update(back, summary="Hardly anything.")
    await newsroom.ask(edited)
    for head in (back, edited):
        assert [e.code for e in await refusal(newsroom, head, both)] == ["OWN_WORK"]
    # It was written by nobody else, so others may sign.
    await newsroom.sign(edited)
    assert await gates(newsroom, edited) == []


async def test_who_moves_a_page_elsewhere_needs_the_reviewers_there(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="reviewer", category_id=mine.id))
    head = await newsroom.draft(category=mine)
    await newsroom.ask(head)
    await newsroom.sign(head, limited)
    moved = await newsroom.update(head, category=theirs)
    assert await gates(newsroom, moved) == ["MISSING_SIGN_OFF"]
    assert [e.code for e in await refusal(newsroom, moved, limited)] == ["NOT_FOUND"]
    # Neither do they sign an earlier revision, now that the page is elsewhere.
    assert [e.code for e in await refusal(newsroom, head, limited)] == ["NOT_FOUND"]


async def test_a_copy_is_the_work_of_those_who_wrote_what_was_copied(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    theirs = await newsroom.save(await newsroom.draft(title="One"), both, title="Two")
    entry_id = await newsroom.entry_id(theirs)
    copy = (await newsroom.do(newsroom.second_author, duplicate_entry, entry_id)).revision
    edited = await newsroom.update(copy, newsroom.second_author, summary="Hardly anything.")
    await newsroom.ask(edited)
    for head in (copy, edited):
        assert [e.code for e in await refusal(newsroom, head, both)] == ["OWN_WORK"]
    await newsroom.sign(edited)
    assert await gates(newsroom, edited) == []


async def test_an_edition_is_the_work_of_those_who_wrote_what_it_began_with(
    newsroom: Newsroom,
) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    theirs = await newsroom.save(await newsroom.draft(title="One"), both, title="Two")
    entry_id = await newsroom.entry_id(theirs)
    german = (await newsroom.do(newsroom.second_author, add_edition, entry_id, "de")).revision
    await newsroom.do(
        newsroom.author, request_review, entry_id, base_revision=german.id, locale="de"
    )
    assert await newsroom.codes(both, sign_off, entry_id, digest=german.digest, locale="de") == [
        "OWN_WORK"
    ]


async def test_what_went_past_the_reviewers_is_still_its_authors_work(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    await newsroom.publish_beside()
    theirs = await newsroom.save(
        await newsroom.draft(title="One", slug="page"), both, title="Two", slug="page"
    )
    entry_id = await newsroom.entry_id(theirs)
    await newsroom.do(
        newsroom.administrator,
        break_glass_publish,
        entry_id,
        revision_id=theirs.id,
        reason="It cannot wait.",
    )
    edited = await newsroom.update(theirs, summary="Hardly anything.")
    await newsroom.ask(edited)
    assert [e.code for e in await refusal(newsroom, edited, both)] == ["OWN_WORK"]


async def test_nobody_signs_off_their_own_work_with_another_account(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"))
    assert await newsroom.codes(
        newsroom.administrator, create_account, "bo.two@example.org", person_id=both.person_id
    ) == ["DUPLICATE_NAME"]
