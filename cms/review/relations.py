"""Relations of reviews: what readers see of sign-offs, and what editors see of the rest.

Who asks brings the id of an edition or a revision that it found through a view; relations that
are asked for by themselves take the view.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias, cast, get_args

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    exists,
    func,
    join,
    not_,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from cms.reading.aliases import aliased_table, word
from cms.reading.management import accounts
from cms.reading.narrowing import KeyJoin, narrowed
from cms.reading.periods import counts, is_public_now
from cms.reading.relations import people
from cms.reading.rows import AccountRow, Column, EntryRow, Row
from cms.reading.view import Perspective, View
from cms.reading.visibility import Relation, category_in_rights, is_open, is_within
from cms.review.expiry import is_review_shown, review_ends_at
from cms.review.standing import (
    STATES,
    Policies,
    RevisionColumns,
    State,
    counts_for,
    is_approved,
    is_objected_to,
    is_taken_back,
)
from cms.storage.dialects import ArchivedAt, IsLookedUp
from cms.tables import (
    ChangeRequest,
    Comment,
    Edition,
    Entry,
    Publication,
    PublicationSignOff,
    Review,
    ReviewAssignee,
    Revision,
    SignOff,
)
from cms.tables.review import ChangeRequestEnd, ReviewOutcome, SignOffEnd

# Compares two keys.
_Comparison: TypeAlias = Callable[[Any, Any], ColumnElement[bool]]
# A row that shows a revision, or its review.
Shown: TypeAlias = "EntryRow | ReviewRow"

# The sign-offs of publications.
_COUNT = aliased_table(PublicationSignOff, "counted")
_PUBLICATION = aliased_table(Publication, "reviewed")
_SIGNED = aliased_table(SignOff, "signed")
_COUNTED = KeyJoin(_COUNT, _SIGNED, _SIGNED.c.id == _COUNT.c.sign_off_id)
_KEYS = ("publication_id", "edition_id", "number", "digest")

# The stored words for how a review ended, and for why a sign-off or a change request did.
REVIEW_OUTCOMES: tuple[str, ...] = get_args(ReviewOutcome)
END_CAUSES = tuple(dict.fromkeys((*get_args(SignOffEnd), *get_args(ChangeRequestEnd))))


class ReviewRow(Row):
    """A row of :func:`review`."""

    signed_at = Column()
    expires_at = Column()
    publication_id = Column()
    edition_id = Column()
    number = Column()
    digest = Column()


class SignerRow(Row):
    """A row of :func:`signers`."""

    person_id = Column()
    revision_id = Column()


class ReviewRequestRow(Row):
    """A row of :func:`reviews`."""

    id = Column()
    edition_id = Column()
    revision_id = Column()
    note = Column()
    stages = Column()
    requested_by = Column()
    requested_at = Column()
    due_at = Column()
    ended_at = Column()
    outcome = Column()
    head_id = Column()


class AssigneeRow(AccountRow):
    """A row of :func:`assignees`."""

    review_id = Column()


class SignOffRow(Row):
    """A row of :func:`sign_offs` and :func:`signatures`."""

    id = Column()
    edition_id = Column()
    revision_id = Column()
    review_id = Column()
    digest = Column()
    stage = Column()
    account_id = Column()
    person_id = Column()
    note = Column()
    signed_at = Column()
    expires_at = Column()
    ended_at = Column()
    end_cause = Column()


class CountedSignOffRow(SignOffRow):
    """A row of :func:`counted_sign_offs`."""

    publication_id = Column()


class ChangeRequestRow(Row):
    """A row of :func:`change_requests`."""

    id = Column()
    review_id = Column()
    edition_id = Column()
    revision_id = Column()
    digest = Column()
    account_id = Column()
    reason = Column()
    requested_at = Column()
    ended_at = Column()
    end_cause = Column()


class CommentRow(Row):
    """A row of :func:`comments`."""

    id = Column()
    edition_id = Column()
    thread_id = Column()
    body = Column()
    author_id = Column()
    created_at = Column()
    field_path = Column()
    quote = Column()
    resolved_at = Column()
    resolved_by = Column()


def sign_offs(view: View, shown: Shown, *, is_review: bool = False) -> Relation:
    """Return the sign-offs on the content that a row shows.

    Of what is public, they are those that count for its publication. A draft has those that count
    for it now, since it could be published with these.

    Args:
        view: the view.
        shown: a row of the statement around this one.
        is_review: whether it is a row of :func:`review`, so that readers see its sign-offs.
    """
    counted = (
        # With the person of the table that is read anyway, so that people need no other.
        _columns_of(_SIGNED, person_id=_COUNT.c.person_id)
        .select_from(_COUNTED)
        .where(_counts_for(shown, view))
    )
    if not is_review:
        counted = counted.where(_has_review(cast("EntryRow", shown), view))
    if not _shows_drafts(view):
        return counted
    both = union_all(counted, _columns_of(SignOff.__table__).where(*_is_of_draft(shown)))
    return select(*both.subquery("on_shown").c)


def review(view: View, shown: EntryRow) -> Relation:
    """Return one row about the sign-offs on the content that a row shows, or none without any.

    The review of what is public ends when the first stage has too few sign-offs left; that of a
    draft, when the first of its sign-offs expires.

    Args:
        view: the view.
        shown: a row of the statement around this one.
    """
    # Of what is public, the publication is all that the sign-offs are found by.
    known = _KEYS if _shows_drafts(view) else _KEYS[:1]
    keys = [(getattr(shown, name) if name in known else null()).label(name) for name in _KEYS]
    counting = _counts_for(shown, view)
    signed_at = select(func.max(_SIGNED.c.signed_at)).select_from(_COUNTED).where(counting)
    has_review = _has_review(shown, view)
    if not _repeats_reviewers(view):
        has_review = and_(exists(select(_COUNT.c.sign_off_id).where(counting)), has_review)
    counted = select(
        signed_at.scalar_subquery().label("signed_at"),
        review_ends_at(shown.publication_id, view).label("expires_at"),
        *keys,
    ).where(has_review)
    if not _shows_drafts(view):
        return counted
    of_draft = (
        select(
            func.max(SignOff.signed_at).label("signed_at"),
            func.min(SignOff.expires_at).label("expires_at"),
            *keys,
        )
        .where(*_is_of_draft(shown))
        .group_by(SignOff.edition_id)
    )
    return select(*union_all(counted, of_draft).subquery("either").c)


def reviewers(view: View, shown: Shown, *, is_review: bool = False) -> Relation:
    """Return the people who gave the sign-offs on the content that a row shows.

    Args:
        view: the view.
        shown: a row of the statement around this one.
        is_review: see :func:`sign_offs`.
    """
    found = narrowed(sign_offs(view, shown, is_review=is_review), ("person_id",))
    signed = found.subquery("signed_by")
    signer = select(signed.c.person_id).distinct().subquery("signer_of")
    named = people(view)
    # A join, so that databases begin with the few who signed, and not with all people.
    return named.where(named.selected_columns.id == signer.c.person_id)


def signers(view: View) -> Relation:
    """Return the ids of those who signed off, by revision; the view may not show all of them."""
    return select(*_reviewers_of_revisions(view).subquery("signed_by").c).distinct()


def reviews(view: View) -> Relation:
    """Return the reviews of what the view reaches, and of what was not purged."""
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
        .where(
            is_within(
                view,
                Entry.content_type,
                category_in_rights(Entry.content_type, Entry.id, head.category_id),
                Edition.locale,
            ),
            head.purged_at.is_(None),
        )
    )


def assignees() -> Relation:
    """Return the accounts that reviews are addressed to."""
    return accounts().add_columns(ReviewAssignee.review_id).join(ReviewAssignee)


def signatures() -> Relation:
    """Return all sign-offs, whether they count or not."""
    return _columns_of(SignOff.__table__)


def counted_sign_offs() -> Relation:
    """Return the sign-offs of publications, also those that do not count for them any more."""
    counted = _columns_of(_SIGNED, person_id=_COUNT.c.person_id)
    return counted.add_columns(_COUNT.c.publication_id).select_from(_COUNTED)


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
        ChangeRequest.ended_at,
        ChangeRequest.end_cause,
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


def state_of(
    policies: Policies, revision: RevisionColumns, is_same: _Comparison = operator.eq
) -> ColumnElement[str]:
    """Return the state of a revision: what :meth:`.Standing.state` does, as an expression.

    Args:
        policies: the policies of the site.
        revision: the columns of the revision.
        is_same: compares the keys of most rows with those of what is public and in review.
    """
    # By the revision alone, which an index has with the end.
    live = select(Publication.id).where(
        is_same(Publication.revision_id, revision.revision_id), is_public_now(Publication)
    )
    review = select(Review.id).where(
        is_same(Review.edition_id, revision.edition_id), Review.ended_at.is_(None)
    )
    holding: dict[State, ColumnElement[bool]] = {
        "PUBLISHED": exists(live),
        "ARCHIVED": revision.archived_at.is_not(None),
        "CHANGES_REQUESTED": is_objected_to(revision.edition_id, revision.digest),
        "UNPUBLISHED": is_taken_back(revision),
        "APPROVED": is_approved(policies, revision),
        "IN_REVIEW": exists(review),
    }
    in_order = ((holding[state], word(state)) for state in STATES if state in holding)
    return case(*in_order, else_=word("DRAFT"))


def state_of_shown(policies: Policies, shown: EntryRow) -> ColumnElement[str]:
    """Return the state of the revision that a row shows, as an expression for a few rows.

    Everything is looked up row by row: PostgreSQL would read all that is public for one page.
    """
    return state_of(policies, _columns_of_shown(shown), IsLookedUp)


def state_of_each(policies: Policies, shown: EntryRow) -> ColumnElement[str]:
    """Return what :func:`state_of_shown` does, as an expression for all rows."""
    return state_of(policies, _columns_of_shown(shown))


def _columns_of_shown(shown: EntryRow) -> RevisionColumns:
    """Return the columns of a revision and its entry, looked up if the state depends on them."""
    revision = aliased_table(Revision, "judged")

    def looked_up(name: str) -> ColumnElement[Any]:
        found = select(revision.c[name]).where(revision.c.id == shown.revision_id)
        return found.scalar_subquery()

    return RevisionColumns(
        edition_id=shown.edition_id,
        revision_id=shown.revision_id,
        number=looked_up("number"),
        digest=looked_up("digest"),
        content_type=shown.content_type,
        archived_at=ArchivedAt(shown.id),
    )


def _reviewers_of_revisions(view: View) -> Relation:
    """Return each revision that the view shows with the people who gave the sign-offs on it."""
    public = (
        select(_PUBLICATION.c.revision_id, _COUNT.c.person_id)
        .select_from(join(_COUNT, _PUBLICATION, _PUBLICATION.c.id == _COUNT.c.publication_id))
        .where(
            is_open(_PUBLICATION, view),
            counts(_COUNT, view),
            is_review_shown(_PUBLICATION.c.id, _PUBLICATION.c.basis, view),
        )
    )
    if not _shows_drafts(view):
        return public
    live = select(Publication.id).where(
        Publication.revision_id == Revision.id, is_public_now(Publication)
    )
    signed = and_(SignOff.edition_id == Revision.edition_id, SignOff.digest == Revision.digest)
    columns = Revision.__table__.c
    revision = _revision(columns.edition_id, columns.number, columns.digest)
    of_drafts = (
        select(Revision.id.label("revision_id"), SignOff.person_id)
        .join(SignOff, signed)
        .where(not_(exists(live)), counts_for(revision))
    )
    return select(*union_all(public, of_drafts).subquery("every_reviewer").c)


def _shows_drafts(view: View) -> bool:
    return view.perspective is Perspective.DRAFT or view.preview is not None


def _repeats_reviewers(view: View) -> bool:
    """Return whether publications repeat who their reviewers are, and have none without a review.

    They do so of now; see :mod:`cms.review.review_times`.
    """
    return view.past is None and not _shows_drafts(view)


def _columns_of(sign_off: FromClause, **others: ColumnElement[Any]) -> Relation:
    return select(*(others.get(name, sign_off.c[name]) for name in sorted(SignOffRow.columns())))


def _counts_for(shown: Shown, view: View) -> ColumnElement[bool]:
    return and_(_COUNT.c.publication_id == shown.publication_id, counts(_COUNT, view))


def _has_review(entry: EntryRow, view: View) -> ColumnElement[bool]:
    if _repeats_reviewers(view):
        return entry.reviewers.is_not(None)
    return is_review_shown(entry.publication_id, entry.basis, view)


def _is_of_draft(shown: Shown) -> tuple[ColumnElement[bool], ...]:
    revision = _revision(shown.edition_id, shown.number, shown.digest)
    return shown.publication_id.is_(None), counts_for(revision)


def _revision(
    edition_id: ColumnElement[Any], number: ColumnElement[Any], digest: ColumnElement[Any]
) -> RevisionColumns:
    return RevisionColumns(
        edition_id=edition_id,
        revision_id=null(),
        number=number,
        digest=digest,
        content_type=null(),
        archived_at=null(),
    )
