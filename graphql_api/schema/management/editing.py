"""What editors see of an entry, beside what readers do."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from cms.reading import management
from cms.reading.rows import EntryRow, PresenceRow, PublicationRow
from cms.review import relations
from cms.review.relations import ChangeRequestRow, CommentRow, ReviewRequestRow, SignatureRow
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows
from graphql_api.planner.json_sql import Elements, element_index
from graphql_api.planner.source import Chosen, Columns, Sql
from graphql_api.schema.declaring.aggregates import Facet
from graphql_api.schema.declaring.connection import connection
from graphql_api.schema.declaring.fields import Declared, many, of_row, one, value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.row_sources import Condition, revision_rows
from graphql_api.schema.declaring.words import part_text, part_word, word, word_text
from graphql_api.schema.delivery.filters import comparison
from graphql_api.schema.delivery.node import Node
from graphql_api.schema.delivery.review import SignOff
from graphql_api.schema.management.account import account_rows


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


def publication_rows(*conditions: Condition) -> Rows:
    """Return publications, the newest first."""
    return Rows(
        Chosen(management.publications()),
        conditions,
        order=lambda row: (OrderKey(row.position, descending=True), OrderKey(row.id)),
    )


def signature_rows(*conditions: Condition) -> Rows:
    """Return sign-offs, the oldest first."""
    return Rows(Chosen(relations.signatures()), conditions, order=_by_id)


def change_request_rows(*conditions: Condition) -> Rows:
    """Return change requests, the oldest first."""
    return Rows(Chosen(relations.change_requests()), conditions, order=_by_id)


def _by_id(row: Columns) -> tuple[OrderKey, ...]:
    return (OrderKey(row.id),)


def _state(entry: EntryRow) -> Sql:
    return relations.state_of(
        entry.edition_id, entry.revision_id, entry.number, entry.digest, entry.archived_at
    )


def _editions(entry: EntryRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda row: row.id == entry.id, lambda row: row.is_head)


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


# The fields of an entry that only editors have. What is never null to readers may be null in
# a draft, so it is declared anew.
ENTRY_FIELDS: Mapping[str, Declared] = {
    "published_at": value(
        "DateTime | None",
        EntryRow.live_published_at,
        "Since when the edition's public revision is public; null if there is none.",
    ),
    "first_published_at": value(
        "DateTime | None",
        EntryRow.live_first_published_at,
        "When the edition first became public; null if it is not public.",
    ),
    "archived_at": value("DateTime | None", EntryRow.archived_at, "Since when it is put away."),
    "state": value("EntryState", _state, "Where the revision that is shown stands."),
    "public": one(
        "Entry | None", _live, "The edition as readers see it; null if it is not public."
    ),
    "editions": many("list[Entry]", _editions, "All its editions, one for each locale."),
    "revisions": connection(
        "Revision", _revisions, "The edition's revisions, the newest first.", order="RevisionOrder"
    ),
    "open_review": one("ReviewRequest | None", _open_review, "The review that is running."),
    "comments": connection(
        "Comment", _threads, "What editors say about it, by thread.", order="CommentOrder"
    ),
    "publications": connection(
        "Publication",
        _publications,
        "When which revision was public, the newest first.",
        order="PublicationOrder",
    ),
    "presence": many("list[Presence]", _presence, "Who has it open now."),
}


# What editors can ask of an entry, and count entries by, beside what readers can.
ENTRY_FILTERS: Mapping[str, Declared] = {
    "state": comparison("EntryStateFilter", _state, "Where the revision that is shown stands."),
}
ENTRY_FACETS = (Facet("state", of_row(_state)),)


def _account(column: str) -> Declared:
    account_id = attrgetter(column)

    def rows(row: Row, _: Call) -> Rows:
        return account_rows(lambda account: account.id == account_id(row))

    return one("Account", rows, "The account that did it.")


def _entry_as_of(revision: EntryRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda row: row.revision_id == revision.revision_id)


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
    "note": value("str", EntryRow.note, "What its author has to say about it."),
    "is_autosave": value(
        "bool", EntryRow.is_autosave, "Whether it was saved while somebody was typing."
    ),
    "account": _account("author_id"),
    "entry": one("Entry", _entry_as_of, "The entry as it is in this revision."),
    "sign_offs": many("list[SignOff]", _signatures, "The sign-offs on its digest."),
    "change_requests": many(
        "list[ChangeRequest]", _change_requests, "What reviewers want changed in its digest."
    ),
}

# The fields of a sign-off that only editors have.
_SIGN_OFF_FIELDS: Mapping[str, Declared] = {
    "id": value("ID", SignatureRow.id, "Its id."),
    "digest": value("str", SignatureRow.digest, "The digest that it is a yes to."),
    "note": value("str", SignatureRow.note, "A remark for the other editors."),
    "account": _account("account_id"),
}

# A sign-off as editors see it. To readers it is a part of a review, without an id.
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
    """A step that a review has to pass."""

    name = value("str", json_member("name"), "Its name.")
    role = part_word("Role", "role", "The role that signs off here.")
    role_name = part_text("str", "role", "role")
    approvals = value("int", json_member("approvals"), "How many people have to sign off.")


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
    """The question whether an edition may be published, as it was asked."""

    id = value("ID", ReviewRequestRow.id, "Its id.")
    entry = one("Entry", _reviewed_entry, "What is to be reviewed, as it is now.")
    note = value("str", ReviewRequestRow.note, "What the reviewers should know.")
    stages = many("list[ReviewStage]", _stages, "What it has to pass, as when it was asked.")
    requested_by = _account("requested_by")
    requested_at = value("DateTime", ReviewRequestRow.requested_at, "When it was asked.")
    due_at = value("DateTime | None", ReviewRequestRow.due_at, "By when it is wanted.")
    ended_at = value("DateTime | None", ReviewRequestRow.ended_at, "When it ended.")
    outcome = word("ReviewOutcome | None", ReviewRequestRow.outcome, "How it ended.")
    assignees = many("list[Account]", _assignees, "Whom it is addressed to.")
    sign_offs = many(
        "list[SignOff]",
        _signatures_of_review,
        "The sign-offs that were given in it.",
    )
    change_requests = many(
        "list[ChangeRequest]",
        _change_requests_of_review,
        "What was to be changed.",
    )


class ChangeRequest(Node):
    """A reviewer's no to exactly these bytes."""

    id = value("ID", ChangeRequestRow.id, "Its id.")
    account = _account("account_id")
    digest = value("str", ChangeRequestRow.digest, "The digest that it is a no to.")
    reason = value("str", ChangeRequestRow.reason, "What has to change.")
    requested_at = value("DateTime", ChangeRequestRow.requested_at, "When it was said.")


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


class Comment(Node):
    """What an editor says about an edition."""

    id = value("ID", CommentRow.id, "Its id.")
    entry = one("Entry", _commented_entry, "What it is about.")
    body = value("str", CommentRow.body, "What is said, as plain text.")
    account = _account("author_id")
    created_at = value("DateTime", CommentRow.created_at, "When it was said.")
    field_path = value("str | None", CommentRow.field_path, "The text that it was about.")
    quote = value("str | None", CommentRow.quote, "The words that it was about.")
    resolved_at = value("DateTime | None", CommentRow.resolved_at, "When it was dealt with.")
    resolved_by = one(
        "Account | None",
        _resolver,
        "Who says so.",
    )
    replies = connection(
        "Comment",
        _replies,
        "The rest of its thread.",
        order="CommentOrder",
    )


def _published_entry(publication: PublicationRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda row: row.revision_id == publication.revision_id)


class Publication(Node):
    """A revision was public from then to then."""

    id = value("ID", PublicationRow.id, "Its id.")
    position = value("int", PublicationRow.position, "Its place in the order of all of them.")
    entry = one("Entry", _published_entry, "The entry as it was published.")
    locale = word("Locale", PublicationRow.locale, "The edition's locale.")
    locale_name = word_text("str", "locale", PublicationRow.locale)
    path = value("str | None", PublicationRow.path, "Where it stood.")
    published_at = value("DateTime", PublicationRow.published_at, "From when.")
    published_by = _account("published_by")
    ended_at = value("DateTime | None", PublicationRow.ended_at, "To when; null if it still is.")
    break_glass_reason = value(
        "str | None",
        PublicationRow.break_glass_reason,
        "Why it was published without the sign-offs that it lacks.",
    )


class Presence:
    """Somebody has an edition open."""

    account = _account("account_id")
    field_path = value("str | None", PresenceRow.field_path, "What is being edited, if so.")
    seen_at = value("DateTime", PresenceRow.seen_at, "The last sign of life.")
