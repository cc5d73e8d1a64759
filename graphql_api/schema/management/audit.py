"""The audit chain."""

from __future__ import annotations

from collections.abc import Mapping

from cms.reading import management
from cms.reading.rows import AuditRow
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Facet, Summed
from graphql_api.schema.declaring.fields import Declared, one, value
from graphql_api.schema.declaring.row_sources import Condition
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.filters import comparison, leaf_comparison
from graphql_api.schema.management.account import account_rows


def audit_rows(*conditions: Condition) -> Rows:
    """Return audit records, the newest first."""
    return Rows(
        Chosen(management.audit_records()),
        conditions,
        order=lambda record: (OrderKey(record.sequence, descending=True),),
    )


def _account(record: AuditRow, _: Call) -> Rows:
    return account_rows(lambda account: account.id == record.actor)


class AuditRecord:
    """Who did what, when, to what."""

    sequence = value("int", AuditRow.sequence, "Its number, without gaps.")
    recorded_at = value("DateTime", AuditRow.recorded_at, "When it was done.")
    actor = value("str", AuditRow.actor, "An account's id, or operator.")
    account = one(
        "Account | None",
        _account,
        "The account, if it was one.",
    )
    action = word("Action", AuditRow.action, "What was asked for.")
    action_name = word_text("str", "action", AuditRow.action)
    subject = value("str | None", AuditRow.subject, "The id of what it was done to.")
    outcome = word("AuditOutcome", AuditRow.outcome, "Whether it was done.")
    detail = value("JSON", AuditRow.detail, "What else there is to know.")
    previous_hash = value("str", AuditRow.previous_hash, "The hash of the record before it.")
    hash = value("str", AuditRow.hash, "The hash of this one.")


# What several records can have in common.
AUDIT_SUMMED = Summed(
    (
        Facet("actor", AuditRow.actor),
        Facet("action", AuditRow.action, enum="Action"),
        Facet("outcome", AuditRow.outcome, enum="AuditOutcome"),
    ),
    {"recordedAt": AuditRow.recorded_at},
)


def _entry_id(record: AuditRow) -> Sql:
    return JsonText(record.detail, text("entry"))


AUDIT_WHERE: Mapping[str, Declared] = {
    "sequence": leaf_comparison("int", AuditRow.sequence, "Its number."),
    "recorded_at": leaf_comparison("DateTime", AuditRow.recorded_at, "When it was done."),
    "actor": leaf_comparison("str", AuditRow.actor, "Who did it."),
    "action": comparison("ActionFilter", AuditRow.action, "What was asked for."),
    "subject": leaf_comparison("str", AuditRow.subject, "What it was done to."),
    "entry": leaf_comparison(
        "ID",
        _entry_id,
        "The entry that it was about.",
    ),
    "outcome": comparison("AuditOutcomeFilter", AuditRow.outcome, "Whether it was done."),
}
