"""Reviews and sign-offs of many entries: each digest by itself, by the rules for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.authorization.actor import Grant
from cms.ledger.attestation import missing_attestations, verify_attestations
from cms.ledger.chain import VerifiedChain
from cms.review.reviews import ReviewItem, request_reviews
from cms.review.sign_offs import SignOffItem, sign_off_entries
from cms.tables import ChangeRequest, PublicationSignOff, Revision, SignOff
from cms.work.bulk import NoneDone, Outcome
from tests.builders import Newsroom
from tests.statements import counted


def codes(outcomes: Sequence[Outcome[Any]]) -> list[list[str]]:
    return [[error.code for error in each.errors] for each in outcomes]


async def to_review(newsroom: Newsroom, *heads: Revision) -> list[ReviewItem]:
    return [
        ReviewItem(entry_id=await newsroom.entry_id(each), base_revision=each.id) for each in heads
    ]


async def to_sign(newsroom: Newsroom, *heads: Revision) -> list[SignOffItem]:
    return [
        SignOffItem(entry_id=await newsroom.entry_id(each), digest=each.digest) for each in heads
    ]


async def drafts(newsroom: Newsroom, number: int, content_type: str = "Article") -> list[Revision]:
    values = {"text": "Words."} if content_type == "Note" else {}
    return [
        await newsroom.draft(content_type, title=f"Page {each}", **values) for each in range(number)
    ]


async def test_reviews_are_requested_and_signed_off_for_each(newsroom: Newsroom) -> None:
    heads = await drafts(newsroom, 3)
    reviewer = newsroom.reviewers[0]
    requested = await newsroom.do(
        newsroom.author,
        request_reviews,
        await to_review(newsroom, *heads),
        note="All new.",
        assignees=[str(reviewer.account_id)],
    )
    assert {each.result.note for each in requested if each.result} == {"All new."}
    signed = await newsroom.do(
        reviewer, sign_off_entries, await to_sign(newsroom, *heads), note="Read."
    )
    assert [each.result and each.result.digest for each in signed] == [
        each.digest for each in heads
    ]
    async with newsroom.database.reading() as session:
        assert isinstance(await verify_attestations(session, None), VerifiedChain)
        assert await missing_attestations(session) == []
    published = await newsroom.do(
        newsroom.publisher, _publish, [(each, await newsroom.entry_id(each)) for each in heads]
    )
    assert len(published) == 3


async def _publish(work: Any, heads: Sequence[tuple[Revision, str]]) -> Sequence[Any]:
    from cms.publishing.publishing import publish_together  # noqa: PLC0415

    return await publish_together(work, {entry_id: each.id for each, entry_id in heads})


async def test_each_is_refused_by_itself(newsroom: Newsroom) -> None:
    asked, stale, unasked, own = await drafts(newsroom, 4)
    newer = await newsroom.save(stale, title="Newer")
    chosen = await to_review(newsroom, asked, stale, own)
    requested = await newsroom.do(newsroom.author, request_reviews, chosen, mode="each")
    assert codes(requested) == [[], ["STALE_REVISION"], []]
    reviewer = newsroom.reviewers[0]
    both = await newsroom.person("Bo Both", Grant(role="author"), Grant(role="reviewer"))
    edited = await newsroom.save(own, actor=both, title="By the reviewer")
    signing = [
        *await to_sign(newsroom, asked, newer, unasked, edited),
        SignOffItem(entry_id="entry_none", digest=asked.digest),
    ]
    signing[0] = SignOffItem(entry_id=signing[0].entry_id, digest="0" * 64)
    signed = await newsroom.do(both, sign_off_entries, signing, mode="each")
    assert codes(signed) == [
        ["WRONG_DIGEST"],
        ["NOT_IN_REVIEW"],
        ["NOT_IN_REVIEW"],
        ["OWN_WORK"],
        ["NOT_FOUND"],
    ]
    right = await to_sign(newsroom, asked, edited)
    assert codes(await newsroom.do(reviewer, sign_off_entries, right, mode="each")) == [[], []]


async def test_nothing_is_signed_if_all_are_asked_for_and_one_is_refused(
    newsroom: Newsroom,
) -> None:
    heads = await drafts(newsroom, 2)
    await newsroom.ask(heads[0])
    with pytest.raises(NoneDone) as refused:
        await newsroom.do(newsroom.reviewers[0], sign_off_entries, await to_sign(newsroom, *heads))
    assert [(each.code, each.path) for each in refused.value.errors] == [
        ("NOT_IN_REVIEW", ("entries", 1))
    ]
    async with newsroom.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignOff)) == 0


async def test_stages_are_signed_in_their_order(newsroom: Newsroom) -> None:
    heads = await drafts(newsroom, 2, "Note")
    await newsroom.do(newsroom.author, request_reviews, await to_review(newsroom, *heads))
    await newsroom.sign(heads[0])
    await newsroom.sign(heads[0], newsroom.reviewers[1])
    signed = await newsroom.do(
        newsroom.reviewers[2], sign_off_entries, await to_sign(newsroom, *heads)
    )
    assert [each.result and each.result.stage for each in signed] == ["editorial", "technical"]


async def test_a_sign_off_closes_the_change_requests_of_its_reviewer_alone(
    newsroom: Newsroom,
) -> None:
    heads = await drafts(newsroom, 2)
    await newsroom.do(newsroom.author, request_reviews, await to_review(newsroom, *heads))
    for reviewer in newsroom.reviewers[:2]:
        await newsroom.object_to(heads[0], reviewer)
    await newsroom.do(newsroom.reviewers[0], sign_off_entries, await to_sign(newsroom, *heads))
    async with newsroom.database.reading() as session:
        causes = await session.scalars(
            select(ChangeRequest.end_cause).order_by(ChangeRequest.requested_at)
        )
        assert list(causes) == ["signed_off", None]


async def test_sign_offs_of_public_pages_join_their_publications(newsroom: Newsroom) -> None:
    heads = await drafts(newsroom, 3)
    await newsroom.publish(*heads[:2])
    await newsroom.ask(heads[2])
    signed = await newsroom.do(
        newsroom.reviewers[1], sign_off_entries, await to_sign(newsroom, *heads)
    )
    ids = [each.result.id for each in signed if each.result is not None]
    async with newsroom.database.reading() as session:
        joined = await session.execute(
            select(PublicationSignOff.sign_off_id, PublicationSignOff.position).where(
                PublicationSignOff.sign_off_id.in_(ids)
            )
        )
        found = dict(joined.all())
    assert found.keys() == set(ids[:2])
    assert len(set(found.values())) == 1


async def test_the_statements_are_as_many_for_sixty_entries_as_for_three(
    newsroom: Newsroom,
) -> None:
    async def statements(number: int) -> tuple[list[str], list[str]]:
        heads = await drafts(newsroom, number)
        asking, signing = await to_review(newsroom, *heads), await to_sign(newsroom, *heads)
        account = [str(newsroom.reviewers[1].account_id)]
        with counted(newsroom.database) as asked:
            await newsroom.do(newsroom.author, request_reviews, asking, assignees=account)
        with counted(newsroom.database) as signed:
            await newsroom.do(newsroom.reviewers[0], sign_off_entries, signing)
        return asked, signed

    await statements(1)  # which records the first key
    for few, many in zip(await statements(3), await statements(60), strict=True):
        assert len(many) == len(few), [each for each in many if each not in few]
        inserted = [each.split()[2] for each in many if each.startswith("INSERT INTO")]
        assert sorted(inserted) == sorted(set(inserted))
