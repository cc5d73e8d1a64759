"""The root fields that only the management schema has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from cms.authorization.actions import Action
from cms.content.canonical_json import Json
from cms.drafts.history import (
    blame_entry,
    changes_since_look,
    compare_revisions,
)
from cms.ledger.checkpoint import checkpoint
from cms.ledger.keys import signer_of
from cms.publishing.publish_impact import check_publish, list_warnings
from cms.review.comments import locate_comments
from cms.review.due import outdated_reviews, reviews_due
from cms.review.queue import Waiting, waiting_for_me, waiting_for_others
from cms.storage.dialects import JsonText, Key
from cms.work.work import Reading
from graphql_api.planner.declarations import LARGEST_SIZE, Answer, Answers, Call, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.connection import connection
from graphql_api.schema.declaring.fields import Argument, Declared, one
from graphql_api.schema.declaring.json_parts import json_member, part, part_list, part_row
from graphql_api.schema.declaring.places import (
    CURSOR,
    cursor_at,
    key,
    maybe_moment,
    moment,
    number,
    page_arguments,
    place_after,
    size_of,
)
from graphql_api.schema.declaring.row_sources import revision_with_id
from graphql_api.schema.declaring.words import part_text, part_word, word_list
from graphql_api.schema.delivery.query import NODES, node_fields
from graphql_api.schema.management.account import account_rows, token_rows
from graphql_api.schema.management.audit import AUDIT_EXTENT, audit_rows
from graphql_api.schema.management.content_warnings import warnings_json
from graphql_api.schema.management.context import InputValues, days, plain_object
from graphql_api.schema.management.editing import review_rows
from graphql_api.schema.management.history import blame_json, difference_json, threads_json
from graphql_api.schema.management.impact import checks_json, draft_path
from graphql_api.schema.management.link_blame import BLAME_FIELDS
from graphql_api.schema.management.link_rules import RULE_FIELDS
from graphql_api.schema.management.link_what_if import WHAT_IF_FIELDS
from graphql_api.schema.management.nodes import EDITING_NODES
from graphql_api.schema.management.publications import publication_rows
from graphql_api.schema.management.redirects import open_redirect_rows

_ENTRY = (
    Argument("entry_id", "ID", "ID of the entry, in any locale."),
    Argument("locale", "Locale | None", "Locale of the edition; default: the site's first locale."),
)
# The places of items in lists that Python answers.
_IN_QUEUE = (maybe_moment, moment, key)
_AMONG_DUE = (moment, key)
_AMONG_OUTDATED = (number, key)
_REVISION = Argument("revision_id", "ID | None", "Revision id; default: the newest revision.")


async def _me(reading: Reading, _: InputValues) -> Json:
    scopes = sorted(reading.actor.scopes) if reading.actor.scopes is not None else None
    return plain_object({"account": reading.actor.account_id, "scopes": scopes})


async def _my_queue(reading: Reading, inputs: InputValues) -> Json:
    after = place_after(inputs, _IN_QUEUE)
    found = await waiting_for_me(reading, first=size_of(inputs), after=after)
    return [_waiting(reading, each) for each in found]


async def _others_queue(reading: Reading, inputs: InputValues) -> Json:
    after = place_after(inputs, _IN_QUEUE)
    found = await waiting_for_others(reading, first=size_of(inputs), after=after)
    return [_waiting(reading, each) for each in found]


def _waiting(reading: Reading, waiting: Waiting) -> Json:
    return {
        "cursor": cursor_at(waiting.place),
        "review": waiting.review.id,
        "revision": waiting.head.id,
        "isAssignedToMe": reading.actor.account_id in waiting.assignees,
        "lacking": [
            {"stage": each.stage.name, "role": each.stage.role, "missing": each.missing}
            for each in waiting.lacking
        ],
    }


async def _review_due(reading: Reading, inputs: InputValues) -> Json:
    within = days(inputs.get("withinDays") or 0)
    after = place_after(inputs, _AMONG_DUE)
    return [
        plain_object(
            {
                "cursor": cursor_at(due.place),
                "publication": due.publication.id,
                "expiresAt": due.expires_at,
            }
        )
        for due in await reviews_due(reading, within, first=size_of(inputs), after=after)
    ]


async def _stale_reviews(reading: Reading, inputs: InputValues) -> Json:
    """Return the pages whose sign-offs have expired, and then those that lead to changes."""
    size, after = size_of(inputs), place_after(inputs, _AMONG_DUE, _AMONG_OUTDATED)
    signed_by = reading.actor.account_id if inputs.get("mine") else None
    is_outdated = after is not None and isinstance(after[0], int)
    expired: list[Json] = []
    if not is_outdated:
        due = await reviews_due(reading, timedelta(0), first=size, after=after, signed_by=signed_by)
        expired = [
            {
                "cursor": cursor_at(each.place),
                "publication": each.publication.id,
                "reason": "EXPIRED",
                "causes": [],
            }
            for each in due
        ]
        after = None
    left = size - len(expired)
    outdated: list[Json] = [
        {
            "cursor": cursor_at(each.place),
            "publication": each.publication.id,
            "reason": "DEPENDENCY",
            "causes": [{"publication": cause.id} for cause in each.causes],
        }
        for each in await outdated_reviews(reading, first=left, after=after, signed_by=signed_by)
    ]
    return [*expired, *outdated]


async def _check_publish(reading: Reading, inputs: InputValues) -> Json:
    checks = await check_publish(
        reading,
        inputs["entryId"],
        revision_id=inputs.get("revisionId"),
        locale=inputs.get("locale"),
    )
    return checks_json(checks)


async def _warnings(reading: Reading, inputs: InputValues) -> Json:
    warnings = await list_warnings(
        reading,
        inputs["entryId"],
        revision_id=inputs.get("revisionId"),
        locale=inputs.get("locale"),
    )
    return warnings_json(warnings, draft_path)


async def _compare(reading: Reading, inputs: InputValues) -> Json:
    return difference_json(
        await compare_revisions(reading, inputs["fromRevisionId"], inputs["toRevisionId"])
    )


async def _since_look(reading: Reading, inputs: InputValues) -> Json:
    found = await changes_since_look(reading, inputs["entryId"], inputs.get("locale"))
    return difference_json(found) if found is not None else None


async def _blame(reading: Reading, inputs: InputValues) -> Json:
    return blame_json(await blame_entry(reading, inputs["entryId"], inputs.get("locale")))


async def _threads(reading: Reading, inputs: InputValues) -> Json:
    return threads_json(await locate_comments(reading, inputs["entryId"], inputs.get("locale")))


async def _checkpoint(reading: Reading, _: InputValues) -> Json:
    signer = await signer_of(reading.session, reading.key_file)
    return {"envelope": await checkpoint(reading.session, signer, reading.now)}


def _own_tokens(actor: Sql, _: Call) -> Rows:
    return token_rows(lambda token: token.account_id == _account_of(actor))


class Me:
    """The actor of the request."""

    account = part_row(
        "Account | None",
        "account",
        lambda _, key: account_rows(lambda account: account.id == key),
        "Account of the actor; null for an identity of the host application without one.",
    )
    scopes = word_list(
        "list[Action] | None",
        json_member("scopes"),
        "Actions to which the token is limited; null for all that the account may do.",
    )
    scope_names = part(
        "list[str] | None", "scopes", "Stored texts of `scopes`, where that has UNKNOWN as well."
    )
    tokens = connection(
        "ServiceToken",
        _own_tokens,
        "Service tokens of the actor's account.",
        order="ServiceTokenOrder",
    )


class LackingSignOffs:
    """A stage of a review that still lacks sign-offs."""

    stage = part("str", "stage", "Name of the incomplete stage.")
    role = part_word("Role", "role", "Role that signs off at the stage.")
    role_name = part_text("str", "role", "role")
    missing = part("int", "missing", "Number of people who still have to sign off.")


class QueueItem:
    """An open review, with the sign-offs that it lacks."""

    cursor = CURSOR
    review_request = part_row(
        "ReviewRequest",
        "review",
        lambda call, key: review_rows(call, lambda row: row.id == key),
        "Open review.",
    )
    entry = part_row(
        "Entry", "revision", revision_with_id, "Entry under review, in its newest revision."
    )
    is_assigned_to_me = part(
        "bool", "isAssignedToMe", "Whether the review is addressed to the actor."
    )
    lacking = part_list("LackingSignOffs", "lacking", "Stages that still lack sign-offs, in order.")


def _publication(_: Call, key: Sql) -> Rows:
    return publication_rows(lambda row: row.id == key)


class DueReview:
    """A public page whose sign-offs have expired or will soon."""

    cursor = CURSOR
    publication = part_row(
        "EntryPublication", "publication", _publication, "Publication of the page."
    )
    expires_at = part("DateTime", "expiresAt", "When the page lacks, or lacked, a valid sign-off.")


class StaleCause:
    """A link target of a page that has changed since the page was reviewed."""

    publication = part_row(
        "EntryPublication", "publication", _publication, "Publication of the changed target."
    )


class StaleReview:
    """A public page that needs another review."""

    cursor = CURSOR
    publication = part_row(
        "EntryPublication", "publication", _publication, "Publication of the stale page."
    )
    reason = part("StaleReason", "reason", "Reason for another review.")
    causes = part_list(
        "StaleCause", "causes", "Changed link targets, for DEPENDENCY; otherwise empty."
    )


class Checkpoint:
    """A signed statement of the end of the audit chain; a copy elsewhere reveals truncation."""

    envelope = part("JSON", "envelope", "DSSE envelope of the statement.")


# The reasons to review a page again.
STALE_REASONS = ("EXPIRED", "DEPENDENCY")

QUERY_TYPES = (
    Me,
    LackingSignOffs,
    QueueItem,
    DueReview,
    StaleCause,
    StaleReview,
    Checkpoint,
)

# The root fields that need a right of their own.
RESTRICTED: Mapping[str, Action] = {
    "accounts": Action.ACCOUNT_READ,
    "audit": Action.AUDIT_READ,
    "auditCheckpoint": Action.AUDIT_READ,
}


def _by_id(call: Call) -> Sql:
    return call.bind(call.required_scalar("id"), Key)


QUERY_FIELDS: Mapping[str, Declared] = {
    **RULE_FIELDS,
    **node_fields({**NODES, **EDITING_NODES}),
    "me": Declared("Me", Answer(_me), "Actor of the request, with account and token scopes."),
    "accounts": connection(
        "Account",
        lambda *_: account_rows(),
        "All accounts, ordered by email address.",
        order="AccountOrder",
    ),
    "revision": one(
        "Revision | None",
        lambda _, call: revision_with_id(call, _by_id(call)),
        "Revision by id; null if there is none that the actor may see.",
        (Argument("id", "ID", "Id of the revision."),),
    ),
    "review_request": one(
        "ReviewRequest | None",
        lambda _, call: review_rows(call, lambda row: row.id == _by_id(call)),
        "Review by id; null if there is none that the actor may see.",
        (Argument("id", "ID", "Id of the review."),),
    ),
    "my_queue": Declared(
        "list[QueueItem]",
        Answers(_my_queue, LARGEST_SIZE),
        "Open reviews at which the actor can sign off next, the most urgent first.",
        page_arguments("reviews to sign off"),
    ),
    "waiting_for_others": Declared(
        "list[QueueItem]",
        Answers(_others_queue, LARGEST_SIZE),
        "Open reviews of the actor's own work, or that the actor requested.",
        page_arguments("reviews that others do"),
    ),
    "review_due": Declared(
        "list[DueReview]",
        Answers(_review_due, LARGEST_SIZE),
        "Public pages whose sign-offs have expired or will soon, the first to expire first.",
        (
            Argument(
                "within_days", "int | None", "Days to look ahead; default 0, for expired ones only."
            ),
            *page_arguments("pages that are due"),
        ),
    ),
    "stale_reviews": Declared(
        "list[StaleReview]",
        Answers(_stale_reviews, LARGEST_SIZE),
        "Public pages whose sign-offs have expired, the first to expire first; then those whose "
        "link targets have changed since, the newest change first.",
        (
            Argument("mine", "bool | None", "Only pages that the actor has signed off."),
            *page_arguments("stale pages"),
        ),
    ),
    "check_publish": Declared(
        "list[GateCheck]",
        Answers(_check_publish),
        "Results of all gates for publishing a revision; link rules that only warn follow.",
        (*_ENTRY, _REVISION),
    ),
    "warnings": Declared(
        "list[Warning]",
        Answers(_warnings),
        "Warnings about a revision: parts of texts that readers do not get, and links to nothing.",
        (*_ENTRY, _REVISION),
    ),
    "compare_revisions": Declared(
        "Difference | None",
        Answer(_compare),
        "Difference between two revisions of an edition.",
        (
            Argument("from_revision_id", "ID", "Id of the old revision."),
            Argument("to_revision_id", "ID", "Id of the new revision."),
        ),
    ),
    "changes_since_look": Declared(
        "Difference | None",
        Answer(_since_look),
        "Changes of the edition since the actor last called `markSeen`; null if it never did.",
        _ENTRY,
    ),
    "blame": Declared(
        "list[BlamedParagraph]",
        Answers(_blame),
        "Paragraphs of the edition, each with the revision that introduced it.",
        _ENTRY,
    ),
    "comment_threads": Declared(
        "list[CommentThread]",
        Answers(_threads),
        "Comment threads about an edition, with their positions in its texts.",
        _ENTRY,
    ),
    **WHAT_IF_FIELDS,
    "redirects": connection(
        "Redirect",
        lambda *_: open_redirect_rows(),
        "Redirects that are in force, by path.",
        order="RedirectOrder",
    ),
    "audit": connection(
        "AuditRecord",
        lambda *_: audit_rows(),
        "Records of the audit chain, the newest first.",
        where="AuditWhere",
        order="AuditRecordOrder",
        extent=AUDIT_EXTENT,
    ),
    **BLAME_FIELDS,
    "audit_checkpoint": Declared(
        "Checkpoint | None", Answer(_checkpoint), "Signed statement of the end of the audit chain."
    ),
}


def _account_of(me: Sql) -> Sql:
    return JsonText(me, text("account"))
