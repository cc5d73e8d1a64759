"""Standing: the sign-offs and change requests that count, and the state that follows from them.

A sign-off counts if it is open, on this edition and digest, unexpired, and its signer is no
contributor. A stage is complete when sign-offs of enough different persons count. A change request
counts for as long as it is open. Every rule is here twice, for one revision in Python and for whole
lists in SQL; a property of the tests holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    distinct,
    exists,
    func,
    literal_column,
    not_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.policy import Lacking, Stage
from cms.drafts.contributors import contributors_among, is_contributor
from cms.drafts.loading import Held
from cms.review.edition_reviews import EditionReviews, reviews_of
from cms.site import Site
from cms.storage.dialects import (
    JsonDocument,
    Unindexed,
    element_number,
    element_text,
    elements_of,
    is_among,
    present_moment,
)
from cms.tables import ChangeRequest, Publication, Review, Revision, SignOff
from cms.work.bulk import grouped
from cms.work.work import Reading, Work

# The states of a revision, in the order in which they are tried: the first that holds. Most are
# public, and nothing public is archived, so a list of states is computed fastest in this order.
State: TypeAlias = Literal[
    "PUBLISHED",
    "ARCHIVED",
    "CHANGES_REQUESTED",
    "UNPUBLISHED",
    "APPROVED",
    "IN_REVIEW",
    "DRAFT",
]
STATES: tuple[State, ...] = get_args(State)

_ONE: ColumnElement[int] = literal_column("1")


@dataclass(frozen=True)
class Signature:
    """A sign-off, as far as counting it goes."""

    id: str
    digest: str
    stage: str
    account_id: str
    person_id: str
    signed_at: datetime
    expires_at: datetime
    is_open: bool = True


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The facts that the state of a revision follows from.

    Attributes:
        is_archived: whether its entry is archived.
        is_live: whether it is public.
        is_objected_to: whether a change request on its digest is open.
        is_taken_back: whether it was the last of its edition to be public, and was unpublished.
        lacking: the stages that it still has to pass.
        is_in_review: whether its edition has an open review.
    """

    is_archived: bool
    is_live: bool
    is_objected_to: bool
    is_taken_back: bool
    lacking: Sequence[Lacking]
    is_in_review: bool

    def state(self) -> State:
        """Return the state: the first of :data:`STATES` that holds."""
        holding = (
            self.is_live,
            self.is_archived,
            self.is_objected_to,
            self.is_taken_back,
            not self.lacking,
            self.is_in_review,
            True,
        )
        return STATES[holding.index(True)]


def signatures_that_count(
    signatures: Iterable[Signature], digest: str, contributors: frozenset[str], now: datetime
) -> list[Signature]:
    """Return the open, unexpired signatures on exactly this digest that no contributor gave."""
    return [
        each
        for each in signatures
        if each.is_open
        and each.digest == digest
        and each.expires_at > now
        and contributors.isdisjoint((each.account_id, each.person_id))
    ]


def missing_sign_offs(stages: Sequence[Stage], counting: Iterable[Signature]) -> list[Lacking]:
    """Return the stages that are not complete, in order. A person counts once in a stage."""
    signers = {(each.stage, each.person_id) for each in counting}
    lacking = (
        Lacking(stage, stage.approvals - sum(1 for name, _ in signers if name == stage.name))
        for stage in stages
    )
    return [each for each in lacking if each.missing > 0]


def stages_that_apply(asked_for: Sequence[Json], content_type: type[ContentType]) -> list[Stage]:
    """Return the stages of a review as it was requested, and those of the policy as it is.

    So tightening a policy works at once, and loosening it does not.
    """
    return stricter_stages(stages_from_json(asked_for), content_type.policy.stages)


def stricter_stages(first: Iterable[Stage], others: Iterable[Stage]) -> list[Stage]:
    """Return the stages of both; of one that is in both, the one with more approvals."""
    stages = {stage.name: stage for stage in first}
    for stage in others:
        known = stages.get(stage.name)
        if known is None or known.approvals < stage.approvals:
            stages[stage.name] = stage
    return list(stages.values())


async def signatures_on(reading: Reading, revision: Revision) -> list[Signature]:
    """Return the signatures on the revision's digest that count now.

    A command that counts them locks them, so that none ends before its own end.
    """
    authors = await contributors_among(reading, [revision])
    return (await signatures_among(reading, [revision], authors))[revision.id]


async def signatures_among(
    reading: Reading, revisions: Collection[Revision], authors: Mapping[str, frozenset[str]]
) -> Mapping[str, list[Signature]]:
    """Return what :func:`signatures_on` does for several revisions, by the revision's id.

    Args:
        reading: the snapshot.
        revisions: the revisions.
        authors: their contributors, of :func:`~cms.drafts.contributors.contributors_among`.
    """
    if not revisions:
        return {}
    query = (
        select(
            *(SignOff.edition_id, SignOff.id, SignOff.digest, SignOff.stage, SignOff.account_id),
            *(SignOff.person_id, SignOff.signed_at, SignOff.expires_at),
        )
        .where(
            is_among(SignOff.edition_id, [each.edition_id for each in revisions]),
            is_among(SignOff.digest, [each.digest for each in revisions]),
            SignOff.ended_at.is_(None),
        )
        .order_by(SignOff.id)
    )
    locked = query.with_for_update(read=True) if isinstance(reading, Work) else query
    rows = await reading.session.execute(locked)
    given = grouped((row.edition_id, Signature(*row[1:])) for row in rows)
    return {
        each.id: signatures_that_count(
            given[each.edition_id], each.digest, authors[each.id], reading.now
        )
        for each in revisions
    }


def required_stages(content_type: type[ContentType], reviews: EditionReviews) -> list[Stage]:
    """Return the stages that revisions of an edition have to pass before they are published.

    They are those of the policy as it is, and of the newest review as it was requested.
    """
    asked_for = reviews.newest.stages if reviews.newest is not None else []
    return stages_that_apply(asked_for, content_type)


async def objectors_to(reading: Reading, revision: Revision) -> list[str]:
    """Return the accounts with an open change request on the revision's digest."""
    return (await objectors_among(reading, [revision]))[revision.id]


async def objectors_among(
    reading: Reading, revisions: Collection[Revision]
) -> Mapping[str, list[str]]:
    """Return what :func:`objectors_to` does for several revisions, by the revision's id."""
    if not revisions:
        return {}
    rows = await reading.session.execute(
        select(ChangeRequest.edition_id, ChangeRequest.digest, ChangeRequest.account_id)
        .where(
            is_among(ChangeRequest.edition_id, [each.edition_id for each in revisions]),
            is_among(ChangeRequest.digest, [each.digest for each in revisions]),
            ChangeRequest.ended_at.is_(None),
        )
        .order_by(ChangeRequest.account_id)
        .distinct()
    )
    found = grouped((edition_id, (digest, account_id)) for edition_id, digest, account_id in rows)
    return {
        each.id: [
            account_id for digest, account_id in found[each.edition_id] if digest == each.digest
        ]
        for each in revisions
    }


async def standing_of(reading: Reading, held: Held, revision: Revision) -> Standing:
    """Return the facts that the state of a revision follows from."""
    edition_id = held.edition.id
    newest = await reading.session.scalar(
        select(Publication)
        .where(Publication.edition_id == edition_id)
        .order_by(Publication.position.desc())
        .limit(1)
    )
    is_newest = newest is not None and newest.revision_id == revision.id
    is_ended = newest is not None and newest.ended_position is not None
    reviews = (await reviews_of(reading, [edition_id]))[edition_id]
    stages = required_stages(held.content_type, reviews)
    return Standing(
        is_archived=held.entry.archived_at is not None,
        is_live=is_newest and not is_ended,
        is_objected_to=bool(await objectors_to(reading, revision)),
        is_taken_back=is_newest and is_ended,
        lacking=missing_sign_offs(stages, await signatures_on(reading, revision)),
        is_in_review=reviews.open is not None,
    )


# The same rules for whole lists.


@dataclass(frozen=True, kw_only=True)
class RevisionColumns:
    """The columns, by name, of a revision that its standing is computed from."""

    edition_id: ColumnElement[Any]
    revision_id: ColumnElement[Any]
    number: ColumnElement[Any]
    digest: ColumnElement[Any]
    content_type: ColumnElement[Any]
    archived_at: ColumnElement[Any]


# The stages of a site's policies: a list of them for each content type.
Policies: TypeAlias = BindParameter[Any]


def policies_of(site: Site) -> Policies:
    """Return the policies of a site as one constant of a statement."""
    stages = {
        content_type.stored_name: stages_to_json(content_type.policy.stages)
        for content_type in site.content_types.values()
    }
    return bindparam("policies", stages, JsonDocument)


def is_approved(policies: Policies, revision: RevisionColumns) -> ColumnElement[bool]:
    """Return whether :func:`missing_sign_offs` names no stage, as a condition.

    Every policy has a stage, so a revision without any sign-off is not approved. Most drafts have
    none, and it is found out before anything else is read.
    """
    signed = exists(
        select(SignOff.id).where(
            SignOff.edition_id == revision.edition_id,
            # Most editions have none, so that the digest is not looked up.
            Unindexed(SignOff.__table__.c.digest) == revision.digest,
        )
    )
    return and_(signed, not_(_lacks_sign_offs(policies, revision)))


def _lacks_sign_offs(policies: Policies, revision: RevisionColumns) -> ColumnElement[bool]:
    newest = _newest_stages().where(Review.edition_id == revision.edition_id).scalar_subquery()
    of_type = policies.op("->", precedence=15)(revision.content_type)
    # Those of the policy first: where one is not complete, no review is looked up.
    lists = elements_of(of_type, "policy_stage"), elements_of(newest, "asked_stage")
    stages = union_all(
        *(
            select(
                element_text(each, "name").label("name"),
                element_number(each, "approvals").label("approvals"),
            )
            for each in lists
        )
    ).subquery("stage")
    signed = (
        select(func.count(distinct(SignOff.person_id)))
        .where(counts_for(revision), SignOff.stage == stages.c.name)
        .scalar_subquery()
    )
    return exists(select(_ONE).select_from(stages).where(signed < stages.c.approvals))


def counts_for(revision: RevisionColumns) -> ColumnElement[bool]:
    """Return whether a sign-off counts for a revision, as :func:`signatures_that_count` says."""
    return and_(
        SignOff.edition_id == revision.edition_id,
        SignOff.digest == revision.digest,
        SignOff.ended_at.is_(None),
        SignOff.expires_at > present_moment(),
        not_(
            is_contributor(
                revision.edition_id, revision.number, SignOff.account_id, SignOff.person_id
            )
        ),
    )


def is_objected_to(
    edition_id: ColumnElement[Any], digest: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return whether :func:`objectors_to` names any account, as a condition."""
    return exists(
        select(ChangeRequest.id).where(
            ChangeRequest.edition_id == edition_id,
            # Few editions have any, so of most the digest is not looked up.
            Unindexed(ChangeRequest.__table__.c.digest) == digest,
            ChangeRequest.ended_at.is_(None),
        )
    )


def is_taken_back(revision: RevisionColumns) -> ColumnElement[bool]:
    """Return whether a revision was the last of its edition to be public, and was unpublished."""
    last, later = aliased(Publication), aliased(Publication)
    is_replaced = exists(
        select(later.id).where(
            later.edition_id == revision.edition_id, later.position > last.position
        )
    )
    return exists(
        select(last.id).where(
            # By the revision alone, of which an index has the end.
            last.revision_id == revision.revision_id,
            last.ended_position.is_not(None),
            not_(is_replaced),
        )
    )


def stages_to_json(stages: Sequence[Stage]) -> list[Json]:
    """Return stages as a review keeps them."""
    return [
        {"name": stage.name, "role": stage.role, "approvals": stage.approvals} for stage in stages
    ]


def stages_from_json(stages: Sequence[Json]) -> list[Stage]:
    """Return the stages that a review has kept."""
    return [Stage(**stage) for stage in stages if isinstance(stage, dict)]


def _newest_stages() -> Select[Any]:
    """Return the query for the stages of the newest review, of which the edition is to be added."""
    return select(Review.stages).order_by(Review.requested_at.desc(), Review.id.desc()).limit(_ONE)
