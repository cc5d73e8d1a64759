"""Relations for editors: accounts, reviews, comments, publications, the audit chain.

Who asks brings the id of an edition or a revision that it found through a view; relations that
are asked for by themselves take the view.
"""

from __future__ import annotations

from typing import Any, get_args

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    SQLColumnExpression,
    and_,
    case,
    distinct,
    exists,
    func,
    literal_column,
    not_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from cms.reading.aliases import word
from cms.reading.view import View
from cms.reading.visibility import Relation, is_within
from cms.storage.dialects import (
    element_number,
    element_text,
    elements_of,
    moment_ago,
    present_moment,
)
from cms.tables import (
    Account,
    Attestation,
    AuditRecord,
    ChangeRequest,
    Comment,
    Edition,
    EditionContributor,
    Entry,
    Presence,
    Publication,
    Review,
    ReviewAssignee,
    Revision,
    RoleGrant,
    SignOff,
    Token,
)
from cms.tables.review import ReviewOutcome

# After how many seconds without a sign of life somebody counts as gone.
PRESENT_SECONDS = 60

# The words for where an edition's revision stands, derived from the facts and stored nowhere.
STATES = (
    "ARCHIVED",
    "PUBLISHED",
    "CHANGES_REQUESTED",
    "APPROVED",
    "IN_REVIEW",
    "UNPUBLISHED",
    "DRAFT",
)

# The stored words for how a review ended.
REVIEW_OUTCOMES: tuple[str, ...] = get_args(ReviewOutcome)


def accounts() -> Relation:
    """Return all accounts, without what nobody may read."""
    return select(
        Account.id, Account.email, Account.person_id, Account.created_at, Account.disabled_at
    )


def grants() -> Relation:
    """Return the roles that accounts hold."""
    return select(
        RoleGrant.id,
        RoleGrant.account_id,
        RoleGrant.role,
        RoleGrant.stage,
        RoleGrant.content_type,
        RoleGrant.category_id,
        RoleGrant.created_at,
    ).where(RoleGrant.revoked_at.is_(None))


def service_tokens() -> Relation:
    """Return the service tokens that are not revoked, without their hashes."""
    return select(
        Token.id,
        Token.account_id,
        Token.name,
        Token.scopes,
        Token.created_at,
        Token.expires_at,
        Token.last_used_at,
    ).where(Token.kind == word("service"), Token.revoked_at.is_(None))


def reviews(view: View) -> Relation:
    """Return the reviews of what the view reaches."""
    head = aliased(Revision)
    return (
        select(
            Review.id,
            Review.edition_id,
            Review.revision_id,
            Review.note,
            Review.stages,
            Review.requested_by,
            Review.requested_at,
            Review.due_at,
            Review.ended_at,
            Review.outcome,
            Edition.head_id,
        )
        .join(Edition, Edition.id == Review.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(head, head.id == Edition.head_id)
        .where(is_within(view, Entry.content_type, head.category_id))
    )


def assignees() -> Relation:
    """Return the accounts that reviews are addressed to."""
    return accounts().add_columns(ReviewAssignee.review_id).join(ReviewAssignee)


def signatures() -> Relation:
    """Return sign-offs with what editors see of them."""
    return select(
        SignOff.id,
        SignOff.edition_id,
        SignOff.revision_id,
        SignOff.review_id,
        SignOff.digest,
        SignOff.stage,
        SignOff.account_id,
        SignOff.person_id,
        SignOff.note,
        SignOff.signed_at,
        SignOff.expires_at,
    )


def change_requests() -> Relation:
    """Return what reviewers have asked to be changed."""
    return select(
        ChangeRequest.id,
        ChangeRequest.review_id,
        ChangeRequest.edition_id,
        ChangeRequest.revision_id,
        ChangeRequest.digest,
        ChangeRequest.account_id,
        ChangeRequest.reason,
        ChangeRequest.requested_at,
    )


def comments() -> Relation:
    """Return comments; those that begin a thread have no ``thread_id``."""
    return select(
        Comment.id,
        Comment.edition_id,
        Comment.thread_id,
        Comment.body,
        Comment.author_id,
        Comment.created_at,
        Comment.field_path,
        Comment.quote,
        Comment.resolved_at,
        Comment.resolved_by,
    )


def publications() -> Relation:
    """Return when which revisions were public."""
    return select(
        Publication.id,
        Publication.position,
        Publication.entry_id,
        Publication.edition_id,
        Publication.revision_id,
        Publication.locale,
        Publication.path,
        Publication.published_at,
        Publication.published_by,
        Publication.break_glass_reason,
        Publication.ended_at,
        Publication.ended_position,
    )


def presences() -> Relation:
    """Return who has which edition open."""
    return select(
        Presence.account_id, Presence.edition_id, Presence.field_path, Presence.seen_at
    ).where(Presence.seen_at > moment_ago(PRESENT_SECONDS))


def audit_records() -> Relation:
    """Return the audit chain."""
    return select(
        AuditRecord.sequence,
        AuditRecord.recorded_at,
        AuditRecord.actor,
        AuditRecord.action,
        AuditRecord.subject,
        AuditRecord.outcome,
        AuditRecord.detail,
        AuditRecord.previous_hash,
        AuditRecord.hash,
    )


def attestations() -> Relation:
    """Return the signed statements, by the ids of what they are about."""
    return select(Attestation.id, Attestation.sequence, Attestation.hash, Attestation.envelope)


def state_of(
    edition_id: ColumnElement[Any],
    revision_id: ColumnElement[Any],
    number: ColumnElement[Any],
    digest: ColumnElement[Any],
    archived_at: ColumnElement[Any],
) -> ColumnElement[str]:
    """Return the word for where a revision of an edition stands: one of :data:`STATES`."""
    publication = select(Publication.id).where(Publication.edition_id == edition_id)
    live = publication.where(Publication.ended_position.is_(None))
    shown = live.where(Publication.revision_id == revision_id)
    review = select(Review.id).where(Review.edition_id == edition_id, Review.ended_at.is_(None))
    lacking = review.where(_has_incomplete_stage(edition_id, number, digest))
    return case(
        (archived_at.is_not(None), word("ARCHIVED")),
        (exists(shown), word("PUBLISHED")),
        (
            and_(exists(review), _is_objected_to(edition_id, digest)),
            word("CHANGES_REQUESTED"),
        ),
        (and_(exists(review), not_(exists(lacking))), word("APPROVED")),
        (exists(review), word("IN_REVIEW")),
        # Beside what is public, a newer revision is a draft like any other.
        (and_(exists(publication), not_(exists(live))), word("UNPUBLISHED")),
        else_=word("DRAFT"),
    )


def _has_incomplete_stage(
    edition_id: ColumnElement[Any], number: ColumnElement[Any], digest: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return whether a stage of the review around this lacks sign-offs on the digest."""
    stage = elements_of(Review.stages, "stage")
    signed = (
        select(func.count(distinct(SignOff.account_id)))
        .where(
            SignOff.edition_id == edition_id,
            SignOff.digest == digest,
            SignOff.stage == element_text(stage, "name"),
            SignOff.expires_at > present_moment(),
            SignOff.account_id.not_in(_contributors(edition_id, number)),
        )
        .scalar_subquery()
    )
    approvals = element_number(stage, "approvals")
    return exists(select(literal_column("1")).select_from(stage).where(signed < approvals))


def _contributors(
    edition_id: ColumnElement[Any], number: ColumnElement[Any]
) -> CompoundSelect[Any]:
    """Return the authors since the last publication before this revision.

    See :func:`cms.drafts.contributors.contributors`.
    """
    public, saved = aliased(Revision), aliased(Revision)
    base = (
        select(public.number)
        .join(Publication, Publication.revision_id == public.id)
        .where(
            public.edition_id == edition_id,
            public.number < number,
            Publication.break_glass_reason.is_(None),
            not_(_comes_back(edition_id, number, public.number)),
        )
        .order_by(public.number.desc())
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    authors = select(saved.author_id).where(
        saved.edition_id == edition_id,
        saved.number > func.coalesce(base, literal_column("0")),
        saved.number <= number,
    )
    inherited = select(EditionContributor.account_id).where(
        EditionContributor.edition_id == edition_id, base.is_(None)
    )
    return union_all(authors, inherited)


def _comes_back(
    edition_id: ColumnElement[Any], number: ColumnElement[Any], base: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Return whether a draft of before a publication has been restored after it."""
    before, since, public = aliased(Revision), aliased(Revision), aliased(Revision)
    shown = (
        select(public.digest)
        .join(Publication, Publication.revision_id == public.id)
        .where(
            public.edition_id == edition_id,
            public.number < number,
            Publication.break_glass_reason.is_(None),
        )
    )
    return (
        select(since.id)
        .join(before, and_(before.edition_id == edition_id, before.digest == since.digest))
        .where(
            since.edition_id == edition_id,
            since.number > base,
            since.number <= number,
            before.number < base,
            before.digest.not_in(shown),
        )
        .exists()
    )


def _is_objected_to(
    edition_id: ColumnElement[Any], digest: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return whether somebody has asked for changes and not signed off since."""
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
