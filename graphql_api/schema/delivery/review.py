"""Reviews and revisions for readers, derived from the sign-offs."""

from __future__ import annotations

from dataclasses import replace

from cms.reading import management
from cms.reading.rows import AttestationRow, EntryRow
from cms.review import relations as review_relations
from cms.review.relations import ReviewRow, SignOffRow
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Summed
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import many, one, value
from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.declaring.row_sources import by_name, person_rows
from graphql_api.schema.delivery.node import Node


def review_rows(entry: EntryRow, call: Call) -> Rows:
    """Return the sign-offs, summed up, on the content that an entry shows."""
    return Rows(Chosen(review_relations.review(call.view, entry)))


def _sign_offs(review: ReviewRow, call: Call) -> Rows:
    return Rows(
        Chosen(review_relations.sign_offs(call.view, review, is_review=True)),
        order=lambda signed: (OrderKey(signed.signed_at), OrderKey(signed.id)),
    )


def _reviewers(review: ReviewRow, call: Call) -> Rows:
    found = review_relations.reviewers(call.view, review, is_review=True)
    return Rows(Chosen(found), order=by_name)


def _reviewer(signed: SignOffRow, call: Call) -> Rows:
    return person_rows(call.view, lambda person: person.id == signed.person_id)


def author_of(entry: EntryRow, call: Call) -> Rows:
    """Return the person in the byline of the visible revision, if it has one."""
    return person_rows(call.view, lambda person: person.id == entry.byline_id)


def slug_of_person(person_id: Sql, call: Call) -> Rows:
    """Return the slug of a person."""
    found = person_rows(call.view, lambda person: person.id == person_id)
    return replace(found, row=EntryRow.slug)


def _attestation_of(identifier: Sql) -> Rows:
    return Rows(Chosen(management.attestations()), (lambda row: row.id == identifier,))


def _sign_off_attestation(signed: SignOffRow, _: Call) -> Rows:
    return _attestation_of(signed.id)


def publication_attestation(entry: EntryRow, _: Call) -> Rows:
    """Return the attestation of the publication that makes an entry visible."""
    return _attestation_of(entry.publication_id)


class Attestation:
    """Signed statement (DSSE, Ed25519) that can be verified offline."""

    sequence = value(
        "int",
        AttestationRow.sequence,
        "Sequence number in the chain of attestations, without gaps.",
    )
    hash = value(
        "str", AttestationRow.hash, "Hash of the attestation, which the next one contains."
    )
    envelope = value(
        "JSON", AttestationRow.envelope, "DSSE envelope with the signed statement.", work=100
    )


class SignOff:
    """Approval of exactly these bytes by a reviewer."""

    reviewer = one(
        "Person | None",
        _reviewer,
        "Person who signed off; null in a preview, as long as the person is not public.",
    )
    stage = value("str", SignOffRow.stage, "Stage of the sign-off policy.")
    signed_at = value("DateTime", SignOffRow.signed_at, "Time of the sign-off.")
    expires_at = value("DateTime", SignOffRow.expires_at, "Time until which the sign-off counts.")
    attestation = one(
        "Attestation | None",
        _sign_off_attestation,
        "Signed statement of the sign-off.",
    )


class EntryReview:
    """Sign-offs on exactly the visible content that count: for a draft, those that do now."""

    reviewers = many("list[Person]", _reviewers, "People who signed off, by name.")
    sign_offs = many("list[SignOff]", _sign_offs, "Sign-offs that count, oldest first.")
    signed_at = value("DateTime", ReviewRow.signed_at, "Time of the last sign-off.")
    expires_at = value(
        "DateTime",
        ReviewRow.expires_at,
        "Time from which a stage has too few sign-offs, and the page is due for review again.",
    )


class ClaimedReview:
    """Review that the source of an imported page claims. It does not count as a sign-off."""

    reviewer_names = part("list[str]", "reviewers", "Names of the reviewers, as imported.")
    reviewed_on = part(
        "Date | None", "reviewedOn", "Day of the review, as imported; null if it is unknown."
    )


# The values by which revisions are counted.
REVISIONS_SUMMED = Summed(
    (Facet("author", EntryRow.byline_id, names=slug_of_person),),
    {"createdAt": EntryRow.created_at},
)


class Revision(Node):
    """Immutable snapshot of an edition."""

    id = value("ID", EntryRow.revision_id, "Id of the revision.")
    number = value("int", EntryRow.number, "Number of the revision within the edition, from 1.")
    digest = value(
        "str", EntryRow.digest, "SHA-256 of the canonical JSON (RFC 8785) of the revision, in hex."
    )
    content = value(
        "JSON",
        EntryRow.content,
        "Full content of the revision, as the digest covers it.",
        work=50,
    )
    created_at = value("DateTime", EntryRow.created_at, "Time at which the revision was saved.")
    author = one(
        "Person | None",
        author_of,
        "Person in the byline of the revision; null if it has none.",
    )
