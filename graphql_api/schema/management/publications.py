"""Publications as editors see them: the history of what was public."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from cms.reading import management
from cms.reading.positions import position_token
from cms.reading.rows import PublicationRow
from cms.review.relations import counted_sign_offs
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.fields import many, one, row_object, seen_value, value
from graphql_api.schema.declaring.row_sources import Condition, revision_rows
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.node import Node
from graphql_api.schema.management.account import account_rows


def publication_rows(*conditions: Condition) -> Rows:
    """Return publications, the newest first."""
    return Rows(
        Chosen(management.publications()),
        conditions,
        order=lambda row: (OrderKey(row.position, descending=True), OrderKey(row.id)),
    )


def _published_entry(publication: PublicationRow, call: Call) -> Rows:
    return revision_rows(
        call.view,
        lambda row: row.revision_id == publication.revision_id,
        lambda row: row.purged_at.is_(None),
    )


def _publisher(publication: PublicationRow, _: Call) -> Rows:
    return account_rows(lambda account: account.id == publication.published_by)


def _sign_offs(publication: PublicationRow, _: Call) -> Rows:
    return Rows(
        Chosen(counted_sign_offs()),
        (lambda signed: signed.publication_id == publication.id,),
        order=lambda signed: (OrderKey(signed.signed_at), OrderKey(signed.id)),
    )


def _position_of_publication(publication: PublicationRow, _: Call) -> Sql:
    return position_token(publication.position)


def _has_claimed_review(publication: PublicationRow) -> ColumnElement[bool]:
    return publication.claimed_review.is_not(None)


class EntryPublication(Node):
    """The period during which a revision was public, from one position to another."""

    id = value("ID", PublicationRow.id, "Publication id.")
    position = seen_value(
        "SitePosition",
        _position_of_publication,
        "Position from which the revision was public.",
        parts=2,
    )
    entry = one(
        "Entry | None",
        _published_entry,
        "Entry in the published revision; null if that was purged.",
    )
    locale = word("Locale", PublicationRow.locale, "Locale of the published edition.")
    locale_name = word_text("str", "locale", PublicationRow.locale)
    path = value(
        "str | None",
        PublicationRow.path,
        "Path of the page while it was public; null if it had none.",
    )
    published_at = value("DateTime", PublicationRow.published_at, "When the publication began.")
    published_by = one(
        "Account | None",
        _publisher,
        "Account that published the revision; null for the operator.",
    )
    sign_offs = many(
        "list[SignOff]",
        _sign_offs,
        "Sign-offs that counted for the publication, oldest first.",
    )
    ended_at = value(
        "DateTime | None",
        PublicationRow.ended_at,
        "When the publication ended; null if the revision is still public.",
    )
    break_glass_reason = value(
        "str | None",
        PublicationRow.break_glass_reason,
        "Reason for publishing without the missing sign-offs; null for an ordinary publication.",
    )
    basis = word("PublicationBasis", PublicationRow.basis, "Basis of the publication.")
    import_source = value(
        "str | None",
        PublicationRow.source,
        "System that the revision was imported from without a sign-off; null if it was not.",
    )
    claimed_review = row_object(
        "ClaimedReview | None",
        PublicationRow.claimed_review,
        "Review that the source of an import claims; null if there is no such claim.",
        present=_has_claimed_review,
    )
    review_due_at = value(
        "DateTime | None",
        PublicationRow.review_due_at,
        "When an imported page is due for review here; null for at once.",
    )
