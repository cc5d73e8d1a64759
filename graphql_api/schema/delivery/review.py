"""What readers see of reviews and revisions. All of it comes from the sign-offs."""

from __future__ import annotations

from cms.reading import management, relations
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows, Sql
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.aggregates import Facet, Summed
from graphql_api.schema.declaring.fields import many, one, value
from graphql_api.schema.declaring.row_sources import by_name, person_rows
from graphql_api.schema.delivery.node import Node


def review_rows(entry: Row, call: Call) -> Rows:
    """Return the review of what an entry shows."""
    return Rows(Chosen(review_relations.review(call.view, entry.edition_id, entry.digest)))


def _sign_offs(review: Row, call: Call) -> Rows:
    return Rows(
        Chosen(review_relations.sign_offs(call.view)),
        (
            lambda signed: signed.edition_id == review.edition_id,
            lambda signed: signed.digest == review.digest,
        ),
        order=lambda signed: (OrderKey(signed.signed_at), OrderKey(signed.id)),
    )


def _reviewers(review: Row, call: Call) -> Rows:
    reviewers = Chosen(review_relations.reviewers(call.view, review.edition_id, review.digest))
    return Rows(reviewers, order=by_name)


def _reviewer(signed: Row, _: Call) -> Rows:
    return person_rows(lambda person: person.id == signed.person_id)


def author_of(entry: Row, _: Call) -> Rows:
    """Return the person who saved the revision that is shown, if they have a byline."""
    return Rows(Chosen(relations.bylines()), (lambda byline: byline.account_id == entry.author_id,))


def _attestation_of(identifier: Sql) -> Rows:
    return Rows(Chosen(management.attestations()), (lambda row: row.id == identifier,))


def publication_attestation(entry: Row, _: Call) -> Rows:
    """Return the attestation of the publication that an entry is shown by."""
    return _attestation_of(entry.publication_id)


class Attestation:
    """A signed statement (DSSE, Ed25519) that anyone can verify offline."""

    sequence = value("int", lambda row: row.sequence, "Its number, without gaps.")
    hash = value("str", lambda row: row.hash, "Its hash, which the next one names.")
    envelope = value(
        "JSON", lambda row: row.envelope, "The DSSE envelope with the statement.", work=100
    )


class SignOff:
    """A reviewer's yes to exactly these bytes."""

    reviewer = one("Person", _reviewer, "Who gave it.")
    stage = value("str", lambda signed: signed.stage, "The stage of the policy it was given at.")
    signed_at = value("DateTime", lambda signed: signed.signed_at, "When it was given.")
    expires_at = value("DateTime", lambda signed: signed.expires_at, "Until when it holds.")
    attestation = one(
        "Attestation | None",
        lambda signed, _: _attestation_of(signed.id),
        "The signed statement of it.",
    )


class Review:
    """The sign-offs on exactly what is shown."""

    reviewers = many("list[Person]", _reviewers, "Who signed off, by name.")
    sign_offs = many("list[SignOff]", _sign_offs, "The sign-offs, in the order of time.")
    signed_at = value("DateTime", lambda review: review.signed_at, "When the last one was given.")
    expires_at = value(
        "DateTime", lambda review: review.expires_at, "When the page is due for review again."
    )


# What several revisions can have in common.
REVISIONS_SUMMED = Summed(
    (Facet("author", lambda person: person.slug, author_of),),
    {"createdAt": lambda revision: revision.created_at},
)


class Revision(Node):
    """The revision of an entry that is shown."""

    id = value("ID", lambda entry: entry.revision_id, "Its id.")
    number = value("int", lambda entry: entry.number, "Its number within the edition, from 1.")
    digest = value(
        "str", lambda entry: entry.digest, "SHA-256 of its canonical JSON (RFC 8785), in hex."
    )
    content = value(
        "JSON",
        lambda entry: entry.content,
        "All that it holds, as the digest covers it.",
        work=50,
    )
    created_at = value("DateTime", lambda entry: entry.created_at, "When it was saved.")
    author = one("Person | None", author_of, "Who saved it, if the account has a byline.")
