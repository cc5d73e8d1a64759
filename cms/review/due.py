"""Due reviews: public pages that reviewers should read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action, Subject
from cms.comparison.difference import difference
from cms.content.builtin import category_in_rights
from cms.content.policy import Stage
from cms.drafts.contributors import was_reviewed
from cms.drafts.subjects import ancestry
from cms.reading.visibility import is_public_now
from cms.review.expiry import Counted, completes_stages, review_end, reviewed_at
from cms.tables import (
    Link,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Revision,
    SignOff,
)
from cms.work.work import Reading


@dataclass(frozen=True)
class Due:
    """A public page that lacks a sign-off that holds, or soon will.

    Attributes:
        publication: the page.
        expires_at: the time from which a stage has too few sign-offs; for a page that was not
            published on sign-offs, the time from which reviewers should read it.
        signers: the accounts whose sign-offs count for the page.
    """

    publication: Publication
    expires_at: datetime
    signers: frozenset[str]


@dataclass(frozen=True)
class Outdated:
    """A public page that leads to one whose content is not what its reviewers saw.

    Attributes:
        publication: the page.
        signers: the accounts whose sign-offs count for the page.
        causes: what is public now of the pages that it leads to, and says something else than
            what was public when the page was signed off.
    """

    publication: Publication
    signers: frozenset[str]
    causes: Sequence[Publication]


async def reviews_due(reading: Reading, within: timedelta) -> list[Due]:
    """Return the public pages whose sign-offs have expired or will soon, the first first.

    Args:
        reading: the snapshot and the actor.
        within: how far to look ahead; zero for what has expired.
    """
    limit = reading.now + within
    pages = await _pages_to_check(reading, limit)
    reviews = await _reviews_of(reading, [page.id for page in pages])
    due = (_due(page, reviews[page.id]) for page in pages)
    found = [each for each in due if each.expires_at <= limit]
    seen = [each for each in found if await _may_read(reading, each.publication)]
    return sorted(seen, key=lambda each: (each.expires_at, each.publication.id))


async def outdated_reviews(reading: Reading) -> list[Outdated]:
    """Return the public pages that lead to something that has materially changed since."""
    found: dict[str, Outdated] = {}
    for page, before, cause in await _changed_targets(reading):
        if not await _is_material(reading, before, cause) or not await _may_read(reading, page):
            continue
        known = found.get(page.id, Outdated(page, frozenset(), ()))
        found[page.id] = replace(known, causes=(*known.causes, cause))
    reviews = await _reviews_of(reading, list(found))
    return [
        replace(each, signers=frozenset(reviews[identifier].signers))
        for identifier, each in found.items()
    ]


@dataclass
class _Review:
    """The review of a publication.

    Attributes:
        stages: its stages, in order.
        counted: its sign-offs, with those that were taken off it.
        signers: the accounts whose sign-offs count.
    """

    stages: list[Stage] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    signers: set[str] = field(default_factory=set)

    def end(self, page: Publication) -> datetime | None:
        """Return when a stage has too few sign-offs left; ``None`` if there was no review."""
        is_reviewed = page.basis == "signed_off" or completes_stages(self.stages, self.counted)
        return review_end(self.stages, self.counted) if is_reviewed else None


async def _pages_to_check(reading: Reading, limit: datetime) -> Sequence[Publication]:
    """Return the public pages that may be due: those without a review, and those losing one."""
    loses_one = exists(
        select(PublicationSignOff.sign_off_id)
        .join(SignOff, SignOff.id == PublicationSignOff.sign_off_id)
        .where(
            PublicationSignOff.publication_id == Publication.id,
            or_(PublicationSignOff.ended_position.is_not(None), SignOff.expires_at <= limit),
        )
    )
    found = await reading.session.scalars(
        select(Publication).where(
            is_public_now(Publication), or_(~was_reviewed(Publication), loses_one)
        )
    )
    return found.all()


async def _reviews_of(reading: Reading, publication_ids: Sequence[str]) -> Mapping[str, _Review]:
    """Return the reviews of publications, by their ids."""
    reviews: dict[str, _Review] = defaultdict(_Review)
    for start in range(0, len(publication_ids), _BATCH):
        batch = publication_ids[start : start + _BATCH]
        stages = await reading.session.scalars(
            select(PublicationStage)
            .where(PublicationStage.publication_id.in_(batch))
            .order_by(PublicationStage.publication_id, PublicationStage.ordinal)
        )
        for each in stages:
            stage = Stage(each.name, role=each.role, approvals=each.approvals)
            reviews[each.publication_id].stages.append(stage)
        given = await reading.session.execute(
            select(PublicationSignOff, SignOff)
            .join(SignOff, SignOff.id == PublicationSignOff.sign_off_id)
            .where(PublicationSignOff.publication_id.in_(batch))
        )
        for joined, sign_off in given:
            review = reviews[joined.publication_id]
            review.counted.append(_counted(joined, sign_off))
            if joined.ended_at is None:
                review.signers.add(sign_off.account_id)
    return reviews


_BATCH = 500


def _counted(row: PublicationSignOff, sign_off: SignOff) -> Counted:
    return Counted(
        stage=sign_off.stage,
        person_id=sign_off.person_id,
        counted_at=row.counted_at,
        expires_at=sign_off.expires_at,
        ended_at=row.ended_at,
    )


def _due(page: Publication, review: _Review) -> Due:
    without = page.review_due_at or page.published_at
    return Due(page, review.end(page) or without, frozenset(review.signers))


async def _changed_targets(reading: Reading) -> Sequence[tuple[Publication, str, Publication]]:
    """Return pages with what they lead to: the revision that was public when they were signed
    off, and what is public by now, where that is another.
    """
    reviewed = reviewed_at().subquery("reviewed_page")
    now, then = aliased(Publication), aliased(Publication)
    rows = await reading.session.execute(
        select(Publication, then.revision_id, now)
        .join(reviewed, reviewed.c.id == Publication.id)
        .join(Link, Link.revision_id == Publication.revision_id)
        .join(
            now,
            and_(
                now.entry_id == Link.target_id,
                now.locale == Publication.locale,
                is_public_now(now),
                now.published_at > reviewed.c.reviewed_at,
                now.entry_id != Publication.entry_id,
            ),
        )
        .join(
            then,
            and_(
                then.edition_id == now.edition_id,
                then.published_at <= reviewed.c.reviewed_at,
                then.ended_at > reviewed.c.reviewed_at,
                then.revision_id != now.revision_id,
            ),
        )
        .order_by(Publication.id, now.position)
        .distinct()
    )
    return [(page, before, cause) for page, before, cause in rows]


async def _is_material(reading: Reading, before: str, publication: Publication) -> bool:
    """Return whether a publication differs for readers from an earlier revision."""
    old = await reading.session.get_one(Revision, before)
    new = await reading.session.get_one(Revision, publication.revision_id)
    content_type = reading.site.stored_type(publication.content_type)
    return difference(content_type, old.content, new.content).is_material


async def _may_read(reading: Reading, page: Publication) -> bool:
    category_id = category_in_rights(page.content_type, page.entry_id, page.category_id)
    categories = await ancestry(reading, category_id)
    subject = Subject(content_type=page.content_type, categories=categories, locale=page.locale)
    return reading.may(Action.ENTRY_READ, subject)
