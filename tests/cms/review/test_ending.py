"""Sign-offs and change requests end once, by the commands that say so, and nothing revives them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from cms.access.accounts import disable_account, enable_account, grant_role, revoke_role
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.clock import now, to_milliseconds
from cms.content.builtin import BUILT_IN_NAMES
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.content.policy import SignOffPolicy, Stage
from cms.drafts.entries import add_edition, create_entry
from cms.errors import DatabaseBusy, Refused
from cms.publishing.publishing import break_glass_publish, publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes, withdraw_change_request
from cms.review.due import Due, reviews_due
from cms.review.invalidation import invalidate_sign_offs
from cms.review.reviews import request_review, withdraw_review
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.tables import (
    AuditRecord,
    ChangeRequest,
    Publication,
    PublicationSignOff,
    Revision,
    RoleGrant,
    SignOff,
)
from tests.builders import Newsroom, draft_of
from tests.cms.review.test_reviews import gates
from tests.standing import standing_by_sql

A_DAY = timedelta(days=1)


async def state(newsroom: Newsroom, head: Revision) -> str:
    async with newsroom.as_(newsroom.author) as work:
        return (await standing_by_sql(work, head))[0]


async def revoke(newsroom: Newsroom, actor: Actor, *but: Grant) -> None:
    """Revoke all of an account's grants, and leave it these."""
    async with newsroom.as_(newsroom.administrator) as work:
        wide = select(RoleGrant.id).where(
            RoleGrant.account_id == actor.account_id, RoleGrant.revoked_at.is_(None)
        )
        former = (await work.session.scalars(wide)).all()
        for grant in but:
            await grant_role(work, str(actor.account_id), grant)
        for grant_id in former:
            await revoke_role(work, grant_id)


async def rows_of(newsroom: Newsroom, table: type[SignOff | ChangeRequest]) -> Sequence[object]:
    async with newsroom.database.reading() as session:
        return (await session.scalars(select(table).order_by(table.id))).all()


async def causes(newsroom: Newsroom, table: type[SignOff | ChangeRequest]) -> list[str | None]:
    return [row.end_cause for row in await rows_of(newsroom, table)]  # type: ignore[attr-defined]  # both have it


async def names(newsroom: Newsroom, entry_id: str) -> set[str]:
    """Return the accounts that are shown as reviewers of an entry's public revision."""
    async with newsroom.database.reading() as session:
        found = await session.scalars(
            select(SignOff.account_id)
            .join(PublicationSignOff, PublicationSignOff.sign_off_id == SignOff.id)
            .join(Publication, Publication.id == PublicationSignOff.publication_id)
            .where(
                Publication.entry_id == entry_id,
                Publication.ended_position.is_(None),
                PublicationSignOff.ended_position.is_(None),
            )
        )
        return set(found)


async def position(newsroom: Newsroom) -> int:
    async with newsroom.database.reading() as session:
        found = await session.scalars(select(PublicationSignOff.ended_position))
        return max(each or 0 for each in found)


async def due(
    newsroom: Newsroom, within: timedelta = timedelta(0), at: datetime | None = None
) -> list[Due]:
    """Return the pages that will be due; the people are due at once."""
    async with newsroom.as_(newsroom.author, at) as work:
        found = await reviews_due(work, within)
    return [each for each in found if each.publication.content_type not in BUILT_IN_NAMES]


def site_with(*stages: Stage) -> Site:
    """Return a site whose articles have these stages."""

    class Article(ContentType, path="/articles/{slug}", policy=SignOffPolicy(stages=stages)):
        """The same as in the other sites, but for the policy."""

        body = Text()

    return Site("Test site", content_types=(Article,))


async def test_a_page_is_not_published_on_the_sign_off_of_a_revoked_role(
    newsroom: Newsroom,
) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    await newsroom.ask(head)
    await newsroom.sign(head, first)
    assert await state(newsroom, head) == "APPROVED"
    await revoke(newsroom, first)
    assert await state(newsroom, head) == "IN_REVIEW"
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF"]
    assert await causes(newsroom, SignOff) == ["role_revoked"]
    # A grant that comes back revives nothing.
    await newsroom.do(
        newsroom.administrator, grant_role, str(first.account_id), Grant(role="reviewer")
    )
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF"]
    await newsroom.sign(head, second)
    assert await gates(newsroom, head) == []


async def test_a_page_is_not_published_on_the_sign_off_of_a_disabled_account(
    newsroom: Newsroom,
) -> None:
    first, second, _ = newsroom.reviewers
    signed, objected = await newsroom.draft(slug="one"), await newsroom.draft(slug="two")
    for head in (signed, objected):
        await newsroom.ask(head)
    await newsroom.sign(signed, first)
    await newsroom.object_to(objected, first)
    await newsroom.do(newsroom.administrator, disable_account, str(first.account_id))
    assert await causes(newsroom, SignOff) == ["account_disabled"]
    assert await causes(newsroom, ChangeRequest) == ["account_disabled"]
    await newsroom.do(newsroom.administrator, enable_account, str(first.account_id))
    assert await gates(newsroom, signed) == ["MISSING_SIGN_OFF"]
    assert await gates(newsroom, objected) == ["MISSING_SIGN_OFF"]
    await newsroom.sign(signed, second)
    assert await gates(newsroom, signed) == []


@pytest.mark.parametrize(
    ("left", "is_kept"),
    [
        (Grant(role="reviewer", stage="editorial"), True),
        (Grant(role="reviewer", stage="technical"), False),
        (Grant(role="reviewer", content_type="Article"), True),
        (Grant(role="reviewer", content_type="Note"), False),
        (Grant(role="reviewer", locale="en"), True),
        (Grant(role="reviewer", locale="de"), False),
        (Grant(role="publisher"), False),
    ],
)
async def test_a_narrowed_role_ends_what_it_does_not_cover(
    newsroom: Newsroom, left: Grant, is_kept: bool
) -> None:
    reviewer = newsroom.reviewers[0]
    head = await newsroom.draft()
    await newsroom.ask(head)
    await newsroom.sign(head, reviewer)
    await revoke(newsroom, reviewer, left)
    assert await causes(newsroom, SignOff) == [None if is_kept else "role_revoked"]
    assert await gates(newsroom, head) == ([] if is_kept else ["MISSING_SIGN_OFF"])


async def test_a_role_narrowed_to_another_category_ends_what_is_elsewhere(
    newsroom: Newsroom,
) -> None:
    reviewer = newsroom.reviewers[0]
    above = await newsroom.category("Above")
    below, other = await newsroom.category("Below", above), await newsroom.category("Other")
    for name, category in (("kept", below), ("ended", other)):
        head = await newsroom.draft(slug=name, category=category)
        await newsroom.ask(head)
        await newsroom.sign(head, reviewer)
    await revoke(newsroom, reviewer, Grant(role="reviewer", category_id=above.id))
    assert await causes(newsroom, SignOff) == [None, "role_revoked"]


async def test_a_role_on_a_category_is_one_on_its_own_words(newsroom: Newsroom) -> None:
    above, other = await newsroom.category("Above"), await newsroom.category("Other")
    below = await newsroom.category("Below", above)
    reviewer = newsroom.reviewers[0]
    for topic in (below, other):
        head = await newsroom.update(topic.revision, summary="Other words.")
        await newsroom.ask(head)
        await newsroom.sign(head, reviewer)
    await revoke(newsroom, reviewer, Grant(role="reviewer", category_id=above.id))
    assert await causes(newsroom, SignOff) == [None, "role_revoked"]


async def test_another_role_ends_no_sign_off(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="publisher"), Grant(role="reviewer"))
    head = await newsroom.draft()
    await newsroom.ask(head)
    await newsroom.sign(head, both)
    await newsroom.publish_beside()
    async with newsroom.as_(newsroom.administrator) as work:
        grant_id = await work.session.scalar(
            select(RoleGrant.id).filter_by(account_id=both.account_id, role="publisher")
        )
        await revoke_role(work, str(grant_id))
    assert await gates(newsroom, head) == []


async def test_rights_are_those_of_the_moment_of_the_sign_off(newsroom: Newsroom) -> None:
    """An actor that a server loaded before its role was revoked does not sign."""
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    await newsroom.ask(head)
    await revoke(newsroom, first)
    await newsroom.do(newsroom.administrator, disable_account, str(second.account_id))
    for actor in (first, second):
        judged = {"digest": head.digest}
        assert await newsroom.codes(actor, sign_off, entry_id, **judged) == ["NOT_ALLOWED"]
        assert await newsroom.codes(actor, request_changes, entry_id, reason="No.", **judged) == [
            "NOT_ALLOWED"
        ]


async def test_a_sign_off_and_a_revocation_at_once_leave_none_without_a_right(
    newsroom: Newsroom,
) -> None:
    reviewer = newsroom.reviewers[0]

    async def sign(head: Revision) -> None:
        with suppress(Refused, DatabaseBusy):
            await newsroom.sign(head, reviewer)

    for number in range(5):
        head = await newsroom.draft(slug=f"page-{number}")
        await newsroom.ask(head)
        await asyncio.gather(sign(head), revoke(newsroom, reviewer))
        assert None not in await causes(newsroom, SignOff)
        grant = Grant(role="reviewer")
        await newsroom.do(OPERATOR, grant_role, str(reviewer.account_id), grant)


async def test_an_objection_closes_the_sign_off_of_its_author(newsroom: Newsroom) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    await newsroom.ask(head)
    await newsroom.sign(head, first)
    await newsroom.sign(head, second)
    asked = await newsroom.object_to(head, first)
    assert await causes(newsroom, SignOff) == ["changes_requested", None]
    assert await gates(newsroom, head) == ["CHANGES_REQUESTED"]
    await newsroom.do(first, withdraw_change_request, asked.id)
    assert await causes(newsroom, ChangeRequest) == ["withdrawn"]
    # What it closed stays closed.
    assert await causes(newsroom, SignOff) == ["changes_requested", None]
    assert await gates(newsroom, head) == []


async def test_an_objection_is_open_until_its_author_signs_or_loses_the_right(
    newsroom: Newsroom,
) -> None:
    first, second, third = newsroom.reviewers
    head = await newsroom.draft()
    await newsroom.ask(head)
    for reviewer in (first, second):
        await newsroom.object_to(head, reviewer)
    await newsroom.sign(head, third)
    assert await gates(newsroom, head) == ["CHANGES_REQUESTED", "CHANGES_REQUESTED"]
    await newsroom.sign(head, first)
    assert await causes(newsroom, ChangeRequest) == ["signed_off", None]
    await revoke(newsroom, second)
    assert await causes(newsroom, ChangeRequest) == ["signed_off", "role_revoked"]
    assert await gates(newsroom, head) == []


async def test_an_objection_outlives_its_withdrawn_review(newsroom: Newsroom) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    await newsroom.ask(head)
    await newsroom.sign(head, second)
    await newsroom.object_to(head, first)
    await newsroom.do(newsroom.author, withdraw_review, entry_id)
    assert await state(newsroom, head) == "CHANGES_REQUESTED"
    assert await gates(newsroom, head) == ["CHANGES_REQUESTED"]
    # Whoever has signed can object later, too.
    await newsroom.object_to(head, second)
    assert await gates(newsroom, head) == [
        *("MISSING_SIGN_OFF", "CHANGES_REQUESTED", "CHANGES_REQUESTED")
    ]


async def test_only_its_author_withdraws_an_objection(newsroom: Newsroom) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    await newsroom.ask(head)
    asked = await newsroom.object_to(head, first)
    for actor in (second, newsroom.author, newsroom.administrator, newsroom.publisher):
        assert await newsroom.codes(actor, withdraw_change_request, asked.id) == ["NOT_ALLOWED"]
    for _ in range(2):  # again, it changes nothing
        ended = await newsroom.do(first, withdraw_change_request, asked.id)
    assert (ended.end_cause, ended.ended_by) == ("withdrawn", first.account_id)
    unknown = "changes_" + "0" * 26
    assert await newsroom.codes(first, withdraw_change_request, unknown) == ["NOT_FOUND"]


async def test_a_hidden_objection_is_refused_like_one_that_does_not_exist(
    newsroom: Newsroom,
) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="reviewer", category_id=mine.id))
    head = await newsroom.draft(category=theirs)
    await newsroom.ask(head)
    asked = await newsroom.object_to(head, newsroom.reviewers[0])
    for identifier in (asked.id, "changes_" + "0" * 26):
        (error,) = await newsroom.refusal(limited, withdraw_change_request, identifier)
        assert error.code == "NOT_FOUND"
        assert error.message == f"there is no change request {identifier!r}"


async def test_a_policy_that_is_tightened_during_a_review_counts_for_the_state(
    newsroom: Newsroom,
) -> None:
    newsroom.site = site_with(Stage("editorial"))
    head = await newsroom.draft()
    await newsroom.ask(head)
    await newsroom.sign(head)
    assert await state(newsroom, head) == "APPROVED"
    newsroom.site = site_with(Stage("editorial", approvals=2))
    assert await state(newsroom, head) == "IN_REVIEW"
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF"]
    # A policy that is loosened does not loosen the review.
    await newsroom.do(newsroom.author, withdraw_review, await newsroom.entry_id(head))
    await newsroom.ask(head)
    newsroom.site = site_with(Stage("editorial"))
    assert await state(newsroom, head) == "IN_REVIEW"
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF"]


async def test_a_page_past_its_sign_offs_is_due_until_late_ones_complete_its_stages(
    newsroom: Newsroom,
) -> None:
    """One of three sign-offs is not a review, however long it holds."""
    first, second, third = newsroom.reviewers
    head = await newsroom.draft("Note", text="Words")
    entry_id = await newsroom.entry_id(head)
    await newsroom.ask(head)
    await newsroom.sign(head, first)
    page = await newsroom.do(
        newsroom.administrator,
        break_glass_publish,
        entry_id,
        revision_id=head.id,
        reason="It cannot wait.",
    )
    (found,) = await due(newsroom)
    assert (found.publication.id, found.expires_at) == (page.id, page.published_at)
    assert found.signers == {first.account_id}
    # There is no open review any more, and what is public can be signed.
    for reviewer in (second, third):
        assert [each.publication.id for each in await due(newsroom)] == [page.id]
        given = await newsroom.sign(head, reviewer)
        assert given.review_id is None
    assert await due(newsroom) == []
    (later,) = await due(newsroom, 31 * A_DAY)
    assert later.signers == {each.account_id for each in newsroom.reviewers}


async def imported(newsroom: Newsroom, slug: str, due_at: datetime | None) -> tuple[Revision, str]:
    """Import and publish a page as the operator."""
    async with newsroom.as_(OPERATOR) as work:
        saved = await create_entry(work, "Article", draft_of(slug=slug))
        await publish_imported(
            work,
            {saved.entry_id: saved.revision.id},
            source="The old site",
            review_due_at={saved.entry_id: due_at} if due_at is not None else {},
        )
        return saved.revision, saved.entry_id


async def test_an_imported_page_is_due_at_its_date_until_late_sign_offs_complete_its_stages(
    newsroom: Newsroom,
) -> None:
    soon = now() + 3 * A_DAY
    dated, dated_id = await imported(newsroom, "dated", soon)
    undated, undated_id = await imported(newsroom, "undated", None)
    assert [each.publication.entry_id for each in await due(newsroom)] == [undated_id]
    both = await due(newsroom, 4 * A_DAY)
    assert [each.publication.entry_id for each in both] == [undated_id, dated_id]
    assert both[1].expires_at == to_milliseconds(soon)
    for head in (dated, undated):
        await newsroom.sign(head)
    assert await due(newsroom, 4 * A_DAY) == []
    assert len(await due(newsroom, 366 * A_DAY)) == 2


async def test_a_late_sign_off_joins_what_is_public_at_a_position(newsroom: Newsroom) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    (page,) = await newsroom.publish(head)
    assert await names(newsroom, page.entry_id) == {first.account_id}
    given = await newsroom.sign(head, second)
    async with newsroom.database.reading() as session:
        joined = await session.get_one(PublicationSignOff, (page.id, given.id))
    assert joined.position == page.position + 1
    assert await names(newsroom, page.entry_id) == {first.account_id, second.account_id}
    assert (await newsroom.unpublish(page)).ended_position == page.position + 2


async def test_four_eyes_hold_for_what_is_public(newsroom: Newsroom) -> None:
    both = await newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    await newsroom.publish_beside()
    head = await newsroom.save(await newsroom.draft(title="One"), both, title="Two")
    (page,) = await newsroom.publish(head)
    judged = {"digest": head.digest}
    assert await newsroom.codes(both, sign_off, page.entry_id, **judged) == ["OWN_WORK"]
    draft = await newsroom.save(head, title="Three")
    reviewer = newsroom.reviewers[1]
    judged = {"digest": draft.digest}
    assert await newsroom.codes(reviewer, sign_off, page.entry_id, **judged) == ["NOT_IN_REVIEW"]


async def test_an_objection_of_the_signer_takes_the_name_off_what_is_public(
    newsroom: Newsroom,
) -> None:
    first, second, _ = newsroom.reviewers
    head = await newsroom.draft()
    (page,) = await newsroom.publish(head)
    await newsroom.object_to(head, second)  # who has not signed takes nothing off
    assert await names(newsroom, page.entry_id) == {first.account_id}
    await newsroom.object_to(head, first)
    assert await names(newsroom, page.entry_id) == set()
    assert await position(newsroom) == page.position + 1
    assert await state(newsroom, head) == "PUBLISHED"
    (found,) = await due(newsroom)
    assert found.publication.id == page.id
    assert page.published_at < found.expires_at <= now()


async def test_a_revoked_role_leaves_the_name_on_what_is_public(newsroom: Newsroom) -> None:
    first = newsroom.reviewers[0]
    head = await newsroom.draft()
    (page,) = await newsroom.publish(head)
    await revoke(newsroom, first)
    assert await causes(newsroom, SignOff) == ["role_revoked"]
    assert await names(newsroom, page.entry_id) == {first.account_id}
    assert await due(newsroom) == []
    # But nothing else is published on it.
    await newsroom.unpublish(page)
    assert await gates(newsroom, head) == ["MISSING_SIGN_OFF"]


async def test_an_invalidation_ends_the_sign_offs_since_a_time(newsroom: Newsroom) -> None:
    first, second, _ = newsroom.reviewers
    before, after = await newsroom.draft(slug="before"), await newsroom.draft(slug="after")
    kept, live = await newsroom.publish(before, after)
    taken_over_at = now() + A_DAY
    draft = await newsroom.draft(slug="draft")
    await newsroom.ask(draft)
    for head, entry_id in ((draft, await newsroom.entry_id(draft)), (after, live.entry_id)):
        await newsroom.do_at(taken_over_at, first, sign_off, entry_id, digest=head.digest)
    ended = await newsroom.do_at(
        taken_over_at + A_DAY,
        newsroom.administrator,
        invalidate_sign_offs,
        str(first.account_id),
        since=taken_over_at,
        reason=" Their laptop was stolen. ",
    )
    assert [each.end_cause for each in ended] == ["invalidated"] * 2
    assert {each.ended_by for each in ended} == {newsroom.administrator.account_id}
    assert await gates(newsroom, draft) == ["MISSING_SIGN_OFF"]
    assert await causes(newsroom, SignOff) == [None, None, "invalidated", "invalidated"]
    # The name stays where an earlier sign-off of theirs counts.
    assert await names(newsroom, live.entry_id) == {first.account_id}
    later = taken_over_at + 2 * A_DAY
    await newsroom.do_at(
        later,
        newsroom.administrator,
        invalidate_sign_offs,
        str(first.account_id),
        since=now() - A_DAY,
        reason="It was stolen earlier.",
    )
    assert await names(newsroom, live.entry_id) == await names(newsroom, kept.entry_id) == set()
    found = await due(newsroom, at=later)
    assert {each.publication.id for each in found} == {kept.id, live.id}
    async with newsroom.database.reading() as session:
        records = await session.scalars(
            select(AuditRecord.detail).where(
                AuditRecord.action == "review:invalidate",
                AuditRecord.subject == first.account_id,
            )
        )
        assert [each["reason"] for each in records] == [
            *("Their laptop was stolen.", "It was stolen earlier.")
        ]
    assert second.account_id not in {each.account_id for each in ended}


async def test_an_invalidation_takes_off_what_ended_for_another_cause(newsroom: Newsroom) -> None:
    first = newsroom.reviewers[0]
    head = await newsroom.draft()
    (page,) = await newsroom.publish(head)
    await newsroom.do(newsroom.administrator, disable_account, str(first.account_id))
    assert await names(newsroom, page.entry_id) == {first.account_id}
    (ended,) = await newsroom.do(
        OPERATOR,
        invalidate_sign_offs,
        str(first.account_id),
        since=page.published_at - A_DAY,
        reason="It was taken over.",
    )
    assert ended.end_cause == "account_disabled"  # a fact is closed once
    assert await names(newsroom, page.entry_id) == set()
    assert await position(newsroom) == page.position + 1


async def test_an_invalidation_has_a_reason_and_a_time_and_a_right(newsroom: Newsroom) -> None:
    account_id = str(newsroom.reviewers[0].account_id)

    async def codes(
        actor: Actor, since: timedelta = -A_DAY, reason: str = "Taken over."
    ) -> list[str]:
        return await newsroom.codes(
            actor, invalidate_sign_offs, account_id, since=now() + since, reason=reason
        )

    assert await codes(newsroom.administrator, A_DAY) == ["INVALID_VALUE"]
    assert await codes(newsroom.administrator, reason=" ") == ["INVALID_VALUE"]
    for actor in (newsroom.author, newsroom.reviewers[0], newsroom.publisher):
        assert await codes(actor) == ["NOT_ALLOWED"]
    unknown = "account_" + "0" * 26
    refused = await newsroom.codes(
        newsroom.administrator, invalidate_sign_offs, unknown, since=now(), reason="Taken over."
    )
    assert refused == ["NOT_FOUND"]


async def test_there_are_reviewers_for_one_language(newsroom: Newsroom) -> None:
    german = await newsroom.person("Greta", Grant(role="reviewer", locale="de"))
    english = await newsroom.draft()
    entry_id = await newsroom.entry_id(english)
    begun = await newsroom.do(newsroom.author, add_edition, entry_id, "de")
    await newsroom.ask(english)
    base = begun.revision.id
    await newsroom.do(newsroom.author, request_review, entry_id, base_revision=base, locale="de")
    digest = begun.revision.digest
    given = await newsroom.do(german, sign_off, entry_id, digest=digest, locale="de")
    assert given.account_id == german.account_id
    assert await newsroom.codes(german, sign_off, entry_id, digest=english.digest) == ["NOT_FOUND"]
    await newsroom.publish(english)
    assert await newsroom.codes(german, sign_off, entry_id, digest=english.digest) == [
        "NOT_ALLOWED"
    ]
    assert await newsroom.codes(
        newsroom.administrator,
        grant_role,
        str(german.account_id),
        Grant(role="reviewer", locale="fr"),
    ) == ["INVALID_VALUE"]


async def test_a_page_that_was_taken_back_is_unpublished_though_it_is_signed(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft()
    (page,) = await newsroom.publish(head)
    edited = await newsroom.update(head, summary="Another.")
    await newsroom.do(newsroom.publisher, unpublish_entry, page.entry_id)
    assert await state(newsroom, head) == "UNPUBLISHED"
    assert await state(newsroom, edited) == "DRAFT"
    (again,) = await newsroom.publish(edited)
    assert (await state(newsroom, head), await state(newsroom, edited)) == ("APPROVED", "PUBLISHED")
    await newsroom.unpublish(again)
    assert await state(newsroom, edited) == "UNPUBLISHED"
