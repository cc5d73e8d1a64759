"""Relations for editors: accounts, reviews, comments, publications, the audit chain.

Who asks brings the id of an edition or a revision that it found through a view; relations that
are asked for by themselves take the view.
"""

from __future__ import annotations

from sqlalchemy import select

from cms.reading.aliases import aliased_table, word
from cms.reading.periods import was_public_at
from cms.reading.view import AsOf, Past
from cms.reading.visibility import Relation
from cms.storage.dialects import moment_ago
from cms.tables import (
    Account,
    Address,
    Attestation,
    AuditRecord,
    Presence,
    Publication,
    RoleGrant,
    Token,
)

# After how many seconds without a sign of life somebody counts as gone.
PRESENT_SECONDS = 60


def accounts() -> Relation:
    """Return all accounts, without their secrets."""
    return select(
        Account.id,
        Account.email,
        Account.person_id,
        Account.created_at,
        Account.disabled_at,
        Account.purged_at,
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
        RoleGrant.locale,
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


def publications() -> Relation:
    """Return when which revisions were public, with the path at which they began to be."""
    stood = aliased_table(Address, "stood")
    path = select(stood.c.path).where(
        stood.c.edition_id == Publication.edition_id,
        was_public_at(stood, Past(AsOf.POSITION, Publication.__table__.c.position)),
    )
    return select(
        Publication.id,
        Publication.position,
        Publication.entry_id,
        Publication.edition_id,
        Publication.revision_id,
        Publication.locale,
        path.scalar_subquery().label("path"),
        Publication.published_at,
        Publication.published_by,
        Publication.basis,
        Publication.break_glass_reason,
        Publication.source,
        Publication.claimed_review,
        Publication.review_due_at,
        Publication.ended_at,
        Publication.ended_position,
    )


def made_redirects() -> Relation:
    """Return the redirects that publishers created, also removed ones that were not purged."""
    return select(
        Address.id,
        Address.path,
        Address.locale,
        Address.entry_id,
        Address.url,
        Address.began_at,
        Address.ended_at,
    ).where(Address.edition_id.is_(None), Address.path.is_not(None))


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
        AuditRecord.detail,
        AuditRecord.rows_root,
        AuditRecord.previous_hash,
        AuditRecord.hash,
    )


def attestations() -> Relation:
    """Return the signed statements, by the ids of what they are about."""
    return select(Attestation.id, Attestation.sequence, Attestation.hash, Attestation.envelope)
