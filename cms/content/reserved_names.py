"""Names that are reserved for the API, whatever a site declares.

A test compares them with the schemas: a new type or query of the API must be added here.
"""

from __future__ import annotations

from typing import Final

_TYPES: Final = """
    Account Action AddComment AddEdition AffectedPage AffectedReason AnnouncePresence
    ArchiveEntry Archived AssumedChange AssumedLink AssumedPage AssumedPages Attestation
    AuditRecord AuditWhere BlamedLinkPeriod BlamedParagraph Boolean BreakGlassPublish
    BrokenLink BulkMode CannotSign Category CategoryCycle ChangePassword ChangeRequest
    ChangesRequested Checkpoint ChosenRevision ClaimedReview CommentAdded CommentPlace
    CommentThread CommonLinks CreateAccount CreateCategory CreatePerson CreateRedirect Date
    DateTime Decimal DegreeCount DeleteEntry Difference DisableAccount DueReview DuplicateEntry
    DuplicateName EnableAccount EndCause EntriesWhere Entry EntryChanged EntryComment EntryLink
    EntryOfTypeBy EntryPublication EntryReview EntrySection EntryState EntryType ErrorCode
    FacetCount FilterMode Float GateCheck GateFailed GoneRoute GrantRole HasHistory Highlight
    HistogramBucket HistogramInterval ID ImpactLink Int InvalidToken InvalidValue
    InvalidateSignOffs IssuePreview IssueToken JSON LackingSignOffs LeaveEntry LinkAnchorGroup
    LinkAnchorMode LinkAnchorTexts LinkAnchorUse LinkBlame LinkCause LinkCauseKind LinkChange
    LinkChangeKind LinkCluster LinkClusters LinkCycle LinkCycles LinkDirection LinkEnd
    LinkGraph LinkGraphChange LinkGraphDiff LinkGraphEdge LinkGraphLinkChange LinkGraphMoment
    LinkGraphPage LinkGraphPageChange LinkGroup LinkHub LinkHubs LinkKind LinkLayer LinkMatrix
    LinkMatrixCell LinkMatrixGroup LinkMetricMove LinkMetricMoves LinkMetrics LinkMovingMetric
    LinkNeighbor LinkNeighborhood LinkOrigin LinkPage LinkPages LinkPath LinkPathMode LinkPaths
    LinkPeriod LinkPeriodEnd LinkPeriods LinkPlace LinkRuleOffender LinkRuleOffenders
    LinkSection LinkSeries LinkSeriesMetric LinkSeriesPoint LinkSeriesStep LinkSet LinkSimilarity
    LinkStatus LinkTarget LinkWhatIf LinksWhere Locale MarkSeen Markdown Me MergeOutcome
    MergeProposal MergedField MetaTag MissingField MissingSignOff MoveCategory MoveEntries
    MoveEntriesItem MoveEntriesResult MoveEntry MovedPage Mutation MutationIdReused NoByline
    Node NotAllowed NotFound NotInReview NotPublished OwnWork PageInfo PageRoute PathInUse
    PeopleWhere Person PersonProfiles Perspective PluginRefused Presence PresenceChanged
    PruneAutosaves PublicationBasis PublicationChanged PublishEntries PublishEntriesItem
    PublishEntriesResult PublishEntry PublishGate PublishImpact PublishTogether Purged Query
    QueueItem Redirect RedirectRoute ReferencedEntryNotPublic RefreshSession RemoveRedirect
    ReplyToComment RequestChanges RequestReview RequestReviews RequestReviewsItem
    RequestReviewsResult ResolveComment RestoreRevision ReviewOutcome ReviewRequest
    ReviewRequested ReviewStage Revision RevokeRole RevokeToken Role RoleGrant Route Seo
    SeoAlternate ServiceToken SetPassword SignIn SignInFailed SignOff SignOffEntries
    SignOffEntriesItem SignOffEntriesResult SignOut SignOutEverywhere SimilarEntries
    SimilarEntry SitePosition SitemapAlternate SitemapPage StaleCause StaleReason StaleReview
    StaleRevision StillLinked StillPublic StillShown String Subscription Suggestion SyncChange
    SyncKind SyncWhere Tag TagEntries TagEntriesItem TagEntriesResult TagEntry TagsWhere
    TocEntry TooManyAttempts UnarchiveEntry UnpublishEntries UnpublishEntriesItem
    UnpublishEntriesResult UnpublishEntry UpdateCategories UpdateCategoriesItem
    UpdateCategoriesResult UpdateCategory UpdatePeople UpdatePeopleItem UpdatePeopleResult
    UpdatePerson UrlRedirectRoute UserError ValueChange ValueChangeKind Warning WarningCode
    WithdrawChangeRequest WithdrawReview WordChange WordChangeKind WouldBreakLinks WrongBasis
    WrongDigest WrongStage
"""
_QUERIES: Final = """
    accounts affectedPaths audit auditCheckpoint blame categories category changesSinceLook
    checkPublish commentThreads compareRevisions entries entry linkAnchorTexts linkBlame
    linkCommonSources linkCommonTargets linkCommunities linkComponents linkCycles linkDeadEnds
    linkGraph linkGraphDiff linkHubs linkMatrix linkMetricMoves linkNeighborhood linkOrphans
    linkPaths linkPeriods linkRuleOffenders linkSeries linkSimilar linkTooDeep linkWhatIf links
    me myQueue node nodes people person position redirects reviewDue reviewRequest revision
    route sitemap staleReviews suggest sync tag tags view waitingForOthers warnings
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
