"""The database tables and their constraints, without behaviour.

Annotations of these modules are not texts, which SQLAlchemy would evaluate one by one.
"""

from cms.tables.base import Base
from cms.tables.content import (
    Edition,
    EditionContributor,
    Entry,
    Link,
    Look,
    Rendition,
    Revision,
    RevisionTag,
    TagCount,
    TypeVersion,
)
from cms.tables.importing import ImportedFile
from cms.tables.ledger import (
    Attestation,
    AuditedRow,
    AuditRecord,
    ClientMutation,
    Counter,
    Presence,
    Purge,
    Tombstone,
)
from cms.tables.link_metrics import LinkMetric, LinkMetricRun
from cms.tables.people import Account, RoleGrant, Throttle, Token
from cms.tables.publication import (
    Address,
    Position,
    Publication,
    PublicationSignOff,
    PublicationStage,
)
from cms.tables.review import ChangeRequest, Comment, Review, ReviewAssignee, SignOff
from cms.tables.search import SearchDocument, SearchGram, SearchWord
from cms.tables.taxonomy import CategoryPath, CategoryPlace

__all__ = [
    "Account",
    "Address",
    "Attestation",
    "AuditRecord",
    "AuditedRow",
    "Base",
    "CategoryPath",
    "CategoryPlace",
    "ChangeRequest",
    "ClientMutation",
    "Comment",
    "Counter",
    "Edition",
    "EditionContributor",
    "Entry",
    "ImportedFile",
    "Link",
    "LinkMetric",
    "LinkMetricRun",
    "Look",
    "Position",
    "Presence",
    "Publication",
    "PublicationSignOff",
    "PublicationStage",
    "Purge",
    "Rendition",
    "Review",
    "ReviewAssignee",
    "Revision",
    "RevisionTag",
    "RoleGrant",
    "SearchDocument",
    "SearchGram",
    "SearchWord",
    "SignOff",
    "TagCount",
    "Throttle",
    "Token",
    "Tombstone",
    "TypeVersion",
]
