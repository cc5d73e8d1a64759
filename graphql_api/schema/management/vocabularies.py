"""The enums of the management schema, built from the product and the site's plugins."""

from __future__ import annotations

from typing import get_args

from cms.comparison.changes import LinkChangeKind, ValueChangeKind
from cms.comparison.merge import Outcome as MergeOutcome
from cms.comparison.word_diff import Operation
from cms.content.content_warnings import WarningCode
from cms.publishing.gates import GATES
from cms.review.relations import END_CAUSES, REVIEW_OUTCOMES
from cms.review.standing import STATES
from cms.site import Site
from cms.work.bulk import Mode
from graphql_api.schema.declaring.inputs import add_enum_filter
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import site_words, words_by_name
from graphql_api.schema.management.query import STALE_REASONS


def add_editing_vocabularies(registry: TypeRegistry, site: Site) -> None:
    """Add the enums of the management schema, and the filters of those that filters use."""
    declared = site_words(site)
    for enum, description in (
        ("Role", "Roles that accounts can hold."),
        ("Action", "Actions that roles allow and the audit chain records."),
    ):
        registry.add_words(enum, description, words_by_name(enum, declared[enum]))
    gates = (*(each.name for each in GATES), *declared["PublishGate"])
    fixed = {
        "EntryState": ("Workflow states of a revision.", STATES),
        "PublishGate": (
            "Gates before publication, including those of the site and its plugins.",
            gates,
        ),
        "ReviewOutcome": ("Outcomes of a review.", REVIEW_OUTCOMES),
        "EndCause": ("Causes by which sign-offs and change requests end.", END_CAUSES),
        "WordChangeKind": ("Kinds of change of words in a text.", get_args(Operation)),
        "ValueChangeKind": ("Kinds of change of a value.", get_args(ValueChangeKind)),
        "LinkChangeKind": ("Kinds of change of a link or reference.", get_args(LinkChangeKind)),
        "MergeOutcome": (
            "Sides whose change a merge takes; `YOURS` is the refused write.",
            get_args(MergeOutcome),
        ),
        "BulkMode": (
            "Whether a mutation refuses all entries if it refuses one, or each by itself.",
            get_args(Mode),
        ),
        "StaleReason": ("Reasons to review a page again.", STALE_REASONS),
        "WarningCode": ("Codes of warnings about a saved value.", get_args(WarningCode)),
    }
    for name, (description, words) in fixed.items():
        registry.add_fixed_words(name, description, words_by_name(name, words))
    for enum in ("EntryState", "Action"):
        add_enum_filter(registry, enum)
