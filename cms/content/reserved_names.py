"""The names that the API keeps for itself, whatever a site declares.

A test compares them with the schemas: what the API gets anew has to be added here.
"""

from __future__ import annotations

from typing import Final

_TYPES: Final = """
    Account AddComment AddEdition AffectedPage AffectedReason AnnouncePresence ArchiveEntry
    Archived Attestation AuditRecord AuditWhere BlamedParagraph Boolean BreakGlassPublish
    BrokenLink CannotSign Category CategoryCycle ChangeCategory ChangePassword ChangeRequest
    ChangesRequested Checkpoint ChosenRevision Comment CommentAdded CommentPlace CommentThread
    CreateAccount CreateCategory CreatePerson CreateTag Date DateTime DeleteEntry Difference
    DisableAccount DueReview DuplicateEntry DuplicateName EnableAccount EntriesWhere Entry
    EntryChanged EntryOfTypeBy EntryState EntryType FacetCount FilterMode Float GateCheck
    GateFailed GoneRoute GrantRole HasHistory Highlight HistogramBucket HistogramInterval ID
    ImpactLink Int InvalidToken InvalidValue IssuePreview IssueToken JSON LackingSignOffs
    LeaveEntry Link LinkChange LinkGroup LinkTarget LinksWhere Locale MarkSeen Markdown Me
    MergeProposal MergedField MetaTag MissingField MissingSignOff MoveEntry Mutation
    MutationIdReused NoByline Node NotAllowed NotFound NotInReview NotPublished OwnWork PageInfo
    PageRoute PathInUse PeopleWhere Person PersonLink Perspective Presence PresenceChanged
    PruneAutosaves Publication PublicationChanged PublishEntry PublishImpact PublishTogether
    Query QueueItem RedirectRoute RefreshSession ReplyToComment RequestChanges RequestReview
    ResolveComment RestoreRevision Review ReviewRequest ReviewRequested ReviewStage Revision
    RevokeRole RevokeToken RoleGrant Route Section Seo SeoAlternate ServiceToken SetPassword
    SignIn SignInFailed SignOff SignOut SignOutEverywhere SitemapAlternate SitemapPage
    StaleCause StaleReview StaleRevision StillLinked StillPublic String Subscription Suggestion
    SyncChange SyncKind SyncWhere Tag TagEntry TagsWhere TocEntry TooManyAttempts UnarchiveEntry
    UnpublishEntry UserError ValueChange Warning WithdrawReview WordChange WouldBreakLinks
    WrongDigest WrongStage
"""
_QUERIES: Final = """
    accounts affectedPaths audit auditCheckpoint blame categories category changesSinceLook
    checkPublish commentThreads compareRevisions entries entry me myQueue node nodes people
    person position review reviewDue revision route sitemap staleReviews suggest sync tag
    tags view waitingForOthers
"""
# Types, inputs and enums. Each is reserved with all the endings, too.
RESERVED_TYPES: Final = frozenset(_TYPES.split())
ENDINGS: Final = (
    *("", "Aggregate", "Avg", "By", "Connection", "Edge", "Facet", "Filter", "Input"),
    *("ListFilter", "ListWhere", "Max", "Min", "Moment", "Order", "Payload", "Sum"),
    *("Values", "Where"),
)
# The fields of ``Query``.
RESERVED_QUERIES: Final = frozenset(_QUERIES.split())


def is_reserved(name: str) -> bool:
    """Return whether a type of the API has this name, or could be given it."""
    return any(
        name.endswith(ending) and name.removesuffix(ending) in RESERVED_TYPES for ending in ENDINGS
    )
