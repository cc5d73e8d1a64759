"""Which sign-offs count, by the rule in Python and by the same one in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, or_, select

from cms.content.content_type import ContentType
from cms.content.policy import SignOffPolicy, Stage
from cms.drafts.entries import create_entry
from cms.identifiers import new_id
from cms.review.standing import (
    Signature,
    has_incomplete_stage,
    is_objected_to,
    lacking_for,
    missing_sign_offs,
    objectors_to,
    signatures_that_count,
    stages_to_json,
)
from cms.storage.dialects import JsonDocument
from cms.tables import ChangeRequest, Review, Revision, SignOff
from cms.work.work import Work
from tests.builders import Rehearsals, draft_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = st.sampled_from("abcd")


@given(
    st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("12"), PEOPLE, st.integers(-1, 1))),
    st.sets(PEOPLE),
    st.integers(1, 3),
)
def test_only_holding_signatures_of_strangers_on_this_digest_count(
    given_: list[tuple[str, str, str, int]], authors: set[str], approvals: int
) -> None:
    signatures = [
        Signature(f"signoff {index}", digest, stage, account, NOW + timedelta(days=days))
        for index, (digest, stage, account, days) in enumerate(given_)
    ]
    counting = signatures_that_count(signatures, "x", frozenset(authors), NOW)
    stages = [Stage("1", approvals=approvals), Stage("2")]
    lacking = {each.stage.name: each.missing for each in missing_sign_offs(stages, counting)}
    for stage in stages:
        signers = {
            account
            for digest, name, account, days in given_
            if digest == "x" and name == stage.name and days > 0 and account not in authors
        }
        assert lacking.get(stage.name, 0) == max(0, stage.approvals - len(signers))


# Stages by name, with how many people have to sign off at each.
ONE, TWO = {"1": 1}, {"1": 2}
POLICIES = st.dictionaries(st.sampled_from("112"), st.integers(1, 2), min_size=1)
# Sign-offs: on the revision's digest or another, at a stage, by whom, for how many days yet;
# most count, since only what is nearly complete tells two rules apart.
SIGN_OFFS = st.lists(
    st.tuples(
        st.sampled_from((True, True, True, False)),
        st.sampled_from("11223"),
        st.sampled_from((0, 0, 1, 1, 2, 3)),
        st.sampled_from((-1, 1, 1, 1)),
    ),
    max_size=6,
)
# Change requests: on the revision's digest or another, and by whom; each is later than the
# sign-offs before it in the list, and earlier than those after it.
OBJECTIONS = st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 6)), max_size=3)


def stages_of(policy: Mapping[str, int]) -> Sequence[Stage]:
    return [Stage(name, approvals=approvals) for name, approvals in policy.items()]


def content_type_with(stages: Sequence[Stage]) -> type[ContentType]:
    """Return a content type that has such a policy today."""

    class Page(ContentType, policy=SignOffPolicy(stages=tuple(stages))):
        """Has nothing but a policy."""

    return Page


@dataclass
class Answers:
    """What reviewers have answered about a revision, written as rows.

    Attributes:
        work: the transaction.
        review: the review that they answer.
        revision: the revision.
        people: the accounts and bylines that answer, the revision's author first.
    """

    work: Work
    review: Review
    revision: Revision
    people: Sequence[tuple[str, str]]

    def moment(self, seconds: int) -> datetime:
        return self.work.now - timedelta(hours=1) + timedelta(seconds=seconds)

    def digest(self, *, is_same: bool) -> str:
        return self.revision.digest if is_same else "another digest"

    def sign_off(self, place: int, is_same: bool, stage: str, who: int, days: int) -> None:
        account_id, person_id = self.people[who]
        self.work.session.add(
            SignOff(
                id=new_id("signoff"),
                edition_id=self.revision.edition_id,
                revision_id=self.revision.id,
                review_id=self.review.id,
                digest=self.digest(is_same=is_same),
                stage=stage,
                account_id=account_id,
                person_id=person_id,
                note="",
                signed_at=self.moment(2 * place),
                expires_at=self.work.now + timedelta(days=days),
            )
        )

    def object_to(self, is_same: bool, who: int, place: int) -> None:
        account_id, _ = self.people[who]
        self.work.session.add(
            ChangeRequest(
                id=new_id("changes"),
                review_id=self.review.id,
                edition_id=self.revision.edition_id,
                revision_id=self.revision.id,
                digest=self.digest(is_same=is_same),
                account_id=account_id,
                reason="No.",
                requested_at=self.moment(2 * place - 1),
            )
        )


async def open_review(work: Work, revision: Revision, stages: Sequence[Stage]) -> Review:
    review = Review(
        id=new_id("review"),
        edition_id=revision.edition_id,
        revision_id=revision.id,
        stages=stages_to_json(stages),
        note="",
        requested_by=revision.author_id,
        requested_at=work.now,
    )
    work.session.add(review)
    await work.session.flush()  # the answers' foreign keys need it
    return review


async def incomplete_by_sql(work: Work, revision: Revision, today: Sequence[Stage]) -> bool:
    """Return whether a stage of the review, or of the policy as it is, lacks sign-offs."""
    about = literal(revision.edition_id), literal(revision.number), literal(revision.digest)
    policy = literal(stages_to_json(today), JsonDocument)
    lacking = select(Review.id).where(
        Review.edition_id == revision.edition_id,
        or_(has_incomplete_stage(Review.stages, *about), has_incomplete_stage(policy, *about)),
    )
    return await work.session.scalar(lacking) is not None


@settings(max_examples=settings().max_examples // 2)
@given(asked_for=POLICIES, today=POLICIES, sign_offs=SIGN_OFFS, objections=OBJECTIONS)
# Their own work; a policy that is stricter by now; one person twice; a no after a yes.
@example(asked_for=ONE, today=ONE, sign_offs=[(True, "1", 0, 1)], objections=[])
@example(asked_for=ONE, today=TWO, sign_offs=[(True, "1", 1, 1)], objections=[])
@example(asked_for=TWO, today=TWO, sign_offs=[(True, "1", 1, 1)] * 2, objections=[])
@example(asked_for=ONE, today=ONE, sign_offs=[(True, "1", 1, 1)], objections=[(True, 1, 1)])
def test_sql_and_python_count_the_same_answers(
    rehearsals: Rehearsals,
    asked_for: Mapping[str, int],
    today: Mapping[str, int],
    sign_offs: Sequence[tuple[bool, str, int, int]],
    objections: Sequence[tuple[bool, int, int]],
) -> None:
    newsroom = rehearsals.newsroom
    actors = (newsroom.author, *newsroom.reviewers)
    people = [(str(each.account_id), str(each.person_id)) for each in actors]

    async def attempt(work: Work) -> None:
        revision = (await create_entry(work, "Article", draft_of())).revision
        review = await open_review(work, revision, stages_of(asked_for))
        answers = Answers(work, review, revision, people)
        for place, (is_same, stage, who, days) in enumerate(sign_offs):
            answers.sign_off(place, is_same, stage, who, days)
        for is_same, who, place in objections:
            answers.object_to(is_same, who, place)
        await work.session.flush()  # the queries below read them
        lacking = await lacking_for(work, content_type_with(stages_of(today)), revision)
        assert await incomplete_by_sql(work, revision, stages_of(today)) == bool(lacking)
        is_objected = is_objected_to(literal(revision.edition_id), literal(revision.digest))
        by_sql = await work.session.scalar(select(is_objected))
        assert bool(by_sql) == bool(await objectors_to(work, revision))

    rehearsals.rehearse(attempt)
