"""A sign-off is for exactly one content, by somebody who had no part in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cms.commands.publishing import publish_entry
from cms.commands.reviews import request_review, sign_off
from cms.editorial.actor import Actor, Grant
from cms.errors import Refused, UserError
from cms.tables import Revision
from tests.builders import Newsroom, draft_of, entry_id_of


async def ask(newsroom: Newsroom, head: Revision) -> None:
    async with newsroom.as_(newsroom.author) as work:
        await request_review(work, await entry_id_of(work, head), base_revision=head.id)


async def sign(newsroom: Newsroom, head: Revision, actor: Actor, stage: str | None = None) -> None:
    async with newsroom.as_(actor) as work:
        await sign_off(work, await entry_id_of(work, head), digest=head.digest, stage=stage)


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
    assert (saved.summary, saved.rendered.get("subtitle")) == ("", None)
    assert draft_of(title="T").fields == {"body": "Some *text*."}
