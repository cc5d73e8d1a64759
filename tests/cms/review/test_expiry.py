"""When a review ends and which sign-offs complete it, by the rule in Python and the one in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from cms.content.policy import Stage
from cms.drafts.entries import create_entry
from cms.identifiers import new_id
from cms.reading.view import AsOf, Past, View
from cms.review.expiry import (
    Counted,
    completes_stages,
    is_review_shown,
    review_end,
    review_ends_at,
)
from cms.review.standing import stages_to_json
from cms.tables import (
    Publication,
    PublicationSignOff,
    PublicationStage,
    Review,
    Revision,
    SignOff,
)
from cms.tables.base import Base
from cms.work.work import Work
from tests.builders import Rehearsals, draft_of
from tests.depth import EXAMPLES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOW_VIEW = View(locales=("en",))


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def counted(
    person: str, expires: int, *, stage: str = "1", since: int = 0, ended: int | None = None
) -> Counted:
    return Counted(
        stage=stage,
        person_id=person,
        counted_at=day(since),
        expires_at=day(expires),
        ended_at=None if ended is None else day(ended),
    )


def test_a_review_ends_when_the_first_stage_has_too_few_left() -> None:
    two, one = Stage("1", approvals=2), Stage("2")
    signed = [counted("a", 30), counted("b", 90), counted("c", 60, stage="2")]
    assert review_end([two, one], signed) == day(30)
    assert review_end([two, one], [*signed, counted("c", 80)]) == day(60)
    assert review_end([one], signed) == day(60)


def test_a_person_counts_once_for_as_long_as_their_last_sign_off_does() -> None:
    two = Stage("1", approvals=2)
    assert review_end([two], [counted("a", 30), counted("a", 90)]) is None
    signed = [counted("a", 30), counted("a", 90), counted("b", 60)]
    assert review_end([two], signed) == day(60)


def test_a_sign_off_that_was_taken_off_held_until_then() -> None:
    two = Stage("1", approvals=2)
    signed = [counted("a", 90), counted("b", 90, ended=7)]
    assert review_end([two], signed) == day(7)
    assert review_end([two], [counted("a", 90), counted("b", 5, ended=7)]) == day(5)


def test_sign_offs_complete_stages_only_if_all_held_at_one_moment() -> None:
    stages = [Stage("1"), Stage("2")]
    first, late = counted("a", 10), counted("b", 90, stage="2", since=20)
    assert not completes_stages(stages, [first])
    assert not completes_stages(stages, [first, late])
    assert completes_stages(stages, [first, counted("b", 90, stage="2", since=5)])
    # That they have expired since makes no difference.
    again = counted("c", 90, stage="2", since=20)
    assert completes_stages(stages, [first, counted("b", 15, stage="2", since=5), again])
    assert not completes_stages(stages, [counted("a", 90, ended=1), late])


STAGES = st.dictionaries(st.sampled_from("12"), st.integers(1, 2), min_size=1)
# Of each sign-off: its stage, its signer, when it begins to count, expires and is taken off.
DAYS = st.integers(0, 4)
SIGN_OFFS = st.lists(
    st.tuples(
        st.sampled_from("112"),
        st.integers(0, 2),
        DAYS,
        st.integers(1, 6),
        st.one_of(st.none(), st.none(), DAYS),
    ),
    max_size=6,
)


@dataclass(frozen=True)
class Row:
    """A sign-off of the publication, with the days of what happens to it."""

    stage: str
    signer: int
    since: int
    expires: int
    ended: int | None

    def as_of(self, moment: int | None) -> Counted | None:
        """Return what is known of it at a moment; ``None`` before it counts."""
        if moment is not None and self.since > moment:
            return None
        ended = None if moment is not None and (self.ended or 0) > moment else self.ended
        return counted(
            str(self.signer), self.expires, stage=self.stage, since=self.since, ended=ended
        )


@dataclass
class Page:
    """A publication by an administrator, written as rows.

    Attributes:
        work: the transaction.
        people: the accounts and bylines that sign.
    """

    work: Work
    people: Sequence[tuple[str, str]]

    async def publish(self, stages: Sequence[Stage], rows: Sequence[Row]) -> str:
        """Write the publication, and return its id."""
        saved = await create_entry(self.work, "Article", draft_of())
        publication = self._publication(saved.entry_id, saved.revision)
        review = self._review(saved.revision, stages)
        await self._write([publication, review])
        await self._write(
            PublicationStage(
                publication_id=publication.id,
                ordinal=ordinal,
                name=stage.name,
                role=stage.role,
                approvals=stage.approvals,
            )
            for ordinal, stage in enumerate(stages)
        )
        for row in rows:
            sign_off = self._sign_off(saved.revision, review, row)
            await self._write([sign_off])
            # Positions are days too, so that both kinds of the past are the same.
            await self._write(
                [
                    PublicationSignOff(
                        publication_id=publication.id,
                        sign_off_id=sign_off.id,
                        person_id=sign_off.person_id,
                        position=row.since,
                        counted_at=day(row.since),
                        ended_at=None if row.ended is None else day(row.ended),
                        ended_position=row.ended,
                    )
                ]
            )
        return publication.id

    async def _write(self, rows: Iterable[Base]) -> None:
        self.work.session.add_all(rows)
        await self.work.session.flush()

    def _publication(self, entry_id: str, revision: Revision) -> Publication:
        return Publication(
            id=new_id("pub"),
            position=1_000_000,
            entry_id=entry_id,
            edition_id=revision.edition_id,
            revision_id=revision.id,
            content_type="Article",
            locale="en",
            title="A title",
            title_key="a title",
            slug="a-title",
            summary="",
            saved_at=day(0),
            first_published_at=day(0),
            published_at=day(0),
            published_by=None,
            basis="break_glass",
            break_glass_reason="It is wrong.",
        )

    def _review(self, revision: Revision, stages: Sequence[Stage]) -> Review:
        return Review(
            id=new_id("review"),
            edition_id=revision.edition_id,
            revision_id=revision.id,
            stages=stages_to_json(stages),
            note="",
            requested_by=self.work.account_id(),
            requested_at=day(0),
        )

    def _sign_off(self, revision: Revision, review: Review, row: Row) -> SignOff:
        account_id, person_id = self.people[row.signer]
        return SignOff(
            id=new_id("signoff"),
            edition_id=revision.edition_id,
            revision_id=revision.id,
            review_id=review.id,
            digest=revision.digest,
            stage=row.stage,
            account_id=account_id,
            person_id=person_id,
            note="",
            signed_at=day(row.since),
            expires_at=day(row.expires),
        )


def views(moment: int | None) -> Sequence[View]:
    """Return the views of a moment, by its time and by its position."""
    if moment is None:
        return [NOW_VIEW]
    pasts = [Past(AsOf.TIME, literal(day(moment), SignOff.signed_at.type))]
    pasts.append(Past(AsOf.POSITION, literal(moment)))
    return [replace(NOW_VIEW, past=past) for past in pasts]


@settings(max_examples=EXAMPLES // 2)
@given(stages=STAGES, sign_offs=SIGN_OFFS, moments=st.sets(DAYS, max_size=2))
# Two of one stage, of which one is taken off; stages that are complete one after the other.
@example(stages={"1": 2}, sign_offs=[("1", 0, 0, 6, None), ("1", 1, 0, 5, 3)], moments={2})
@example(
    stages={"1": 1, "2": 1}, sign_offs=[("1", 0, 0, 1, None), ("2", 1, 2, 5, None)], moments=set()
)
def test_sql_and_python_agree_on_the_end_of_a_review(
    rehearsals: Rehearsals,
    stages: dict[str, int],
    sign_offs: Sequence[tuple[str, int, int, int, int | None]],
    moments: set[int],
) -> None:
    policy = [Stage(name, approvals=approvals) for name, approvals in stages.items()]
    rows = [Row(*each) for each in sign_offs if each[4] is None or each[4] >= each[2]]
    people = [(str(each.account_id), str(each.person_id)) for each in rehearsals.newsroom.reviewers]

    public = Publication.__table__.c

    async def attempt(work: Work) -> None:
        publication_id = await Page(work, people).publish(policy, rows)
        for moment in (None, *moments):
            known = [each for row in rows if (each := row.as_of(moment)) is not None]
            for view in views(moment):
                (found,) = await work.session.execute(
                    select(
                        review_ends_at(Publication.id, view),
                        is_review_shown(public.id, public.basis, view),
                    ).where(Publication.id == publication_id)
                )
                assert found[0] == review_end(policy, known)
                assert bool(found[1]) == completes_stages(policy, known)

    rehearsals.rehearse(attempt)
