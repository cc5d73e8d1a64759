"""What is stored: tables and their constraints, without behaviour."""

from __future__ import annotations

from cms.tables.base import Base
from cms.tables.content import Edition, Entry, Link, Revision, RevisionTag
from cms.tables.ledger import AuditRecord, Counter
from cms.tables.people import Account, Person, RoleGrant
from cms.tables.publication import Publication
from cms.tables.review import Review, SignOff
from cms.tables.taxonomy import Category, Tag

__all__ = [
    "Account",
    "AuditRecord",
    "Base",
    "Category",
    "Counter",
    "Edition",
    "Entry",
    "Link",
    "Person",
    "Publication",
    "Review",
    "Revision",
    "RevisionTag",
    "RoleGrant",
    "SignOff",
    "Tag",
]
