"""What readers see of reviews and revisions. All of it comes from the sign-offs."""

from __future__ import annotations

from cms.reading import management, relations
from cms.reading.rows import AttestationRow, EntryRow, PersonRow
from cms.review import relations as review_relations
from cms.review.relations import ReviewRow, SignOffRow
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Facet, Summed
from graphql_api.schema.declaring.fields import many, of_call, one, value
from graphql_api.schema.declaring.row_sources import by_name, person_rows
from graphql_api.schema.delivery.node import Node


def review_rows(entry: EntryRow, call: Call) -> Rows:
    """Return the review of what an entry shows."""
    return Rows(Chosen(review_relations.review(call.view, entry.edition_id, entry.digest)))


def _sign_offs(review: ReviewRow, call: Call) -> Rows:
    return Rows(
        Chosen(review_relations.sign_offs(call.view)),
        (
            lambda signed: signed.edition_id == review.edition_id,
            lambda signed: signed.digest == review.digest,
        ),
        order=lambda signed: (OrderKey(signed.signed_at), OrderKey(signed.id)),
    )


def _reviewers(review: ReviewRow, call: Call) -> Rows:
    reviewers = Chosen(review_relations.reviewers(call.view, review.edition_id, review.digest))
    return Rows(reviewers, order=by_name)


def _reviewer(signed: SignOffRow, _: Call) -> Rows:
    return person_rows(lambda person: person.id == signed.person_id)


def author_of(entry: EntryRow, _: Call) -> Rows:
    """Return the person who saved the revision that is shown, if they have a byline."""
    return Rows(Chosen(relations.bylines()), (lambda byline: byline.account_id == entry.author_id,))


def _attestation_of(identifier: Sql) -> Rows:
    return Rows(Chosen(management.attestations()), (lambda row: row.id == identifier,))


def _sign_off_attestation(signed: SignOffRow, _: Call) -> Rows:
    return _attestation_of(signed.id)


def publication_attestation(entry: EntryRow, _: Call) -> Rows:
    """Return the attestation of the publication that an entry is shown by."""
    return _attestation_of(entry.publication_id)


class Attestation:
    """A signed statement (DSSE, Ed25519) that anyone can verify offline."""

    sequence = value("int", AttestationRow.sequence, "Its number, without gaps.")
    hash = value("str", AttestationRow.hash, "Its hash, which the next one names.")
    envelope = value(
        "JSON", AttestationRow.envelope, "The DSSE envelope with the statement.", work=100
    )


class SignOff:
    """A reviewer's yes to exactly these bytes."""

    reviewer = one("Person", _reviewer, "Who gave it.")
    stage = value("str", SignOffRow.stage, "The stage of the policy it was given at.")
    signed_at = value("DateTime", SignOffRow.signed_at, "When it was given.")
    expires_at = value("DateTime", SignOffRow.expires_at, "Until when it holds.")
    attestation = one(
        "Attestation | None",
        _sign_off_attestation,
        "The signed statement of it.",
    )


class Review:
    """The sign-offs on exactly what is shown."""

    reviewers = many("list[Person]", _reviewers, "Who signed off, by name.")
    sign_offs = many("list[SignOff]", _sign_offs, "The sign-offs, in the order of time.")
    signed_at = value("DateTime", ReviewRow.signed_at, "When the last one was given.")
    expires_at = value("DateTime", ReviewRow.expires_at, "When the page is due for review again.")


# What several revisions can have in common.
REVISIONS_SUMMED = Summed(
    (Facet("author", PersonRow.slug, of_call(author_of)),),
    {"createdAt": EntryRow.created_at},
)


class Revision(Node):
    """The revision of an entry that is shown."""

    id = value("ID", EntryRow.revision_id, "Its id.")
    number = value("int", EntryRow.number, "Its number within the edition, from 1.")
    digest = value("str", EntryRow.digest, "SHA-256 of its canonical JSON (RFC 8785), in hex.")
    content = value(
        "JSON",
        EntryRow.content,
        "All that it holds, as the digest covers it.",
        work=50,
    )
    created_at = value("DateTime", EntryRow.created_at, "When it was saved.")
    author = one("Person | None", author_of, "Who saved it, if the account has a byline.")
