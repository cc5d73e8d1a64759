"""The fields and types of an entry that only the management schema has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from cms.reading import management
from cms.reading.rows import EntryRow, PresenceRow
from cms.review import relations
from cms.review.relations import ChangeRequestRow, CommentRow, ReviewRequestRow, SignOffRow
from cms.review.standing import policies_of
from cms.site import Site
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows
from graphql_api.planner.filters import Compare
from graphql_api.planner.json_sql import Elements, element_index
from graphql_api.planner.source import Chosen, Columns, Sql
from graphql_api.schema.declaring.connection import connection
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import (
    THIS_TYPE,
    Declared,
    many,
    of_row,
    one,
    value,
)
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.row_sources import Condition, revision_rows
from graphql_api.schema.declaring.words import part_text, part_word, word
from graphql_api.schema.delivery.node import Node
from graphql_api.schema.delivery.review import SignOff
from graphql_api.schema.management.account import account_rows
from graphql_api.schema.management.publications import publication_rows


def review_rows(call: Call, *conditions: Condition) -> Rows:
    """Return reviews, the newest first."""
    return Rows(
        Chosen(relations.reviews(call.view)),
        conditions,
        order=lambda review: (OrderKey(review.id, descending=True),),
    )


def comment_rows(*conditions: Condition) -> Rows:
    """Return comments, the oldest first."""
    return Rows(Chosen(relations.comments()), conditions, order=_by_id)


def signature_rows(*conditions: Condition) -> Rows:
    """Return sign-offs, the oldest first."""
    return Rows(Chosen(relations.signatures()), conditions, order=_by_id)


def change_request_rows(*conditions: Condition) -> Rows:
    """Return change requests, the oldest first."""
    return Rows(Chosen(relations.change_requests()), conditions, order=_by_id)


def _by_id(row: Columns) -> tuple[OrderKey, ...]:
    return (OrderKey(row.id),)


def _state_in(site: Site) -> Callable[[EntryRow], Sql]:
    """Return the SQL of the state of a revision under the policies of a site."""
    policies = policies_of(site)

    def state(entry: EntryRow) -> Sql:
        return relations.state_of_shown(policies, entry)

    return state


def _editions(entry: EntryRow, call: Call) -> Rows:
    return revision_rows(
        call.view,
        lambda row: row.id == entry.id,
        lambda row: row.is_head,
        lambda row: row.purged_at.is_(None),
    )


def _revisions(entry: EntryRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda row: row.edition_id == entry.edition_id)


def _live(entry: EntryRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda row: row.revision_id == entry.live_revision_id)


def _open_review(entry: EntryRow, call: Call) -> Rows:
    return review_rows(
        call,
        lambda review: review.edition_id == entry.edition_id,
        lambda review: review.ended_at.is_(None),
    )


def _threads(entry: EntryRow, _: Call) -> Rows:
    return comment_rows(
        lambda comment: comment.edition_id == entry.edition_id,
        lambda comment: comment.thread_id.is_(None),
    )


def _publications(entry: EntryRow, _: Call) -> Rows:
    return publication_rows(lambda row: row.edition_id == entry.edition_id)


def _presence(entry: EntryRow, _: Call) -> Rows:
    return Rows(
        Chosen(management.presences()),
        (lambda presence: presence.edition_id == entry.edition_id,),
        order=lambda presence: (OrderKey(presence.account_id),),
    )


# The fields of an entry that only editors have, but for its state. A field that is never null for
# readers may be null in a draft, so it is declared anew.
_ENTRY_FIELDS: Mapping[str, Declared] = {
    "published_at": value(
        "DateTime | None",
        EntryRow.live_published_at,
        "When the edition's public revision was published; null if the edition is not public.",
    ),
    "first_published_at": value(
        "DateTime | None",
        EntryRow.live_first_published_at,
        "When the edition was first published; null if it is not public.",
    ),
    "archived_at": value(
        "DateTime | None",
        EntryRow.archived_at,
        "When the edition was archived; null if it is not.",
    ),
    "public": one(
        "Entry | None",
        _live,
        "Entry in its public revision, as readers see it; null if it is not public.",
    ),
    "editions": many(
        "list[Entry]", _editions, "Newest revisions of all editions, one for each locale."
    ),
    "revisions": connection(
        "Revision", _revisions, "Revisions of the edition, the newest first.", order="RevisionOrder"
    ),
    "open_review": one(
        "ReviewRequest | None",
        _open_review,
        "Open review of the edition; null if there is none.",
    ),
    "comments": connection(
        "EntryComment",
        _threads,
        "First comment of each thread about the edition, the oldest first.",
        order="EntryCommentOrder",
    ),
    "publications": connection(
        "EntryPublication",
        _publications,
        "Publications of the edition, the newest first.",
        order="EntryPublicationOrder",
    ),
    "presence": many("list[Presence]", _presence, "Accounts that have the edition open now."),
}


def entry_fields(site: Site) -> Mapping[str, Declared]:
    """Return the fields of an entry that only editors have."""
    state = value("EntryState", _state_in(site), "Workflow state of the revision.")
    return {**_ENTRY_FIELDS, "state": state}


def entry_filters(site: Site) -> Mapping[str, Declared]:
    """Return the filters of entries that only editors have."""
    description = f"Filter on the workflow state of the `{THIS_TYPE}`."
    compare = Compare(of_row(_state_in(site)), is_computed=True)
    return {"state": Declared("EntryStateFilter | None", compare, description)}


def entry_facets(site: Site) -> tuple[Facet, ...]:
    """Return the facets of entries that only editors have."""
    policies = policies_of(site)

    def state(entry: EntryRow) -> Sql:
        return relations.state_of_each(policies, entry)

    return (Facet("state", of_row(state), is_computed=True, work=12),)


def _account(column: str, description: str, type_: str = "Account") -> Declared:
    account_id = attrgetter(column)

    def rows(row: Row, _: Call) -> Rows:
        return account_rows(lambda account: account.id == account_id(row))

    return one(type_, rows, description)


def _entry_as_of(revision: EntryRow, call: Call) -> Rows:
    return revision_rows(
        call.view,
        lambda row: row.revision_id == revision.revision_id,
        lambda row: row.purged_at.is_(None),
    )


def _signatures(revision: EntryRow, _: Call) -> Rows:
    return signature_rows(
        lambda row: row.edition_id == revision.edition_id,
        lambda row: row.digest == revision.digest,
    )


def _change_requests(revision: EntryRow, _: Call) -> Rows:
    return change_request_rows(
        lambda row: row.edition_id == revision.edition_id,
        lambda row: row.digest == revision.digest,
    )


# The fields of a revision that only editors have.
REVISION_FIELDS: Mapping[str, Declared] = {
    "note": value("str", EntryRow.note, "Author's note on the revision; empty if there is none."),
    "is_autosave": value(
        "bool",
        EntryRow.is_autosave,
        "Whether the revision was saved automatically while its author was typing.",
    ),
    "account": _account(
        "author_id",
        "Account that saved the revision; null for the operator.",
        "Account | None",
    ),
    "entry": one(
        "Entry | None", _entry_as_of, "Entry in this revision; null if the revision was purged."
    ),
    "purged_at": value(
        "DateTime | None",
        EntryRow.purged_at,
        "When the content of the revision was emptied for good; null if it is there.",
    ),
    "sign_offs": many(
        "list[SignOff]", _signatures, "Sign-offs on the digest of the revision, the oldest first."
    ),
    "change_requests": many(
        "list[ChangeRequest]",
        _change_requests,
        "Change requests about the digest of the revision, the oldest first.",
    ),
}

# The fields of a sign-off that only editors have.
_SIGN_OFF_FIELDS: Mapping[str, Declared] = {
    "id": value("ID", SignOffRow.id, "Sign-off id."),
    "digest": value(
        "str", SignOffRow.digest, "SHA-256 digest of the revision that was signed off."
    ),
    "note": value(
        "str", SignOffRow.note, "Reviewer's note for other editors; empty if there is none."
    ),
    "account": _account("account_id", "Account that signed off."),
    "ended_at": value(
        "DateTime | None",
        SignOffRow.ended_at,
        "When the sign-off ceased to count; null while it is open.",
    ),
    "end_cause": word(
        "EndCause | None",
        SignOffRow.end_cause,
        "Reason why the sign-off does not count any more; null while it is open.",
    ),
}

# A sign-off in the management schema. In the delivery schema it is part of a review and has no id.
SIGN_OFF = type(
    "SignOff",
    (Node,),
    {
        **{name: each for name, each in vars(SignOff).items() if isinstance(each, Declared)},
        **_SIGN_OFF_FIELDS,
        "__doc__": SignOff.__doc__,
    },
)


def _stages(review: ReviewRequestRow, _: Call) -> Rows:
    return Rows(
        Elements(review.stages),
        row=lambda element: element.value,
        order=lambda element: (OrderKey(element_index(element)),),
    )


class ReviewStage:
    """A stage of the policy that a review has to pass."""

    name = value("str", json_member("name"), "Name of the stage in the policy.")
    role = part_word("Role", "role", "Role that signs off at the stage.")
    role_name = part_text("str", "role", "role")
    approvals = value("int", json_member("approvals"), "Number of people who have to sign off.")


def _reviewed_entry(review: ReviewRequestRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda row: row.revision_id == review.head_id)


def _assignees(review: ReviewRequestRow, _: Call) -> Rows:
    return Rows(
        Chosen(relations.assignees()),
        (lambda account: account.review_id == review.id,),
        order=lambda account: (OrderKey(account.email),),
    )


def _signatures_of_review(review: ReviewRequestRow, _: Call) -> Rows:
    return signature_rows(lambda row: row.review_id == review.id)


def _change_requests_of_review(review: ReviewRequestRow, _: Call) -> Rows:
    return change_request_rows(lambda row: row.review_id == review.id)


class ReviewRequest(Node):
    """A request to review an edition, with the stages that the policy had at that time."""

    id = value("ID", ReviewRequestRow.id, "Review id.")
    entry = one("Entry", _reviewed_entry, "Entry under review, in its newest revision.")
    note = value("str", ReviewRequestRow.note, "Note for the reviewers; empty if there is none.")
    stages = many("list[ReviewStage]", _stages, "Stages to pass, as of the request, in order.")
    requested_by = _account("requested_by", "Account that requested the review.")
    requested_at = value(
        "DateTime", ReviewRequestRow.requested_at, "When the review was requested."
    )
    due_at = value(
        "DateTime | None", ReviewRequestRow.due_at, "Deadline of the review; null for none."
    )
    ended_at = value(
        "DateTime | None",
        ReviewRequestRow.ended_at,
        "When the review ended; null while it is open.",
    )
    outcome = word(
        "ReviewOutcome | None",
        ReviewRequestRow.outcome,
        "Outcome of the review; null while it is open.",
    )
    assignees = many(
        "list[Account]",
        _assignees,
        "Accounts to which the review is addressed, ordered by email address.",
    )
    sign_offs = many(
        "list[SignOff]",
        _signatures_of_review,
        "Sign-offs during the review, the oldest first.",
    )
    change_requests = many(
        "list[ChangeRequest]",
        _change_requests_of_review,
        "Change requests during the review, the oldest first.",
    )


class ChangeRequest(Node):
    """A reviewer's rejection of a digest, with a reason."""

    id = value("ID", ChangeRequestRow.id, "Change request id.")
    account = _account("account_id", "Account that requested the changes.")
    digest = value("str", ChangeRequestRow.digest, "SHA-256 digest of the rejected revision.")
    reason = value("str", ChangeRequestRow.reason, "Changes that the reviewer asks for.")
    requested_at = value(
        "DateTime", ChangeRequestRow.requested_at, "When the changes were requested."
    )
    ended_at = value(
        "DateTime | None",
        ChangeRequestRow.ended_at,
        "When the change request ended; null while it is open.",
    )
    end_cause = word(
        "EndCause | None",
        ChangeRequestRow.end_cause,
        "Reason why the change request ended; null while it is open.",
    )


def _commented_entry(comment: CommentRow, call: Call) -> Rows:
    return revision_rows(
        call.view,
        lambda row: row.edition_id == comment.edition_id,
        lambda row: row.is_head,
    )


def _resolver(comment: CommentRow, _: Call) -> Rows:
    return account_rows(lambda account: account.id == comment.resolved_by)


def _replies(comment: CommentRow, _: Call) -> Rows:
    return comment_rows(lambda row: row.thread_id == comment.id)


class EntryComment(Node):
    """An editor's comment on an edition, perhaps on words in one of its texts."""

    id = value("ID", CommentRow.id, "Comment id.")
    entry = one("Entry", _commented_entry, "Commented entry, in its newest revision.")
    body = value("str", CommentRow.body, "Plain text of the comment.")
    account = _account("author_id", "Account that wrote the comment.")
    created_at = value("DateTime", CommentRow.created_at, "When the comment was written.")
    field_path = value(
        "str | None",
        CommentRow.field_path,
        "Path of the text that the comment was about, such as `fields/body`, with the first name "
        "that each field had; null for the whole. `CommentThread` has the present path.",
    )
    quote = value(
        "str | None",
        CommentRow.quote,
        "Words that the comment was about; null for the whole edition.",
    )
    resolved_at = value(
        "DateTime | None",
        CommentRow.resolved_at,
        "When the thread was resolved; null while it is open.",
    )
    resolved_by = one(
        "Account | None",
        _resolver,
        "Account that resolved the thread; null while it is open.",
    )
    replies = connection(
        "EntryComment",
        _replies,
        "Other comments of the thread, the oldest first; empty for a reply.",
        order="EntryCommentOrder",
    )


class Presence:
    """An account that has an edition open now."""

    account = _account("account_id", "Account that has the edition open.")
    field_path = value(
        "str | None",
        PresenceRow.field_path,
        "Path of the value that the account is editing; null if it only reads.",
    )
    seen_at = value("DateTime", PresenceRow.seen_at, "When the last heartbeat arrived.")
