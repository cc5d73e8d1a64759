"""Standing: which sign-offs and change requests count, and what a revision still lacks.

The rule is here twice, for one revision in Python and for whole lists in SQL; a property of the
tests holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    distinct,
    exists,
    func,
    literal_column,
    not_,
    select,
)

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.policy import Lacking, Stage
from cms.drafts.contributors import contributor_ids, contributors_of
from cms.storage.dialects import element_number, element_text, elements_of, present_moment
from cms.tables import ChangeRequest, Review, Revision, SignOff
from cms.work.work import Reading


@dataclass(frozen=True)
class Signature:
    """A sign-off, as far as counting it goes."""

    id: str
    digest: str
    stage: str
    account_id: str
    expires_at: datetime


def signatures_that_count(
    signatures: Iterable[Signature], digest: str, contributors: frozenset[str], now: datetime
) -> list[Signature]:
    """Return the signatures on exactly this digest that still hold, by people who may sign."""
    return [
        each
        for each in signatures
        if each.digest == digest and each.account_id not in contributors and each.expires_at > now
    ]


def missing_sign_offs(stages: Sequence[Stage], counting: Iterable[Signature]) -> list[Lacking]:
    """Return the stages that are not complete, in order. One person counts once in a stage."""
    signers = {(each.stage, each.account_id) for each in counting}
    lacking = (
        Lacking(stage, stage.approvals - sum(1 for name, _ in signers if name == stage.name))
        for stage in stages
    )
    return [each for each in lacking if each.missing > 0]


def has_incomplete_stage(
    stages: SQLColumnExpression[Any],
    edition_id: ColumnElement[Any],
    number: ColumnElement[Any],
    digest: ColumnElement[Any],
) -> ColumnElement[bool]:
    """Return whether :func:`missing_sign_offs` names any of these stages, as a condition."""
    stage = elements_of(stages, "stage")
    signed = (
        select(func.count(distinct(SignOff.account_id)))
        .where(
            SignOff.edition_id == edition_id,
            SignOff.digest == digest,
            SignOff.stage == element_text(stage, "name"),
            SignOff.expires_at > present_moment(),
            SignOff.account_id.not_in(contributor_ids(edition_id, number)),
        )
        .scalar_subquery()
    )
    approvals = element_number(stage, "approvals")
    return exists(select(literal_column("1")).select_from(stage).where(signed < approvals))


async def signatures_on(reading: Reading, revision: Revision) -> list[Signature]:
    """Return the signatures on the revision's digest that count now."""
    rows = await reading.session.execute(
        select(SignOff.id, SignOff.digest, SignOff.stage, SignOff.account_id, SignOff.expires_at)
        .where(SignOff.edition_id == revision.edition_id, SignOff.digest == revision.digest)
        .order_by(SignOff.id)
    )
    signatures = [Signature(*row) for row in rows]
    authors = await contributors_of(reading, revision)
    return signatures_that_count(signatures, revision.digest, authors, reading.now)


async def lacking_for(
    reading: Reading, content_type: type[ContentType], revision: Revision
) -> list[Lacking]:
    """Return the stages that the revision still has to pass.

    They are those of the policy as it is, and of the newest review as it was requested: a
    policy that is loosened meanwhile does not loosen what has been asked for.
    """
    counting = await signatures_on(reading, revision)
    stages = await required_stages(reading, content_type, revision.edition_id)
    return missing_sign_offs(stages, counting)


async def required_stages(
    reading: Reading, content_type: type[ContentType], edition_id: str
) -> list[Stage]:
    """Return the stages that revisions of an edition have to pass before they are published."""
    asked_for = await reading.session.scalar(
        select(Review.stages)
        .where(Review.edition_id == edition_id)
        .order_by(Review.requested_at.desc(), Review.id.desc())
        .limit(1)
    )
    return stages_that_apply(asked_for or [], content_type)


def stages_that_apply(asked_for: Sequence[Json], content_type: type[ContentType]) -> list[Stage]:
    """Return the stages of a review as it was requested, and those of the policy as it is.

    Of one that is in both, the larger number of approvals counts.
    """
    stages = {stage.name: stage for stage in stages_from_json(asked_for)}
    for stage in content_type.policy.stages:
        known = stages.get(stage.name)
        if known is None or known.approvals < stage.approvals:
            stages[stage.name] = stage
    return list(stages.values())


async def objectors_to(reading: Reading, revision: Revision) -> list[str]:
    """Return the accounts that asked for changes to the revision's digest and still do.

    A later sign-off of the same digest withdraws the request.
    """
    asked = (
        select(ChangeRequest.account_id, func.max(ChangeRequest.requested_at).label("at"))
        .where(
            ChangeRequest.edition_id == revision.edition_id,
            ChangeRequest.digest == revision.digest,
        )
        .group_by(ChangeRequest.account_id)
        .subquery()
    )
    signed_since = (
        select(SignOff.id)
        .where(
            SignOff.edition_id == revision.edition_id,
            SignOff.digest == revision.digest,
            SignOff.account_id == asked.c.account_id,
            SignOff.signed_at >= asked.c["at"],
        )
        .exists()
    )
    standing = select(asked.c.account_id).where(~signed_since).order_by(asked.c.account_id)
    return list(await reading.session.scalars(standing))


def is_objected_to(
    edition_id: ColumnElement[Any], digest: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return whether :func:`objectors_to` names anybody, as a condition."""
    taken_back = (
        select(SignOff.id)
        .where(
            SignOff.edition_id == edition_id,
            SignOff.digest == digest,
            SignOff.account_id == ChangeRequest.account_id,
            SignOff.signed_at >= ChangeRequest.requested_at,
        )
        .exists()
    )
    return (
        select(ChangeRequest.id)
        .where(
            ChangeRequest.edition_id == edition_id,
            ChangeRequest.digest == digest,
            not_(taken_back),
        )
        .exists()
    )


def stages_to_json(stages: Sequence[Stage]) -> list[Json]:
    """Return stages as a review keeps them."""
    return [
        {"name": stage.name, "role": stage.role, "approvals": stage.approvals} for stage in stages
    ]


def stages_from_json(stages: Sequence[Json]) -> list[Stage]:
    """Return the stages that a review has kept."""
    return [Stage(**stage) for stage in stages if isinstance(stage, dict)]


@dataclass(frozen=True, kw_only=True)
class RevisionColumns:
    """The columns of a revision that its standing is computed from."""

    edition_id: ColumnElement[Any]
    revision_id: ColumnElement[Any]
    number: ColumnElement[Any]
    digest: ColumnElement[Any]
    content_type: ColumnElement[Any]
    archived_at: ColumnElement[Any]


def counts_for(revision: RevisionColumns) -> ColumnElement[bool]:
    """Return whether a sign-off counts for a revision, as :func:`signatures_that_count` says."""
    authors = contributor_ids(revision.edition_id, revision.number)
    return and_(
        SignOff.edition_id == revision.edition_id,
        SignOff.digest == revision.digest,
        SignOff.ended_at.is_(None),
        SignOff.expires_at > present_moment(),
        SignOff.account_id.not_in(authors),
    )
